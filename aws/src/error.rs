//! The error of this crate: what a service or this machine has said, and whether a request was
//! carried out.

use minilambda::__private::ErrorKind;
use std::fmt;

/// An error of a service, or of this crate on the way to it.
///
/// `?` makes it a [`minilambda::Error`] whose kind is the [`code`](Self::code).
///
/// ```
/// use minilambda_aws::{Error, Outcome};
///
/// fn describe(error: &Error) -> &'static str {
///     match error.outcome() {
///         _ if error.is_condition_failed() => "somebody was faster",
///         _ if error.is_throttled() => "too many requests",
///         Outcome::NotSent | Outcome::Refused => "nothing has changed",
///         _ => "it may have been carried out",
///     }
/// }
/// ```
#[non_exhaustive]
#[derive(Clone)]
pub struct Error(pub(crate) Box<Inner>);

#[derive(Clone)]
pub(crate) struct Inner {
    /// The request, such as `DYNAMODB PutItem`; empty for an error that belongs to none.
    pub what: String,
    pub code: ErrorKind,
    pub message: String,
    pub status: Option<u16>,
    pub request_id: Option<String>,
    pub body: Vec<u8>,
    pub bucket_region: Option<String>,
    pub outcome: Outcome,
    pub is_of_function: bool,
}

/// What is known of a request that has failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It was not sent, or not to its end: it was not carried out.
    NotSent,
    /// The service has refused it: it was not carried out.
    Refused,
    /// The service failed in the middle, or its response did not arrive: it is unknown.
    Unknown,
    /// It was carried out, but its response cannot be used, or the function that it has invoked
    /// has failed.
    CarriedOut,
}

/// The code of a page that cannot begin where it should.
#[cfg(feature = "services")]
const INVALID_CURSOR: &str = "Aws.InvalidCursor";

impl Error {
    /// An error of this crate, before anything is sent.
    pub(crate) fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self::with_outcome(code, message, Outcome::NotSent)
    }

    pub(crate) fn with_outcome(
        code: &'static str,
        message: impl Into<String>,
        outcome: Outcome,
    ) -> Self {
        Self(Box::new(Inner {
            what: String::new(),
            code: ErrorKind::new(code),
            message: message.into(),
            status: None,
            request_id: None,
            body: Vec::new(),
            bucket_region: None,
            outcome,
            is_of_function: false,
        }))
    }

    /// The request cannot be written.
    pub(crate) fn invalid(message: impl Into<String>) -> Self {
        Self::new("Aws.InvalidRequest", message)
    }

    /// The service, or what it has, does not permit the request.
    #[cfg(feature = "services")]
    pub(crate) fn refused(code: &'static str, message: impl Into<String>) -> Self {
        Self::with_outcome(code, message, Outcome::Refused)
    }

    /// A cursor that cannot be sent.
    #[cfg(feature = "services")]
    pub(crate) fn invalid_cursor(message: impl Into<String>) -> Self {
        Self::new(INVALID_CURSOR, message)
    }

    /// The error of a request with a cursor from outside. A refusal with one of these codes, which
    /// the same request without the cursor would not get, is taken for one of the cursor.
    #[cfg(feature = "services")]
    pub(crate) fn of_cursor(self, codes: &[&str]) -> Self {
        let is_refused = self.was_refused() && codes.contains(&self.code());
        if is_refused { self.with_code(INVALID_CURSOR.to_owned()) } else { self }
    }

    /// The response of a request that was carried out cannot be used.
    pub(crate) fn invalid_response(message: impl Into<String>) -> Self {
        Self::with_outcome("Aws.InvalidResponse", message, Outcome::CarriedOut)
    }

    /// Sets the code of a service.
    #[cfg(feature = "services")]
    pub(crate) fn with_code(mut self, code: String) -> Self {
        self.0.code = ErrorKind::new(code);
        self
    }

    /// Sets the request, if it is not known yet.
    #[cfg(feature = "services")]
    pub(crate) fn of_request(mut self, what: &str) -> Self {
        if self.0.what.is_empty() {
            what.clone_into(&mut self.0.what);
        }
        self
    }

    /// The service's code, such as `ConditionalCheckFailedException`, or one of this crate's, such
    /// as `Aws.NotSent`; see the [crate].
    #[must_use]
    pub fn code(&self) -> &str {
        self.0.code.name()
    }

    /// The service's message, or the reason of this crate.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The status of the service's response, if there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.0.status
    }

    /// The id that AWS's support asks for.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.0.request_id.as_deref()
    }

    /// The first 3 MB of the body of the service's response, as it came. It is not logged or
    /// shown: an item of a table may be in it.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.0.body
    }

    /// What is known of the request.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// Whether the request was not sent, or not to its end.
    #[must_use]
    pub fn was_not_sent(&self) -> bool {
        self.0.outcome == Outcome::NotSent
    }

    /// Whether the service has refused the request.
    #[must_use]
    pub fn was_refused(&self) -> bool {
        self.0.outcome == Outcome::Refused
    }

    /// Whether the request may have been carried out, or was.
    #[must_use]
    pub fn may_have_been_carried_out(&self) -> bool {
        matches!(self.0.outcome, Outcome::Unknown | Outcome::CarriedOut)
    }

    /// Whether a function that was invoked has returned it, or has not returned: its code is the
    /// type of the error, such as `ValueError` or `Runtime.ExitError`, and [`body`](Self::body) has
    /// its document, with a stack trace if there is one. See
    /// [`lambda::Function::call`](crate::lambda::Function::call).
    #[cfg(feature = "services")]
    #[must_use]
    pub fn is_of_function(&self) -> bool {
        self.0.is_of_function
    }

    /// Whether what was asked for is not there: an item of S3, a table, a queue, a function, …
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        const ENDS: [&str; 8] = [
            "NotFound",
            "NotFoundException",
            "NotFoundFault",
            "DoesNotExist",
            "DoesNotExistException",
            "NonExistentQueue",
            "VersionNotFound",
            "NoSuchEntity",
        ];
        let code = self.code();
        self.was_refused()
            && (self.0.status == Some(404)
                || code.starts_with("NoSuch")
                || ENDS.iter().any(|end| code.ends_with(end)))
    }

    /// Whether the cursor or the token at which a page begins is none of that list: its text cannot
    /// be read, or the service has refused the request that it was in. If it came with a request
    /// of an HTTP API, that is the status 400.
    #[cfg(feature = "services")]
    #[must_use]
    pub fn is_invalid_cursor(&self) -> bool {
        self.code() == INVALID_CURSOR
    }

    /// Whether the service has refused the request because there were too many, also too many for
    /// the key by which it encrypts.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        // Those without `Throttl` in their names, as `KmsThrottled` and `ThrottlingException` have.
        const CODES: [&str; 8] = [
            "BandwidthLimitExceeded",
            "LimitExceededException",
            "PriorRequestNotComplete",
            "ProvisionedThroughputExceededException",
            "RequestLimitExceeded",
            "SlowDown",
            "TooManyRequestsException",
            "TransactionInProgressException",
        ];
        let Inner { status, outcome, is_of_function, .. } = &*self.0;
        let by_status = match status {
            Some(429) => true,
            Some(503) => *outcome == Outcome::Refused,
            _ => false,
        };
        let by_code = self.code().contains("Throttl") || CODES.contains(&self.code());
        !is_of_function && (by_status || by_code)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Inner { what, message, status, request_id, .. } = &*self.0;
        if !what.is_empty() {
            write!(f, "{what}: ")?;
        }
        let is_silent = message.is_empty();
        write!(f, "{}", if is_silent { "the service gives no reason" } else { message })?;
        match (status, request_id) {
            (Some(status), Some(id)) => write!(f, " (status {status}, request id {id})"),
            (Some(status), None) => write!(f, " (status {status})"),
            (None, _) => Ok(()),
        }
    }
}

/// Without the body, which may have an item of a table.
impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}: {self}", self.code())
    }
}

/// The source is the code, which `?` makes the kind of a [`minilambda::Error`].
impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0.code)
    }
}
