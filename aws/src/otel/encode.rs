//! Spans as JSON of OTLP: ids are hexadecimal, and 64-bit integers are texts.
//!
//! See <https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding>.

use super::span::{Kind, Span};
use super::value::Value;
use minilambda::__private::to_text;

/// The status of a span that has failed; others have none.
const ERROR: u8 = 2;

/// The bits of the flags that say whether the parent is of another process.
const IS_REMOTE_KNOWN: u32 = 0x100;
const IS_REMOTE: u32 = 0x200;
const IS_SAMPLED: u32 = 1;

/// Returns a span as JSON.
pub(super) fn span(span: &Span, end_ns: u64) -> String {
    let kind = match span.kind {
        Kind::Internal => 1,
        Kind::Server => 2,
        Kind::Client => 3,
    };
    let mut flags = IS_SAMPLED | IS_REMOTE_KNOWN;
    let parent = span.parent.as_ref().map(|parent| {
        if parent.is_remote {
            flags |= IS_REMOTE;
        }
        format!(",\"parentSpanId\":\"{}\"", parent.span)
    });
    let status = if span.has_failed { format!("{{\"code\":{ERROR}}}") } else { "{}".to_owned() };
    format!(
        "{{\"traceId\":\"{}\",\"spanId\":\"{}\"{},\"flags\":{flags},\"name\":{},\"kind\":{kind},\
         \"startTimeUnixNano\":\"{}\",\"endTimeUnixNano\":\"{}\",\"attributes\":{},\
         \"droppedAttributesCount\":{},\"status\":{status}}}",
        span.place.trace,
        span.place.span,
        parent.unwrap_or_default(),
        to_text(&span.name),
        span.start_ns,
        // The clock may have been set back.
        end_ns.max(span.start_ns),
        attributes(span.attributes.iter().map(|(name, value)| (&**name, value))),
        span.dropped_attributes
    )
}

/// Returns a request with spans that are JSON already.
pub(super) fn request(resource: &[(String, String)], spans: &[String]) -> String {
    let values: Vec<_> =
        resource.iter().map(|(name, value)| (name, Value::Text(value.clone()))).collect();
    let resource = attributes(values.iter().map(|(name, value)| (name.as_str(), value)));
    format!(
        "{{\"resourceSpans\":[{{\"resource\":{{\"attributes\":{resource}}},\"scopeSpans\":[{{\
         \"scope\":{{\"name\":\"minilambda-aws\",\"version\":\"{}\"}},\"spans\":[{}]}}]}}]}}",
        env!("CARGO_PKG_VERSION"),
        spans.join(",")
    )
}

fn attributes<'a>(attributes: impl Iterator<Item = (&'a str, &'a Value)>) -> String {
    let attributes = attributes.map(|(name, value)| {
        let value = match value {
            Value::Text(text) => format!("\"stringValue\":{}", to_text(text)),
            Value::Integer(number) => format!("\"intValue\":\"{number}\""),
            Value::Number(number) if number.is_finite() => {
                format!("\"doubleValue\":{}", to_text(number))
            }
            Value::Number(number) if number.is_nan() => "\"doubleValue\":\"NaN\"".to_owned(),
            Value::Number(number) => {
                let sign = if number.is_sign_negative() { "-" } else { "" };
                format!("\"doubleValue\":\"{sign}Infinity\"")
            }
            Value::Bool(value) => format!("\"boolValue\":{value}"),
        };
        format!("{{\"key\":{},\"value\":{{{value}}}}}", to_text(name))
    });
    format!("[{}]", attributes.collect::<Vec<_>>().join(","))
}
