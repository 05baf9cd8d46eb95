//! AWS Transfer Family: custom identity providers.
//!
//! See <https://docs.aws.amazon.com/transfer/latest/userguide/custom-lambda-idp.html>; examples are
//! in `data/transfer-family.json` and `data/transfer-family-response.json`.

use crate::values::omit_absent;
use crate::{Json, Secret};
use miniserde::{Deserialize, Serialize};

/// A user who logs in.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    pub username: String,
    /// Absent or empty if the user logs in with a key.
    pub password: Option<Secret>,
    /// `SFTP`, `FTPS`, `FTP` or `AS2`.
    pub protocol: String,
    #[serde(rename = "serverId")]
    pub server_id: String,
    #[serde(rename = "sourceIp")]
    pub source_ip: Option<String>,
}

omit_absent! {
    /// The user's role and folders. An empty response refuses the login.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        #[serde(rename = "Role")]
        pub role: Option<String>,
        #[serde(rename = "PosixProfile")]
        pub posix_profile: Option<Json>,
        #[serde(rename = "PublicKeys")]
        pub public_keys: Option<Vec<String>>,
        /// A session policy, as JSON.
        #[serde(rename = "Policy")]
        pub policy: Option<String>,
        /// `PATH` or `LOGICAL`.
        #[serde(rename = "HomeDirectoryType")]
        pub home_directory_type: Option<String>,
        /// Mappings, as JSON.
        #[serde(rename = "HomeDirectoryDetails")]
        pub home_directory_details: Option<String>,
        #[serde(rename = "HomeDirectory")]
        pub home_directory: Option<String>,
    }
}

impl Response {
    /// Accepts the user, with a role and a home directory such as `/bucket/ada`.
    pub fn new(role: impl Into<String>, home_directory: impl Into<String>) -> Self {
        Self {
            role: Some(role.into()),
            home_directory: Some(home_directory.into()),
            ..Default::default()
        }
    }

    /// Refuses the login.
    #[must_use]
    pub fn refuse() -> Self {
        <Self as Default>::default()
    }
}
