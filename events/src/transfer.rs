//! AWS Transfer Family: custom identity providers, and custom steps of workflows.
//!
//! See <https://docs.aws.amazon.com/transfer/latest/userguide/custom-lambda-idp.html>; examples are
//! in `data/transfer-family.json`, `data/transfer-family-response.json`,
//! `data/transfer-family-workflow.json` and `data/transfer-family-workflow-efs.json`.

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

/// A file that a custom step of a workflow processes. The function calls `SendWorkflowStepState`
/// when it is done; what it returns is not used.
///
/// See <https://docs.aws.amazon.com/transfer/latest/userguide/custom-step-details.html>.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct WorkflowEvent {
    /// The token for `SendWorkflowStepState`.
    pub token: Secret,
    #[serde(rename = "serviceMetadata")]
    pub service_metadata: ServiceMetadata,
    #[serde(rename = "fileLocation")]
    pub file_location: Option<FileLocation>,
}

/// The execution of a workflow, and the upload that started it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ServiceMetadata {
    #[serde(rename = "executionDetails")]
    pub execution_details: ExecutionDetails,
    #[serde(rename = "transferDetails")]
    pub transfer_details: Option<TransferDetails>,
}

/// The execution of a workflow.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ExecutionDetails {
    #[serde(rename = "workflowId")]
    pub workflow_id: Option<String>,
    #[serde(rename = "executionId")]
    pub execution_id: Option<String>,
}

/// An upload.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct TransferDetails {
    #[serde(rename = "sessionId")]
    pub session_id: Option<String>,
    #[serde(rename = "userName")]
    pub user_name: Option<String>,
    #[serde(rename = "serverId")]
    pub server_id: Option<String>,
}

/// A file in a bucket or in a file system.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct FileLocation {
    /// `S3` or `EFS`.
    pub domain: Option<String>,
    pub bucket: Option<String>,
    pub key: Option<String>,
    #[serde(rename = "eTag")]
    pub etag: Option<String>,
    #[serde(rename = "versionId")]
    pub version_id: Option<String>,
    /// EFS only.
    #[serde(rename = "fileSystemId")]
    pub file_system_id: Option<String>,
    /// EFS only.
    pub path: Option<String>,
}
