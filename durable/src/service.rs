//! The service that keeps executions: Lambda's API.

use minilambda::Context;
use minilambda_aws::{Error, LAMBDA};

/// What an execution asks the service for. Requests and responses are JSON.
pub(crate) trait Service: Sync {
    /// Records updates. `body` is the request.
    fn checkpoint(&self, arn: &str, body: String) -> Result<Vec<u8>, Refusal>;

    /// Returns a further page of the state.
    fn state(&self, arn: &str, token: &str, marker: &str) -> Result<Vec<u8>, Refusal>;
}

/// Why a request has failed.
pub(crate) struct Refusal {
    pub kind: String,
    pub message: String,
    /// Whether repeating it cannot help. Otherwise the invocation fails, which Lambda repeats.
    pub is_final: bool,
}

/// Lambda's API, with the region, the keys and the endpoint of the environment.
pub(crate) struct Lambda<'a>(pub &'a Context);

/// The code of an error that is final, unless it is of a stale token.
pub(crate) const INVALID: &str = "InvalidParameterValueException";

const EXECUTIONS: &str = "/2025-12-01/durable-executions";

impl Service for Lambda<'_> {
    fn checkpoint(&self, arn: &str, body: String) -> Result<Vec<u8>, Refusal> {
        // The token of the request makes it safe to repeat.
        let client = LAMBDA.client().within(self.0).until_the_end().idempotent();
        let request = client.request("POST", EXECUTIONS).segment(arn).segment("checkpoint");
        let request = request.header("content-type", "application/json").body(body);
        Ok(request.send()?.body)
    }

    fn state(&self, arn: &str, token: &str, marker: &str) -> Result<Vec<u8>, Refusal> {
        let client = LAMBDA.client().within(self.0);
        let request = client.request("GET", EXECUTIONS).segment(arn).segment("state");
        let request = request.query("CheckpointToken", token).query("Marker", marker);
        Ok(request.query("MaxItems", "1000").send()?.body)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let is_final = is_final(error.code(), error.message(), error.status());
        let message = error.message();
        let message = match (error.status(), error.request_id()) {
            (Some(status), Some(id)) => format!("{message} (status {status}, request id {id})"),
            (Some(status), None) => format!("{message} (status {status})"),
            (None, _) => message.to_owned(),
        };
        Self { kind: error.code().to_owned(), message, is_final }
    }
}

/// Whether the request would be refused again. A stale token is replaced in the next invocation,
/// and so are expired keys; a key of KMS that cannot be used comes with status 502.
fn is_final(code: &str, message: &str, status: Option<u16>) -> bool {
    let is_stale = code == INVALID && message.starts_with("Invalid checkpoint token");
    let has_expired = code.starts_with("ExpiredToken") || code == "RequestExpired";
    let is_of_key = code.starts_with("KMS");
    let is_refused = matches!(status, Some(400..=428 | 430..=499));
    is_of_key || (is_refused && !is_stale && !has_expired)
}

#[cfg(test)]
mod tests {
    use super::is_final;

    #[test]
    fn an_error_that_another_invocation_may_not_meet_is_not_final() {
        for (code, message, status, expected) in [
            ("InvalidParameterValueException", "Invalid checkpoint token: stale", Some(400), false),
            ("InvalidParameterValueException", "STEP output payload size", Some(400), true),
            ("AccessDeniedException", "not authorized", Some(403), true),
            ("ExpiredTokenException", "expired", Some(403), false),
            ("ResourceNotFoundException", "", Some(404), true),
            ("TooManyRequestsException", "", Some(429), false),
            ("ServiceException", "", Some(500), false),
            ("KMSAccessDeniedException", "no key", Some(502), true),
            ("Aws.NoResponse", "lost", None, false),
            ("Aws.NoCredentials", "none", None, false),
        ] {
            assert_eq!(is_final(code, message, status), expected, "{code} {message}");
        }
    }
}
