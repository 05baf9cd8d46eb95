//! Workflows that take much of one thing: steps, replays, branches.

use minilambda::Handler;
use minilambda_durable::{Durable, Result, When, durable};
use miniserde::Deserialize;
use std::process::ExitCode;
use std::time::Duration;

static HANDLERS: &[(&str, Handler)] =
    &[("bench.steps", durable!(steps)), ("bench.branches", durable!(branches))];

const SECOND: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize)]
struct Steps {
    steps: u32,
    /// How many waits follow: each is an invocation that replays all steps.
    waits: u32,
}

fn steps(load: Steps, durable: &Durable) -> Result<u32> {
    let mut sum: u32 = 0;
    for number in 0..load.steps {
        sum += durable.step("step", |_| Ok(number))?;
    }
    for _ in 0..load.waits {
        durable.wait("wait", SECOND)?;
    }
    Ok(sum)
}

fn branches(count: u32, durable: &Durable) -> Result<u32> {
    let items: Vec<u32> = (0..count).collect();
    let all = durable.map("branches", &items, When::ALL_ARE_OVER, |branch, item| {
        // Three operations each would be more than an execution has.
        branch.wait("wait", SECOND)?;
        Ok(item + 1)
    })?;
    Ok(all.all()?.iter().sum())
}
