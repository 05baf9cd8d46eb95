//! Every document in `data/` is known everywhere: to the example `echo`, to the guide, and to the
//! error of an event that does not match.

mod support;

use miniserde::Deserialize;
use std::collections::BTreeSet;
use std::fs;
use support::program::{end, example};

/// What the documents are called in errors, by the beginning of their names. The longest counts.
const KINDS: &[(&str, &str)] = &[
    ("activemq", "an ActiveMQ event"),
    ("alb", "an Application Load Balancer event"),
    ("alexa", "an Alexa skill event"),
    ("alexa-smart-home", "an Alexa smart home event"),
    ("apigateway-authorizer", "an API Gateway authorizer event"),
    ("apigateway-http", "an API Gateway HTTP API or function URL event"),
    ("apigateway-http-1", "an API Gateway REST API event"),
    ("apigateway-rest", "an API Gateway REST API event"),
    ("apigateway-websocket", "an API Gateway WebSocket event"),
    ("appsync", "an AppSync event"),
    ("appsync-authorizer", "an AppSync authorizer event"),
    ("appsync-batch", "an AppSync batch event"),
    ("appsync-events", "an AppSync Events event"),
    ("appsync-template", "an AppSync template"),
    ("autoscaling-termination", "an Auto Scaling termination event"),
    ("bedrock-agent", "a Bedrock agent event"),
    ("bedrock-gateway", "a Bedrock gateway event"),
    ("chime", "a Chime SDK call event"),
    ("clientvpn", "a Client VPN event"),
    ("cloudformation", "a CloudFormation custom resource event"),
    ("cloudformation-hook", "a CloudFormation hook event"),
    ("cloudformation-macro", "a CloudFormation macro event"),
    ("cloudfront", "a CloudFront event"),
    ("cloudwatch-alarm", "a CloudWatch alarm event"),
    ("cloudwatch-alarm-sns", "a CloudWatch alarm from an SNS notification"),
    ("cloudwatch-dashboard", "a CloudWatch dashboard event"),
    ("cloudwatch-logs", "a CloudWatch Logs event"),
    ("cloudwatch-logs-unpacked", "unpacked CloudWatch Logs data"),
    ("codecommit", "a CodeCommit event"),
    ("codedeploy-lifecycle-hook", "a CodeDeploy lifecycle hook event"),
    ("codepipeline-job", "a CodePipeline job event"),
    ("cognito", "a Cognito event"),
    ("cognito-sync", "a Cognito Sync event"),
    ("config", "an AWS Config event"),
    ("connect", "a Connect event"),
    ("connect-outbound-campaigns", "a Connect outbound campaign event"),
    ("documentdb", "a DocumentDB event"),
    ("dynamodb", "a DynamoDB Streams event"),
    ("dynamodb-kinesis", "a DynamoDB record"),
    ("ecs-hook", "an ECS deployment hook event"),
    ("eventbridge", "an EventBridge event"),
    ("function-url", "an API Gateway HTTP API or function URL event"),
    ("iot", "an IoT authorizer event"),
    ("iot-1-click", "an IoT 1-Click event"),
    ("iot-button", "an IoT button event"),
    ("iot-job", "an IoT job event"),
    ("iot-lifecycle", "an IoT lifecycle event"),
    ("iot-preprovision-hook", "an IoT provisioning hook event"),
    ("iot-registry", "an IoT registry event"),
    ("kafka", "a Kafka event"),
    ("kinesis", "a Kinesis event"),
    ("kinesis-analytics", "a Kinesis Data Analytics event"),
    ("kinesis-firehose", "a Firehose event"),
    ("lambda-destination", "a Lambda destination event"),
    ("lex", "a Lex V1 event"),
    ("lex-v2", "a Lex V2 event"),
    ("pipes", "records of an EventBridge pipe"),
    ("rabbitmq", "a RabbitMQ event"),
    ("redshift", "a Redshift function event"),
    ("s3", "an S3 event"),
    ("s3-batch", "an S3 Batch event"),
    ("s3-object-lambda", "an S3 Object Lambda event"),
    ("s3-test", "an S3 test event"),
    ("sagemaker", "a SageMaker Ground Truth event"),
    ("secretsmanager", "a Secrets Manager rotation event"),
    ("ses", "an SES event"),
    ("ses-notification", "an SES notification"),
    ("ses-sending", "an SES sending event"),
    ("sns", "an SNS event"),
    ("sns-notification", "an SNS notification"),
    ("sqs", "an SQS event"),
    ("sqs-received", "a response of SQS's ReceiveMessage"),
    ("transfer-family", "a Transfer Family event"),
    ("transfer-family-workflow", "a Transfer Family workflow event"),
    ("vpc-lattice", "a VPC Lattice event"),
    ("workmail", "a WorkMail event"),
];

/// Documents of examples or parts of events, and one that has nothing to recognise it by.
const OTHERS: [&str; 5] =
    ["order", "item", "todo-list", "iam-policy", "cloudwatch-dashboard-describe"];

fn root() -> &'static str {
    env!("CARGO_MANIFEST_DIR")
}

fn documents() -> Vec<String> {
    let names = fs::read_dir(format!("{}/data", root())).unwrap().map(|entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.strip_suffix(".json").unwrap().to_owned()
    });
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

fn is_response(name: &str) -> bool {
    name.ends_with("-response") || name.ends_with("-refusal")
}

/// A type that no event matches.
#[derive(Debug, Deserialize)]
#[allow(dead_code, reason = "only its type is of interest")]
struct Unmatched {
    no_event_has_this_field: u8,
}

#[test]
fn each_event_is_recognised_in_an_error() {
    for name in documents().iter().filter(|name| !is_response(name) && !OTHERS.contains(&&***name))
    {
        let event = fs::read(format!("{}/data/{name}.json", root())).unwrap();
        let error = minilambda::decode::<Unmatched>(&event).unwrap_err();
        let kinds = KINDS.iter().filter(|(start, _)| name.starts_with(start));
        let (_, kind) = kinds.max_by_key(|(start, _)| start.len()).unwrap_or_else(|| {
            panic!("data/{name}.json is in no row of KINDS in tests/documents.rs")
        });
        let end = format!("; it looks like {kind}");
        assert!(
            error.message().ends_with(&end),
            "data/{name}.json: {error}\nexpected {kind}, which is in KINDS; the fields that identify \
             an event are in SHAPES of src/json/event_kind.rs"
        );
    }
}

/// The names that the example `echo` has.
fn echo_names() -> Vec<String> {
    let usage = end(&mut example("echo"), b"").stderr;
    let names = usage.lines().filter_map(|line| line.strip_prefix("  ")).map(str::to_owned);
    names.collect()
}

#[test]
fn each_document_is_decoded_by_echo_and_each_name_of_echo_has_a_document() {
    let names = echo_names();
    let mut unused: BTreeSet<_> = names.iter().cloned().collect();
    // Names that stand for EventBridge events of other services.
    for service in [
        "autoscaling",
        "codebuild",
        "codedeploy",
        "codepipeline",
        "ecr",
        "ecs",
        "cloudwatch-events",
    ] {
        unused.remove(&format!("{service}.event"));
    }
    let (documents, mut unknown) = (documents(), Vec::new());
    for document in documents.iter().filter(|name| !OTHERS.contains(&&***name)) {
        let event = fs::read(format!("{}/data/{document}.json", root())).unwrap();
        let decodes =
            |name: &&String| end(example("echo").args([&***name, "-"]), &event).code() == 0;
        let family = document.split('-').next().unwrap();
        let family = match family {
            "apigateway" => "apigw",
            "function" => "lambda",
            family => family,
        };
        let kind = if is_response(document) { ".response" } else { ".event" };
        let found: Vec<_> = names
            .iter()
            .filter(|name| name.starts_with(family) && name.ends_with(kind))
            .filter(decodes)
            .collect();
        if found.is_empty() {
            unknown.push(document);
        }
        for name in found {
            unused.remove(name);
        }
    }
    assert!(
        unknown.is_empty(),
        "no name of echo decodes {unknown:?}. A name begins with the document's first word and ends \
         with .event or .response. Is the example built again? cargo build --example echo"
    );
    assert!(unused.is_empty(), "no document for {unused:?}, names in examples/echo.rs");
}

#[test]
fn the_guide_lists_each_module_of_events() {
    let guide = fs::read_to_string(format!("{}/docs/guide/events.md", root())).unwrap();
    let lib = fs::read_to_string(format!("{}/events/src/lib.rs", root())).unwrap();
    // Files. `iam` is a part of other responses.
    let modules = lib.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let modules: Vec<_> = modules.filter(|module| *module != "iam").collect();
    assert!(modules.len() > 30, "the test finds the modules");
    for module in modules {
        let has = |before: &str| guide.contains(&format!("{before}{module}::"));
        assert!(has("`") || has("<"), "docs/guide/events.md has no row with {module}::");
    }
}
