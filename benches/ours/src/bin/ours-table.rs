//! A table with `BENCH_HANDLERS` handlers, of which `_HANDLER` names the last.

use minilambda::{Context, Error, Handler};
use std::process::ExitCode;

const MOST: usize = 1000;

/// `h000` to `h999`.
static NAMES: [[u8; 4]; MOST] = {
    let digits = b"0123456789";
    let mut names = [*b"h000"; MOST];
    let mut index = 0;
    while index < MOST {
        names[index][1] = digits[index / 100];
        names[index][2] = digits[index / 10 % 10];
        names[index][3] = digits[index % 10];
        index += 1;
    }
    names
};

static HANDLERS: [(&str, Handler); MOST] = {
    let mut handlers = [("", Handler::raw(echo)); MOST];
    let mut index = 0;
    while index < MOST {
        if let Ok(name) = std::str::from_utf8(&NAMES[index]) {
            handlers[index].0 = name;
        }
        index += 1;
    }
    handlers
};

fn main() -> ExitCode {
    let count = std::env::var("BENCH_HANDLERS").ok().and_then(|text| text.parse().ok());
    minilambda::run(&HANDLERS[..count.unwrap_or(MOST)])
}

fn echo(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    Ok(event)
}
