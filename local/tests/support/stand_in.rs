//! moto with its queues, and the tool with a file of sources.
#![allow(dead_code, reason = "each test uses a part")]

use crate::running::{Tool, start};
use crate::support::tool;
use minilambda_local::{Lambda, Moto};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, thread};

pub fn folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

pub fn file(name: &str, text: &str) -> PathBuf {
    let path = folder().join(name);
    fs::write(&path, text).unwrap();
    path
}

pub fn moto() -> Option<Moto> {
    tool("moto_server").map(|program| Moto::start_program(program).unwrap())
}

/// Calls a service with a version of AWS's JSON protocol. `target` is its name there and the
/// action.
pub fn call(aws: &Moto, service: &str, version: &str, target: &str, body: &str) -> String {
    let target = format!("X-Amz-Target: {target}");
    let kind = format!("Content-Type: application/x-amz-json-{version}");
    aws.call(service, "POST /", &[&kind, &target], body).unwrap()
}

pub fn sqs(aws: &Moto, action: &str, body: &str) -> String {
    call(aws, "sqs", "1.0", &format!("AmazonSQS.{action}"), body)
}

pub fn kinesis(aws: &Moto, action: &str, body: &str) -> String {
    call(aws, "kinesis", "1.1", &format!("Kinesis_20131202.{action}"), body)
}

pub fn create(aws: &Moto, name: &str, attributes: &str) -> String {
    let body = format!(r#"{{"QueueName":"{name}","Attributes":{{{attributes}}}}}"#);
    let got = sqs(aws, "CreateQueue", &body);
    got.split('"').find(|part| part.starts_with("http")).unwrap().to_owned()
}

pub fn send(aws: &Moto, url: &str, body: &str, more: &str) {
    let message = format!(r#"{{"QueueUrl":"{url}","MessageBody":"{body}"{more}}}"#);
    sqs(aws, "SendMessage", &message);
}

/// The messages of a queue that wait, and those that are received.
pub fn count(aws: &Moto, url: &str) -> (String, String) {
    let body = format!(r#"{{"QueueUrl":"{url}","AttributeNames":["All"]}}"#);
    let got = sqs(aws, "GetQueueAttributes", &body);
    let number = |name: &str| {
        let rest = got.split(&format!("\"{name}\": \"")).nth(1);
        let rest = rest.or_else(|| got.split(&format!("\"{name}\":\"")).nth(1));
        rest.and_then(|rest| rest.split('"').next()).unwrap_or("none").to_owned()
    };
    (number("ApproximateNumberOfMessages"), number("ApproximateNumberOfMessagesNotVisible"))
}

pub fn wait_until(what: &str, is_true: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_true() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        thread::sleep(Duration::from_millis(50));
    }
}

pub fn start_with(aws: Option<&Moto>, name: &str, sources: &Path) -> Tool {
    start_with_options(aws, name, sources, &[])
}

pub fn start_with_options(aws: Option<&Moto>, name: &str, sources: &Path, more: &[&str]) -> Tool {
    let variables = aws.map_or(String::new(), |aws| format!("AWS_ENDPOINT_URL={}\n", aws.url()));
    let variables = file(&format!("{name}.env"), &variables);
    let program = Lambda::path_of_example("functions").display().to_string();
    let files = [variables.to_str().unwrap(), sources.to_str().unwrap()];
    let [variables, sources] = files;
    let options = [&*program, "--timeout", "1", "--env-file", variables, "--sources", sources];
    start(folder(), &[&options, more].concat())
}
