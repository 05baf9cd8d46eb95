//! The examples, each run on a document in `data/`.

mod support;

use support::program::{end, example};

/// Example, handler, document, and a string that it writes.
const TABLE: &[(&str, &str, &str, &str)] = &[
    // Alexa
    ("alexa", "alexa.order", "alexa-intent", "2 of Earl Grey, at once."),
    // Application Load Balancer
    ("alb", "page", "alb", r#""body":"<ul><li>Rex</li><li>Tom</li><li>Polly</li></ul>""#),
    ("alb", "page", "alb-multi-value", r#""multiValueHeaders":{"Content-Type":["text/html"#),
    // API Gateway, and function URLs
    ("apigateway", "pets", "apigateway-http", r#""cookies":["seen=42; Secure; HttpOnly"]"#),
    ("apigateway", "pets", "function-url", r#"{"statusCode":404,"#),
    ("authorizer", "authorize", "apigateway-authorizer-token", r#"{"principalId":"user-17","#),
    ("authorizer", "authorize", "apigateway-authorizer-token", r#":a1b2c3d4e5/prod/*""#),
    // AppSync
    ("appsync", "appsync.product", "appsync-cognito", r#"{"name":"teapot","price":24.5}"#),
    ("appsync", "appsync.stock", "appsync-batch", r#"[{"data":3},{"data":0}]"#),
    // CloudWatch
    ("logs", "logs.errors", "cloudwatch-logs", "ERROR order A-1007: the warehouse is closed\"]"),
    ("schedule", "schedule.nightly", "eventbridge-scheduled", r#""2026-02-10T21:14:25Z""#),
    ("schedule", "schedule.nightly", "eventbridge-scheduler", r#""2026-02-10T21:14:25Z""#),
    // Cognito
    ("cognito", "cognito.sign-up", "cognito-pre-sign-up", r#""autoConfirmUser":true"#),
    ("cognito", "cognito.token", "cognito-pre-token-generation", r#"{"tenant":"north"}"#),
    // DynamoDB
    ("dynamodb", "dynamodb.announce", "dynamodb", r#"["A-1007: 7 pieces are on their way"]"#),
    // Kinesis
    ("kinesis", "kinesis.watch", "kinesis", r#"{"batchItemFailures":[{"itemIdentifier":"4965"#),
    // S3
    ("s3", "s3.photos", "s3", r#"["incoming/red flower+1.jpg","incoming/café/tea.jpg"]"#),
    ("s3", "s3.photos-queued", "sqs-sns", r#"["incoming/red flower+1.jpg","incoming/café"#),
    // SQS and SNS
    ("sqs", "sqs.ship", "sqs", r#"{"batchItemFailures":[{"itemIdentifier":"c2a9d1e4-"#),
    // Events of your own
    ("custom-event", "custom.label", "item", r#""1.5 kg of Earl Grey""#),
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
