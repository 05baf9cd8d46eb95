//! Signatures compared with those of botocore, for requests of all kinds.

use crate::credentials::Credentials;
use crate::sign::{self, Scope, UNSIGNED_PAYLOAD, Unsigned, hash};
use crate::url::{Url, encode_path};
use minilambda_events::__private::split_query;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

#[path = "../../local/tests/support/mod.rs"]
pub(crate) mod support;

/// Signs each request of a list of JSON, and prints the signatures, one in a line.
const SCRIPT: &str = r#"
import datetime, json, sys
import botocore.auth
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
for one in json.load(sys.stdin):
    now = datetime.datetime.fromtimestamp(one["time"], datetime.timezone.utc)
    botocore.auth.get_current_datetime = lambda remove_tzinfo=True, now=now: now.replace(tzinfo=None)
    request = AWSRequest(one["method"], one["url"], dict(one["headers"]), one["body"].encode())
    request.context["client_config"] = None
    keys = Credentials("AKIDEXAMPLE", "wJalr/secret", one["token"])
    if one["kind"] == "query":
        S3SigV4QueryAuth(keys, "s3", one["region"], expires=900).add_auth(request)
        print(request.url.rsplit("X-Amz-Signature=", 1)[1])
    else:
        auth = S3SigV4Auth if one["kind"] == "s3" else SigV4Auth
        request.context["payload_signing_enabled"] = True
        auth(keys, one["service"], one["region"]).add_auth(request)
        print(request.headers["Authorization"].rsplit("Signature=", 1)[1])
"#;

/// Numbers that look random, the same in each run.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % limit
    }

    fn text(&mut self, alphabet: &str, most: usize) -> String {
        let alphabet: Vec<char> = alphabet.chars().collect();
        (0..self.below(most + 1)).map(|_| alphabet[self.below(alphabet.len())]).collect()
    }
}

const COUNT: usize = 300;

#[test]
fn signatures_are_those_of_botocore() {
    let Some(boto3) = support::tool("boto3") else { return };
    let mut random = Random(7);
    let mut documents = Vec::new();
    let mut ours = Vec::new();
    for number in 0..COUNT {
        let kind = ["json", "s3", "query"][number % 3];
        let is_s3 = kind != "json";
        let letters = "aZ09-._~ /+%&=*'()!@:;,$éß日🦀\"<>[]{}|\\^`?#";
        let segments: Vec<_> = (0..random.below(4)).map(|_| random.text(letters, 8)).collect();
        let path = encode_path(&format!("/{}", segments.join("/")));
        // A URL that begins with two slashes after the host is another one for Python.
        let path =
            if path.starts_with("//") { path.trim_start_matches('/').to_owned() } else { path };
        let path = if path.starts_with('/') { path } else { format!("/{path}") };
        // Of equal names botocore's presigned URLs keep one.
        let name = |at: usize| if kind == "query" { format!("k{at}") } else { "k".to_owned() };
        let pairs: Vec<_> = (0..random.below(4))
            .map(|at| (name(at) + &random.text(letters, 5), random.text(letters, 8)))
            .collect();
        let body = random.text(letters, 40);
        let body = if kind == "query" { String::new() } else { body };
        let token = (number % 2 == 0).then(|| "a+token/with=signs".to_owned());
        let mut headers = Vec::new();
        if kind != "query" {
            headers
                .push(("x-amz-target".to_owned(), random.text("abc def  g", 12).trim().to_owned()));
            headers.push(("content-type".to_owned(), "application/x-amz-json-1.0".to_owned()));
        }
        let time = 1_700_000_000 + i64::try_from(random.below(100_000_000)).unwrap();
        let credentials = Credentials {
            access_key_id: "AKIDEXAMPLE".to_owned(),
            secret_access_key: "wJalr/secret".to_owned(),
            session_token: token.clone(),
        };
        let region = "eu-central-1";
        let others = ["dynamodb", "aoss", "glacier", "vpc-lattice-svcs"];
        let service = if is_s3 { "s3" } else { others[number % 12 / 3] };
        let url = Url {
            is_tls: true,
            host: "service.eu-central-1.amazonaws.com".to_owned(),
            path,
            query: pairs,
        };
        let payload = match kind {
            "query" => UNSIGNED_PAYLOAD.to_owned(),
            _ => hash(body.as_bytes()),
        };
        let method = ["GET", "PUT", "POST", "DELETE"][random.below(4)];
        let unsigned = Unsigned { method, url: &url, headers: &headers, payload: &payload };
        let scope = Scope { service, region, time };
        let in_header = match service {
            "aoss" | "glacier" => Some(&*payload),
            "vpc-lattice-svcs" => Some(UNSIGNED_PAYLOAD),
            _ => None,
        };
        let in_header =
            in_header.map(|payload| ("x-amz-content-sha256".to_owned(), payload.to_owned()));
        let quoted = |text: &str| miniserde::json::to_string(text);
        let mut fields = String::new();
        for (name, value) in headers.iter().chain(&in_header) {
            let _ = write!(fields, "[{},{}],", quoted(name), quoted(value));
        }
        documents.push(format!(
            r#"{{"kind":"{kind}","method":"{}","url":{},"headers":[{}],"body":{},"token":{},"service":"{service}","region":"{region}","time":{time}}}"#,
            method,
            quoted(&url.text()),
            fields.trim_end_matches(','),
            quoted(&body),
            token.as_deref().map_or("null".to_owned(), quoted),
        ));
        if kind == "query" {
            let url = sign::presign(&unsigned, &scope, &credentials, 900);
            ours.push(url.query.last().unwrap().1.clone());
        } else {
            let signed = sign::sign(&unsigned, &scope, &credentials);
            let authorization = &signed.last().unwrap().1;
            ours.push(authorization.rsplit("Signature=").next().unwrap().to_owned());
        }
    }
    let mut python = Command::new(boto3.join("bin/python3"))
        .args(["-c", SCRIPT])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let input = format!("[{}]", documents.join(","));
    python.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    let theirs = String::from_utf8(output.stdout).unwrap();
    let theirs: Vec<_> = theirs.lines().collect();
    assert_eq!(theirs.len(), COUNT, "{errors}");
    for ((ours, theirs), document) in ours.iter().zip(theirs).zip(&documents) {
        assert_eq!(ours, theirs, "{document}");
    }
}

/// Requests that this crate does not send: with equal or folded headers, with paths that are not
/// normalized or encoded once only, or with a token that is added after the signature.
const OTHERS: [&str; 5] = [
    "get-header-key-duplicate",
    "get-header-value-multiline",
    "get-header-value-order",
    "get-space-normalized",
    "post-sts-header-after",
];

#[test]
fn signatures_are_those_of_the_vectors_of_aws() {
    let Some(folder) = support::tool("sigv4_vectors") else { return };
    let mut count = 0;
    for vector in std::fs::read_dir(folder).unwrap() {
        let path = vector.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let has_signature = path.join("header-signature.txt").exists();
        if OTHERS.contains(&&*name) || name.ends_with("-unnormalized") || !has_signature {
            continue;
        }
        let read = |file: &str| std::fs::read_to_string(path.join(file)).unwrap();
        let (context, request) = (read("context.json"), read("request.txt"));
        let context: miniserde::json::Object = miniserde::json::from_str(&context).unwrap();
        let text = |object: &miniserde::json::Object, name: &str| match object.get(name) {
            Some(miniserde::json::Value::String(text)) => Some(text.clone()),
            _ => None,
        };
        let keys = match context.get("credentials") {
            Some(miniserde::json::Value::Object(keys)) => Some(keys),
            _ => None,
        }
        .unwrap();
        let credentials = Credentials {
            access_key_id: text(keys, "access_key_id").unwrap(),
            secret_access_key: text(keys, "secret_access_key").unwrap(),
            session_token: text(keys, "token"),
        };
        let (head, body) = request.split_once("\n\n").unwrap_or((&request, ""));
        let mut lines = head.lines();
        let line = lines.next().unwrap().trim_end_matches(" HTTP/1.1");
        let (method, target) = line.split_once(' ').unwrap();
        let (raw, query) = target.split_once('?').unwrap_or((target, ""));
        let decode = |text: &str| {
            percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned()
        };
        let pairs = split_query(query);
        let headers = lines.filter_map(|line| line.split_once(':'));
        let mut headers: Vec<_> =
            headers.map(|(k, v)| (k.to_ascii_lowercase(), v.trim().to_owned())).collect();
        let url = Url {
            is_tls: true,
            host: String::new(),
            path: raw.to_owned(),
            query: pairs.map(|(name, value)| (decode(name), decode(value))).collect(),
        };
        let payload = hash(body.as_bytes());
        if matches!(context.get("sign_body"), Some(miniserde::json::Value::Bool(true))) {
            headers.push(("x-amz-content-sha256".to_owned(), payload.clone()));
        }
        let unsigned = Unsigned { method, url: &url, headers: &headers, payload: &payload };
        let time = 1_440_938_160; // 2015-08-30T12:36:00Z
        let scope = Scope { service: "service", region: "us-east-1", time };
        let signed = sign::sign(&unsigned, &scope, &credentials);
        let authorization = &signed.last().unwrap().1;
        let expected = read("header-signature.txt");
        assert!(authorization.ends_with(&format!("Signature={}", expected.trim())), "{name}");
        count += 1;
    }
    assert!(count >= 25, "{count} vectors");
}
