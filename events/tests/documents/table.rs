//! The types, and the documents in `data/` that are theirs: a new one is one line.

use crate::row::{Row, event, response};
use minilambda_events::{
    alb, alexa, apigateway, appsync, autoscaling, batch, bedrock, chime, clientvpn, cloudformation,
    cloudfront, cloudwatch, codecommit, codedeploy, codepipeline, cognito, config, connect,
    destination, documentdb, dynamodb, ecs, eventbridge, iam, iot, kafka, kinesis, lattice, lex,
    mq, pipes, redshift, s3, sagemaker, secretsmanager, ses, sns, sqs, transfer, window, workmail,
};

pub static TABLE: &[Row] = &[
    // Alexa
    event::<alexa::Event>(&[
        "alexa-launch",
        "alexa-intent",
        "alexa-session-ended",
        "alexa-can-fulfill",
        "alexa-audio-player",
        "alexa-connections",
        "alexa-skill-event",
    ]),
    response::<alexa::response::Response>(&["alexa-response", "alexa-can-fulfill-response"]),
    event::<alexa::smart_home::Request>(&["alexa-smart-home", "alexa-smart-home-discover"]),
    response::<alexa::smart_home::Response>(&["alexa-smart-home-response"]),
    event::<alexa::smart_home::MessageV2>(&["alexa-smart-home-v2"]),
    // Application Load Balancer
    event::<alb::Request>(&["alb", "alb-multi-value"]),
    response::<alb::Response>(&["alb-response", "alb-multi-value-response"]),
    // API Gateway, and function URLs
    event::<apigateway::rest::Request>(&[
        "apigateway-rest",
        "apigateway-rest-iam",
        "apigateway-http-1",
    ]),
    response::<apigateway::rest::Response>(&[
        "apigateway-rest-response",
        "apigateway-websocket-response",
    ]),
    event::<apigateway::http::Request>(&[
        "apigateway-http",
        "apigateway-http-iam",
        "apigateway-http-lambda",
        "function-url",
        "function-url-iam",
    ]),
    response::<apigateway::http::Response>(&["apigateway-http-response", "function-url-response"]),
    event::<apigateway::websocket::Request>(&[
        "apigateway-websocket-connect",
        "apigateway-websocket-message",
        "apigateway-websocket-disconnect",
    ]),
    event::<apigateway::authorizer::TokenRequest>(&["apigateway-authorizer-token"]),
    event::<apigateway::authorizer::Request>(&[
        "apigateway-authorizer-request",
        "apigateway-authorizer-http-1",
    ]),
    event::<apigateway::authorizer::WebSocketRequest>(&["apigateway-authorizer-websocket"]),
    event::<apigateway::authorizer::HttpRequest>(&["apigateway-authorizer-http"]),
    response::<apigateway::authorizer::Response>(&["apigateway-authorizer-response"]),
    response::<apigateway::authorizer::SimpleResponse>(&["apigateway-authorizer-simple-response"]),
    response::<iam::Policy>(&["iam-policy"]),
    // AppSync
    event::<appsync::Event>(&[
        "appsync-cognito",
        "appsync-iam",
        "appsync-oidc",
        "appsync-lambda",
        "appsync-function",
    ]),
    event::<appsync::Batch>(&["appsync-batch"]),
    response::<Vec<appsync::BatchResult>>(&["appsync-batch-response"]),
    event::<appsync::Template>(&["appsync-template"]),
    event::<appsync::authorizer::Request>(&["appsync-authorizer", "appsync-authorizer-events"]),
    response::<appsync::authorizer::Response>(&["appsync-authorizer-response"]),
    event::<appsync::events::Event>(&["appsync-events-publish", "appsync-events-subscribe"]),
    response::<appsync::events::Response>(&["appsync-events-response", "appsync-events-refusal"]),
    // Auto Scaling
    event::<autoscaling::TerminationEvent>(&["autoscaling-termination"]),
    response::<autoscaling::TerminationResponse>(&["autoscaling-termination-response"]),
    // Bedrock agents
    event::<bedrock::Event>(&["bedrock-agent", "bedrock-agent-function"]),
    response::<bedrock::Response>(&["bedrock-agent-response"]),
    event::<bedrock::gateway::Event>(&[
        "bedrock-gateway",
        "bedrock-gateway-result",
        "bedrock-gateway-http",
    ]),
    response::<bedrock::gateway::Response>(&["bedrock-gateway-response"]),
    // Chime SDK
    event::<chime::Event>(&["chime", "chime-action"]),
    response::<chime::Response>(&["chime-response"]),
    // CloudFormation
    event::<cloudformation::Event>(&[
        "cloudformation",
        "cloudformation-update",
        "cloudformation-provider",
        "cloudformation-is-complete",
    ]),
    response::<cloudformation::Response>(&["cloudformation-response"]),
    response::<cloudformation::Completion>(&["cloudformation-is-complete-response"]),
    event::<cloudformation::hook::Event>(&["cloudformation-hook", "cloudformation-hook-stack"]),
    response::<cloudformation::hook::Response>(&["cloudformation-hook-response"]),
    event::<cloudformation::template_macro::Event>(&["cloudformation-macro"]),
    response::<cloudformation::template_macro::Response>(&["cloudformation-macro-response"]),
    // CloudFront
    event::<cloudfront::Event>(&[
        "cloudfront",
        "cloudfront-response-event",
        "cloudfront-response-only",
    ]),
    response::<cloudfront::Request>(&["cloudfront-request-response"]),
    response::<cloudfront::Response>(&["cloudfront-response"]),
    // CloudWatch
    event::<eventbridge::Event>(&["eventbridge"]),
    event::<eventbridge::Event<eventbridge::Scheduled>>(&[
        "eventbridge-scheduled",
        "eventbridge-scheduler",
    ]),
    event::<eventbridge::Event<eventbridge::S3Object>>(&[
        "eventbridge-s3",
        "eventbridge-s3-annotation",
        "eventbridge-s3-restored",
        "eventbridge-s3-retention",
    ]),
    event::<eventbridge::Event<eventbridge::Ec2StateChange>>(&["eventbridge-ec2"]),
    event::<eventbridge::Event<eventbridge::Ec2SpotInterruption>>(&["eventbridge-ec2-spot"]),
    event::<eventbridge::Event<eventbridge::autoscaling::Instance>>(&[
        "eventbridge-autoscaling",
        "eventbridge-autoscaling-lifecycle",
    ]),
    event::<eventbridge::Event<eventbridge::batch::JobStateChange>>(&["eventbridge-batch"]),
    event::<eventbridge::Event<eventbridge::codebuild::Build>>(&["eventbridge-codebuild"]),
    event::<eventbridge::Event<eventbridge::codedeploy::StateChange>>(&["eventbridge-codedeploy"]),
    event::<eventbridge::Event<eventbridge::codepipeline::StateChange>>(&[
        "eventbridge-codepipeline",
        "eventbridge-codepipeline-stopping",
    ]),
    event::<eventbridge::Event<eventbridge::ecr::Image>>(&[
        "eventbridge-ecr",
        "eventbridge-ecr-scan",
        "eventbridge-ecr-inspector",
        "eventbridge-ecr-cache",
        "eventbridge-ecr-cache-failed",
        "eventbridge-ecr-replication",
        "eventbridge-ecr-restored",
    ]),
    event::<eventbridge::Event<eventbridge::ecs::Task>>(&["eventbridge-ecs"]),
    event::<eventbridge::Event<eventbridge::ecs::ContainerInstance>>(&["eventbridge-ecs-instance"]),
    event::<eventbridge::Event<eventbridge::ecs::ServiceChange>>(&[
        "eventbridge-ecs-action",
        "eventbridge-ecs-deployment",
        "eventbridge-ecs-hook",
    ]),
    event::<eventbridge::Event<eventbridge::guardduty::ObjectScan>>(&["eventbridge-guardduty"]),
    event::<eventbridge::Event<eventbridge::health::HealthEvent>>(&["eventbridge-health"]),
    event::<eventbridge::Event<eventbridge::states::Execution>>(&["eventbridge-states"]),
    event::<eventbridge::Event<cloudwatch::alarm::AlarmData>>(&[
        "eventbridge-alarm",
        "eventbridge-alarm-state",
        "eventbridge-alarm-log",
    ]),
    event::<eventbridge::Event<eventbridge::cloudtrail::ApiCall>>(&[
        "eventbridge-cloudtrail",
        "eventbridge-controltower",
    ]),
    event::<cloudwatch::logs::Event>(&["cloudwatch-logs"]),
    event::<cloudwatch::logs::Logs>(&["cloudwatch-logs-unpacked"]),
    event::<cloudwatch::alarm::Event>(&[
        "cloudwatch-alarm",
        "cloudwatch-alarm-composite",
        "cloudwatch-alarm-log",
    ]),
    event::<cloudwatch::alarm_sns::Alarm>(&[
        "cloudwatch-alarm-sns",
        "cloudwatch-alarm-sns-math",
        "cloudwatch-alarm-sns-composite",
        "cloudwatch-alarm-sns-log",
    ]),
    event::<cloudwatch::dashboard::Event>(&[
        "cloudwatch-dashboard",
        "cloudwatch-dashboard-describe",
    ]),
    response::<cloudwatch::dashboard::Markdown>(&["cloudwatch-dashboard-response"]),
    // Cognito
    event::<cognito::sign_up::PreSignUp>(&["cognito-pre-sign-up"]),
    event::<cognito::sign_up::PostConfirmation>(&["cognito-post-confirmation"]),
    event::<cognito::sign_up::UserMigration>(&["cognito-user-migration"]),
    event::<cognito::sign_up::InboundFederation>(&[
        "cognito-inbound-federation",
        "cognito-inbound-federation-saml",
    ]),
    event::<cognito::sign_in::PreAuthentication>(&["cognito-pre-authentication"]),
    event::<cognito::sign_in::PostAuthentication>(&["cognito-post-authentication"]),
    event::<cognito::challenge::DefineAuthChallenge>(&["cognito-define-auth-challenge"]),
    event::<cognito::challenge::CreateAuthChallenge>(&["cognito-create-auth-challenge"]),
    event::<cognito::challenge::VerifyAuthChallenge>(&["cognito-verify-auth-challenge"]),
    event::<cognito::token::PreTokenGeneration>(&["cognito-pre-token-generation"]),
    event::<cognito::token::PreTokenGenerationV2>(&[
        "cognito-pre-token-generation-v2",
        "cognito-pre-token-generation-v3",
    ]),
    event::<cognito::message::CustomMessage>(&["cognito-custom-message"]),
    event::<cognito::message::CustomEmailSender>(&["cognito-custom-email-sender"]),
    event::<cognito::message::CustomSmsSender>(&["cognito-custom-sms-sender"]),
    event::<cognito::sync::Event>(&["cognito-sync"]),
    // Code…
    event::<codecommit::Event>(&["codecommit"]),
    event::<codedeploy::Event>(&["codedeploy-lifecycle-hook"]),
    event::<codepipeline::Event>(&["codepipeline-job"]),
    // Config
    event::<config::Event>(&["config"]),
    event::<eventbridge::Event<config::InvokingEvent>>(&[
        "eventbridge-config",
        "eventbridge-config-oversized",
    ]),
    // Connect
    event::<connect::Event>(&["connect", "connect-queue-name"]),
    event::<connect::campaign::Event>(&["connect-outbound-campaigns"]),
    response::<connect::campaign::Response>(&["connect-outbound-campaigns-response"]),
    // DocumentDB
    event::<documentdb::Event>(&["documentdb"]),
    // DynamoDB
    event::<dynamodb::Event>(&["dynamodb"]),
    event::<window::Event<dynamodb::Record>>(&["dynamodb-window"]),
    event::<dynamodb::Record>(&["dynamodb-kinesis"]),
    // ECS
    event::<ecs::HookEvent>(&["ecs-hook"]),
    response::<ecs::HookResponse>(&["ecs-hook-response"]),
    // IoT
    event::<iot::authorizer::Event>(&["iot"]),
    response::<iot::authorizer::Response>(&["iot-response"]),
    event::<iot::button::Event>(&["iot-button"]),
    event::<iot::button::OneClickEvent>(&["iot-1-click"]),
    event::<iot::job::Event>(&["iot-job", "iot-job-execution"]),
    event::<iot::lifecycle::Event>(&[
        "iot-lifecycle",
        "iot-lifecycle-disconnected",
        "iot-lifecycle-failed",
        "iot-lifecycle-subscribed",
    ]),
    event::<iot::provisioning::Event>(&["iot-preprovision-hook"]),
    response::<iot::provisioning::Response>(&["iot-preprovision-hook-response"]),
    event::<iot::registry::Event>(&["iot-registry"]),
    // Kafka
    event::<kafka::Event>(&["kafka", "kafka-self-managed", "kafka-self-managed-old"]),
    response::<kafka::Response>(&["kafka-response"]),
    // Kinesis
    event::<kinesis::Event>(&["kinesis"]),
    event::<window::Event<kinesis::Record>>(&["kinesis-window"]),
    response::<window::Response>(&["kinesis-window-response"]),
    event::<kinesis::analytics::Event>(&["kinesis-analytics-output", "kinesis-analytics-input"]),
    response::<kinesis::analytics::Response>(&["kinesis-analytics-response"]),
    event::<kinesis::firehose::Event>(&["kinesis-firehose", "kinesis-firehose-msk"]),
    response::<kinesis::firehose::Response>(&["kinesis-firehose-response"]),
    // Lambda's destinations
    event::<destination::Event>(&[
        "lambda-destination",
        "lambda-destination-success",
        "lambda-destination-stream",
        "lambda-destination-s3",
        "lambda-destination-kafka",
    ]),
    // Lex
    event::<lex::v1::Event>(&["lex"]),
    response::<lex::v1::Response>(&["lex-response"]),
    event::<lex::v2::Event>(&["lex-v2"]),
    response::<lex::v2::Response>(&["lex-v2-response"]),
    // MQ
    event::<mq::activemq::Event>(&["activemq"]),
    event::<mq::rabbitmq::Event>(&["rabbitmq"]),
    // Pipes
    event::<Vec<sqs::Message>>(&["pipes-sqs"]),
    event::<Vec<dynamodb::Record>>(&["pipes-dynamodb"]),
    event::<Vec<pipes::KinesisRecord>>(&["pipes-kinesis"]),
    event::<Vec<pipes::KafkaRecord>>(&["pipes-kafka"]),
    // Redshift
    event::<redshift::Event>(&["redshift"]),
    response::<redshift::Response>(&["redshift-response"]),
    // S3
    event::<s3::Event>(&["s3", "s3-removed", "s3-families"]),
    event::<s3::TestEvent>(&["s3-test"]),
    event::<s3::batch::Event>(&["s3-batch-1", "s3-batch-2"]),
    response::<s3::batch::Response>(&["s3-batch-response"]),
    event::<s3::object_lambda::Event>(&[
        "s3-object-lambda-get",
        "s3-object-lambda-head",
        "s3-object-lambda-list",
        "s3-object-lambda-list-v2",
    ]),
    response::<s3::object_lambda::Response>(&[
        "s3-object-lambda-head-response",
        "s3-object-lambda-list-response",
        "s3-object-lambda-list-v2-response",
        "s3-object-lambda-error-response",
    ]),
    // SageMaker
    event::<sagemaker::Event>(&["sagemaker"]),
    event::<sagemaker::ConsolidationEvent>(&["sagemaker-consolidation"]),
    response::<sagemaker::Response>(&["sagemaker-response"]),
    // Secrets Manager
    event::<secretsmanager::Event>(&["secretsmanager"]),
    // SES
    event::<ses::Event>(&["ses"]),
    response::<ses::Response>(&["ses-response"]),
    event::<ses::notification::Notification>(&[
        "ses-notification-bounce",
        "ses-notification-complaint",
        "ses-notification-delivery",
        "ses-notification-received",
    ]),
    event::<ses::sending::Event>(&[
        "ses-sending-bounce",
        "ses-sending-click",
        "ses-sending-failure",
        "ses-sending-open",
        "ses-sending-subscription",
    ]),
    event::<eventbridge::Event<ses::sending::Event>>(&["eventbridge-ses"]),
    // SQS and SNS
    event::<sns::Event>(&["sns", "sns-alarm"]),
    event::<sns::Notification>(&[
        "sns-notification",
        "sns-notification-subscribe",
        "sns-notification-unsubscribe",
    ]),
    event::<sqs::Event>(&["sqs", "sqs-sns"]),
    event::<sqs::Received>(&["sqs-received"]),
    response::<batch::Response>(&["sqs-response", "kinesis-response"]),
    // Transfer Family
    event::<transfer::Event>(&["transfer-family"]),
    response::<transfer::Response>(&["transfer-family-response"]),
    event::<transfer::WorkflowEvent>(&["transfer-family-workflow", "transfer-family-workflow-efs"]),
    // VPC
    event::<clientvpn::Event>(&["clientvpn"]),
    response::<clientvpn::Response>(&["clientvpn-response"]),
    event::<lattice::Request>(&["vpc-lattice-v2", "vpc-lattice-v2-single"]),
    event::<lattice::RequestV1>(&["vpc-lattice"]),
    response::<lattice::Response>(&["vpc-lattice-response"]),
    // WorkMail
    event::<workmail::Event>(&["workmail"]),
    response::<workmail::Response>(&["workmail-response"]),
];

/// A type that takes a document of another, and why the two cannot be distinguished.
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
        document: "redshift",
        taken_by: "appsync::Event",
        why: "of an AppSync event only the arguments are certain",
    },
];

/// The envelope takes any detail: each document that begins so.
pub const OF_ENVELOPE: (&str, &str) = ("eventbridge-", "eventbridge::Event");

/// Documents that are no event of AWS's.
pub static OF_EXAMPLES: &[&str] = &["item", "order", "todo-list"];
