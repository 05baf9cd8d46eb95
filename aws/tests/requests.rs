//! Requests compared with those of botocore, at a server that computes each signature from the
//! bytes it received.

#[path = "../../local/tests/support/mod.rs"]
mod local_support;

use local_support::tool;
use minilambda_local::Lambda;
use miniserde::json::{self, Array, Object, Value};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

const SERVICES: &str = "dynamodb sqs sns ssm secretsmanager kms events stepfunctions kinesis firehose logs \
    cognito-idp ecs athena sts ses sesv2 lambda scheduler s3 apigatewaymanagementapi bedrock-runtime";

fn text<'a>(object: &'a Object, name: &str) -> &'a str {
    match &object[name] {
        Value::String(text) => text,
        other => panic!("{name} is {}", json::to_string(other)),
    }
}

fn array<'a>(object: &'a Object, name: &str) -> &'a Array {
    match &object[name] {
        Value::Array(array) => array,
        other => panic!("{name} is {}", json::to_string(other)),
    }
}

fn object(value: &Value) -> &Object {
    match value {
        Value::Object(object) => object,
        other => panic!("no object: {}", json::to_string(other)),
    }
}

/// The parts of a request in one text. A body of JSON is compared by its meaning: fields in their
/// order.
fn parts(request: &Object) -> String {
    let body = text(request, "body");
    let is_json = body.starts_with('{');
    let body = match json::from_str::<Object>(body) {
        Ok(object) if is_json => json::to_string(&object),
        _ => form(body),
    };
    let rest = ["method", "path", "query", "headers"];
    let rest: Vec<_> = rest.iter().map(|name| json::to_string(&request[*name])).collect();
    format!("{}\n{body}", rest.join("\n"))
}

/// A form with its pairs in their order, and a plus for no blank.
fn form(body: &str) -> String {
    let mut pairs: Vec<_> = body.split('&').map(|pair| pair.replace('+', "%20")).collect();
    pairs.sort();
    pairs.join("&")
}

#[test]
fn requests_are_those_of_botocore_and_their_signatures_are_valid() {
    let Some(boto3) = tool("boto3") else { return };
    let mut python = Command::new(boto3.join("bin/python3"))
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/judge.py"))
        .args(SERVICES.split_whitespace())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(python.stdout.take().unwrap()).lines();
    let mut next = || json::from_str::<Object>(&lines.next().unwrap().unwrap()).unwrap();
    let first = next();
    let cases = array(&first, "cases");
    let lambda = Lambda::builder(Lambda::path_of_example("aws-requests"))
        .timeout(Duration::from_secs(120))
        .env("AWS_ENDPOINT_URL", text(&first, "url"))
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "a-secret-that-nobody-sees")
        .env("AWS_SESSION_TOKEN", "a-token-that-nobody-sees")
        .build();
    let mut services = BTreeSet::new();
    for case in cases.iter().map(object) {
        let name = text(case, "name");
        let done = lambda.invoke(text(case, "handler"), text(case, "event")).unwrap();
        assert!(done.text().starts_with("\"done"), "{name}: {} {:#?}", done.text(), done.log);
        let sent = next();
        assert!(
            matches!(sent["is_valid"], Value::Bool(true)),
            "{name}: {}",
            json::to_string(&sent)
        );
        assert_eq!(parts(&sent), parts(object(&case["wanted"])), "{name}");
        services.insert(name.split(' ').next().unwrap());
    }
    let counts = (cases.iter().count(), services.len());
    assert!(counts.0 >= 100 && counts.1 >= 20, "{counts:?}");
    drop(python.stdin.take());
    python.wait().unwrap();
}
