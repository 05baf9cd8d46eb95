//! A request to an API, through each front end: no input ends the program, and each request keeps
//! its promises. The first line is the target, each other a header.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minilambda::{Context, decode};
use minilambda_http::{Api, Cors, Failure, Request, Response, get};
use miniserde::json::{self, Array, Object, Value};
use std::net::IpAddr;
use std::path::Component;

static API: Api =
    Api::new(&[get("/{first}/{rest*}", check), get("/{one}", check), get("/", check)])
        .cors(&CORS)
        .base_path("/base/path")
        .fallback(check);
const USER: &str = "arn:aws:iam::111122223333:user/ana";
static CORS: Cors = Cors::new(&["https://a.example"]);

fn check(request: &Request) -> Result<Response, Failure> {
    for (name, value) in request.params() {
        assert!(!value.is_empty());
        assert!(name != "rest" || !value.starts_with('/'));
        if let Ok(path) = request.relative_path(name) {
            assert!(path.components().all(|part| matches!(part, Component::Normal(_))));
            assert!(!path.as_os_str().is_empty());
        }
    }
    assert!(request.client_ip().is_none_or(|ip| ip.parse::<IpAddr>().is_ok()));
    // No header is a fact about the caller.
    assert!(request.authorizer("userArn").is_none_or(|arn| arn == USER));
    assert_eq!(request.authorizer("cookie"), None);
    assert!(["http", "https"].contains(&request.scheme()));
    // It was put before all others, which may be odd.
    assert_eq!(request.cookie("session"), Some("abc"));
    assert!(request.cookie("a").is_none_or(|value| !value.contains(';')));
    // It is in a separate entry, which no other can hide.
    let offered = ["application/json", "text/csv"];
    assert!(offered.contains(&request.accepts(&offered)?));
    let _ = (request.path(), request.host(), request.form(), request.json::<Value>());
    Ok(Response::redirect(302, request.header("location").unwrap_or("/")).with_cookie("a=1"))
}

fuzz_target!(|text: &str| {
    let mut lines = text.lines();
    let target = lines.next().unwrap_or_default();
    let mut pairs = vec![("cookie", "session=abc"), ("accept", "text/csv;q=0.001")];
    pairs.extend(lines.filter_map(|line| line.split_once(':')));
    for event in events(target, &pairs) {
        let event = json::to_string(&event).into_bytes();
        let response = API.serve(event, &Context::default()).unwrap();
        let Ok(Value::Object(response)) = decode(&response) else { panic!("no object") };
        assert!(response.contains_key("statusCode"));
    }
});

/// The events of a load balancer with and without multi-value headers, of a function URL, of a REST
/// API and of VPC Lattice.
fn events(target: &str, pairs: &[(&str, &str)]) -> [Object; 5] {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let (mut single, mut multi) = (Object::new(), Object::new());
    for (name, value) in pairs {
        let name = name.to_ascii_lowercase();
        let known = match single.remove(&name) {
            Some(Value::String(known)) if name == "cookie" => format!("{known}; {value}"),
            Some(Value::String(known)) => format!("{known},{value}"),
            _ => (*value).to_owned(),
        };
        single.insert(name.clone(), Value::String(known));
        let mut values = match multi.remove(&name) {
            Some(Value::Array(values)) => values,
            _ => Array::new(),
        };
        values.push(Value::String((*value).to_owned()));
        multi.insert(name, Value::Array(values));
    }
    let elb = || object([("elb", Value::Object(Object::new()))]);
    let http = object([("method", text("GET"))]);
    let rest = object([
        ("stage", text("prod")),
        ("path", text(&format!("/prod{path}"))),
        ("identity", object([("userArn", text(USER)), ("sourceIp", text("192.0.2.1"))])),
    ]);
    let lattice = object([("type", text("AWS_IAM")), ("principal", text(USER))]);
    [
        Object::from_iter([
            field("httpMethod", text("GET")),
            field("path", text(path)),
            field("headers", Value::Object(single.clone())),
            field("requestContext", elb()),
        ]),
        Object::from_iter([
            field("httpMethod", text("GET")),
            field("path", text(path)),
            field("multiValueHeaders", Value::Object(multi.clone())),
            field("requestContext", elb()),
        ]),
        Object::from_iter([
            field("resource", text("/{proxy+}")),
            field("httpMethod", text("GET")),
            field("path", text(path)),
            field("headers", Value::Object(single.clone())),
            field("multiValueHeaders", Value::Object(multi.clone())),
            field("requestContext", rest),
        ]),
        Object::from_iter([
            field("version", text("2.0")),
            field("method", text("GET")),
            field("path", text(target)),
            field("headers", Value::Object(multi)),
            field("requestContext", object([("identity", lattice)])),
        ]),
        Object::from_iter([
            field("rawPath", text(path)),
            field("rawQueryString", text(query)),
            field("headers", Value::Object(single)),
            field("requestContext", object([("http", http)])),
        ]),
    ]
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn field(name: &str, value: Value) -> (String, Value) {
    (name.to_owned(), value)
}

fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| field(name, value)).collect())
}
