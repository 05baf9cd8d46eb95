//! Actions of a Bedrock agent, as an operation of an API schema or as a function.
//!
//! ```text
//! cargo run --example bedrock -- bedrock.stock data/bedrock-agent.json
//! cargo run --example bedrock -- bedrock.stock data/bedrock-agent-function.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::bedrock::{Action, Event, Response};
use miniserde::{Serialize, json};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("bedrock.stock", handler!(stock))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Serialize)]
struct Reserved<'a> {
    item: &'a str,
    count: u32,
}

fn stock(event: Event, _: &Context) -> Result<Response, Error> {
    let item = event.parameter("item").ok_or("the agent must ask for the item")?;
    let text = match event.action() {
        Some(Action::Operation { method: "POST", path: "/stock" }) => {
            let count = event.parameter("count").unwrap_or("1").parse()?;
            json::to_string(&Reserved { item, count })
        }
        Some(Action::Function("count")) => format!("there are {} of {item}", count_of(item)),
        action => return Err(Error::new("UnknownAction", format!("no action {action:?}"))),
    };
    Ok(event.success(text))
}

fn count_of(item: &str) -> u32 {
    if item == "cup" { 12 } else { 0 }
}
