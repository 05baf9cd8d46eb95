//! Event buses of Amazon EventBridge: events in tens.
//!
//! ```no_run
//! use minilambda::Error;
//! use minilambda_aws::eventbridge::{Bus, Event};
//! use miniserde::Serialize;
//!
//! #[derive(Serialize)]
//! struct Order {
//!     id: String,
//! }
//!
//! fn announce(orders: &[Order]) -> Result<(), Error> {
//!     let events = orders.iter().map(|order| Event::new("shop", "ordered", order));
//!     Bus::new("default").put_all(events)?;
//!     Ok(())
//! }
//! ```
//!
//! See <https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html>.

use crate::batches::{self, Capacity, Entry, Order, Outcomes, Reply, Unsent};
use crate::catalog::EVENTBRIDGE;
use crate::client::Client;
use crate::error::Error;
use crate::object;
use minilambda::{Context, ToJson};
use miniserde::Deserialize;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The largest event, and the largest request.
const MAX_BYTES: usize = 1024 * 1024;

const CAPACITY: Capacity =
    Capacity { entries: 10, bytes: MAX_BYTES, entry_bytes: MAX_BYTES, order: Order::Any };

/// What a time counts, however it is written.
const TIME_BYTES: usize = 14;

/// An event bus.
#[derive(Clone, Debug)]
#[must_use]
pub struct Bus<'a> {
    name: &'a str,
    client: Client<'a>,
}

/// An event that is sent.
#[derive(Clone, Debug)]
#[must_use]
pub struct Event {
    source: String,
    detail_type: String,
    detail: String,
    /// Why there is no detail.
    unwritten: Option<Error>,
    resources: Vec<String>,
    time_s: Option<i64>,
}

impl Event {
    /// An event with a detail, which has to be an object of JSON. One that cannot be written, which
    /// happens only to types of other libraries than miniserde, is not sent.
    pub fn new(
        source: impl Into<String>,
        detail_type: impl Into<String>,
        detail: &(impl ToJson + ?Sized),
    ) -> Self {
        let (detail, unwritten) = match object::text(detail) {
            Ok(detail) => (detail, None),
            Err(error) => (String::new(), Some(error)),
        };
        Self {
            source: source.into(),
            detail_type: detail_type.into(),
            detail,
            unwritten,
            resources: Vec::new(),
            time_s: None,
        }
    }

    /// Adds a resource that the event is about, by its ARN.
    pub fn resource(mut self, arn: impl Into<String>) -> Self {
        self.resources.push(arn.into());
        self
    }

    /// Sets when it has happened, in whole seconds. EventBridge sets when it gets the event.
    pub fn time(mut self, time: SystemTime) -> Self {
        let seconds = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        let since = time.duration_since(UNIX_EPOCH).map_err(|before| before.duration());
        self.time_s = Some(since.map_or_else(|before| -seconds(before), seconds));
        self
    }
}

impl Entry for Event {
    fn bytes(&self) -> usize {
        let time = if self.time_s.is_some() { TIME_BYTES } else { 0 };
        let resources = self.resources.iter().map(String::len).sum::<usize>();
        time + self.source.len() + self.detail_type.len() + self.detail.len() + resources
    }

    fn problem(&self) -> Option<Error> {
        self.unwritten.clone()
    }
}

#[derive(Deserialize)]
struct Put {
    #[serde(rename = "Entries")]
    entries: Vec<Reply>,
}

impl<'a> Bus<'a> {
    /// The bus with this name or ARN; `default` is the account's.
    pub fn new(name: &'a str) -> Self {
        Self { name, client: EVENTBRIDGE.client() }
    }

    /// Uses a client with other choices, such as `EVENTBRIDGE.client().region("eu-west-1")`.
    pub fn client(self, client: Client<'a>) -> Self {
        Self { client, ..self }
    }

    /// Keeps the requests inside the time that an invocation has left.
    pub fn within(self, context: &Context) -> Self {
        Self { client: self.client.within(context), ..self }
    }

    /// Sends events, ten in a request or as many as fit into its 1 MiB. Those that the service
    /// could not take are sent again, twice at most.
    ///
    /// # Errors
    /// The events that were not accepted, or of which it is not known; all others were.
    pub fn put_all(&self, events: impl IntoIterator<Item = Event>) -> Result<(), Unsent> {
        let events: Vec<Event> = events.into_iter().collect();
        let deadline = self.client.deadline();
        let what = "EVENTBRIDGE PutEvents";
        batches::send_all(what, deadline, CAPACITY, &events, |chunk| self.put_batch(chunk))
    }

    fn put_batch(&self, chunk: &[&Event]) -> Result<Outcomes, Error> {
        let entries = chunk.iter().map(|event| {
            object! {
                "EventBusName": self.name,
                "Source": &event.source,
                "DetailType": &event.detail_type,
                "Detail": &event.detail,
                "Resources": (!event.resources.is_empty()).then_some(&event.resources),
                "Time": event.time_s,
            }
        });
        let entries: Vec<_> = entries.collect();
        let put: Put = self.client.call("PutEvents", &object! { "Entries": entries })?;
        Ok(Reply::outcomes(put.entries))
    }
}
