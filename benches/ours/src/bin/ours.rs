//! Responds with the event's bytes.

use minilambda::{Context, Error, Handler};
use std::process::ExitCode;

fn main() -> ExitCode {
    minilambda::run(&[("echo", Handler::raw(echo))])
}

fn echo(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    Ok(event)
}
