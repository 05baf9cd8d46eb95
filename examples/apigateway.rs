//! A small JSON API behind an HTTP API; with `apigateway` for `apigateway::http`, after a REST API.
//!
//! ```text
//! cargo run --example apigateway -- pets data/apigateway-http.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::JsonRef;
use minilambda_events::apigateway::http::{Request, Response};
use miniserde::{Deserialize, Serialize};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("pets", handler!(pets))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize, Serialize)]
struct Pet {
    name: String,
    age: u8,
}

fn pets(request: Request, _: &Context) -> Result<Response, Error> {
    let Some(id) = request.path_parameter("id") else {
        return Ok(Response::text(404, "which pet?"));
    };
    match &*request.request_context.http.method {
        "GET" => Ok(Response::json(200, &Pet { name: "Rex".to_owned(), age: 3 })),
        "POST" => {
            let Ok(pet) = request.body_json::<Pet>() else {
                return Ok(Response::text(400, "a pet has a name and an age"));
            };
            if let Some(user) = request.request_context.claim("sub").and_then(JsonRef::as_str) {
                log::info!("{user} has changed pet {id}");
            }
            let seen = request.cookie("seen").unwrap_or("none");
            log::info!("seen before: {seen}");
            Ok(Response::json(200, &pet).with_cookie(format!("seen={id}; Secure; HttpOnly")))
        }
        _ => Ok(Response::empty(405).with_header("Allow", "GET, POST")),
    }
}
