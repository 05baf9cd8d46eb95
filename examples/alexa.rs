//! A skill that takes orders for tea: it asks for what it was not told.
//!
//! ```text
//! cargo run --example alexa -- alexa.order data/alexa-intent.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::alexa::Event;
use minilambda_events::alexa::intent::Intent;
use minilambda_events::alexa::request::Request;
use minilambda_events::alexa::response::{Card, Response};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("alexa.order", handler!(order))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

fn order(event: Event, _: &Context) -> Result<Response, Error> {
    Ok(match &event.request {
        Request::Launch(_) => Response::ask("Welcome! Which tea?", "Which tea do you like?"),
        Request::Intent(request) => match request.intent.name.as_str() {
            "OrderIntent" => brew(&request.intent),
            "AMAZON.HelpIntent" => Response::ask("Name a tea.", "Which tea do you like?"),
            _ => Response::say("Goodbye."),
        },
        other => {
            log::info!("nothing to say to {}", other.kind());
            Response::empty()
        }
    })
}

fn brew(intent: &Intent) -> Response {
    let Some(tea) = intent.slot_value("tea") else {
        return Response::ask("Which tea?", "Which tea do you like?");
    };
    let cups = intent.slot_value("pieces").unwrap_or("1");
    Response::say(format!("{cups} of {tea}, at once.")).card(Card::simple("Your order", tea))
}
