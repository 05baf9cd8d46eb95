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
//!     let settings = parameters::by_path("/shop/")?; // `table` for `/shop/table`
//!     let database: Database = parameters::secret_json("shop/database")?;
//!     # let _ = (settings.get("table"), database.user, database.password);
//!     Ok(())
//! }
//! ```
//!
//! Threads that need the same value at the same time share one request. [`keep_for`] changes the
//! time. Through the extension of AWS see [`extension`](crate::extension).

mod cache;

use crate::catalog::{SECRETS_MANAGER, SSM};
use crate::client::Empty;
use crate::environment::token;
use crate::error::Error;
use crate::limits::Circle;
use crate::object;
use crate::stored::{Parameter, Secret};
use cache::{Kind, kept};
use minilambda::__private::decode_or;
use minilambda::FromJson;
use minilambda_events::Base64;
use miniserde::{Deserialize, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// The most names of a request.
const MAX_NAMES: usize = 10;

#[derive(Deserialize)]
struct Parameters {
    #[serde(rename = "Parameters")]
    parameters: Vec<Named>,
    #[serde(rename = "NextToken")]
    next: Option<String>,
}

#[derive(Deserialize)]
struct Named {
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "Value")]
    value: String,
    #[serde(rename = "ARN")]
    arn: Option<String>,
    /// The version or the label that was asked for, such as `:3`.
    #[serde(rename = "Selector")]
    selector: Option<String>,
}

impl Named {
    /// Whether it was asked for by this name.
    fn is_called(&self, name: &str) -> bool {
        let rest = name.strip_prefix(&self.name);
        let is_selected = rest.is_some_and(|it| it == self.selector.as_deref().unwrap_or_default());
        is_selected || self.arn.as_deref() == Some(name)
    }
}

fn parsed<T: FromJson>(text: &str, what: &str, name: &str) -> Result<T, Error> {
    decode_or(text.as_bytes(), |message| {
        Error::invalid_response(format!("the {what} {name}: {message}"))
    })
}

fn bytes(text: String, what: &str, name: &str) -> Result<Vec<u8>, Error> {
    Base64::from(text)
        .decode()
        .map_err(|error| Error::invalid_response(format!("the {what} {name}: {}", error.message())))
}

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
/// Those of [`get`]; `Aws.InvalidResponse` if it does not match the type.
pub fn get_json<T: FromJson>(name: &str) -> Result<T, Error> {
    parsed(&get(name)?, "parameter", name)
}

/// Reads a parameter whose text is base64.
///
/// # Errors
/// Those of [`get`]; `Aws.InvalidResponse` if it is not base64.
pub fn get_bytes(name: &str) -> Result<Vec<u8>, Error> {
    bytes(get(name)?, "parameter", name)
}

/// Returns parameters by their names, ten in a request.
///
/// # Errors
/// Those of [`get`]: `ParameterNotFound` with the names of all that are missing.
pub fn by_names(names: &[&str]) -> Result<BTreeMap<String, String>, Error> {
    let mut found = BTreeMap::new();
    let mut missing = Vec::new();
    for name in names {
        match cache::known(Kind::Parameter, name) {
            Some(value) => drop(found.insert((*name).to_owned(), value)),
            None if missing.contains(name) => {}
            None => missing.push(*name),
        }
    }
    let mut lost = Vec::new();
    let since = cache::changes();
    for names in missing.chunks(MAX_NAMES) {
        let input = object! { "Names": names, "WithDecryption": true };
        let output: Parameters = SSM.client().call("GetParameters", &input)?;
        for name in names {
            let is_it = |it: &&Named| it.is_called(name);
            let value = output.parameters.iter().find(is_it).map(|it| it.value.clone());
            match value {
                Some(value) => {
                    cache::keep(Kind::Parameter, name, &value, since);
                    found.insert((*name).to_owned(), value);
                }
                None => lost.push(*name),
            }
        }
    }
    if lost.is_empty() {
        return Ok(found);
    }
    let reason = format!("there is no parameter {}", lost.join(", "));
    Err(Error::refused("ParameterNotFound", reason).of_request("SSM GetParameters"))
}

/// Returns the parameters below a path such as `/shop/`, by the rest of their names.
///
/// # Errors
/// Those of [`get`]. A path without parameters is none.
pub fn by_path(path: &str) -> Result<BTreeMap<String, String>, Error> {
    let text = kept(Kind::Path, path, || {
        let (mut found, mut next, mut circle) = (BTreeMap::new(), None::<String>, Circle::new());
        loop {
            let input = object! {
                "Path": path, "Recursive": true, "WithDecryption": true, "NextToken": &next,
            };
            let output: Parameters = SSM.client().call("GetParametersByPath", &input)?;
            drop(input);
            for Named { name, value, .. } in output.parameters {
                let name = name.strip_prefix(path).unwrap_or(&name);
                found.insert(name.trim_start_matches('/').to_owned(), value);
            }
            next = output.next.filter(|next| !next.is_empty());
            match &next {
                None => return object::text(&found),
                Some(token) if circle.is_closed_by(token) => {
                    let reason = "the page leads to itself: its token came before";
                    let error = Error::invalid_response(reason);
                    return Err(error.of_request("SSM GetParametersByPath"));
                }
                Some(_) => {}
            }
        }
    })?;
    json::from_str(&text).map_err(|_| Error::invalid_response("the parameters are no texts"))
}

/// Writes a parameter, in place of the value that it has. One of the other type is refused.
///
/// # Errors
/// Those of the service or of this crate.
pub fn set(name: &str, value: &str) -> Result<(), Error> {
    put(name, value, "String")
}

/// Writes a parameter as a `SecureString`, encrypted with the key of the account.
///
/// # Errors
/// Those of [`set`].
pub fn set_secure(name: &str, value: &str) -> Result<(), Error> {
    put(name, value, "SecureString")
}

fn put(name: &str, value: &str, kind: &str) -> Result<(), Error> {
    let input = object! { "Name": name, "Value": value, "Type": kind, "Overwrite": true };
    let result = SSM.client().call("PutParameter", &input);
    cache::forget_one(name);
    result.map(|Empty {}| ())
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
pub fn secret_json<T: FromJson>(name: &str) -> Result<T, Error> {
    parsed(&secret(name)?, "secret", name)
}

/// Returns a secret as bytes: of a binary one, or of a text.
///
/// # Errors
/// Those of [`secret`].
pub fn secret_bytes(name: &str) -> Result<Vec<u8>, Error> {
    let text = kept(Kind::SecretBytes, name, || Ok(read_secret(name)?.base64()))?;
    bytes(text, "secret", name)
}

fn read_secret(name: &str) -> Result<Secret, Error> {
    SECRETS_MANAGER.client().call("GetSecretValue", &object! { "SecretId": name })
}

/// Writes the text of a secret that is there, as its current version.
///
/// # Errors
/// Those of the service or of this crate.
pub fn set_secret(name: &str, text: &str) -> Result<(), Error> {
    // The service refuses a request without a token. With it the request may be repeated.
    let token = token();
    let input = object! { "SecretId": name, "SecretString": text, "ClientRequestToken": &token };
    let result = SECRETS_MANAGER.client().idempotent().call("PutSecretValue", &input);
    cache::forget_one(name);
    result.map(|Empty {}| ())
}

/// Sets how long values are cached, including those already cached. Zero disables the cache.
pub fn keep_for(time: Duration) {
    cache::set_ttl(time);
}

/// Forgets all values, for example after a password was refused.
pub fn forget() {
    cache::forget();
}
