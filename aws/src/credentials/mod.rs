//! Credentials, as Lambda gives them.
//!
//! They are read for each request, from the first of these places that has them:
//!
//! 1. `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, which Lambda sets;
//! 2. `AWS_WEB_IDENTITY_TOKEN_FILE` with `AWS_ROLE_ARN`, as in containers of EKS;
//! 3. `AWS_CONTAINER_CREDENTIALS_FULL_URI`, which Lambda sets with SnapStart and on managed
//!    instances;
//! 4. the profile `AWS_PROFILE`, or `default`, of `~/.aws`, for a local run: with keys, a role of
//!    another profile, IAM Identity Center (`aws sso login`), a web identity, or a
//!    `credential_process`.
//!
//! Those that expire are kept until five minutes before. [`Client::role`](crate::Client::role)
//! takes another role for single requests.
//!
//! See <https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html>.

mod container;
mod local;
mod process;
mod sso;
mod sts;

pub use crate::sign::Credentials;

use crate::attempts::Keys;
use crate::environment::{lock, now_s, variable};
use crate::error::Error;
use crate::limits::Deadline;
use std::sync::{Arc, Mutex};

/// The time before their expiry at which credentials are asked for again, in seconds.
const BEFORE_EXPIRY_S: i64 = 300;

/// Credentials with their expiry in seconds since 1970.
#[derive(Clone, Debug)]
struct Temporary {
    credentials: Credentials,
    expiry: i64,
}

/// The time after which a place is asked again, if it has failed, or has given credentials that
/// expire soon, and they are still valid.
const RETRY_S: i64 = 30;

/// A function that takes a role for each of its customers has many. The oldest are forgotten.
const MAX_KEPT: usize = 256;

/// Credentials by the place that they come from.
#[derive(Clone)]
struct Kept {
    key: String,
    temporary: Temporary,
    /// When they are asked for again, in seconds since 1970.
    refresh: i64,
}

static KEPT: Mutex<Vec<Kept>> = Mutex::new(Vec::new());

/// Returns the credentials of this moment.
///
/// # Errors
/// `Aws.NoCredentials` if there are none, or if they cannot be read.
pub fn current() -> Result<Credentials, Error> {
    let credentials = from_environment(Deadline::current())?;
    credentials.check().map(|()| credentials)
}

/// Which credentials a client uses.
#[derive(Clone, Debug, Default)]
pub(crate) enum Source {
    /// Those of the environment.
    #[default]
    Environment,
    /// Those of a role, which is taken with those of the environment.
    Role { arn: Arc<str>, region: String },
}

impl Keys for Source {
    fn get(&self, deadline: Deadline) -> Result<Option<Credentials>, Error> {
        let credentials = match self {
            Self::Environment => from_environment(deadline),
            Self::Role { arn, region } => sts::role(arn, region, deadline),
        };
        credentials.map(Some)
    }

    /// Asks again for all that can be asked for.
    fn forget(&self) {
        lock(&KEPT).clear();
    }
}

/// The keys that Lambda sets.
fn from_variables() -> Option<Credentials> {
    Some(Credentials {
        access_key_id: variable("AWS_ACCESS_KEY_ID")?,
        secret_access_key: variable("AWS_SECRET_ACCESS_KEY")?,
        session_token: variable("AWS_SESSION_TOKEN"),
    })
}

fn from_environment(deadline: Deadline) -> Result<Credentials, Error> {
    if let Some(credentials) = from_variables() {
        return Ok(credentials);
    }
    if variable("AWS_ACCESS_KEY_ID").is_some() {
        return Err(missing("AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not"));
    }
    if let (Some(file), Some(role)) =
        (variable("AWS_WEB_IDENTITY_TOKEN_FILE"), variable("AWS_ROLE_ARN"))
    {
        let session = variable("AWS_ROLE_SESSION_NAME");
        return sts::web_identity(&role, &file, session.as_deref(), deadline);
    }
    if let Some(uri) = container::uri() {
        return container::credentials(&uri, deadline);
    }
    local::from_current_profile(deadline)?.ok_or_else(|| {
        missing(
            "there are no credentials: AWS_ACCESS_KEY_ID, AWS_WEB_IDENTITY_TOKEN_FILE, \
             AWS_CONTAINER_CREDENTIALS_FULL_URI and the profile are not there",
        )
    })
}

fn missing(message: impl Into<String>) -> Error {
    Error::new("Aws.NoCredentials", message)
}

/// Returns credentials that are kept, or asks for them. No lock is held meanwhile: a place that
/// hangs does not make other threads queue. If the place fails, those that have not expired are
/// used on. They leave most of an invocation's time for its requests.
fn kept(
    key: &str,
    deadline: Deadline,
    ask: &dyn Fn(Deadline) -> Result<Temporary, Error>,
) -> Result<Credentials, Error> {
    let now = now_s();
    let known = lock(&KEPT).iter().find(|known| known.key == key).cloned();
    let valid = known.filter(|known| now < known.temporary.expiry);
    let limit = match &valid {
        Some(known) if now < known.refresh => return Ok(known.temporary.credentials.clone()),
        Some(_) => deadline.first_quarter(),
        None => deadline,
    };
    let (temporary, refresh) = match (ask(limit), valid) {
        (Ok(new), _) => {
            // A place may give those that expire soon, again and again.
            let refresh = new.expiry.saturating_sub(BEFORE_EXPIRY_S);
            (new, refresh.max(now.saturating_add(RETRY_S)))
        }
        (Err(error), Some(known)) => {
            log::warn!("credentials that expire soon could not be refreshed: {error}");
            (known.temporary, now.saturating_add(RETRY_S))
        }
        (Err(error), None) => return Err(error),
    };
    let credentials = temporary.credentials.clone();
    let mut kept = lock(&KEPT);
    kept.retain(|known| known.key != key && now < known.temporary.expiry);
    if kept.len() >= MAX_KEPT {
        kept.remove(0);
    }
    kept.push(Kept { key: key.to_owned(), temporary, refresh });
    Ok(credentials)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn temporary(id: &str, expiry: i64) -> Temporary {
        let credentials = Credentials {
            access_key_id: id.to_owned(),
            secret_access_key: "hunter2".to_owned(),
            session_token: Some("hunter2".to_owned()),
        };
        Temporary { credentials, expiry }
    }

    #[test]
    fn credentials_are_kept_until_they_are_about_to_expire() {
        let ask = |result: Result<Temporary, Error>| {
            kept("test", Deadline::default(), &|_| result.clone()).map(|it| it.access_key_id)
        };
        let is_time =
            || lock(&KEPT).iter_mut().find(|known| known.key == "test").unwrap().refresh = 0;
        let soon = now_s() + BEFORE_EXPIRY_S - 10;
        assert_eq!(ask(Ok(temporary("a", soon))).unwrap(), "a");
        assert_eq!(ask(Ok(temporary("b", soon))).unwrap(), "a", "not asked for at once");
        is_time();
        assert_eq!(ask(Err(missing("hangs"))).unwrap(), "a", "they are valid for a while");
        assert_eq!(ask(Ok(temporary("b", soon + 100))).unwrap(), "a", "and not asked for at once");
        is_time();
        assert_eq!(ask(Ok(temporary("b", soon + 100))).unwrap(), "b");
        assert_eq!(ask(Ok(temporary("c", soon))).unwrap(), "b");
        is_time();
        assert_eq!(ask(Ok(temporary("d", now_s() - 1))).unwrap(), "d");
        assert_eq!(ask(Ok(temporary("e", soon))).unwrap(), "e", "what has expired is asked for");
        assert_eq!(format!("{:?}", temporary("a", 0)).find("hunter2"), None);
        for number in 0..2 * MAX_KEPT {
            let ask = |_| Ok(temporary("a", i64::MAX));
            kept(&format!("role {number}"), Deadline::default(), &ask).unwrap();
        }
        assert!(lock(&KEPT).len() <= MAX_KEPT, "the oldest are forgotten");
    }

    #[test]
    fn credentials_that_would_break_a_header_are_named_and_not_shown() {
        for end in ["\r", "\n", " ", "\r\nx-evil: a", "\u{e9}"] {
            let mut credentials = temporary("AKID", 0).credentials;
            assert!(credentials.check().is_ok());
            credentials.session_token = Some(format!("hunter2{end}"));
            let error = credentials.check().unwrap_err().to_string();
            assert!(error.contains("session token") && !error.contains("hunter2"), "{error}");
        }
    }
}
