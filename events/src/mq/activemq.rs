//! Messages of ActiveMQ queues of Amazon MQ.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html>; an example is in
//! `data/activemq.json`.

use crate::values::{checked_text, from_json};
use crate::{Base64, EpochMillis, Error, Json, Map, NumberOrText};
use minilambda::FromJson;
use miniserde::{Deserialize, Serialize};

/// A batch of messages.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    #[serde(rename = "eventSource")]
    event_source: EventSource,
    /// The broker's ARN.
    #[serde(rename = "eventSourceArn")]
    pub event_source_arn: String,
    pub messages: Vec<Message>,
}

checked_text! {
    /// Identifies the event.
    pub(crate) struct EventSource(|text| matches!(text, "aws:mq" | "aws:amq"), "aws:mq")
}

/// A message.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Message {
    #[serde(rename = "messageID")]
    pub message_id: String,
    /// `jms/text-message` or `jms/bytes-message`.
    #[serde(rename = "messageType")]
    pub message_type: Option<String>,
    pub data: Base64,
    pub persistent: Option<bool>,
    #[serde(rename = "deliveryMode")]
    pub delivery_mode: Option<i64>,
    #[serde(rename = "replyTo")]
    pub reply_to: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub expiration: Option<NumberOrText>,
    pub priority: Option<i64>,
    /// See [`correlation_id`](Self::correlation_id).
    #[serde(rename = "correlationId")]
    pub correlation_id_lower: Option<String>,
    #[serde(rename = "correlationID")]
    pub correlation_id_upper: Option<String>,
    #[serde(rename = "connectionId")]
    pub connection_id: Option<String>,
    pub redelivered: Option<bool>,
    /// With `physicalName`, which [`queue`](Self::queue) returns.
    pub destination: Option<Map>,
    pub timestamp: Option<EpochMillis>,
    #[serde(rename = "brokerInTime")]
    pub broker_in_time: Option<EpochMillis>,
    #[serde(rename = "brokerOutTime")]
    pub broker_out_time: Option<EpochMillis>,
    pub properties: Option<Map<Json>>,
}

impl Message {
    /// Returns the name of the queue.
    #[must_use]
    pub fn queue(&self) -> Option<&str> {
        let destination = self.destination.as_ref()?;
        // AWS's guide has the second spelling.
        let name = destination.get("physicalName").or_else(|| destination.get("physicalname"));
        name.map(String::as_str)
    }

    /// Returns the correlation id, by whichever of the two names the event has.
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.correlation_id_lower.as_deref().or(self.correlation_id_upper.as_deref())
    }

    /// Creates a message, to test a handler without JSON. The data is encoded in base64.
    pub fn new(id: impl Into<String>, data: impl AsRef<[u8]>) -> Self {
        Self { message_id: id.into(), data: Base64::encode(data), ..Default::default() }
    }

    /// Decodes the data from JSON.
    ///
    /// # Errors
    /// If the data is not JSON, or does not match the type.
    pub fn data_json<T: FromJson>(&self) -> Result<T, Error> {
        from_json(&self.data.decode_text()?, "the message's data")
    }
}
