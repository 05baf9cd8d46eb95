//! Parameters of the Parameter Store and secrets of Secrets Manager, kept for five minutes.
//!
//! ```no_run
//! use minilambda::Error;
//! use minilambda_aws::parameters;
//! use miniserde::Deserialize;
//!
//! #[derive(Deserialize)]
//! struct Database {
//!     user: String,
//!     password: String,
//! }
//!
//! fn connect() -> Result<(), Error> {
//!     let table = parameters::get("/shop/table")?;
//!     let database: Database = parameters::secret_json("shop/database")?;
//!     # let _ = (table, database.user, database.password);
//!     Ok(())
//! }
//! ```
//!
//! [`keep_for`] changes the time. Through the extension of AWS see [`extension`](crate::extension).

use crate::{SECRETS_MANAGER, SSM};
use minilambda::{Error, decode};
use miniserde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

const DEFAULT_TTL: Duration = Duration::from_secs(300);

struct Cache {
    ttl: Duration,
    /// By kind and name, with the time when they were read.
    values: BTreeMap<(Kind, String), (String, SystemTime)>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Parameter,
    Secret,
}

static CACHE: Mutex<Cache> = Mutex::new(Cache { ttl: DEFAULT_TTL, values: BTreeMap::new() });

#[derive(Serialize)]
struct GetParameter<'a> {
    #[serde(rename = "Name")]
    name: &'a str,
    #[serde(rename = "WithDecryption")]
    with_decryption: bool,
}

#[derive(Deserialize)]
struct ParameterOutput {
    #[serde(rename = "Parameter")]
    parameter: Parameter,
}

#[derive(Deserialize)]
struct Parameter {
    #[serde(rename = "Value")]
    value: String,
}

#[derive(Serialize)]
struct GetSecretValue<'a> {
    #[serde(rename = "SecretId")]
    id: &'a str,
}

#[derive(Deserialize)]
struct SecretOutput {
    #[serde(rename = "SecretString")]
    text: Option<String>,
}

/// Returns a parameter, decrypted if it is a `SecureString`.
///
/// # Errors
/// `ParameterNotFound`, or others of the service or of this crate; see the [crate].
pub fn get(name: &str) -> Result<String, Error> {
    kept(Kind::Parameter, name, || {
        let input = GetParameter { name, with_decryption: true };
        let output: ParameterOutput = SSM.call("GetParameter", &input)?;
        Ok(output.parameter.value)
    })
}

/// Returns the text of a secret.
///
/// # Errors
/// `ResourceNotFoundException`, or others of the service or of this crate;
/// `Aws.InvalidResponse` if the secret is binary.
pub fn secret(name: &str) -> Result<String, Error> {
    kept(Kind::Secret, name, || {
        let output: SecretOutput =
            SECRETS_MANAGER.call("GetSecretValue", &GetSecretValue { id: name })?;
        output.text.ok_or_else(|| {
            let message = format!("the secret {name} is binary, and has no text");
            Error::new("Aws.InvalidResponse", message)
        })
    })
}

/// Reads a secret whose text is JSON, as those of databases are.
///
/// # Errors
/// Those of [`secret`]; `Aws.InvalidResponse` if it does not match the type. The error has no part of
/// the secret.
pub fn secret_json<T: Deserialize>(name: &str) -> Result<T, Error> {
    decode(secret(name)?.as_bytes()).map_err(|error| {
        Error::new("Aws.InvalidResponse", format!("the secret {name}: {}", error.message()))
    })
}

/// Sets how long values are kept, also those that are there already. Zero keeps nothing.
pub fn keep_for(time: Duration) {
    CACHE.lock().unwrap_or_else(PoisonError::into_inner).ttl = time;
}

/// Forgets all values, for example after a password was refused.
pub fn forget() {
    CACHE.lock().unwrap_or_else(PoisonError::into_inner).values.clear();
}

fn kept(
    kind: Kind,
    name: &str,
    read: impl FnOnce() -> Result<String, Error>,
) -> Result<String, Error> {
    {
        let cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((value, time)) = cache.values.get(&(kind, name.to_owned())) {
            // The time of day goes on while the function is frozen. A time in the future is a changed clock.
            if time.elapsed().is_ok_and(|age| age < cache.ttl) {
                return Ok(value.clone());
            }
        }
    }
    let value = read()?;
    let mut cache = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    if !cache.ttl.is_zero() {
        cache.values.insert((kind, name.to_owned()), (value.clone(), SystemTime::now()));
    }
    Ok(value)
}
