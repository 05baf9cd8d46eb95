//! A log with keys: those of a process, of an invocation, and what the logger adds itself; and the
//! debug records of the invocations that fail.

use minilambda::{
    Context, CorrelationId, Error, Handler, Hooks, Logger, handler, log_key, log_key_always,
};
use miniserde::Deserialize;
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("logging.pack", handler!(pack))];

static LOGGER: Logger = Logger::new()
    .cold_start()
    .correlation_id(CorrelationId::path("id"))
    .sample_debug(0.01)
    .buffer_debug(20_000);

fn main() -> ExitCode {
    minilambda::run_with(HANDLERS, &Hooks::new().logger(&LOGGER).init(name_service))
}

fn name_service() -> Result<(), Error> {
    log_key_always("service", "warehouse");
    Ok(())
}

#[derive(Deserialize)]
struct Order {
    id: String,
    pieces: u32,
}

fn pack(order: Order, _: &Context) -> Result<String, Error> {
    log_key("pieces", order.pieces);
    log::debug!("written only if this fails, or for one invocation of a hundred");
    if order.pieces > 100 {
        return Err(Error::new("TooLarge", "no box has room for more than 100 pieces"));
    }
    log::info!("it is packed");
    Ok(format!("{} is packed", order.id))
}
