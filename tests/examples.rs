//! The examples, each run on a document in `data/`.

mod support;

use support::program::{end, example};

/// Example, handler, document, and a text that it writes.
const TABLE: &[(&str, &str, &str, &str)] = &[
    // Alexa
    // Application Load Balancer
    ("alb", "page", "alb", r#""body":"<ul><li>Rex</li><li>Tom</li><li>Polly</li></ul>""#),
    ("alb", "page", "alb-multi-value", r#""multiValueHeaders":{"Content-Type":["text/html"#),
    // API Gateway, and function URLs
    ("apigateway", "pets", "apigateway-http", r#""cookies":["seen=42; Secure; HttpOnly"]"#),
    ("apigateway", "pets", "function-url", r#"{"statusCode":404,"#),
    ("authorizer", "authorize", "apigateway-authorizer-token", r#"{"principalId":"user-17","#),
    ("authorizer", "authorize", "apigateway-authorizer-token", r#":a1b2c3d4e5/prod/*""#),
    // AppSync
    // CloudWatch
    // Cognito
    // DynamoDB
    // Kinesis
    // S3
    // SQS and SNS
];

#[test]
fn each_example_does_what_it_says() {
    for (name, handler, document, told) in TABLE {
        let file = format!("{}/data/{document}.json", env!("CARGO_MANIFEST_DIR"));
        let ended = end(example(name).args([handler, &*file]), b"");
        assert_eq!(ended.code(), 0, "{name}: {}", ended.stderr);
        assert!(ended.stdout.contains(told), "{name}: {}", ended.stdout);
    }
}
