//! The events of all front ends, and what is read from them.

use minilambda::{Error, decode};
use minilambda_events::{Base64, Json, Map, OneOrMany};
use miniserde::Deserialize;
use std::net::IpAddr;

/// The front end that a request came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Source {
    /// A REST API of API Gateway.
    RestApi,
    /// An HTTP API of API Gateway with payload format 1.0.
    HttpApiV1,
    /// An HTTP API of API Gateway with payload format 2.0.
    HttpApi,
    /// A Lambda function URL.
    FunctionUrl,
    /// An Application Load Balancer.
    LoadBalancer {
        /// Whether `lambda.multi_value_headers.enabled` is set for the target group.
        multi_value: bool,
    },
    /// VPC Lattice, in either version of the event.
    Lattice,
}

impl Source {
    /// Whether AWS decodes the path. Captures of real events show it; AWS does not document it.
    pub(crate) fn has_decoded_path(self) -> bool {
        matches!(self, Self::HttpApi | Self::HttpApiV1)
    }
}

/// The fields of all front ends.
#[derive(Deserialize)]
pub(crate) struct Event {
    version: Option<String>,
    #[serde(rename = "httpMethod")]
    http_method: Option<String>,
    method: Option<String>,
    path: Option<String>,
    #[serde(rename = "rawPath")]
    raw_path: Option<String>,
    #[serde(rename = "raw_path")]
    lattice_path: Option<String>,
    #[serde(rename = "rawQueryString")]
    raw_query_string: Option<String>,
    headers: Option<Map<OneOrMany>>,
    #[serde(rename = "multiValueHeaders")]
    multi_value_headers: Option<Map<Vec<String>>>,
    #[serde(rename = "queryStringParameters")]
    query: Option<Map<OneOrMany>>,
    #[serde(rename = "multiValueQueryStringParameters")]
    multi_value_query: Option<Map<Vec<String>>>,
    #[serde(rename = "query_string_parameters")]
    lattice_query: Option<Map>,
    cookies: Option<Vec<String>>,
    #[serde(rename = "requestContext")]
    context: Option<EventContext>,
    body: Option<String>,
    #[serde(rename = "isBase64Encoded")]
    is_base64_encoded: Option<bool>,
    #[serde(rename = "is_base64_encoded")]
    lattice_is_base64_encoded: Option<bool>,
}

#[derive(Deserialize)]
struct EventContext {
    elb: Option<Elb>,
    http: Option<Http>,
    stage: Option<String>,
    #[serde(rename = "serviceArn")]
    service_arn: Option<String>,
    #[serde(rename = "domainName")]
    domain_name: Option<String>,
    identity: Option<Identity>,
    authorizer: Option<Json>,
}

/// Only whether it is there is of interest.
#[derive(Deserialize)]
struct Elb {}

#[derive(Deserialize)]
struct Identity {
    #[serde(rename = "sourceIp")]
    source_ip: Option<String>,
}

#[derive(Deserialize)]
struct Http {
    method: String,
    #[serde(rename = "sourceIp")]
    source_ip: Option<String>,
}

/// The parts of a request, in one form for all front ends. The path and the headers may still be invalid.
pub(crate) struct Parts {
    pub source: Source,
    pub method: String,
    /// The path without the stage and the query.
    pub path: String,
    pub query: Vec<(String, String)>,
    pub headers: Vec<(String, String)>,
    /// `None` if it is not base64 although the event says so.
    pub body: Option<Vec<u8>>,
    pub authorizer: Json,
    pub client_ip: Option<String>,
    pub host: Option<String>,
}

impl Event {
    pub(crate) fn decode(event: &[u8]) -> Result<Parts, Error> {
        let mut event: Self = decode(event)?;
        event.multi_value_headers = event.multi_value_headers.and_then(with_values);
        event.multi_value_query = event.multi_value_query.and_then(with_values);
        let source = event.source();
        let context = event.context;
        let (method, path) = match (event.http_method.or(event.method), &context) {
            (Some(method), _) => (method, event.path.or(event.lattice_path)),
            (None, Some(EventContext { http: Some(http), .. })) => {
                (http.method.clone(), event.raw_path)
            }
            _ => return Err(not_http()),
        };
        let path = path.ok_or_else(not_http)?;
        let (path, query_in_path) = match (source, path.split_once('?')) {
            (Source::Lattice, Some((path, query))) => (path.to_owned(), Some(query.to_owned())),
            _ => (path, None),
        };
        let stage = context.as_ref().and_then(|context| context.stage.as_deref());
        let path = without_stage(path, stage.filter(|_| source.has_decoded_path()));
        let raw_query = event.raw_query_string.or(query_in_path).filter(|raw| !raw.is_empty());
        let query = match (raw_query, event.multi_value_query) {
            (Some(raw), _) => parse_query(&raw),
            (None, Some(multi)) => flatten(multi.into_iter()),
            (None, None) => {
                let lattice = event.lattice_query.into_iter().flatten();
                let mut query = flatten(single(event.query));
                query.extend(lattice);
                query
            }
        };
        let query = match source {
            // A load balancer leaves the query as it was sent.
            Source::LoadBalancer { .. } => query.iter().map(|(k, v)| decode_pair(k, v)).collect(),
            _ => query,
        };
        let mut headers = match event.multi_value_headers {
            Some(multi) => flatten(multi.into_iter()),
            None => flatten(single(event.headers)),
        };
        if let Some(cookies) = event.cookies.filter(|cookies| !cookies.is_empty()) {
            // A function URL sends them as a header too.
            headers.retain(|(name, _)| !is(name, "cookie"));
            headers.push(("cookie".to_owned(), cookies.join("; ")));
        }
        let is_base64_encoded = event.is_base64_encoded.or(event.lattice_is_base64_encoded);
        let client_ip = context.as_ref().and_then(EventContext::client_ip).or_else(|| {
            let header = headers.iter().rfind(|(name, _)| is(name, "x-forwarded-for"));
            forwarded_for(&header?.1)
        });
        let host = headers.iter().find(|(name, _)| is(name, "host")).map(|(_, host)| host.clone());
        let host = host.or_else(|| context.as_ref()?.domain_name.clone());
        Ok(Parts {
            source,
            method,
            path,
            query,
            headers,
            body: match event.body.unwrap_or_default() {
                body if is_base64_encoded == Some(true) => Base64(body).decode().ok(),
                body => Some(body.into_bytes()),
            },
            authorizer: context.and_then(|context| context.authorizer).unwrap_or_default(),
            client_ip,
            host,
        })
    }

    fn source(&self) -> Source {
        let Some(context) = &self.context else { return Source::Lattice };
        if context.http.is_some() {
            let host = context.domain_name.as_deref().unwrap_or_default();
            let is_url = host.contains(".lambda-url.");
            return if is_url { Source::FunctionUrl } else { Source::HttpApi };
        }
        if context.elb.is_some() {
            return Source::LoadBalancer { multi_value: self.multi_value_headers.is_some() };
        }
        if context.service_arn.is_some() {
            return Source::Lattice;
        }
        if self.version.as_deref() == Some("1.0") { Source::HttpApiV1 } else { Source::RestApi }
    }
}

impl EventContext {
    fn client_ip(&self) -> Option<String> {
        let http = self.http.as_ref().and_then(|http| http.source_ip.clone());
        http.or_else(|| self.identity.as_ref()?.source_ip.clone())
    }
}

/// Returns the address that the load balancer has added to `X-Forwarded-For`: the last one of its last line.
/// Others may be made up. It has a port if the load balancer preserves the client's.
fn forwarded_for(line: &str) -> Option<String> {
    let last = line.rsplit(',').next()?.trim();
    let address = match last.strip_prefix('[') {
        Some(v6) => v6.split_once(']')?.0,
        None if last.matches(':').count() == 1 => last.split_once(':')?.0,
        None => last,
    };
    address.parse::<IpAddr>().ok()?;
    Some(address.to_owned())
}

fn not_http() -> Error {
    Error::new(
        "Function.InvalidEvent",
        "the event is not an HTTP request: it has neither httpMethod and path, nor rawPath and \
         requestContext.http, nor method and path",
    )
}

fn is(name: &str, wanted: &str) -> bool {
    name.eq_ignore_ascii_case(wanted)
}

/// Returns the names that have values. Without any, the map of single values is used.
fn with_values(mut map: Map<Vec<String>>) -> Option<Map<Vec<String>>> {
    map.retain(|_, values| !values.is_empty());
    (!map.is_empty()).then_some(map)
}

fn single(pairs: Option<Map<OneOrMany>>) -> impl Iterator<Item = (String, Vec<String>)> {
    pairs.into_iter().flatten().map(|(name, values)| (name, values.into()))
}

fn flatten(pairs: impl Iterator<Item = (String, Vec<String>)>) -> Vec<(String, String)> {
    let mut flat = Vec::new();
    for (name, mut values) in pairs {
        let last = values.pop();
        flat.extend(values.into_iter().map(|value| (name.clone(), value)));
        flat.extend(last.map(|last| (name, last)));
    }
    flat
}

/// Removes the stage, unless it is `$default`.
fn without_stage(path: String, stage: Option<&str>) -> String {
    let Some(stage) = stage.filter(|stage| !stage.is_empty() && *stage != "$default") else {
        return path;
    };
    match path.strip_prefix('/').and_then(|path| path.strip_prefix(stage)) {
        Some("") => "/".to_owned(),
        Some(rest) if rest.starts_with('/') => rest.to_owned(),
        _ => path,
    }
}

/// Parses a query or a form. A pair without `=` has an empty value.
pub(crate) fn parse_query(query: &str) -> Vec<(String, String)> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(k, v)| decode_pair(k, v))
        .collect()
}

fn decode_pair(name: &str, value: &str) -> (String, String) {
    (decode_form(name), decode_form(value))
}

/// Decodes a part of a query: `+` is a space. What is not UTF-8 becomes U+FFFD, and a `%` without two digits stays.
fn decode_form(part: &str) -> String {
    let part = part.replace('+', " ");
    percent_encoding::percent_decode_str(&part).decode_utf8_lossy().into_owned()
}
