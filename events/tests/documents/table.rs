//! The types, and the documents in `data/` that are theirs: a new one is one line.

use crate::row::{Row, event, response};
use minilambda_events::{
    alexa, alexa_smart_home, apigateway, appsync, appsync_authorizer, appsync_events, sqs,
};

pub static TABLE: &[Row] = &[
    // Alexa
    event::<alexa::Event>(
        "alexa::Event",
        &[
            "alexa-launch",
            "alexa-intent",
            "alexa-session-ended",
            "alexa-can-fulfill",
            "alexa-audio-player",
            "alexa-connections",
            "alexa-skill-event",
        ],
    ),
    response::<alexa::Response>(
        "alexa::Response",
        &["alexa-response", "alexa-can-fulfill-response"],
    ),
    event::<alexa_smart_home::Request>(
        "alexa_smart_home::Request",
        &["alexa-smart-home", "alexa-smart-home-discover"],
    ),
    response::<alexa_smart_home::Response>(
        "alexa_smart_home::Response",
        &["alexa-smart-home-response"],
    ),
    event::<alexa_smart_home::MessageV2>("alexa_smart_home::MessageV2", &["alexa-smart-home-v2"]),
    // Application Load Balancer
    // API Gateway
    event::<apigateway::Request>("apigateway::Request", &["apigateway-rest"]),
    // AppSync
    event::<appsync::Event>(
        "appsync::Event",
        &["appsync-cognito", "appsync-iam", "appsync-oidc", "appsync-lambda", "appsync-function"],
    ),
    event::<appsync::Batch>("appsync::Batch", &["appsync-batch"]),
    response::<Vec<appsync::BatchResult>>("appsync::BatchResult", &["appsync-batch-response"]),
    event::<appsync::Template>("appsync::Template", &["appsync-template"]),
    event::<appsync_authorizer::Request>(
        "appsync_authorizer::Request",
        &["appsync-authorizer", "appsync-authorizer-events"],
    ),
    response::<appsync_authorizer::Response>(
        "appsync_authorizer::Response",
        &["appsync-authorizer-response"],
    ),
    event::<appsync_events::Event>(
        "appsync_events::Event",
        &["appsync-events-publish", "appsync-events-subscribe"],
    ),
    response::<appsync_events::Response>(
        "appsync_events::Response",
        &["appsync-events-response", "appsync-events-refusal"],
    ),
    // CloudWatch
    // Cognito
    // DynamoDB
    // Kinesis
    // S3
    // SQS and SNS
    event::<sqs::Event>("sqs::Event", &["sqs"]),
    response::<sqs::Response>("sqs::Response", &["sqs-response"]),
];

/// A type that takes a document of another, and why the two cannot be told apart.
pub struct SameShape {
    pub document: &'static str,
    pub taken_by: &'static str,
    pub why: &'static str,
}

pub static SAME_SHAPE: &[SameShape] = &[];

/// Documents that are no event of AWS's.
pub static OF_EXAMPLES: &[&str] = &["order"];
