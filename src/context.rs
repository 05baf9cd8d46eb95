//! What is known of one invocation.

use crate::Error;
use miniserde::Deserialize;
use std::env;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What Lambda says about the invocation at hand and about the function that serves it.
///
/// Texts that Lambda always sends are `String`s, empty where they are not known (at a desk, in
/// an emulator); what it sends only sometimes is an `Option`.
/// A test of a handler makes its own: `let mut context = Context::default();`.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Context {
    /// The id of this invocation, as in the logs; a retry of an asynchronous event has the same.
    pub request_id: String,
    /// When the function runs out of time, in milliseconds since 1970. [`Context::time_left`]
    /// is what a handler usually wants.
    pub deadline_ms: Option<i64>,
    /// The function's ARN as it was invoked, with alias or version.
    pub invoked_function_arn: String,
    /// The X-Ray tracing header (`Root=…;Parent=…;Sampled=1`).
    pub trace_id: Option<String>,
    /// What a mobile SDK says of its app and device, as JSON text; [`Context::client_context`]
    /// decodes it.
    pub client_context_json: Option<String>,
    /// Who called through a Cognito identity pool, as JSON text; [`Context::cognito_identity`]
    /// decodes it.
    pub cognito_identity_json: Option<String>,
    /// The tenant, in a function with tenant isolation.
    pub tenant_id: Option<String>,
    /// The id of this attempt, unique even among retries of one request.
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

/// Who called, where the caller came through a Cognito identity pool.
#[derive(Clone, Debug, Deserialize)]
pub struct CognitoIdentity {
    /// The id in the pool.
    #[serde(rename = "cognitoIdentityId")]
    pub identity_id: String,
    /// The pool.
    #[serde(rename = "cognitoIdentityPoolId")]
    pub identity_pool_id: String,
}

/// Deadlines below this (the year 2001) are not epoch milliseconds: some emulators send the
/// function's timeout instead.
const FIRST_PLAUSIBLE_DEADLINE_MS: i64 = 1_000_000_000_000;

impl Context {
    /// How long the handler may still run: zero when the time is over, `None` when no
    /// deadline is known (at a desk, in some emulators).
    #[must_use]
    pub fn time_left(&self) -> Option<Duration> {
        time_until(self.deadline_ms?)
    }

    /// Decodes what a mobile SDK sent of its app and device: `None` when there was nothing.
    ///
    /// The type is the caller's, since most of the document is; its usual members are `client`,
    /// `custom`, `env`, and since 2026 `w3c`.
    ///
    /// # Errors
    /// When the text is not JSON or does not fit the type: `Function.InvalidClientContext`.
    pub fn client_context<T: Deserialize>(&self) -> Result<Option<T>, Error> {
        decode(self.client_context_json.as_deref(), "Function.InvalidClientContext")
    }

    /// Who called through a Cognito identity pool: `None` when nobody did.
    ///
    /// # Errors
    /// When the text is not the JSON it should be: `Function.InvalidCognitoIdentity`.
    pub fn cognito_identity(&self) -> Result<Option<CognitoIdentity>, Error> {
        decode(self.cognito_identity_json.as_deref(), "Function.InvalidCognitoIdentity")
    }

    /// The part that stays the same from one invocation to the next.
    pub(crate) fn from_env() -> Self {
        let var = |name| env::var(name).ok().filter(|value| !value.is_empty());
        Self {
            function_name: var("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default(),
            function_version: var("AWS_LAMBDA_FUNCTION_VERSION").unwrap_or_default(),
            memory_limit_mb: var("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").and_then(|mb| mb.parse().ok()),
            log_group: var("AWS_LAMBDA_LOG_GROUP_NAME"),
            log_stream: var("AWS_LAMBDA_LOG_STREAM_NAME"),
            region: var("AWS_REGION").unwrap_or_default(),
            ..Self::default()
        }
    }
}

/// How long it is until a deadline; zero when it is over.
pub(crate) fn time_until(deadline_ms: i64) -> Option<Duration> {
    if (0..FIRST_PLAUSIBLE_DEADLINE_MS).contains(&deadline_ms) {
        return None;
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let deadline = Duration::from_millis(u64::try_from(deadline_ms).unwrap_or(0));
    Some(deadline.saturating_sub(now))
}

fn decode<T: Deserialize>(text: Option<&str>, kind: &'static str) -> Result<Option<T>, Error> {
    match text {
        None | Some("") => Ok(None),
        Some(text) => crate::json::decode_as(text.as_bytes(), kind).map(Some),
    }
}
