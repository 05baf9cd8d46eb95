//! An authorizer of type TOKEN for a REST API: it returns an IAM policy.
//!
//! ```text
//! cargo run --example authorizer -- authorize data/apigateway-authorizer-token.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::apigateway::authorizer::{Response, TokenRequest};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("authorize", handler!(authorize))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

fn authorize(request: TokenRequest, _: &Context) -> Result<Response, Error> {
    // API Gateway makes status 401 of just this message.
    let Some(token) = request.authorization_token.expose().strip_prefix("Bearer ") else {
        return Err(Error::new("Unauthorized", "Unauthorized"));
    };
    // The response is kept for all methods of the stage, so it speaks of all of them:
    // arn:aws:execute-api:REGION:ACCOUNT:API/STAGE, and after it /METHOD/PATH.
    let stage: Vec<_> = request.method_arn.splitn(3, '/').take(2).collect();
    let all = format!("{}/*", stage.join("/"));
    Ok(match user_of(token) {
        Some((user, tenant)) => Response::allow(user, &*all).with_context("tenant", tenant),
        None => Response::deny("nobody", &*all),
    })
}

/// A real one would check a signature.
fn user_of(token: &str) -> Option<(&'static str, &'static str)> {
    (token == "open-sesame").then_some(("user-17", "blue"))
}
