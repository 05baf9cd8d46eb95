//! Configurations of AWS AppConfig, kept and asked for again when the service permits it.
//!
//! ```no_run
//! use minilambda_aws::{Error, appconfig::Configuration};
//! use miniserde::Deserialize;
//!
//! static FEATURES: Configuration = Configuration::new("shop", "production", "features");
//!
//! #[derive(Deserialize)]
//! struct Features {
//!     discount: Flag,
//! }
//!
//! #[derive(Deserialize)]
//! struct Flag {
//!     enabled: bool,
//! }
//!
//! fn has_discount() -> Result<bool, Error> {
//!     Ok(FEATURES.json::<Features>()?.discount.enabled)
//! }
//! ```
//!
//! The role needs `appconfig:StartConfigurationSession` and `appconfig:GetLatestConfiguration`.
//! Through AWS's layer see [`extension::configuration`](crate::extension::configuration). See
//! <https://docs.aws.amazon.com/appconfig/latest/userguide/about-data-plane.html>.

use crate::catalog::APPCONFIG_DATA;
use crate::client::Client;
use crate::environment::lock;
use crate::error::Error;
use crate::limits::Deadline;
use crate::object;
use crate::response::Response;
use minilambda::__private::{decode_or, is_recent};
use minilambda::FromJson;
use miniserde::Deserialize;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, SystemTime};

/// Between two requests, if the service does not say it.
const INTERVAL: Duration = Duration::from_secs(60);

/// How long the error of a configuration that was never read is kept: a service that is down costs
/// each event a request otherwise, or several. The shortest interval that AppConfig permits.
pub(crate) const PAUSE: Duration = Duration::from_secs(15);

/// The longest time between two requests, and how long a token is valid.
const MAX_INTERVAL_S: u64 = 24 * 3600;

/// A configuration profile in an environment of an application. Each value keeps its own session,
/// so it belongs in a `static`.
#[derive(Debug)]
pub struct Configuration<'a> {
    application: &'a str,
    environment: &'a str,
    profile: &'a str,
    client: Option<Client<'a>>,
    interval_s: Option<u64>,
    state: Mutex<State>,
    is_read: Condvar,
}

struct State {
    /// What was read last.
    content: Option<Arc<[u8]>>,
    /// For the next request of the session.
    token: Option<String>,
    read_at: SystemTime,
    interval: Duration,
    /// Why nothing was read yet, and since when. By the time of day: a freeze stops other clocks.
    failed: Option<(SystemTime, Error)>,
    /// Whether a thread reads it.
    is_reading: bool,
}

/// Without the configuration and the token.
impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("State").field("read_at", &self.read_at).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Session {
    #[serde(rename = "InitialConfigurationToken")]
    token: String,
}

/// What a request has returned.
struct Read {
    /// Empty if it is as it was before.
    content: Vec<u8>,
    token: Option<String>,
    interval: Duration,
}

impl<'a> Configuration<'a> {
    /// A configuration by the names or the ids of the application, the environment and the profile.
    #[must_use]
    pub const fn new(application: &'a str, environment: &'a str, profile: &'a str) -> Self {
        let state = State {
            content: None,
            token: None,
            read_at: SystemTime::UNIX_EPOCH,
            interval: INTERVAL,
            failed: None,
            is_reading: false,
        };
        Self {
            application,
            environment,
            profile,
            client: None,
            interval_s: None,
            state: Mutex::new(state),
            is_read: Condvar::new(),
        }
    }

    /// Uses a client with other choices, such as `APPCONFIG_DATA.client().region("eu-west-1")`. In
    /// a `static` this needs a `LazyLock`.
    #[must_use]
    pub fn client(self, client: Client<'a>) -> Self {
        Self { client: Some(client), ..self }
    }

    /// Sets the time between two requests: from 15 s to a day, in whole seconds; a minute if it is
    /// not set.
    #[must_use]
    pub const fn every(mut self, interval: Duration) -> Self {
        self.interval_s = Some(interval.as_secs());
        self
    }

    /// Returns the configuration as bytes.
    ///
    /// If it cannot be read again, it stays as it was, and a warning is logged. While a thread
    /// reads it again, others get what is known.
    ///
    /// # Errors
    /// If it was never read: `ResourceNotFoundException`, or others of the service or of this
    /// crate; see the [crate]. It is kept for 15 s, in which the service is not asked again.
    pub fn bytes(&self) -> Result<Arc<[u8]>, Error> {
        let deadline = Deadline::current();
        let mut state = lock(&self.state);
        loop {
            let is_fresh = is_recent(state.read_at, state.interval);
            match (&state.content, &state.failed) {
                (Some(content), _) if is_fresh || state.is_reading => {
                    return Ok(Arc::clone(content));
                }
                (None, _) if state.is_reading => {}
                (None, Some((at, error))) if is_recent(*at, PAUSE) => return Err(error.clone()),
                _ => break,
            }
            let woken = deadline.wait(&self.is_read, state);
            state = woken.map_err(|error| error.of_request("the configuration"))?;
        }
        state.is_reading = true;
        let token = state.token.take();
        drop(state);
        let reading = Reading(self);
        let has_time = !deadline.is_over();
        let result = self.read(token);
        let result = self.keep(result, has_time);
        drop(reading);
        result
    }

    /// Returns the configuration as text.
    ///
    /// # Errors
    /// Those of [`bytes`](Self::bytes); `Aws.InvalidResponse` if it is not UTF-8.
    pub fn text(&self) -> Result<String, Error> {
        let text = String::from_utf8(self.bytes()?.to_vec());
        text.map_err(|_| Error::invalid_response("the configuration is not UTF-8"))
    }

    /// Reads a configuration of JSON, such as feature flags.
    ///
    /// # Errors
    /// Those of [`bytes`](Self::bytes); `Aws.InvalidResponse` if it does not match the type.
    pub fn json<T: FromJson>(&self) -> Result<T, Error> {
        decode_or(&self.bytes()?, |message| {
            Error::invalid_response(format!("the configuration {}: {message}", self.profile))
        })
    }

    /// A token of a session is valid for a day, and once: a session that cannot go on is begun
    /// again.
    fn read(&self, token: Option<String>) -> Result<Read, Error> {
        let client = self.client.clone().unwrap_or_else(|| APPCONFIG_DATA.client());
        if let Some(token) = token {
            match latest(&client, &token) {
                Err(error) if error.code() == "BadRequestException" => {}
                other => return other,
            }
        }
        let input = object! {
            "ApplicationIdentifier": self.application,
            "EnvironmentIdentifier": self.environment,
            "ConfigurationProfileIdentifier": self.profile,
            "RequiredMinimumPollIntervalInSeconds": self.interval_s,
        };
        // A session that is not used has no effect.
        let start = client.clone().idempotent().request("POST", "/configurationsessions");
        let session: Session = decode_or(&start.json(&input).send()?.body, |message| {
            Error::invalid_response(format!("the session: {message}"))
        })?;
        latest(&client, &session.token)
    }

    /// Keeps what was read, or what was known before. Without either it keeps the error, unless the
    /// invocation had no time to ask.
    fn keep(&self, result: Result<Read, Error>, has_time: bool) -> Result<Arc<[u8]>, Error> {
        let mut state = lock(&self.state);
        match (result, &state.content) {
            (Ok(read), known) => {
                let content = match known {
                    Some(known) if read.content.is_empty() => Arc::clone(known),
                    _ => read.content.into(),
                };
                state.token = read.token;
                state.interval = read.interval;
                state.content = Some(content.clone());
                state.read_at = SystemTime::now();
                Ok(content)
            }
            (Err(error), Some(known)) => {
                log::warn!("the configuration {} stays as it was: {error}", self.profile);
                let known = Arc::clone(known);
                state.read_at = SystemTime::now();
                Ok(known)
            }
            (Err(error), None) => {
                state.failed = has_time.then(|| (SystemTime::now(), error.clone()));
                Err(error)
            }
        }
    }
}

fn latest(client: &Client, token: &str) -> Result<Read, Error> {
    let request = client.request("GET", "/configuration").query("configuration_token", token);
    let response = request.send()?;
    let interval = response.header("next-poll-interval-in-seconds");
    let interval = interval.and_then(|seconds| seconds.parse().ok());
    let bounded = |seconds: u64| Duration::from_secs(seconds.clamp(1, MAX_INTERVAL_S));
    let interval = interval.map_or(INTERVAL, bounded);
    let token = response.header("next-poll-configuration-token").map(str::to_owned);
    let Response { body: content, .. } = response;
    Ok(Read { content, token, interval })
}

/// Ends the reading, even after a panic, so that no thread waits for ever.
struct Reading<'a>(&'a Configuration<'a>);

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        lock(&self.0.state).is_reading = false;
        self.0.is_read.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_of_what_was_never_read_is_kept_for_a_while() {
        let client = APPCONFIG_DATA.client().region("eu-central-1").endpoint("http://127.0.0.1:1");
        let configuration = Configuration::new("a", "b", "c").client(client);
        let now = SystemTime::now();
        for (at, is_kept) in [
            (now, true),
            (now.checked_sub(PAUSE / 2).unwrap(), true),
            (now.checked_sub(PAUSE).unwrap(), false),
            // The clock was set back.
            (now.checked_add(PAUSE).unwrap(), false),
        ] {
            lock(&configuration.state).failed = Some((at, Error::invalid("earlier")));
            let error = configuration.bytes().unwrap_err();
            assert_eq!(error.message() == "earlier", is_kept, "{error}");
        }
    }
}
