//! The program that the tests start: handlers that fail in every way.

use minilambda::{Context, Error, Handler};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("echo", Handler::raw(echo))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

fn echo(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    Ok(event)
}
