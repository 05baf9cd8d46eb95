//! Events of clients that connect to AWS IoT or subscribe to topics, as a rule on
//! `$aws/events/presence/#` or `$aws/events/subscriptions/#` passes them to a function.
//!
//! See <https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html>; examples are
//! in `data/iot-lifecycle.json`, `data/iot-lifecycle-disconnected.json`,
//! `data/iot-lifecycle-failed.json` and `data/iot-lifecycle-subscribed.json`.

use crate::EpochMillis;
use miniserde::{Deserialize, Serialize};

/// A client has connected, or is gone, or has changed its subscriptions. Events may come twice, and
/// in another order.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    #[serde(rename = "clientId")]
    pub client_id: String,
    /// `connected`, `disconnected`, `connect_failed`, `subscribed` or `unsubscribed`.
    #[serde(rename = "eventType")]
    pub event_type: String,
    pub timestamp: Option<EpochMillis>,
    /// Only if the client connects with an exclusive thing.
    #[serde(rename = "thingName")]
    pub thing_name: Option<String>,
    #[serde(rename = "sessionIdentifier")]
    pub session_identifier: Option<String>,
    /// The id of the certificate, or who has signed the request.
    #[serde(rename = "principalIdentifier")]
    pub principal_identifier: Option<String>,
    /// Connections only.
    #[serde(rename = "ipAddress")]
    pub ip_address: Option<String>,
    /// Orders the connections of a client. A connection and its end have the same.
    #[serde(rename = "versionNumber")]
    pub version_number: Option<u64>,
    /// `disconnected` only.
    #[serde(rename = "clientInitiatedDisconnect")]
    pub client_initiated_disconnect: Option<bool>,
    /// `CONNECTION_LOST`, `MQTT_KEEP_ALIVE_TIMEOUT`, `DUPLICATE_CLIENTID`, …
    #[serde(rename = "disconnectReason")]
    pub disconnect_reason: Option<String>,
    /// `connect_failed` only: `AUTHORIZATION_FAILED`.
    #[serde(rename = "connectFailureReason")]
    pub connect_failure_reason: Option<String>,
    /// Subscriptions only.
    pub topics: Option<Vec<String>>,
}
