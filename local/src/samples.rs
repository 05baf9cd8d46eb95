//! Sample events, one or more of each source, from the documents of this project.

/// A sample: the service that sends it and for what, the name of its file, and the document.
pub(crate) struct Sample {
    pub service: &'static str,
    pub description: &'static str,
    pub name: &'static str,
    pub document: &'static str,
}

macro_rules! samples {
    ($($service:literal, $description:literal: $($name:literal)*;)*) => {
        pub(crate) static SAMPLES: &[Sample] = &[$($(Sample {
            service: $service,
            description: $description,
            name: $name,
            document: include_str!(concat!("../data/", $name, ".json")),
        },)*)*];
    };
}

samples! {
    "API Gateway", "HTTP APIs, REST APIs, WebSockets, their authorizers": "apigateway-authorizer-http" "apigateway-authorizer-http-1"
        "apigateway-authorizer-request" "apigateway-authorizer-token"
        "apigateway-authorizer-websocket" "apigateway-http" "apigateway-http-1"
        "apigateway-http-iam" "apigateway-http-lambda" "apigateway-rest" "apigateway-rest-iam"
        "apigateway-websocket-connect" "apigateway-websocket-disconnect"
        "apigateway-websocket-message";
    "Function URL", "HTTP requests without an API": "function-url" "function-url-iam";
    "Application Load Balancer", "HTTP requests to a target group": "alb" "alb-multi-value";
    "VPC Lattice", "HTTP requests between services": "vpc-lattice" "vpc-lattice-v2" "vpc-lattice-v2-single";
    "SQS", "messages of a queue": "sqs" "sqs-received" "sqs-sns";
    "SNS", "notifications of a topic, also over HTTPS": "sns" "sns-alarm" "sns-notification" "sns-notification-subscribe"
        "sns-notification-unsubscribe";
    "S3", "uploads, removals, batch operations, Object Lambda": "s3" "s3-batch-1" "s3-batch-2" "s3-object-lambda-get" "s3-object-lambda-head"
        "s3-object-lambda-list" "s3-object-lambda-list-v2" "s3-removed" "s3-test";
    "DynamoDB", "changes of a table, from its stream": "dynamodb" "dynamodb-kinesis" "dynamodb-window";
    "Kinesis", "records of a stream, Firehose, analytics": "kinesis" "kinesis-analytics-input" "kinesis-firehose" "kinesis-firehose-msk"
        "kinesis-window";
    "EventBridge", "schedules (cron), rules, events of AWS services": "eventbridge" "eventbridge-alarm" "eventbridge-alarm-log" "eventbridge-alarm-state"
        "eventbridge-autoscaling"
        "eventbridge-autoscaling-lifecycle" "eventbridge-batch" "eventbridge-cloudtrail" "eventbridge-controltower"
        "eventbridge-codebuild"
        "eventbridge-codedeploy" "eventbridge-codepipeline" "eventbridge-codepipeline-stopping"
        "eventbridge-config" "eventbridge-config-oversized" "eventbridge-ec2" "eventbridge-ec2-spot" "eventbridge-ecr" "eventbridge-ecr-inspector"
        "eventbridge-ecr-cache" "eventbridge-ecr-cache-failed" "eventbridge-ecr-replication" "eventbridge-ecr-restored"
        "eventbridge-ecr-scan" "eventbridge-ecs" "eventbridge-ecs-action" "eventbridge-ecs-deployment"
        "eventbridge-ecs-hook" "eventbridge-ecs-instance" "eventbridge-guardduty" "eventbridge-health" "eventbridge-s3"
        "eventbridge-s3-annotation" "eventbridge-s3-restored" "eventbridge-s3-retention"
        "eventbridge-scheduled" "eventbridge-scheduler" "eventbridge-ses"
        "eventbridge-states";
    "EventBridge Pipes", "batches of a pipe": "pipes-dynamodb" "pipes-kafka" "pipes-kinesis" "pipes-sqs";
    "CloudWatch", "alarms, log subscriptions, widgets of dashboards": "cloudwatch-alarm" "cloudwatch-alarm-composite" "cloudwatch-alarm-log"
        "cloudwatch-alarm-sns" "cloudwatch-alarm-sns-composite" "cloudwatch-alarm-sns-log" "cloudwatch-alarm-sns-math" "cloudwatch-dashboard"
        "cloudwatch-dashboard-describe" "cloudwatch-logs";
    "CloudFormation", "custom resources, hooks, macros": "cloudformation" "cloudformation-hook"
        "cloudformation-hook-stack" "cloudformation-macro" "cloudformation-is-complete" "cloudformation-provider"
        "cloudformation-update";
    "CloudFront", "Lambda@Edge: viewers and origins": "cloudfront" "cloudfront-response-event" "cloudfront-response-only";
    "Cognito", "sign-up, login, tokens and messages of a user pool": "cognito-create-auth-challenge" "cognito-custom-email-sender"
        "cognito-custom-message" "cognito-custom-sms-sender" "cognito-define-auth-challenge"
        "cognito-inbound-federation" "cognito-inbound-federation-saml"
        "cognito-post-authentication" "cognito-post-confirmation" "cognito-pre-authentication"
        "cognito-pre-sign-up" "cognito-pre-token-generation" "cognito-pre-token-generation-v2"
        "cognito-pre-token-generation-v3" "cognito-sync" "cognito-user-migration"
        "cognito-verify-auth-challenge";
    "AppSync", "GraphQL resolvers, real-time channels, authorizers": "appsync-authorizer" "appsync-authorizer-events" "appsync-batch" "appsync-cognito"
        "appsync-events-publish" "appsync-events-subscribe" "appsync-function" "appsync-iam"
        "appsync-lambda" "appsync-oidc" "appsync-template";
    "Alexa", "skills: intents, audio, smart home": "alexa-audio-player" "alexa-can-fulfill" "alexa-connections" "alexa-intent"
        "alexa-launch" "alexa-session-ended" "alexa-skill-event" "alexa-smart-home"
        "alexa-smart-home-discover" "alexa-smart-home-v2";
    "Kafka", "records of topics, in MSK or your own cluster": "kafka" "kafka-self-managed" "kafka-self-managed-old";
    "Amazon MQ", "messages of ActiveMQ and RabbitMQ": "activemq" "rabbitmq";
    "Lex", "intents of a chat bot": "lex" "lex-v2";
    "SES", "received mail, bounces, complaints, opens and clicks": "ses" "ses-notification-bounce" "ses-notification-complaint"
        "ses-notification-delivery" "ses-notification-received"
        "ses-sending-bounce" "ses-sending-click" "ses-sending-failure" "ses-sending-open"
        "ses-sending-subscription";
    "IoT", "topics, buttons, certificates of devices": "iot" "iot-1-click" "iot-button" "iot-job" "iot-job-execution" "iot-lifecycle"
        "iot-lifecycle-disconnected" "iot-lifecycle-failed" "iot-lifecycle-subscribed"
        "iot-preprovision-hook" "iot-registry";
    "Auto Scaling", "instances that may be terminated": "autoscaling-termination";
    "Bedrock", "actions of an agent, interceptors of a gateway": "bedrock-agent" "bedrock-agent-function"
        "bedrock-gateway" "bedrock-gateway-http" "bedrock-gateway-result";
    "Chime SDK", "phone calls of a SIP media application": "chime" "chime-action";
    "ECS", "stages of a deployment": "ecs-hook";
    "Redshift", "functions in SQL": "redshift";
    "Code services", "repositories, deployments, pipelines": "codecommit" "codedeploy-lifecycle-hook" "codepipeline-job";
    "Connect", "calls of a contact centre, campaigns": "connect" "connect-outbound-campaigns" "connect-queue-name";
    "Config", "checks of resources by a rule": "config";
    "Secrets Manager", "rotation of a secret": "secretsmanager";
    "SageMaker", "labels before and after people": "sagemaker" "sagemaker-consolidation";
    "DocumentDB", "changes of a collection": "documentdb";
    "Lambda destinations", "results and failures of asynchronous events": "lambda-destination" "lambda-destination-kafka"
        "lambda-destination-s3" "lambda-destination-stream"
        "lambda-destination-success";
    "Transfer Family", "logins over SFTP, steps of workflows": "transfer-family"
        "transfer-family-workflow" "transfer-family-workflow-efs";
    "Client VPN", "connections of clients": "clientvpn";
    "WorkMail", "mail on its way": "workmail";
    "Custom", "events of your own programs": "order" "todo-list";
}

#[cfg(test)]
mod tests {
    use super::SAMPLES;
    use std::collections::BTreeSet;

    /// Documents that are no events.
    fn is_other(name: &str) -> bool {
        name.ends_with("-response")
            || [
                "iam-policy",
                "item",
                "s3-families",
                "appsync-events-refusal",
                "cloudwatch-logs-unpacked",
            ]
            .contains(&name)
            || name == "kinesis-analytics-output"
    }

    #[test]
    fn each_event_of_the_data_is_a_sample() {
        let samples: BTreeSet<_> = SAMPLES.iter().map(|sample| sample.name.to_owned()).collect();
        assert_eq!(samples.len(), SAMPLES.len());
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/data");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let events: BTreeSet<_> = files
            .map(|path| path.file_stem().unwrap().to_string_lossy().into_owned())
            .filter(|name| !is_other(name))
            .collect();
        assert_eq!(samples, events);
        for sample in SAMPLES {
            assert!(crate::json::parse(sample.document.as_bytes()).is_some(), "{}", sample.name);
        }
    }
}
