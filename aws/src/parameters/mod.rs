//! Parameters of the Parameter Store and secrets of Secrets Manager, kept for five minutes.
//!
//! ```no_run
//! use minilambda_aws::{Error, parameters};
//! use miniserde::Deserialize;
//!
//! #[derive(Deserialize)]
//! struct Database {
//!     user: String,
//!     password: String,
//! }
//!
//! fn connect() -> Result<(), Error> {
//!     let [table, region] = parameters::get_all(["/shop/table", "/shop/region"])?;
//!     let database: Database = parameters::secret_json("shop/database")?;
//!     # let _ = (table, region, database.user, database.password);
//!     Ok(())
//! }
//! ```
//!
//! Threads that need the same value at the same time share one request, except of [`get_all`].
//! [`keep_for`] changes the time. Through the extension of AWS see
//! [`extension`](crate::extension).
//!
//! See <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html> and
//! <https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html>.

mod cache;

pub use cache::{forget, keep_for};

use crate::catalog::{SECRETS_MANAGER, SSM};
use crate::error::{Error, Outcome};
use crate::limits::Circle;
use crate::object;
use crate::stored::{Parameter, Secret};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use cache::{Kind, kept};
use minilambda::__private::decode_or;
use miniserde::{Deserialize, json};
use std::collections::{BTreeMap, BTreeSet};

/// The most names in a request of `GetParameters`.
const MAX_NAMES: usize = 10;

/// Returns a parameter, decrypted if it is a `SecureString`.
///
/// # Errors
/// `ParameterNotFound`, or others of the service or of this crate; see the [crate].
pub fn get(name: &str) -> Result<String, Error> {
    kept(Kind::Parameter, name, || {
        let input = object! { "Name": name, "WithDecryption": true };
        let output: Parameter = SSM.client().call("GetParameter", &input)?;
        Ok(output.value())
    })
}

/// Reads a parameter whose text is JSON.
///
/// # Errors
/// Those of [`get`]; `Aws.InvalidResponse` if it does not match the type. The error has no part of
/// the parameter.
pub fn get_json<T: Deserialize>(name: &str) -> Result<T, Error> {
    decoded(&get(name)?, "parameter", name)
}

/// Reads a parameter whose text is base64, and returns its bytes.
///
/// # Errors
/// Those of [`get`]; `Aws.InvalidResponse` if it is not base64. The error has no part of the
/// parameter.
pub fn get_bytes(name: &str) -> Result<Vec<u8>, Error> {
    from_base64(&get(name)?, "parameter", name)
}

/// Returns parameters in the order of their names, decrypted. Those that are not known are asked
/// for by tens.
///
/// # Errors
/// `ParameterNotFound` with the names of all that are missing; those of [`get`].
pub fn get_all<const N: usize>(names: [&str; N]) -> Result<[String; N], Error> {
    let known = names.iter().map(|name| ((*name).to_owned(), cache::known(name)));
    let mut values: BTreeMap<String, Option<String>> = known.collect();
    let unknown: BTreeSet<_> =
        names.into_iter().filter(|name| matches!(values.get(*name), Some(None))).collect();
    let unknown: Vec<_> = unknown.into_iter().collect();
    let forgotten = cache::forgotten();
    for names in unknown.chunks(MAX_NAMES) {
        let input = object! { "Names": names, "WithDecryption": true };
        let found: FoundParameters = SSM.client().call("GetParameters", &input)?;
        for name in names {
            let parameter = found.parameters.iter().find(|parameter| parameter.is(name));
            let Some(parameter) = parameter else { continue };
            cache::keep(name, &parameter.value, forgotten);
            values.insert((*name).to_owned(), Some(parameter.value.clone()));
        }
    }
    let missing = names.iter().filter(|name| values.get(**name).is_none_or(Option::is_none));
    let missing: BTreeSet<_> = missing.copied().collect();
    if missing.is_empty() {
        return Ok(names.map(|name| values.get(name).cloned().flatten().unwrap_or_default()));
    }
    let missing: Vec<_> = missing.into_iter().collect();
    let reason = format!("there are no parameters {}", missing.join(", "));
    let error = Error::with_outcome("ParameterNotFound", reason, Outcome::Refused);
    Err(error.of_request("SSM GetParameters"))
}

/// Returns all parameters below a path such as `/shop`, at any depth, decrypted, by their names.
/// There are none if the path does not exist.
///
/// # Errors
/// Those of the service or of this crate; see the [crate].
pub fn by_path(path: &str) -> Result<BTreeMap<String, String>, Error> {
    let text = kept(Kind::Path, path, || Ok(object::text(&read_path(path)?)))?;
    Ok(json::from_str(&text).unwrap_or_default())
}

fn read_path(path: &str) -> Result<BTreeMap<String, String>, Error> {
    let mut parameters = BTreeMap::new();
    let mut next: Option<String> = None;
    let mut circle = Circle::new();
    loop {
        let input = object! {
            "Path": path, "Recursive": true, "WithDecryption": true, "NextToken": next,
        };
        let page: FoundParameters = SSM.client().call("GetParametersByPath", &input)?;
        drop(input);
        parameters.extend(page.parameters.into_iter().map(|found| (found.name, found.value)));
        next = page.next.filter(|token| !token.is_empty());
        match &next {
            None => return Ok(parameters),
            Some(token) if circle.is_closed_by(token) => {
                let reason = "the pages of parameters have no end";
                return Err(Error::invalid_response(reason).of_request("SSM GetParametersByPath"));
            }
            Some(_) => {}
        }
    }
}

/// Sets a parameter, which becomes a `String` if there is none, and forgets its kept value. Returns
/// its new version.
///
/// # Errors
/// The service's, or this crate's; see the [crate]. A `SecureString` is not made a `String`: the
/// service refuses that.
pub fn set(name: &str, value: &str) -> Result<u64, Error> {
    put(name, value, "String")
}

/// The same for a `SecureString`, which is encrypted with the account's key.
///
/// # Errors
/// Those of [`set`].
pub fn set_secure(name: &str, value: &str) -> Result<u64, Error> {
    put(name, value, "SecureString")
}

fn put(name: &str, value: &str, kind: &str) -> Result<u64, Error> {
    let input = object! { "Name": name, "Value": value, "Type": kind, "Overwrite": true };
    let result: Result<Written, Error> = SSM.client().call("PutParameter", &input);
    // It may have been set even if the response was lost.
    cache::forget_parameter(name);
    Ok(result?.version)
}

/// Returns the text of a secret.
///
/// # Errors
/// `ResourceNotFoundException`, or others of the service or of this crate;
/// `Aws.InvalidResponse` if the secret is binary.
pub fn secret(name: &str) -> Result<String, Error> {
    kept(Kind::Secret, name, || read_secret(name)?.text(name))
}

/// Reads a secret whose text is JSON, as those of databases are.
///
/// # Errors
/// Those of [`secret`]; `Aws.InvalidResponse` if it does not match the type. The error has no part
/// of the secret.
pub fn secret_json<T: Deserialize>(name: &str) -> Result<T, Error> {
    decoded(&secret(name)?, "secret", name)
}

/// Returns the bytes of a binary secret.
///
/// # Errors
/// Those of [`secret`]; `Aws.InvalidResponse` if the secret is a text.
pub fn secret_bytes(name: &str) -> Result<Vec<u8>, Error> {
    let text = kept(Kind::SecretBytes, name, || read_secret(name)?.base64(name))?;
    from_base64(&text, "secret", name)
}

fn read_secret(name: &str) -> Result<Secret, Error> {
    SECRETS_MANAGER.client().call("GetSecretValue", &object! { "SecretId": name })
}

fn decoded<T: Deserialize>(text: &str, kind: &str, name: &str) -> Result<T, Error> {
    decode_or(text.as_bytes(), |message| {
        Error::invalid_response(format!("the {kind} {name}: {message}"))
    })
}

/// Lines of base64 may be broken.
fn from_base64(text: &str, kind: &str, name: &str) -> Result<Vec<u8>, Error> {
    let text: String = text.split_ascii_whitespace().collect();
    let bytes = STANDARD.decode(text);
    bytes.map_err(|_| Error::invalid_response(format!("the {kind} {name} is not base64")))
}

#[derive(Deserialize)]
struct FoundParameters {
    #[serde(rename = "Parameters")]
    parameters: Vec<Found>,
    #[serde(rename = "NextToken")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Found {
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "ARN")]
    arn: Option<String>,
    /// The version or the label that was asked for, such as `:3`.
    #[serde(rename = "Selector")]
    selector: Option<String>,
    #[serde(rename = "Value")]
    value: String,
}

impl Found {
    /// Whether it was asked for by this name or ARN.
    fn is(&self, asked: &str) -> bool {
        let selector = self.selector.as_deref().unwrap_or_default();
        let is_it = |name: &str| asked.strip_prefix(name).is_some_and(|rest| rest == selector);
        is_it(&self.name) || self.arn.as_deref().is_some_and(is_it)
    }
}

#[derive(Deserialize)]
struct Written {
    #[serde(rename = "Version")]
    version: u64,
}
