//! IAM Identity Center: a role for the token that `aws sso login` has kept.
//!
//! See <https://docs.aws.amazon.com/sdkref/latest/guide/feature-sso-credentials.html>.

use super::container::unsigned;
use super::{Temporary, kept, missing};
use crate::attempts::{self, Fixed};
use crate::date;
use crate::endpoint;
use crate::environment::now_s;
use crate::error::Error;
use crate::limits::Deadline;
use crate::profile::{self, Profiles, Section};
use crate::request::Headers;
use crate::sign::{self, Credentials};
use miniserde::{Deserialize, json};
use ring::digest;
use std::fs;

#[derive(Deserialize)]
struct Token {
    #[serde(rename = "accessToken")]
    token: String,
    #[serde(rename = "expiresAt")]
    expires_at: String,
}

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "roleCredentials")]
    credentials: RoleCredentials,
}

#[derive(Deserialize)]
struct RoleCredentials {
    #[serde(rename = "accessKeyId")]
    access_key_id: String,
    #[serde(rename = "secretAccessKey")]
    secret_access_key: String,
    #[serde(rename = "sessionToken")]
    session_token: String,
    /// In milliseconds since 1970.
    expiration: i64,
}

/// Credentials of a profile with `sso_account_id` and `sso_role_name`.
pub(super) fn credentials(
    name: &str,
    profile: &Section,
    profiles: &Profiles,
    deadline: Deadline,
) -> Result<Credentials, Error> {
    let fail = |reason: String| missing(format!("the profile {name}: {reason}"));
    let session = profile.get("sso_session");
    let settings = match session {
        Some(session) => profiles.sso_session(session).ok_or_else(|| {
            fail(format!("the section [sso-session {session}] is not in the file config"))
        })?,
        None => profile,
    };
    let need = |section: &Section, key: &str| {
        section.get(key).map(str::to_owned).ok_or_else(|| fail(format!("{key} is not set")))
    };
    let (account, role) = (need(profile, "sso_account_id")?, need(profile, "sso_role_name")?);
    let (region, start) = (need(settings, "sso_region")?, need(settings, "sso_start_url")?);
    endpoint::check_region(&region)?;
    kept(&format!("sso {name} {account} {role}"), deadline, &|deadline| {
        let token = token(session.unwrap_or(&start)).map_err(fail)?;
        let mut url = endpoint::from_environment("SSO")?
            .unwrap_or_else(|| endpoint::on_aws("portal.sso", &region));
        url.path.push_str("/federation/credentials");
        url.query = vec![
            ("role_name".to_owned(), role.clone()),
            ("account_id".to_owned(), account.clone()),
        ];
        let mut headers = Headers::default();
        headers.set("x-amz-sso_bearer_token", &token)?;
        let request = unsigned("IAM Identity Center", url, headers, token, deadline);
        let response = attempts::send(&request, &Fixed(None), None)
            .map_err(|error| fail(format!("{}: {error}; try `aws sso login`", error.code())))?;
        let text = String::from_utf8_lossy(&response.body);
        let document: Document = json::from_str(&text)
            .map_err(|_| fail("IAM Identity Center's response has no credentials".to_owned()))?;
        let RoleCredentials { access_key_id, secret_access_key, session_token, expiration } =
            document.credentials;
        let session_token = Some(session_token).filter(|token| !token.is_empty());
        let credentials = Credentials { access_key_id, secret_access_key, session_token };
        Ok(Temporary { credentials, expiry: expiration / 1000 })
    })
}

/// Reads the token of a session, or of a start URL. It is kept under the hash of the name.
fn token(name: &str) -> Result<String, String> {
    let hash = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, name.as_bytes());
    let path = profile::sso_cache(&sign::hex(hash.as_ref())).ok_or("HOME is not set")?;
    let text = fs::read_to_string(&path)
        .map_err(|error| format!("cannot read {}: {error}; run `aws sso login`", path.display()))?;
    let token: Token =
        json::from_str(&text).map_err(|_| format!("{} has no token", path.display()))?;
    match date::from_iso(&token.expires_at) {
        Some(expiry) if now_s() < expiry => Ok(token.token),
        _ => Err("the session of IAM Identity Center has expired; run `aws sso login`".to_owned()),
    }
}
