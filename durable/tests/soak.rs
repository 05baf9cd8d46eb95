//! Executions with a mixture of faults, from a seed that is printed. `EXECUTIONS=2000` is the long
//! form, and `SEED=1` begins at another seed.

use minilambda::Error;
use minilambda_durable::testing::{Execution, Fault, Status};
use minilambda_durable::{Caught, Check, Durable, Jitter, Result, Retry, When};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);
static QUICK: Retry =
    Retry { attempts: 3, first_delay: SECOND, jitter: Jitter::None, ..Retry::DEFAULT };

/// How often each step at most once of each execution was carried out.
static CALLS: Mutex<BTreeMap<(u64, String), u32>> = Mutex::new(BTreeMap::new());

fn called(seed: u64, name: &str) {
    *CALLS.lock().unwrap().entry((seed, name.to_owned())).or_default() += 1;
}

/// A step that is carried out at most once, or says that it was interrupted.
fn once(seed: u64, name: &str, durable: &Durable) -> Result<u64> {
    let step = durable.retry(&Retry::NEVER).at_most_once().step(name, |_| {
        called(seed, name);
        Ok(1)
    });
    match step.caught()? {
        Ok(value) => Ok(value),
        Err(failure) if failure.kind == "Durable.Interrupted" => Ok(1),
        Err(failure) => Err(failure.into()),
    }
}

/// Each operation adds one.
fn workflow(seed: u64, durable: &Durable) -> Result<u64> {
    let mut sum = once(seed, "first", durable)?;
    sum += durable.retry(&QUICK).step("flaky", |step| match step.attempt {
        1 => Err(Error::new("Flaky", "not yet")),
        _ => Ok(1_u64),
    })?;
    durable.wait("nap", SECOND)?;
    sum += durable.child("child", |child| {
        let one = once(seed, "in-child", child)?;
        child.wait("nap", SECOND)?;
        child.step("after", |_| Ok(one))
    })?;
    let items: Vec<u64> = (0..seed % 9).collect();
    let all = durable.map("map", &items, When::ALL_ARE_OVER, |branch, item| {
        if item % 2 == 0 {
            branch.wait("nap", SECOND)?;
        }
        once(seed, &format!("in-branch-{item}"), branch)
    })?;
    sum += all.all()?.iter().sum::<u64>();
    sum += durable.callback::<u64>("answer")?.result()?;
    sum += durable.invoke::<_, u64>("add", &0_u64)?;
    durable.wait_until("done", sum, |state, step| {
        Ok(if step.attempt < 2 { Check::Again(state, SECOND) } else { Check::Done(state + 1) })
    })
}

/// A generator of numbers (xorshift).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

fn run(seed: u64) {
    let mut numbers = Numbers(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let faults: Vec<_> = (0..60)
        .map(|_| match numbers.next() % 12 {
            0 => Some(Fault::NotRecorded),
            1 => Some(Fault::ResponseLost),
            2 => Some(Fault::Revoked),
            _ => None,
        })
        .collect();
    let mut execution = Execution::new(workflow, &seed);
    execution.function("add", |n: u64| Ok(n + 1)).faults(&faults);
    if seed % 3 == 0 {
        execution.pages(usize::try_from(seed % 4).unwrap(), 2);
    }
    let mut turns = 0;
    while execution.skip() == Status::Waiting {
        for callback in execution.callbacks() {
            execution.succeed(&callback, &1_u64);
        }
        turns += 1;
        assert!(turns < 50, "seed {seed}: the execution does not end");
    }
    // Two steps, the child, the branches, the callback, the function and the condition.
    let expected = 6 + seed % 9;
    assert_eq!(execution.result::<u64>(), Some(Ok(expected)), "seed {seed}: {execution:?}");
    let mut ends = BTreeMap::<(String, String), u32>::new();
    for event in execution.history() {
        let is_repeated =
            event.kind.ends_with("Started") || event.name == "flaky" || event.name == "done";
        if !is_repeated {
            *ends.entry((event.id, event.kind)).or_default() += 1;
        }
    }
    let twice: Vec<_> = ends.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "seed {seed}: twice in the history: {twice:?}");
    let calls = CALLS.lock().unwrap();
    for ((of, name), count) in calls.iter().filter(|((of, _), _)| *of == seed) {
        assert!(*count == 1, "seed {of}: {name} was carried out {count} times");
    }
}

#[test]
fn executions_with_faults_end_as_they_should() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let (first, count) = (number("SEED").unwrap_or(1), number("EXECUTIONS").unwrap_or(100));
    println!("seeds from {first} on: SEED={first} EXECUTIONS={count}");
    for seed in first..first + count {
        run(seed);
    }
}
