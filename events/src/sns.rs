//! Notifications of Amazon SNS topics, alone or inside messages of SQS queues.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html>; examples are in
//! `data/sns.json`, `data/sns-alarm.json`, `data/sqs-sns.json`, `data/sns-notification.json`,
//! `data/sns-notification-subscribe.json` and `data/sns-notification-unsubscribe.json`.

use crate::batch::collects_records;
use crate::values::{checked_text, from_json};
use crate::{Error, Map, Rfc3339, Secret};
use minilambda::FromJson;
use miniserde::{Deserialize, Serialize};

/// Notifications. SNS sends one at a time.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// The notifications.
    #[serde(rename = "Records")]
    pub records: Vec<Record>,
}

/// A notification and its source.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Record {
    /// `aws:sns`.
    #[serde(rename = "EventSource")]
    event_source: EventSource,
    /// `1.0`.
    #[serde(rename = "EventVersion")]
    pub event_version: Option<String>,
    /// The ARN of the function's subscription.
    #[serde(rename = "EventSubscriptionArn")]
    pub event_subscription_arn: Option<String>,
    /// The notification itself.
    #[serde(rename = "Sns")]
    pub sns: Notification,
}

collects_records!(Event, Record);

impl Record {
    /// Creates a notification, to test a handler without JSON.
    pub fn new(id: impl Into<String>, message: impl Into<String>) -> Self {
        let sns = Notification {
            kind: "Notification".to_owned(),
            message_id: id.into(),
            message: message.into(),
            ..Default::default()
        };
        Self { sns, ..Default::default() }
    }
}

checked_text! {
    /// Identifies the event.
    pub(crate) struct EventSource(|text| text == "aws:sns", "aws:sns")
}

/// A notification. It is also the body of an SQS message from SNS, unless raw message delivery is
/// enabled.
///
/// ```
/// use minilambda_events::{s3, sns, sqs, Error};
///
/// fn keys(message: &sqs::Message) -> Result<Vec<String>, Error> {
///     let notification: sns::Notification = message.body_json()?;
///     let event: s3::Event = notification.message_json()?;
///     event.records.iter().map(|record| record.s3.object.decoded_key()).collect()
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Notification {
    /// `Notification`; of a message that is no notification, `SubscriptionConfirmation` or
    /// `UnsubscribeConfirmation`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// The notification's id.
    #[serde(rename = "MessageId")]
    pub message_id: String,
    #[serde(rename = "TopicArn")]
    pub topic_arn: String,
    /// FIFO topics: the position in the order.
    #[serde(rename = "SequenceNumber")]
    pub sequence_number: Option<String>,
    /// The subject for email.
    #[serde(rename = "Subject")]
    pub subject: Option<String>,
    /// The message.
    #[serde(rename = "Message")]
    pub message: String,
    /// The time of publishing.
    #[serde(rename = "Timestamp")]
    pub timestamp: Option<Rfc3339>,
    /// `1` (SHA-1) or `2` (SHA-256).
    #[serde(rename = "SignatureVersion")]
    pub signature_version: Option<String>,
    /// The signature, in base64. Absent for FIFO topics.
    #[serde(rename = "Signature")]
    pub signature: Option<String>,
    /// The URL of the signature's certificate, in an event.
    #[serde(rename = "SigningCertUrl")]
    pub signing_cert_url: Option<String>,
    /// The URL of the signature's certificate, in a message of a queue.
    #[serde(rename = "SigningCertURL")]
    pub queue_signing_cert_url: Option<String>,
    /// The URL that ends the subscription, in an event.
    #[serde(rename = "UnsubscribeUrl")]
    pub unsubscribe_url: Option<Secret>,
    /// The URL that ends the subscription, in a message of a queue.
    #[serde(rename = "UnsubscribeURL")]
    pub queue_unsubscribe_url: Option<Secret>,
    /// Confirmations: the URL that confirms the subscription, or subscribes again.
    #[serde(rename = "SubscribeURL")]
    pub subscribe_url: Option<Secret>,
    /// Confirmations: the token for `ConfirmSubscription`.
    #[serde(rename = "Token")]
    pub token: Option<Secret>,
    /// The message attributes.
    #[serde(rename = "MessageAttributes")]
    pub message_attributes: Option<Map<MessageAttribute>>,
}

/// A message attribute.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct MessageAttribute {
    /// `String`, `String.Array`, `Number` or `Binary`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// The value. `Binary` is in base64, `String.Array` is JSON.
    #[serde(rename = "Value")]
    pub value: String,
}

impl Notification {
    /// Decodes the message from JSON, such as an [`s3::Event`](crate::s3::Event), an
    /// [`Alarm`](crate::cloudwatch::alarm_sns::Alarm), or your own type.
    ///
    /// # Errors
    /// If the message is not JSON, or does not match the type.
    pub fn message_json<T: FromJson>(&self) -> Result<T, Error> {
        from_json(&self.message, "a message")
    }

    /// Returns the value of a message attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        Some(&self.message_attributes.as_ref()?.get(name)?.value)
    }
}
