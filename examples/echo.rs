//! Identity handlers: each decodes its event into its type, and answers with it, encoded again.
//! Shows what of a document of one's own the types know, and how they write it.
//!
//! ```text
//! cargo run --example echo -- sqs.event data/sqs.json
//! ```
//!
//! The exit status is 3 where the table has no such name, which a tool that runs it on documents
//! of all kinds tells from a document that does not fit.

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::{apigateway, sqs};
use std::env;
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[
    // Alexa
    // Application Load Balancer
    // API Gateway
    ("apigw-rest.event", handler!(same::<apigateway::Request>)),
    ("apigw-rest.response", handler!(same::<apigateway::Response>)),
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
