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
//!     let table = parameters::get("/shop/table")?;
//!     let database: Database = parameters::secret_json("shop/database")?;
//!     # let _ = (table, database.user, database.password);
//!     Ok(())
//! }
//! ```
//!
//! Threads that need the same value at the same time share one request. [`keep_for`] changes the
//! time. Through the extension of AWS see [`extension`](crate::extension).

use crate::catalog::{SECRETS_MANAGER, SSM};
use crate::environment::lock;
use crate::error::Error;
use minilambda::__private::decode_or;
use miniserde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

const DEFAULT_TTL: Duration = Duration::from_secs(300);

struct Cache {
    ttl: Duration,
    values: BTreeMap<(Kind, String), Entry>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Parameter,
    Secret,
}

enum Entry {
    /// A value, and when it was read.
    Known(String, SystemTime),
    /// A thread reads it.
    Read(Arc<Reading>),
}

/// A value that one thread reads and others wait for.
#[derive(Default)]
struct Reading {
    result: Mutex<Option<Result<String, Error>>>,
    is_done: Condvar,
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
        let output: ParameterOutput = SSM.client().call("GetParameter", &input)?;
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
            SECRETS_MANAGER.client().call("GetSecretValue", &GetSecretValue { id: name })?;
        output.text.ok_or_else(|| {
            Error::invalid_response(format!("the secret {name} is binary, and has no text"))
        })
    })
}

/// Reads a secret whose text is JSON, as those of databases are.
///
/// # Errors
/// Those of [`secret`]; `Aws.InvalidResponse` if it does not match the type. The error has no part
/// of the secret.
pub fn secret_json<T: Deserialize>(name: &str) -> Result<T, Error> {
    decode_or(secret(name)?.as_bytes(), |message| {
        Error::invalid_response(format!("the secret {name}: {message}"))
    })
}

/// Sets how long values are cached, including those already cached. Zero disables the cache.
pub fn keep_for(time: Duration) {
    lock(&CACHE).ttl = time;
}

/// Forgets all values, for example after a password was refused.
pub fn forget() {
    lock(&CACHE).values.clear();
}

fn kept(
    kind: Kind,
    name: &str,
    read: impl FnOnce() -> Result<String, Error>,
) -> Result<String, Error> {
    let key = (kind, name.to_owned());
    let reading = {
        let mut cache = lock(&CACHE);
        match cache.values.get(&key) {
            // The time of day goes on while the function is frozen. A time in the future is a
            // changed clock.
            Some(Entry::Known(value, time)) if time.elapsed().is_ok_and(|age| age < cache.ttl) => {
                return Ok(value.clone());
            }
            Some(Entry::Read(reading)) => {
                let reading = Arc::clone(reading);
                drop(cache);
                return reading.wait();
            }
            _ => {}
        }
        let reading = Arc::<Reading>::default();
        cache.values.insert(key.clone(), Entry::Read(Arc::clone(&reading)));
        reading
    };
    let mut guard = Guard { key, reading, result: None };
    let result = read();
    guard.result = Some(result.clone());
    result
}

impl Reading {
    /// Waits for the thread that reads. Its request has a limit.
    fn wait(&self) -> Result<String, Error> {
        let mut result = lock(&self.result);
        loop {
            if let Some(result) = &*result {
                return result.clone();
            }
            result = self.is_done.wait(result).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Ends the reading, even after a panic, so that no thread waits forever.
struct Guard {
    key: (Kind, String),
    reading: Arc<Reading>,
    result: Option<Result<String, Error>>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let result = self.result.take();
        let result =
            result.unwrap_or_else(|| Err(Error::invalid("the thread that read it has panicked")));
        let mut cache = lock(&CACHE);
        // Values may have been forgotten, and read again, meanwhile.
        let entry = cache.values.get(&self.key);
        let is_ours =
            matches!(entry, Some(Entry::Read(other)) if Arc::ptr_eq(other, &self.reading));
        if is_ours {
            match &result {
                Ok(value) if !cache.ttl.is_zero() => {
                    let known = Entry::Known(value.clone(), SystemTime::now());
                    cache.values.insert(self.key.clone(), known);
                }
                _ => drop(cache.values.remove(&self.key)),
            }
        }
        drop(cache);
        *lock(&self.reading.result) = Some(result);
        self.reading.is_done.notify_all();
    }
}
