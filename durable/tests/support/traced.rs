//! A workflow whose metrics and spans are counted by a test: it runs in this process, with the
//! service in memory.

use minilambda_aws::metrics::{self, Metrics, Unit};
use minilambda_aws::{otel, trace};
use minilambda_durable::testing::{Execution, Status};
use minilambda_durable::{Durable, Result, When};
use std::time::Duration;

static METRICS: Metrics = Metrics::new().namespace("shop");

fn main() {
    let mut execution = Execution::new(workflow, &());
    assert_eq!(execution.skip(), Status::Succeeded);
    assert!(execution.invocations() > 3);
    METRICS.flush();
    otel::flush();
}

/// A place with a metric of each kind, in a span of each kind.
fn place<T>(name: &str, run: impl FnOnce() -> T) -> T {
    let run = || trace::span(name, || otel::span(name, run));
    let result = run();
    metrics::put(&format!("put {name}"), 1.0, Unit::Count, &[]);
    METRICS.add(&format!("add {name}"), 1.0, Unit::Count);
    result
}

fn workflow((): (), durable: &Durable) -> Result<()> {
    place("begin", || ());
    for n in 0..2 {
        place(&format!("around {n}"), || {
            durable.step(&format!("step-{n}"), |_| {
                place(&format!("step {n}"), || ());
                Ok(())
            })?;
            durable.wait(&format!("wait-{n}"), Duration::from_secs(1))
        })?;
    }
    durable
        .map("map", &["a", "b"], When::ALL_ARE_OVER, |branch, name| {
            place(&format!("before {name}"), || branch.wait("nap", Duration::from_secs(1)))?;
            place(&format!("after {name}"), || ());
            Ok(())
        })?
        .all()?;
    place("end", || ());
    Ok(())
}
