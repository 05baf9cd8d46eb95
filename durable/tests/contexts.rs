//! What a replay compares, how a context ends, and which context an operation belongs to.

use minilambda::Error;
use minilambda_durable::testing::{Execution, Status};
use minilambda_durable::{Caught, Check, Durable, Jitter, Result, Retry, When};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
static QUICK: Retry =
    Retry { attempts: 3, first_delay: SECOND, jitter: Jitter::None, ..Retry::DEFAULT };

fn names(execution: &Execution) -> Vec<String> {
    execution.history().into_iter().map(|event| event.name).collect()
}

#[test]
fn another_operation_than_was_recorded_fails_and_names_both() {
    fn waits(_: (), durable: &Durable) -> Result<()> {
        durable.wait("a", SECOND)
    }
    fn steps(_: (), durable: &Durable) -> Result<()> {
        // Catching it does not help.
        let _ = durable.step("a", |_| Ok(())).caught()?;
        durable.step("b", |_| Ok(()))
    }
    fn checks(_: (), durable: &Durable) -> Result<()> {
        durable.wait_until("a", (), |(), _| Ok(Check::Again((), SECOND)))
    }
    fn flaky(_: (), durable: &Durable) -> Result<()> {
        durable.retry(&QUICK).step("a", |_| Err(Error::new("Flaky", "not yet")))
    }
    fn renamed(_: (), durable: &Durable) -> Result<()> {
        durable.wait("b", SECOND)
    }
    fn inserted(_: (), durable: &Durable) -> Result<()> {
        durable.step("new", |_| Ok(()))?;
        durable.wait("a", SECOND)
    }
    for (first, other, was, is_now) in [
        (waits as fn(_, &Durable) -> _, steps as fn(_, &Durable) -> _, "Wait", "Step \"a\""),
        (waits, renamed, "Wait", "Wait \"b\""),
        (waits, inserted, "Wait", "Step \"new\""),
        // Both are steps to the service.
        (checks, flaky, "WaitForCondition", "Step \"a\""),
        (flaky, checks, "Step", "WaitForCondition \"a\""),
    ] {
        let mut execution = Execution::new(first, &());
        execution.run();
        let before = execution.history().len();
        execution.replace(other);
        assert_eq!(execution.advance(SECOND), Status::Failed);
        let failure = execution.result::<()>().unwrap().unwrap_err();
        assert_eq!(failure.kind, "Durable.NotDeterministic");
        let expected = format!("operation 1 is {is_now} now, and was {was} \"a\"");
        assert!(failure.message.starts_with(&expected), "{failure}");
        let ends = usize::from(was == "Wait");
        assert_eq!(execution.history().len(), before + ends, "only the end of the wait");
    }
}

#[test]
fn a_function_may_begin_fewer_operations_than_were_recorded() {
    fn long(_: (), durable: &Durable) -> Result<String> {
        durable.step("one", |_| Ok(()))?;
        durable.step("two", |_| Ok(()))?;
        durable.wait("three", SECOND)?;
        Ok("long".to_owned())
    }
    fn short(_: (), durable: &Durable) -> Result<String> {
        durable.step("one", |_| Ok(()))?;
        Ok("short".to_owned())
    }
    let mut execution = Execution::new(long, &());
    execution.run();
    assert_eq!(execution.replace(short).skip(), Status::Succeeded);
    assert_eq!(execution.result::<String>(), Some(Ok("short".to_owned())));
}

#[test]
fn a_child_or_a_step_that_uses_the_context_around_it_fails() {
    fn child(_: (), durable: &Durable) -> Result<()> {
        durable.child("inner", |_| durable.step("outer's", |_| Ok(())))
    }
    fn step(_: (), durable: &Durable) -> Result<bool> {
        durable.step("outer", |_| Ok(durable.step("inner", |_| Ok(())).is_ok()))
    }
    fn callback(_: (), durable: &Durable) -> Result<()> {
        let callback = durable.callback("outer's")?;
        durable.child("inner", |_| callback.result())
    }
    let mut child = Execution::new(child, &());
    let mut step = Execution::new(step, &());
    let mut callback = Execution::new(callback, &());
    for execution in [&mut child, &mut step, &mut callback] {
        assert_eq!(execution.run(), Status::Failed);
        let failure = execution.result::<bool>().unwrap().unwrap_err();
        assert_eq!(failure.kind, "Durable.WrongContext");
    }
}

#[test]
fn a_wait_that_is_ignored_is_waited_for_nevertheless() {
    fn ignores(_: (), durable: &Durable) -> Result<String> {
        let _ = durable.wait("nap", SECOND);
        let after = durable.step("after", |_| Ok(()));
        Ok(format!("{}", after.is_ok()))
    }
    let mut execution = Execution::new(ignores, &());
    assert_eq!(execution.run(), Status::Waiting);
    assert_eq!(names(&execution), ["nap"]);
    assert_eq!(execution.advance(SECOND), Status::Succeeded);
    assert_eq!(execution.result::<String>(), Some(Ok("true".to_owned())));
}

#[test]
fn a_retry_that_is_taken_for_an_error_records_no_compensation() {
    fn order(_: (), durable: &Durable) -> Result<String> {
        let charge = durable.retry(&QUICK).step("charge", |step| {
            if step.attempt < 3 { Err(Error::new("Flaky", "")) } else { Ok("charged".to_owned()) }
        });
        match charge {
            Ok(charge) => Ok(charge),
            Err(_) => durable.step("refund", |_| Ok("refunded".to_owned())),
        }
    }
    let mut execution = Execution::new(order, &());
    assert_eq!(execution.skip(), Status::Succeeded);
    assert_eq!(execution.result::<String>(), Some(Ok("charged".to_owned())));
    assert!(!names(&execution).contains(&"refund".to_owned()));
}

#[test]
fn a_drop_that_begins_an_operation_does_so_once() {
    struct Guard<'a>(&'a Durable<'a>);
    impl Drop for Guard<'_> {
        fn drop(&mut self) {
            let _ = self.0.step("terminate", |_| Ok(()));
        }
    }
    fn launch(_: (), durable: &Durable) -> Result<String> {
        durable.step("launch", |_| Ok(()))?;
        let guard = Guard(durable);
        guard.0.wait("work", SECOND)?;
        guard.0.wait("more", SECOND)?;
        drop(guard);
        Ok("done".to_owned())
    }
    let mut execution = Execution::new(launch, &());
    assert_eq!(execution.skip(), Status::Succeeded);
    let names = names(&execution);
    assert_eq!(names.iter().filter(|name| *name == "terminate").count(), 2, "start and end");
    assert_eq!(names.last().unwrap(), "terminate");
}

#[test]
fn a_lock_that_is_held_across_a_wait_is_not_poisoned() {
    static LOCKED: Mutex<u32> = Mutex::new(0);
    fn holds(_: (), durable: &Durable) -> Result<u32> {
        let mut guard = LOCKED.lock().unwrap();
        *guard += 1;
        durable.wait("held", SECOND)?;
        Ok(*guard)
    }
    let mut execution = Execution::new(holds, &());
    assert_eq!(execution.skip(), Status::Succeeded);
    assert_eq!(execution.result::<u32>(), Some(Ok(2)));
}

#[test]
fn a_loop_that_ignores_a_wait_is_ended() {
    static TURNS: AtomicU32 = AtomicU32::new(0);
    fn polls(_: (), durable: &Durable) -> Result<String> {
        loop {
            TURNS.fetch_add(1, SeqCst);
            let step = durable.retry(&QUICK).step("poll", |step| {
                if step.attempt < 2 {
                    Err(Error::new("NotYet", ""))
                } else {
                    Ok("ready".to_owned())
                }
            });
            if let Ok(text) = step {
                return Ok(text);
            }
        }
    }
    let mut execution = Execution::new(polls, &());
    assert_eq!(execution.run(), Status::Waiting);
    assert_eq!(TURNS.load(SeqCst), 1001, "one that waits, and 1,000 that are refused");
    assert_eq!(execution.advance(SECOND), Status::Succeeded);
    assert_eq!(execution.result::<String>(), Some(Ok("ready".to_owned())));
}

#[test]
fn a_child_is_recorded_as_one_result() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    fn ships(_: (), durable: &Durable) -> Result<String> {
        let label = durable.child("shipping", |shipping| {
            RUNS.fetch_add(1, SeqCst);
            let label = shipping.step("label", |_| Ok("a-1".to_owned()))?;
            shipping.wait("pick-up", SECOND)?;
            Ok(label)
        })?;
        durable.wait("nap", SECOND)?;
        Ok(label)
    }
    let mut execution = Execution::new(ships, &());
    assert_eq!(execution.skip(), Status::Succeeded);
    assert_eq!(execution.result::<String>(), Some(Ok("a-1".to_owned())));
    assert_eq!((RUNS.load(SeqCst), execution.invocations()), (2, 3));
    let ids: Vec<_> = execution.history().into_iter().map(|event| event.id).collect();
    assert_eq!(ids, ["1", "1-1", "1-1", "1-2", "1-2", "1", "2", "2"]);
}

#[test]
fn a_child_has_the_error_of_its_operation_with_its_own_name() {
    fn fails(_: (), durable: &Durable) -> Result<String> {
        let child = durable.child("outer", |child| {
            child.retry(&Retry::NEVER).step("inner", |_| -> std::result::Result<(), _> {
                Err(Error::new("Broken", "as asked"))
            })
        });
        let failure = child.caught()?.unwrap_err();
        durable.wait("nap", SECOND)?;
        Ok(format!("{failure}"))
    }
    let mut execution = Execution::new(fails, &());
    assert_eq!(execution.skip(), Status::Succeeded);
    let expected = "\"outer\" has failed with Broken: as asked".to_owned();
    assert_eq!(execution.result::<String>(), Some(Ok(expected)));
}

#[test]
fn a_large_result_of_a_child_is_made_again_of_its_operations() {
    static STEPS: AtomicU32 = AtomicU32::new(0);
    fn large(_: (), durable: &Durable) -> Result<usize> {
        let large = durable.child("large", |child| {
            let part = |n: u32| {
                child.step(&format!("part-{n}"), |_| {
                    STEPS.fetch_add(1, SeqCst);
                    Ok("é".repeat(40_000))
                })
            };
            Ok((0..4).map(part).collect::<Result<Vec<_>>>()?.concat())
        })?;
        durable.wait("nap", SECOND)?;
        Ok(large.len())
    }
    let mut execution = Execution::new(large, &());
    assert_eq!(execution.skip(), Status::Succeeded);
    assert_eq!(execution.result::<usize>(), Some(Ok(320_000)));
    assert_eq!(STEPS.load(SeqCst), 4);
    let ends = execution.history().into_iter().filter(|it| it.kind == "ContextSucceeded").count();
    assert_eq!(ends, 1);
}

#[test]
fn a_result_of_256_kb_is_recorded_and_a_larger_one_is_made_again() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    fn large(bytes: usize, durable: &Durable) -> Result<()> {
        durable.child("large", |_| {
            RUNS.fetch_add(1, SeqCst);
            Ok("x".repeat(bytes))
        })?;
        durable.wait("nap", SECOND)
    }
    // With the quotes. What is not recorded has no limit.
    for (bytes, runs) in [(262_142, 1), (262_143, 2), (3_000_000, 2)] {
        RUNS.store(0, SeqCst);
        assert_eq!(Execution::new(large, &bytes).skip(), Status::Succeeded);
        assert_eq!(RUNS.load(SeqCst), runs, "{bytes}");
    }
}

/// A child whose result is large, and which does what a number says.
fn changed(version: u32, durable: &Durable) -> Result<usize> {
    let large = durable.child("large", |child| {
        let part = child.step("part", |_| Ok("x".repeat(100_000)))?;
        match version {
            1 => child.step("more", |_| Ok(()))?,
            2 => return Err(Error::new("Changed", "as asked").into()),
            3 => drop(child.map("all", &[1], When::ALL_ARE_OVER, |_, _| Ok(()))?),
            _ => {}
        }
        Ok(part.repeat(3))
    })?;
    let flat = When { flat: true, ..When::ALL_ARE_OVER };
    let pages = durable.map("pages", &[1, 2, 3], flat, |branch, n| {
        if version == 4 && *n == 3 {
            branch.wait("nap", SECOND)?;
        }
        branch.step("page", |_| Ok("x".repeat(100_000)))
    })?;
    let count = if version == 5 { 2 } else { 1 };
    let items: Vec<u32> = (0..count).collect();
    let books = durable.map("books", &items, When::ALL_ARE_OVER, |_, _| Ok("x".repeat(300_000)))?;
    durable.wait("nap", SECOND)?;
    Ok(large.len() + pages.all()?.concat().len() + books.all()?.concat().len())
}

#[test]
fn a_large_result_is_not_made_again_of_other_operations() {
    for (version, names) in [
        (1, "operation 1-2 is Step \"more\" now, and was not begun"),
        (2, "operation 1 is RunInChildContext \"large\" now, and had a result"),
        (3, "operation 1-2 is Map \"all\" now, and was not begun"),
        (4, "operation 2-3-1 is Wait \"nap\" now, and was Step \"page\""),
        (5, "operation 3-2 is MapIteration \"books-1\" now, and was not begun"),
    ] {
        let mut execution = Execution::new(changed, &version);
        execution.replace(|_: u32, durable: &Durable| changed(0, durable));
        assert_eq!(execution.run(), Status::Waiting);
        let history = execution.history();
        execution.replace(changed);
        assert_eq!(execution.advance(SECOND), Status::Failed, "{version}");
        let failure = execution.result::<usize>().unwrap().unwrap_err();
        assert_eq!(failure.kind, "Durable.NotDeterministic", "{failure}");
        assert!(failure.message.contains(names), "{failure}");
        assert_eq!(execution.history().len(), history.len() + 1, "only the wait is over");
    }
    let mut execution = Execution::new(changed, &0);
    assert_eq!(execution.skip(), Status::Succeeded);
    assert_eq!(execution.result::<usize>(), Some(Ok(900_000)));
}

#[test]
fn branches_that_lose_their_contexts_do_not_run_again() {
    static RUNS: AtomicU32 = AtomicU32::new(0);
    fn all(flat: bool, durable: &Durable) -> Result<usize> {
        let when = When { flat, ..When::ALL_ARE_OVER };
        let all = durable.map("all", &[1, 2], when, |branch, n| {
            branch.step("one", |_| Ok(RUNS.fetch_add(1, SeqCst)))?;
            if *n == 2 {
                branch.wait("nap", SECOND)?;
            }
            Ok(())
        })?;
        Ok(all.all()?.len())
    }
    let mut execution = Execution::new(all, &true);
    execution.replace(|_: bool, durable: &Durable| all(false, durable));
    assert_eq!(execution.run(), Status::Waiting);
    execution.replace(all);
    assert_eq!(execution.advance(SECOND), Status::Failed);
    let failure = execution.result::<usize>().unwrap().unwrap_err();
    assert_eq!(failure.kind, "Durable.NotDeterministic", "{failure}");
    assert!(failure.message.contains("MapIteration \"all-"), "{failure}");
    assert_eq!(RUNS.load(SeqCst), 2);
}

#[test]
fn ids_of_deep_contexts_are_hashed() {
    fn deep(depth: u32, durable: &Durable) -> Result<u32> {
        if depth == 0 {
            durable.wait("bottom", SECOND)?;
            return Ok(0);
        }
        durable.child("down", |child| Ok(deep(depth - 1, child)? + 1))
    }
    let mut execution = Execution::new(deep, &60);
    assert_eq!(execution.skip(), Status::Succeeded);
    assert_eq!(execution.result::<u32>(), Some(Ok(60)));
    assert!(execution.history().iter().all(|event| event.id.len() <= 64));
}

#[test]
fn a_panic_in_a_child_is_its_failure() {
    fn panics(_: (), durable: &Durable) -> Result<String> {
        let child = durable.child("inner", |_| -> Result<()> { panic!("as asked") });
        Ok(child.caught()?.unwrap_err().kind)
    }
    let mut execution = Execution::new(panics, &());
    assert_eq!(execution.run(), Status::Succeeded);
    assert_eq!(execution.result::<String>(), Some(Ok("Function.Panic".to_owned())));
}
