//! The URLs, header names, limits and status codes of the Runtime API and the Extensions API.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html> and
//! <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>.

pub(crate) const NEXT: &str = "/2018-06-01/runtime/invocation/next";
pub(crate) const INVOCATION: &str = "/2018-06-01/runtime/invocation/";
pub(crate) const INIT_ERROR: &str = "/2018-06-01/runtime/init/error";
pub(crate) const RESTORE_NEXT: &str = "/2018-06-01/runtime/restore/next";
pub(crate) const RESTORE_ERROR: &str = "/2018-06-01/runtime/restore/error";

pub(crate) const METADATA: &str = "/2026-01-15/metadata/execution-environment";
pub(crate) const AUTHORIZATION: &str = "authorization";

pub(crate) const INVOCATION_ID: &str = "lambda-runtime-invocation-id";
pub(crate) const ERROR_TYPE: &str = "lambda-runtime-function-error-type";
pub(crate) const ERROR_BODY: &str = "lambda-runtime-function-error-body";
pub(crate) const XRAY_CAUSE: &str = "lambda-runtime-function-xray-error-cause";
pub(crate) const RESPONSE_MODE: &str = "lambda-runtime-function-response-mode";

/// What the headers of an event begin with.
pub(crate) const PREFIX: &str = "lambda-runtime-";
/// The header that an event must have, after [`PREFIX`].
pub(crate) const REQUEST_ID: &str = "aws-request-id";

#[cfg(feature = "shutdown")]
pub(crate) mod extension {
    pub(crate) const REGISTER: &str = "/2020-01-01/extension/register";
    pub(crate) const EVENT_NEXT: &str = "/2020-01-01/extension/event/next";
    pub(crate) const NAME: &str = "lambda-extension-name";
    pub(crate) const ID: &str = "lambda-extension-identifier";
}

/// The largest response that Lambda accepts, in bytes.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
pub(crate) const MAX_RESPONSE_BYTES: usize = 6_291_556;

/// Far above the largest event, which has 6 MB: only a broken peer sends more.
pub(crate) const MAX_EVENT_BYTES: u64 = 64 * 1024 * 1024;

/// The body of any response except an event is a line or two.
pub(crate) const MAX_TEXT_BYTES: u64 = 64 * 1024;

pub(crate) fn is_success(status: u16) -> bool {
    (200..300).contains(&status)
}

/// Whether the service says that the execution environment cannot continue.
pub(crate) fn is_fatal(status: u16) -> bool {
    status >= 500
}
