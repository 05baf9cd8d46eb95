//! The endpoint of a container, which Lambda has with SnapStart and on managed instances.
//!
//! See <https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html>.

use super::{Temporary, kept, missing};
use crate::attempts::{self, Fixed};
use crate::date;
use crate::environment::variable;
use crate::error::Error;
use crate::http::Body;
use crate::limits::{Deadline, Limits};
use crate::request::{Headers, Request};
use crate::sign::Credentials;
use crate::url::Url;
use miniserde::{Deserialize, json};
use std::fs;
use std::net::IpAddr;
use std::time::Duration;

/// The endpoint is on the same machine.
const TIMEOUT: Duration = Duration::from_secs(2);

/// All attempts together.
const TOTAL: Duration = Duration::from_secs(5);

const MAX_RESPONSE_BYTES: u64 = 64 * 1024;

/// The document of the endpoint, and of a process.
#[derive(Deserialize)]
pub(super) struct Document {
    #[serde(rename = "AccessKeyId")]
    access_key_id: String,
    #[serde(rename = "SecretAccessKey")]
    secret_access_key: String,
    #[serde(rename = "Token")]
    token: Option<String>,
    #[serde(rename = "SessionToken")]
    session_token: Option<String>,
    #[serde(rename = "Expiration")]
    expiration: Option<String>,
}

impl Document {
    pub fn into_temporary(self) -> Option<Temporary> {
        let session_token = self.token.or(self.session_token).filter(|token| !token.is_empty());
        let credentials = Credentials {
            access_key_id: self.access_key_id,
            secret_access_key: self.secret_access_key,
            session_token,
        };
        let expiry = match &self.expiration {
            // Without one they do not expire.
            None => i64::MAX,
            Some(text) => date::from_iso(text)?,
        };
        let is_empty =
            credentials.access_key_id.is_empty() || credentials.secret_access_key.is_empty();
        (!is_empty).then_some(Temporary { credentials, expiry })
    }
}

pub(super) fn uri() -> Option<String> {
    // Of both the relative one counts, as in the SDKs.
    let path = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
    let of_path = path.map(|path| format!("http://169.254.170.2{path}"));
    of_path.or_else(|| variable("AWS_CONTAINER_CREDENTIALS_FULL_URI"))
}

pub(super) fn credentials(uri: &str, deadline: Deadline) -> Result<Credentials, Error> {
    let url = checked(uri)?;
    kept(uri, deadline, &|deadline| ask(url.clone(), deadline))
}

/// The token must not be sent to another machine in plain text.
fn checked(uri: &str) -> Result<Url, Error> {
    let invalid =
        |reason: &str| missing(format!("the URI of the container's credentials {reason}"));
    let url =
        Url::parse(uri).map_err(|error| invalid(&format!("is not valid: {}", error.message())))?;
    let (host, _) = url.host_and_port();
    let is_container = |ip: &IpAddr| {
        ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"].iter().any(|it| it.parse() == Ok(*ip))
    };
    let is_allowed = url.is_tls
        || host == "localhost"
        || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback() || is_container(&ip));
    if is_allowed {
        return Ok(url);
    }
    Err(invalid(
        "is neither https, nor an address of this machine, nor 169.254.170.2 or 169.254.170.23",
    ))
}

fn ask(url: Url, deadline: Deadline) -> Result<Temporary, Error> {
    let token = match variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") {
        Some(path) => Some(fs::read_to_string(&path).map_err(|error| {
            missing(format!("cannot read AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE {path}: {error}"))
        })?),
        None => variable("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
    };
    let mut headers = Headers::default();
    let token = token.map(|token| token.trim().to_owned()).unwrap_or_default();
    if !token.is_empty() {
        if !token.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            return Err(missing(
                "the container's authorization token has characters that are not ASCII",
            ));
        }
        headers.0.push(("authorization".to_owned(), token.clone()));
    }
    let request = unsigned("the credentials' endpoint", url, headers, token, deadline);
    let response =
        attempts::send(&request, &Fixed(None), None).map_err(|error| missing(error.to_string()))?;
    let document = std::str::from_utf8(&response.body).ok();
    let document = document.and_then(|text| json::from_str::<Document>(text).ok());
    document.and_then(Document::into_temporary).ok_or_else(|| {
        missing("the credentials' endpoint: its response is not a document of credentials")
    })
}

/// A GET without a signature, with short limits. The secret is in its headers.
pub(super) fn unsigned<'a>(
    what: &str,
    url: Url,
    headers: Headers,
    secret: String,
    deadline: Deadline,
) -> Request<'a> {
    Request {
        what: what.to_owned(),
        method: "GET",
        url,
        headers,
        body: Body::Bytes(b""),
        hash: String::new(),
        secret,
        service: "",
        region: String::new(),
        is_repeatable: true,
        limits: Limits {
            connect: TIMEOUT,
            head: TIMEOUT,
            between: TIMEOUT,
            max_response_bytes: MAX_RESPONSE_BYTES,
            deadline: deadline.or_earlier(Deadline::after(TOTAL)),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::checked;

    #[test]
    fn only_this_machine_gets_a_token_in_plain_text() {
        for uri in [
            "http://127.0.0.1:9001/x",
            "http://127.1.2.3/x?a=b",
            "http://[::1]/x",
            "http://localhost/x",
            "http://169.254.170.2/v2/x",
            "http://169.254.170.23/v1/x",
            "http://[fd00:ec2::23]/v1/x",
            "https://anywhere.example/x",
        ] {
            assert!(checked(uri).is_ok(), "{uri}");
        }
        for uri in [
            "http://169.254.169.254/x",
            "http://169.254.170.2.example/x",
            "http://127.0.0.1.example/x",
            "http://localhost.example/x",
            "http://10.0.0.1/x",
            "http://127.0.0.1@example.com/x",
            "http://169.254.170.2evil/x",
            "ftp://127.0.0.1/x",
            "/x",
        ] {
            assert!(checked(uri).is_err(), "{uri}");
        }
    }
}
