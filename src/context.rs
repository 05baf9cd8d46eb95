//! The context of an invocation.

use crate::environment::variable;
use crate::json::{FromJson, decode_or};
use crate::{Error, calendar};
use miniserde::Deserialize;
use std::time::Duration;

/// Information about the current invocation and about the function.
///
/// Strings that Lambda always sends are empty if they are not known (locally, in an emulator).
/// Values that Lambda sends only sometimes are `Option`s.
/// A test of a handler creates its own: `let mut context = Context::default();`.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Context {
    /// The id of this invocation, as in the logs. A retry of an asynchronous event has the same id.
    pub request_id: String,
    /// When the function times out, in milliseconds since 1970. See [`Context::time_left`].
    pub deadline_ms: Option<i64>,
    /// The ARN that was invoked, with its alias or version.
    pub invoked_function_arn: String,
    /// The X-Ray tracing header (`Root=…;Parent=…;Sampled=1`).
    pub trace_id: Option<String>,
    /// Information about the app and the device from a mobile SDK, as JSON. Decoded by
    /// [`Context::client_context`].
    pub client_context_json: Option<String>,
    /// The identity of a caller from a Cognito identity pool, as JSON. Decoded by
    /// [`Context::cognito_identity`].
    pub cognito_identity_json: Option<String>,
    /// The tenant's id, in a function with tenant isolation.
    pub tenant_id: Option<String>,
    /// The id of this attempt, which is unique among the retries of a request.
    pub invocation_id: Option<String>,
    /// `AWS_LAMBDA_FUNCTION_NAME`.
    pub function_name: String,
    /// `AWS_LAMBDA_FUNCTION_VERSION`: `$LATEST` or a number.
    pub function_version: String,
    /// `AWS_LAMBDA_FUNCTION_MEMORY_SIZE`: the memory the function may use, in MB.
    pub memory_limit_mb: Option<u32>,
    /// `AWS_LAMBDA_LOG_GROUP_NAME`: the CloudWatch Logs group. Absent under SnapStart.
    pub log_group: Option<String>,
    /// `AWS_LAMBDA_LOG_STREAM_NAME`: the stream in that group. Absent under SnapStart.
    pub log_stream: Option<String>,
    /// `AWS_REGION`, such as `eu-central-1`.
    pub region: String,
}

/// The identity of a caller from a Cognito identity pool.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[non_exhaustive]
pub struct CognitoIdentity {
    /// The identity's id, such as `eu-central-1:…`.
    #[serde(rename = "cognitoIdentityId")]
    pub identity_id: String,
    /// The id of the identity pool.
    #[serde(rename = "cognitoIdentityPoolId")]
    pub identity_pool_id: String,
}

/// The year 2001.
const FIRST_PLAUSIBLE_DEADLINE_MS: i64 = 1_000_000_000_000;

impl Context {
    /// Returns how long the handler may still run: zero after the deadline, `None` if no deadline
    /// is known (locally, in some emulators).
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        let deadline = Duration::from_millis(plausible_deadline(self.deadline_ms?)?);
        Some(deadline.saturating_sub(calendar::now()))
    }

    /// Decodes the client context that a mobile SDK sent: `None` if there is none, or if it is
    /// `null`.
    ///
    /// The type is yours, as most of the document is. Its usual fields are `client`, `custom`,
    /// `env`, and since 2026 `w3c`.
    ///
    /// # Errors
    /// `Function.InvalidClientContext` if the text is not JSON or does not match the type.
    pub fn client_context<T: FromJson>(&self) -> Result<Option<T>, Error> {
        decode(self.client_context_json.as_deref(), "Function.InvalidClientContext")
    }

    /// Returns the identity of a caller from a Cognito identity pool: `None` for other callers,
    /// and if the identity is `null`.
    ///
    /// # Errors
    /// `Function.InvalidCognitoIdentity` if the text is not such a document.
    pub fn cognito_identity(&self) -> Result<Option<CognitoIdentity>, Error> {
        decode(self.cognito_identity_json.as_deref(), "Function.InvalidCognitoIdentity")
    }

    /// Creates the part that is the same for all invocations.
    pub(crate) fn from_env() -> Self {
        Self {
            function_name: variable("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default(),
            function_version: variable("AWS_LAMBDA_FUNCTION_VERSION").unwrap_or_default(),
            memory_limit_mb: variable("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
                .and_then(|mb| mb.parse().ok()),
            log_group: variable("AWS_LAMBDA_LOG_GROUP_NAME"),
            log_stream: variable("AWS_LAMBDA_LOG_STREAM_NAME"),
            region: variable("AWS_REGION").unwrap_or_default(),
            ..Self::default()
        }
    }
}

/// Returns a deadline if it is a time, in milliseconds since 1970: some emulators send the
/// function's timeout instead, or nothing that makes sense. A negative number is a time long past.
pub(crate) fn plausible_deadline(deadline_ms: i64) -> Option<u64> {
    let is_timeout = (0..FIRST_PLAUSIBLE_DEADLINE_MS).contains(&deadline_ms);
    (!is_timeout).then(|| u64::try_from(deadline_ms).unwrap_or(0))
}

/// Returns the current time in milliseconds since 1970.
pub(crate) fn now_ms() -> u64 {
    u64::try_from(calendar::now().as_millis()).unwrap_or(u64::MAX)
}

/// Decodes JSON text of a header. Some callers send the string `null` for nothing.
fn decode<T: FromJson>(text: Option<&str>, kind: &'static str) -> Result<Option<T>, Error> {
    match text.map(str::trim) {
        None | Some("" | "null") => Ok(None),
        Some(text) => decode_or(text.as_bytes(), |message| Error::new(kind, message)).map(Some),
    }
}
