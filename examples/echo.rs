//! Identity handlers: each decodes its event into its type, and answers with it, encoded again.
//! Shows what of a document of one's own the types know, and how they write it.
//!
//! ```text
//! cargo run --example echo -- sqs.event data/sqs.json
//! ```
//!
//! The exit status is 3 where the table has no such name, which a tool that runs it on documents
//! of all kinds tells from a document that does not fit.

use minilambda::{Context, Error, Handler, handler, typed};
use minilambda_events::{
    alb, apigateway, apigateway_authorizer, apigateway_http, apigateway_websocket, function_url,
    sqs,
};
use std::env;
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[
    // Alexa
    // Application Load Balancer
    ("alb.event", handler!(same::<alb::Request>)),
    ("alb.response", handler!(same::<alb::Response>)),
    // API Gateway, and function URLs
    ("apigw-rest.event", handler!(same::<apigateway::Request>)),
    ("apigw-rest.response", handler!(same::<apigateway::Response>)),
    (
        "apigw-http.event",
        Handler::raw(|event, context| {
            typed(same::<apigateway_http::Request>, event.clone(), context)
                .or_else(|_| typed(same::<apigateway::Request>, event, context))
        }),
    ),
    ("apigw-http.response", handler!(same::<apigateway_http::Response>)),
    ("apigw-websocket.event", handler!(same::<apigateway_websocket::Request>)),
    ("apigw-websocket.response", handler!(same::<apigateway_websocket::Response>)),
    (
        "apigw-authorizer.event",
        Handler::raw(|event, context| {
            typed(same::<apigateway_authorizer::TokenRequest>, event.clone(), context)
                .or_else(|_| {
                    typed(same::<apigateway_authorizer::HttpRequest>, event.clone(), context)
                })
                .or_else(|_| {
                    typed(same::<apigateway_authorizer::WebSocketRequest>, event.clone(), context)
                })
                .or_else(|_| typed(same::<apigateway_authorizer::Request>, event, context))
        }),
    ),
    (
        "apigw-authorizer.response",
        Handler::raw(|event, context| {
            typed(same::<apigateway_authorizer::SimpleResponse>, event.clone(), context)
                .or_else(|_| typed(same::<apigateway_authorizer::Response>, event, context))
        }),
    ),
    ("lambda-function-url.event", handler!(same::<function_url::Request>)),
    ("lambda-function-url.response", handler!(same::<function_url::Response>)),
    // AppSync
    // CloudWatch
    // Cognito
    // DynamoDB
    // Kinesis
    // S3
    // SQS and SNS
    ("sqs.event", handler!(same::<sqs::Event>)),
    ("sqs.response", handler!(same::<sqs::Response>)),
];

fn main() -> ExitCode {
    let unknown = |name: String| HANDLERS.iter().all(|(known, _)| *known != name);
    if env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() && env::args().nth(1).is_some_and(unknown) {
        eprintln!("there is no such type");
        return ExitCode::from(3);
    }
    minilambda::run(HANDLERS)
}

fn same<T>(event: T, _: &Context) -> Result<T, Error> {
    Ok(event)
}
