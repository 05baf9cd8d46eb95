//! Messages of an Amazon SQS queue.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>; examples are in
//! `data/sqs.json` and `data/sqs-response.json`.

use crate::values::{checked_text, from_json};
use crate::{Base64, EpochMillis, Error, Map, NumberOrText};
use miniserde::{Deserialize, Serialize};

use crate::batch::{self, AfterFailure, collects_records};
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
    /// The message's id, which a [`batch::Response`] has.
    #[serde(rename = "messageId")]
    pub message_id: String,
    /// What SQS asks for when a message is deleted, or hidden for longer.
    #[serde(rename = "receiptHandle")]
    pub receipt_handle: String,
    /// The string that was sent.
    pub body: String,
    /// The MD5 digest of the body, in hexadecimal digits.
    #[serde(rename = "md5OfBody")]
    pub md5_of_body: Option<String>,
    /// The MD5 digest of the message attributes.
    #[serde(rename = "md5OfMessageAttributes")]
    pub md5_of_message_attributes: Option<String>,
    /// What SQS says of the message.
    pub attributes: Attributes,
    /// What the sender says of it.
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
    /// `aws:sqs`, and nothing else.
    pub(crate) struct EventSource(|text| text == "aws:sqs", "aws:sqs")
}

/// What SQS says of a message.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Attributes {
    /// How often the message was received without being deleted.
    #[serde(rename = "ApproximateReceiveCount")]
    pub approximate_receive_count: Option<NumberOrText>,
    /// When the message was sent.
    #[serde(rename = "SentTimestamp")]
    pub sent_timestamp: Option<EpochMillis>,
    /// The sender: a user's or a role's id, an account, or an address.
    #[serde(rename = "SenderId")]
    pub sender_id: Option<String>,
    /// When the message was first received.
    #[serde(rename = "ApproximateFirstReceiveTimestamp")]
    pub approximate_first_receive_timestamp: Option<EpochMillis>,
    /// In a FIFO queue: the place in its order, a number of some 20 digits.
    #[serde(rename = "SequenceNumber")]
    pub sequence_number: Option<String>,
    /// The group within which the order is kept.
    #[serde(rename = "MessageGroupId")]
    pub message_group_id: Option<String>,
    /// In a FIFO queue: the id by which a message that was sent twice is known.
    #[serde(rename = "MessageDeduplicationId")]
    pub message_deduplication_id: Option<String>,
    /// The header of X-Ray.
    #[serde(rename = "AWSTraceHeader")]
    pub aws_trace_header: Option<String>,
    /// In a dead-letter queue: the queue from which the message was moved.
    #[serde(rename = "DeadLetterQueueSourceArn")]
    pub dead_letter_queue_source_arn: Option<String>,
}

/// An attribute that the sender gave the message.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct MessageAttribute {
    /// `String`, `Number` or `Binary`, and a label after a dot, as in `Number.float`.
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
            // A standard queue may have groups too, for fairness; only FIFO queues have an order.
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

    /// The body, decoded from JSON.
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
    pub fn body_json<T: Deserialize>(&self) -> Result<T, Error> {
        from_json(&self.body, "a message body")
    }

    /// An attribute that the sender gave the message.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&MessageAttribute> {
        self.message_attributes.as_ref()?.get(name)
    }
}
