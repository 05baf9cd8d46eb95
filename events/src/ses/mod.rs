//! Mail that Amazon SES has received, as a receipt rule passes it to a function.
//!
//! See <https://docs.aws.amazon.com/ses/latest/dg/receiving-email-action-lambda-event.html>;
//! examples are in `data/ses.json` and `data/ses-response.json`.

pub mod notification;
pub mod sending;

use crate::batch::collects_records;
use crate::values::{checked_text, omit_absent};
use crate::{NumberOrText, Rfc3339};
use miniserde::{Deserialize, Serialize};

/// Mails. SES sends one at a time.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    #[serde(rename = "Records")]
    pub records: Vec<Record>,
}

collects_records!(Event, Record);

/// A mail and its source.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Record {
    #[serde(rename = "eventSource")]
    event_source: EventSource,
    #[serde(rename = "eventVersion")]
    pub event_version: Option<String>,
    pub ses: Message,
}

checked_text! {
    /// Identifies the event.
    pub(crate) struct EventSource(|text| text == "aws:ses", "aws:ses")
}

/// A mail without its body, and how it was received.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Message {
    pub mail: Mail,
    pub receipt: Receipt,
}

/// The headers of a mail.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Mail {
    pub timestamp: Option<Rfc3339>,
    /// The address of the envelope's sender.
    pub source: Option<String>,
    #[serde(rename = "messageId")]
    pub message_id: String,
    pub destination: Option<Vec<String>>,
    /// Whether the headers exceed 10 KB and are incomplete.
    #[serde(rename = "headersTruncated")]
    pub headers_truncated: Option<bool>,
    pub headers: Option<Vec<Header>>,
    #[serde(rename = "commonHeaders")]
    pub common_headers: Option<CommonHeaders>,
}

/// A header.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Header {
    pub name: String,
    pub value: String,
}

/// The usual headers.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct CommonHeaders {
    #[serde(rename = "returnPath")]
    pub return_path: Option<String>,
    pub from: Option<Vec<String>>,
    pub sender: Option<String>,
    #[serde(rename = "replyTo")]
    pub reply_to: Option<Vec<String>>,
    pub date: Option<String>,
    pub to: Option<Vec<String>>,
    pub cc: Option<Vec<String>>,
    pub bcc: Option<Vec<String>>,
    #[serde(rename = "messageId")]
    pub message_id: Option<String>,
    pub subject: Option<String>,
}

/// How a mail was received.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Receipt {
    pub timestamp: Option<Rfc3339>,
    #[serde(rename = "processingTimeMillis")]
    pub processing_time_millis: Option<u64>,
    /// The recipients that the rule matched.
    pub recipients: Option<Vec<String>>,
    #[serde(rename = "spamVerdict")]
    pub spam_verdict: Option<Verdict>,
    #[serde(rename = "virusVerdict")]
    pub virus_verdict: Option<Verdict>,
    #[serde(rename = "spfVerdict")]
    pub spf_verdict: Option<Verdict>,
    #[serde(rename = "dkimVerdict")]
    pub dkim_verdict: Option<Verdict>,
    #[serde(rename = "dmarcVerdict")]
    pub dmarc_verdict: Option<Verdict>,
    /// `none`, `quarantine` or `reject`.
    #[serde(rename = "dmarcPolicy")]
    pub dmarc_policy: Option<String>,
    pub action: Option<Action>,
}

/// The result of a check.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Verdict {
    /// `PASS`, `FAIL`, `GRAY` or `PROCESSING_FAILED`.
    pub status: Option<String>,
}

/// The action of the receipt rule.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Action {
    /// `Lambda`, `S3`, `SNS`, …
    #[serde(rename = "type")]
    pub kind: Option<String>,
    #[serde(rename = "topicArn")]
    pub topic_arn: Option<String>,
    #[serde(rename = "functionArn")]
    pub function_arn: Option<String>,
    /// `Event` or `RequestResponse`.
    #[serde(rename = "invocationType")]
    pub invocation_type: Option<String>,
    #[serde(rename = "bucketName")]
    pub bucket_name: Option<String>,
    #[serde(rename = "objectKeyPrefix")]
    pub object_key_prefix: Option<String>,
    #[serde(rename = "objectKey")]
    pub object_key: Option<String>,
    pub encoding: Option<String>,
    #[serde(rename = "iamRoleArn")]
    pub iam_role_arn: Option<String>,
    #[serde(rename = "kmsKeyArn")]
    pub kms_key_arn: Option<String>,
    /// WorkMail actions only.
    #[serde(rename = "organizationArn")]
    pub organization_arn: Option<String>,
    /// Bounces only.
    #[serde(rename = "smtpReplyCode")]
    pub smtp_reply_code: Option<NumberOrText>,
    /// Bounces only: a code such as `5.1.1`.
    #[serde(rename = "statusCode")]
    pub status_code: Option<String>,
    /// Bounces only.
    pub message: Option<String>,
    /// Bounces only: the sender's address.
    pub sender: Option<String>,
}

omit_absent! {
    /// What SES does after a function that is invoked with `RequestResponse`.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        /// `CONTINUE`, `STOP_RULE` or `STOP_RULE_SET`.
        pub disposition: Option<String>,
    }
}

impl Response {
    /// Continues with the next action and the next rule.
    #[must_use]
    pub fn proceed() -> Self {
        Self { disposition: Some("CONTINUE".to_owned()) }
    }

    /// Stops the actions of this rule.
    #[must_use]
    pub fn stop_rule() -> Self {
        Self { disposition: Some("STOP_RULE".to_owned()) }
    }

    /// Stops all rules: the mail is dropped.
    #[must_use]
    pub fn stop_rule_set() -> Self {
        Self { disposition: Some("STOP_RULE_SET".to_owned()) }
    }
}

impl Mail {
    /// Returns a header, whose name may be in any case, the first of equal names.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter().flatten();
        headers.find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| &*header.value)
    }
}
