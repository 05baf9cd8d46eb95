//! Asynchronous invocations: they wait in a queue, and are tried again if they fail.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>.

use crate::error::{Error, ErrorKind};
use crate::invocation::{Invocation, Request};
use crate::lock::{lock, unpoisoned};
use crate::pool::Pool;
use crate::settings::{MAX_ASYNC_EVENT_BYTES, Notice};
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, Weak};
use std::thread;
use std::time::{Duration, Instant};

/// An event that is older is discarded.
const MAX_AGE: Duration = Duration::from_secs(6 * 60 * 60);

/// The delay after the first attempt that was throttled. It doubles with each one.
const FIRST_BACKOFF: Duration = Duration::from_secs(1);

const MAX_BACKOFF: Duration = Duration::from_secs(5 * 60);

/// The most bytes of events that wait. More are refused.
const MAX_QUEUED_BYTES: usize = 256 * 1024 * 1024;

/// The most events that wait.
const MAX_QUEUED: usize = 10_000;

/// The events that are waiting or processed.
#[derive(Default)]
pub(crate) struct Queue {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// By the time of the next attempt, and a number that no other has.
    waiting: BTreeMap<(Instant, u64), Waiting>,
    last_number: u64,
    /// Of all events, including those that are processed.
    bytes: usize,
    count: usize,
    /// The number of events that are processed.
    running: usize,
    has_thread: bool,
    is_closed: bool,
}

struct Waiting {
    request: Request,
    accepted: Instant,
    attempts: Attempts,
}

/// The attempts that an event has had.
#[derive(Clone, Copy, Debug, Default)]
struct Attempts {
    failed: usize,
    throttled: u32,
}

/// The end of one attempt.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Outcome {
    Succeeded,
    /// The function has failed.
    Failed,
    /// There was no program for it, or none can be started.
    Throttled,
    SystemError,
    /// The function is gone.
    NoFunction,
}

#[derive(Debug, PartialEq)]
enum Next {
    Done,
    Again { after: Duration, why: &'static str },
    Discard { why: &'static str },
}

impl Outcome {
    fn of(result: &Result<Invocation, Error>) -> Self {
        match result.as_ref().map_err(Error::kind) {
            Ok(invocation) if invocation.failure.is_none() => Self::Succeeded,
            Ok(_) => Self::Failed,
            Err(ErrorKind::Throttled) => Self::Throttled,
            Err(ErrorKind::NoSuchHandler) => Self::NoFunction,
            Err(_) => Self::SystemError,
        }
    }
}

impl Attempts {
    /// Decides what follows an attempt, at an age of the event. `delays` are those after failures
    /// of the function.
    fn next(&mut self, outcome: Outcome, age: Duration, delays: &[Duration]) -> Next {
        let again = |after: Duration, why| {
            if age + after > MAX_AGE {
                return Next::Discard { why: "it is six hours old" };
            }
            Next::Again { after, why }
        };
        match outcome {
            Outcome::Succeeded => Next::Done,
            Outcome::NoFunction => Next::Discard { why: "there is no such function any more" },
            Outcome::Failed => {
                let delay = delays.get(self.failed);
                self.failed += 1;
                delay.map_or(Next::Discard { why: "all attempts failed" }, |delay| {
                    again(*delay, "failed")
                })
            }
            Outcome::Throttled | Outcome::SystemError => {
                let doubled = FIRST_BACKOFF.saturating_mul(1 << self.throttled.min(16));
                self.throttled += 1;
                let is_throttled = outcome == Outcome::Throttled;
                let why = if is_throttled { "was throttled" } else { "could not be processed" };
                again(doubled.min(MAX_BACKOFF), why)
            }
        }
    }
}

impl State {
    fn put(&mut self, due: Instant, event: Waiting) {
        self.last_number += 1;
        self.waiting.insert((due, self.last_number), event);
    }
}

impl Queue {
    /// Accepts an event. It is processed later, as often as it needs.
    pub fn accept(self: &Arc<Self>, lambda: &Arc<Pool>, mut request: Request) -> Result<(), Error> {
        if request.event.len() > MAX_ASYNC_EVENT_BYTES {
            let message = format!(
                "Request must be smaller than {MAX_ASYNC_EVENT_BYTES} bytes for the InvokeFunction operation"
            );
            return Err(Error::new(ErrorKind::EventTooLarge, message));
        }
        lambda.check(&mut request)?;
        let mut state = lock(&self.state);
        if state.is_closed {
            return Err(Error::new(ErrorKind::Start, "the functions have ended"));
        }
        if state.count >= MAX_QUEUED || state.bytes + request.event.len() > MAX_QUEUED_BYTES {
            let message = "Rate Exceeded. Too many asynchronous events are waiting here.";
            return Err(Error::new(ErrorKind::Throttled, message));
        }
        if !state.has_thread {
            let weak = Arc::downgrade(lambda);
            let queue = Arc::clone(self);
            let started = thread::Builder::new().spawn(move || queue.follow(&weak));
            started.map_err(|error| Error::start("there is no thread for the event", error))?;
            state.has_thread = true;
        }
        state.bytes += request.event.len();
        state.count += 1;
        let now = Instant::now();
        let attempts = Attempts::default();
        state.put(now, Waiting { request, accepted: now, attempts });
        drop(state);
        self.changed.notify_all();
        Ok(())
    }

    /// Forgets the events that wait.
    pub fn close(&self) {
        let mut state = lock(&self.state);
        state.is_closed = true;
        state.waiting.clear();
        drop(state);
        self.changed.notify_all();
    }

    /// Starts the events that are due, until the queue is closed.
    fn follow(self: &Arc<Self>, lambda: &Weak<Pool>) {
        while let Some(event) = self.take_due() {
            let Some(lambda) = lambda.upgrade() else { return };
            // More would only be throttled, each in a thread of its own.
            let most = lambda.settings().max_programs;
            let is_free = {
                let mut state = lock(&self.state);
                let is_free = state.running < most;
                state.running += usize::from(is_free);
                is_free
            };
            if !is_free {
                self.settle(&lambda, event, Outcome::Throttled);
                continue;
            }
            let (queue, shared) = (Arc::clone(self), Arc::clone(&lambda));
            let event = Arc::new(Mutex::new(Some(event)));
            let same = Arc::clone(&event);
            let run = move || {
                if let Some(event) = lock(&event).take() {
                    let result = shared.run(event.request.clone(), &mut |_| {});
                    lock(&queue.state).running -= 1;
                    queue.settle(&shared, event, Outcome::of(&result));
                }
            };
            if thread::Builder::new().spawn(run).is_err() {
                lock(&self.state).running -= 1;
                if let Some(event) = lock(&same).take() {
                    self.settle(&lambda, event, Outcome::SystemError);
                }
            }
        }
    }

    /// Waits for the first event that is due. `None` if the queue is closed.
    fn take_due(&self) -> Option<Waiting> {
        let mut state = lock(&self.state);
        loop {
            if state.is_closed {
                return None;
            }
            let now = Instant::now();
            match state.waiting.first_key_value().map(|((due, _), _)| *due) {
                Some(due) if due <= now => {
                    return state.waiting.pop_first().map(|(_, event)| event);
                }
                Some(due) => {
                    state = unpoisoned(self.changed.wait_timeout(state, due - now)).0;
                }
                None => state = unpoisoned(self.changed.wait(state)),
            }
        }
    }

    /// Puts an event back, or forgets it.
    fn settle(&self, lambda: &Pool, mut event: Waiting, outcome: Outcome) {
        let settings = lambda.settings();
        let age = event.accepted.elapsed();
        let next = event.attempts.next(outcome, age, &settings.retry_delays);
        let id = event.request.id.as_deref().unwrap_or_default();
        let line = match &next {
            Next::Done => None,
            // A throttled event is tried many times.
            Next::Again { .. } if outcome != Outcome::Failed && event.attempts.throttled > 1 => {
                None
            }
            Next::Again { after, why } => {
                Some(format!("RequestId: {id} {why}; tried again in {} s", after.as_secs_f64()))
            }
            Next::Discard { why } => Some(format!("RequestId: {id} the event is discarded: {why}")),
        };
        if let Some(line) = &line {
            settings.notice(&Notice::Log { handler: &event.request.handler, line });
        }
        let mut state = lock(&self.state);
        match next {
            Next::Again { after, .. } if !state.is_closed => {
                state.put(Instant::now() + after, event);
            }
            _ => {
                state.bytes -= event.request.event.len();
                state.count -= 1;
            }
        }
        drop(state);
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DELAYS: [Duration; 2] = [Duration::from_secs(60), Duration::from_secs(120)];

    /// The delays until an event is discarded or done, and why.
    fn life(outcomes: impl Iterator<Item = Outcome>) -> Option<(Vec<u64>, Duration, Next)> {
        let (mut attempts, mut age, mut delays) = (Attempts::default(), Duration::ZERO, Vec::new());
        for outcome in outcomes {
            match attempts.next(outcome, age, &DELAYS) {
                Next::Again { after, .. } => {
                    delays.push(after.as_secs());
                    age += after;
                }
                end => return Some((delays, age, end)),
            }
        }
        None
    }

    #[test]
    fn an_event_whose_function_fails_is_tried_two_more_times() {
        let (delays, _, end) = life(std::iter::repeat(Outcome::Failed)).unwrap();
        assert_eq!((delays, end), (vec![60, 120], Next::Discard { why: "all attempts failed" }));
    }

    #[test]
    fn a_throttled_event_is_tried_for_six_hours() {
        for outcome in [Outcome::Throttled, Outcome::SystemError] {
            let (delays, age, end) = life(std::iter::repeat(outcome)).unwrap();
            assert_eq!(delays[..11], [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
            assert!(delays[9..].iter().all(|delay| *delay == 300));
            assert!(age <= MAX_AGE && age + MAX_BACKOFF > MAX_AGE, "{age:?}");
            assert_eq!(end, Next::Discard { why: "it is six hours old" });
        }
    }

    #[test]
    fn being_throttled_takes_none_of_the_two_retries() {
        let throttled = std::iter::repeat_n(Outcome::Throttled, 20);
        let failed = std::iter::repeat_n(Outcome::Failed, 1);
        let mixed = throttled.clone().chain(failed.clone()).chain(throttled).chain(failed);
        let (delays, ..) = life(mixed.clone().chain([Outcome::Failed])).unwrap();
        assert_eq!(
            delays.iter().filter(|delay| DELAYS.contains(&Duration::from_secs(**delay))).count(),
            2
        );
        let (_, _, end) = life(mixed.chain([Outcome::Succeeded])).unwrap();
        assert_eq!(end, Next::Done);
    }

    #[test]
    fn an_event_of_a_function_that_is_gone_is_discarded_at_once() {
        let (delays, _, end) = life(std::iter::once(Outcome::NoFunction)).unwrap();
        assert_eq!(
            (delays.len(), end),
            (0, Next::Discard { why: "there is no such function any more" })
        );
    }
}
