//! How much of everything is measured.

/// An event, and how often it is sent.
pub struct Event {
    pub name: &'static str,
    pub text: fn() -> String,
    /// An event that is sent once before.
    pub first: Option<fn() -> String>,
    /// The number of events in a turn of one process, and of its turns in a round.
    pub burst: usize,
    pub bursts: usize,
    /// Two run lengths, whose difference gives the counts of one invocation. `None` if another
    /// event has the same counts.
    pub lengths: Option<(usize, usize)>,
}

impl Event {
    /// Returns the number of events that a process gets in a round.
    pub fn of_round(&self) -> usize {
        self.burst * self.bursts
    }
}

pub struct Plan {
    pub quick: bool,
    pub starts: usize,
    pub rounds: usize,
    pub events: &'static [Event],
    pub typed: &'static [Event],
    pub http: &'static [Event],
    /// The number of small events before memory is measured.
    pub memory_events: usize,
    pub payloads: &'static [usize],
    pub workers: &'static [usize],
    pub handlers: &'static [usize],
    /// The time for which each document is decoded in one round.
    pub decoding_ms: u64,
    pub decoding_rounds: usize,
}

const KB: usize = 1024;
/// 100 bytes below Lambda's limit for a response.
const MOST: usize = 6 * 1024 * KB;

fn small() -> String {
    r#"{"id":"A-1007","items":[{"name":"cup","count":6}]}"#.to_owned()
}

fn apigateway_4_kb() -> String {
    documents::apigateway(4 * KB)
}

fn sqs_256_kb() -> String {
    documents::sqs_of_bytes(256 * KB)
}

pub fn sqs_6_mb() -> String {
    documents::sqs_of_bytes(MOST)
}

pub const SMALL: fn() -> String = small;

const SQS_256_KB: Event = Event {
    name: "256 KB SQS batch",
    text: sqs_256_kb,
    first: None,
    burst: 8,
    bursts: 4,
    lengths: Some((4, 12)),
};
const SQS_6_MB: Event = Event {
    name: "6 MB SQS batch",
    text: sqs_6_mb,
    burst: 2,
    bursts: 1,
    lengths: Some((1, 3)),
    ..SMALL_EVENT
};
const SMALL_EVENT: Event = Event {
    name: "small event",
    text: small,
    first: None,
    burst: 40,
    bursts: 10,
    lengths: Some((100, 300)),
};

/// In short turns drift of the machine affects all processes equally, but other processes have used
/// the caches in between. In long turns a process runs as if it had the machine to itself.
const EVENTS: &[Event] = &[
    SMALL_EVENT,
    Event {
        name: "small event, in long turns",
        burst: 400,
        bursts: 1,
        lengths: None,
        ..SMALL_EVENT
    },
    Event { name: "4 KB API Gateway event", text: apigateway_4_kb, ..SMALL_EVENT },
    SQS_256_KB,
    SQS_6_MB,
];

/// A to-do of the application in `examples/todo.rs` is created once and read many times.
const HTTP: &[Event] = &[Event {
    name: "GET with a path parameter",
    text: read_to_do,
    first: Some(create_to_do),
    ..SMALL_EVENT
}];

pub fn read_to_do() -> String {
    documents::function_url("GET", "/todos/1", "")
}

pub fn create_to_do() -> String {
    documents::function_url("POST", "/todos", r#"{\"title\":\"buy tea\"}"#)
}

const TYPED: &[Event] = &[SQS_256_KB, SQS_6_MB];

pub const FULL: Plan = Plan {
    quick: false,
    starts: 50,
    rounds: 50,
    events: EVENTS,
    typed: TYPED,
    http: HTTP,
    memory_events: 10_000,
    payloads: &[KB, 4 * KB, 16 * KB, 64 * KB, 256 * KB, 1024 * KB, MOST],
    workers: &[1, 2, 4, 8, 16, 32, 64],
    handlers: &[1, 10, 100, 1000],
    decoding_ms: 20,
    decoding_rounds: 15,
};

pub const QUICK: Plan = Plan {
    quick: true,
    starts: 3,
    rounds: 2,
    memory_events: 200,
    payloads: &[KB, 256 * KB],
    workers: &[1, 4],
    handlers: &[1, 1000],
    decoding_ms: 1,
    decoding_rounds: 1,
    ..FULL
};
