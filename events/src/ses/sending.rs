//! What happens to mail that is sent with a configuration set: the events that Amazon SES
//! publishes.
//!
//! They come as messages of an SNS topic, to be decoded with
//! [`sns::Notification::message_json`](crate::sns::Notification::message_json), in records of
//! Firehose, and as details of EventBridge. Without a configuration set they are
//! [notifications](super::notification).
//!
//! See <https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html>;
//! examples are in `data/ses-sending-click.json`, `data/ses-sending-bounce.json`,
//! `data/ses-sending-open.json`, `data/ses-sending-failure.json`,
//! `data/ses-sending-subscription.json` and `data/eventbridge-ses.json`.

use super::notification::{Bounce, Complaint, Delivery, Mail};
use crate::{Json, Map, Rfc3339};
use miniserde::{Deserialize, Serialize};

/// An event of a mail. It has the field that its type names.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// `Send`, `Reject`, `Delivery`, `Bounce`, `Complaint`, `DeliveryDelay`, `Open`, `Click`,
    /// `Rendering Failure` or `Subscription`.
    #[serde(rename = "eventType")]
    pub event_type: String,
    pub mail: Mail,
    pub bounce: Option<Bounce>,
    pub complaint: Option<Complaint>,
    pub delivery: Option<Delivery>,
    /// Empty.
    pub send: Option<Json>,
    pub reject: Option<Reject>,
    pub open: Option<Open>,
    pub click: Option<Click>,
    /// A template that cannot be filled in.
    pub failure: Option<Failure>,
    #[serde(rename = "deliveryDelay")]
    pub delivery_delay: Option<DeliveryDelay>,
    pub subscription: Option<Subscription>,
}

/// Why SES did not send a mail.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Reject {
    /// `Bad content`: it has a virus.
    pub reason: Option<String>,
}

/// Who has opened a mail.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Open {
    #[serde(rename = "ipAddress")]
    pub ip_address: Option<String>,
    pub timestamp: Option<Rfc3339>,
    #[serde(rename = "userAgent")]
    pub user_agent: Option<String>,
}

/// Who has followed a link.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Click {
    #[serde(rename = "ipAddress")]
    pub ip_address: Option<String>,
    pub timestamp: Option<Rfc3339>,
    #[serde(rename = "userAgent")]
    pub user_agent: Option<String>,
    /// The URL.
    pub link: Option<String>,
    /// The values of `ses:tags` of the link, by name.
    #[serde(rename = "linkTags")]
    pub link_tags: Option<Map<Vec<String>>>,
}

/// Why a template cannot be filled in.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Failure {
    #[serde(rename = "errorMessage")]
    pub error_message: Option<String>,
    #[serde(rename = "templateName")]
    pub template_name: Option<String>,
}

/// A delivery that is tried again.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct DeliveryDelay {
    pub timestamp: Option<Rfc3339>,
    /// `MailboxFull`, `TransientCommunicationFailure`, …
    #[serde(rename = "delayType")]
    pub delay_type: Option<String>,
    /// When SES stops.
    #[serde(rename = "expirationTime")]
    pub expiration_time: Option<Rfc3339>,
    #[serde(rename = "reportingMTA")]
    pub reporting_mta: Option<String>,
    #[serde(rename = "delayedRecipients")]
    pub delayed_recipients: Option<Vec<DelayedRecipient>>,
}

/// A recipient who has not got the mail yet.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct DelayedRecipient {
    #[serde(rename = "emailAddress")]
    pub email_address: String,
    pub status: Option<String>,
    #[serde(rename = "diagnosticCode")]
    pub diagnostic_code: Option<String>,
}

/// A change of a contact's subscriptions.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Subscription {
    #[serde(rename = "contactList")]
    pub contact_list: Option<String>,
    pub timestamp: Option<Rfc3339>,
    /// What has made the change, such as `UnsubscribeHeader`.
    pub source: Option<String>,
    #[serde(rename = "newTopicPreferences")]
    pub new_topic_preferences: Option<Json>,
    #[serde(rename = "oldTopicPreferences")]
    pub old_topic_preferences: Option<Json>,
}
