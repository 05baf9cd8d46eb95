//! Notifications of an Amazon SNS topic, to a function or inside a message of an SQS queue.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html>; examples are in
//! `data/sns.json`, `data/sns-alarm.json` and `data/sqs-sns.json`.

use crate::batch::collects_records;
use crate::values::{checked_text, from_json};
use crate::{Error, Map, Rfc3339};
use miniserde::{Deserialize, Serialize};

/// Notifications; SNS sends one at a time.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// The notifications.
    #[serde(rename = "Records")]
    pub records: Vec<Record>,
}

/// A notification and where it comes from.
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
    /// `aws:sns`, and nothing else.
    pub(crate) struct EventSource(|text| text == "aws:sns", "aws:sns")
}

/// A notification. It is also the body of an SQS message that came by way of SNS, unless the
/// subscription asks for raw delivery.
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
    /// `Notification`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// The notification's id.
    #[serde(rename = "MessageId")]
    pub message_id: String,
    #[serde(rename = "TopicArn")]
    pub topic_arn: String,
    /// In a FIFO topic: the place in its order.
    #[serde(rename = "SequenceNumber")]
    pub sequence_number: Option<String>,
    /// What an e-mail would have as its subject.
    #[serde(rename = "Subject")]
    pub subject: Option<String>,
    /// The string that was published.
    #[serde(rename = "Message")]
    pub message: String,
    /// When it was published.
    #[serde(rename = "Timestamp")]
    pub timestamp: Option<Rfc3339>,
    /// `1` (SHA-1) or `2` (SHA-256).
    #[serde(rename = "SignatureVersion")]
    pub signature_version: Option<String>,
    /// The signature, in base64; absent in a FIFO topic.
    #[serde(rename = "Signature")]
    pub signature: Option<String>,
    /// To a function: where the certificate of the signature is.
    #[serde(rename = "SigningCertUrl")]
    pub signing_cert_url: Option<String>,
    /// In a queue: where the certificate of the signature is.
    #[serde(rename = "SigningCertURL")]
    pub queue_signing_cert_url: Option<String>,
    /// To a function: what ends the subscription.
    #[serde(rename = "UnsubscribeUrl")]
    pub unsubscribe_url: Option<String>,
    /// In a queue: what ends the subscription.
    #[serde(rename = "UnsubscribeURL")]
    pub queue_unsubscribe_url: Option<String>,
    /// What the publisher says of the message.
    #[serde(rename = "MessageAttributes")]
    pub message_attributes: Option<Map<MessageAttribute>>,
}

/// An attribute that the publisher gave the message.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct MessageAttribute {
    /// `String`, `String.Array`, `Number` or `Binary`.
    #[serde(rename = "Type")]
    pub kind: String,
    /// The value; of `Binary` in base64, of `String.Array` in JSON.
    #[serde(rename = "Value")]
    pub value: String,
}

impl Notification {
    /// The message, decoded from JSON: an [`s3::Event`](crate::s3::Event), an
    /// [`Alarm`](crate::cloudwatch::alarm_sns::Alarm), or a type of your own.
    ///
    /// # Errors
    /// If the message is not JSON, or does not match the type.
    pub fn message_json<T: Deserialize>(&self) -> Result<T, Error> {
        from_json(&self.message, "a message")
    }

    /// The value of an attribute that the publisher gave the message.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&str> {
        Some(&self.message_attributes.as_ref()?.get(name)?.value)
    }
}
