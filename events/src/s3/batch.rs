//! Tasks of an Amazon S3 Batch Operations job, one for each object.
//!
//! See <https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-invoke-lambda.html>;
//! examples are in `data/s3-batch-1.json`, `data/s3-batch-2.json` and `data/s3-batch-response.json`.

use crate::values::{from_url, omit_absent};
use crate::{Error, Map};
use miniserde::{Deserialize, Serialize};

/// Tasks; S3 sends one at a time.
///
/// ```
/// use minilambda_events::s3::batch::{Event, Response};
///
/// fn handle(event: &Event) -> Response {
///     event.response("PermanentFailure", |task| match task.decoded_key() {
///         Ok(key) => ("Succeeded", key),
///         Err(error) => ("PermanentFailure", error.to_string()),
///     })
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// `1.0`, or `2.0`, which has the bucket's name and the user's arguments.
    #[serde(rename = "invocationSchemaVersion")]
    pub invocation_schema_version: String,
    #[serde(rename = "invocationId")]
    pub invocation_id: String,
    pub job: Job,
    pub tasks: Vec<Task>,
}

/// A job.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Job {
    /// The job's id.
    pub id: String,
    /// What the job's creator has to tell the function; of version 2.0.
    #[serde(rename = "userArguments")]
    pub user_arguments: Option<Map>,
}

/// An object that something is to be done with.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Task {
    #[serde(rename = "taskId")]
    pub task_id: String,
    /// The key, percent-encoded as in a URL's query; see [`Task::decoded_key`].
    #[serde(rename = "s3Key")]
    pub s3_key: String,
    /// The version, if the job names versions.
    #[serde(rename = "s3VersionId")]
    pub s3_version_id: Option<String>,
    /// The bucket's ARN; of version 1.0.
    #[serde(rename = "s3BucketArn")]
    pub s3_bucket_arn: Option<String>,
    /// The bucket's name; of version 2.0.
    #[serde(rename = "s3Bucket")]
    pub s3_bucket: Option<String>,
}

impl Task {
    /// The key, as the API of S3 wants it.
    ///
    /// # Errors
    /// If `s3_key` is not encoded as it would be in a URL, or the key is not UTF-8.
    pub fn decoded_key(&self) -> Result<String, Error> {
        from_url(&self.s3_key)
    }

    /// The bucket's name, of either version.
    #[must_use]
    pub fn bucket(&self) -> Option<&str> {
        let arn = || self.s3_bucket_arn.as_deref()?.rsplit(':').next();
        self.s3_bucket.as_deref().or_else(arn)
    }
}

impl Event {
    /// The response: for each task what `outcome` says of it, a result code (`Succeeded`,
    /// `TemporaryFailure` or `PermanentFailure`) and a string for the job's report.
    pub fn response<C: Into<String>, T: Into<String>>(
        &self,
        treat_missing_keys_as: &str,
        mut outcome: impl FnMut(&Task) -> (C, T),
    ) -> Response {
        let result = |task: &Task| {
            let (code, text) = outcome(task);
            TaskResult {
                task_id: task.task_id.clone(),
                result_code: code.into(),
                result_string: Some(text.into()),
            }
        };
        Response {
            invocation_schema_version: self.invocation_schema_version.clone(),
            treat_missing_keys_as: Some(treat_missing_keys_as.to_owned()),
            invocation_id: self.invocation_id.clone(),
            results: self.tasks.iter().map(result).collect(),
        }
    }
}

omit_absent! {
    /// What became of the tasks.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        /// The event's.
        #[serde(rename = "invocationSchemaVersion")]
        pub invocation_schema_version: String,
        /// The result code of tasks that are missing below.
        #[serde(rename = "treatMissingKeysAs")]
        pub treat_missing_keys_as: Option<String>,
        /// The event's.
        #[serde(rename = "invocationId")]
        pub invocation_id: String,
        /// The result of each task.
        pub results: Vec<TaskResult>,
    }
}

omit_absent! {
    /// What became of a task.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct TaskResult {
        #[serde(rename = "taskId")]
        pub task_id: String,
        /// `Succeeded`, `TemporaryFailure` (it is tried again) or `PermanentFailure`.
        #[serde(rename = "resultCode")]
        pub result_code: String,
        /// A string for the job's report.
        #[serde(rename = "resultString")]
        pub result_string: Option<String>,
    }
}
