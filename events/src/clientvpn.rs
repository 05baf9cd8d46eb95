//! AWS Client VPN: the connection handler.
//!
//! See <https://docs.aws.amazon.com/vpn/latest/clientvpn-admin/connection-authorization.html>;
//! examples are in `data/clientvpn.json` and `data/clientvpn-response.json`.

use crate::values::omit_absent;
use miniserde::{Deserialize, Serialize};

/// A client that connects.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    #[serde(rename = "connection-id")]
    pub connection_id: String,
    #[serde(rename = "endpoint-id")]
    pub endpoint_id: String,
    /// Mutual authentication: the name in the client's certificate.
    #[serde(rename = "common-name")]
    pub common_name: Option<String>,
    pub username: Option<String>,
    pub platform: Option<String>,
    #[serde(rename = "platform-version")]
    pub platform_version: Option<String>,
    #[serde(rename = "public-ip")]
    pub public_ip: Option<String>,
    #[serde(rename = "client-openvpn-version")]
    pub client_openvpn_version: Option<String>,
    #[serde(rename = "aws-client-version")]
    pub aws_client_version: Option<String>,
    pub groups: Option<String>,
    #[serde(rename = "schema-version")]
    pub schema_version: Option<String>,
}

omit_absent! {
    /// Whether the client may connect.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        pub allow: Option<bool>,
        /// What the client shows, of up to 255 bytes.
        #[serde(rename = "error-msg-on-denied-connection")]
        pub error_msg_on_denied_connection: Option<String>,
        #[serde(rename = "posture-compliance-statuses")]
        pub posture_compliance_statuses: Option<Vec<String>>,
        #[serde(rename = "schema-version")]
        pub schema_version: Option<String>,
    }
}

impl Response {
    /// Accepts the connection.
    #[must_use]
    pub fn allow() -> Self {
        Self::new(true, "")
    }

    /// Refuses the connection, with a message for the user.
    #[must_use]
    pub fn deny(message: &str) -> Self {
        Self::new(false, message)
    }

    fn new(allow: bool, message: &str) -> Self {
        Self {
            allow: Some(allow),
            error_msg_on_denied_connection: Some(message.to_owned()),
            posture_compliance_statuses: Some(Vec::new()),
            schema_version: Some("v3".to_owned()),
        }
    }
}
