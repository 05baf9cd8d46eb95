//! Which bodies are sent in base64, and which responses are decoded.

use super::FrontEnd;
use crate::glob;
use crate::http::{self, HttpRequest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The types, besides `text/*`, whose bodies are sent as they are.
///
/// The pages of [load
/// balancers](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#receive-event-from-load-balancer)
/// and of
/// [Lattice](https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html#receive-event-from-service)
/// list these. Those of [HTTP
/// APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html)
/// and function URLs say only that binary bodies are in base64; tests on AWS have shown that they
/// have the same list, and that a body without a type is binary. No list has types such as
/// `application/vnd.api+json`.
const TEXT_TYPES: [&str; 3] = ["application/json", "application/javascript", "application/xml"];

/// The body of an event.
#[derive(Debug, PartialEq)]
pub(crate) struct Body {
    pub text: String,
    pub is_base64: bool,
    /// Whether bytes were replaced because they are not UTF-8.
    pub is_damaged: bool,
}

/// Returns the body that a front end sends for a request. `binary_types` are the `binaryMediaTypes`
/// of a REST API; if they are not known, a body that is not UTF-8 is in base64, so that nothing is
/// lost.
pub(crate) fn encode(
    front_end: FrontEnd,
    request: &HttpRequest,
    binary_types: Option<&[String]>,
) -> Body {
    let text = std::str::from_utf8(&request.body).ok();
    let is_base64 = !request.body.is_empty()
        && match (front_end, binary_types) {
            (FrontEnd::RestApi, Some(types)) => is_binary(types, request.value_of("content-type")),
            (FrontEnd::RestApi, None) => text.is_none(),
            _ => is_sent_in_base64(front_end, request) || text.is_none(),
        };
    if is_base64 {
        let text = STANDARD.encode(&request.body);
        return Body { text, is_base64, is_damaged: false };
    }
    let is_damaged = text.is_none();
    Body { text: String::from_utf8_lossy(&request.body).into_owned(), is_base64, is_damaged }
}

/// Whether a front end that has no configuration for it sends a body in base64.
fn is_sent_in_base64(front_end: FrontEnd, request: &HttpRequest) -> bool {
    use FrontEnd::{LatticeV1, LatticeV2, LoadBalancer, LoadBalancerMultiValue};
    let obeys_encoding =
        matches!(front_end, LoadBalancer | LoadBalancerMultiValue | LatticeV1 | LatticeV2);
    if obeys_encoding && request.value_of("content-encoding").is_some() {
        return true;
    }
    let kind = media_type(request.value_of("content-type").unwrap_or_default());
    !(kind.starts_with("text/") || TEXT_TYPES.contains(&&*kind))
}

/// Whether a media type is one of a REST API's `binaryMediaTypes`. A message without a type is JSON
/// there.
///
/// See
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-payload-encodings.html>.
fn is_binary(types: &[String], media_types: Option<&str>) -> bool {
    // Of several in `Accept` the first decides.
    let first = media_types.and_then(|list| list.split(',').next());
    let kind = media_type(first.unwrap_or("application/json"));
    // In OpenAPI documents and SAM templates a slash is written as `~1`.
    types.iter().any(|pattern| {
        glob::matches(&pattern.trim().to_ascii_lowercase().replace("~1", "/"), &kind)
    })
}

/// Whether a front end decodes a body in base64 of a response. A REST API does so only if the
/// request's first `Accept` is one of its `binaryMediaTypes`; otherwise the client gets the base64.
pub(crate) fn is_decoded(
    front_end: FrontEnd,
    request_headers: &[(String, String)],
    binary_types: &[String],
) -> bool {
    front_end != FrontEnd::RestApi
        || is_binary(binary_types, http::value_of(request_headers, "accept"))
}

/// In lower case, without parameters such as `charset`.
fn media_type(content_type: &str) -> String {
    content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use FrontEnd::{
        FunctionUrl, HttpApi, HttpApiV1, LatticeV1, LatticeV2, LoadBalancer,
        LoadBalancerMultiValue, RestApi,
    };

    /// Those whose choice depends on the content type.
    fn inferring() -> impl Iterator<Item = FrontEnd> {
        FrontEnd::ALL.into_iter().filter(|front_end| *front_end != RestApi)
    }

    fn sent(front_end: FrontEnd, types: &[&str], headers: &[(&str, &str)], body: &[u8]) -> Body {
        let mut request = HttpRequest::new("POST", "/").body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let types: Vec<_> = types.iter().map(|kind| (*kind).to_owned()).collect();
        encode(front_end, &request, Some(&types))
    }

    #[test]
    fn the_content_type_decides_except_behind_a_rest_api() {
        for (content_type, is_text) in [
            (Some("text/plain"), true),
            (Some("text/html; charset=utf-8"), true),
            (Some("TEXT/CSV"), true),
            (Some("application/json"), true),
            (Some("Application/JSON;charset=utf-8"), true),
            (Some("application/xml"), true),
            (Some("application/javascript"), true),
            (Some("text/javascript"), true),
            (Some("application/x-www-form-urlencoded"), false),
            (Some("multipart/form-data; boundary=a"), false),
            (Some("application/octet-stream"), false),
            (Some("application/vnd.api+json"), false),
            (Some("image/svg+xml"), false),
            (Some("application/jsonx"), false),
            (Some("image/png"), false),
            (Some(""), false),
            (None, false),
        ] {
            let headers = content_type.map(|kind| ("content-type", kind));
            for front_end in inferring() {
                let body = sent(front_end, &[], headers.as_slice(), b"a=1");
                let expected = if is_text { "a=1" } else { "YT0x" };
                let expected =
                    Body { text: expected.to_owned(), is_base64: !is_text, is_damaged: false };
                assert_eq!(body, expected, "{front_end:?} {content_type:?}");
            }
            let body = sent(RestApi, &[], headers.as_slice(), b"a=1");
            assert_eq!((&*body.text, body.is_base64), ("a=1", false), "{content_type:?}");
        }
    }

    #[test]
    fn an_encoded_body_is_in_base64_behind_load_balancers_and_lattice() {
        let headers = [("Content-Type", "application/json"), ("Content-Encoding", "identity")];
        for front_end in [LoadBalancer, LoadBalancerMultiValue, LatticeV1, LatticeV2] {
            assert!(sent(front_end, &[], &headers, b"{}").is_base64, "{front_end:?}");
        }
        for front_end in [FunctionUrl, HttpApi, HttpApiV1, RestApi] {
            assert!(!sent(front_end, &[], &headers, b"{}").is_base64, "{front_end:?}");
        }
    }

    #[test]
    fn a_rest_api_has_a_list_and_damages_what_is_not_in_it() {
        for (types, content_type, is_base64) in [
            (&["image/png"][..], "image/png", true),
            (&["image/png"], "image/jpeg", false),
            (&["image/*", "font/woff2"], "image/jpeg", true),
            (&["*/*"], "application/json", true),
            (&["*~1*"], "application/json", true),
            (&["Image~1PNG"], "image/png; a=b", true),
            (&["application/octet-stream"], "text/plain", false),
        ] {
            let headers = [("content-type", content_type)];
            assert_eq!(sent(RestApi, types, &headers, b"a").is_base64, is_base64, "{types:?}");
        }
        let all = sent(RestApi, &["*/*"], &[], b"a");
        assert!(all.is_base64, "a body without a type is application/json, which */* has");
        let body = sent(RestApi, &[], &[("content-type", "image/png")], &[0x89, b'P', 0xff]);
        assert_eq!(body.text, "\u{fffd}P\u{fffd}");
        assert!(body.is_damaged && !body.is_base64);
        // Not known is neither.
        let request = HttpRequest::new("POST", "/").body([0x89, 0xff]);
        assert!(encode(RestApi, &request, None).is_base64);
    }

    #[test]
    fn no_body_is_never_in_base64() {
        for front_end in FrontEnd::ALL {
            let body = sent(front_end, &["*/*"], &[("content-encoding", "gzip")], b"");
            assert_eq!(body, Body { text: String::new(), is_base64: false, is_damaged: false });
        }
    }

    #[test]
    fn the_first_accept_decides_about_a_response_of_a_rest_api() {
        let decoded = |front_end, accept: Option<&str>, types: &[&str]| {
            let headers: Vec<_> =
                accept.map(|accept| ("Accept".to_owned(), accept.to_owned())).into_iter().collect();
            let types: Vec<_> = types.iter().map(|kind| (*kind).to_owned()).collect();
            is_decoded(front_end, &headers, &types)
        };
        for front_end in inferring() {
            assert!(decoded(front_end, None, &[]));
        }
        assert!(!decoded(RestApi, Some("image/png"), &[]));
        assert!(decoded(RestApi, Some("image/png"), &["image/png"]));
        assert!(decoded(RestApi, Some("image/png;q=1, text/html"), &["image/png"]));
        assert!(!decoded(RestApi, Some("text/html, image/png"), &["image/png"]));
        assert!(!decoded(RestApi, None, &["image/png"]));
        assert!(decoded(RestApi, None, &["*/*"]));
        // The client's wildcard is a media type of its own.
        assert!(!decoded(RestApi, Some("*/*"), &["image/png"]));
    }
}
