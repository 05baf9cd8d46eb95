//! The two handlers of `ours`, neither of them durable.

use minilambda::{Context, Error, Handler, handler};
use minilambda_aws::lambda::Function;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

static HANDLERS: &[(&str, Handler)] =
    &[("bench.workflow", handler!(workflow)), ("bench.ship", handler!(ship))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

fn workflow(order: String, _: &Context) -> Result<String, Error> {
    let mut parts: Vec<String> = Vec::new();
    for number in 0..20 {
        parts.push(format!("part {number} of {order}"));
    }
    thread::sleep(Duration::from_secs(1));
    let items: Vec<u32> = (0..10).collect();
    let packed: Vec<String> = items.iter().map(|item| format!("box {item}")).collect();
    Ok(format!("{} parts in {} boxes", parts.len(), packed.len()))
}

fn ship(parcel: String, _: &Context) -> Result<String, Error> {
    Ok(Function::new("carrier").call(&parcel)?)
}
