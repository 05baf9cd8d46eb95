//! Fulfills an intent of a Lex V2 bot, and asks for what is missing.
//!
//! ```text
//! cargo run --example lex -- lex.order data/lex-v2.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::lex::v2::{Event, Response};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("lex.order", handler!(order))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

fn order(event: Event, _: &Context) -> Result<Response, Error> {
    let Some(count) = event.slot("count").and_then(|count| count.parse::<u32>().ok()) else {
        return Ok(event.elicit_slot("count", "How many do you want?"));
    };
    let what = match event.intent_name() {
        Some("OrderCups") => "cups",
        Some("OrderTeapots") => "teapots",
        intent => return Err(Error::new("UnknownIntent", format!("no intent {intent:?}"))),
    };
    Ok(event.close("Fulfilled", format!("{count} {what} are on their way.")))
}
