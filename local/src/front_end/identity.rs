//! The caller of a request, as each front end writes it into its event.

use super::FrontEnd;
use crate::json::{array, object, text};
use crate::settings::ACCOUNT;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use miniserde::json::{self, Number, Object, Value};

/// The caller of a request, as an authorizer has found out.
#[derive(Clone, Debug)]
pub(crate) enum Identity {
    /// The claims of a token: a JWT authorizer, or a user pool of Cognito.
    Claims(Object),
    /// A user or role of IAM, with the fields of `requestContext.authorizer.iam` that are given.
    Iam(Object),
    /// The context that a Lambda authorizer gives.
    Lambda { principal: Option<String>, context: Object },
}

/// The kind of an authorizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Claims that do not come from the request.
    Claims,
    Token,
    Iam,
    Lambda,
}

/// The fields of an IAM identity.
pub(crate) const IAM_FIELDS: [&str; 7] = [
    "accessKey",
    "accountId",
    "callerId",
    "cognitoIdentity",
    "principalOrgId",
    "userArn",
    "userId",
];

impl FrontEnd {
    /// Whether this front end has such an authorizer.
    pub(crate) fn has_authorizer(self, kind: Kind) -> bool {
        match self {
            Self::RestApi | Self::HttpApi | Self::HttpApiV1 => true,
            Self::FunctionUrl | Self::LatticeV2 => kind == Kind::Iam,
            Self::LoadBalancer | Self::LoadBalancerMultiValue => kind == Kind::Claims,
            Self::LatticeV1 => false,
        }
    }
}

/// Writes a caller into an event.
///
/// The shapes are those of the pages that [`FrontEnd`] names, of [HTTP
/// APIs](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html)
/// and of [load
/// balancers](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html#user-claims-encoding).
pub(crate) fn apply(front_end: FrontEnd, event: &mut Object, identity: &Identity, region: &str) {
    match (front_end, identity) {
        (FrontEnd::LoadBalancer | FrontEnd::LoadBalancerMultiValue, Identity::Claims(claims)) => {
            let is_multi = front_end == FrontEnd::LoadBalancerMultiValue;
            set_oidc_headers(event, is_multi, claims, region);
        }
        (FrontEnd::LatticeV2, Identity::Iam(given)) => {
            set(event, "identity", lattice_identity(given, region));
        }
        (FrontEnd::RestApi | FrontEnd::HttpApiV1, Identity::Iam(given)) => {
            set_rest_identity(event, given);
        }
        (_, Identity::Iam(given)) => {
            let iam = iam(given);
            if front_end == FrontEnd::FunctionUrl {
                // Of a caller who is known it is the account, not `anonymous`.
                set(event, "accountId", field(&iam, "accountId"));
            }
            set(event, "authorizer", object([("iam", Value::Object(iam))]));
        }
        (_, identity) => set(event, "authorizer", authorizer(front_end, identity)),
    }
}

fn authorizer(front_end: FrontEnd, identity: &Identity) -> Value {
    match (front_end, identity) {
        (FrontEnd::RestApi, Identity::Claims(claims)) => {
            object([("claims", texts(claims, rest_text))])
        }
        (FrontEnd::HttpApiV1, Identity::Claims(claims)) => {
            object([("claims", texts(claims, http_text)), ("scopes", scopes(claims))])
        }
        (_, Identity::Claims(claims)) => {
            let jwt = object([("claims", texts(claims, http_text)), ("scopes", scopes(claims))]);
            object([("jwt", jwt)])
        }
        (FrontEnd::RestApi | FrontEnd::HttpApiV1, Identity::Lambda { principal, context }) => {
            // A REST API makes texts of numbers and booleans.
            let mut fields = match (front_end, texts(context, rest_text)) {
                (FrontEnd::RestApi, Value::Object(texts)) => texts,
                _ => context.clone(),
            };
            if let Some(principal) = principal {
                fields.insert("principalId".to_owned(), text(&**principal));
            }
            fields.insert("integrationLatency".to_owned(), Value::Number(Number::U64(0)));
            Value::Object(fields)
        }
        (_, Identity::Lambda { context, .. }) => {
            let is_empty = context.is_empty();
            let context = if is_empty { Value::Null } else { Value::Object(context.clone()) };
            object([("lambda", context)])
        }
        (_, Identity::Iam(_)) => Value::Null,
    }
}

/// Sets a field of the request's context.
fn set(event: &mut Object, name: &str, value: Value) {
    if let Some(Value::Object(context)) = event.get_mut("requestContext") {
        context.insert(name.to_owned(), value);
    }
}

fn field(object: &Object, name: &str) -> Value {
    object.get(name).cloned().unwrap_or(Value::Null)
}

// ---- claims

fn texts(claims: &Object, convert: fn(&Value) -> String) -> Value {
    Value::Object(claims.iter().map(|(name, value)| (name.clone(), text(convert(value)))).collect())
}

/// A claim as an HTTP API writes it: all are texts, lists such as `[a b]`, objects such as
/// `map[a:1]`.
fn http_text(value: &Value) -> String {
    let joined = |parts: Vec<String>| parts.join(" ");
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => format!("[{}]", joined(values.iter().map(http_text).collect())),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| format!("{name}:{}", http_text(value)));
            format!("map[{}]", joined(fields.collect()))
        }
        other => json::to_string(other),
    }
}

/// A claim as a REST API writes it: all are texts, lists such as `a,b`.
fn rest_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(rest_text).collect::<Vec<_>>().join(","),
        other => json::to_string(other),
    }
}

/// The scopes of a token; there is no route here that requires some of them.
fn scopes(claims: &Object) -> Value {
    let scopes: Vec<String> = match claims.get("scope").or_else(|| claims.get("scp")) {
        Some(Value::String(scopes)) => scopes.split_whitespace().map(str::to_owned).collect(),
        Some(Value::Array(scopes)) => scopes.iter().map(rest_text).collect(),
        _ => Vec::new(),
    };
    if scopes.is_empty() { Value::Null } else { array(scopes.into_iter().map(text)) }
}

/// A load balancer signs the claims. Here the signature is of zeros, so a function that checks it
/// refuses it.
fn set_oidc_headers(event: &mut Object, is_multi: bool, claims: &Object, region: &str) {
    let part = |value: &Value| URL_SAFE.encode(json::to_string(value));
    let signer = format!(
        "arn:aws:elasticloadbalancing:{region}:{ACCOUNT}:loadbalancer/app/local/0123456789abcdef"
    );
    let head = object([
        ("typ", text("JWT")),
        ("alg", text("ES256")),
        ("kid", text("local")),
        ("signer", text(signer)),
    ]);
    let head = part(&head);
    let payload = part(&Value::Object(claims.clone()));
    let signature = URL_SAFE.encode([0; 64]);
    let subject = claims.get("sub").map(rest_text).unwrap_or_default();
    let name = if is_multi { "multiValueHeaders" } else { "headers" };
    let Some(Value::Object(headers)) = event.get_mut(name) else { return };
    for (name, value) in [
        ("x-amzn-oidc-accesstoken", "local".to_owned()),
        ("x-amzn-oidc-data", format!("{head}.{payload}.{signature}")),
        ("x-amzn-oidc-identity", subject),
    ] {
        let value = if is_multi { array([text(value)]) } else { text(value) };
        headers.insert(name.to_owned(), value);
    }
}

// ---- IAM

/// All fields of an identity: the given ones, and for the others those of a user `local`.
fn iam(given: &Object) -> Object {
    let arn = match given.get("userArn") {
        Some(Value::String(arn)) => arn.clone(),
        _ => format!("arn:aws:iam::{ACCOUNT}:user/local"),
    };
    let account = arn.split(':').nth(4).filter(|account| !account.is_empty());
    let user = given.get("userId").or_else(|| given.get("callerId")).cloned();
    let user = user.unwrap_or_else(|| text("AIDALOCALLOCALLOCALLO"));
    let defaults = object([
        ("accessKey", text("AKIALOCALLOCALLOCALL")),
        ("accountId", text(account.unwrap_or(ACCOUNT))),
        ("callerId", user.clone()),
        ("cognitoIdentity", Value::Null),
        ("principalOrgId", Value::Null),
        ("userArn", text(&*arn)),
        ("userId", user),
    ]);
    let Value::Object(mut fields) = defaults else { return Object::new() };
    fields.extend(given.iter().map(|(name, value)| (name.clone(), value.clone())));
    fields
}

/// The identity of REST APIs and of payload format 1.0, which has other names.
fn set_rest_identity(event: &mut Object, given: &Object) {
    let iam = iam(given);
    let Some(Value::Object(context)) = event.get_mut("requestContext") else { return };
    let Some(Value::Object(identity)) = context.get_mut("identity") else { return };
    let mut set = |name: &str, value: Value| drop(identity.insert(name.to_owned(), value));
    for (name, of_iam) in [
        ("accessKey", "accessKey"),
        ("accountId", "accountId"),
        ("caller", "callerId"),
        ("principalOrgId", "principalOrgId"),
        ("user", "userId"),
        ("userArn", "userArn"),
    ] {
        set(name, field(&iam, of_iam));
    }
    if let Some(Value::Object(cognito)) = iam.get("cognitoIdentity") {
        set("cognitoIdentityId", field(cognito, "identityId"));
        set("cognitoIdentityPoolId", field(cognito, "identityPoolId"));
        if let Some(Value::Array(methods)) = cognito.get("amr") {
            let method = |place| methods.get(place).cloned().unwrap_or(Value::Null);
            set("cognitoAuthenticationType", method(0));
            set("cognitoAuthenticationProvider", method(1));
        }
    }
}

fn lattice_identity(given: &Object, region: &str) -> Value {
    let iam = iam(given);
    object([
        ("sourceVpcArn", text(format!("arn:aws:ec2:{region}:{ACCOUNT}:vpc/vpc-0123456789abcdef0"))),
        ("type", text("AWS_IAM")),
        ("principal", field(&iam, "userArn")),
        ("principalOrgID", field(&iam, "principalOrgId")),
    ])
}
