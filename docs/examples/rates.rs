//! Asks an HTTP API that is not AWS's for the rate of a currency: ureq with TLS, and one agent.
//!
//! `RATES` is the URL of the API, which responds with `{"rate":1.08}`.

use minilambda::{Context, Error, Handler, decode, handler};
use miniserde::{Deserialize, Serialize};
use std::env;
use std::process::ExitCode;
use std::sync::OnceLock;
use std::time::Duration;
use ureq::Agent;

static HANDLERS: &[(&str, Handler)] = &[("rates.current", handler!(current).init(connect))];

static AGENT: OnceLock<Agent> = OnceLock::new();

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize)]
struct Question {
    currency: String,
}

#[derive(Deserialize, Serialize)]
struct Answer {
    rate: f64,
}

/// Called before the first event, while the function has a whole CPU.
fn connect() -> Result<(), Error> {
    let config = Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(5)))
        .max_idle_age(Duration::from_secs(5))
        .build();
    AGENT.get_or_init(|| config.into());
    Ok(())
}

fn current(question: Question, _: &Context) -> Result<Answer, Error> {
    let agent = AGENT.get().ok_or("the agent was not made")?;
    let url = env::var("RATES").map_err(|error| Error::wrap("NoSetting", &error))?;
    let response = agent.get(url).query("currency", question.currency).call();
    let body = response.and_then(|response| response.into_body().read_to_vec());
    decode(&body.map_err(|error| Error::wrap("Rates", &error))?)
}
