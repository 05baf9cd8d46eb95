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
    alexa, alexa_smart_home, apigateway, appsync, appsync_authorizer, appsync_events, sqs,
};
use std::env;
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[
    // Alexa
    ("alexa.event", handler!(same::<alexa::Event>)),
    ("alexa-smart-home.event", Handler::raw(smart_home)),
    // Application Load Balancer
    // API Gateway
    ("apigw-rest.event", handler!(same::<apigateway::Request>)),
    ("apigw-rest.response", handler!(same::<apigateway::Response>)),
    // AppSync
    ("appsync.event", Handler::raw(one_or_batch)),
    ("appsync-authorizer.event", handler!(same::<appsync_authorizer::Request>)),
    ("appsync-authorizer.response", handler!(same::<appsync_authorizer::Response>)),
    ("appsync-events.event", handler!(same::<appsync_events::Event>)),
    ("appsync-template.event", handler!(same::<appsync::Template>)),
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

/// Version 3, or the retired version 2.
fn smart_home(event: Vec<u8>, context: &Context) -> Result<Vec<u8>, Error> {
    typed(same::<alexa_smart_home::Request>, event.clone(), context)
        .or_else(|_| typed(same::<alexa_smart_home::MessageV2>, event, context))
}

/// A resolver's event, or a list of them.
fn one_or_batch(event: Vec<u8>, context: &Context) -> Result<Vec<u8>, Error> {
    typed(same::<appsync::Batch>, event.clone(), context)
        .or_else(|_| typed(same::<appsync::Event>, event, context))
}
