//! The catalog compared with the models of botocore.

use crate::catalog::{ALL, DYNAMODB, SFN};
use crate::endpoint::host;
use crate::service::Protocol;
use crate::sign_tests::support;
use std::process::Command;
use std::time::Duration;

/// Prints the actions of each service, and the prefixes of hosts.
const SCRIPT: &str = r#"
import botocore.session, sys
session = botocore.session.get_session()
for name in sys.argv[1:]:
    model = session.get_service_model(name)
    for action in model.operation_names:
        endpoint = model.operation_model(action).endpoint or {}
        print(model.signing_name, model.metadata.get("targetPrefix", model.api_version), action,
            endpoint.get("hostPrefix", ""), sep=";")
"#;

const NAMES: &str = "athena logs cognito-idp dynamodb ecs events firehose kinesis kms secretsmanager \
                         ses stepfunctions sns sqs ssm sts";

#[test]
fn every_action_that_is_named_is_one_of_aws() {
    let Some(boto3) = support::tool("boto3") else { return };
    let python = boto3.join("bin/python3");
    let output = Command::new(python).args(["-c", SCRIPT]).args(NAMES.split(' ')).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Vec<_>> = text.lines().map(|line| line.split(';').collect()).collect();
    assert!(lines.len() > 500, "{}", String::from_utf8_lossy(&output.stderr));
    let (mut count, mut hosts) = (0, 0);
    for (name, service) in ALL {
        let target = match service.protocol {
            Protocol::Json { target, .. } => target,
            Protocol::Query { version } => version,
            Protocol::Rest => continue,
        };
        let find = |action: &str| {
            let is_it = |line: &&Vec<&str>| {
                line[0] == service.signing_name && line[1] == target && line[2] == action
            };
            lines.iter().find(is_it).ok_or(format!("{name} has no {action}")).unwrap()
        };
        for action in service.reads.split(' ') {
            find(action);
            count += 1;
        }
        for (action, _) in service.waits {
            assert_eq!(find(action)[2], *action);
        }
        for (action, prefix) in service.hosts {
            assert_eq!(find(action)[3], *prefix, "{action}");
            hosts += 1;
        }
    }
    assert!(count > 250 && hosts == 4, "{count} {hosts}");
    let repeats = |service: &str, action: &str| {
        let (_, service) = ALL.iter().find(|(name, _)| *name == service).unwrap();
        service.reads.split(' ').any(|it| it == action)
    };
    assert!(repeats("DYNAMODB", "GetItem") && !repeats("SFN", "GetActivityTask"));
    assert!(!repeats("SQS", "ReceiveMessage") && !repeats("DYNAMODB", "UpdateItem"));
    assert!(!repeats("SFN", "TestState"), "it executes a state, with what that calls");
    assert!(!repeats("COGNITO_IDENTITY_PROVIDER", "GetTokensFromRefreshToken"));
}

#[test]
fn what_responds_late_is_waited_for() {
    let seconds = |service: &str, action: &str, body: &str| {
        let (_, service) = ALL.iter().find(|(name, _)| *name == service).unwrap();
        let client = service.client();
        let wait = match service.protocol {
            Protocol::Rest => client.wait(|end| action.ends_with(end), body.as_bytes()),
            _ => client.wait(|of| of == action, body.as_bytes()),
        };
        client.limits(wait).head.as_secs()
    };
    for (service, action, body, expected) in [
        ("LAMBDA", "/2015-03-31/functions/report/invocations", "", 1800),
        ("LAMBDA", "/2021-11-15/functions/report/response-streaming-invocations", "", 1800),
        ("LAMBDA", "/2015-03-31/functions/report", "", 60),
        ("BEDROCK_RUNTIME", "/model/x/invoke", "", 1800),
        ("BEDROCK_RUNTIME", "/model/x/converse", "", 1800),
        ("SFN", "StartSyncExecution", "{}", 1800),
        ("SFN", "StartExecution", "{}", 60),
        ("SFN", "GetActivityTask", "{}", 65),
        ("SQS", "ReceiveMessage", r#"{"QueueUrl":"u","WaitTimeSeconds":20}"#, 30),
        ("SQS", "ReceiveMessage", r#"{"WaitTimeSeconds":0}"#, 60),
        ("SQS", "ReceiveMessage", r#"{"WaitTimeSeconds":"x"}"#, 60),
        ("SQS", "ReceiveMessage", "{}", 60),
        ("SQS", "SendMessage", r#"{"WaitTimeSeconds":20}"#, 60),
        ("DYNAMODB", "Scan", "{}", 60),
    ] {
        assert_eq!(seconds(service, action, body), expected, "{service} {action} {body}");
    }
    let limits = DYNAMODB.client().limits(None);
    assert_eq!((limits.connect.as_secs(), limits.between.as_secs()), (3, 60));
    assert_eq!(limits.max_response_bytes, 64 * 1024 * 1024);
    let chosen = SFN.client().timeout(Duration::from_secs(7));
    assert_eq!(chosen.limits(Some(Duration::from_secs(1800))).head.as_secs(), 7);
}

#[test]
fn the_password_of_an_endpoint_is_not_shown() {
    let client = DYNAMODB.client().endpoint("http://ada:hunter2@a");
    assert!(!format!("{client:?}").contains("hunter2"), "{client:?}");
}

/// Prints the host of each service in each region, of each kind; nothing for one that is not there.
const HOSTS: &str = r#"
import botocore.session, itertools, sys
from botocore.endpoint_provider import EndpointProvider
loader = botocore.session.get_session().get_component("data_loader")
partitions = loader.load_data("partitions")
names, regions = (text.split(" ") for text in sys.argv[1:])
for pair in names:
    prefix, name = pair.split("=")
    provider = EndpointProvider(loader.load_service_model(name, "endpoint-rule-set-1"), partitions)
    for region, fips, dual in itertools.product(regions, (False, True), (False, True)):
        try:
            url = provider.resolve_endpoint(Region=region, UseFIPS=fips, UseDualStack=dual).url
        except Exception:
            continue
        print(prefix, region, fips, dual, url, sep=";")
"#;

const PREFIXES: &str = "appconfigdata=appconfigdata appsync=appsync athena=athena \
     bedrock-runtime=bedrock-runtime cognito-idp=cognito-idp dynamodb=dynamodb ecs=ecs email=ses \
     email=sesv2 es=es events=events execute-api=apigatewaymanagementapi firehose=firehose \
     kinesis=kinesis kms=kms lambda=lambda logs=logs portal.sso=sso s3=s3 scheduler=scheduler \
     secretsmanager=secretsmanager sns=sns sqs=sqs ssm=ssm states=stepfunctions sts=sts";

const REGIONS: &str = "us-east-1 us-west-1 eu-central-1 ca-west-1 ap-southeast-7 us-gov-west-1 \
     us-gov-east-1 cn-north-1 cn-northwest-1 eusc-de-east-1 us-iso-east-1 us-isob-east-1 \
     eu-isoe-west-1 us-isof-south-1";

#[test]
fn hosts_are_those_of_botocore() {
    let Some(boto3) = support::tool("boto3") else { return };
    for (_, service) in ALL {
        assert!(PREFIXES.contains(&format!("{}=", service.prefix)), "{}", service.prefix);
    }
    let python = boto3.join("bin/python3");
    let output = Command::new(python).args(["-c", HOSTS, PREFIXES, REGIONS]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.lines().count() > 1000, "{}", String::from_utf8_lossy(&output.stderr));
    let mut others = Vec::new();
    for line in text.lines() {
        let fields: Vec<_> = line.split(';').collect();
        let ours = host(fields[0], fields[1], fields[2] == "True", fields[3] == "True");
        if fields[4] != format!("https://{ours}") {
            others.push(format!("{line}: {ours}"));
        }
    }
    assert!(others.is_empty(), "{others:#?}");
}
