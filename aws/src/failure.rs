//! The document of a service's error: its code, its message, and what DynamoDB adds.

use crate::error::{Error, Inner, Outcome};
use crate::response::Response;
use crate::xml::Xml;
use minilambda::__private::{ErrorKind, to_text};
use minilambda_events::dynamodb::AttributeValue;
use minilambda_events::{Json, Map};
use miniserde::json;
use miniserde::{Deserialize, Serialize};

/// Why one action of a transaction was cancelled.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct CancellationReason {
    /// Such as `ConditionalCheckFailed`; `None` for an action that was not the reason.
    #[serde(rename = "Code")]
    pub code: Option<String>,
    /// The service's message.
    #[serde(rename = "Message")]
    pub message: Option<String>,
    /// The item, if `ReturnValuesOnConditionCheckFailure` is `ALL_OLD`.
    #[serde(rename = "Item")]
    pub item: Option<Map<AttributeValue>>,
}

#[derive(Deserialize)]
struct Cancellation {
    #[serde(rename = "CancellationReasons")]
    reasons: Vec<CancellationReason>,
}

#[derive(Deserialize)]
struct FailedCondition {
    #[serde(rename = "Item")]
    item: Map<AttributeValue>,
}

/// The fields of an error's document that say what it is. Others may be large: an item, or a part
/// of the request.
#[derive(Default, Deserialize)]
struct Document {
    #[serde(rename = "__type")]
    kind: Option<Json>,
    code: Option<Json>,
    #[serde(rename = "Code")]
    upper_code: Option<Json>,
    message: Option<Json>,
    #[serde(rename = "Message")]
    upper_message: Option<Json>,
    #[serde(rename = "errorMessage")]
    error_message: Option<Json>,
    #[serde(rename = "errorType")]
    error_type: Option<Json>,
}

impl Error {
    /// Reads the error from a response: the code from a header, from JSON, or from XML.
    pub(crate) fn from_response(response: Response) -> Self {
        let text = String::from_utf8_lossy(&response.body);
        let document: Option<Document> = json::from_str(&text).ok();
        let is_json = document.is_some();
        let document = document.unwrap_or_default();
        let xml = if is_json { Xml::default() } else { Xml::parse(&text).unwrap_or_default() };
        let first = |fields: [&Option<Json>; 3]| fields.into_iter().flatten().find_map(text_of);
        let of_xml = |name: &str| xml.get(name).map(|text| text.trim().to_owned());
        let header =
            |names: &[&str]| names.iter().find_map(|name| response.header(name)).map(str::to_owned);
        let code = header(&["x-amzn-errortype"])
            .or_else(|| first([&document.kind, &document.code, &document.upper_code]))
            .or_else(|| of_xml("Code"));
        // `com.amazonaws.sqs#QueueDoesNotExist`, `NotFoundException:http://…`
        let code = code.as_deref().unwrap_or_default().rsplit('#').next().unwrap_or_default();
        let code = code.split([':', ',']).next().unwrap_or_default().trim();
        let code = if code.is_empty() { by_status(response.status) } else { code };
        // The last is that of HTTP APIs.
        let request_id = header(&["x-amzn-requestid", "x-amz-request-id", "apigw-requestid"]);
        // Without a code of AWS, a gateway may say so that has stopped waiting, as an HTTP API does
        // while its function goes on, or the program behind it.
        let is_named = response.header("x-amzn-errortype").is_some()
            || document.kind.is_some()
            || of_xml("Code").is_some();
        let outcome = match response.status {
            ..300 | 500 | 502 | 504.. => Outcome::Unknown,
            503 if !is_named => Outcome::Unknown,
            _ => Outcome::Refused,
        };
        Self(Box::new(Inner {
            what: String::new(),
            code: ErrorKind::new(code.to_owned()),
            message: first([&document.message, &document.upper_message, &document.error_message])
                .or_else(|| of_xml("Message"))
                .unwrap_or_default(),
            status: Some(response.status),
            request_id: request_id.or_else(|| of_xml("RequestId")).filter(|id| !id.is_empty()),
            bucket_region: header(&["x-amz-bucket-region"]).or_else(|| of_xml("Region")),
            outcome,
            body: response.body,
            is_of_function: false,
        }))
    }

    /// Reads the error of a function that was invoked: it is in the body of a success.
    pub(crate) fn from_function(response: &Response) -> Self {
        let document = String::from_utf8_lossy(&response.body);
        Self::of_invoked("Unhandled", &document).of_response(response)
    }

    /// The error of a function that was invoked, by its document, or by a code and a text.
    pub(crate) fn of_invoked(code: &str, document: &str) -> Self {
        let fields: Option<Document> = json::from_str(document).ok();
        let plain = if fields.is_some() { "" } else { document };
        let Document { error_type, error_message, .. } = fields.unwrap_or_default();
        let text =
            |field: Option<Json>| field.as_ref().and_then(text_of).filter(|it| !it.is_empty());
        let code = text(error_type).unwrap_or_else(|| code.to_owned());
        let message = text(error_message).unwrap_or_else(|| plain.to_owned());
        let mut error = Self::with_outcome("", message, Outcome::CarriedOut).with_code(code);
        error.0.body = document.into();
        error.0.is_of_function = true;
        error
    }

    /// Adds what a response says beside the error.
    pub(crate) fn of_response(mut self, response: &Response) -> Self {
        self.0.status = Some(response.status);
        self.0.request_id = response.header("x-amzn-requestid").map(str::to_owned);
        self
    }

    /// Removes credentials: a service that refuses a signature repeats the request's headers.
    pub(crate) fn without(mut self, secret: &str) -> Self {
        if secret.is_empty() {
            return self;
        }
        let hide = |text: &str| text.replace(secret, "(hidden)");
        self.0.message = hide(&self.0.message);
        self.0.request_id = self.0.request_id.as_deref().map(hide);
        if self.code().contains(secret) {
            self.0.code = ErrorKind::new(hide(self.code()));
        }
        let body = String::from_utf8_lossy(&self.0.body);
        if body.contains(secret) {
            self.0.body = hide(&body).into_bytes();
        }
        self
    }

    /// The region of a bucket, if it is not the one that was asked.
    pub(crate) fn other_region(&self, asked: &str) -> Option<&str> {
        self.0.bucket_region.as_deref().filter(|region| *region != asked)
    }

    /// Whether the condition of a write did not hold: in DynamoDB, alone or in a transaction, or in
    /// S3.
    #[must_use]
    pub fn is_condition_failed(&self) -> bool {
        match self.code() {
            _ if self.is_of_function() => false,
            "ConditionalCheckFailedException" | "PreconditionFailed" => true,
            "TransactionCanceledException" => {
                let is_it = |reason: &CancellationReason| {
                    reason.code.as_deref() == Some("ConditionalCheckFailed")
                };
                self.cancellation_reasons().iter().any(is_it)
            }
            _ => false,
        }
    }

    /// Why each action of a cancelled transaction failed, in their order. Empty for all other
    /// errors.
    #[must_use]
    pub fn cancellation_reasons(&self) -> Vec<CancellationReason> {
        self.decoded::<Cancellation>().map(|document| document.reasons).unwrap_or_default()
    }

    /// The item for which the condition of a write did not hold, if the condition asks for it: see
    /// [`Expression::with_item`](crate::dynamodb::Expression::with_item).
    /// [`from_item`](crate::dynamodb::from_item) converts it.
    #[must_use]
    pub fn item(&self) -> Option<Map<AttributeValue>> {
        self.decoded::<FailedCondition>().map(|document| document.item)
    }

    fn decoded<T: Deserialize>(&self) -> Option<T> {
        json::from_str(std::str::from_utf8(self.body()).ok()?).ok()
    }

    /// Whether the service may have failed in the middle of the request: with such a status, or
    /// after that of success.
    pub(crate) fn is_transient(&self) -> bool {
        matches!(self.status(), Some(..300 | 500 | 502 | 504))
            || matches!(self.code(), "RequestTimeout" | "RequestTimeoutException" | "InternalError")
    }

    /// Whether a batch was refused, and fewer of its entries may be accepted.
    pub(crate) fn is_too_long(&self) -> bool {
        let code = self.code().trim_end_matches("Exception");
        code.ends_with("BatchRequestTooLong")
            || (code == "Validation" && self.message().starts_with("Total size of the entries"))
    }

    /// Whether another write of the object was in progress: S3 says that such a write has to be
    /// sent again. An upload in parts would have to begin again.
    pub(crate) fn is_conflict(&self) -> bool {
        self.status() == Some(409)
            && matches!(self.code(), "ConditionalRequestConflict" | "OperationAborted")
    }

    /// Whether the same request may succeed in a moment: an item was written in another region at
    /// the same time, or an identity provider did not respond to STS.
    pub(crate) fn is_momentary(&self) -> bool {
        matches!(self.code(), "ReplicatedWriteConflictException" | "IDPCommunicationError")
    }

    /// Whether the clock of this machine differs from that of the service.
    pub(crate) fn is_clock_skew(&self) -> bool {
        let by_signature =
            matches!(self.code(), "InvalidSignatureException" | "SignatureDoesNotMatch");
        let says = |text: &str| by_signature && self.message().contains(text);
        matches!(self.code(), "RequestTimeTooSkewed" | "RequestExpired" | "RequestInTheFuture")
            || says("Signature expired")
            || says("Signature not yet current")
    }

    /// Whether new credentials may help.
    pub(crate) fn is_expired_token(&self) -> bool {
        let code = self.code();
        matches!(code, "ExpiredToken" | "ExpiredTokenException" | "UnrecognizedClientException")
    }
}

/// The text of a field. A code that is a number is one too.
fn text_of(value: &Json) -> Option<String> {
    let number = || value.as_number().map(|number| to_text(&number));
    value.as_str().map(str::to_owned).or_else(number)
}

/// The response to HEAD has no document.
fn by_status(status: u16) -> &'static str {
    match status {
        301 | 302 | 303 | 307 | 308 => "Redirect",
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

    fn read(status: u16, headers: &[(&str, &str)], body: &str) -> Error {
        let headers = headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Error::from_response(Response { status, headers, body: body.into() })
    }

    #[test]
    fn codes_are_read_from_each_form() {
        let failed = "ConditionalCheckFailedException";
        let header = [("x-amzn-errortype", "ResourceNotFoundException:http://internal/")];
        let s3 = "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>a &amp; b</Message>\
                  <RequestId>7</RequestId></Error>";
        for (status, headers, body, code, message) in [
            (
                400,
                &[][..],
                r#"{"__type":"com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
                "message":"The conditional request failed"}"#,
                failed,
                "The conditional request failed",
            ),
            (
                404,
                &header,
                r#"{"Message":"Function not found"}"#,
                "ResourceNotFoundException",
                "Function not found",
            ),
            (404, &[], s3, "NoSuchKey", "a & b"),
            (404, &[], "", "NotFound", ""),
            (502, &[], "<html>", "UnknownError", ""),
            // One odd field does not hide the others.
            (400, &[], r#"{"code":17,"message":"the reason"}"#, "17", "the reason"),
            (400, &[], r#"{"__type":"X","message":{"a":1}}"#, "X", ""),
            (400, &[], r#"{"__type":null,"Code":"Y","Message":"m"}"#, "Y", "m"),
            (400, &[], "[]", "BadRequest", ""),
            (400, &[], "{\"__type\":\"X\"", "BadRequest", ""),
        ] {
            let error = read(status, headers, body);
            assert_eq!((error.code(), error.message()), (code, message), "{body}");
            assert_eq!(error.body(), body.as_bytes());
        }
        assert_eq!(read(404, &[], s3).request_id(), Some("7"));
        for name in ["x-amzn-requestid", "x-amz-request-id", "apigw-requestid"] {
            assert_eq!(read(403, &[(name, "8")], "").request_id(), Some("8"), "{name}");
        }
    }

    #[test]
    fn an_error_says_whether_the_request_was_carried_out() {
        for (status, outcome) in [
            (400, Outcome::Refused),
            (404, Outcome::Refused),
            (429, Outcome::Refused),
            (503, Outcome::Unknown),
            (301, Outcome::Refused),
            (200, Outcome::Unknown),
            (500, Outcome::Unknown),
            (502, Outcome::Unknown),
            (504, Outcome::Unknown),
        ] {
            assert_eq!(read(status, &[], "").outcome(), outcome, "{status}");
        }
        // A gateway that has stopped waiting has no code of AWS.
        let header = [("x-amzn-errortype", "ServiceUnavailableException")];
        let xml = "<Error><Code>SlowDown</Code></Error>";
        for (headers, body, is_refused) in [
            (&header[..], "", true),
            (&[], "{\"__type\":\"x#ServiceUnavailable\"}", true),
            (&[], xml, true),
            (&[("apigw-requestid", "8")], "{\"message\":\"Service Unavailable\"}", false),
            (&[], "{\"code\":\"upstream\"}", false),
            (&[], "<html><body>busy</body></html>", false),
        ] {
            let error = read(503, headers, body);
            assert_eq!((error.was_refused(), error.is_throttled()), (is_refused, is_refused));
        }
        assert!(Error::invalid("x").was_not_sent());
        assert!(Error::invalid_response("x").may_have_been_carried_out());
    }

    #[test]
    fn kinds_of_errors_are_recognised() {
        let is = |code: &str| read(400, &[], &format!("{{\"__type\":\"{code}\"}}"));
        for code in [
            "ResourceNotFoundException",
            "ParameterNotFound",
            "QueueDoesNotExist",
            "AWS.SimpleQueueService.NonExistentQueue",
            "NoSuchBucket",
            "NotFoundException",
        ] {
            assert!(is(code).is_not_found(), "{code}");
        }
        assert!(!is("ValidationException").is_not_found() && read(404, &[], "").is_not_found());
        assert!(is("ThrottlingException").is_throttled() && read(429, &[], "").is_throttled());
        for code in ["KMSThrottling", "KmsThrottled", "RequestThrottled", "SlowDown"] {
            assert!(is(code).is_throttled(), "{code}");
        }
        assert!(!is("ValidationException").is_throttled());
        assert!(is("IDPCommunicationError").is_momentary());
        assert!(is("ConditionalCheckFailedException").is_condition_failed());
        assert!(read(412, &[], "").is_condition_failed());
    }

    #[test]
    fn the_reasons_of_a_transaction_and_the_item_of_a_condition_are_read() {
        let error = read(
            400,
            &[],
            r#"{"__type":"x#TransactionCanceledException","Message":"cancelled",
            "CancellationReasons":[{"Code":"None"},{"Code":"ConditionalCheckFailed","Message":"no",
            "Item":{"id":{"S":"a"}}}]}"#,
        );
        let reasons = error.cancellation_reasons();
        assert_eq!(
            (reasons.len(), reasons[1].code.as_deref()),
            (2, Some("ConditionalCheckFailed"))
        );
        assert_eq!(reasons[1].item.as_ref().unwrap()["id"], AttributeValue::S("a".to_owned()));
        assert!(error.is_condition_failed() && error.item().is_none());
        let error = read(
            400,
            &[],
            r#"{"__type":"ConditionalCheckFailedException","Item":{"n":{"N":"7"}}}"#,
        );
        assert_eq!(error.item().unwrap()["n"], AttributeValue::N("7".to_owned()));
        assert!(error.cancellation_reasons().is_empty());
        assert!(!format!("{error:?} {error}").contains('7'), "{error:?}");
    }

    #[test]
    fn credentials_that_a_service_repeats_are_hidden() {
        let body = r#"{"__type":"InvalidSignatureException","message":"x-amz-security-token:the-token the-secret"}"#;
        let headers = [("x-amzn-errortype", "the-token"), ("x-amzn-requestid", "id-the-token")];
        let error =
            read(403, &headers, body).without("the-token").without("the-secret").without("");
        let shown = format!("{error} {error:?} {}", String::from_utf8_lossy(error.body()));
        assert_eq!((error.code(), error.request_id()), ("(hidden)", Some("id-(hidden)")));
        assert!(!shown.contains("the-token") && !shown.contains("the-secret"), "{shown}");
        assert!(shown.contains("(hidden)"));
    }
}
