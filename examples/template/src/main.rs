//! The functions: one executable, and a handler for each Lambda function.

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::apigateway;
use miniserde::{Deserialize, Serialize};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[
    ("shop.order", handler!(order)),
    ("shop.health", handler!(health)),
];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize)]
struct Order {
    id: String,
    pieces: u32,
}

#[derive(Debug, PartialEq, Serialize)]
struct Receipt {
    order: String,
    boxes: u32,
}

const PIECES_IN_A_BOX: u32 = 6;

fn order(order: Order, _: &Context) -> Result<Receipt, Error> {
    if order.pieces == 0 {
        return Err(Error::new(
            "EmptyOrder",
            format!("order {} has no pieces", order.id),
        ));
    }
    log::info!("{} pieces", order.pieces);
    Ok(Receipt {
        order: order.id,
        boxes: order.pieces.div_ceil(PIECES_IN_A_BOX),
    })
}

/// Behind a function URL or an HTTP API.
fn health(_: apigateway::http::Request, _: &Context) -> Result<apigateway::http::Response, Error> {
    Ok(apigateway::http::Response::text(200, "open\n"))
}

/// The handlers as functions; `tests/lambda.rs` runs the program.
#[cfg(test)]
mod tests {
    use super::*;

    fn ask(pieces: u32) -> Result<Receipt, Error> {
        order(
            Order {
                id: "A-1".to_owned(),
                pieces,
            },
            &Context::default(),
        )
    }

    #[test]
    fn a_box_that_is_not_full_counts() {
        assert_eq!(
            ask(7).unwrap(),
            Receipt {
                order: "A-1".to_owned(),
                boxes: 2
            }
        );
    }

    #[test]
    fn an_order_of_nothing_is_refused() {
        assert!(ask(0).unwrap_err().to_string().contains("EmptyOrder"));
    }
}
