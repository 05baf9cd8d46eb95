//! Reads the error of a service from its response.

use crate::http::Response;
use crate::xml::Xml;
use minilambda::Error;
use miniserde::{Deserialize, json};

/// The service's error.
#[derive(Debug, PartialEq)]
pub(crate) struct Failure {
    pub status: u16,
    /// Such as `ConditionalCheckFailedException`.
    pub code: String,
    pub message: String,
    pub request_id: String,
}

#[derive(Default, Deserialize)]
struct Document {
    #[serde(rename = "__type")]
    kind: Option<String>,
    code: Option<String>,
    #[serde(rename = "Code")]
    upper_code: Option<String>,
    message: Option<String>,
    #[serde(rename = "Message")]
    upper_message: Option<String>,
}

impl Failure {
    /// Reads the code from a header, from JSON, or from XML.
    pub fn of(response: &Response) -> Self {
        let text = String::from_utf8_lossy(&response.body);
        let document: Document = json::from_str(&text).unwrap_or_default();
        let xml = Xml::new(&*text);
        let code = response
            .header("x-amzn-errortype")
            .map(str::to_owned)
            .or(document.kind)
            .or(document.code)
            .or(document.upper_code)
            .or_else(|| xml.get("Code"))
            .unwrap_or_else(|| by_status(response.status).to_owned());
        // `com.amazonaws.sqs#QueueDoesNotExist`, `NotFoundException:http://…`
        let code = code.rsplit('#').next().unwrap_or_default();
        let code = code.split(':').next().unwrap_or_default().to_owned();
        let message = document.message.or(document.upper_message).or_else(|| xml.get("Message"));
        let request_id =
            response.header("x-amzn-requestid").or(response.header("x-amz-request-id"));
        Self {
            status: response.status,
            code,
            message: message.unwrap_or_default(),
            request_id: request_id.unwrap_or_default().to_owned(),
        }
    }

    /// The error for the caller. `what` is the request, such as `DynamoDB PutItem`.
    pub fn into_error(self, what: &str) -> Error {
        let Self { status, code, message, request_id } = self;
        let message = if message.is_empty() { "no reason is given".to_owned() } else { message };
        Error::new(code, format!("{what}: {message} (status {status}, request id {request_id})"))
    }

    pub fn is_throttling(&self) -> bool {
        const CODES: [&str; 14] = [
            "BandwidthLimitExceeded",
            "EC2ThrottledException",
            "LimitExceededException",
            "PriorRequestNotComplete",
            "ProvisionedThroughputExceededException",
            "RequestLimitExceeded",
            "RequestThrottled",
            "RequestThrottledException",
            "SlowDown",
            "ThrottledException",
            "Throttling",
            "ThrottlingException",
            "TooManyRequestsException",
            "TransactionInProgressException",
        ];
        self.status == 429 || self.status == 503 || CODES.contains(&&*self.code)
    }

    /// Whether the service may have failed in the middle of the request.
    pub fn is_transient(&self) -> bool {
        matches!(self.status, 500 | 502 | 504)
            || matches!(&*self.code, "RequestTimeout" | "RequestTimeoutException")
    }

    /// Whether the clock of this machine differs from that of the service.
    pub fn is_clock_skew(&self) -> bool {
        let by_signature =
            self.code == "InvalidSignatureException" || self.code == "SignatureDoesNotMatch";
        matches!(&*self.code, "RequestTimeTooSkewed" | "RequestExpired" | "RequestInTheFuture")
            || (by_signature && self.message.contains("Signature expired"))
            || (by_signature && self.message.contains("Signature not yet current"))
    }

    /// Whether new credentials may help.
    pub fn is_expired_token(&self) -> bool {
        matches!(
            &*self.code,
            "ExpiredToken" | "ExpiredTokenException" | "UnrecognizedClientException"
        )
    }
}

/// The response to HEAD has no document.
fn by_status(status: u16) -> &'static str {
    match status {
        301 | 307 => "PermanentRedirect",
        304 => "NotModified",
        400 => "BadRequest",
        403 => "AccessDenied",
        404 => "NotFound",
        412 => "PreconditionFailed",
        429 => "TooManyRequests",
        503 => "ServiceUnavailable",
        _ => "UnknownError",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(status: u16, headers: &[(&str, &str)], body: &str) -> (String, String) {
        let headers = headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        let failure = Failure::of(&Response { status, headers, body: body.into() });
        (failure.code, failure.message)
    }

    #[test]
    fn codes_are_read_from_each_form() {
        let expected = |code: &str, message: &str| (code.to_owned(), message.to_owned());
        let body = r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
            "message":"The conditional request failed"}"#;
        let failed = "ConditionalCheckFailedException";
        assert_eq!(read(400, &[], body), expected(failed, "The conditional request failed"));
        let header = [("x-amzn-errortype", "ResourceNotFoundException:http://internal/")];
        let body = r#"{"Message":"Function not found"}"#;
        assert_eq!(
            read(404, &header, body),
            expected("ResourceNotFoundException", "Function not found")
        );
        let body = "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>a &amp; b</Message></Error>";
        assert_eq!(read(404, &[], body), expected("NoSuchKey", "a & b"));
        assert_eq!(read(404, &[], ""), expected("NotFound", ""));
        assert_eq!(read(502, &[], "<html>"), expected("UnknownError", ""));
    }
}
