//! The types, and the documents in `data/` that are theirs: a new one is one line.

use crate::row::{Row, event, response};
use minilambda_events::{
    alb, apigateway, apigateway_authorizer, apigateway_http, apigateway_websocket, iam, sqs,
};

pub static TABLE: &[Row] = &[
    // Alexa
    // Application Load Balancer
    event::<alb::Request>("alb::Request", &["alb", "alb-multi-value"]),
    response::<alb::Response>("alb::Response", &["alb-response", "alb-multi-value-response"]),
    // API Gateway, and function URLs
    event::<apigateway::Request>(
        "apigateway::Request",
        &["apigateway-rest", "apigateway-rest-iam", "apigateway-http-1"],
    ),
    response::<apigateway::Response>(
        "apigateway::Response",
        &["apigateway-rest-response", "apigateway-websocket-response"],
    ),
    event::<apigateway_http::Request>(
        "apigateway_http::Request",
        &[
            "apigateway-http",
            "apigateway-http-iam",
            "apigateway-http-lambda",
            "function-url",
            "function-url-iam",
        ],
    ),
    response::<apigateway_http::Response>(
        "apigateway_http::Response",
        &["apigateway-http-response", "function-url-response"],
    ),
    event::<apigateway_websocket::Request>(
        "apigateway_websocket::Request",
        &[
            "apigateway-websocket-connect",
            "apigateway-websocket-message",
            "apigateway-websocket-disconnect",
        ],
    ),
    event::<apigateway_authorizer::TokenRequest>(
        "apigateway_authorizer::TokenRequest",
        &["apigateway-authorizer-token"],
    ),
    event::<apigateway_authorizer::Request>(
        "apigateway_authorizer::Request",
        &["apigateway-authorizer-request", "apigateway-authorizer-http-1"],
    ),
    event::<apigateway_authorizer::WebSocketRequest>(
        "apigateway_authorizer::WebSocketRequest",
        &["apigateway-authorizer-websocket"],
    ),
    event::<apigateway_authorizer::HttpRequest>(
        "apigateway_authorizer::HttpRequest",
        &["apigateway-authorizer-http"],
    ),
    response::<apigateway_authorizer::Response>(
        "apigateway_authorizer::Response",
        &["apigateway-authorizer-response"],
    ),
    response::<apigateway_authorizer::SimpleResponse>(
        "apigateway_authorizer::SimpleResponse",
        &["apigateway-authorizer-simple-response"],
    ),
    response::<iam::Policy>("iam::Policy", &["iam-policy"]),
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
