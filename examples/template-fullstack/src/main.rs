//! An HTTP API over a table of DynamoDB: `TABLE` names it, and its key is `id`.

mod orders;

use minilambda::{Handler, Hooks};
use minilambda_http::{Api, Failure, Request, Response, get, http, post};
use std::process::ExitCode;

static API: Api = Api::new(&[
    get("/health", health),
    post("/orders", orders::create),
    get("/orders/{id}", orders::read),
]);

static HANDLERS: &[(&str, Handler)] = &[("shop.http", http!(API))];

fn main() -> ExitCode {
    minilambda::run_with(HANDLERS, &Hooks::new().init(orders::init))
}

fn health(_: &Request) -> Result<Response, Failure> {
    Ok(Response::text(200, "open\n"))
}

/// The API without a program around it; `tests/lambda.rs` runs the program.
#[cfg(test)]
mod tests {
    use super::API;
    use minilambda_http::Request;

    #[test]
    fn the_service_is_open() {
        assert_eq!(API.call(Request::get("/health")).body(), b"open\n");
    }

    #[test]
    fn an_order_without_pieces_is_refused() {
        let body = br#"{"id":"A-1","pieces":0}"#;
        let response = API.call(Request::post("/orders").body("application/json", body));
        assert_eq!(response.status(), 422);
    }

    #[test]
    fn an_order_that_does_not_match_is_explained() {
        let response = API.call(Request::post("/orders").body("application/json", b"{\"id\":1}"));
        assert_eq!(response.status(), 400);
    }
}
