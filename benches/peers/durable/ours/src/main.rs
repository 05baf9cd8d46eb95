//! The workflow with minilambda-durable, and a handler that calls AWS.

use minilambda::{Context, Error, Handler, handler};
use minilambda_aws::lambda::Function;
use minilambda_durable::{Durable, When, durable};
use std::process::ExitCode;
use std::time::Duration;

static HANDLERS: &[(&str, Handler)] =
    &[("bench.workflow", durable!(workflow)), ("bench.ship", handler!(ship))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

fn workflow(order: String, durable: &Durable) -> minilambda_durable::Result<String> {
    let mut parts: Vec<String> = Vec::new();
    for number in 0..20 {
        let step =
            durable.step(&format!("step-{number}"), |_| Ok(format!("part {number} of {order}")));
        parts.push(step?);
    }
    durable.wait("cool-down", Duration::from_secs(1))?;
    let items: Vec<u32> = (0..10).collect();
    let packed = durable.map("boxes", &items, When::ALL_ARE_OVER, |branch, item| {
        branch.step("pack", |_| Ok(format!("box {item}")))
    })?;
    Ok(format!("{} parts in {} boxes", parts.len(), packed.all()?.len()))
}

fn ship(parcel: String, _: &Context) -> Result<String, Error> {
    Ok(Function::new("carrier").call(&parcel)?)
}
