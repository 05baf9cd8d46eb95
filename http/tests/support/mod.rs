//! The event of each front end for a request, and what a client gets of a response.

use minilambda_events::Base64;
use miniserde::json::{self, Array, Number, Object, Value};
use std::fs;

/// A request as a client writes it.
pub struct Sent {
    pub method: &'static str,
    /// Percent-encoded.
    pub path: &'static str,
    /// Percent-encoded.
    pub query: &'static str,
    pub headers: &'static [(&'static str, &'static str)],
    pub cookies: &'static [&'static str],
    pub body: &'static [u8],
}

pub const SIMPLE: Sent =
    Sent { method: "GET", path: "/echo/a", query: "", headers: &[], cookies: &[], body: b"" };

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FrontEnd {
    Rest,
    HttpV1,
    Http,
    HttpStage,
    FunctionUrl,
    Alb,
    AlbMultiValue,
    LatticeV1,
    LatticeV2,
}
pub use FrontEnd::{
    Alb, AlbMultiValue, FunctionUrl, Http, HttpStage, HttpV1, LatticeV1, LatticeV2, Rest,
};

pub const ALL: [FrontEnd; 9] =
    [Rest, HttpV1, Http, HttpStage, FunctionUrl, Alb, AlbMultiValue, LatticeV1, LatticeV2];

fn document(name: &str) -> Object {
    let file = format!("{}/../data/{name}.json", env!("CARGO_MANIFEST_DIR"));
    json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

fn text(text: impl Into<String>) -> Value {
    Value::String(text.into())
}

fn decode(part: &str, is_query: bool) -> String {
    let part = if is_query { part.replace('+', " ") } else { part.to_owned() };
    let mut bytes = Vec::new();
    let mut rest = part.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(if byte == b'%' {
            let mut digit = || char::from(rest.next().unwrap()).to_digit(16).unwrap();
            u8::try_from(digit() * 16 + digit()).unwrap()
        } else {
            byte
        });
    }
    String::from_utf8(bytes).unwrap()
}

/// Pairs as an object, with the last of equal names, all of them, or all joined.
fn last(pairs: &[(String, String)]) -> Value {
    Value::Object(pairs.iter().map(|(name, value)| (name.clone(), text(value))).collect())
}

fn all(pairs: &[(String, String)]) -> Value {
    let values = |name: &str| -> Array {
        let values = pairs.iter().filter(|(key, _)| key == name);
        values.map(|(_, value)| text(value)).collect()
    };
    Value::Object(pairs.iter().map(|(k, _)| (k.clone(), Value::Array(values(k)))).collect())
}

fn joined(pairs: &[(String, String)]) -> Value {
    let values = |name: &str| {
        let values = pairs.iter().filter(|(key, _)| key == name);
        text(values.map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(","))
    };
    Value::Object(pairs.iter().map(|(k, _)| (k.clone(), values(k))).collect())
}

/// The event of a front end for a request, from the document of an example.
pub fn event(front_end: FrontEnd, sent: &Sent) -> Vec<u8> {
    let pairs: Vec<_> = sent
        .query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .collect();
    let raw: Vec<_> = pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    let decoded: Vec<_> = pairs.iter().map(|(k, v)| (decode(k, true), decode(v, true))).collect();
    let mut headers: Vec<(String, String)> =
        sent.headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    if !sent.cookies.is_empty() && !matches!(front_end, Http | HttpStage | FunctionUrl) {
        headers.push(("Cookie".to_owned(), sent.cookies.join("; ")));
    }
    let (body, is_base64) = match std::str::from_utf8(sent.body) {
        Ok(body) => (text(body), false),
        Err(_) => (text(Base64::encode(sent.body).0), true),
    };
    let mut event = document(match front_end {
        Rest => "apigateway-rest",
        HttpV1 => "apigateway-http-1",
        Http | HttpStage => "apigateway-http",
        FunctionUrl => "function-url",
        Alb => "alb",
        AlbMultiValue => "alb-multi-value",
        LatticeV1 => "vpc-lattice",
        LatticeV2 => "vpc-lattice-v2",
    });
    let mut put = |name: &str, value: Value| drop(event.insert(name.to_owned(), value));
    put("body", body);
    let path = decode(sent.path, false);
    match front_end {
        Rest | HttpV1 => {
            put("httpMethod", text(sent.method));
            put("path", text(if front_end == Rest { sent.path } else { &path }));
            put("queryStringParameters", last(&decoded));
            put("multiValueQueryStringParameters", all(&decoded));
            put("headers", last(&headers));
            put("multiValueHeaders", all(&headers));
        }
        Http | HttpStage | FunctionUrl => {
            let raw_path = match front_end {
                Http => path,
                HttpStage => format!("/test{path}"),
                _ => sent.path.to_owned(),
            };
            put("rawPath", text(raw_path));
            put("rawQueryString", text(sent.query));
            put("queryStringParameters", joined(&decoded));
            put("headers", joined(&headers));
            put("cookies", Value::Array(sent.cookies.iter().map(|it| text(*it)).collect()));
        }
        Alb | AlbMultiValue => {
            put("httpMethod", text(sent.method));
            put("path", text(sent.path));
            if front_end == AlbMultiValue {
                put("multiValueQueryStringParameters", all(&raw));
                put("multiValueHeaders", all(&headers));
            } else {
                put("queryStringParameters", last(&raw));
                put("headers", joined(&headers));
            }
        }
        LatticeV1 | LatticeV2 => {
            put("method", text(sent.method));
            let question = if sent.query.is_empty() { "" } else { "?" };
            let target = text(format!("{}{question}{}", sent.path, sent.query));
            if front_end == LatticeV1 {
                put("raw_path", target);
                put("query_string_parameters", last(&decoded));
                put("headers", joined(&headers));
            } else {
                put("path", target);
                put("queryStringParameters", all(&decoded));
                put("headers", all(&headers));
            }
        }
    }
    let name = if front_end == LatticeV1 { "is_base64_encoded" } else { "isBase64Encoded" };
    put(name, Value::Bool(is_base64));
    if let Some(Value::Object(context)) = event.get_mut("requestContext") {
        if let Some(Value::Object(http)) = context.get_mut("http") {
            http.insert("method".to_owned(), text(sent.method));
        }
        if front_end == HttpStage {
            context.insert("stage".to_owned(), text("test"));
        }
        if front_end == FunctionUrl {
            let host = "abcdefghij.lambda-url.eu-central-1.on.aws";
            context.insert("domainName".to_owned(), text(host));
        }
    }
    json::to_string(&event).into_bytes()
}

/// A response as a client gets it.
#[derive(Debug, PartialEq)]
pub struct Received {
    pub status: u64,
    pub headers: Vec<(String, String)>,
    pub cookies: Vec<String>,
    pub body: Vec<u8>,
}

pub fn received(response: &[u8]) -> Received {
    let response: Object = json::from_str(std::str::from_utf8(response).unwrap()).unwrap();
    let Some(Value::Number(Number::U64(status))) = response.get("statusCode") else { panic!() };
    let Some(Value::String(body)) = response.get("body") else { panic!("no body") };
    let is_base64 = matches!(response.get("isBase64Encoded"), Some(Value::Bool(true)));
    let body =
        if is_base64 { Base64(body.clone()).decode().unwrap() } else { body.clone().into_bytes() };
    let (mut headers, mut cookies) = (Vec::new(), Vec::new());
    let mut add = |name: &str, value: &Value| {
        let Value::String(value) = value else { panic!("{value:?}") };
        if name.eq_ignore_ascii_case("set-cookie") {
            cookies.push(value.clone());
        } else {
            headers.push((name.to_owned(), value.clone()));
        }
    };
    if let Some(Value::Object(single)) = response.get("headers") {
        single.iter().for_each(|(name, value)| add(name, value));
    }
    if let Some(Value::Object(multi)) = response.get("multiValueHeaders") {
        for (name, values) in multi {
            let Value::Array(values) = values else { panic!("{values:?}") };
            values.iter().for_each(|value| add(name, value));
        }
    }
    if let Some(Value::Array(list)) = response.get("cookies") {
        list.iter().for_each(|value| add("set-cookie", value));
    }
    headers.sort();
    Received { status: *status, headers, cookies, body }
}
