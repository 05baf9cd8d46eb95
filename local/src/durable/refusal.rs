//! Errors of the API.

/// What a request gets that the service refuses.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refusal {
    /// Such as `ResourceNotFoundException`.
    pub kind: &'static str,
    pub status: &'static str,
    pub message: String,
}

impl Refusal {
    pub fn invalid(message: impl Into<String>) -> Self {
        let (kind, status) = ("InvalidParameterValueException", "400 Bad Request");
        Self { kind, status, message: message.into() }
    }

    pub fn not_found(message: impl Into<String>) -> Self {
        let (kind, status) = ("ResourceNotFoundException", "404 Not Found");
        Self { kind, status, message: message.into() }
    }

    pub fn conflict(message: impl Into<String>) -> Self {
        let (kind, status) = ("ResourceConflictException", "409 Conflict");
        Self { kind, status, message: message.into() }
    }

    /// For a token that is not the current one. The function's SDK repeats the invocation.
    pub fn stale_token() -> Self {
        Self::invalid("Invalid checkpoint token")
    }
}
