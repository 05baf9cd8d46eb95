//! The types, and the documents in `data/` that are theirs: a new one is one line.

use crate::row::{Row, event, response};
use minilambda_events::{
    alb, alexa, alexa_smart_home, apigateway, apigateway_authorizer, apigateway_http,
    apigateway_websocket, appsync, appsync_authorizer, appsync_events, cloudwatch_alarm,
    cloudwatch_alarm_sns, cloudwatch_dashboard, cloudwatch_logs, cognito_challenge,
    cognito_message, cognito_sign_in, cognito_sign_up, cognito_sync, cognito_token, dynamodb,
    eventbridge, iam, kinesis, kinesis_analytics, kinesis_firehose, s3, s3_batch, s3_object_lambda,
    sns, sqs,
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
    event::<eventbridge::Event>("eventbridge::Event", &["eventbridge"]),
    event::<eventbridge::Event<eventbridge::Scheduled>>(
        "eventbridge::Event<eventbridge::Scheduled>",
        &["eventbridge-scheduled", "eventbridge-scheduler"],
    ),
    event::<eventbridge::Event<eventbridge::S3Object>>(
        "eventbridge::Event<eventbridge::S3Object>",
        &["eventbridge-s3", "eventbridge-s3-restored"],
    ),
    event::<eventbridge::Event<eventbridge::Ec2StateChange>>(
        "eventbridge::Event<eventbridge::Ec2StateChange>",
        &["eventbridge-ec2"],
    ),
    event::<eventbridge::Event<cloudwatch_alarm::AlarmData>>(
        "eventbridge::Event<cloudwatch_alarm::AlarmData>",
        &["eventbridge-alarm"],
    ),
    event::<cloudwatch_logs::Event>("cloudwatch_logs::Event", &["cloudwatch-logs"]),
    event::<cloudwatch_logs::Logs>("cloudwatch_logs::Logs", &["cloudwatch-logs-unpacked"]),
    event::<cloudwatch_alarm::Event>(
        "cloudwatch_alarm::Event",
        &["cloudwatch-alarm", "cloudwatch-alarm-composite"],
    ),
    event::<cloudwatch_alarm_sns::Alarm>(
        "cloudwatch_alarm_sns::Alarm",
        &["cloudwatch-alarm-sns", "cloudwatch-alarm-sns-math", "cloudwatch-alarm-sns-composite"],
    ),
    event::<cloudwatch_dashboard::Event>(
        "cloudwatch_dashboard::Event",
        &["cloudwatch-dashboard", "cloudwatch-dashboard-describe"],
    ),
    response::<cloudwatch_dashboard::Markdown>(
        "cloudwatch_dashboard::Markdown",
        &["cloudwatch-dashboard-response"],
    ),
    // Cognito
    event::<cognito_sign_up::PreSignUp>("cognito_sign_up::PreSignUp", &["cognito-pre-sign-up"]),
    event::<cognito_sign_up::PostConfirmation>(
        "cognito_sign_up::PostConfirmation",
        &["cognito-post-confirmation"],
    ),
    event::<cognito_sign_up::UserMigration>(
        "cognito_sign_up::UserMigration",
        &["cognito-user-migration"],
    ),
    event::<cognito_sign_up::InboundFederation>(
        "cognito_sign_up::InboundFederation",
        &["cognito-inbound-federation", "cognito-inbound-federation-saml"],
    ),
    event::<cognito_sign_in::PreAuthentication>(
        "cognito_sign_in::PreAuthentication",
        &["cognito-pre-authentication"],
    ),
    event::<cognito_sign_in::PostAuthentication>(
        "cognito_sign_in::PostAuthentication",
        &["cognito-post-authentication"],
    ),
    event::<cognito_challenge::DefineAuthChallenge>(
        "cognito_challenge::DefineAuthChallenge",
        &["cognito-define-auth-challenge"],
    ),
    event::<cognito_challenge::CreateAuthChallenge>(
        "cognito_challenge::CreateAuthChallenge",
        &["cognito-create-auth-challenge"],
    ),
    event::<cognito_challenge::VerifyAuthChallenge>(
        "cognito_challenge::VerifyAuthChallenge",
        &["cognito-verify-auth-challenge"],
    ),
    event::<cognito_token::PreTokenGeneration>(
        "cognito_token::PreTokenGeneration",
        &["cognito-pre-token-generation"],
    ),
    event::<cognito_token::PreTokenGenerationV2>(
        "cognito_token::PreTokenGenerationV2",
        &["cognito-pre-token-generation-v2", "cognito-pre-token-generation-v3"],
    ),
    event::<cognito_message::CustomMessage>(
        "cognito_message::CustomMessage",
        &["cognito-custom-message"],
    ),
    event::<cognito_message::CustomEmailSender>(
        "cognito_message::CustomEmailSender",
        &["cognito-custom-email-sender"],
    ),
    event::<cognito_message::CustomSmsSender>(
        "cognito_message::CustomSmsSender",
        &["cognito-custom-sms-sender"],
    ),
    event::<cognito_sync::Event>("cognito_sync::Event", &["cognito-sync"]),
    // DynamoDB
    event::<dynamodb::Event>("dynamodb::Event", &["dynamodb"]),
    event::<dynamodb::WindowEvent>("dynamodb::WindowEvent", &["dynamodb-window"]),
    event::<dynamodb::Record>("dynamodb::Record", &["dynamodb-kinesis"]),
    // Kinesis
    event::<kinesis::Event>("kinesis::Event", &["kinesis"]),
    event::<kinesis::WindowEvent>("kinesis::WindowEvent", &["kinesis-window"]),
    response::<kinesis::Response>("kinesis::Response", &["kinesis-response"]),
    response::<kinesis::WindowResponse>("kinesis::WindowResponse", &["kinesis-window-response"]),
    event::<kinesis_analytics::Event>(
        "kinesis_analytics::Event",
        &["kinesis-analytics-output", "kinesis-analytics-input"],
    ),
    response::<kinesis_analytics::Response>(
        "kinesis_analytics::Response",
        &["kinesis-analytics-response"],
    ),
    event::<kinesis_firehose::Event>(
        "kinesis_firehose::Event",
        &["kinesis-firehose", "kinesis-firehose-msk"],
    ),
    response::<kinesis_firehose::Response>(
        "kinesis_firehose::Response",
        &["kinesis-firehose-response"],
    ),
    // S3
    event::<s3::Event>("s3::Event", &["s3", "s3-removed", "s3-families"]),
    event::<s3::TestEvent>("s3::TestEvent", &["s3-test"]),
    event::<s3_batch::Event>("s3_batch::Event", &["s3-batch-1", "s3-batch-2"]),
    response::<s3_batch::Response>("s3_batch::Response", &["s3-batch-response"]),
    event::<s3_object_lambda::Event>(
        "s3_object_lambda::Event",
        &[
            "s3-object-lambda-get",
            "s3-object-lambda-head",
            "s3-object-lambda-list",
            "s3-object-lambda-list-v2",
        ],
    ),
    response::<s3_object_lambda::Response>(
        "s3_object_lambda::Response",
        &[
            "s3-object-lambda-head-response",
            "s3-object-lambda-list-response",
            "s3-object-lambda-list-v2-response",
            "s3-object-lambda-error-response",
        ],
    ),
    // SQS and SNS
    event::<sns::Event>("sns::Event", &["sns", "sns-alarm"]),
    event::<sns::Notification>("sns::Notification", &["sns-notification"]),
    event::<sqs::Event>("sqs::Event", &["sqs", "sqs-sns"]),
    response::<sqs::Response>("sqs::Response", &["sqs-response"]),
];

/// A type that takes a document of another, and why the two cannot be told apart.
pub struct SameShape {
    pub document: &'static str,
    pub taken_by: &'static str,
    pub why: &'static str,
}

pub static SAME_SHAPE: &[SameShape] = &[
    SameShape {
        document: "dynamodb-window",
        taken_by: "dynamodb::Event",
        why: "a batch in a window is a batch, with more said of it",
    },
    SameShape {
        document: "kinesis-window",
        taken_by: "kinesis::Event",
        why: "a batch in a window is a batch, with more said of it",
    },
    SameShape {
        document: "eventbridge-scheduled",
        taken_by: "eventbridge::Event",
        why: ANY_DETAIL,
    },
    SameShape {
        document: "eventbridge-scheduler",
        taken_by: "eventbridge::Event",
        why: ANY_DETAIL,
    },
    SameShape { document: "eventbridge-s3", taken_by: "eventbridge::Event", why: ANY_DETAIL },
    SameShape {
        document: "eventbridge-s3-restored",
        taken_by: "eventbridge::Event",
        why: ANY_DETAIL,
    },
    SameShape { document: "eventbridge-ec2", taken_by: "eventbridge::Event", why: ANY_DETAIL },
    SameShape { document: "eventbridge-alarm", taken_by: "eventbridge::Event", why: ANY_DETAIL },
];

const ANY_DETAIL: &str = "it is the envelope with any detail";

/// Documents that are no event of AWS's.
pub static OF_EXAMPLES: &[&str] = &["item", "order"];
