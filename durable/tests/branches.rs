//! Branches that run in parallel.

use minilambda::Error;
use minilambda_durable::testing::{Execution, Status};
use minilambda_durable::{Batch, Durable, Outcome, Result, Retry, When};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::SeqCst};
use std::thread::sleep;
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);

fn count(execution: &Execution, kind: &str) -> usize {
    execution.history().iter().filter(|event| event.kind == kind).count()
}

#[test]
fn a_hundred_branches_wait_at_the_same_time() {
    fn many(count: u32, durable: &Durable) -> Result<u32> {
        let items: Vec<u32> = (0..count).collect();
        let all = durable.map("many", &items, When::ALL_ARE_OVER, |branch, item| {
            let one = branch.step("one", |_| Ok(item + 1))?;
            branch.wait("nap", SECOND)?;
            branch.step("two", |_| Ok(one * 2))
        })?;
        Ok(all.all()?.iter().sum())
    }
    let mut execution = Execution::new(many, &100);
    assert_eq!(execution.run(), Status::Waiting);
    assert_eq!(count(&execution, "WaitStarted"), 100);
    assert_eq!(execution.advance(SECOND), Status::Succeeded);
    assert_eq!(execution.result::<u32>(), Some(Ok(10_100)));
    assert_eq!(execution.invocations(), 2);
}

#[test]
fn the_first_success_wins_and_a_replay_has_the_same_outcomes() {
    fn race(_: (), durable: &Durable) -> Result<String> {
        let race = durable.parallel(
            "race",
            &[
                ("slow", &|branch| branch.wait("hour", HOUR).map(|()| "slow".to_owned())),
                ("fast", &|branch| {
                    branch.wait("second", SECOND)?;
                    branch.step("win", |_| Ok("fast".to_owned()))
                }),
            ],
            When::ONE_SUCCEEDS,
        )?;
        durable.wait("two-hours", 2 * HOUR)?;
        Ok(format!("{:?}", race.0))
    }
    let mut execution = Execution::new(race, &());
    assert_eq!(execution.skip(), Status::Succeeded);
    let expected = r#"[Left, Done("fast")]"#.to_owned();
    assert_eq!(execution.result::<String>(), Some(Ok(expected)));
}

#[test]
fn a_race_with_a_large_result_has_the_same_winner_in_a_replay() {
    fn race(_: (), durable: &Durable) -> Result<String> {
        let race = durable.parallel(
            "race",
            &[
                ("slow", &|branch| {
                    branch.step("begin", |_| Ok(()))?;
                    branch.wait("nap", 3 * SECOND)?;
                    branch.step("late", |_| Ok("slow".to_owned()))
                }),
                ("fast", &|branch| {
                    branch.wait("second", SECOND)?;
                    let part = branch.step("win", |_| Ok("x".repeat(100)))?;
                    Ok(part.repeat(3_000))
                }),
            ],
            When::ONE_SUCCEEDS,
        )?;
        durable.wait("after", 4 * SECOND)?;
        let lengths = race.0.iter().map(|outcome| match outcome {
            Outcome::Done(text) => text.len(),
            _ => 0,
        });
        Ok(format!("{:?}", lengths.collect::<Vec<_>>()))
    }
    let mut execution = Execution::new(race, &());
    assert_eq!(execution.skip(), Status::Succeeded);
    assert_eq!(execution.result::<String>(), Some(Ok("[0, 300000]".to_owned())));
    let late = execution.history().into_iter().filter(|event| event.name == "late").count();
    assert_eq!(late, 0, "the loser does nothing more");
}

#[test]
fn a_branch_in_a_step_ends_before_its_batch_does() {
    fn race(_: (), durable: &Durable) -> Result<String> {
        let race = durable.parallel(
            "race",
            &[
                ("late", &|branch| {
                    branch.step("long", |_| {
                        sleep(Duration::from_millis(150));
                        Ok(())
                    })?;
                    branch.step("refused", |_| Ok("late".to_owned()))
                }),
                ("fast", &|branch| {
                    branch.step("short", |_| {
                        sleep(Duration::from_millis(30));
                        Ok("fast".to_owned())
                    })
                }),
            ],
            When::ONE_SUCCEEDS,
        )?;
        Ok(format!("{:?}", race.0))
    }
    let mut execution = Execution::new(race, &());
    assert_eq!(execution.run(), Status::Succeeded);
    let expected = r#"[Left, Done("fast")]"#.to_owned();
    assert_eq!(execution.result::<String>(), Some(Ok(expected)));
    let history = execution.history();
    assert!(history.iter().all(|event| event.name != "refused"), "{history:?}");
    let last = history.last().unwrap();
    assert_eq!((&*last.kind, &*last.name), ("ContextSucceeded", "race"));
}

#[test]
fn a_race_is_over_although_a_loser_has_more_branches_than_may_be_refused() {
    static WON: AtomicBool = AtomicBool::new(false);
    fn race(_: (), durable: &Durable) -> Result<String> {
        let race = durable.parallel(
            "race",
            &[
                ("wide", &|branch| {
                    let all = branch.map("all", &[(); 2000], When::ALL_ARE_OVER, |_, ()| {
                        while !WON.load(SeqCst) {
                            sleep(Duration::from_millis(1));
                        }
                        sleep(Duration::from_micros(100));
                        Ok(())
                    })?;
                    Ok(all.0.len())
                }),
                ("fast", &|branch| {
                    branch.step("win", |_| {
                        WON.store(true, SeqCst);
                        Ok(1)
                    })
                }),
            ],
            When::ONE_SUCCEEDS,
        )?;
        durable.step("after", |_| Ok(format!("{:?}", race.0)))
    }
    let mut execution = Execution::new(race, &());
    assert_eq!(execution.run(), Status::Succeeded);
    assert_eq!(execution.result::<String>(), Some(Ok("[Left, Done(1)]".to_owned())));
    assert_eq!(execution.invocations(), 1);
}

#[test]
fn branches_are_over_although_many_others_begin_an_operation_when_they_wait() {
    struct Guard<'a>(&'a Durable<'a>);
    impl Drop for Guard<'_> {
        fn drop(&mut self) {
            let _ = self.0.wait("refused", SECOND);
        }
    }
    fn many(count: u32, durable: &Durable) -> Result<usize> {
        let items: Vec<u32> = (0..count).rev().collect();
        let all = durable.map("many", &items, When::ALL_ARE_OVER, |branch, item| {
            if *item > 9 {
                let guard = Guard(branch);
                branch.wait("nap", SECOND)?;
                std::mem::forget(guard);
            }
            Ok(())
        })?;
        Ok(all.all()?.len())
    }
    let mut execution = Execution::new(many, &1200);
    assert_eq!(execution.run(), Status::Waiting);
    assert_eq!(count(&execution, "ContextSucceeded"), 10);
    assert_eq!(execution.advance(SECOND), Status::Succeeded);
    assert_eq!(execution.invocations(), 2);
}

#[test]
fn failures_end_a_batch_when_they_are_too_many() {
    fn some(_: (), durable: &Durable) -> Result<String> {
        let when = When { at_once: 1, ..When::ONE_FAILS };
        let all = durable.map("some", &[1, 2, 3, 4, 5], when, |branch, item| {
            branch.retry(&Retry::NEVER).step("s", |_| match item {
                3 => Err(Error::new("Three", "no")),
                item => Ok(*item),
            })
        })?;
        assert_eq!((all.successes().count(), all.failures().count()), (2, 1));
        Ok(format!("{:?}", all.0.iter().map(short).collect::<Vec<_>>()))
    }
    fn short(outcome: &Outcome<i32>) -> String {
        match outcome {
            Outcome::Done(item) => item.to_string(),
            Outcome::Failed(failure) => format!("{} of {}", failure.kind, failure.operation),
            Outcome::Left => "-".to_owned(),
        }
    }
    let mut execution = Execution::new(some, &());
    assert_eq!(execution.run(), Status::Succeeded);
    let expected = r#"["1", "2", "Three of some-2", "-", "-"]"#.to_owned();
    assert_eq!(execution.result::<String>(), Some(Ok(expected)));
    assert_eq!(count(&execution, "StepStarted"), 3, "the others were not begun");
}

#[test]
fn all_results_or_the_first_failure() {
    fn all(of: Vec<Outcome<u32>>) -> std::result::Result<Vec<u32>, String> {
        Batch(of).all().map_err(|stop| format!("{stop:?}"))
    }
    assert_eq!(all(vec![Outcome::Done(1), Outcome::Done(2)]), Ok(vec![1, 2]));
    let left = all(vec![Outcome::Done(1), Outcome::Left]).unwrap_err();
    assert!(left.starts_with("Durable.NotOver"), "{left}");
}

#[test]
fn a_branch_that_ignores_a_wait_is_not_over() {
    fn ignores(_: (), durable: &Durable) -> Result<Vec<u32>> {
        let all = durable.map("all", &[1_u32, 2], When::ALL_ARE_OVER, |branch, n| {
            Ok(n + u32::from(branch.wait("nap", SECOND).is_err()) * 100)
        })?;
        all.all()
    }
    let mut execution = Execution::new(ignores, &());
    assert_eq!(execution.run(), Status::Waiting);
    assert_eq!(execution.advance(SECOND), Status::Succeeded);
    assert_eq!(execution.result::<Vec<u32>>(), Some(Ok(vec![1, 2])));
}

#[test]
fn a_batch_of_nothing_is_over() {
    fn none(_: (), durable: &Durable) -> Result<usize> {
        let items: [u32; 0] = [];
        let map = durable.map("none", &items, When::ONE_SUCCEEDS, |_, item| Ok(*item))?;
        let parallel = durable.parallel::<u32>("none", &[], When::ALL_ARE_OVER)?;
        // No branch and no success are not enough for any: they count as one.
        let when = When { at_once: 0, successes: 0, ..When::ALL_ARE_OVER };
        let first = durable.map("first", &[1, 2], when, |_, item| Ok(*item))?;
        assert_eq!(first.0, [Outcome::Done(1), Outcome::Left]);
        Ok(map.0.len() + parallel.0.len())
    }
    let mut execution = Execution::new(none, &());
    assert_eq!(execution.run(), Status::Succeeded);
    assert_eq!(execution.result::<usize>(), Some(Ok(0)));
}

/// A batch that kept them would leave none to the next ones.
#[test]
fn the_threads_of_a_batch_that_is_over_serve_others() {
    fn pairs(_: (), durable: &Durable) -> Result<()> {
        for round in 0..20 {
            let (there, begin) = (AtomicUsize::new(0), Instant::now());
            let meet = |_: &Durable, (): &()| {
                there.fetch_add(1, SeqCst);
                while there.load(SeqCst) < 2 {
                    assert!(begin.elapsed() < Duration::from_secs(20), "alone in round {round}");
                }
                Ok(())
            };
            durable.map("pair", &[(); 2], When::ALL_ARE_OVER, meet)?.all()?;
        }
        Ok(())
    }
    assert_eq!(Execution::new(pairs, &()).run(), Status::Succeeded);
}

#[test]
fn branches_of_branches_wait_together() {
    fn nested(_: (), durable: &Durable) -> Result<Vec<u32>> {
        let outer = durable.map("outer", &[10_u32, 20], When::ALL_ARE_OVER, |branch, ten| {
            let inner = branch.map("inner", &[1_u32, 2, 3], When::ALL_ARE_OVER, |leaf, one| {
                leaf.wait("nap", SECOND)?;
                leaf.step("add", |_| Ok(ten + one))
            })?;
            branch.wait("nap", SECOND)?;
            Ok(inner.all()?.iter().sum())
        })?;
        outer.all()
    }
    let mut execution = Execution::new(nested, &());
    assert_eq!(execution.skip(), Status::Succeeded);
    assert_eq!(execution.result::<Vec<u32>>(), Some(Ok(vec![36, 66])));
    assert_eq!(execution.invocations(), 3);
}

#[test]
fn no_more_branches_are_begun_at_once_than_asked_for() {
    static RUNNING: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    fn limited(at_once: usize, durable: &Durable) -> Result<usize> {
        let when = When { at_once, ..When::ALL_ARE_OVER };
        let all = durable.map("all", &[(); 12], when, |branch, ()| {
            branch.step("s", |_| {
                MOST.fetch_max(RUNNING.fetch_add(1, SeqCst) + 1, SeqCst);
                sleep(Duration::from_millis(5));
                RUNNING.fetch_sub(1, SeqCst);
                Ok(())
            })?;
            branch.wait("nap", SECOND)
        })?;
        Ok(all.all()?.len())
    }
    let mut execution = Execution::new(limited, &3);
    assert_eq!(execution.run(), Status::Waiting);
    assert_eq!(count(&execution, "WaitStarted"), 3, "a branch that waits is not over");
    assert_eq!(execution.skip(), Status::Succeeded);
    assert!((2..=3).contains(&MOST.load(SeqCst)), "{MOST:?}");
    assert_eq!(execution.invocations(), 5);
}

#[test]
fn threads_of_nested_batches_are_limited() {
    static RUNNING: AtomicUsize = AtomicUsize::new(0);
    static MOST: AtomicUsize = AtomicUsize::new(0);
    fn wide(_: (), durable: &Durable) -> Result<usize> {
        let outer = durable.map("outer", &[(); 30], When::ALL_ARE_OVER, |branch, ()| {
            let inner = branch.map("inner", &[(); 30], When::ALL_ARE_OVER, |leaf, ()| {
                leaf.step("s", |_| {
                    MOST.fetch_max(RUNNING.fetch_add(1, SeqCst) + 1, SeqCst);
                    sleep(Duration::from_micros(200));
                    RUNNING.fetch_sub(1, SeqCst);
                    Ok(())
                })
            })?;
            Ok(inner.all()?.len())
        })?;
        Ok(outer.all()?.iter().sum())
    }
    let mut execution = Execution::new(wide, &());
    assert_eq!(execution.run(), Status::Succeeded);
    assert_eq!(execution.result::<usize>(), Some(Ok(900)));
    assert!(MOST.load(SeqCst) <= 16, "{MOST:?}");
}

#[test]
fn a_panic_in_a_branch_is_its_failure() {
    static LIVES: AtomicU32 = AtomicU32::new(0);
    fn panics(_: (), durable: &Durable) -> Result<String> {
        let all = durable.map("all", &[1, 2], When::ALL_ARE_OVER, |branch, n| {
            assert!(*n != 1, "as asked");
            branch.step("s", |_| Ok(LIVES.fetch_add(1, SeqCst)))
        })?;
        let kinds: Vec<_> = all.failures().map(|failure| failure.kind.clone()).collect();
        Ok(kinds.join(" "))
    }
    let mut execution = Execution::new(panics, &());
    assert_eq!(execution.run(), Status::Succeeded);
    assert_eq!(execution.result::<String>(), Some(Ok("Function.Panic".to_owned())));
    assert_eq!(LIVES.load(SeqCst), 1);
}

#[test]
fn results_of_nothing_are_results_of_branches() {
    fn units(_: (), durable: &Durable) -> Result<String> {
        let units = durable.map("units", &[1, 2], When::ALL_ARE_OVER, |_, _| Ok(()))?;
        let nones = durable.map("nones", &[1], When::ALL_ARE_OVER, |_, _| Ok(None::<u32>))?;
        durable.wait("nap", SECOND)?;
        Ok(format!("{:?} {:?}", units.0, nones.0))
    }
    let mut execution = Execution::new(units, &());
    assert_eq!(execution.skip(), Status::Succeeded);
    let expected = "[Done(()), Done(())] [Done(None)]".to_owned();
    assert_eq!(execution.result::<String>(), Some(Ok(expected)));
}

#[test]
fn flat_branches_are_not_operations() {
    fn flat(flat: bool, durable: &Durable) -> Result<String> {
        let when = When { flat, ..When::ALL_ARE_OVER };
        let all = durable.map("all", &[1, 2, 3], when, |branch, n| {
            let one = branch.step("one", |_| Ok(n * 10))?;
            branch.wait("nap", SECOND)?;
            if *n == 2 {
                return Err(Error::new("Two", "no").into());
            }
            branch.step("two", |_| Ok(one + 1))
        })?;
        durable.wait("after", SECOND)?;
        let failures: Vec<_> = all.failures().map(|failure| failure.operation.clone()).collect();
        Ok(format!("{:?} {failures:?}", all.successes().collect::<Vec<_>>()))
    }
    for is_flat in [false, true] {
        let mut execution = Execution::new(flat, &is_flat);
        assert_eq!(execution.skip(), Status::Succeeded);
        let expected = "[11, 31] [\"all-1\"]".to_owned();
        assert_eq!(execution.result::<String>(), Some(Ok(expected)));
        assert_eq!(count(&execution, "ContextStarted"), if is_flat { 1 } else { 4 });
        assert_eq!(count(&execution, "StepSucceeded"), 5);
    }
}
