//! Messages of Amazon SQS queues.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>; examples are in
//! `data/sqs.json` and `data/sqs-response.json`; a response of `ReceiveMessage`
//! (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ReceiveMessage.html>),
//! which a state machine or a test passes on, is in `data/sqs-received.json`.

use crate::batch::{self, AfterFailure, collects_records};
use crate::values::{checked_text, from_json};
use crate::{Base64, EpochMillis, Error, Map, NumberOrText};
use minilambda::FromJson;
use miniserde::{Deserialize, Serialize};

/// A batch of messages.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// The messages, of one queue.
    #[serde(rename = "Records")]
    pub records: Vec<Message>,
}

/// A message.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Message {
    /// The message's id, which a [`batch::Response`] names.
    #[serde(rename = "messageId")]
    pub message_id: String,
    /// The handle for calls that delete the message or change its visibility.
    #[serde(rename = "receiptHandle")]
    pub receipt_handle: String,
    /// The body.
    pub body: String,
    /// The MD5 digest of the body, in hexadecimal digits.
    #[serde(rename = "md5OfBody")]
    pub md5_of_body: Option<String>,
    /// The MD5 digest of the message attributes.
    #[serde(rename = "md5OfMessageAttributes")]
    pub md5_of_message_attributes: Option<String>,
    /// The attributes that SQS sets.
    pub attributes: Attributes,
    /// The attributes that the sender sets.
    #[serde(rename = "messageAttributes")]
    pub message_attributes: Option<Map<MessageAttribute>>,
    /// `aws:sqs`.
    #[serde(rename = "eventSource")]
    event_source: EventSource,
    /// The queue's ARN.
    #[serde(rename = "eventSourceARN")]
    pub event_source_arn: String,
    /// The queue's region.
    #[serde(rename = "awsRegion")]
    pub aws_region: String,
}

checked_text! {
    /// Identifies the event.
    pub(crate) struct EventSource(|text| text == "aws:sqs", "aws:sqs")
}

/// The attributes that SQS sets.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Attributes {
    /// How often the message was received.
    #[serde(rename = "ApproximateReceiveCount")]
    pub approximate_receive_count: Option<NumberOrText>,
    /// The time of sending.
    #[serde(rename = "SentTimestamp")]
    pub sent_timestamp: Option<EpochMillis>,
    /// The sender: the id of a user or role, an account, or an address.
    #[serde(rename = "SenderId")]
    pub sender_id: Option<String>,
    /// The time of the first receive.
    #[serde(rename = "ApproximateFirstReceiveTimestamp")]
    pub approximate_first_receive_timestamp: Option<EpochMillis>,
    /// FIFO queues: the position in the order, a number of some 20 digits.
    #[serde(rename = "SequenceNumber")]
    pub sequence_number: Option<String>,
    /// The message group.
    #[serde(rename = "MessageGroupId")]
    pub message_group_id: Option<String>,
    /// FIFO queues: the id by which duplicates are recognised.
    #[serde(rename = "MessageDeduplicationId")]
    pub message_deduplication_id: Option<String>,
    /// The trace header of X-Ray.
    #[serde(rename = "AWSTraceHeader")]
    pub aws_trace_header: Option<String>,
    /// Dead-letter queues: the ARN of the source queue.
    #[serde(rename = "DeadLetterQueueSourceArn")]
    pub dead_letter_queue_source_arn: Option<String>,
}

/// A message attribute.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct MessageAttribute {
    /// `String`, `Number` or `Binary`, possibly with a label as in `Number.float`.
    #[serde(rename = "dataType")]
    pub data_type: String,
    /// The value of a `String` or a `Number`.
    #[serde(rename = "stringValue")]
    pub string_value: Option<String>,
    /// The value of a `Binary`.
    #[serde(rename = "binaryValue")]
    pub binary_value: Option<Base64>,
    /// Not used by SQS.
    #[serde(rename = "stringListValues")]
    pub string_list_values: Option<Vec<String>>,
    /// Not used by SQS.
    #[serde(rename = "binaryListValues")]
    pub binary_list_values: Option<Vec<Base64>>,
}

/// A response of `ReceiveMessage`. Its fields have other names than those of an event.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Received {
    #[serde(rename = "Messages")]
    pub messages: Vec<ReceivedMessage>,
}

/// A message of `ReceiveMessage`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ReceivedMessage {
    #[serde(rename = "MessageId")]
    pub message_id: String,
    /// The handle for calls that delete the message or change its visibility.
    #[serde(rename = "ReceiptHandle")]
    pub receipt_handle: String,
    #[serde(rename = "Body")]
    pub body: String,
    #[serde(rename = "MD5OfBody")]
    pub md5_of_body: Option<String>,
    #[serde(rename = "MD5OfMessageAttributes")]
    pub md5_of_message_attributes: Option<String>,
    /// The attributes that the call asked for.
    #[serde(rename = "Attributes")]
    pub attributes: Option<Attributes>,
    #[serde(rename = "MessageAttributes")]
    pub message_attributes: Option<Map<ReceivedAttribute>>,
}

/// A message attribute of `ReceiveMessage`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ReceivedAttribute {
    /// `String`, `Number` or `Binary`, possibly with a label as in `Number.float`.
    #[serde(rename = "DataType")]
    pub data_type: String,
    #[serde(rename = "StringValue")]
    pub string_value: Option<String>,
    #[serde(rename = "BinaryValue")]
    pub binary_value: Option<Base64>,
    /// Not used by SQS.
    #[serde(rename = "StringListValues")]
    pub string_list_values: Option<Vec<String>>,
    /// Not used by SQS.
    #[serde(rename = "BinaryListValues")]
    pub binary_list_values: Option<Vec<Base64>>,
}

impl ReceivedMessage {
    /// Decodes the body from JSON.
    ///
    /// # Errors
    /// If the body is not JSON, or does not match the type.
    pub fn body_json<T: FromJson>(&self) -> Result<T, Error> {
        from_json(&self.body, "a message's body")
    }
}

collects_records!(Event, Message);

impl Event {
    /// Calls a function for each message, and returns which failed: those for which the function
    /// returned an error or panicked. Each failure is logged with the message's id.
    ///
    /// In a FIFO queue, the messages of a group after a failed one are reported as failed without
    /// being tried, so that their order is kept.
    ///
    /// ```
    /// use minilambda_events::{Error, batch, sqs};
    ///
    /// fn handle(event: &sqs::Event) -> batch::Response {
    ///     event.each(|message| {
    ///         let pieces: u32 = message.body_json()?;
    ///         if pieces == 0 { Err(Error::new("EmptyOrder", "no pieces")) } else { Ok(()) }
    ///     })
    /// }
    /// let event: sqs::Event =
    ///     [("a", "1"), ("b", "0")].map(|(id, body)| sqs::Message::new(id, body)).into_iter().collect();
    /// assert_eq!(handle(&event), ["b"].into_iter().collect());
    /// ```
    pub fn each<'a>(
        &'a self,
        function: impl FnMut(&'a Message) -> Result<(), Error>,
    ) -> batch::Response {
        let group = |message: &'a Message| {
            // A standard queue may have groups too, for fairness. Only FIFO queues have an order.
            message.attributes.sequence_number.as_ref()?;
            message.attributes.message_group_id.as_deref()
        };
        let id = |message: &'a Message| &*message.message_id;
        batch::each(&self.records, id, group, AfterFailure::Continue, function)
    }
}

impl Message {
    /// Creates a message, to test a handler without JSON.
    pub fn new(id: impl Into<String>, body: impl Into<String>) -> Self {
        Self { message_id: id.into(), body: body.into(), ..Default::default() }
    }

    /// Puts the message into a group of a FIFO queue, to test a handler without JSON.
    ///
    /// ```
    /// use minilambda_events::sqs;
    ///
    /// let messages = [("a1", "ann"), ("a2", "ann"), ("b1", "bo")];
    /// let messages = messages.map(|(id, group)| sqs::Message::new(id, "0").with_group(group));
    /// let event: sqs::Event = messages.into_iter().collect();
    /// let mut tried = Vec::new();
    /// let response = event.each(|message| {
    ///     tried.push(&*message.message_id);
    ///     if message.message_id == "a1" { Err("no".into()) } else { Ok(()) }
    /// });
    /// assert_eq!(tried, ["a1", "b1"]);
    /// assert_eq!(response, ["a1", "a2"].into_iter().collect());
    /// ```
    #[must_use]
    pub fn with_group(mut self, group: impl Into<String>) -> Self {
        self.attributes.message_group_id = Some(group.into());
        // Only messages of FIFO queues have one.
        self.attributes.sequence_number = Some("18849496460467696128".to_owned());
        self
    }

    /// Decodes the body from JSON.
    ///
    /// ```
    /// use minilambda_events::{Error, sqs};
    /// use miniserde::Deserialize;
    ///
    /// #[derive(Deserialize)]
    /// struct Order {
    ///     id: String,
    /// }
    ///
    /// fn ship(message: &sqs::Message) -> Result<(), Error> {
    ///     let order: Order = message.body_json()?;
    ///     println!("{} is shipped", order.id);
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// If the body is not JSON, or does not match the type.
    pub fn body_json<T: FromJson>(&self) -> Result<T, Error> {
        from_json(&self.body, "a message body")
    }

    /// A message attribute.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&MessageAttribute> {
        self.message_attributes.as_ref()?.get(name)
    }
}
