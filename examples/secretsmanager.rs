//! Rotates a secret: Secrets Manager invokes the function once for each of four steps.
//!
//! ```text
//! cargo run --example secretsmanager -- secrets.rotate data/secretsmanager.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::secretsmanager::{Event, Step};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("secrets.rotate", handler!(rotate))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

/// Lambda may invoke it again with the same event, so each step must allow for being done already.
/// The calls of AWS's API are left to you.
fn rotate(event: Event, _: &Context) -> Result<&'static str, Error> {
    let done = match event.step {
        // GetSecretValue with the stage AWSPENDING. If there is none: PutSecretValue.
        Step::CreateSecret => "created the new secret",
        // Set it in the database.
        Step::SetSecret => "set the new secret",
        // Log in to the database with it.
        Step::TestSecret => "tested the new secret",
        // UpdateSecretVersionStage: move AWSCURRENT to the new version.
        Step::FinishSecret => "made the new secret the current one",
        step => return Err(Error::new("UnknownStep", format!("no step {step:?}"))),
    };
    log::info!("{done}, version {}", event.client_request_token);
    Ok(done)
}
