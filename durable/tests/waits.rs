//! Waits, callbacks, invocations and conditions.

use minilambda::Error;
use minilambda_durable::testing::{Execution, Status};
use minilambda_durable::{Caught, Check, Durable, Jitter, Result, Retry, Step};
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

fn asks(_: (), durable: &Durable) -> Result<String> {
    let answer = durable.timeout(60 * SECOND).heartbeat(10 * SECOND).callback("question")?;
    durable.step("meanwhile", |_| Ok(()))?;
    match answer.result().caught()? {
        Ok(text) => Ok(text),
        Err(failure) => Ok(format!("{}: {}", failure.kind, failure.message)),
    }
}

/// An execution that waits for its callback, whose id this returns too.
fn asked() -> (Execution, String) {
    let mut execution = Execution::new(asks, &());
    assert_eq!(execution.run(), Status::Waiting);
    let callback = execution.callbacks().remove(0);
    (execution, callback)
}

#[test]
fn a_callback_has_a_result_or_a_failure_or_what_is_no_json() {
    let (mut execution, callback) = asked();
    assert_eq!(execution.succeed(&callback, "yes"), Status::Succeeded);
    assert_eq!(execution.result::<String>(), Some(Ok("yes".to_owned())));
    assert_eq!(execution.invocations(), 2);
    assert!(execution.callbacks().is_empty());

    let (mut execution, callback) = asked();
    assert_eq!(execution.fail(&callback, "Denied", "no"), Status::Succeeded);
    assert_eq!(execution.result::<String>(), Some(Ok("Denied: no".to_owned())));

    let (mut execution, callback) = asked();
    assert_eq!(execution.succeed_with_text(&callback, "secret"), Status::Succeeded);
    let result = execution.result::<String>().unwrap().unwrap();
    assert!(
        result.starts_with("Durable.InvalidResult: the result of `") && !result.contains("secret"),
        "{result}"
    );
}

#[test]
fn a_callback_times_out_or_misses_its_heartbeat() {
    let (mut execution, _) = asked();
    assert_eq!(execution.advance(9 * SECOND), Status::Waiting);
    assert_eq!(execution.advance(SECOND), Status::Succeeded);
    let result = execution.result::<String>().unwrap().unwrap();
    assert!(result.starts_with("Callback.Heartbeat: "), "{result}");

    let (mut execution, callback) = asked();
    for _ in 0..7 {
        assert_eq!(execution.advance(8 * SECOND), Status::Waiting);
        execution.heartbeat(&callback);
    }
    assert_eq!(execution.advance(4 * SECOND), Status::Succeeded);
    let result = execution.result::<String>().unwrap().unwrap();
    assert!(result.starts_with("Callback.Timeout: "), "{result}");

    let (mut execution, callback) = asked();
    execution.advance(8 * SECOND);
    execution.heartbeat(&callback);
    execution.advance(8 * SECOND);
    assert_eq!(execution.succeed(&callback, "late"), Status::Succeeded);
    assert_eq!(execution.result::<String>(), Some(Ok("late".to_owned())));
}

#[test]
fn callbacks_are_awaited_in_any_order() {
    fn two(_: (), durable: &Durable) -> Result<String> {
        let first = durable.callback::<String>("first")?;
        let second = durable.callback::<String>("second")?;
        Ok(second.result()? + &first.result()?)
    }
    for order in [[0, 1], [1, 0]] {
        let mut execution = Execution::new(two, &());
        execution.run();
        let callbacks = execution.callbacks();
        let names = ["a", "b"];
        execution.succeed(&callbacks[order[0]], names[order[0]]);
        assert_eq!(execution.succeed(&callbacks[order[1]], names[order[1]]), Status::Succeeded);
        assert_eq!(execution.result::<String>(), Some(Ok("ba".to_owned())));
    }
}

#[test]
fn a_callback_that_nobody_can_be_told_of_fails() {
    static QUICK: Retry =
        Retry { attempts: 2, first_delay: SECOND, jitter: Jitter::None, ..Retry::DEFAULT };
    fn asks(_: (), durable: &Durable) -> Result<String> {
        let with = durable.timeout(3600 * SECOND).retry(&QUICK);
        with.wait_for_callback("approval", |_, _| Err(Error::new("Down", "the queue is down")))
    }
    let mut execution = Execution::new(asks, &());
    assert_eq!(execution.run(), Status::Waiting);
    assert_eq!(execution.advance(SECOND), Status::Failed);
    assert_eq!(execution.result::<String>().unwrap().unwrap_err().kind, "Down");
}

#[test]
fn another_function_responds_or_fails() {
    fn ships(parcels: u32, durable: &Durable) -> Result<String> {
        let tracking = durable.named("ship").tenant("t-1").invoke("shop-ship:live", &parcels);
        match tracking.caught()? {
            Ok(tracking) => Ok(tracking),
            Err(failure) => Ok(format!("{failure}")),
        }
    }
    let run = |parcels: u32, is_there: bool| {
        let mut execution = Execution::new(ships, &parcels);
        if is_there {
            execution.function("shop-ship:live", |parcels: u32| match parcels {
                0 => Err(Error::new("Empty", "no parcels")),
                parcels => Ok(format!("tracking of {parcels}")),
            });
        }
        assert_eq!(execution.run(), Status::Succeeded);
        execution.result::<String>().unwrap().unwrap()
    };
    assert_eq!(run(3, true), "tracking of 3");
    assert_eq!(run(0, true), "\"ship\" has failed with Empty: no parcels");
    assert!(run(3, false).contains("ResourceNotFoundException"));
}

#[test]
fn a_condition_is_checked_until_it_is_met() {
    static KEYS: AtomicU32 = AtomicU32::new(0);
    fn polls(wanted: u32, durable: &Durable) -> Result<u32> {
        durable.wait_until("three", 0, |seen: u32, step| {
            KEYS.fetch_add(1, SeqCst);
            assert_eq!(step.attempt, seen + 1);
            let seen = seen + 1;
            Ok(if seen < wanted { Check::Again(seen, SECOND) } else { Check::Done(seen) })
        })
    }
    let mut execution = Execution::new(polls, &3);
    assert_eq!(execution.run(), Status::Waiting);
    assert_eq!(execution.advance(2 * SECOND), Status::Succeeded);
    assert_eq!(execution.result::<u32>(), Some(Ok(3)));
    assert_eq!((KEYS.load(SeqCst), execution.invocations()), (3, 3));
}

#[test]
fn a_check_that_fails_is_final() {
    fn polls(_: (), durable: &Durable) -> Result<u32> {
        durable.wait_until("never", 0, |_, _| Err(Error::new("GaveUp", "no more")))
    }
    let mut execution = Execution::new(polls, &());
    assert_eq!(execution.run(), Status::Failed);
    assert_eq!(execution.result::<u32>().unwrap().unwrap_err().kind, "GaveUp");
}

#[test]
fn a_state_of_over_a_megabyte_fails_the_condition() {
    fn grows(bytes: usize, durable: &Durable) -> Result<usize> {
        let state = |_, _: &Step| Ok(Check::Done("x".repeat(bytes)));
        Ok(durable.wait_until("grows", String::new(), state)?.len())
    }
    let mut execution = Execution::new(grows, &1_048_574);
    assert_eq!(execution.run(), Status::Succeeded);
    let mut execution = Execution::new(grows, &1_048_575);
    assert_eq!(execution.run(), Status::Failed);
    assert_eq!(execution.result::<usize>().unwrap().unwrap_err().kind, "Durable.TooLarge");
}

#[test]
fn a_year_passes_at_once() {
    fn renews(_: (), durable: &Durable) -> Result<u32> {
        for month in 0..12 {
            durable.wait(&format!("month-{month}"), Duration::from_secs(30 * 86_400))?;
        }
        Ok(12)
    }
    let mut execution = Execution::new(renews, &());
    assert_eq!(execution.skip(), Status::Succeeded);
    assert_eq!(execution.invocations(), 13);
}

#[test]
fn a_callback_can_be_answered_after_skipping_to_it() {
    fn approve(_: (), durable: &Durable) -> Result<String> {
        durable.wait("hour", 3600 * SECOND)?;
        let approval =
            durable.timeout(86_400 * SECOND).wait_for_callback("approval", |_, _| Ok(()));
        Ok(approval.caught()?.unwrap_or_else(|failure| failure.kind))
    }
    let mut execution = Execution::new(approve, &());
    assert_eq!(execution.skip(), Status::Waiting);
    let callback = execution.callbacks().remove(0);
    assert_eq!(execution.succeed(&callback, "Ada"), Status::Succeeded);
    assert_eq!(execution.result::<String>(), Some(Ok("Ada".to_owned())));

    // The clock may be moved to the end of time.
    let mut execution = Execution::new(approve, &());
    execution.skip();
    assert_eq!(execution.advance(Duration::MAX), Status::Succeeded);
    assert_eq!(execution.result::<String>(), Some(Ok("Callback.Timeout".to_owned())));
    assert_eq!(execution.advance(Duration::MAX), Status::Succeeded);
}
