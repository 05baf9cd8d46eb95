//! Publishing and subscribing in the AWS AppSync Events API, by way of a function.
//!
//! See <https://docs.aws.amazon.com/appsync/latest/eventapi/direct-lambda-integrations.html>;
//! examples are in `data/appsync-events-publish.json`, `data/appsync-events-subscribe.json`,
//! `data/appsync-events-response.json` and `data/appsync-events-refusal.json`.

use crate::Json;
use crate::values::omit_absent;
use miniserde::{Deserialize, Serialize};

use crate::appsync::Request;
use crate::appsync::identity::Identity;

/// Events that somebody publishes, or a client that subscribes. `P` is an event's payload.
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
    /// Which channel, and what is to be done.
    pub info: Info,
    /// The events that are published; absent for a subscription.
    pub events: Option<Vec<Published<P>>>,
    /// Who asks; absent where the API asks for an API key only.
    pub identity: Option<Identity>,
    /// The HTTP request.
    pub request: Option<Request>,
    /// What the handler's steps hand to each other.
    pub stash: Option<Json>,
    /// The data source's result.
    pub result: Option<Json>,
    /// The data source's error.
    pub error: Option<Json>,
    /// The step before.
    pub prev: Option<Json>,
    /// The errors so far.
    #[serde(rename = "outErrors")]
    pub out_errors: Option<Json>,
}

impl<P> Event<P> {
    /// Whether events are published; otherwise a client subscribes.
    #[must_use]
    pub fn is_publish(&self) -> bool {
        self.info.operation == "PUBLISH"
    }

    /// A header of the request, whose name may be written in any case; of several, the first.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.request.as_ref()?.header(name)
    }
}

/// Which channel, and what is to be done.
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
    /// The path, such as `/news/latest`; that of a subscription may end in `/*`.
    pub path: String,
    /// The path's parts; the first is the namespace.
    pub segments: Option<Vec<String>>,
}

/// A channel's namespace.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ChannelNamespace {
    pub name: String,
}

/// An event that is published.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Published<P = Json> {
    /// The event's id in this request, by which a [`Response`] names it.
    pub id: String,
    /// What was sent.
    pub payload: Option<P>,
}

omit_absent! {
    /// What becomes of the events, or of the subscription. The default has nothing to say: no
    /// event goes out, and a subscription stands.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response<P = Json> {
        /// The events to send to subscribers. Those that are not in the list are dropped.
        pub events: Option<Vec<Outgoing<P>>>,
        /// Why the whole is refused.
        pub error: Option<String>,
    }
}

omit_absent! {
    /// An event to send to subscribers, or why it is not sent.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Outgoing<P = Json> {
        /// The event's id as it was sent.
        pub id: String,
        /// What is sent.
        pub payload: Option<P>,
        /// Why it is not sent.
        pub error: Option<String>,
    }
}

impl<P> Response<P> {
    /// Refuses the publishing or the subscription.
    #[must_use]
    pub fn refuse(error: impl Into<String>) -> Self {
        Self { events: None, error: Some(error.into()) }
    }
}

/// Collects the events to send.
impl<P> FromIterator<Outgoing<P>> for Response<P> {
    fn from_iter<I: IntoIterator<Item = Outgoing<P>>>(events: I) -> Self {
        Self { events: Some(events.into_iter().collect()), error: None }
    }
}

impl<P> Outgoing<P> {
    /// An event with this payload.
    #[must_use]
    pub fn send(id: impl Into<String>, payload: P) -> Self {
        Self { id: id.into(), payload: Some(payload), error: None }
    }

    /// An event that is not sent.
    #[must_use]
    pub fn fail(id: impl Into<String>, error: impl Into<String>) -> Self {
        Self { id: id.into(), payload: None, error: Some(error.into()) }
    }
}
