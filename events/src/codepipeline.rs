//! AWS CodePipeline: jobs of an invoke action.
//!
//! See
//! <https://docs.aws.amazon.com/codepipeline/latest/userguide/actions-invoke-lambda-function.html>;
//! an example is in `data/codepipeline-job.json`. The function reports the result with
//! `PutJobSuccessResult` or `PutJobFailureResult`.

use crate::{EpochMillis, Secret};
use miniserde::{Deserialize, Serialize};

/// A job.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    #[serde(rename = "CodePipeline.job")]
    pub job: Job,
}

/// A job.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Job {
    pub id: String,
    #[serde(rename = "accountId")]
    pub account_id: Option<String>,
    pub data: JobData,
}

/// What the job works on.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct JobData {
    #[serde(rename = "actionConfiguration")]
    pub action_configuration: Option<ActionConfiguration>,
    #[serde(rename = "inputArtifacts")]
    pub input_artifacts: Option<Vec<Artifact>>,
    #[serde(rename = "outputArtifacts")]
    pub output_artifacts: Option<Vec<Artifact>>,
    #[serde(rename = "artifactCredentials")]
    pub artifact_credentials: Option<Credentials>,
    /// The token that the function gave to continue the job.
    #[serde(rename = "continuationToken")]
    pub continuation_token: Option<String>,
    #[serde(rename = "encryptionKey")]
    pub encryption_key: Option<EncryptionKey>,
}

/// The configuration of the action.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ActionConfiguration {
    pub configuration: Option<Configuration>,
}

/// The configuration of the action.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Configuration {
    #[serde(rename = "FunctionName")]
    pub function_name: Option<String>,
    /// The text of the action's user parameters.
    #[serde(rename = "UserParameters")]
    pub user_parameters: Option<String>,
}

/// An artifact of the pipeline.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Artifact {
    pub name: String,
    pub revision: Option<String>,
    pub location: Option<Location>,
}

/// Where an artifact is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Location {
    /// `S3`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    #[serde(rename = "s3Location")]
    pub s3_location: Option<S3Location>,
}

/// An object in S3.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct S3Location {
    #[serde(rename = "bucketName")]
    pub bucket_name: Option<String>,
    #[serde(rename = "objectKey")]
    pub object_key: Option<String>,
}

/// Temporary credentials for the artifacts.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Credentials {
    #[serde(rename = "accessKeyId")]
    pub access_key_id: Option<Secret>,
    #[serde(rename = "secretAccessKey")]
    pub secret_access_key: Option<Secret>,
    #[serde(rename = "sessionToken")]
    pub session_token: Option<Secret>,
    #[serde(rename = "expirationTime")]
    pub expiration_time: Option<EpochMillis>,
}

/// The key that encrypts the artifacts.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct EncryptionKey {
    pub id: Option<String>,
    /// `KMS`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
}
