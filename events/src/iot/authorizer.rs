//! Custom authorizers of AWS IoT Core.
//!
//! See <https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-lambda.html>; examples
//! are in `data/iot.json` and `data/iot-response.json`.

use crate::iam::Policy;
use crate::values::omit_absent;
use crate::{Base64, Headers, Secret};
use miniserde::{Deserialize, Serialize};

/// A device that connects.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// The token, if its signature was checked.
    pub token: Option<Secret>,
    #[serde(rename = "signatureVerified")]
    pub signature_verified: bool,
    /// `tls`, `http`, `mqtt`.
    pub protocols: Vec<String>,
    #[serde(rename = "protocolData")]
    pub protocol_data: ProtocolData,
    #[serde(rename = "connectionMetadata")]
    pub connection_metadata: Option<ConnectionMetadata>,
}

/// What each protocol says of the device.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ProtocolData {
    pub tls: Option<Tls>,
    pub http: Option<Http>,
    pub mqtt: Option<Mqtt>,
}

/// TLS.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Tls {
    #[serde(rename = "serverName")]
    pub server_name: Option<String>,
    #[serde(rename = "x509CertificatePem")]
    pub x509_certificate_pem: Option<String>,
    #[serde(rename = "principalId")]
    pub principal_id: Option<String>,
}

/// The HTTP request; MQTT over WebSocket has one too.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Http {
    pub headers: Option<Headers>,
    /// The query. A device may send its token and the token's signature in it.
    #[serde(rename = "queryString")]
    pub query_string: Option<Secret>,
}

/// The CONNECT message. AWS IoT also takes a token and its signature as parts of the username.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Mqtt {
    pub username: Option<Secret>,
    pub password: Option<Secret<Base64>>,
    #[serde(rename = "clientId")]
    pub client_id: Option<String>,
}

/// The connection.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ConnectionMetadata {
    pub id: Option<String>,
}

omit_absent! {
    /// Whether the device may connect, and what it may do.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        #[serde(rename = "isAuthenticated")]
        pub is_authenticated: Option<bool>,
        /// An id of 1 to 128 letters and digits.
        #[serde(rename = "principalId")]
        pub principal_id: Option<String>,
        #[serde(rename = "disconnectAfterInSeconds")]
        pub disconnect_after_in_seconds: Option<u64>,
        #[serde(rename = "refreshAfterInSeconds")]
        pub refresh_after_in_seconds: Option<u64>,
        #[serde(rename = "policyDocuments")]
        pub policy_documents: Option<Vec<Policy>>,
    }
}

impl Response {
    /// Refuses the connection.
    #[must_use]
    pub fn deny() -> Self {
        Self { is_authenticated: Some(false), ..Default::default() }
    }

    /// Accepts the connection with these policies, for at most an hour.
    pub fn allow(principal_id: impl Into<String>, policies: Vec<Policy>) -> Self {
        Self {
            is_authenticated: Some(true),
            principal_id: Some(principal_id.into()),
            disconnect_after_in_seconds: Some(3600),
            refresh_after_in_seconds: Some(300),
            policy_documents: Some(policies),
        }
    }
}
