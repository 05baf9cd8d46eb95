//! Identity handlers: each decodes its event into its type, and answers with it, encoded again.
//! Shows what of a document of one's own the types know, and how they write it.
//!
//! ```text
//! cargo run --example echo -- sqs.event data/sqs.json
//! ```
//!
//! The exit status is 3 where the table has no such name, which a tool that runs it on documents
//! of all kinds tells from a document that does not fit.

use minilambda::{Context, Error, Handler, call_typed as typed, handler};
use minilambda_events::{
    alb, alexa, alexa_smart_home, apigateway, apigateway_authorizer, apigateway_http,
    apigateway_websocket, appsync, appsync_authorizer, appsync_events, cloudwatch_alarm,
    cloudwatch_dashboard, cloudwatch_logs, cognito_challenge, cognito_message, cognito_sign_in,
    cognito_sign_up, cognito_sync, cognito_token, dynamodb, eventbridge, function_url, kinesis,
    kinesis_analytics, kinesis_firehose, s3, s3_batch, s3_object_lambda, sns, sqs,
};
use miniserde::{Deserialize, Serialize};
use std::env;
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[
    // Alexa
    ("alexa.event", handler!(same::<alexa::Event>)),
    (
        "alexa-smart-home.event",
        Handler::raw(either::<alexa_smart_home::Request, alexa_smart_home::MessageV2>),
    ),
    // Application Load Balancer
    ("alb.event", handler!(same::<alb::Request>)),
    ("alb.response", handler!(same::<alb::Response>)),
    // API Gateway, and function URLs
    ("apigw-rest.event", handler!(same::<apigateway::Request>)),
    ("apigw-rest.response", handler!(same::<apigateway::Response>)),
    ("apigw-http.event", Handler::raw(either::<apigateway_http::Request, apigateway::Request>)),
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
        Handler::raw(
            either::<apigateway_authorizer::SimpleResponse, apigateway_authorizer::Response>,
        ),
    ),
    ("lambda-function-url.event", handler!(same::<function_url::Request>)),
    ("lambda-function-url.response", handler!(same::<function_url::Response>)),
    // AppSync
    ("appsync.event", Handler::raw(either::<appsync::Batch, appsync::Event>)),
    ("appsync-authorizer.event", handler!(same::<appsync_authorizer::Request>)),
    ("appsync-authorizer.response", handler!(same::<appsync_authorizer::Response>)),
    ("appsync-events.event", handler!(same::<appsync_events::Event>)),
    ("appsync-template.event", handler!(same::<appsync::Template>)),
    // CloudWatch
    ("cloudwatch-alarm.event", handler!(same::<cloudwatch_alarm::Event>)),
    ("cloudwatch-dashboard.event", handler!(same::<cloudwatch_dashboard::Event>)),
    ("cloudwatch-events.event", handler!(same::<eventbridge::Event>)),
    ("cloudwatch-logs.event", handler!(same::<cloudwatch_logs::Event>)),
    ("eventbridge.event", handler!(same::<eventbridge::Event>)),
    // Other services, through EventBridge
    ("autoscaling.event", handler!(same::<eventbridge::Event>)),
    ("codebuild.event", handler!(same::<eventbridge::Event>)),
    ("codedeploy.event", handler!(same::<eventbridge::Event>)),
    ("codepipeline.event", handler!(same::<eventbridge::Event>)),
    ("ecr.event", handler!(same::<eventbridge::Event>)),
    ("ecs.event", handler!(same::<eventbridge::Event>)),
    // Cognito
    (
        "cognito-create-auth-challenge.event",
        handler!(same::<cognito_challenge::CreateAuthChallenge>),
    ),
    ("cognito-custom-email-sender.event", handler!(same::<cognito_message::CustomEmailSender>)),
    ("cognito-custom-message.event", handler!(same::<cognito_message::CustomMessage>)),
    ("cognito-custom-sms-sender.event", handler!(same::<cognito_message::CustomSmsSender>)),
    (
        "cognito-define-auth-challenge.event",
        handler!(same::<cognito_challenge::DefineAuthChallenge>),
    ),
    ("cognito-inbound-federation.event", handler!(same::<cognito_sign_up::InboundFederation>)),
    ("cognito-migrate-user.event", handler!(same::<cognito_sign_up::UserMigration>)),
    ("cognito-post-authentication.event", handler!(same::<cognito_sign_in::PostAuthentication>)),
    ("cognito-post-confirmation.event", handler!(same::<cognito_sign_up::PostConfirmation>)),
    ("cognito-pre-authentication.event", handler!(same::<cognito_sign_in::PreAuthentication>)),
    ("cognito-pre-signup.event", handler!(same::<cognito_sign_up::PreSignUp>)),
    (
        "cognito-pre-token-generation-v2.event",
        handler!(same::<cognito_token::PreTokenGenerationV2>),
    ),
    ("cognito-pre-token-generation.event", handler!(same::<cognito_token::PreTokenGeneration>)),
    ("cognito-sync.event", handler!(same::<cognito_sync::Event>)),
    (
        "cognito-verify-auth-challenge.event",
        handler!(same::<cognito_challenge::VerifyAuthChallenge>),
    ),
    // DynamoDB
    ("dynamodb.event", Handler::raw(either::<dynamodb::WindowEvent, dynamodb::Event>)),
    // Kinesis
    ("kinesis.event", Handler::raw(either::<kinesis::WindowEvent, kinesis::Event>)),
    ("kinesis.response", handler!(same::<kinesis::WindowResponse>)),
    ("kinesis-analytics.event", handler!(same::<kinesis_analytics::Event>)),
    ("kinesis-analytics.response", handler!(same::<kinesis_analytics::Response>)),
    ("kinesis-firehose.event", handler!(same::<kinesis_firehose::Event>)),
    ("kinesis-firehose.response", handler!(same::<kinesis_firehose::Response>)),
    // S3
    ("s3.event", Handler::raw(either::<s3::Event, s3::TestEvent>)),
    ("s3-batch.event", handler!(same::<s3_batch::Event>)),
    ("s3-batch.response", handler!(same::<s3_batch::Response>)),
    ("s3-object-lambda.event", handler!(same::<s3_object_lambda::Event>)),
    // SQS and SNS
    ("sns.event", handler!(same::<sns::Event>)),
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

/// For a name that stands for two types: the narrower first, whose error is not told.
fn either<A, B>(event: Vec<u8>, context: &Context) -> Result<Vec<u8>, Error>
where
    A: Deserialize + Serialize,
    B: Deserialize + Serialize,
{
    typed(same::<A>, event.clone(), context).or_else(|_| typed(same::<B>, event, context))
}
