//! What is sent when threads ask for changes, when the service does not respond, and when it takes
//! no more.

use crate::board::{Board, Branch, Next, When};
use crate::context::{Durable, Scope};
use crate::execution::{End, Execution};
use crate::serve::respond;
use crate::service::{INVALID, Refusal, Service};
use crate::wire::{Begun, Operation};
use minilambda::__private::{lock, request_id};
use minilambda::{Context, decode};
use std::cell::RefCell;
use std::collections::{BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

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
    with_execution_of("a", script, marker, test);
}

fn with_execution_of(arn: &str, script: &Script, marker: &str, test: impl FnOnce(&Execution)) {
    let event = format!(
        r#"{{"DurableExecutionArn":"{arn}","CheckpointToken":"t0","InitialExecutionState":{{
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

/// A service that takes a step's key for a known one does not carry the step out.
#[test]
fn the_key_of_a_step_is_that_of_no_other_step_or_execution() {
    let mut keys = BTreeSet::new();
    for arn in ["a", "b"] {
        with_execution_of(arn, &Script::default(), "", |execution| {
            let scope = Scope::default();
            let durable = Durable::new(execution, &scope, "", 0);
            for _ in 0..2 {
                keys.insert(durable.step("same", |step| Ok(step.key.clone())).unwrap());
            }
        });
    }
    assert_eq!(keys.len(), 4, "{keys:?}");
}

#[test]
fn a_request_has_250_updates_and_750_kb_at_most() {
    for (count, bytes, expected) in [
        (250, 1, vec![250]),
        (251, 1, vec![250, 1]),
        (3, 300_000, vec![2, 1]),
        (2, 800_000, vec![1, 1]),
    ] {
        let script = Script::default();
        with_execution(&script, "", |execution| {
            let payload = "x".repeat(bytes);
            for number in 1..=count {
                let step = Begun::new("", "", number, "step", ("STEP", "Step"));
                let update = step.update("START").payload(&payload);
                assert!(execution.record(update, number == count).is_ok());
            }
        });
        let sent: Vec<_> = script.sent().into_iter().map(|(_, updates)| updates).collect();
        assert_eq!(sent, expected, "{count} of {bytes} bytes");
    }
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
        asks(execution);
        assert!(execution.take_end().is_none());
    });
    // The service may have seen each question, with this token: it knows it again.
    assert_eq!(script.sent(), of(&[("t0", 0), ("t0", 0), ("t0", 0), ("t3", 1), ("t4", 0)]));
    let requests = lock(&script.requests);
    let name = |request: &String| request.split('"').nth(7).unwrap_or_default().to_owned();
    let names: Vec<_> = requests.iter().map(name).collect();
    assert!(names[0] == names[1] && names[1] == names[2], "{names:?}");
    assert!(names[2] != names[3] && names[2] != names[4], "a new question: {names:?}");
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
    for token in ["", r#""CheckpointToken":"","#] {
        let page = format!(r#"{{{token}"NewExecutionState":{{"NextMarker":"m"}}}}"#);
        let script = Script::new([Ok(page)]);
        with_execution(&script, "", |execution| {
            assert!(records(execution), "it is recorded");
            assert!(matches!(execution.take_end(), Some(End::Revoked)), "{token}");
        });
        assert_eq!(script.sent(), of(&[("t0", 1)]), "{token}");
    }
}

#[test]
fn an_execution_without_an_input_has_null() {
    for input in ["", r#","ExecutionDetails":{}"#, r#","ExecutionDetails":{"InputPayload":" "}"#] {
        with_execution(&Script::default(), "", |execution| {
            adds(
                execution,
                &format!(r#"{{"Id":"e","Type":"EXECUTION","Status":"STARTED"{input}}}"#),
            );
            assert_eq!(execution.input().unwrap(), ("e".to_owned(), "null".to_owned()), "{input}");
        });
    }
}

#[test]
fn a_page_that_comes_twice_is_an_error_and_not_the_end_of_the_state() {
    let script = Script::new([Ok(r#"{"Operations":[],"NextMarker":"m"}"#.to_owned())]);
    with_execution(&script, "m", |execution| {
        assert!(matches!(execution.take_end(), Some(End::Fault(_))));
    });
    assert_eq!(script.sent().len(), 1);
}

/// What has changed would be missing for good: no further response has it.
#[test]
fn a_page_of_what_has_changed_that_does_not_come_is_an_error() {
    let page = r#"{"CheckpointToken":"t1","NewExecutionState":{"Operations":[],"NextMarker":"m"}}"#;
    let script = Script::new([Ok(page.to_owned()), down()]);
    with_execution(&script, "", |execution| {
        asks(execution);
        assert!(!records(execution));
        assert!(matches!(execution.take_end(), Some(End::Fault(_))));
    });
    assert_eq!(script.sent(), of(&[("t0", 0), ("t1", 0)]));
}

/// What a callback brings has no time at which it is due.
#[test]
fn the_service_is_asked_less_and_less_often_while_nothing_has_come() {
    let script = Script::default();
    with_execution(&script, "", |execution| {
        let (mut board, mut waits) =
            (Board::new(3, When::ALL_ARE_OVER, None), Waits::new(execution));
        assert_eq!(waits.of(&mut board, 9), [0, 0, 0, 1, 2, 4, 8, 8, 8]);
        // Once something has come for one of them, it does not take long either for the others,
        adds(execution, r#"{"Id":"0","Type":"CALLBACK","Status":"SUCCEEDED"}"#);
        waits.is_working = true;
        assert_eq!(waits.of(&mut board, 4), [0, 1, 2, 4]);
        // or for the next that it waits for.
        board.set(0, Branch::Waiting(vec!["3".to_owned()]));
        assert_eq!(waits.of(&mut board, 3), [1, 2, 4]);
    });
}

#[test]
fn an_operation_that_is_late_is_asked_for_each_second() {
    let script = Script::default();
    with_execution(&script, "", |execution| {
        for id in 0..2 {
            let wait =
                r#""Type":"WAIT","Status":"STARTED","WaitDetails":{"ScheduledEndTimestamp":1}"#;
            adds(execution, &format!(r#"{{"Id":"{id}",{wait}}}"#));
        }
        let mut board = Board::new(3, When::ALL_ARE_OVER, None);
        assert_eq!(Waits::new(execution).of(&mut board, 6), [0, 0, 0, 1, 1, 1]);
    });
}

fn adds(execution: &Execution, operation: &str) {
    let operation: Operation = decode(operation.as_bytes()).unwrap();
    execution.lock().operations.insert(operation.id.clone(), Arc::new(operation));
}

/// A thread that asks, and waits as long as a board says.
struct Waits<'a> {
    execution: &'a Execution<'a>,
    /// Whether branches work for a long time. Otherwise all but the last wait for the operations
    /// with their number.
    is_working: bool,
}

impl<'a> Waits<'a> {
    fn new(execution: &'a Execution<'a>) -> Self {
        Self { execution, is_working: false }
    }

    /// The seconds after each question; 0 if a branch goes on.
    fn of(&self, board: &mut Board, count: usize) -> Vec<u64> {
        let next = |_| {
            asks(self.execution);
            match board.next(&self.execution.lock()) {
                Next::Wait(time) => time.map(|time| time.as_secs()),
                Next::Branch(index) => {
                    if index < 2 && !self.is_working {
                        board.set(index, Branch::Waiting(vec![index.to_string()]));
                    }
                    Some(0)
                }
                Next::None => None,
            }
        };
        (0..count).filter_map(next).collect()
    }
}

/// The request id of the invocation that each request belongs to.
#[derive(Default)]
struct Ids(Mutex<Vec<String>>);

impl Service for Ids {
    fn checkpoint(&self, _: &str, _: String) -> Result<Vec<u8>, Refusal> {
        lock(&self.0).push(request_id());
        Ok(token(1).into_bytes())
    }

    fn state(&self, _: &str, _: &str, _: &str) -> Result<Vec<u8>, Refusal> {
        Err(Refusal { kind: String::new(), message: String::new(), is_final: true })
    }
}

/// Otherwise the records about the request would be without an id.
#[test]
fn a_start_that_is_sent_late_belongs_to_the_invocation() {
    const PATIENCE: Duration = Duration::from_secs(60);
    let ids = Ids::default();
    let mut context = Context::default();
    "id-1".clone_into(&mut context.request_id);
    let event = br#"{"DurableExecutionArn":"a","CheckpointToken":"t0","InitialExecutionState":{
        "Operations":[{"Id":"e","Type":"EXECUTION","Status":"STARTED"}]}}"#;
    let function = |_: &str, durable: &Durable| {
        durable.step("slow", |_| {
            let begin = Instant::now();
            while lock(&ids.0).is_empty() && begin.elapsed() < PATIENCE {
                thread::yield_now();
            }
            Ok(())
        })?;
        Ok("null".to_owned())
    };
    assert!(respond(&ids, event, &context, &function).is_ok());
    assert_eq!(lock(&ids.0).first().map(String::as_str), Some("id-1"));
}

thread_local! {
    /// What this thread has logged.
    static LOGGED: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

struct Collect;

impl log::Log for Collect {
    fn enabled(&self, _: &log::Metadata) -> bool {
        true
    }

    fn log(&self, record: &log::Record) {
        let line = format!("{} {}: {}", record.level(), record.target(), record.args());
        LOGGED.with_borrow_mut(|lines| lines.push(line));
    }

    fn flush(&self) {}
}

#[test]
fn a_question_without_a_response_is_in_the_log_and_a_result_without_one_in_the_error() {
    let _ = log::set_logger(&Collect);
    log::set_max_level(log::LevelFilter::Warn);
    let script = Script::new([down(), down()]);
    with_execution(&script, "", |execution| {
        asks(execution);
        let warning = "WARN minilambda: ServiceException: could not ask for changes: down";
        assert_eq!(LOGGED.take(), [warning]);
        assert!(!records(execution));
        assert_eq!(LOGGED.take(), [""; 0]);
    });
}
