//! AWS Secrets Manager: rotation of a secret.
//!
//! See
//! <https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_lambda-functions.html>;
//! an example is in `data/secretsmanager.json`.

use crate::Secret;
use miniserde::{Deserialize, Serialize};

/// A step of a rotation.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    #[serde(rename = "Step")]
    pub step: Step,
    /// The secret's ARN.
    #[serde(rename = "SecretId")]
    pub secret_id: String,
    /// The id of the new version.
    #[serde(rename = "ClientRequestToken")]
    pub client_request_token: String,
    /// The token for calls with another account's role.
    #[serde(rename = "RotationToken")]
    pub rotation_token: Option<Secret>,
}

/// The steps of a rotation, in their order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[non_exhaustive]
pub enum Step {
    /// Create the new version of the secret.
    #[default]
    #[serde(rename = "createSecret")]
    CreateSecret,
    /// Set it in the service.
    #[serde(rename = "setSecret")]
    SetSecret,
    /// Test it.
    #[serde(rename = "testSecret")]
    TestSecret,
    /// Make it the current version.
    #[serde(rename = "finishSecret")]
    FinishSecret,
}
