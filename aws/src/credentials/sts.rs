//! Roles, which STS gives credentials for.
//!
//! See <https://docs.aws.amazon.com/STS/latest/APIReference/>.

use super::{Temporary, from_environment, kept, missing};
use crate::attempts::{self, Fixed};
use crate::date;
use crate::endpoint;
use crate::environment::{now, variable};
use crate::error::Error;
use crate::http::Body;
use crate::limits::{Deadline, Limits};
use crate::request::{Headers, Request};
use crate::sign::{self, Credentials};
use crate::url::encode;
use crate::xml::Xml;
use std::fs;
use std::time::Duration;

/// For each attempt: STS responds in some 50 ms.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Credentials of a role, taken with those of the environment.
pub(super) fn role(arn: &str, region: &str, deadline: Deadline) -> Result<Credentials, Error> {
    kept(&format!("role {region} {arn}"), deadline, &|deadline| {
        let source = from_environment(deadline)?;
        let fields = [("RoleArn", arn.to_owned()), ("RoleSessionName", session_name())];
        ask("AssumeRole", &fields, Some(source), region, deadline)
    })
}

/// Credentials of a role of a profile. `key` identifies the profile.
pub(super) fn role_of_profile(
    key: &str,
    fields: &[(&str, String)],
    source: &Credentials,
    deadline: Deadline,
) -> Result<Credentials, Error> {
    kept(key, deadline, &|deadline| {
        let region = endpoint::region()?;
        let mut fields = fields.to_vec();
        if !fields.iter().any(|(name, _)| *name == "RoleSessionName") {
            fields.push(("RoleSessionName", session_name()));
        }
        ask("AssumeRole", &fields, Some(source.clone()), &region, deadline)
    })
}

/// Credentials of a role for a token in a file.
pub(super) fn web_identity(
    arn: &str,
    file: &str,
    session: Option<&str>,
    deadline: Deadline,
) -> Result<Credentials, Error> {
    kept(&format!("web identity {file} {arn}"), deadline, &|deadline| {
        let token = fs::read_to_string(file).map_err(|error| {
            missing(format!("cannot read the web identity's token {file}: {error}"))
        })?;
        let fields = [
            ("RoleArn", arn.to_owned()),
            ("RoleSessionName", session.map_or_else(session_name, str::to_owned)),
            ("WebIdentityToken", token.trim().to_owned()),
        ];
        ask("AssumeRoleWithWebIdentity", &fields, None, &endpoint::region()?, deadline)
    })
}

/// Names the function in the account's log of actions.
fn session_name() -> String {
    let name = variable("AWS_LAMBDA_FUNCTION_NAME");
    let name = name.unwrap_or_else(|| format!("minilambda-{}", now().as_millis()));
    let is_allowed = |c: &char| c.is_ascii_alphanumeric() || "=,.@-_".contains(*c);
    name.chars().filter(is_allowed).take(64).collect()
}

fn ask(
    action: &str,
    fields: &[(&str, String)],
    source: Option<Credentials>,
    region: &str,
    deadline: Deadline,
) -> Result<Temporary, Error> {
    let mut body = format!("Action={action}&Version=2011-06-15");
    for (name, value) in fields {
        body.extend(["&", name, "=", &encode(value)]);
    }
    let token = fields.iter().find(|(name, _)| *name == "WebIdentityToken");
    let mut headers = Headers::default();
    headers.set("content-type", "application/x-www-form-urlencoded; charset=utf-8")?;
    let endpoint = endpoint::from_environment("STS")?;
    let request = Request {
        what: format!("STS {action}"),
        method: "POST",
        url: endpoint.unwrap_or_else(|| endpoint::on_aws("sts", region)),
        headers,
        body: Body::Bytes(body.as_bytes()),
        hash: sign::hash(body.as_bytes()),
        secret: token.map(|(_, token)| token.clone()).unwrap_or_default(),
        service: "sts",
        region: region.to_owned(),
        is_repeatable: true,
        limits: Limits { head: TIMEOUT, between: TIMEOUT, deadline, ..Limits::default() },
    };
    let response = attempts::send(&request, &Fixed(source), None)
        .map_err(|error| missing(format!("{}: {error}", error.code())))?;
    let xml = Xml::parse(&String::from_utf8_lossy(&response.body)).ok();
    let found = xml.as_ref().and_then(|xml| {
        let xml = xml.find("Credentials")?;
        let text = |name: &str| xml.child(name).filter(|text| !text.is_empty()).map(str::to_owned);
        let credentials = Credentials {
            access_key_id: text("AccessKeyId")?,
            secret_access_key: text("SecretAccessKey")?,
            session_token: Some(text("SessionToken")?),
        };
        Some(Temporary { credentials, expiry: date::from_iso(&text("Expiration")?)? })
    });
    found.ok_or_else(|| missing(format!("STS {action}: the response has no credentials")))
}
