//! The response that each front end makes of a function's.

use super::FrontEnd;
use crate::invocation::Invocation;
use crate::json;
use crate::wire;
use base64::Engine;
use miniserde::json::{Number, Object, Value};

/// The separator after the head of a streamed response.
const SEPARATOR: [u8; 8] = [0; 8];

/// The longest head of a streamed response, in bytes.
const MAX_PRELUDE_BYTES: usize = 1024 * 1024;

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
    // The others take the bytes of a stream for the response of a function.
    if invocation.is_streamed && front_end.can_stream() {
        let mut prelude = Prelude::new(&invocation.content_type);
        return match prelude.push(payload) {
            Some((head, body)) => {
                let body = without_body(head.status, body);
                (head, body)
            }
            None => refusal(front_end, "the response ends within its head"),
        };
    }
    if let Some(failure) = &invocation.failure {
        let reason = format!("the function failed: {}: {}", failure.kind, failure.message);
        return refusal(front_end, &reason);
    }
    let object = json::parse_object(payload);
    let is_structured = object.as_ref().is_some_and(|object| object.contains_key("statusCode"));
    match (front_end, object) {
        (_, Some(object)) if is_structured => structured(front_end, &object, is_decoded)
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

fn structured(
    front_end: FrontEnd,
    object: &Object,
    is_decoded: bool,
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
        let is_single = |name: &str| multi.is_none_or(|multi| !has_name(multi, name));
        single
            .iter()
            .filter(|(name, _)| is_single(name))
            .for_each(|(name, value)| add(name, value));
    }
    for (name, values) in multi.into_iter().flatten() {
        let Value::Array(values) = values else { return Err("multiValueHeaders has no arrays") };
        values.iter().for_each(|value| add(name, value));
    }
    if let Some(Value::Array(cookies)) = object.get("cookies") {
        if matches!(front_end, FrontEnd::FunctionUrl | FrontEnd::HttpApi) {
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
    let has_type = head.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type"));
    if !has_type && !body.is_empty() {
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

fn has_name(object: &Object, name: &str) -> bool {
    object.keys().any(|other| other.eq_ignore_ascii_case(name))
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
    /// `None` if the stream has no head of its own.
    bytes: Option<Vec<u8>>,
    content_type: String,
    is_done: bool,
    /// Whether the client gets an error instead of the stream.
    pub is_refused: bool,
}

impl Prelude {
    pub fn new(content_type: &str) -> Self {
        let bytes = (content_type == INTEGRATION).then(Vec::new);
        Self { bytes, content_type: content_type.to_owned(), is_done: false, is_refused: false }
    }

    fn refuse(&mut self, reason: &str) -> (Head, Vec<u8>) {
        (self.is_done, self.is_refused) = (true, true);
        refusal(FrontEnd::FunctionUrl, reason)
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
        let Some(end) = place.map(|place| start + place) else {
            if prelude.len() > MAX_PRELUDE_BYTES {
                return Some(self.refuse("the head of the stream never ends"));
            }
            return None;
        };
        self.is_done = true;
        let body = prelude.split_off(end + SEPARATOR.len());
        prelude.truncate(end);
        let mut object = json::parse_object(prelude).unwrap_or_default();
        // The status may be left out.
        let status = || Value::Number(Number::U64(200));
        object.entry("statusCode".to_owned()).or_insert_with(status);
        let mut head = match structured(FrontEnd::FunctionUrl, &object, true) {
            Ok((head, _)) => head,
            Err(reason) => return Some(self.refuse(reason)),
        };
        if !head.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-type")) {
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
    fn the_head_of_a_stream_is_found_in_parts_of_any_size() {
        let stream = [&br#"{"statusCode":201}"#[..], &[0; 8], b"body"].concat();
        for size in 1..stream.len() {
            let mut prelude = Prelude::new(INTEGRATION);
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
