//! AWS AppSync Events: publishing and subscribing with direct Lambda integrations.
//!
//! See <https://docs.aws.amazon.com/appsync/latest/eventapi/direct-lambda-integrations.html>;
//! examples are in `data/appsync-events-publish.json`, `data/appsync-events-subscribe.json`,
//! `data/appsync-events-response.json` and `data/appsync-events-refusal.json`.

use crate::Json;
use crate::values::omit_absent;
use miniserde::{Deserialize, Serialize};

use crate::appsync::Request;
use crate::appsync::identity::Identity;

/// Published events, or a subscription. `P` is the payload of an event.
///
/// ```
/// use minilambda_events::appsync::events::{Event, Outgoing, Response};
///
/// fn only_small_numbers(event: Event<u32>) -> Response<u32> {
///     if !event.is_publish() {
///         return Response { events: None, error: None };
///     }
///     let published = event.events.into_iter().flatten();
///     let sent = published.map(|one| match one.payload {
///         Some(number) if number < 100 => Outgoing::send(one.id, number),
///         _ => Outgoing::fail(one.id, "expected a small number"),
///     });
///     sent.collect()
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event<P = Json> {
    /// The channel and the operation.
    pub info: Info,
    /// The published events. Absent for a subscription.
    pub events: Option<Vec<Published<P>>>,
    /// The caller. Absent if the API only requires an API key.
    pub identity: Option<Identity>,
    /// The HTTP request.
    pub request: Option<Request>,
    /// The data that the handler's functions share.
    pub stash: Option<Json>,
    /// The data source's result.
    pub result: Option<Json>,
    /// The data source's error.
    pub error: Option<Json>,
    /// The previous function.
    pub prev: Option<Json>,
    /// The errors so far.
    #[serde(rename = "outErrors")]
    pub out_errors: Option<Json>,
}

impl<P> Event<P> {
    /// Whether events are published. Otherwise a client subscribes.
    #[must_use]
    pub fn is_publish(&self) -> bool {
        self.info.operation == "PUBLISH"
    }

    /// Returns a header of the request, whose name may be in any case. Of several values it is the
    /// first.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.request.as_ref()?.header(name)
    }
}

/// The channel and the operation.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Info {
    pub channel: Channel,
    #[serde(rename = "channelNamespace")]
    pub channel_namespace: Option<ChannelNamespace>,
    /// `PUBLISH` or `SUBSCRIBE`.
    pub operation: String,
}

/// A channel.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Channel {
    /// The path, such as `/news/latest`. A subscription's path may end with `/*`.
    pub path: String,
    /// The segments of the path. The first is the namespace.
    pub segments: Option<Vec<String>>,
}

/// A channel's namespace.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ChannelNamespace {
    pub name: String,
}

/// A published event.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Published<P = Json> {
    /// The event's id, which the [`Response`] repeats.
    pub id: String,
    /// The payload.
    pub payload: Option<P>,
}

omit_absent! {
    /// The response. The default sends no event, and accepts a subscription.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response<P = Json> {
        /// The events for the subscribers. Others are dropped.
        pub events: Option<Vec<Outgoing<P>>>,
        /// The error, if the request as a whole is refused.
        pub error: Option<String>,
    }
}

omit_absent! {
    /// An event for the subscribers, or an error.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Outgoing<P = Json> {
        /// The event's id.
        pub id: String,
        /// The payload.
        pub payload: Option<P>,
        /// The error, if the event is not sent.
        pub error: Option<String>,
    }
}

impl<P> Response<P> {
    /// Refuses the request.
    #[must_use]
    pub fn refuse(error: impl Into<String>) -> Self {
        Self { events: None, error: Some(error.into()) }
    }
}

/// Creates a response from the events for the subscribers.
impl<P> FromIterator<Outgoing<P>> for Response<P> {
    fn from_iter<I: IntoIterator<Item = Outgoing<P>>>(events: I) -> Self {
        Self { events: Some(events.into_iter().collect()), error: None }
    }
}

impl<P> Outgoing<P> {
    /// Creates an event for the subscribers.
    #[must_use]
    pub fn send(id: impl Into<String>, payload: P) -> Self {
        Self { id: id.into(), payload: Some(payload), error: None }
    }

    /// Creates an error for an event.
    #[must_use]
    pub fn fail(id: impl Into<String>, error: impl Into<String>) -> Self {
        Self { id: id.into(), payload: None, error: Some(error.into()) }
    }
}
