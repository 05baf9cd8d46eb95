//! The faults, the steps at which they happen, and the expected result of each.

use super::fault_replies::{ACCEPTED, EVENT, Outcomes, REGISTERED, RESTORED, faults};
use super::faulty_api::{At, FREEZE, event_reply};
use minilambda_local::script::{Step, accepted};
use std::time::Duration;

/// A fault at a place.
pub struct Case {
    pub fault: &'static str,
    pub place: Place,
    pub at: At,
    /// How often it happens: once, twice in a row, or at every request.
    pub times: usize,
    pub script: Vec<Step>,
    pub event: Vec<u8>,
    pub then: Then,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Place {
    InitError,
    Restoring,
    Registering,
    Connecting,
    Asking,
    Event,
    Responding,
    Response,
    Failing,
    Failure,
    StreamHead,
    StreamChunks,
    Stream,
}

impl Place {
    pub fn name(self) -> &'static str {
        match self {
            Self::InitError => "the reply to an error of the start",
            Self::Restoring => "the reply to /restore/next",
            Self::Registering => "the reply to the registration for SIGTERM",
            Self::Connecting => "connecting",
            Self::Asking => "asking /next",
            Self::Event => "the reply to /next",
            Self::Responding => "posting a response",
            Self::Response => "the reply to a response",
            Self::Failing => "posting an error",
            Self::Failure => "the reply to an error",
            Self::StreamHead => "a stream's head",
            Self::StreamChunks => "a stream's chunks",
            Self::Stream => "the reply to a stream",
        }
    }

    /// The handler that reaches this step.
    pub fn handler(self) -> &'static str {
        match self {
            Self::InitError => "nobody",
            Self::Failing | Self::Failure => "error",
            Self::StreamHead | Self::StreamChunks | Self::Stream => "stream-back",
            _ => "echo",
        }
    }

    /// The environment that brings the program there.
    pub fn variable(self) -> (&'static str, &'static str) {
        match self {
            Self::Restoring => ("AWS_LAMBDA_INITIALIZATION_TYPE", "snap-start"),
            Self::Registering => ("TEST_HOOKS", "shutdown"),
            _ => ("TEST_HOOKS", ""),
        }
    }
}

/// The expected result of a fault.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Then {
    /// Each event gets a response, and nothing is logged.
    Unnoticed,
    /// /next is asked once more, on a new connection; no event was handed out before.
    AskedAgain,
    /// The event is reported as failed; the next is served.
    Truncated,
    /// Nobody knows whether the response arrived, so that it is not sent again.
    Lost,
    /// The service did not take the response.
    Refused(&'static str),
    /// Lambda may not announce its shutdown.
    NotRegistered,
    Ends,
    /// The process ends when it asks for the next event.
    EndsNext,
}

const SMALL: &[u8] = b"\"Fault\"";

/// The largest event and response.
fn large() -> Vec<u8> {
    format!("\"{}\"", "x".repeat(6 * 1024 * 1024 - 2)).into_bytes()
}

pub fn cases() -> Vec<Case> {
    let mut cases = replies();
    cases.extend(connecting());
    cases.extend(requests());
    cases.extend(streams());
    cases
}

fn case(fault: &'static str, place: Place, at: At, script: Vec<Step>, then: Then) -> Case {
    Case { fault, place, at, times: 1, script, event: SMALL.to_vec(), then }
}

// ---- responses

fn replies() -> Vec<Case> {
    let mut cases = Vec::new();
    for (place, at, reply) in [
        (Place::Event, At::Next(2), EVENT),
        (Place::Response, At::Post(2), ACCEPTED),
        (Place::Failure, At::Post(2), ACCEPTED),
        (Place::Stream, At::Post(2), ACCEPTED),
        (Place::InitError, At::Path("/init/error"), ACCEPTED),
        (Place::Restoring, At::Path("/restore/next"), RESTORED),
        (Place::Registering, At::Path("/extension/register"), REGISTERED),
    ] {
        if place == Place::Registering && cfg!(not(feature = "shutdown")) {
            continue;
        }
        for (fault, script, outcomes) in faults(&reply) {
            let then = match outcome(place, outcomes) {
                // The id of the extension is in a header, which these responses do not have.
                _ if place == Place::Registering && fault.starts_with("204") => Then::NotRegistered,
                then => then,
            };
            for (times, at) in repetitions(at, &script) {
                let script = script.clone();
                cases.push(Case { times, ..case(fault, place, at, script, then) });
            }
        }
    }
    for (fault, lines) in [
        ("no request id", ""),
        ("an empty request id", "Lambda-Runtime-Aws-Request-Id: \r\n"),
        ("a request id that is a dot", "Lambda-Runtime-Aws-Request-Id: .\r\n"),
        ("a request id that is two dots", "Lambda-Runtime-Aws-Request-Id: ..\r\n"),
        (
            "two different request ids",
            "Lambda-Runtime-Aws-Request-Id: 2\r\nLambda-Runtime-Aws-Request-Id: 3\r\n",
        ),
        ("a request id that is a path", "Lambda-Runtime-Aws-Request-Id: ../../init/error\r\n"),
    ] {
        let reply = format!("HTTP/1.1 200 OK\r\n{lines}Content-Length: 2\r\n\r\n{{}}");
        let script = vec![Step::ReadAll, Step::Send(reply.into_bytes())];
        cases.push(case(fault, Place::Event, At::Next(2), script, Then::Ends));
    }
    cases
}

/// How often a fault is tried, and from which event on.
fn repetitions(at: At, script: &[Step]) -> Vec<(usize, At)> {
    let is_slow = |act: &Step| {
        matches!(act, Step::SendForever(_) | Step::SendSlowly(_) | Step::Freeze(_) | Step::Thaw)
    };
    let first = match at {
        _ if script.iter().any(is_slow) => return vec![(1, at)],
        At::Path(_) => return vec![(1, at)],
        At::Next(_) => At::Next(1),
        At::Post(_) => At::Post(1),
    };
    vec![(1, at), (2, at), (usize::MAX, first)]
}

/// Returns the expected result at this step.
fn outcome(place: Place, (event, post): Outcomes) -> Then {
    // The status of the response is enough, and /next has its own connection.
    let head_arrived = !matches!(event, Then::Ends | Then::AskedAgain);
    match place {
        Place::Event => event,
        Place::Restoring | Place::Registering if head_arrived => Then::Unnoticed,
        Place::Restoring => Then::Ends,
        Place::Registering if post == Then::Unnoticed => Then::Unnoticed,
        Place::Registering => Then::NotRegistered,
        Place::InitError if post == Then::EndsNext => Then::Unnoticed,
        _ => post,
    }
}

// ---- requests

fn connecting() -> Vec<Case> {
    let place = Place::Connecting;
    let event = Step::Send(event_reply(1, SMALL));
    let patient = vec![Step::Wait(Duration::from_millis(300)), Step::ReadAll, event.clone()];
    vec![
        case("refused from the start", place, At::Next(0), vec![], Then::Ends),
        case("closed at the start", place, At::Next(1), vec![Step::Close], Then::Ends),
        case("reset at the start", place, At::Next(1), vec![Step::Reset], Then::Ends),
        case(
            "closed, and then refused",
            place,
            At::Next(2),
            vec![Step::Refuse, Step::ReadAll, Step::Close],
            Then::Ends,
        ),
        case("no reply for a while", place, At::Next(1), patient, Then::Unnoticed),
        case(
            "frozen at the start",
            place,
            At::Next(1),
            vec![FREEZE, Step::ReadAll, event, Step::Thaw],
            Then::Unnoticed,
        ),
    ]
}

fn requests() -> Vec<Case> {
    let mut cases = Vec::new();
    for (place, at, reply, then) in [
        (Place::Asking, At::Next(2), event_reply(2, SMALL), Then::AskedAgain),
        (Place::Responding, At::Post(2), accepted(), Then::Lost),
        (Place::Failing, At::Post(2), accepted(), Then::Lost),
    ] {
        let reply = Step::Send(reply);
        let frozen = vec![FREEZE, Step::ReadAll, reply.clone(), Step::Thaw];
        let early = vec![reply, Step::ReadAll];
        cases.push(case("closed before it is read", place, at, vec![Step::Close], then));
        cases.push(case("reset before it is read", place, at, vec![Step::Reset], then));
        cases.push(case("reset within it", place, at, vec![Step::Read(20), Step::Reset], then));
        cases.push(case("frozen", place, at, frozen, Then::Unnoticed));
        cases.push(case("a reply before it is read", place, at, early, Then::Unnoticed));
    }
    for place in [Place::Responding, Place::StreamChunks] {
        cases.extend(large_ones(place));
    }
    let twice = b"lambda-runtime-aws-request-id: 2\r\nLambda-Runtime-Aws-Request-Id: 2\r\n";
    let reply = [b"HTTP/1.1 200 OK\r\n", twice.as_slice(), b"Content-Length: 7\r\n\r\n", SMALL];
    let script = vec![Step::ReadAll, Step::Send(reply.concat())];
    cases.push(case(
        "the same request id twice",
        Place::Event,
        At::Next(2),
        script,
        Then::Unnoticed,
    ));
    for size in [1_000, 60_000, 70_000, 300_000, 1_000_000] {
        let event = format!("\"{}\"", "x".repeat(size)).into_bytes();
        for (fault, before) in [
            ("100 before a large event", "HTTP/1.1 100 Continue\r\n\r\n"),
            ("103 before a large event", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
        ] {
            let announced = Step::Send([before.as_bytes(), &event_reply(2, &event)].concat());
            // While the program is frozen the first read of all that fits is prepared.
            let frozen = vec![Step::ReadAll, FREEZE, announced.clone(), Step::Thaw];
            for script in [vec![Step::ReadAll, announced], frozen] {
                cases.push(case(fault, Place::Event, At::Next(2), script, Then::Unnoticed));
            }
        }
    }
    let script = vec![Step::ReadAll, Step::Send(event_reply(2, &large()))];
    let six = case("an event of 6 MB", Place::Event, At::Next(2), script, Then::Unnoticed);
    cases.push(Case { event: large(), ..six });
    cases
}

/// Faults in the middle of 6 MB.
fn large_ones(place: Place) -> Vec<Case> {
    let at = At::Post(2);
    let reply = |status: &str| {
        let text =
            format!("HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: 3\r\n\r\nwhy");
        vec![Step::Read(1_000_000), Step::Send(text.into_bytes()), Step::Close]
    };
    let good = Step::Send(accepted());
    let list: Vec<(&str, Vec<Step>, Then)> = vec![
        ("6 MB", vec![Step::ReadAll, good.clone()], Then::Unnoticed),
        ("6 MB, read slowly", vec![Step::ReadSlowly, good.clone()], Then::Unnoticed),
        ("reset within 6 MB", vec![Step::Read(1_000_000), Step::Reset], Then::Lost),
        ("closed within 6 MB", vec![Step::Read(1_000_000), Step::Close], Then::Lost),
        ("413 within 6 MB, then closed", reply("413 Too Large"), Then::Refused("413")),
        (
            "413 within 6 MB, kept open and not read further",
            vec![
                Step::Read(1_000_000),
                Step::Send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nwhy".to_vec()),
            ],
            Then::Refused("413"),
        ),
        ("500 within 6 MB, then closed", reply("500 Container Error"), Then::Ends),
        (
            "202 within 6 MB, which are read",
            vec![Step::Read(1_000_000), good.clone(), Step::ReadAll],
            Then::Unnoticed,
        ),
        (
            "frozen within 6 MB",
            vec![Step::Read(1_000_000), FREEZE, Step::Thaw, Step::ReadAll, good],
            Then::Unnoticed,
        ),
    ];
    list.into_iter()
        .map(|(fault, script, then)| Case {
            event: large(),
            ..case(fault, place, at, script, then)
        })
        .collect()
}

fn streams() -> Vec<Case> {
    let place = Place::StreamHead;
    let at = At::Post(2);
    let refuse = vec![Step::ReadAll, Step::Refuse, Step::Send(event_reply(2, SMALL))];
    vec![
        case("nobody listens any more", place, At::Next(2), refuse, Then::Unnoticed),
        case("closed before it is read", place, at, vec![Step::Close], Then::Lost),
        case("reset before it is read", place, at, vec![Step::Reset], Then::Lost),
        case("reset within it", place, at, vec![Step::Read(20), Step::Reset], Then::Lost),
        case(
            "frozen",
            place,
            at,
            vec![FREEZE, Step::Thaw, Step::ReadAll, Step::Send(accepted())],
            Then::Unnoticed,
        ),
    ]
}
