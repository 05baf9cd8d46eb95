//! The types, and the documents in `data/` that are theirs: a new one is one line.

use crate::row::{Row, event, response};
use minilambda_events::{apigateway, sqs};

pub static TABLE: &[Row] = &[
    // Alexa
    // Application Load Balancer
    // API Gateway
    event::<apigateway::Request>("apigateway::Request", &["apigateway-rest"]),
    // AppSync
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
