//! Queues of Amazon SQS: messages in tens.
//!
//! ```no_run
//! use minilambda::Error;
//! use minilambda_aws::sqs::{Message, Queue};
//!
//! fn remind(url: &str, names: &[String]) -> Result<(), Error> {
//!     let messages = names.iter().map(|name| Message::new(name).attribute("kind", "reminder"));
//!     Queue::new(url).send_all(messages)?;
//!     Ok(())
//! }
//! ```
//!
//! See <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/>.

use crate::batches::{self, Capacity, Entry, Order, Outcomes, Refusal, Unsent};
use crate::catalog::SQS;
use crate::client::Client;
use crate::error::Error;
use crate::object;
use crate::object::Object;
use crate::xml::is_xml;
use minilambda::{Context, ToJson};
use miniserde::Deserialize;
use std::time::Duration;

/// The largest message, and the largest request, with attributes.
const MAX_BYTES: usize = 1024 * 1024;

const CAPACITY: Capacity =
    Capacity { entries: 10, bytes: MAX_BYTES, entry_bytes: MAX_BYTES, order: Order::Any };

/// A queue.
#[derive(Clone, Debug)]
#[must_use]
pub struct Queue<'a> {
    url: &'a str,
    client: Client<'a>,
    is_strict: bool,
}

/// A message that is sent.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Message {
    body: String,
    /// Why there is no body.
    unwritten: Option<Error>,
    attributes: Vec<(String, String)>,
    group: Option<String>,
    deduplication_id: Option<String>,
    delay_s: Option<u64>,
}

impl Message {
    /// A message with a text.
    pub fn new(body: impl Into<String>) -> Self {
        Self { body: body.into(), ..Self::default() }
    }

    /// A message with a value as JSON. One that cannot be written, which happens only to types of
    /// other libraries than miniserde, is not sent.
    pub fn json(value: &(impl ToJson + ?Sized)) -> Self {
        match object::text(value) {
            Ok(body) => Self::new(body),
            Err(error) => Self { unwritten: Some(error), ..Self::default() },
        }
    }

    /// Adds an attribute, a string that is not empty; at most ten.
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.push((name.into(), value.into()));
        self
    }

    /// Sets the group, in which messages stay in order: for FIFO queues, and for fair ones.
    pub fn group(mut self, id: impl Into<String>) -> Self {
        self.group = Some(id.into());
        self
    }

    /// Sets the id by which a FIFO queue knows a message again for five minutes. If all messages of
    /// a request have one, it is sent again after a response that was lost.
    pub fn deduplication_id(mut self, id: impl Into<String>) -> Self {
        self.deduplication_id = Some(id.into());
        self
    }

    /// Sets when it is delivered: up to 15 minutes from now, in whole seconds.
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay_s = Some(delay.as_secs());
        self
    }

    fn fields(&self) -> Object<'_> {
        let attributes = self.attributes.iter();
        let attributes: Object = attributes
            .map(|(name, value)| (&**name, object! { "DataType": "String", "StringValue": value }))
            .collect();
        object! {
            "MessageBody": &self.body,
            "MessageAttributes": (!self.attributes.is_empty()).then_some(attributes),
            "MessageGroupId": &self.group,
            "MessageDeduplicationId": &self.deduplication_id,
            "DelaySeconds": self.delay_s,
        }
    }
}

impl<T: Into<String>> From<T> for Message {
    fn from(body: T) -> Self {
        Self::new(body)
    }
}

impl Entry for Message {
    fn bytes(&self) -> usize {
        batches::message_bytes(&self.body, &self.attributes)
    }

    fn problem(&self) -> Option<Error> {
        let unwritten = self.unwritten.clone();
        let problem = unwritten.or_else(|| batches::message_problem(&self.body, &self.attributes));
        let values = self.attributes.iter().map(|(_, value)| value);
        let is_text = values.chain([&self.body]).all(|text| is_xml(text));
        let reason = "it has a character that SQS does not take, such as U+0000: write it as JSON \
                      or base64";
        problem.or_else(|| (!is_text).then(|| Error::invalid(reason)))
    }

    fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }
}

#[derive(Deserialize)]
struct Sent {
    #[serde(rename = "MessageId")]
    id: String,
}

#[derive(Deserialize)]
struct SentBatch {
    #[serde(rename = "Successful")]
    successful: Option<Vec<Accepted>>,
    #[serde(rename = "Failed")]
    failed: Option<Vec<Failed>>,
}

#[derive(Deserialize)]
struct Accepted {
    #[serde(rename = "Id")]
    id: String,
}

#[derive(Deserialize)]
struct Failed {
    #[serde(rename = "Id")]
    id: String,
    #[serde(rename = "Code")]
    code: String,
    #[serde(rename = "Message")]
    message: Option<String>,
    #[serde(rename = "SenderFault")]
    is_senders: bool,
}

impl<'a> Queue<'a> {
    /// The queue with this URL.
    pub fn new(url: &'a str) -> Self {
        Self { url, client: SQS.client(), is_strict: false }
    }

    /// Uses a client with other choices, such as `SQS.client().region("eu-west-1")`.
    pub fn client(self, client: Client<'a>) -> Self {
        Self { client, ..self }
    }

    /// Keeps the requests inside the time that an invocation has left.
    pub fn within(self, context: &Context) -> Self {
        Self { client: self.client.within(context), ..self }
    }

    /// Puts at most one message of each group into a request, if it is a FIFO queue. Otherwise a
    /// message that the service refuses may be among others of its group in the request, which it
    /// accepts. With this setting nothing overtakes a message, for more requests.
    pub fn in_strict_order(self) -> Self {
        Self { is_strict: true, ..self }
    }

    /// Sends a message. Returns its id.
    ///
    /// # Errors
    /// Those of [`Client::call`](crate::Client::call).
    pub fn send(&self, message: impl Into<Message>) -> Result<String, Error> {
        let message = message.into();
        if let Some(problem) = message.problem() {
            return Err(problem.of_request("SQS SendMessage"));
        }
        let mut input = message.fields();
        input.set("QueueUrl", self.url);
        let client = self.client_for(message.deduplication_id.is_some());
        let sent: Sent = client.call("SendMessage", &input)?;
        Ok(sent.id)
    }

    /// Sends messages, ten in a request or as many as fit into its 1 MiB, in their order.
    ///
    /// Messages that the service could not take are sent again, twice at most. In a FIFO queue,
    /// nothing of a group is sent after one of it that was not accepted, and a message is not sent
    /// again after a later one of its group; see [`in_strict_order`](Self::in_strict_order).
    ///
    /// # Errors
    /// The messages that were not accepted, or of which it is not known; all others were.
    pub fn send_all<M: Into<Message>>(
        &self,
        messages: impl IntoIterator<Item = M>,
    ) -> Result<(), Unsent> {
        let messages: Vec<Message> = messages.into_iter().map(Into::into).collect();
        let deadline = self.client.deadline();
        let what = "SQS SendMessageBatch";
        let capacity = Capacity { order: Order::of(self.url, self.is_strict), ..CAPACITY };
        batches::send_all(what, deadline, capacity, &messages, |chunk| self.send_batch(chunk))
    }

    fn send_batch(&self, chunk: &[&Message]) -> Result<Outcomes, Error> {
        let entries: Vec<_> = (0..)
            .zip(chunk)
            .map(|(id, message)| {
                let mut fields = message.fields();
                fields.set("Id", batches::id(id));
                fields
            })
            .collect();
        let input = object! { "QueueUrl": self.url, "Entries": entries };
        let client = self.client_for(chunk.iter().all(|it| it.deduplication_id.is_some()));
        let output: SentBatch = client.call("SendMessageBatch", &input)?;
        let failed = output.failed.into_iter().flatten().map(|failed| {
            let refusal = Refusal::new(failed.code, failed.message, failed.is_senders);
            (failed.id, Some(refusal))
        });
        let accepted = output.successful.into_iter().flatten().map(|accepted| (accepted.id, None));
        Ok(batches::by_id(chunk.len(), accepted.chain(failed)))
    }

    /// A request may be repeated if the queue knows its messages again.
    fn client_for(&self, is_repeatable: bool) -> Client<'a> {
        let client = self.client.clone();
        if is_repeatable { client.idempotent() } else { client }
    }
}
