//! What happened to mail that Amazon SES sent, or that it received, as a message of an SNS topic:
//! decode it with [`sns::Notification::message_json`](crate::sns::Notification::message_json).
//!
//! See <https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html> and
//! <https://docs.aws.amazon.com/ses/latest/dg/receiving-email-notifications-contents.html>;
//! examples are in `data/ses-notification-bounce.json`, `data/ses-notification-complaint.json`,
//! `data/ses-notification-delivery.json` and `data/ses-notification-received.json`.

use super::{CommonHeaders, Header, Receipt};
use crate::values::checked_text;
use crate::{Map, Rfc3339};
use miniserde::{Deserialize, Serialize};

/// A notification. It has the field that its type names.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Notification {
    /// `Bounce`, `Complaint`, `Delivery` or `Received`.
    #[serde(rename = "notificationType")]
    pub notification_type: NotificationType,
    pub mail: Mail,
    pub bounce: Option<Bounce>,
    pub complaint: Option<Complaint>,
    pub delivery: Option<Delivery>,
    /// Only in `Received`.
    pub receipt: Option<Receipt>,
    /// The mail, in the encoding of `receipt.action`. Only in `Received`, and up to 150 KB.
    pub content: Option<String>,
}

checked_text! {
    /// The type of a notification. It dereferences to its text.
    pub struct NotificationType(
        |text| matches!(text, "AmazonSnsSubscriptionSucceeded" | "Bounce" | "Complaint" | "Delivery" | "Received"),
        "Delivery"
    )
}

/// A mail that was sent or received.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Mail {
    pub timestamp: Option<Rfc3339>,
    #[serde(rename = "messageId")]
    pub message_id: String,
    /// The address of the envelope's sender.
    pub source: Option<String>,
    #[serde(rename = "sourceArn")]
    pub source_arn: Option<String>,
    #[serde(rename = "sourceIp")]
    pub source_ip: Option<String>,
    #[serde(rename = "callerIdentity")]
    pub caller_identity: Option<String>,
    #[serde(rename = "sendingAccountId")]
    pub sending_account_id: Option<String>,
    pub destination: Option<Vec<String>>,
    #[serde(rename = "headersTruncated")]
    pub headers_truncated: Option<bool>,
    pub headers: Option<Vec<Header>>,
    #[serde(rename = "commonHeaders")]
    pub common_headers: Option<CommonHeaders>,
    /// The message's tags, each with its values.
    pub tags: Option<Map<Vec<String>>>,
}

/// A mail that could not be delivered.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Bounce {
    /// `Permanent`, `Transient` or `Undetermined`.
    #[serde(rename = "bounceType")]
    pub bounce_type: Option<String>,
    #[serde(rename = "bounceSubType")]
    pub bounce_sub_type: Option<String>,
    #[serde(rename = "bouncedRecipients")]
    pub bounced_recipients: Option<Vec<BouncedRecipient>>,
    pub timestamp: Option<Rfc3339>,
    #[serde(rename = "feedbackId")]
    pub feedback_id: Option<String>,
    #[serde(rename = "remoteMtaIp")]
    pub remote_mta_ip: Option<String>,
    #[serde(rename = "reportingMTA")]
    pub reporting_mta: Option<String>,
}

/// A recipient whose mail could not be delivered.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct BouncedRecipient {
    #[serde(rename = "emailAddress")]
    pub email_address: String,
    pub action: Option<String>,
    /// Such as `5.1.1`.
    pub status: Option<String>,
    #[serde(rename = "diagnosticCode")]
    pub diagnostic_code: Option<String>,
}

/// A complaint of a recipient.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Complaint {
    #[serde(rename = "complainedRecipients")]
    pub complained_recipients: Option<Vec<ComplainedRecipient>>,
    pub timestamp: Option<Rfc3339>,
    #[serde(rename = "feedbackId")]
    pub feedback_id: Option<String>,
    #[serde(rename = "complaintSubType")]
    pub complaint_sub_type: Option<String>,
    #[serde(rename = "userAgent")]
    pub user_agent: Option<String>,
    /// `abuse`, `auth-failure`, `fraud`, `not-spam`, `other` or `virus`.
    #[serde(rename = "complaintFeedbackType")]
    pub complaint_feedback_type: Option<String>,
    #[serde(rename = "arrivalDate")]
    pub arrival_date: Option<Rfc3339>,
}

/// A recipient who may have complained.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ComplainedRecipient {
    #[serde(rename = "emailAddress")]
    pub email_address: String,
}

/// A mail that the recipient's server has accepted.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Delivery {
    pub timestamp: Option<Rfc3339>,
    #[serde(rename = "processingTimeMillis")]
    pub processing_time_millis: Option<u64>,
    pub recipients: Option<Vec<String>>,
    #[serde(rename = "smtpResponse")]
    pub smtp_response: Option<String>,
    #[serde(rename = "reportingMTA")]
    pub reporting_mta: Option<String>,
    #[serde(rename = "remoteMtaIp")]
    pub remote_mta_ip: Option<String>,
}
