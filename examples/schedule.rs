//! A function that runs by a schedule: each night it finds what is too old to be kept.
//!
//! ```text
//! cargo run --example schedule -- schedule.nightly data/eventbridge-scheduled.json
//! cargo run --example schedule -- schedule.nightly data/eventbridge-scheduler.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::{Rfc3339, eventbridge};
use miniserde::Serialize;
use std::process::ExitCode;
use std::time::Duration;

static HANDLERS: &[(&str, Handler)] = &[("schedule.nightly", handler!(nightly))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

const KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

#[derive(Serialize)]
struct Done {
    before: Rfc3339,
}

/// The time is the schedule's, not the clock's: if the event comes again, it means the same.
fn nightly(event: eventbridge::Event<eventbridge::Scheduled>, _: &Context) -> Result<Done, Error> {
    let time = event.time.ok_or("the event has no time")?.time()?;
    let before = Rfc3339::from(time.checked_sub(KEPT).ok_or("the time is out of range")?);
    log::info!("deleting orders from before {before}");
    Ok(Done { before })
}
