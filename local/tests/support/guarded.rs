//! An API that says who its caller is, and the Lambda authorizer in front of it.

use minilambda::{Context, Error, Handler, decode};
use minilambda_events::apigateway::authorizer::{
    HttpRequest, Request as RestRequest, TokenRequest,
};
use minilambda_http::{Api, Failure, Request, Response, delete, get, http, post};
use miniserde::Deserialize;
use miniserde::json::{Object, Value, to_string};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

static API: Api = Api::new(&[
    get("/me", me),
    get("/identity", identity),
    get("/data", data),
    get("/picture", picture),
    get("/{rest*}", fields),
    post("/{rest*}", fields),
    delete("/{rest*}", fields),
]);

static HANDLERS: &[(&str, Handler)] = &[("api", http!(API)), ("gate", Handler::raw(gate))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

/// Returns the subject of the claims; without one it is 401.
fn me(request: &Request) -> Result<Response, Failure> {
    let Some(subject) = request.authorizer("sub") else {
        return Ok(Response::text(401, "who are you?"));
    };
    Ok(Response::text(200, subject))
}

/// Returns all that the authorizer has said.
fn fields(request: &Request) -> Result<Response, Failure> {
    Ok(Response::bytes(200, "application/json", request.authorizer_fields().to_string()))
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "requestContext")]
    context: EventContext,
}

#[derive(Deserialize)]
struct EventContext {
    identity: Option<Value>,
}

/// Returns the identity in the request's context, which REST APIs and Lattice have.
fn identity(request: &Request) -> Result<Response, Failure> {
    let event: Event = request.event()?;
    let identity = event.context.identity.unwrap_or(Value::Null);
    Ok(Response::bytes(200, "application/json", to_string(&identity)))
}

/// Returns the token that a load balancer writes.
fn data(request: &Request) -> Result<Response, Failure> {
    let header = |name| request.header(name).unwrap_or("none").to_owned();
    let both = format!("{} {}", header("x-amzn-oidc-identity"), header("x-amzn-oidc-data"));
    Ok(Response::text(200, both))
}

fn picture(_: &Request) -> Result<Response, Failure> {
    Ok(Response::bytes(200, "image/png", [0x89, b'P', b'N', b'G', 0, 0xff]))
}

// ---- the authorizer

fn text<'a>(event: &'a Object, name: &str) -> Option<&'a str> {
    match event.get(name)? {
        Value::String(text) => Some(text),
        Value::Array(values) => match values.first()? {
            Value::String(text) => Some(text),
            _ => None,
        },
        _ => None,
    }
}

/// The event is one of those that API Gateway sends.
fn check(event: &Object, bytes: &[u8]) -> Result<(), Error> {
    match text(event, "type") {
        Some("TOKEN") => decode::<TokenRequest>(bytes).map(drop),
        _ if event.contains_key("routeArn") => decode::<HttpRequest>(bytes).map(drop),
        _ => decode::<RestRequest>(bytes).map(drop),
    }
}

/// Decides by the token, whose text names the decision.
fn gate(event: Vec<u8>, _: &Context) -> Result<Vec<u8>, Error> {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::SeqCst) + 1;
    let bytes = event;
    let event: Object = decode(&bytes)?;
    check(&event, &bytes)?;
    let header = match event.get("headers") {
        Some(Value::Object(headers)) => {
            text(headers, "Authorization").or_else(|| text(headers, "authorization"))
        }
        _ => None,
    };
    let token = text(&event, "authorizationToken").or_else(|| text(&event, "identitySource"));
    let token = token.or(header).unwrap_or("none").trim_start_matches("Bearer ").to_owned();
    let arn = text(&event, "methodArn").or_else(|| text(&event, "routeArn")).unwrap_or("none");
    let context = format!(
        r#""context":{{"tenant":"blue","limit":10,"admin":false,"count":{count},"type":"{}","arn":"{arn}","body":{}}}"#,
        text(&event, "type").unwrap_or("none"),
        event.contains_key("body")
    );
    let policy = |statements: &str| {
        format!(
            r#"{{"principalId":"user-17","policyDocument":{{"Version":"2012-10-17","Statement":[{statements}]}},{context}}}"#
        )
    };
    let allow = r#"{"Action":"execute-api:Invoke","Effect":"Allow","Resource":"*/GET/*"}"#;
    let deny = r#"{"Action":"execute-api:Invoke","Effect":"Deny","Resource":"*/DELETE/*"}"#;
    let response = match &*token {
        "simple" => format!(r#"{{"isAuthorized":true,{context}}}"#),
        "no" => r#"{"isAuthorized":false}"#.to_owned(),
        "policy" => policy(&format!("{allow},{deny}")),
        "odd" => "7".to_owned(),
        "unauthorized" => return Err(Error::new("Unauthorized", "Unauthorized")),
        _ => return Err(Error::new("NoSuchToken", "the token is none that this test knows")),
    };
    Ok(response.into_bytes())
}
