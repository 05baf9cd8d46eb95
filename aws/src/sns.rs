//! Topics of Amazon SNS: messages in tens.
//!
//! ```no_run
//! use minilambda::Error;
//! use minilambda_aws::sns::{Message, Topic};
//!
//! fn announce(arn: &str, orders: &[String]) -> Result<(), Error> {
//!     let messages = orders.iter().map(|order| Message::new(order).subject("ordered"));
//!     Topic::new(arn).publish_all(messages)?;
//!     Ok(())
//! }
//! ```
//!
//! See <https://docs.aws.amazon.com/sns/latest/api/>.

use crate::batches::{self, Capacity, Entry, Order, Outcomes, Refusal, Unsent};
use crate::catalog::SNS;
use crate::client::Client;
use crate::error::Error;
use crate::object;
use crate::xml::Xml;
use minilambda::{Context, ToJson};

/// The largest message, and the largest request, of a topic whose `MaximumMessageSize` is not set.
const MAX_BYTES: usize = 256 * 1024;

/// A topic.
#[derive(Clone, Debug)]
#[must_use]
pub struct Topic<'a> {
    arn: &'a str,
    client: Client<'a>,
    max_bytes: usize,
    is_strict: bool,
}

/// A message that is published.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Message {
    body: String,
    /// Why there is no body.
    unwritten: Option<Error>,
    subject: Option<String>,
    attributes: Vec<(String, String)>,
    group: Option<String>,
    deduplication_id: Option<String>,
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

    /// Sets the subject of emails.
    pub fn subject(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// Adds an attribute, a string that is not empty, by which subscriptions are filtered.
    pub fn attribute(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.attributes.push((name.into(), value.into()));
        self
    }

    /// Sets the group, in which messages stay in order: for FIFO topics.
    pub fn group(mut self, id: impl Into<String>) -> Self {
        self.group = Some(id.into());
        self
    }

    /// Sets the id by which a FIFO topic knows a message again for five minutes. If all messages of
    /// a request have one, it is sent again after a response that was lost.
    pub fn deduplication_id(mut self, id: impl Into<String>) -> Self {
        self.deduplication_id = Some(id.into());
        self
    }

    /// The fields of a form, each after a prefix.
    fn fields(&self, prefix: &str) -> Vec<(String, String)> {
        let optional = [
            ("Subject", &self.subject),
            ("MessageGroupId", &self.group),
            ("MessageDeduplicationId", &self.deduplication_id),
        ];
        let mut fields = vec![(format!("{prefix}Message"), self.body.clone())];
        for (name, value) in optional {
            fields.extend(value.clone().map(|value| (format!("{prefix}{name}"), value)));
        }
        for (number, (name, value)) in (1..).zip(&self.attributes) {
            let entry = format!("{prefix}MessageAttributes.entry.{number}.");
            fields.extend([
                (format!("{entry}Name"), name.clone()),
                (format!("{entry}Value.DataType"), "String".to_owned()),
                (format!("{entry}Value.StringValue"), value.clone()),
            ]);
        }
        fields
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
        unwritten.or_else(|| batches::message_problem(&self.body, &self.attributes))
    }

    fn group(&self) -> Option<&str> {
        self.group.as_deref()
    }
}

impl<'a> Topic<'a> {
    /// The topic with this ARN.
    pub fn new(arn: &'a str) -> Self {
        Self { arn, client: SNS.client(), max_bytes: MAX_BYTES, is_strict: false }
    }

    /// Uses a client with other choices, such as `SNS.client().region("eu-west-1")`.
    pub fn client(self, client: Client<'a>) -> Self {
        Self { client, ..self }
    }

    /// Keeps the requests inside the time that an invocation has left.
    pub fn within(self, context: &Context) -> Self {
        Self { client: self.client.within(context), ..self }
    }

    /// Sets how many bytes the messages of a request may have, if the topic's `MaximumMessageSize`
    /// is not 256 KiB; up to 1 MiB.
    pub fn max_bytes(self, max_bytes: usize) -> Self {
        Self { max_bytes, ..self }
    }

    /// Puts at most one message of each group into a request, if it is a FIFO topic. Otherwise a
    /// message that the service refuses may be among others of its group in the request, which it
    /// accepts. With this setting nothing overtakes a message, for more requests.
    pub fn in_strict_order(self) -> Self {
        Self { is_strict: true, ..self }
    }

    /// Publishes a message. Returns its id.
    ///
    /// # Errors
    /// Those of [`Client::call_form`](crate::Client::call_form).
    pub fn publish(&self, message: impl Into<Message>) -> Result<String, Error> {
        let message = message.into();
        if let Some(problem) = message.problem() {
            return Err(problem.of_request("SNS Publish"));
        }
        let mut fields = message.fields("");
        fields.push(("TopicArn".to_owned(), self.arn.to_owned()));
        let published = self.call("Publish", &fields, message.deduplication_id.is_some())?;
        published.get("MessageId").filter(|id| !id.is_empty()).map(str::to_owned).ok_or_else(|| {
            Error::invalid_response("the response has no MessageId").of_request("SNS Publish")
        })
    }

    /// Publishes messages, ten in a request or as many as fit into it, in their order.
    ///
    /// Messages that the service could not take are sent again, twice at most. In a FIFO topic,
    /// nothing of a group is sent after one of it that was not accepted, and a message is not sent
    /// again after a later one of its group; see [`in_strict_order`](Self::in_strict_order).
    ///
    /// # Errors
    /// The messages that were not accepted, or of which it is not known; all others were.
    pub fn publish_all<M: Into<Message>>(
        &self,
        messages: impl IntoIterator<Item = M>,
    ) -> Result<(), Unsent> {
        let messages: Vec<Message> = messages.into_iter().map(Into::into).collect();
        let bytes = self.max_bytes;
        let order = Order::of(self.arn, self.is_strict);
        let capacity = Capacity { entries: 10, bytes, entry_bytes: bytes, order };
        let deadline = self.client.deadline();
        let what = "SNS PublishBatch";
        batches::send_all(what, deadline, capacity, &messages, |chunk| self.publish_batch(chunk))
    }

    fn publish_batch(&self, chunk: &[&Message]) -> Result<Outcomes, Error> {
        let mut fields = vec![("TopicArn".to_owned(), self.arn.to_owned())];
        for (number, message) in (1..).zip(chunk) {
            let prefix = format!("PublishBatchRequestEntries.member.{number}.");
            fields.push((format!("{prefix}Id"), batches::id(number - 1)));
            fields.extend(message.fields(&prefix));
        }
        let is_repeatable = chunk.iter().all(|message| message.deduplication_id.is_some());
        let output = self.call("PublishBatch", &fields, is_repeatable)?;
        let members = |name| output.find(name).map(Xml::children).unwrap_or_default().iter();
        let text = |xml: &Xml, name| xml.get(name).unwrap_or_default().to_owned();
        let failed = members("Failed").map(|member| {
            let message = member.get("Message").map(str::to_owned);
            let is_final = text(member, "SenderFault") == "true";
            let refusal = Refusal::new(text(member, "Code"), message, is_final);
            (text(member, "Id"), Some(refusal))
        });
        let accepted = members("Successful").map(|member| (text(member, "Id"), None));
        Ok(batches::by_id(chunk.len(), accepted.chain(failed)))
    }

    /// A request may be repeated if the topic knows its messages again.
    fn call(
        &self,
        action: &str,
        fields: &[(String, String)],
        is_repeatable: bool,
    ) -> Result<Xml, Error> {
        let client = self.client.clone();
        let client = if is_repeatable { client.idempotent() } else { client };
        let fields: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
        client.call_form(action, &fields)
    }
}
