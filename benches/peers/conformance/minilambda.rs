//! One handler that does what its event says: its peers beside this do the same with AWS's own
//! runtimes, and benches/conformance shows what a caller sees of each.

use minilambda::{Context, Error, Handler, Hooks, handler};
use miniserde::{Deserialize, Serialize};
use std::process::ExitCode;
use std::time::Duration;
use std::{env, process, thread};

#[derive(Deserialize)]
struct Event {
    r#do: String,
    text: Option<String>,
    number: Option<u64>,
}

#[derive(Serialize)]
struct Response {
    text: String,
}

static HANDLERS: &[(&str, Handler)] = &[("handle", handler!(handle))];

fn main() -> ExitCode {
    minilambda::run_with(HANDLERS, &Hooks::new().init(init))
}

fn init() -> Result<(), Error> {
    if env::var_os("CONFORMANCE_INIT_ERROR").is_some() {
        return Err("the configuration is missing".into());
    }
    Ok(())
}

fn handle(event: Event, _: &Context) -> Result<Response, Error> {
    let number = event.number.unwrap_or_default();
    match &*event.r#do {
        "error" => return Err(Error::new("OutOfStock", "no cups are left")),
        "panic" => panic!("the panic that was asked for"),
        "exit" => process::exit(i32::try_from(number)?),
        "sleep" => thread::sleep(Duration::from_millis(number)),
        "bytes" => return Ok(Response { text: "x".repeat(usize::try_from(number)?) }),
        _ => {}
    }
    Ok(Response { text: event.text.unwrap_or_default() })
}
