//! State between events: settings that are read once, before the first event, and a count of this
//! process.

use minilambda::{Context, Error, Handler, Hooks, handler};
use miniserde::Serialize;
use std::env;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

static HANDLERS: &[(&str, Handler)] = &[("state.count", handler!(count))];

fn main() -> ExitCode {
    minilambda::run_with(HANDLERS, &Hooks::new().init(init))
}

static GREETING: OnceLock<String> = OnceLock::new();
static EVENTS: AtomicU64 = AtomicU64::new(0);

fn init() -> Result<(), Error> {
    let greeting = env::var("GREETING").unwrap_or_else(|_| "Hello".to_owned());
    if greeting.is_empty() {
        return Err(Error::new("Settings", "GREETING is empty: set it, or remove it"));
    }
    GREETING.get_or_init(|| greeting);
    Ok(())
}

#[derive(Serialize)]
struct Greeting {
    greeting: String,
    events: u64,
}

fn count(name: String, _: &Context) -> Result<Greeting, Error> {
    let greeting = GREETING.get().ok_or("init was not called")?;
    let events = EVENTS.fetch_add(1, Ordering::Relaxed) + 1;
    Ok(Greeting { greeting: format!("{greeting}, {name}!"), events })
}
