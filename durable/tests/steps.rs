//! Steps: results, retries, crashes, sizes.

use minilambda::Error;
use minilambda_durable::testing::{Execution, Fault, Status};
use minilambda_durable::{Caught, Durable, Jitter, Result, Retry, Step, When};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
static QUICK: Retry =
    Retry { attempts: 3, first_delay: SECOND, jitter: Jitter::None, ..Retry::DEFAULT };

/// The kinds of the events of an operation.
fn events(execution: &Execution, name: &str) -> Vec<String> {
    let history = execution.history();
    history.into_iter().filter(|event| event.name == name).map(|event| event.kind).collect()
}

#[test]
fn a_step_runs_once_and_a_replay_returns_its_result() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    fn twice(n: u32, durable: &Durable) -> Result<u32> {
        let double = durable.step("double", |_| {
            RUNS.fetch_add(1, SeqCst);
            Ok(n * 2)
        })?;
        durable.wait("nap", SECOND)?;
        Ok(double + 1)
    }
    let mut execution = Execution::new(twice, &20);
    assert_eq!(execution.run(), Status::Waiting);
    assert_eq!(execution.advance(SECOND), Status::Succeeded);
    assert_eq!(execution.result::<u32>(), Some(Ok(41)));
    assert_eq!((RUNS.load(SeqCst), execution.invocations()), (1, 2));
    // Start and end of the short step were one request.
    assert_eq!(execution.checkpoints(), 2);
}

static ATTEMPTS: Mutex<Vec<(u32, String)>> = Mutex::new(Vec::new());

#[test]
fn a_step_is_tried_again_after_its_delay() {
    fn third(_: (), durable: &Durable) -> Result<u32> {
        durable.retry(&QUICK).step("flaky", |step| {
            ATTEMPTS.lock().unwrap().push((step.attempt, step.key.clone()));
            if step.attempt < 3 { Err(Error::new("Flaky", "not yet")) } else { Ok(step.attempt) }
        })
    }
    let mut execution = Execution::new(third, &());
    assert_eq!(execution.run(), Status::Waiting);
    assert_eq!(execution.advance(SECOND), Status::Waiting);
    assert_eq!(execution.advance(SECOND), Status::Waiting, "the second delay is two seconds");
    assert_eq!(execution.advance(SECOND), Status::Succeeded);
    assert_eq!(execution.result::<u32>(), Some(Ok(3)));
    let attempts = ATTEMPTS.lock().unwrap();
    let numbers: Vec<_> = attempts.iter().map(|it| it.0).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert!(attempts.iter().all(|it| it.1 == attempts[0].1 && it.1.len() == 32));
    let started_and_failed = ["StepStarted", "StepFailed"];
    let ends = ["StepStarted", "StepSucceeded"];
    let expected = [started_and_failed, started_and_failed, ends].concat();
    assert_eq!(events(&execution, "flaky"), expected);
}

#[test]
fn a_delay_of_over_a_year_is_the_longest_that_the_service_takes() {
    static RARELY: Retry = Retry {
        first_delay: Duration::MAX,
        longest_delay: Duration::MAX,
        jitter: Jitter::None,
        ..Retry::DEFAULT
    };
    fn second(_: (), durable: &Durable) -> Result<()> {
        durable.retry(&RARELY).step("rare", |step| {
            if step.attempt < 2 { Err(Error::new("Flaky", "not yet")) } else { Ok(()) }
        })
    }
    let mut execution = Execution::new(second, &());
    assert_eq!(execution.advance((366 * 24 * 3600 - 1) * SECOND), Status::Waiting);
    assert_eq!(execution.advance(SECOND), Status::Succeeded);
}

#[test]
fn the_last_error_is_that_of_the_step_and_of_the_execution() {
    fn never(_: (), durable: &Durable) -> Result<u32> {
        durable
            .retry(&QUICK)
            .step("flaky", |step| Err(Error::new("Flaky", format!("attempt {}", step.attempt))))
    }
    let mut execution = Execution::new(never, &());
    assert_eq!(execution.skip(), Status::Failed);
    let failure = execution.result::<u32>().unwrap().unwrap_err();
    assert_eq!((&*failure.kind, &*failure.message), ("Flaky", "attempt 3"));
}

#[test]
fn an_error_that_is_excluded_is_final_and_can_be_compensated() {
    static CARDS: Retry = Retry { unless: &["Refused"], ..Retry::DEFAULT };
    fn order(_: (), durable: &Durable) -> Result<String> {
        let charged = durable.retry(&CARDS).step("charge", |_| -> std::result::Result<(), _> {
            Err(Error::new("Refused", "no credit"))
        });
        match charged.caught()? {
            Ok(()) => Ok("charged".to_owned()),
            Err(failure) => {
                durable.step("cancel", |_| Ok(()))?;
                Err(failure.into())
            }
        }
    }
    let mut execution = Execution::new(order, &());
    assert_eq!(execution.run(), Status::Failed);
    assert_eq!(execution.result::<String>().unwrap().unwrap_err().kind, "Refused");
    assert_eq!(events(&execution, "charge"), ["StepStarted", "StepFailed"]);
    assert_eq!(events(&execution, "cancel"), ["StepStarted", "StepSucceeded"]);
}

static RUNS_OF_CRASH: AtomicU32 = AtomicU32::new(0);

#[test]
fn a_step_that_was_interrupted_runs_again_in_the_same_attempt() {
    fn slow(_: (), durable: &Durable) -> Result<u32> {
        durable.step("slow", |step| {
            RUNS_OF_CRASH.fetch_add(1, SeqCst);
            std::thread::sleep(Duration::from_millis(100));
            Ok(step.attempt)
        })
    }
    let mut execution = Execution::new(slow, &());
    // The start is recorded while the step runs, its result is not.
    execution.faults(&[None, Some(Fault::NotRecorded)]);
    assert_eq!(execution.run(), Status::Succeeded);
    assert_eq!(execution.result::<u32>(), Some(Ok(1)));
    assert_eq!((RUNS_OF_CRASH.load(SeqCst), execution.invocations()), (2, 2));
    assert_eq!(events(&execution, "slow"), ["StepStarted", "StepSucceeded"]);
}

/// Charges at most once, and counts how often it was called.
fn charge_once(retry: &Retry, durable: &Durable, calls: &AtomicU32) -> Result<String> {
    let step = durable.retry(retry).at_most_once().step("charge", |step| {
        calls.fetch_add(1, SeqCst);
        Ok(step.attempt)
    });
    match step.caught()? {
        Ok(attempt) => Ok(format!("attempt {attempt}")),
        Err(failure) => Ok(failure.kind),
    }
}

#[test]
fn a_step_at_most_once_that_was_interrupted_does_not_run_again() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    fn once(_: (), durable: &Durable) -> Result<String> {
        charge_once(&Retry::NEVER, durable, &CALLS)
    }
    let mut execution = Execution::new(once, &());
    execution.faults(&[None, Some(Fault::NotRecorded)]);
    assert_eq!(execution.run(), Status::Succeeded);
    assert_eq!(execution.result::<String>(), Some(Ok("Durable.Interrupted".to_owned())));
    assert_eq!(CALLS.load(SeqCst), 1);
    assert_eq!(events(&execution, "charge"), ["StepStarted", "StepFailed"]);
}

#[test]
fn a_step_at_most_once_whose_start_was_lost_has_not_run() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    fn once(_: (), durable: &Durable) -> Result<String> {
        charge_once(&Retry::NEVER, durable, &CALLS)
    }
    let mut execution = Execution::new(once, &());
    execution.faults(&[Some(Fault::ResponseLost)]);
    assert_eq!(execution.run(), Status::Succeeded);
    assert_eq!(execution.result::<String>(), Some(Ok("Durable.Interrupted".to_owned())));
    assert_eq!(CALLS.load(SeqCst), 0);
}

/// The service takes the start, and then nothing more: the execution is paused. A result would be
/// lost, and the next attempt would be a second one.
#[test]
fn a_step_at_most_once_of_a_paused_execution_does_not_run() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    fn once(_: (), durable: &Durable) -> Result<String> {
        charge_once(&QUICK, durable, &CALLS)
    }
    let mut execution = Execution::new(once, &());
    execution.faults(&[Some(Fault::Revoked)]);
    assert_eq!(execution.run(), Status::Waiting);
    assert_eq!((CALLS.load(SeqCst), execution.checkpoints()), (0, 2));
    assert_eq!(execution.advance(SECOND), Status::Succeeded);
    assert_eq!(execution.result::<String>(), Some(Ok("attempt 2".to_owned())));
    assert_eq!(CALLS.load(SeqCst), 1);
}

#[test]
fn an_interrupted_attempt_counts_and_is_tried_again() {
    static CALLS: AtomicU32 = AtomicU32::new(0);
    fn once(_: (), durable: &Durable) -> Result<String> {
        charge_once(&QUICK, durable, &CALLS)
    }
    let mut execution = Execution::new(once, &());
    execution.faults(&[None, Some(Fault::NotRecorded)]);
    assert_eq!(execution.run(), Status::Waiting);
    assert_eq!(execution.advance(SECOND), Status::Succeeded);
    assert_eq!(execution.result::<String>(), Some(Ok("attempt 2".to_owned())));
    assert_eq!(CALLS.load(SeqCst), 2);
}

#[test]
fn an_error_is_the_same_in_each_replay() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    fn fails(text: String, durable: &Durable) -> Result<()> {
        let failed =
            durable.retry(&Retry::NEVER).step("fails", |_| -> std::result::Result<(), _> {
                Err(Error::new("Refused", format!("no\n{}", text.repeat(40_000))))
            });
        SEEN.lock().unwrap().push(format!("{:?}", failed.caught()?));
        durable.wait("nap", SECOND)
    }
    // Some take more bytes as JSON.
    for text in ["ä", "\n", "\"", "\u{1}", "\u{1f980}"] {
        let mut execution = Execution::new(fails, text);
        assert_eq!(execution.skip(), Status::Succeeded, "{text:?}");
        let seen = std::mem::take(&mut *SEEN.lock().unwrap());
        assert_eq!(seen.len(), 2);
        assert_eq!(seen[0], seen[1]);
        assert!(
            seen[0].len() < 32 * 1024 && seen[0].contains("Refused"),
            "cut to what is recorded"
        );
    }
}

#[test]
fn a_panic_in_a_step_is_a_failed_attempt() {
    fn panics(_: (), durable: &Durable) -> Result<u32> {
        durable.retry(&QUICK).step("boom", |step| {
            assert!(step.attempt > 1, "as asked");
            Ok(step.attempt)
        })
    }
    let mut execution = Execution::new(panics, &());
    assert_eq!(execution.skip(), Status::Succeeded);
    assert_eq!(execution.result::<u32>(), Some(Ok(2)));
}

#[test]
fn a_panic_outside_of_a_step_fails_the_execution() {
    fn panics(_: (), durable: &Durable) -> Result<u32> {
        durable.step("one", |_| Ok(1))?;
        panic!("as asked")
    }
    let mut execution = Execution::new(panics, &());
    assert_eq!(execution.run(), Status::Failed);
    let failure = execution.result::<u32>().unwrap().unwrap_err();
    assert_eq!((&*failure.kind, &*failure.message), ("Function.Panic", "as asked"));
    assert_eq!(execution.invocations(), 1);
}

#[test]
fn nothing_is_a_result_too() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    fn units(_: (), durable: &Durable) -> Result<String> {
        durable.step("unit", |_| {
            RUNS.fetch_add(1, SeqCst);
            Ok(())
        })?;
        let none = durable.step("none", |_| Ok(None::<u32>))?;
        durable.wait("nap", SECOND)?;
        Ok(format!("{none:?}"))
    }
    let mut execution = Execution::new(units, &());
    assert_eq!(execution.skip(), Status::Succeeded);
    assert_eq!(execution.result::<String>(), Some(Ok("None".to_owned())));
    assert_eq!(RUNS.load(SeqCst), 1);
}

#[test]
fn what_the_service_does_not_take_is_refused_before_it_is_sent() {
    fn check(case: u32, durable: &Durable) -> Result<String> {
        let unit = |_: &Step| Ok(());
        let long = Duration::from_secs(31_622_401);
        let result = match case {
            0 => durable.step("größe", unit),
            1 => durable.step("", unit),
            2 => durable.step(&"x".repeat(257), unit),
            3 => durable.wait("long", long),
            4 => durable.timeout(Duration::MAX).callback::<()>("c").map(drop),
            5 => durable.invoke("not a function", &()),
            6 => durable.tenant("ä").invoke("f", &()),
            7 => durable.invoke("f", &"x".repeat(1_100_000)),
            _ => durable.step("large", |_| Ok("x".repeat(1_100_000))).map(drop),
        };
        let failure = result.caught()?.unwrap_err();
        // The function can go on, and a replay comes here again.
        durable.wait("nap", SECOND)?;
        durable.step("after", unit)?;
        Ok(failure.kind)
    }
    for case in 0..9 {
        let mut execution = Execution::new(check, &case);
        assert_eq!(execution.skip(), Status::Succeeded, "{case}");
        let expected = if case < 7 { "Durable.InvalidArgument" } else { "Durable.TooLarge" };
        assert_eq!(execution.result::<String>(), Some(Ok(expected.to_owned())), "{case}");
    }
}

#[test]
fn a_step_of_one_megabyte_is_recorded() {
    fn large(bytes: usize, durable: &Durable) -> Result<usize> {
        let large = durable.step("large", |_| Ok("x".repeat(bytes)))?;
        durable.wait("nap", SECOND)?;
        Ok(large.len())
    }
    let mut execution = Execution::new(large, &1_048_574);
    assert_eq!(execution.skip(), Status::Succeeded);
    assert_eq!(execution.result::<usize>(), Some(Ok(1_048_574)));
}

#[test]
fn a_result_that_cannot_be_read_back_is_not_recorded() {
    fn infinite(_: (), durable: &Durable) -> Result<f64> {
        durable.step("infinite", |_| Ok(f64::INFINITY))
    }
    let mut execution = Execution::new(infinite, &());
    assert_eq!(execution.run(), Status::Failed, "not tried again either");
    assert_eq!(execution.result::<f64>().unwrap().unwrap_err().kind, "Durable.InvalidResult");
    assert_eq!(events(&execution, "infinite"), ["StepStarted", "StepFailed"]);
}

#[test]
fn an_input_that_does_not_match_fails_with_the_place() {
    fn number(n: Vec<u32>, _: &Durable) -> Result<usize> {
        Ok(n.len())
    }
    let mut execution = Execution::new(number, &["secret"]);
    assert_eq!(execution.run(), Status::Failed);
    let failure = execution.result::<usize>().unwrap().unwrap_err();
    assert_eq!(failure.kind, "Durable.InvalidResult");
    assert!(
        failure.message.starts_with("the input: ") && failure.message.contains("[0]"),
        "{failure}"
    );
    assert!(!failure.message.contains("secret"), "{failure}");
}

#[test]
fn an_execution_has_3000_operations_with_its_retries() {
    fn steps(count: u32, durable: &Durable) -> Result<u32> {
        durable.retry(&QUICK).step("flaky", |step| {
            if step.attempt == 1 { Err(Error::new("Flaky", "not yet")) } else { Ok(()) }
        })?;
        for _ in 0..count {
            durable.step("one", |_| Ok(()))?;
        }
        Ok(count)
    }
    let mut execution = Execution::new(steps, &2998);
    assert_eq!(execution.skip(), Status::Succeeded);
    let mut execution = Execution::new(steps, &2999);
    assert_eq!(execution.skip(), Status::Failed);
    let failure = execution.result::<u32>().unwrap().unwrap_err();
    assert_eq!(failure.kind, "InvalidParameterValueException");
    assert!(failure.message.contains("at most 3000 operations"), "{failure}");
}

#[test]
fn an_error_without_a_kind_has_the_same_one_in_each_replay() {
    fn fails(_: (), durable: &Durable) -> Result<Vec<String>> {
        let error = || Error::new("", "as asked");
        let step = durable.retry(&Retry::NEVER).step("step", |_| Err::<(), _>(error()));
        let mut kinds = vec![step.caught()?.unwrap_err().kind];
        let child = durable.child("child", |_| Err::<(), _>(error().into()));
        kinds.push(child.caught()?.unwrap_err().kind);
        let all = durable.map("all", &[1], When::ALL_ARE_OVER, |_, _| Err::<(), _>(error().into()));
        kinds.extend(all?.failures().map(|failure| failure.kind.clone()));
        let kinds = durable.step("kinds", |_| Ok(kinds.clone()))?.into_iter().chain(kinds);
        durable.wait("nap", SECOND)?;
        Ok(kinds.collect())
    }
    let mut execution = Execution::new(fails, &());
    assert_eq!(execution.skip(), Status::Succeeded);
    let expected = vec!["Durable.FAILED".to_owned(); 6];
    assert_eq!(execution.result::<Vec<String>>(), Some(Ok(expected)));
}
