//! Decodes an event into its type and returns it, encoded again: shows which parts of a document
//! the types know.
//!
//! ```text
//! cargo run --example echo -- sqs.event data/sqs.json
//! ```
//!
//! The exit status is 3 if the table has no such name, and 1 if the document does not match.

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::{
    alb, alexa, apigateway, appsync, autoscaling, batch, bedrock, chime, clientvpn, cloudformation,
    cloudfront, cloudwatch, codecommit, codedeploy, codepipeline, cognito, config, connect,
    destination, documentdb, dynamodb, ecs, eventbridge, iot, kafka, kinesis, lattice, lex, mq,
    pipes, redshift, s3, sagemaker, secretsmanager, ses, sns, sqs, transfer, window, workmail,
};
use miniserde::{Deserialize, Serialize};
use std::env;
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[
    // Alexa
    ("alexa.event", handler!(same::<alexa::Event>)),
    ("alexa.response", handler!(same::<alexa::response::Response>)),
    ("alexa-smart-home.response", handler!(same::<alexa::smart_home::Response>)),
    (
        "alexa-smart-home.event",
        Handler::raw(either::<alexa::smart_home::Request, alexa::smart_home::MessageV2>),
    ),
    // Application Load Balancer
    ("alb.event", handler!(same::<alb::Request>)),
    ("alb.response", handler!(same::<alb::Response>)),
    // API Gateway, and function URLs
    ("apigw-rest.event", handler!(same::<apigateway::rest::Request>)),
    ("apigw-rest.response", handler!(same::<apigateway::rest::Response>)),
    (
        "apigw-http.event",
        Handler::raw(either::<apigateway::http::Request, apigateway::rest::Request>),
    ),
    ("apigw-http.response", handler!(same::<apigateway::http::Response>)),
    ("apigw-websocket.event", handler!(same::<apigateway::websocket::Request>)),
    ("apigw-websocket.response", handler!(same::<apigateway::rest::Response>)),
    (
        "apigw-authorizer.event",
        Handler::raw(|event, context| {
            handler!(same::<apigateway::authorizer::TokenRequest>)
                .call(event.clone(), context)
                .or_else(|_| {
                    handler!(same::<apigateway::authorizer::HttpRequest>)
                        .call(event.clone(), context)
                })
                .or_else(|_| {
                    handler!(same::<apigateway::authorizer::WebSocketRequest>)
                        .call(event.clone(), context)
                })
                .or_else(|_| handler!(same::<apigateway::authorizer::Request>).call(event, context))
        }),
    ),
    (
        "apigw-authorizer.response",
        Handler::raw(
            either::<apigateway::authorizer::SimpleResponse, apigateway::authorizer::Response>,
        ),
    ),
    ("lambda-function-url.event", handler!(same::<apigateway::http::Request>)),
    ("lambda-function-url.response", handler!(same::<apigateway::http::Response>)),
    // AppSync
    ("appsync.event", Handler::raw(either::<appsync::Batch, appsync::Event>)),
    ("appsync-authorizer.event", handler!(same::<appsync::authorizer::Request>)),
    ("appsync-authorizer.response", handler!(same::<appsync::authorizer::Response>)),
    ("appsync-batch.response", handler!(same::<Vec<appsync::BatchResult>>)),
    ("appsync-events.response", handler!(same::<appsync::events::Response>)),
    ("appsync-events.event", handler!(same::<appsync::events::Event>)),
    ("appsync-template.event", handler!(same::<appsync::Template>)),
    // Auto Scaling
    ("autoscaling-termination.event", handler!(same::<autoscaling::TerminationEvent>)),
    ("autoscaling-termination.response", handler!(same::<autoscaling::TerminationResponse>)),
    // Bedrock agents
    ("bedrock-agent.event", handler!(same::<bedrock::Event>)),
    ("bedrock-agent.response", handler!(same::<bedrock::Response>)),
    ("bedrock-gateway.event", handler!(same::<bedrock::gateway::Event>)),
    ("bedrock-gateway.response", handler!(same::<bedrock::gateway::Response>)),
    // Chime SDK
    ("chime.event", handler!(same::<chime::Event>)),
    ("chime.response", handler!(same::<chime::Response>)),
    // CloudFormation
    ("cloudformation.event", handler!(same::<cloudformation::Event>)),
    ("cloudformation.response", handler!(same::<cloudformation::Response>)),
    ("cloudformation-is-complete.response", handler!(same::<cloudformation::Completion>)),
    ("cloudformation-hook.event", handler!(same::<cloudformation::hook::Event>)),
    ("cloudformation-hook.response", handler!(same::<cloudformation::hook::Response>)),
    ("cloudformation-macro.event", handler!(same::<cloudformation::template_macro::Event>)),
    ("cloudformation-macro.response", handler!(same::<cloudformation::template_macro::Response>)),
    // CloudFront
    ("cloudfront.event", handler!(same::<cloudfront::Event>)),
    ("cloudfront.response", Handler::raw(either::<cloudfront::Request, cloudfront::Response>)),
    // CloudWatch
    ("cloudwatch-alarm.event", handler!(same::<cloudwatch::alarm::Event>)),
    ("cloudwatch-alarm-sns.event", handler!(same::<cloudwatch::alarm_sns::Alarm>)),
    ("cloudwatch-dashboard.response", handler!(same::<cloudwatch::dashboard::Markdown>)),
    ("cloudwatch-logs-unpacked.event", handler!(same::<cloudwatch::logs::Logs>)),
    ("cloudwatch-dashboard.event", handler!(same::<cloudwatch::dashboard::Event>)),
    ("cloudwatch-events.event", handler!(same::<eventbridge::Event>)),
    ("cloudwatch-logs.event", handler!(same::<cloudwatch::logs::Event>)),
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
        handler!(same::<cognito::challenge::CreateAuthChallenge>),
    ),
    ("cognito-custom-email-sender.event", handler!(same::<cognito::message::CustomEmailSender>)),
    ("cognito-custom-message.event", handler!(same::<cognito::message::CustomMessage>)),
    ("cognito-custom-sms-sender.event", handler!(same::<cognito::message::CustomSmsSender>)),
    (
        "cognito-define-auth-challenge.event",
        handler!(same::<cognito::challenge::DefineAuthChallenge>),
    ),
    ("cognito-inbound-federation.event", handler!(same::<cognito::sign_up::InboundFederation>)),
    ("cognito-migrate-user.event", handler!(same::<cognito::sign_up::UserMigration>)),
    ("cognito-post-authentication.event", handler!(same::<cognito::sign_in::PostAuthentication>)),
    ("cognito-post-confirmation.event", handler!(same::<cognito::sign_up::PostConfirmation>)),
    ("cognito-pre-authentication.event", handler!(same::<cognito::sign_in::PreAuthentication>)),
    ("cognito-pre-signup.event", handler!(same::<cognito::sign_up::PreSignUp>)),
    (
        "cognito-pre-token-generation-v2.event",
        Handler::raw(
            either::<cognito::token::PreTokenGenerationV2, cognito::token::PreTokenGeneration>,
        ),
    ),
    (
        "cognito-pre-token-generation.event",
        Handler::raw(
            either::<cognito::token::PreTokenGeneration, cognito::token::PreTokenGenerationV2>,
        ),
    ),
    ("cognito-sync.event", handler!(same::<cognito::sync::Event>)),
    (
        "cognito-verify-auth-challenge.event",
        handler!(same::<cognito::challenge::VerifyAuthChallenge>),
    ),
    // Code…, Config, Connect
    ("codecommit.event", handler!(same::<codecommit::Event>)),
    ("codedeploy-lifecycle-hook.event", handler!(same::<codedeploy::Event>)),
    ("codepipeline-job.event", handler!(same::<codepipeline::Event>)),
    ("config.event", handler!(same::<config::Event>)),
    ("connect.event", handler!(same::<connect::Event>)),
    ("connect-outbound-campaigns.event", handler!(same::<connect::campaign::Event>)),
    ("connect-outbound-campaigns.response", handler!(same::<connect::campaign::Response>)),
    // DocumentDB
    ("documentdb.event", handler!(same::<documentdb::Event>)),
    // DynamoDB
    ("dynamodb.event", Handler::raw(either::<window::Event<dynamodb::Record>, dynamodb::Event>)),
    ("dynamodb-record.event", handler!(same::<dynamodb::Record>)),
    // ECS
    ("ecs-hook.event", handler!(same::<ecs::HookEvent>)),
    ("ecs-hook.response", handler!(same::<ecs::HookResponse>)),
    // IoT
    ("iot.event", handler!(same::<iot::authorizer::Event>)),
    ("iot.response", handler!(same::<iot::authorizer::Response>)),
    ("iot-1-click.event", handler!(same::<iot::button::OneClickEvent>)),
    ("iot-button.event", handler!(same::<iot::button::Event>)),
    ("iot-job.event", handler!(same::<iot::job::Event>)),
    ("iot-lifecycle.event", handler!(same::<iot::lifecycle::Event>)),
    ("iot-preprovision-hook.event", handler!(same::<iot::provisioning::Event>)),
    ("iot-preprovision-hook.response", handler!(same::<iot::provisioning::Response>)),
    ("iot-registry.event", handler!(same::<iot::registry::Event>)),
    // Kafka
    ("kafka.event", handler!(same::<kafka::Event>)),
    ("kafka.response", handler!(same::<kafka::Response>)),
    // Kinesis
    ("kinesis.event", Handler::raw(either::<window::Event<kinesis::Record>, kinesis::Event>)),
    ("kinesis.response", handler!(same::<window::Response>)),
    ("kinesis-analytics.event", handler!(same::<kinesis::analytics::Event>)),
    ("kinesis-analytics.response", handler!(same::<kinesis::analytics::Response>)),
    ("kinesis-firehose.event", handler!(same::<kinesis::firehose::Event>)),
    ("kinesis-firehose.response", handler!(same::<kinesis::firehose::Response>)),
    // Lambda's destinations
    ("lambda-destination.event", handler!(same::<destination::Event>)),
    // Lex
    ("lex.event", handler!(same::<lex::v1::Event>)),
    ("lex.response", handler!(same::<lex::v1::Response>)),
    ("lex-v2.event", handler!(same::<lex::v2::Event>)),
    ("lex-v2.response", handler!(same::<lex::v2::Response>)),
    // MQ
    ("activemq.event", handler!(same::<mq::activemq::Event>)),
    ("rabbitmq.event", handler!(same::<mq::rabbitmq::Event>)),
    // Pipes
    ("pipes-sqs.event", handler!(same::<Vec<sqs::Message>>)),
    ("pipes-dynamodb.event", handler!(same::<Vec<dynamodb::Record>>)),
    ("pipes-kinesis.event", handler!(same::<Vec<pipes::KinesisRecord>>)),
    ("pipes-kafka.event", handler!(same::<Vec<pipes::KafkaRecord>>)),
    // Redshift
    ("redshift.event", handler!(same::<redshift::Event>)),
    ("redshift.response", handler!(same::<redshift::Response>)),
    // S3
    ("s3.event", Handler::raw(either::<s3::Event, s3::TestEvent>)),
    ("s3-batch.event", handler!(same::<s3::batch::Event>)),
    ("s3-batch.response", handler!(same::<s3::batch::Response>)),
    ("s3-object-lambda.event", handler!(same::<s3::object_lambda::Event>)),
    ("s3-object-lambda.response", handler!(same::<s3::object_lambda::Response>)),
    // SageMaker
    ("sagemaker.event", Handler::raw(either::<sagemaker::ConsolidationEvent, sagemaker::Event>)),
    ("sagemaker.response", handler!(same::<sagemaker::Response>)),
    // Secrets Manager
    ("secretsmanager.event", handler!(same::<secretsmanager::Event>)),
    // SES
    ("ses.event", handler!(same::<ses::Event>)),
    ("ses.response", handler!(same::<ses::Response>)),
    ("ses-notification.event", handler!(same::<ses::notification::Notification>)),
    ("ses-sending.event", handler!(same::<ses::sending::Event>)),
    // SQS and SNS
    ("sns-notification.event", handler!(same::<sns::Notification>)),
    ("sns.event", handler!(same::<sns::Event>)),
    ("sqs.event", handler!(same::<sqs::Event>)),
    ("sqs-received.event", handler!(same::<sqs::Received>)),
    ("sqs.response", handler!(same::<batch::Response>)),
    // Transfer Family
    ("transfer-family.event", handler!(same::<transfer::Event>)),
    ("transfer-family.response", handler!(same::<transfer::Response>)),
    ("transfer-family-workflow.event", handler!(same::<transfer::WorkflowEvent>)),
    // VPC
    ("clientvpn.event", handler!(same::<clientvpn::Event>)),
    ("clientvpn.response", handler!(same::<clientvpn::Response>)),
    ("vpc-lattice.event", handler!(same::<lattice::RequestV1>)),
    ("vpc-lattice-v2.event", handler!(same::<lattice::Request>)),
    ("vpc-lattice.response", handler!(same::<lattice::Response>)),
    // WorkMail
    ("workmail.event", handler!(same::<workmail::Event>)),
    ("workmail.response", handler!(same::<workmail::Response>)),
];

fn main() -> ExitCode {
    let unknown = |name: String| HANDLERS.iter().all(|(known, _)| *known != name);
    if env::var_os("AWS_LAMBDA_RUNTIME_API").is_none() && env::args().nth(1).is_some_and(unknown) {
        eprintln!("unknown name: run without arguments for a list");
        return ExitCode::from(3);
    }
    minilambda::run(HANDLERS)
}

fn same<T>(event: T, _: &Context) -> Result<T, Error> {
    Ok(event)
}

/// Tries two types, the narrower first. The error is the second's.
fn either<A, B>(event: Vec<u8>, context: &Context) -> Result<Vec<u8>, Error>
where
    A: Deserialize + Serialize,
    B: Deserialize + Serialize,
{
    handler!(same::<A>)
        .call(event.clone(), context)
        .or_else(|_| handler!(same::<B>).call(event, context))
}
