//! The events of all front ends. No other file knows their form.

use crate::pairs::Pairs;
use crate::path::Path;
use crate::received::{FrontEnd, Received};
use minilambda::Error;
use minilambda_events::__private::{decode_form, parse_query};
use minilambda_events::{Base64, Json, JsonRef};
use miniserde::Deserialize;
use std::net::{IpAddr, SocketAddr};

/// The fields of all front ends.
#[derive(Deserialize)]
struct Event {
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
    headers: Option<Pairs>,
    #[serde(rename = "multiValueHeaders")]
    multi_value_headers: Option<Pairs>,
    #[serde(rename = "queryStringParameters")]
    query: Option<Pairs>,
    #[serde(rename = "multiValueQueryStringParameters")]
    multi_value_query: Option<Pairs>,
    #[serde(rename = "query_string_parameters")]
    lattice_query: Option<Pairs>,
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
    identity: Option<Json>,
    authorizer: Option<Json>,
}

/// Only its presence matters.
#[derive(Deserialize)]
struct Elb {}

#[derive(Deserialize)]
struct Http {
    method: String,
    #[serde(rename = "sourceIp")]
    source_ip: Option<String>,
}

/// Decodes an event. The base path is removed from the path of the request.
pub(crate) fn decode(event: &[u8], base_path: &str) -> Result<Received, Error> {
    let mut event: Event = minilambda::decode(event)?;
    // Without any values, those of the other field are used.
    event.multi_value_headers = event.multi_value_headers.filter(|Pairs(all)| !all.is_empty());
    event.multi_value_query = event.multi_value_query.filter(|Pairs(all)| !all.is_empty());
    let front_end = event.front_end();
    let context = event.context;
    let (method, path) = match (event.http_method.or(event.method), &context) {
        (Some(method), _) => (method, event.path.or(event.lattice_path)),
        (None, Some(EventContext { http: Some(http), .. })) => {
            (http.method.clone(), event.raw_path)
        }
        _ => return Err(not_http()),
    };
    let path = path.ok_or_else(not_http)?;
    let (path, query_in_path) = match path.split_once('?') {
        Some((path, query)) if front_end.is_lattice() => (path, Some(query.to_owned())),
        _ => (&*path, None),
    };
    let stage = context.as_ref().and_then(|context| context.stage.as_deref());
    let is_decoded = front_end.decodes_path();
    let path = without_stage(path, stage.filter(|_| is_decoded));
    let raw_query = event.raw_query_string.or(query_in_path).filter(|raw| !raw.is_empty());
    let mut query = match (raw_query, event.multi_value_query) {
        (Some(raw), _) => parse_query(&raw),
        (None, Some(Pairs(multi))) => multi,
        (None, None) => {
            let parts = [event.query, event.lattice_query];
            parts.into_iter().flatten().flat_map(|Pairs(pairs)| pairs).collect()
        }
    };
    if front_end.is_load_balancer() {
        // It leaves the query as it was sent.
        query = query.iter().map(|(name, it)| (decode_form(name), decode_form(it))).collect();
    }
    let headers = event.multi_value_headers.or(event.headers);
    let mut headers = headers.map_or_else(Vec::new, |Pairs(pairs)| pairs);
    if let Some(cookies) = event.cookies.filter(|cookies| !cookies.is_empty()) {
        // A function URL sends them as a header too.
        headers.retain(|(name, _)| !name.eq_ignore_ascii_case("cookie"));
        headers.push(("cookie".to_owned(), cookies.join("; ")));
    }
    let source_ip = context.as_ref().and_then(EventContext::source_ip).map(str::trim);
    let client_ip = match source_ip {
        // With mutual TLS an HTTP API names a proxy of its own, and its port.
        Some(text) if text.parse::<SocketAddr>().is_err() => address(text),
        _ => forwarded_for(&headers).and_then(address),
    };
    let is_base64 = event.is_base64_encoded.or(event.lattice_is_base64_encoded) == Some(true);
    let body = match event.body.unwrap_or_default() {
        body if is_base64 => Base64(body).decode().ok(),
        body => Some(body.into_bytes()),
    };
    let path = Path::decode(path, is_decoded, base_path);
    let facts = context.as_ref().map_or(Json::NULL, EventContext::facts);
    Ok(Received {
        query,
        authorizer: facts,
        client_ip,
        domain_name: context.and_then(|context| context.domain_name),
        ..Received::new(front_end, &method, path, headers, body)
    })
}

impl Event {
    fn front_end(&self) -> FrontEnd {
        let Some(context) = &self.context else { return FrontEnd::LatticeV1 };
        if context.http.is_some() {
            let host = context.domain_name.as_deref().unwrap_or_default();
            let is_url = host.contains(".lambda-url.");
            return if is_url { FrontEnd::FunctionUrl } else { FrontEnd::HttpApi };
        }
        if context.elb.is_some() {
            return match self.multi_value_headers {
                Some(_) => FrontEnd::LoadBalancerMultiValue,
                None => FrontEnd::LoadBalancer,
            };
        }
        if context.service_arn.is_some() {
            return FrontEnd::LatticeV2;
        }
        if self.version.as_deref() == Some("1.0") { FrontEnd::HttpApiV1 } else { FrontEnd::RestApi }
    }
}

impl EventContext {
    fn source_ip(&self) -> Option<&str> {
        let http = self.http.as_ref().and_then(|http| http.source_ip.as_deref());
        http.or_else(|| self.identity.as_ref()?.get("sourceIp")?.as_str())
    }

    /// Brings what authorizers have found out about the caller into one form: the fields of
    /// `claims`, `jwt.claims`, `lambda` and `iam` are next to the others. A field of such a name
    /// that is not an object is kept. A null says nothing: API Gateway sends some without an
    /// authorizer, and the null `jwt.scopes` would hide a claim of that name.
    fn facts(&self) -> Json {
        let authorizer = self.authorizer.as_ref().map(Json::view);
        let inner = |path| authorizer?.path(path);
        let parts = [
            (authorizer, &["claims", "jwt", "lambda", "iam"][..]),
            (inner("claims"), &[]),
            (inner("jwt.claims"), &[]),
            (inner("jwt"), &["claims"]),
            (inner("lambda"), &[]),
            (inner("iam"), &[]),
        ];
        let of_authorizer = parts.into_iter().filter_map(|(part, objects)| fields(part?, objects));
        let of_iam = self.identity.iter().flat_map(|identity| iam_fields(identity.view()));
        let all = of_iam.chain(of_authorizer.flatten());
        let mut all = all.filter(|(_, value)| !value.is_null()).peekable();
        if all.peek().is_none() { Json::NULL } else { all.collect() }
    }
}

/// The fields of an identity that IAM has checked: their names in a REST API or VPC Lattice, and
/// those of the same fields in an HTTP API. The others are about the connection, or, as
/// `userAgent`, what the client says of itself.
const IAM_FIELDS: [(&str, &str); 18] = [
    ("accessKey", "accessKey"),
    ("accountId", "accountId"),
    ("caller", "callerId"),
    ("cognitoAuthenticationProvider", "cognitoAuthenticationProvider"),
    ("cognitoAuthenticationType", "cognitoAuthenticationType"),
    ("cognitoIdentityId", "cognitoIdentityId"),
    ("cognitoIdentityPoolId", "cognitoIdentityPoolId"),
    ("principalOrgId", "principalOrgId"),
    ("user", "userId"),
    ("userArn", "userArn"),
    ("principal", "userArn"),
    ("principalOrgID", "principalOrgId"),
    ("sessionName", "sessionName"),
    ("x509IssuerOu", "x509IssuerOu"),
    ("x509SanDns", "x509SanDns"),
    ("x509SanNameCn", "x509SanNameCn"),
    ("x509SanUri", "x509SanUri"),
    ("x509SubjectCn", "x509SubjectCn"),
];

/// Returns the fields of an identity by the names of an HTTP API, if IAM has checked it.
fn iam_fields(identity: JsonRef<'_>) -> impl Iterator<Item = (&str, Json)> {
    let text = move |name| identity.get(name).and_then(JsonRef::as_str);
    let is_checked = text("userArn").is_some() || text("type") == Some("AWS_IAM");
    let names = IAM_FIELDS.iter().filter(move |_| is_checked);
    names.filter_map(move |(name, fact)| Some((*fact, identity.get(name)?.to_json())))
}

/// Returns what the front end has added to `X-Forwarded-For`: the last address of its last line.
/// Others may be made up.
fn forwarded_for(headers: &[(String, String)]) -> Option<&str> {
    let is_it = |name: &str| name.eq_ignore_ascii_case("x-forwarded-for");
    let (_, line) = headers.iter().rfind(|(name, _)| is_it(name))?;
    line.rsplit(',').next().map(str::trim)
}

/// Returns an address without its port, which a load balancer adds if it preserves the client's.
fn address(text: &str) -> Option<String> {
    let address = match text.strip_prefix('[') {
        Some(v6) => v6.split_once(']')?.0,
        None if text.matches(':').count() == 1 => text.split_once(':')?.0,
        None => text,
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

/// Removes the stage, unless it is `$default`.
fn without_stage<'a>(path: &'a str, stage: Option<&str>) -> &'a str {
    let stage = stage.filter(|stage| !stage.is_empty() && *stage != "$default");
    let rest = stage.and_then(|stage| path.strip_prefix('/')?.strip_prefix(stage));
    rest.filter(|rest| rest.is_empty() || rest.starts_with('/')).unwrap_or(path)
}

/// The fields of an object, without the objects of these names.
fn fields<'a>(
    object: JsonRef<'a>,
    objects: &'a [&str],
) -> Option<impl Iterator<Item = (&'a str, Json)>> {
    let is_left_out =
        |name: &str, value: JsonRef| objects.contains(&name) && value.fields().is_some();
    let fields = object.fields()?.filter(move |(name, value)| !is_left_out(name, *value));
    Some(fields.map(|(name, value)| (name, value.to_json())))
}
