//! Credentials, as Lambda gives them.
//!
//! They are read for each request, from the first of these places that has them:
//!
//! 1. `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, which Lambda sets;
//! 2. `AWS_CONTAINER_CREDENTIALS_FULL_URI`, which Lambda sets with SnapStart and on managed instances:
//!    they are kept until five minutes before they expire;
//! 3. the profile `AWS_PROFILE`, or `default`, of `~/.aws/credentials`, for a local run.
//!
//! See <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>.

use crate::date;
use minilambda::Error;
use miniserde::{Deserialize, json};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use std::{env, fmt, fs};

/// The time before their expiry at which credentials are asked for again, in seconds.
const BEFORE_EXPIRY_S: i64 = 300;

const TIMEOUT: Duration = Duration::from_secs(5);

/// Keys that sign a request. They are not shown by `Debug`.
#[derive(Clone, PartialEq)]
pub struct Credentials {
    /// The id of the key.
    pub access_key_id: String,
    /// The key.
    pub secret_access_key: String,
    /// The token of temporary credentials, as those of a Lambda function are.
    pub session_token: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.write_str("Credentials(hidden)")
    }
}

/// Credentials of the container's endpoint, with their expiry in seconds since 1970.
static OF_CONTAINER: Mutex<Option<(Credentials, i64)>> = Mutex::new(None);

/// Returns the credentials of this moment.
///
/// # Errors
/// `Aws.NoCredentials` if there are none, or if they cannot be read.
pub fn current() -> Result<Credentials, Error> {
    if let (Some(access_key_id), Some(secret_access_key)) =
        (variable("AWS_ACCESS_KEY_ID"), variable("AWS_SECRET_ACCESS_KEY"))
    {
        let session_token = variable("AWS_SESSION_TOKEN");
        return Ok(Credentials { access_key_id, secret_access_key, session_token });
    }
    if let Some(uri) = container_uri() {
        return of_container(&uri);
    }
    of_profile()?.ok_or_else(|| {
        missing(
            "there are no credentials: AWS_ACCESS_KEY_ID, AWS_CONTAINER_CREDENTIALS_FULL_URI and \
             the profile are not there",
        )
    })
}

/// Asks again for credentials that the service has called expired.
pub(crate) fn forget() {
    *OF_CONTAINER.lock().unwrap_or_else(PoisonError::into_inner) = None;
}

pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

fn missing(message: impl Into<String>) -> Error {
    Error::new("Aws.NoCredentials", message)
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_secs()).unwrap_or(i64::MAX)
}

fn container_uri() -> Option<String> {
    variable("AWS_CONTAINER_CREDENTIALS_FULL_URI").or_else(|| {
        let path = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")?;
        Some(format!("http://169.254.170.2{path}"))
    })
}

/// The document of the endpoint.
#[derive(Deserialize)]
struct Document {
    #[serde(rename = "AccessKeyId")]
    access_key_id: String,
    #[serde(rename = "SecretAccessKey")]
    secret_access_key: String,
    #[serde(rename = "Token")]
    token: Option<String>,
    #[serde(rename = "Expiration")]
    expiration: Option<String>,
}

fn of_container(uri: &str) -> Result<Credentials, Error> {
    let mut kept = OF_CONTAINER.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((credentials, expiry)) = &*kept {
        if now() < expiry - BEFORE_EXPIRY_S {
            return Ok(credentials.clone());
        }
    }
    let result = ask(uri);
    if let (Err(error), Some((credentials, expiry))) = (&result, &*kept) {
        if now() < *expiry {
            log::warn!("credentials that expire soon could not be refreshed: {error}");
            return Ok(credentials.clone());
        }
    }
    let (credentials, expiry) = result?;
    *kept = Some((credentials.clone(), expiry));
    Ok(credentials)
}

fn ask(uri: &str) -> Result<(Credentials, i64), Error> {
    let token = match variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
        Some(path) => Some(fs::read_to_string(&path).map_err(|error| {
            missing(format!("cannot read AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE {path}: {error}"))
        })?),
        None => variable("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
    };
    let fail =
        |error: &dyn fmt::Display| missing(format!("the credentials' endpoint failed: {error}"));
    let config = ureq::Agent::config_builder().proxy(None).timeout_global(Some(TIMEOUT)).build();
    let mut request = ureq::Agent::new_with_config(config).get(uri);
    if let Some(token) = token {
        request = request.header("authorization", token.trim());
    }
    let text = request.call().and_then(|mut response| response.body_mut().read_to_string());
    let text = text.map_err(|error| fail(&error))?;
    let document: Document = json::from_str(&text)
        .map_err(|_| fail(&"its response is not a document of credentials"))?;
    let expiry = document.expiration.as_deref().and_then(date::from_iso).unwrap_or(i64::MAX);
    let credentials = Credentials {
        access_key_id: document.access_key_id,
        secret_access_key: document.secret_access_key,
        session_token: document.token,
    };
    Ok((credentials, expiry))
}

fn of_profile() -> Result<Option<Credentials>, Error> {
    let Some(path) = aws_file("AWS_SHARED_CREDENTIALS_FILE", "credentials") else {
        return Ok(None);
    };
    let Ok(text) = fs::read_to_string(&path) else { return Ok(None) };
    let name = variable("AWS_PROFILE").unwrap_or_else(|| "default".to_owned());
    let value = |key: &str| value_of(&text, &name, key);
    match (value("aws_access_key_id"), value("aws_secret_access_key")) {
        (Some(access_key_id), Some(secret_access_key)) => Ok(Some(Credentials {
            access_key_id,
            secret_access_key,
            session_token: value("aws_session_token"),
        })),
        _ => Err(missing(format!("{} has no keys in the profile {name}", path.display()))),
    }
}

/// The region of the profile, from `~/.aws/config`.
pub(crate) fn region_of_profile() -> Option<String> {
    let text = fs::read_to_string(aws_file("AWS_CONFIG_FILE", "config")?).ok()?;
    let name = variable("AWS_PROFILE").unwrap_or_else(|| "default".to_owned());
    value_of(&text, &format!("profile {name}"), "region")
        .or_else(|| value_of(&text, &name, "region"))
}

fn aws_file(name: &str, file: &str) -> Option<PathBuf> {
    if let Some(path) = variable(name) {
        return Some(path.into());
    }
    Some(PathBuf::from(variable("HOME")?).join(".aws").join(file))
}

/// A value in a section of a file of `[section]`s and `key = value`s.
fn value_of(text: &str, section: &str, key: &str) -> Option<String> {
    let mut is_here = false;
    for line in text.lines().map(str::trim) {
        if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            is_here = name.split_whitespace().eq(section.split_whitespace());
        } else if let (true, Some((name, value))) = (is_here, line.split_once('=')) {
            if name.trim() == key {
                return Some(value.trim().to_owned());
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_read_and_keys_are_hidden() {
        let text =
            "[default]\nregion = a\n# c\n[profile  b ]\nregion=eu-west-1 \n[c]\nkey = x = y\n";
        assert_eq!(value_of(text, "profile b", "region").as_deref(), Some("eu-west-1"));
        assert_eq!(value_of(text, "c", "key").as_deref(), Some("x = y"));
        assert_eq!(value_of(text, "c", "region"), None);
        let credentials = Credentials {
            access_key_id: "AKID".to_owned(),
            secret_access_key: "secret".to_owned(),
            session_token: None,
        };
        assert_eq!(format!("{credentials:?}"), "Credentials(hidden)");
    }
}
