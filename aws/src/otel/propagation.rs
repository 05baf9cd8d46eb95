//! The context of a trace in headers: W3C's `traceparent`, and that of X-Ray.
//!
//! See <https://www.w3.org/TR/trace-context/> and
//! <https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader>.

use crate::environment::{now, random};
use minilambda::Context;
use minilambda::decode;
use miniserde::Deserialize;
use miniserde::json::Value;
use std::collections::BTreeMap;

/// The name of W3C's header.
pub(super) const TRACEPARENT: &str = "traceparent";

/// A span that others may be children of, here or in another process.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Place {
    /// 32 hexadecimal digits in lower case.
    pub trace: String,
    /// 16 of them.
    pub span: String,
    pub is_sampled: bool,
}

impl Place {
    /// Reads W3C's header. A later version than this one may have more fields.
    pub fn from_w3c(header: &str) -> Option<Self> {
        let mut fields = header.trim().split('-');
        let (version, trace) = (fields.next()?, fields.next()?);
        let (span, flags) = (fields.next()?, fields.next()?);
        let is_known = version != "ff" && (version != "00" || fields.next().is_none());
        let are_digits = is_id(version, 2) && is_id(flags, 2);
        let is_valid = is_known && are_digits && is_new(trace, 32) && is_new(span, 16);
        let is_sampled = u8::from_str_radix(flags, 16).ok()? & 1 == 1;
        is_valid.then(|| Self { trace: trace.to_owned(), span: span.to_owned(), is_sampled })
    }

    /// Reads X-Ray's header.
    pub fn from_xray(header: &str) -> Option<Self> {
        let field = |name: &str| header.split(';').find_map(|part| part.trim().strip_prefix(name));
        let (version, ids) = field("Root=")?.split_once('-')?;
        let trace = ids.replace('-', "");
        let span = field("Parent=")?;
        let is_valid = version == "1" && is_new(&trace, 32) && is_new(span, 16);
        let is_sampled = field("Sampled=") == Some("1");
        is_valid.then(|| Self { trace, span: span.to_owned(), is_sampled })
    }

    pub fn to_w3c(&self) -> String {
        format!("00-{}-{}-0{}", self.trace, self.span, u8::from(self.is_sampled))
    }

    pub fn to_xray(&self) -> String {
        let (time, rest) = self.trace.split_at_checked(8).unwrap_or_default();
        let sampled = u8::from(self.is_sampled);
        format!("Root=1-{time}-{rest};Parent={};Sampled={sampled}", self.span)
    }
}

/// Hexadecimal digits in lower case, as both headers have them.
fn is_id(text: &str, length: usize) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == length && text.bytes().all(is_digit)
}

/// An id that is not zero, which means none.
fn is_new(text: &str, length: usize) -> bool {
    is_id(text, length) && text.bytes().any(|byte| byte != b'0')
}

/// The id of a new trace. X-Ray takes only those that begin with the time.
pub(super) fn new_trace_id() -> String {
    let seconds = u32::try_from(now().as_secs()).unwrap_or(u32::MAX);
    let low = u32::try_from(random() >> 32).unwrap_or_default();
    format!("{seconds:08x}{low:08x}{:016x}", random())
}

pub(super) fn new_span_id() -> String {
    format!("{:016x}", random().max(1))
}

/// The headers as the front ends send them: a load balancer can have lists in a field of its own,
/// and VPC Lattice has lists in the same one.
#[derive(Deserialize)]
struct OfHttp {
    headers: Option<BTreeMap<String, Value>>,
    #[serde(rename = "multiValueHeaders")]
    lists: Option<BTreeMap<String, Value>>,
}

/// The span that has caused an invocation: that of an HTTP request with `traceparent`, or of X-Ray
/// if that samples the invocation.
pub(super) fn cause(event: &[u8], context: &Context) -> Option<Place> {
    of_http(event).or_else(|| {
        let header = context.trace_id.as_deref()?;
        Place::from_xray(header).filter(|place| place.is_sampled)
    })
}

/// Decodes the headers of an HTTP request only if the name is somewhere in the event.
fn of_http(event: &[u8]) -> Option<Place> {
    let mut names = event.windows(TRACEPARENT.len());
    if !names.any(|part| part.eq_ignore_ascii_case(TRACEPARENT.as_bytes())) {
        return None;
    }
    let OfHttp { headers, lists } = decode(event).ok()?;
    let mut headers = lists.into_iter().flatten().chain(headers.into_iter().flatten());
    match headers.find(|(name, _)| name.eq_ignore_ascii_case(TRACEPARENT))?.1 {
        Value::String(header) => Place::from_w3c(&header),
        // Two of them are none.
        Value::Array(headers) => match headers.iter().collect::<Vec<_>>()[..] {
            [Value::String(header)] => Place::from_w3c(header),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const W3C: &str = "00-5f84c7a10123456789abcdef01234567-00f067aa0ba902b7-01";
    const XRAY: &str = "Root=1-5f84c7a1-0123456789abcdef01234567;Parent=00f067aa0ba902b7;Sampled=1";

    #[test]
    fn both_headers_are_the_same_place() {
        let place = Place::from_w3c(W3C).unwrap();
        assert_eq!(Place::from_xray(XRAY), Some(place.clone()));
        assert_eq!((place.to_w3c(), place.to_xray()), (W3C.to_owned(), XRAY.to_owned()));
        let unsampled = Place::from_w3c(&W3C.replace("-01", "-02")).unwrap();
        assert!(!unsampled.is_sampled && unsampled.to_w3c().ends_with("-00"));
        assert_eq!(Place::from_xray(&XRAY.replace('1', "0")), None);
        assert!(Place::from_xray(&format!("{XRAY};Lineage=1:a:0")).is_some());
        // A later version has more fields.
        assert!(
            Place::from_w3c("cc-5f84c7a10123456789abcdef01234567-00f067aa0ba902b7-01-x").is_some()
        );
        let new = Place { trace: new_trace_id(), span: new_span_id(), is_sampled: true };
        assert_eq!(Place::from_w3c(&new.to_w3c()), Some(new.clone()));
        assert_eq!(Place::from_xray(&new.to_xray()), Some(new));
    }

    #[test]
    fn what_is_no_header_is_ignored() {
        for header in [
            "",
            "00",
            "00-5f84c7a10123456789abcdef01234567-00f067aa0ba902b7",
            "00-5f84c7a10123456789abcdef01234567-00f067aa0ba902b7-01-x",
            "ff-5f84c7a10123456789abcdef01234567-00f067aa0ba902b7-01",
            "00-5F84C7A10123456789ABCDEF01234567-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-5f84c7a10123456789abcdef01234567-0000000000000000-01",
            "00-5f84c7a10123456789abcdef0123456-00f067aa0ba902b7-01",
            "00-5f84c7a10123456789abcdef01234567-00f067aa0ba902b7-1",
            "00-5f84c7a10123456789abcdef01234567-00f067aa0ba902b7-\u{e9}",
        ] {
            assert_eq!(Place::from_w3c(header), None, "{header}");
        }
        for header in ["", "Root=1", "Root=1-a-b;Parent=c", "Parent=00f067aa0ba902b7;Sampled=1"] {
            assert_eq!(Place::from_xray(header), None, "{header}");
        }
    }

    #[test]
    fn an_http_request_comes_before_xray() {
        let context = |header: &str| {
            let mut context = Context::default();
            context.trace_id = Some(header.to_owned());
            context
        };
        let other = "00-11111111111111111111111111111111-2222222222222222-00";
        let event = format!(r#"{{"headers":{{"Host":"a","TraceParent":"{other}"}}}}"#);
        let of_http = cause(event.as_bytes(), &context(XRAY));
        assert_eq!(of_http, Place::from_w3c(other));
        for headers in [
            format!(r#""multiValueHeaders":{{"traceparent":["{other}"]}}"#),
            format!(r#""headers":null,"multiValueHeaders":{{"a":[],"traceparent":["{other}"]}}"#),
            format!(r#""headers":{{"accept":["a","b"],"traceparent":["{other}"]}}"#),
            format!(
                r#""headers":{{"accept":null,"traceparent":"{other}"}},"multiValueHeaders":null"#
            ),
        ] {
            let event = format!("{{{headers}}}");
            let of_http = cause(event.as_bytes(), &context(XRAY));
            assert_eq!(of_http, Place::from_w3c(other), "{event}");
        }
        for event in ["{}", "{\"traceparent\":1}", "{\"headers\":{\"traceparent\":\"x\"}}"] {
            assert_eq!(cause(event.as_bytes(), &context(XRAY)), Place::from_w3c(W3C), "{event}");
        }
        assert_eq!(cause(b"{}", &context(&XRAY.replace("Sampled=1", "Sampled=0"))), None);
    }
}
