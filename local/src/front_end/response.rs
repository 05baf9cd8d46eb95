//! The response that each front end makes of a function's.

use super::FrontEnd;
use crate::http::value_of;
use crate::invocation::{FunctionError, Invocation};
use crate::json;
use crate::wire;
use base64::Engine;
use miniserde::json::{Number, Object, Value};

/// The separator after the head of a streamed response.
const SEPARATOR: [u8; 8] = [0; 8];

/// The longest head of a streamed response, with its separator, in bytes: that of a function URL is
/// not documented.
const MAX_PRELUDE_BYTES: usize = 1024 * 1024;

/// See
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html>.
const MAX_REST_PRELUDE_BYTES: usize = 16 * 1024;

/// See <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>.
pub(crate) const MAX_LOAD_BALANCER_BYTES: usize = 1024 * 1024;

/// The header that says why a response is not the function's.
pub(crate) const REASON: &str = "x-local-reason";

/// The longest reason in it, in characters.
const MAX_REASON_CHARS: usize = 1000;

/// The content type of a streamed response that begins with its head.
pub(crate) const INTEGRATION: &str = "application/vnd.awslambda.http-integration-response";

/// The status and the headers that a client gets.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Head {
    pub status: u16,
    pub headers: Vec<(String, String)>,
}

/// Returns the response that a client gets for a complete invocation. A body in base64 is decoded,
/// or not.
pub(crate) fn response(
    front_end: FrontEnd,
    invocation: &Invocation,
    is_decoded: bool,
) -> (Head, Vec<u8>) {
    let payload = &*invocation.payload;
    let failure = invocation.failure.as_ref();
    let failed = |failure: &FunctionError| {
        let reason = format!("the function failed: {}: {}", failure.kind, failure.message);
        refusal(front_end, &reason)
    };
    // The others take the bytes of a stream for the response of a function.
    if invocation.is_streamed && front_end.can_stream() {
        let mut prelude = Prelude::new(front_end, &invocation.content_type);
        return match (prelude.push(payload), failure) {
            (Some((head, body)), _) => {
                let body = without_body(head.status, body);
                (head, body)
            }
            (None, Some(failure)) => failed(failure),
            (None, None) => prelude.refuse("the response ends within its head"),
        };
    }
    if let Some(failure) = failure {
        return failed(failure);
    }
    if front_end.is_load_balancer() && payload.len() > MAX_LOAD_BALANCER_BYTES {
        let reason = format!(
            "the response has {} bytes, and a load balancer takes {MAX_LOAD_BALANCER_BYTES}",
            payload.len()
        );
        return refusal(front_end, &reason);
    }
    let object = json::parse_object(payload);
    let is_structured = object.as_ref().is_some_and(|object| object.contains_key("statusCode"));
    match (front_end, object) {
        (_, Some(object)) if is_structured => structured(front_end, &object, is_decoded, false)
            .unwrap_or_else(|reason| refusal(front_end, reason)),
        // Payload format 2.0 infers the rest.
        (FrontEnd::FunctionUrl | FrontEnd::HttpApi, _) if json::is_document(payload) => {
            (with_content_type(200, "application/json"), inferred_body(payload))
        }
        _ => refusal(front_end, "the response is not an object with a statusCode"),
    }
}

/// A string is sent without its quotes.
fn inferred_body(payload: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(payload).unwrap_or_default();
    miniserde::json::from_str::<String>(text).map_or_else(|_| payload.to_vec(), String::into_bytes)
}

/// Makes the response of an object, which is the head of a stream if `is_stream`.
fn structured(
    front_end: FrontEnd,
    object: &Object,
    is_decoded: bool,
    is_stream: bool,
) -> Result<(Head, Vec<u8>), &'static str> {
    let status = match object.get("statusCode") {
        Some(Value::Number(Number::U64(status))) => u16::try_from(*status).ok(),
        Some(Value::String(status)) => status.parse().ok(),
        _ => None,
    };
    // A status below 200 announces another response.
    let Some(status) = status.filter(|status| (200..=599).contains(status)) else {
        return Err("the statusCode is not a number from 200 to 599");
    };
    let mut headers = Vec::new();
    let mut add = |name: &str, value: &Value| {
        // The connection is the front end's.
        let is_hop = ["connection", "content-length", "transfer-encoding", "keep-alive"];
        let is_of_function = !is_hop.iter().any(|other| name.eq_ignore_ascii_case(other));
        if is_of_function && wire::is_header(name, "") {
            headers.push((name.to_owned(), clean(&plain(value))));
        }
    };
    let multi = match object.get("multiValueHeaders") {
        Some(Value::Object(multi)) if front_end.has_multi_value_response() => Some(multi),
        _ => None,
    };
    if let Some(Value::Object(single)) = object.get("headers") {
        let is_several = |name: &str| {
            multi.is_some_and(|multi| multi.keys().any(|other| other.eq_ignore_ascii_case(name)))
        };
        single
            .iter()
            .filter(|(name, _)| !is_several(name))
            .for_each(|(name, value)| add(name, value));
    }
    for (name, values) in multi.into_iter().flatten() {
        let Value::Array(values) = values else { return Err("multiValueHeaders has no arrays") };
        values.iter().for_each(|value| add(name, value));
    }
    if let Some(Value::Array(cookies)) = object.get("cookies") {
        if is_stream || matches!(front_end, FrontEnd::FunctionUrl | FrontEnd::HttpApi) {
            cookies.iter().for_each(|cookie| add("set-cookie", cookie));
        }
    }
    let is_base64 = is_decoded && matches!(object.get("isBase64Encoded"), Some(Value::Bool(true)));
    let body = match object.get("body") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(body)) if is_base64 => base64::engine::general_purpose::STANDARD
            .decode(body)
            .map_err(|_| "the body is not base64")?,
        Some(Value::String(body)) => body.clone().into_bytes(),
        Some(body) if matches!(front_end, FrontEnd::FunctionUrl | FrontEnd::HttpApi) => {
            miniserde::json::to_string(body).into_bytes()
        }
        Some(_) => return Err("the body is not a string"),
    };
    let mut head = Head { status, headers };
    let body = without_body(status, body);
    if value_of(&head.headers, "content-type").is_none() && !body.is_empty() {
        let content_type = match front_end {
            FrontEnd::HttpApi => "text/plain; charset=utf-8",
            FrontEnd::LoadBalancer | FrontEnd::LoadBalancerMultiValue => "application/octet-stream",
            _ => "application/json",
        };
        head.headers.push(("content-type".to_owned(), content_type.to_owned()));
    }
    Ok((head, body))
}

/// The body, unless a response of this status has none.
fn without_body(status: u16, body: Vec<u8>) -> Vec<u8> {
    if matches!(status, 204 | 205 | 304) { Vec::new() } else { body }
}

/// A number or a boolean is sent as its text.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => miniserde::json::to_string(other),
    }
}

/// Without line breaks, which would begin another header, and other control characters, which
/// clients refuse.
pub(super) fn clean(text: &str) -> String {
    text.replace(|c: char| c.is_ascii_control() && c != '\t', " ")
}

/// The header that says why a response is not the function's. Clients refuse long headers.
pub(super) fn reason_header(reason: &str) -> (String, String) {
    let text = match reason.char_indices().nth(MAX_REASON_CHARS) {
        Some((end, _)) => clean(reason.get(..end).unwrap_or_default()) + "…",
        None => clean(reason),
    };
    (REASON.to_owned(), text)
}

pub(super) fn with_content_type(status: u16, content_type: &str) -> Head {
    Head { status, headers: vec![("content-type".to_owned(), content_type.to_owned())] }
}

/// Returns the response of a front end when a function fails, or when its response is not one for
/// this front end. The reason, which AWS writes to a log, is in the header `x-local-reason`.
pub(crate) fn refusal(front_end: FrontEnd, reason: &str) -> (Head, Vec<u8>) {
    let (status, content_type, body) = match front_end {
        FrontEnd::FunctionUrl => {
            (502, "application/json", r#"{"Message":"Internal Server Error"}"#)
        }
        FrontEnd::HttpApi | FrontEnd::HttpApiV1 => {
            (500, "application/json", r#"{"message":"Internal Server Error"}"#)
        }
        FrontEnd::RestApi => (502, "application/json", r#"{"message": "Internal server error"}"#),
        FrontEnd::LoadBalancer | FrontEnd::LoadBalancerMultiValue => (
            502,
            "text/html",
            "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n\
             <center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n",
        ),
        FrontEnd::LatticeV1 | FrontEnd::LatticeV2 => (500, "text/plain", "Internal Server Error"),
    };
    let mut head = with_content_type(status, content_type);
    head.headers.push(reason_header(reason));
    (head, body.as_bytes().to_vec())
}

/// The beginning of a streamed response, until its head is there.
pub(crate) struct Prelude {
    front_end: FrontEnd,
    /// `None` if the stream has no head of its own.
    bytes: Option<Vec<u8>>,
    content_type: String,
    is_done: bool,
    /// Whether the client gets an error instead of the stream.
    pub is_refused: bool,
}

impl Prelude {
    pub fn new(front_end: FrontEnd, content_type: &str) -> Self {
        // A REST API looks for a head in any stream.
        let has_head = content_type == INTEGRATION || front_end == FrontEnd::RestApi;
        let (bytes, content_type) = (has_head.then(Vec::new), content_type.to_owned());
        Self { front_end, bytes, content_type, is_done: false, is_refused: false }
    }

    fn refuse(&mut self, reason: &str) -> (Head, Vec<u8>) {
        (self.is_done, self.is_refused) = (true, true);
        let (mut head, body) = refusal(self.front_end, reason);
        if self.front_end == FrontEnd::RestApi {
            head.status = 500;
        }
        (head, body)
    }

    /// Takes bytes of the stream. Returns the head as soon as it is complete, with the bytes after
    /// it; later ones have no head before them.
    pub fn push(&mut self, bytes: &[u8]) -> Option<(Head, Vec<u8>)> {
        if self.is_done {
            return None;
        }
        let Some(prelude) = &mut self.bytes else {
            self.is_done = true;
            let kind = if self.content_type.is_empty() {
                "application/octet-stream"
            } else {
                &self.content_type
            };
            return Some((with_content_type(200, kind), bytes.to_vec()));
        };
        // The separator may have begun in the last part. What is before it was searched then.
        let start = (prelude.len() + 1).saturating_sub(SEPARATOR.len());
        prelude.extend_from_slice(bytes);
        let news = prelude.get(start..).unwrap_or_default();
        let place = news.windows(SEPARATOR.len()).position(|window| window == SEPARATOR);
        let end = place.map(|place| start + place);
        let is_rest = self.front_end == FrontEnd::RestApi;
        let most = if is_rest { MAX_REST_PRELUDE_BYTES } else { MAX_PRELUDE_BYTES };
        if end.map_or(prelude.len(), |end| end + SEPARATOR.len()) > most {
            let reason = format!("the head of the stream does not end in its first {most} bytes");
            return Some(self.refuse(&reason));
        }
        let end = end?;
        self.is_done = true;
        let body = prelude.split_off(end + SEPARATOR.len());
        prelude.truncate(end);
        let Some(mut object) = json::parse_object(prelude) else {
            return Some(self.refuse("the head of the stream is no JSON object"));
        };
        // The status may be left out.
        let status = || Value::Number(Number::U64(200));
        object.entry("statusCode".to_owned()).or_insert_with(status);
        let mut head = match structured(self.front_end, &object, true, true) {
            Ok((head, _)) => head,
            Err(reason) => return Some(self.refuse(reason)),
        };
        if value_of(&head.headers, "content-type").is_none() {
            let kind = "application/octet-stream".to_owned();
            head.headers.push(("content-type".to_owned(), kind));
        }
        Some((head, body))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_a_header_that_clients_take() {
        assert_eq!(reason_header("no `table`").1, "no `table`");
        let (_, text) = reason_header(&"\u{1b}[2Jä\r\nX: y\u{7}".repeat(500_000));
        assert_eq!(text.chars().count(), MAX_REASON_CHARS + 1);
        assert!(text.starts_with(" [2Jä  X: y ") && text.ends_with('…'), "{text}");
        assert!(!text.contains(char::is_control));
    }

    #[test]
    fn the_head_of_a_stream_to_a_rest_api_is_in_its_first_16_kb() {
        let head = r#"{"statusCode":201,"headers":{"a":"1","b":"2"},"cookies":["c=3"],
            "multiValueHeaders":{"B":["4","5"],"x":["PAD"]}}"#;
        let length = head.len() - "PAD".len();
        for (pad, is_taken) in [(16_376 - length, true), (16_377 - length, false)] {
            let head = head.replace("PAD", &"x".repeat(pad));
            let stream = [head.as_bytes(), &[0; 8], b"body"].concat();
            for size in [1, 1000, stream.len()] {
                let mut prelude = Prelude::new(FrontEnd::RestApi, INTEGRATION);
                let found = stream.chunks(size).find_map(|part| prelude.push(part)).unwrap().0;
                assert_eq!(found.status, if is_taken { 201 } else { 500 });
                if is_taken {
                    let names = |name| found.headers.iter().filter(move |it| it.0 == name);
                    let values = |name| names(name).map(|it| &*it.1).collect::<Vec<_>>();
                    assert_eq!((values("a"), values("b")), (vec!["1"], vec![]));
                    assert_eq!((values("B"), values("set-cookie")), (vec!["4", "5"], vec!["c=3"]));
                } else {
                    assert!(found.headers[1].1.contains("in its first 16384 bytes"));
                }
            }
        }
        let mut prelude = Prelude::new(FrontEnd::RestApi, "text/plain");
        let (head, _) = prelude.push(b"{\"statusCode\"\0\0\0\0\0\0\0\0").unwrap();
        assert!(head.status == 500 && head.headers[1].1.contains("no JSON object"), "{head:?}");
    }

    #[test]
    fn a_load_balancer_takes_a_response_of_a_megabyte() {
        for length in [MAX_LOAD_BALANCER_BYTES, MAX_LOAD_BALANCER_BYTES + 1] {
            let body = "x".repeat(length - r#"{"statusCode":200,"body":""}"#.len());
            let of = Invocation::of_response(format!(r#"{{"statusCode":200,"body":"{body}"}}"#));
            for front_end in FrontEnd::ALL {
                let is_taken = !front_end.is_load_balancer() || length == MAX_LOAD_BALANCER_BYTES;
                let (head, _) = response(front_end, &of, true);
                assert_eq!(head.status == 200, is_taken, "{front_end:?} {length}");
            }
        }
    }

    #[test]
    fn the_head_of_a_stream_is_found_in_parts_of_any_size() {
        let stream = [&br#"{"statusCode":201}"#[..], &[0; 8], b"body"].concat();
        for size in 1..stream.len() {
            let mut prelude = Prelude::new(FrontEnd::FunctionUrl, INTEGRATION);
            let mut found = None;
            let mut rest = Vec::new();
            for part in stream.chunks(size) {
                match (&found, prelude.push(part)) {
                    (None, Some((head, body))) => (found, rest) = (Some(head), body),
                    (None, None) => {}
                    (Some(_), _) => rest.extend_from_slice(part),
                }
            }
            assert_eq!(found.unwrap().status, 201, "{size}");
            assert_eq!(rest, b"body", "{size}");
        }
    }
}
