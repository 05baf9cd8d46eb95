//! A function that calls nothing.

use minilambda::{Context, Error, Handler, handler};
use std::collections::BTreeMap;
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("get", handler!(get))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

fn get(event: BTreeMap<String, String>, _: &Context) -> Result<String, Error> {
    Ok(event.get("id").cloned().unwrap_or_default())
}
