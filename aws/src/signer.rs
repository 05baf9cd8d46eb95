//! Signatures for requests that another HTTP client sends, and presigned URLs, for any service.
//!
//! ```no_run
//! use minilambda_aws::Error;
//! use minilambda_aws::signer::{self, ToSign};
//! use std::time::Duration;
//!
//! /// A password for a database of RDS, valid for 15 minutes. Aurora DSQL is `dsql` and `Action=DbConnect`.
//! fn token(host: &str, user: &str) -> Result<String, Error> {
//!     let url = format!("https://{host}:5432/?Action=connect&DBUser={user}");
//!     let url = signer::presign(&ToSign::get(&url), "rds-db", "eu-central-1", Duration::from_secs(900))?;
//!     Ok(url.trim_start_matches("https://").to_owned())
//! }
//! ```

use crate::attempts::{Keys, signing_time};
use crate::credentials::{self, Credentials, Source};
use crate::endpoint::check_region;
use crate::error::Error;
use crate::request::{Headers, Request};
use crate::sign::{self, Scope, UNSIGNED_PAYLOAD, Unsigned, hash};
use crate::url::Url;
use std::time::Duration;

/// The longest validity of a signature in a URL: seven days.
const MAX_EXPIRES: Duration = Duration::from_secs(7 * 24 * 3600);

/// A request that is to be signed.
#[derive(Clone, Copy, Debug)]
pub struct ToSign<'a> {
    /// Such as `GET`.
    pub method: &'a str,
    /// The complete URL, percent-encoded.
    pub url: &'a str,
    /// The headers that are signed, besides `host`.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body.
    pub body: &'a [u8],
}

impl<'a> ToSign<'a> {
    /// A request without headers and body.
    #[must_use]
    pub fn get(url: &'a str) -> Self {
        Self { method: "GET", url, headers: &[], body: b"" }
    }
}

/// Returns the headers to send with a request: those that it has, and those of the signature. The
/// name of a service is the one in signatures, such as `execute-api`. `host` has to be sent as the
/// URL has it.
///
/// # Errors
/// If there are no credentials, or if the request cannot be signed.
pub fn sign(request: &ToSign, service: &str, region: &str) -> Result<Vec<(String, String)>, Error> {
    let (url, headers) = parts(request, service, region)?;
    let payload = hash(request.body);
    let unsigned =
        Unsigned { method: request.method, url: &url, headers: &headers.0, payload: &payload };
    let scope = Scope { service, region, time: signing_time() };
    Ok(sign::sign(&unsigned, &scope, &credentials::current()?))
}

/// Returns a URL with a signature, with which anybody can send the request for a while, from a
/// second to seven days, if the credentials live as long. The headers have to be sent with it.
///
/// # Errors
/// If there are no credentials, or if the request cannot be signed.
pub fn presign(
    request: &ToSign,
    service: &str,
    region: &str,
    expires: Duration,
) -> Result<String, Error> {
    let (url, headers) = parts(request, service, region)?;
    let payload = if service == "s3" { UNSIGNED_PAYLOAD.to_owned() } else { hash(request.body) };
    let unsigned =
        Unsigned { method: request.method, url: &url, headers: &headers.0, payload: &payload };
    let scope = Scope { service, region, time: signing_time() };
    presigned_by(&unsigned, &scope, &credentials::current()?, expires)
}

fn parts(request: &ToSign, service: &str, region: &str) -> Result<(Url, Headers), Error> {
    check_region(region)?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if service.is_empty() || !service.bytes().all(is_name) {
        return Err(Error::invalid("the service is no name such as execute-api"));
    }
    let mut headers = Headers::default();
    for (name, value) in request.headers {
        headers.set(name, value)?;
    }
    Ok((Url::parse(request.url)?, headers))
}

/// Presigns a filled request of S3.
pub(crate) fn presigned(
    request: &Request,
    keys: &Source,
    expires: Duration,
) -> Result<String, Error> {
    let scope = Scope { service: request.service, region: &request.region, time: signing_time() };
    let credentials = keys.get(request.limits.deadline)?;
    let credentials = credentials.ok_or_else(|| Error::invalid("there are no credentials"))?;
    let unsigned = Unsigned { payload: UNSIGNED_PAYLOAD, ..request.unsigned() };
    presigned_by(&unsigned, &scope, &credentials, expires)
        .map_err(|error| error.of_request(&request.what))
}

fn presigned_by(
    request: &Unsigned,
    scope: &Scope,
    credentials: &Credentials,
    expires: Duration,
) -> Result<String, Error> {
    if !(Duration::from_secs(1)..=MAX_EXPIRES).contains(&expires) {
        return Err(Error::invalid("a presigned URL is valid for one second to seven days"));
    }
    Ok(sign::presign(request, scope, credentials, expires.as_secs()).text())
}
