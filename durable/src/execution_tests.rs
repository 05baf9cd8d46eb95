//! What is sent when threads ask for changes, when the service does not respond, and when it takes
//! no more.

use crate::board::{Board, Branch, Next, When};
use crate::execution::{End, Execution};
use crate::service::{INVALID, Refusal, Service};
use crate::wire::Begun;
use minilambda::__private::lock;
use minilambda::{Context, decode};
use std::collections::VecDeque;
use std::sync::Mutex;
use std::thread;

/// A service that sends the responses of a script, and accepts each request after them.
#[derive(Default)]
struct Script {
    responses: Mutex<VecDeque<Result<String, Refusal>>>,
    requests: Mutex<Vec<String>>,
}

impl Script {
    fn new<const N: usize>(responses: [Result<String, Refusal>; N]) -> Self {
        Self { responses: Mutex::new(responses.into()), ..Self::default() }
    }

    fn respond(&self, request: String) -> Result<Vec<u8>, Refusal> {
        let mut requests = lock(&self.requests);
        requests.push(request);
        let response = lock(&self.responses).pop_front();
        response.unwrap_or_else(|| Ok(token(requests.len()))).map(String::into_bytes)
    }

    /// The tokens of the requests, and how many updates each had.
    fn sent(&self) -> Vec<(String, usize)> {
        let requests = lock(&self.requests);
        let of = |request: &String| {
            let token = request.split('"').nth(3).unwrap_or_default().to_owned();
            (token, request.matches("\"Action\"").count())
        };
        requests.iter().map(of).collect()
    }
}

impl Service for Script {
    fn checkpoint(&self, _: &str, body: String) -> Result<Vec<u8>, Refusal> {
        self.respond(body)
    }

    fn state(&self, _: &str, token: &str, marker: &str) -> Result<Vec<u8>, Refusal> {
        self.respond(format!(r#"{{"CheckpointToken":"{token}","Marker":"{marker}"}}"#))
    }
}

fn token(number: usize) -> String {
    format!(r#"{{"CheckpointToken":"t{number}"}}"#)
}

fn down() -> Result<String, Refusal> {
    refusal("ServiceException", "down", false)
}

fn refusal(kind: &str, message: &str, is_final: bool) -> Result<String, Refusal> {
    Err(Refusal { kind: kind.to_owned(), message: message.to_owned(), is_final })
}

fn with_execution(script: &Script, marker: &str, test: impl FnOnce(&Execution)) {
    let event = format!(
        r#"{{"DurableExecutionArn":"a","CheckpointToken":"t0","InitialExecutionState":{{
        "Operations":[],"NextMarker":"{marker}"}}}}"#
    );
    let context = Context::default();
    test(&Execution::new(decode(event.as_bytes()).unwrap(), &context, script));
}

fn asks(execution: &Execution) {
    let seen = execution.lock().version;
    execution.refresh(seen);
}

fn records(execution: &Execution) -> bool {
    let step = Begun::new("", "", 1, "step", ("STEP", "Step"));
    execution.record(step.update("SUCCEED"), true).is_ok()
}

fn of(sent: &[(&str, usize)]) -> Vec<(String, usize)> {
    sent.iter().map(|(token, count)| ((*token).to_owned(), *count)).collect()
}

#[test]
fn of_threads_that_wait_for_the_same_change_one_asks() {
    let script = Script::default();
    with_execution(&script, "", |execution| {
        for round in 1..=3 {
            let seen = execution.lock().version;
            thread::scope(|threads| {
                for _ in 0..15 {
                    threads.spawn(|| execution.refresh(seen));
                }
            });
            assert_eq!(script.sent().len(), round);
        }
    });
}

#[test]
fn a_question_without_a_response_is_asked_again_before_a_result_is_recorded() {
    let script = Script::new([down(), down()]);
    with_execution(&script, "", |execution| {
        asks(execution);
        asks(execution);
        assert!(records(execution));
        assert!(execution.take_end().is_none());
    });
    // The service may have seen each question, with this token.
    assert_eq!(script.sent(), of(&[("t0", 0), ("t0", 0), ("t0", 0), ("t3", 1)]));
}

#[test]
fn a_service_that_is_down_for_a_result_too_fails_the_invocation() {
    let script = Script::new([down(), down()]);
    with_execution(&script, "", |execution| {
        asks(execution);
        assert!(!records(execution));
        assert!(matches!(execution.take_end(), Some(End::Fault(_))));
    });
    assert_eq!(script.sent(), of(&[("t0", 0), ("t0", 0)]));
}

#[test]
fn a_question_that_another_invocation_or_a_refusal_answers_is_the_end() {
    for (response, is_fatal) in [
        (refusal(INVALID, "Invalid checkpoint token: stale", false), false),
        (refusal("KMSAccessDeniedException", "no key", true), true),
    ] {
        let script = Script::new([response]);
        with_execution(&script, "", |execution| {
            asks(execution);
            assert!(!records(execution));
            let end = execution.take_end();
            assert!(matches!(end, Some(End::Fatal(_))) == is_fatal && end.is_some());
        });
        assert_eq!(script.sent(), of(&[("t0", 0)]));
    }
}

#[test]
fn without_a_token_no_page_is_read() {
    let page = r#"{"NewExecutionState":{"Operations":[],"NextMarker":"m"}}"#;
    let script = Script::new([Ok(page.to_owned())]);
    with_execution(&script, "", |execution| {
        assert!(records(execution), "it is recorded");
        assert!(matches!(execution.take_end(), Some(End::Revoked)));
    });
    assert_eq!(script.sent(), of(&[("t0", 1)]));
}

#[test]
fn a_page_that_comes_twice_is_an_error_and_not_the_end_of_the_state() {
    let script = Script::new([Ok(r#"{"Operations":[],"NextMarker":"m"}"#.to_owned())]);
    with_execution(&script, "m", |execution| {
        assert!(matches!(execution.take_end(), Some(End::Fault(_))));
    });
    assert_eq!(script.sent().len(), 1);
}

/// What a callback brings has no time at which it is due.
#[test]
fn the_service_is_asked_less_and_less_often_while_nothing_has_come() {
    let script = Script::default();
    let waiting = || Branch::Waiting(vec!["1".to_owned()]);
    with_execution(&script, "", |execution| {
        let mut board = Board::new(3, When::ALL_ARE_OVER, None);
        let mut seconds = || {
            asks(execution);
            match board.next(&execution.lock()) {
                Next::Wait(time) => time.map(|time| time.as_secs()),
                Next::Branch(index) => {
                    // The last one works for a long time.
                    if index < 2 {
                        board.set(index, waiting());
                    }
                    Some(0)
                }
                Next::None => None,
            }
        };
        let asked: Vec<_> = (0..9).filter_map(|_| seconds()).collect();
        assert_eq!(asked, [0, 0, 0, 1, 2, 4, 8, 8, 8]);
    });
}
