//! The event of each front end for a request.

use super::FrontEnd;
use super::body::{self, Body};
use super::pairs::{Pair, all, joined, last, or_null};
use crate::clock;
use crate::http::{self, HttpRequest, decode};
use crate::ids;
use crate::json::{array, number, object, text};
use crate::settings::ACCOUNT;
use miniserde::json::{Object, Value};

/// The address of the client in each event.
const SOURCE_IP: &str = "127.0.0.1";

/// The event for a request.
pub(crate) struct Made {
    pub event: Object,
    /// The trace of the request, for the context of the function.
    pub trace: Option<String>,
    /// Whether bytes of the body were lost.
    pub is_damaged: bool,
}

/// Returns the event of a front end for a request, of a caller who is not known. `binary_types` are
/// those of a REST API, if they are known.
pub(crate) fn event(
    front_end: FrontEnd,
    request: &HttpRequest,
    region: &str,
    binary_types: Option<&[String]>,
) -> Made {
    let parts = Parts::new(front_end, request, region, binary_types);
    let event = match parts.event() {
        Value::Object(event) => event,
        _ => Object::new(),
    };
    let is_plain = |text: &&str| text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    let trace = parts.header("x-amzn-trace-id").filter(is_plain).map(ids::continued);
    Made { event, trace, is_damaged: parts.body.is_damaged }
}

impl HttpRequest {
    /// Returns the event that a front end sends for this request. A REST API sends a body that is
    /// not UTF-8 in base64 here, as if its type was one of the `binaryMediaTypes`.
    #[must_use]
    pub fn event(&self, front_end: FrontEnd) -> Vec<u8> {
        let made = event(front_end, self, "eu-central-1", None);
        miniserde::json::to_string(&Value::Object(made.event)).into_bytes()
    }
}

/// The parts of all events.
struct Parts<'a> {
    front_end: FrontEnd,
    request: &'a HttpRequest,
    region: &'a str,
    body: Body,
    headers: Vec<Pair>,
    cookies: Vec<String>,
    raw_query: Vec<Pair>,
    query: Vec<Pair>,
}

impl<'a> Parts<'a> {
    fn new(
        front_end: FrontEnd,
        request: &'a HttpRequest,
        region: &'a str,
        binary_types: Option<&[String]>,
    ) -> Self {
        use FrontEnd::{FunctionUrl, HttpApi, RestApi};
        let mut headers: Vec<Pair> = Vec::new();
        let mut cookies = Vec::new();
        for (name, value) in &request.headers {
            let name = name.to_ascii_lowercase();
            if name == "cookie" && matches!(front_end, FunctionUrl | HttpApi) {
                cookies.extend(value.split(';').map(|cookie| cookie.trim().to_owned()));
            } else if !matches!(&*name, "connection" | "transfer-encoding" | "expect") {
                let name = if front_end == RestApi { title_case(&name) } else { name };
                headers.push((name, value.clone()));
            }
        }
        let trace = ids::trace_root(clock::now().as_secs());
        for (name, value) in [
            ("x-amzn-trace-id", &*trace),
            ("x-forwarded-for", SOURCE_IP),
            ("x-forwarded-port", "443"),
            ("x-forwarded-proto", "https"),
        ] {
            match headers.iter_mut().rfind(|(other, _)| other.eq_ignore_ascii_case(name)) {
                // After the addresses that the client says, which it may have made up.
                Some((_, said)) if name == "x-forwarded-for" => *said = format!("{said}, {value}"),
                Some(_) => {}
                None => {
                    let name =
                        if front_end == RestApi { title_case(name) } else { name.to_owned() };
                    headers.push((name, value.to_owned()));
                }
            }
        }
        let raw_query = request.raw_parameters().map(|(k, v)| (k.to_owned(), v.to_owned()));
        let (raw_query, query) = (raw_query.collect(), request.parameters().collect());
        let body = body::encode(front_end, request, binary_types);
        Self { front_end, request, region, body, headers, cookies, raw_query, query }
    }

    fn event(&self) -> Value {
        match self.front_end {
            FrontEnd::RestApi | FrontEnd::HttpApiV1 => self.format_1(),
            FrontEnd::HttpApi | FrontEnd::FunctionUrl => self.format_2(),
            FrontEnd::LoadBalancer | FrontEnd::LoadBalancerMultiValue => self.load_balancer(),
            FrontEnd::LatticeV1 => self.lattice_1(),
            FrontEnd::LatticeV2 => self.lattice_2(),
        }
    }

    /// Payload format 1.0.
    fn format_1(&self) -> Value {
        let is_rest = self.front_end == FrontEnd::RestApi;
        let decoded = decode(&self.request.path);
        let path = if is_rest { self.request.path.clone() } else { decoded };
        let (body, is_base64) = self.body();
        let mut event = object([
            ("resource", text("/{proxy+}")),
            ("path", text(&*path)),
            ("httpMethod", text(&*self.request.method)),
            ("headers", last(&self.headers)),
            ("multiValueHeaders", all(&self.headers)),
            ("queryStringParameters", or_null(&self.query, last)),
            ("multiValueQueryStringParameters", or_null(&self.query, all)),
            ("pathParameters", object([("proxy", text(path.trim_start_matches('/')))])),
            ("stageVariables", Value::Null),
            ("requestContext", self.context_1(&path)),
            ("body", if self.request.body.is_empty() { Value::Null } else { body }),
            ("isBase64Encoded", is_base64),
        ]);
        if let (false, Value::Object(event)) = (is_rest, &mut event) {
            event.insert("version".to_owned(), text("1.0"));
        }
        event
    }

    fn context_1(&self, path: &str) -> Value {
        let stage = self.front_end.stage();
        let now = clock::now();
        let identity = object([
            ("accessKey", Value::Null),
            ("accountId", Value::Null),
            ("caller", Value::Null),
            ("cognitoAuthenticationProvider", Value::Null),
            ("cognitoAuthenticationType", Value::Null),
            ("cognitoIdentityId", Value::Null),
            ("cognitoIdentityPoolId", Value::Null),
            ("principalOrgId", Value::Null),
            ("sourceIp", text(SOURCE_IP)),
            ("user", Value::Null),
            ("userAgent", self.user_agent().map_or(Value::Null, text)),
            ("userArn", Value::Null),
        ]);
        object([
            ("accountId", text(ACCOUNT)),
            ("apiId", text("local")),
            ("domainName", text(self.host())),
            ("domainPrefix", text("local")),
            ("extendedRequestId", text(ids::hex(16))),
            ("httpMethod", text(&*self.request.method)),
            ("identity", identity),
            (
                "path",
                text(if stage == "local" { format!("/local{path}") } else { path.to_owned() }),
            ),
            ("protocol", text("HTTP/1.1")),
            ("requestId", text(ids::uuid())),
            ("requestTime", text(clock::access_log(now))),
            ("requestTimeEpoch", number(clock::ms(now))),
            ("resourceId", text("local")),
            ("resourcePath", text("/{proxy+}")),
            ("stage", text(stage)),
        ])
    }

    /// Payload format 2.0.
    fn format_2(&self) -> Value {
        let is_url = self.front_end == FrontEnd::FunctionUrl;
        let path = if is_url { self.request.path.clone() } else { decode(&self.request.path) };
        let now = clock::now();
        let host = if is_url {
            format!("local.lambda-url.{}.on.aws", self.region)
        } else {
            self.host().to_owned()
        };
        let http = object([
            ("method", text(&*self.request.method)),
            ("path", text(&*path)),
            ("protocol", text("HTTP/1.1")),
            ("sourceIp", text(SOURCE_IP)),
            ("userAgent", text(self.user_agent().unwrap_or_default())),
        ]);
        let context = object([
            ("accountId", text(if is_url { "anonymous" } else { ACCOUNT })),
            ("apiId", text("local")),
            ("domainName", text(host)),
            ("domainPrefix", text("local")),
            ("http", http),
            ("requestId", text(ids::uuid())),
            ("routeKey", text("$default")),
            ("stage", text("$default")),
            ("time", text(clock::access_log(now))),
            ("timeEpoch", number(clock::ms(now))),
        ]);
        let (body, is_base64) = self.body();
        let mut event = object([
            ("version", text("2.0")),
            ("routeKey", text("$default")),
            ("rawPath", text(path)),
            ("rawQueryString", text(&*self.request.query)),
            ("headers", joined(&self.headers)),
            ("requestContext", context),
            ("isBase64Encoded", is_base64),
        ]);
        if let Value::Object(event) = &mut event {
            let mut set = |name: &str, value| drop(event.insert(name.to_owned(), value));
            if !self.cookies.is_empty() {
                set("cookies", array(self.cookies.iter().map(|cookie| text(&**cookie))));
            }
            if !self.query.is_empty() {
                set("queryStringParameters", joined(&self.query));
            }
            if !self.request.body.is_empty() {
                set("body", body);
            }
        }
        event
    }

    fn load_balancer(&self) -> Value {
        let group = format!(
            "arn:aws:elasticloadbalancing:{}:{ACCOUNT}:targetgroup/local/0123456789abcdef",
            self.region
        );
        let elb = object([("targetGroupArn", text(group))]);
        let (body, is_base64) = self.body();
        // The load balancer decodes nothing, and of several values it sends the last one.
        let (headers, query) = if self.front_end == FrontEnd::LoadBalancer {
            (("headers", last(&self.headers)), ("queryStringParameters", last(&self.raw_query)))
        } else {
            (
                ("multiValueHeaders", all(&self.headers)),
                ("multiValueQueryStringParameters", all(&self.raw_query)),
            )
        };
        object([
            ("requestContext", object([("elb", elb)])),
            ("httpMethod", text(&*self.request.method)),
            ("path", text(&*self.request.path)),
            query,
            headers,
            ("body", body),
            ("isBase64Encoded", is_base64),
        ])
    }

    fn lattice_1(&self) -> Value {
        let (body, is_base64) = self.body();
        object([
            ("raw_path", text(self.request.target())),
            ("method", text(&*self.request.method)),
            ("headers", joined(&self.headers)),
            ("query_string_parameters", last(&self.query)),
            ("body", body),
            ("is_base64_encoded", is_base64),
        ])
    }

    fn lattice_2(&self) -> Value {
        let arn =
            |what: &str| text(format!("arn:aws:vpc-lattice:{}:{ACCOUNT}:{what}", self.region));
        let context = object([
            ("serviceNetworkArn", arn("servicenetwork/sn-0123456789abcdef0")),
            ("serviceArn", arn("service/svc-0123456789abcdef0")),
            ("targetGroupArn", arn("targetgroup/tg-0123456789abcdef0")),
            ("region", text(self.region)),
            ("timeEpoch", text(clock::now().as_micros().to_string())),
            ("identity", object([])),
        ]);
        let (body, is_base64) = self.body();
        object([
            ("version", text("2.0")),
            ("path", text(self.request.target())),
            ("method", text(&*self.request.method)),
            ("headers", all(&self.headers)),
            ("queryStringParameters", all(&self.query)),
            ("body", body),
            ("isBase64Encoded", is_base64),
            ("requestContext", context),
        ])
    }

    /// The body, and whether it is in base64.
    fn body(&self) -> (Value, Value) {
        (text(&*self.body.text), Value::Bool(self.body.is_base64))
    }

    fn header(&self, name: &str) -> Option<&str> {
        http::value_of(&self.headers, name)
    }

    fn host(&self) -> &str {
        self.header("host").unwrap_or("localhost")
    }

    fn user_agent(&self) -> Option<&str> {
        self.header("user-agent")
    }
}

/// `x-forwarded-for` as `X-Forwarded-For`.
fn title_case(name: &str) -> String {
    let mut is_first = true;
    let convert = |c: char| {
        let upper = std::mem::replace(&mut is_first, c == '-');
        if upper { c.to_ascii_uppercase() } else { c }
    };
    name.chars().map(convert).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(front_end: FrontEnd, request: &HttpRequest, name: &str) -> Option<String> {
        let event = event(front_end, request, "eu-central-1", None).event;
        let headers = event.get("headers").or_else(|| event.get("multiValueHeaders"))?;
        let Value::Object(headers) = headers else { return None };
        let (_, value) = headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name))?;
        match value {
            Value::String(text) => Some(text.clone()),
            Value::Array(values) => match values.last()? {
                Value::String(text) => Some(text.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    #[test]
    fn the_address_of_the_client_comes_after_those_that_it_says() {
        for front_end in FrontEnd::ALL {
            let plain = HttpRequest::new("GET", "/");
            let found = header(front_end, &plain, "x-forwarded-for");
            assert_eq!(found.as_deref(), Some(SOURCE_IP), "{front_end:?}");
            let request = plain.header("X-Forwarded-For", "6.6.6.6").header("x-forwarded-for", "7");
            let found = header(front_end, &request, "x-forwarded-for").unwrap();
            assert!(found.ends_with("7, 127.0.0.1"), "{front_end:?}: {found}");
        }
    }

    #[test]
    fn a_trace_that_would_be_another_header_is_none() {
        for (sent, is_taken) in [("Root=1-a", true), ("a\r\nX: y", false), ("é", false)] {
            let request = HttpRequest::new("GET", "/").header("X-Amzn-Trace-Id", sent);
            let made = event(FrontEnd::RestApi, &request, "eu-central-1", None);
            assert_eq!(made.trace.is_some(), is_taken, "{sent}");
        }
    }

    #[test]
    fn many_parameters_of_one_name_take_no_square_of_time() {
        let many = "a=&".repeat(100_000);
        let request = HttpRequest::new("GET", &format!("/?{many}a=b"));
        for front_end in FrontEnd::ALL {
            let event = event(front_end, &request, "eu-central-1", None).event;
            let text = miniserde::json::to_string(&Value::Object(event));
            assert!(text.contains("b\""), "{front_end:?}");
        }
    }
}
