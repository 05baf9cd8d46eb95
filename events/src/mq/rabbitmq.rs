//! Messages of RabbitMQ queues of Amazon MQ.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/with-mq.html>; an example is in
//! `data/rabbitmq.json`.

use crate::values::{checked_text, from_json};
use crate::{Base64, Error, Json, Map};
use minilambda::FromJson;
use miniserde::{Deserialize, Serialize};

/// A batch of messages of several queues.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    #[serde(rename = "eventSource")]
    event_source: EventSource,
    /// The broker's ARN.
    #[serde(rename = "eventSourceArn")]
    pub event_source_arn: String,
    /// The messages by queue and virtual host, such as `orders::/`.
    #[serde(rename = "rmqMessagesByQueue")]
    pub messages_by_queue: Map<Vec<Message>>,
}

checked_text! {
    /// Identifies the event.
    pub(crate) struct EventSource(|text| text == "aws:rmq", "aws:rmq")
}

/// A message.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Message {
    #[serde(rename = "basicProperties")]
    pub basic_properties: Option<BasicProperties>,
    pub redelivered: Option<bool>,
    pub data: Base64,
}

/// The properties of a message.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct BasicProperties {
    #[serde(rename = "contentType")]
    pub content_type: Option<String>,
    #[serde(rename = "contentEncoding")]
    pub content_encoding: Option<String>,
    /// Strings are objects with `bytes`.
    pub headers: Option<Map<Json>>,
    #[serde(rename = "deliveryMode")]
    pub delivery_mode: Option<i64>,
    pub priority: Option<i64>,
    #[serde(rename = "correlationId")]
    pub correlation_id: Option<String>,
    #[serde(rename = "replyTo")]
    pub reply_to: Option<String>,
    pub expiration: Option<String>,
    #[serde(rename = "messageId")]
    pub message_id: Option<String>,
    /// Such as `Jan 1, 1970, 12:33:41 AM`.
    pub timestamp: Option<String>,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    #[serde(rename = "userId")]
    pub user_id: Option<String>,
    #[serde(rename = "appId")]
    pub app_id: Option<String>,
    #[serde(rename = "clusterId")]
    pub cluster_id: Option<String>,
    #[serde(rename = "bodySize")]
    pub body_size: Option<u64>,
}

impl Event {
    /// Returns the messages of all queues.
    pub fn all(&self) -> impl Iterator<Item = &Message> {
        self.messages_by_queue.values().flatten()
    }
}

impl Message {
    /// Creates a message, to test a handler without JSON. The data is encoded in base64.
    pub fn new(data: impl AsRef<[u8]>) -> Self {
        Self { data: Base64::encode(data), ..Default::default() }
    }

    /// Decodes the data from JSON.
    ///
    /// # Errors
    /// If the data is not JSON, or does not match the type.
    pub fn data_json<T: FromJson>(&self) -> Result<T, Error> {
        from_json(&self.data.decode_text()?, "the message's data")
    }
}
