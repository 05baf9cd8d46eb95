//! Log lines out of CloudWatch Logs: those that tell of an error are passed on.
//!
//! ```text
//! cargo run --example logs -- logs.errors data/cloudwatch-logs.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::{Rfc3339, cloudwatch};
use miniserde::Serialize;
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("logs.errors", handler!(errors))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Serialize)]
struct Summary {
    group: String,
    lines: usize,
    errors: Vec<String>,
}

/// Data that cannot be unpacked is an error of the invocation: it comes again, and in the end goes
/// to the function's dead-letter queue.
fn errors(event: cloudwatch::logs::Event, _: &Context) -> Result<Summary, Error> {
    let logs = event.logs()?;
    let mut errors = Vec::new();
    for line in logs.log_events.iter().filter(|line| line.message.starts_with("ERROR")) {
        let time = Rfc3339::from(line.timestamp.time()?);
        errors.push(format!("{time} {}", line.message.trim_end()));
    }
    Ok(Summary { group: logs.log_group, lines: logs.log_events.len(), errors })
}
