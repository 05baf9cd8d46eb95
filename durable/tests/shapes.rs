//! Workflows of any shape, which a seed makes: with faults they end as they do without.
//! `EXECUTIONS=5000` is the long form, and `SEED=1` begins at another seed.

use minilambda::Error;
use minilambda_durable::testing::{Execution, Fault, Status};
use minilambda_durable::{Caught, Check, Durable, Jitter, Outcome, Result, Retry, When};
use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
static QUICK: Retry =
    Retry { attempts: 3, first_delay: SECOND, jitter: Jitter::None, ..Retry::DEFAULT };

/// Each interruption is an attempt.
static PATIENT: Retry = Retry { attempts: 100, ..QUICK };

/// A generator of numbers (xorshift).
struct Numbers(u64);

impl Numbers {
    fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }
}

/// Begins a step when it is dropped, as a guard does that cleans up.
struct Guard<'a>(&'a Durable<'a>, String);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        let _ = self.0.step(&self.1, |_| Ok(()));
    }
}

/// A few operations, which are the same for the same seed. The result has their outcomes.
fn some(seed: u64, depth: u32, durable: &Durable) -> Result<String> {
    let mut numbers = Numbers::of(seed);
    let mut said = String::new();
    for _ in 0..numbers.below(4) {
        let inner = numbers.below(u64::MAX / 4096);
        let kinds = if depth == 0 { 9 } else { 14 };
        said += &one(numbers.below(kinds), inner, depth, durable)?;
    }
    Ok(said)
}

fn one(kind: u64, seed: u64, depth: u32, durable: &Durable) -> Result<String> {
    let tries = seed % 5;
    let flaky = |attempt: u32| {
        if u64::from(attempt) > tries { Ok(tries) } else { Err(Error::new("Flaky", "not yet")) }
    };
    let said = match kind {
        0 => format!("{:?}", durable.retry(&QUICK).step("flaky", |it| flaky(it.attempt)).caught()?),
        1 => {
            let once = durable.retry(&PATIENT).at_most_once().step("once", |_| Ok(1_u64));
            format!("{:?}", once.caught()?)
        }
        2 => format!("{:?}", durable.wait("nap", (tries as u32) * SECOND)?),
        // The error is ignored: what comes next waits nevertheless.
        3 => durable.wait("ignored", SECOND).is_ok().to_string(),
        4 => {
            let timeout = if tries == 0 { 100_000 * SECOND } else { Duration::ZERO };
            let callback = durable.timeout(timeout).callback::<u64>("asked")?;
            let told = durable.step("tell", |_| Ok(callback.id.clone()))?;
            assert_eq!(told, callback.id);
            format!("{:?}", callback.result().caught()?)
        }
        5 => format!(
            "{:?}",
            durable.invoke::<_, u64>(["add", "none"][tries as usize % 2], &1_u64).caught()?
        ),
        6 => {
            let state = durable.wait_until("until", 0_u64, |state, _| {
                let is_done = state >= tries;
                Ok(if is_done { Check::Done(state) } else { Check::Again(state + 1, SECOND) })
            });
            format!("{:?}", state.caught()?)
        }
        7 => {
            let panics = durable.retry(&Retry::NEVER).step("panics", |_| match tries {
                0 => resume_unwind(Box::new("as asked")),
                _ => Ok(()),
            });
            format!("{:?}", panics.caught()?.map_err(|failure| failure.kind))
        }
        8 => {
            let _guard = Guard(durable, format!("guard-{tries}"));
            durable.wait("guarded", SECOND)?;
            durable.step("watched", |_| Ok("g".to_owned()))?
        }
        9 => durable.child("child", |child| some(seed, depth - 1, child))?,
        10 => {
            let large = durable.child("large", |child| {
                let said = some(seed, depth - 1, child)?;
                Ok(child.step("part", |_| Ok("x".repeat(1000)))?.repeat(270) + &said)
            })?;
            large.trim_start_matches('x').to_owned()
        }
        11 | 12 => {
            let when = When {
                flat: seed % 2 == 1,
                at_once: [1, 3, usize::MAX][tries as usize % 3],
                ..When::ALL_ARE_OVER
            };
            let items: Vec<u64> = (0..seed % 6).collect();
            let all = durable.map("map", &items, when, |branch, item| match (item + seed) % 7 {
                0 => Err(Error::new("Seven", "no").into()),
                _ => some(seed + item, depth - 1, branch),
            })?;
            format!("{:?}", all.0)
        }
        _ => {
            let items: Vec<u64> = (0..=seed % 4).collect();
            let when = When { flat: seed % 2 == 1, ..When::ONE_SUCCEEDS };
            // A large result is made again, of the branches that were over.
            let more = if seed % 3 == 0 { "x".repeat(300_000) } else { String::new() };
            let race = durable.map("race", &items, when, |branch, item| {
                Ok(some(seed + item, depth - 1, branch)? + &more)
            })?;
            let left = |it: &Outcome<String>| format!("{:?}", matches!(it, Outcome::Left));
            let left: Vec<_> = race.0.iter().map(left).collect();
            let before = durable.step("winner", |_| Ok(left.clone()))?;
            assert_eq!(before, left, "a replay has the same winner");
            "r".to_owned()
        }
    };
    Ok(format!("{kind}{said};"))
}

/// Runs a workflow to its end, and returns what it said.
fn run(seed: u64, faults: &[Option<Fault>]) -> String {
    fn workflow(seed: u64, durable: &Durable) -> Result<String> {
        let said = some(seed, 3, durable)?;
        durable.step("last", |_| Ok(said.clone()))
    }
    let mut execution = Execution::new(workflow, &seed);
    execution.function("add", |number: u64| Ok(number + 1)).faults(faults);
    let mut turns = 0;
    loop {
        let callbacks = match execution.skip() {
            Status::Waiting => execution.callbacks(),
            // Many faults in a row: Lambda would go on.
            Status::Failing => continue,
            _ => break,
        };
        assert!(!callbacks.is_empty(), "seed {seed} waits for nothing");
        for callback in callbacks {
            match callback.len() % 2 {
                0 => execution.succeed(&callback, &7_u64),
                _ => execution.fail(&callback, "Denied", "no"),
            };
        }
        turns += 1;
        assert!(turns < 100, "seed {seed} does not end");
    }
    let mut events = BTreeMap::<_, u32>::new();
    for event in execution.history() {
        if !matches!(&*event.kind, "StepStarted" | "StepFailed" | "StepSucceeded") {
            *events.entry((event.id, event.kind)).or_default() += 1;
        }
    }
    let twice: Vec<_> = events.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "seed {seed}: {twice:?}");
    let Some(Ok(said)) = execution.result::<String>() else {
        panic!("seed {seed}: {:?} {:?}", execution.result::<String>(), execution.error());
    };
    assert!(!said.contains("3false;"), "seed {seed}: a wait was over before its time: {said}");
    said
}

#[test]
fn workflows_of_any_shape_end_with_faults_as_they_do_without() {
    let number = |name: &str, default: u64| {
        std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
    };
    let (first, count) = (number("SEED", 1), number("EXECUTIONS", 40));
    eprintln!("seeds from {first} on: SEED={first} EXECUTIONS={count}");
    for seed in first..first + count {
        let mut numbers = Numbers::of(seed + 77);
        let expected = run(seed, &[]);
        let faults = [Some(Fault::NotRecorded), Some(Fault::ResponseLost), Some(Fault::Revoked)];
        let fault = |_| faults.into_iter().nth(numbers.below(12).try_into().unwrap()).flatten();
        let faults: Vec<_> = (0..60).map(fault).collect();
        assert_eq!(run(seed, &faults), expected, "seed {seed}");
    }
}
