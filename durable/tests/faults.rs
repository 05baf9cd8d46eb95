//! Faults of the service, and what is in an event.

use minilambda::{Context, Handler};
use minilambda_durable::testing::{Execution, Fault, Status};
use minilambda_durable::{Caught, Durable, Result, When, durable};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn sequence(count: u32, durable: &Durable) -> Result<u32> {
    let mut sum = 0;
    for n in 0..count {
        sum += durable.step(&format!("s-{n}"), |_| Ok(n))?;
    }
    durable.wait("nap", SECOND)?;
    Ok(sum)
}

/// Fails as a service that is down for ten invocations.
const DOWN: [Option<Fault>; 10] = [Some(Fault::NotRecorded); 10];

#[test]
fn a_failed_checkpoint_is_an_error_of_the_invocation_that_cannot_be_caught() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    fn catches(_: (), durable: &Durable) -> Result<String> {
        let step = durable.step("s", |_| {
            RUNS.fetch_add(1, SeqCst);
            Ok(())
        });
        match step.caught()? {
            Ok(()) => Ok("done".to_owned()),
            Err(_) => Ok("caught".to_owned()),
        }
    }
    let mut execution = Execution::new(catches, &());
    execution.faults(&DOWN);
    assert_eq!(execution.run(), Status::Failing);
    let error = execution.error().unwrap();
    assert_eq!(error.kind(), "ServiceException");
    assert!(
        error.message().starts_with("could not record 2 updates from STEP \"s\" on: "),
        "{error}"
    );
    assert_eq!(execution.run(), Status::Succeeded, "the service is there again");
    assert_eq!(execution.result::<String>(), Some(Ok("done".to_owned())));
    assert_eq!(RUNS.load(SeqCst), 11, "at least once");
}

#[test]
fn a_panic_in_the_name_of_a_branch_fails_the_execution() {
    fn panics(_: (), durable: &Durable) -> Result<usize> {
        let name = |item: &u32| {
            assert!(*item != 5, "as asked");
            format!("item-{item}")
        };
        let items: Vec<u32> = (0..40).collect();
        let all = durable.map_named("all", &items, When::ALL_ARE_OVER, name, |branch, item| {
            branch.step("one", |_| Ok(*item))
        })?;
        Ok(all.all()?.len())
    }
    let mut execution = Execution::new(panics, &());
    assert_eq!(execution.run(), Status::Failed);
    assert_eq!(execution.result::<usize>().unwrap().unwrap_err().kind, "Function.Panic");
}

#[test]
fn no_branch_is_begun_after_the_end() {
    static BEGUN: AtomicU32 = AtomicU32::new(0);
    static FLAT: When = When { flat: true, ..When::ALL_ARE_OVER };
    fn all(_: (), durable: &Durable) -> Result<()> {
        let step = |branch: &Durable, (): &()| {
            BEGUN.fetch_add(1, SeqCst);
            branch.step("s", |_| Ok(()))
        };
        durable.map("all", &[(); 500], FLAT, step).map(drop)
    }
    /// The first branch is over once one in the other has begun.
    fn race(_: (), durable: &Durable) -> Result<()> {
        let race = |branch: &Durable, is_first: &bool| {
            if *is_first {
                while BEGUN.load(SeqCst) == 0 {
                    std::thread::yield_now();
                }
                return Ok(());
            }
            let leaf = |leaf: &Durable, (): &()| -> Result<()> {
                BEGUN.fetch_add(1, SeqCst);
                loop {
                    leaf.step("s", |_| {
                        std::thread::sleep(Duration::from_millis(10));
                        Ok(())
                    })?;
                }
            };
            branch.map("inner", &[(); 500], FLAT, leaf).map(drop)
        };
        durable.map("race", &[true, false], When::ONE_SUCCEEDS, race).map(drop)
    }
    let mut execution = Execution::new(all, &());
    execution.faults(&DOWN);
    assert_eq!(execution.run(), Status::Failing);
    assert!(BEGUN.swap(0, SeqCst) <= 10 * 16, "no more than threads, in each invocation");
    assert_eq!(Execution::new(race, &()).run(), Status::Succeeded);
    assert!(BEGUN.load(SeqCst) <= 16, "{BEGUN:?}");
}

#[test]
fn each_checkpoint_may_be_lost_in_each_way() {
    for fault in [Fault::NotRecorded, Fault::ResponseLost, Fault::Revoked] {
        for at in 0..6 {
            let mut faults = vec![None; at];
            faults.push(Some(fault));
            let mut execution = Execution::new(sequence, &4);
            execution.faults(&faults);
            assert_eq!(execution.skip(), Status::Succeeded, "{fault:?} at {at}");
            assert_eq!(execution.result::<u32>(), Some(Ok(6)), "{fault:?} at {at}");
            let history = execution.history();
            let ends = history.iter().filter(|event| event.kind == "StepSucceeded").count();
            assert_eq!(ends, 4, "{fault:?} at {at}: no event twice");
        }
    }
}

#[test]
fn an_execution_that_was_paused_responds_that_it_is_pending() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    fn two(_: (), durable: &Durable) -> Result<u32> {
        durable.step("one", |_| Ok(()))?;
        Ok(CALLS.fetch_add(1, SeqCst))
    }
    // The last checkpoint has no token: the function returns Ok, and the response is PENDING.
    let mut execution = Execution::new(two, &());
    execution.faults(&[Some(Fault::Revoked)]);
    assert_eq!(execution.run(), Status::Succeeded);
    assert_eq!((execution.invocations(), execution.checkpoints()), (2, 1));
}

#[test]
fn the_state_may_come_in_pages() {
    for (first, others) in [(0, 1), (1, 1), (3, 2), (0, 1000)] {
        let mut execution = Execution::new(sequence, &5);
        execution.pages(first, others);
        assert_eq!(execution.skip(), Status::Succeeded);
        assert_eq!(execution.result::<u32>(), Some(Ok(10)));
        assert_eq!(execution.invocations(), 2);
    }
}

#[test]
fn a_large_result_is_recorded_and_a_larger_one_is_refused() {
    fn large(bytes: usize, _: &Durable) -> Result<String> {
        Ok("x".repeat(bytes))
    }
    fn quotes(_: (), _: &Durable) -> Result<String> {
        Ok("\"".repeat(1_600_000))
    }
    let mut execution = Execution::new(large, &6_291_454);
    assert_eq!(execution.run(), Status::Succeeded);
    assert_eq!(execution.result::<String>().unwrap().unwrap().len(), 6_291_454);
    assert_eq!(execution.checkpoints(), 1);
    let mut execution = Execution::new(large, &6_291_455);
    assert_eq!(execution.run(), Status::Failed);
    assert_eq!(execution.result::<String>().unwrap().unwrap_err().kind, "Durable.TooLarge");
    // The largest response.
    for (bytes, checkpoints) in [(6_291_368, 0), (6_291_369, 1)] {
        let mut execution = Execution::new(large, &bytes);
        assert_eq!(execution.run(), Status::Succeeded);
        assert_eq!(execution.checkpoints(), checkpoints, "{bytes}");
    }
    // Characters that are escaped count as what is sent.
    let mut execution = Execution::new(quotes, &());
    assert_eq!(execution.run(), Status::Succeeded);
    assert_eq!(execution.checkpoints(), 1);
}

#[test]
fn a_failure_always_has_a_kind_and_a_message_that_the_service_takes() {
    fn long(_: (), _: &Durable) -> Result<()> {
        Err(minilambda::Error::new("Long", "ä".repeat(4_000_000)).into())
    }
    fn empty(_: (), _: &Durable) -> Result<()> {
        Err(String::new().into())
    }
    for function in [long as fn((), &Durable) -> _, empty] {
        let mut execution = Execution::new(function, &());
        assert_eq!(execution.run(), Status::Failed);
        let failure = execution.result::<()>().unwrap().unwrap_err();
        assert!(!failure.kind.is_empty() && failure.message.len() < 32 * 1024);
    }
}

const SEQUENCE: Handler = durable!(sequence);

/// The response to an event.
fn respond(event: &str) -> std::result::Result<String, String> {
    let response = SEQUENCE.call(event, &Context::default());
    let response = response.map(|bytes| String::from_utf8(bytes).unwrap());
    response.map_err(|error| format!("{}: {}", error.kind(), error.message()))
}

#[test]
fn an_event_of_a_plain_invocation_says_what_is_missing() {
    for event in ["3", "{}", "null", "", "{\"DurableExecutionArn\":1}", "[[[["] {
        let error = respond(event).unwrap_err();
        assert!(error.starts_with("Durable.NotConfigured: "), "{error}");
        assert!(error.contains("DurableConfig") && error.contains("minilambda-local"), "{error}");
    }
    let empty = r#"{"DurableExecutionArn":"a","CheckpointToken":"t","InitialExecutionState":{}}"#;
    assert!(respond(empty).unwrap_err().starts_with("Durable.InvalidState: "));
}

/// The configuration of the function is not the cause.
#[test]
fn an_event_of_an_execution_that_is_not_as_expected_says_what_is_wrong() {
    for (event, place) in [
        (r#"{"DurableExecutionArn":"a"}"#, "a required field is missing"),
        (
            r#"{"DurableExecutionArn":"a","CheckpointToken":"t","InitialExecutionState":
            {"Operations":[{"Id":"secret","Type":"STEP","Status":7}]}}"#,
            "Operations[0].Status",
        ),
    ] {
        let error = respond(event).unwrap_err();
        assert!(error.starts_with("Durable.InvalidState: the event of the execution: "), "{error}");
        assert!(error.contains(place) && !error.contains("secret"), "{error}");
    }
}

#[test]
fn what_is_new_in_the_state_is_ignored() {
    let event = |operation: &str| {
        format!(
            r#"{{"DurableExecutionArn":"a","CheckpointToken":"t","New":[1],"InitialExecutionState":
            {{"Operations":[{{"Id":"e","Type":"EXECUTION","Status":"STARTED","StartTimestamp":"now",
            "ExecutionDetails":{{"InputPayload":"0"}}}},{operation}],"NextMarker":null}}}}"#
        )
    };
    let wait = |status: &str, details: &str| {
        event(&format!(
            r#"{{"Id":"1","Type":"WAIT","SubType":"Wait","Name":"nap","Status":"{status}",
            "StartTimestamp":1760000000000,"EndTimestamp":1760000000.5{details}}}"#
        ))
    };
    let succeeded = Ok(r#"{"Status":"SUCCEEDED","Result":"0"}"#.to_owned());
    let pending = Ok(r#"{"Status":"PENDING"}"#.to_owned());
    assert_eq!(respond(&wait("SUCCEEDED", "")), succeeded);
    let scheduled = r#","WaitDetails":{"ScheduledEndTimestamp":"2026-01-01T00:00:00Z"}"#;
    assert_eq!(respond(&wait("SUCCEEDED", scheduled)), succeeded);
    assert_eq!(respond(&wait("STARTED", "")), pending);
    assert_eq!(respond(&wait("DREAMING", r#","DreamDetails":{}"#)), pending);
    let failed = respond(&wait("CANCELLED", "")).unwrap();
    assert!(failed.contains(r#""ErrorType":"Durable.CANCELLED","ErrorMessage":"""#), "{failed}");
}

#[test]
fn a_step_without_time_is_left_to_the_next_invocation() {
    fn late(_: (), durable: &Durable) -> Result<u32> {
        durable.step("late", |_| Ok(2))
    }
    const LATE: Handler = durable!(late);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let mut context = Context::default();
    context.deadline_ms = Some(i64::try_from(now.as_millis()).unwrap() + 400);
    // As the runtime does for each event.
    context.attach_to_thread();
    let event = r#"{"DurableExecutionArn":"a","CheckpointToken":"t","InitialExecutionState":
        {"Operations":[{"Id":"e","Type":"EXECUTION","Status":"STARTED"}]}}"#;
    // The last tenth is for the response.
    std::thread::sleep(Duration::from_millis(365));
    let error = LATE.call(event, &context).unwrap_err();
    assert_eq!(error.kind(), "Durable.OutOfTime");
    assert!(error.message().contains("goes on here"), "{error}");
}

#[test]
fn a_damaged_event_is_an_error_or_a_response() {
    let event = concat!(
        r#"{"DurableExecutionArn":"a","CheckpointToken":"t","InitialExecutionState":{"Operations":["#,
        r#"{"Id":"e","Type":"EXECUTION","Status":"STARTED","ExecutionDetails":{"InputPayload":"1"}},"#,
        r#"{"Id":"1","Name":"s-0","Type":"STEP","SubType":"Step","Status":"PENDING","#,
        r#""StepDetails":{"Attempt":1,"NextAttemptTimestamp":1760000000123,"Result":"7"}},"#,
        r#"{"Id":"2","Name":"nap","Type":"WAIT","SubType":"Wait","Status":"FAILED","#,
        r#""WaitDetails":{"ScheduledEndTimestamp":1760000000.5}}],"NextMarker":null}}"#
    );
    let parts = ["", "\"", "null", "-1", "9e99", "[", "}", "SUCCEEDED", "READY", "\\u0000", "1"];
    let mut number: usize = 1;
    for _ in 0..400 {
        number =
            number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (at, length) = ((number >> 33) % event.len(), (number >> 20) % 12);
        let end = (at + length).min(event.len());
        let part = parts[(number >> 13) % parts.len()];
        let damaged = format!("{}{part}{}", &event[..at], &event[end..]);
        match respond(&damaged) {
            Ok(response) => {
                assert!(response.starts_with("{\"Status\":\""), "{damaged}: {response}");
            }
            Err(error) => assert!(!error.starts_with("Function.Panic"), "{damaged}: {error}"),
        }
    }
}
