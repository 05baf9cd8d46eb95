//! Amazon S3 Batch Operations: tasks of a job, one for each object.
//!
//! See <https://docs.aws.amazon.com/AmazonS3/latest/userguide/batch-ops-invoke-lambda.html>;
//! examples are in `data/s3-batch-1.json`, `data/s3-batch-2.json` and
//! `data/s3-batch-response.json`.

use crate::values::{from_url, omit_absent};
use crate::{Error, Map};
use miniserde::{Deserialize, Serialize};

/// Tasks. S3 sends one at a time.
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
    /// `1.0`, or `2.0`, which has the bucket's name and arguments for the function.
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
    /// Arguments for the function. Of version 2.0.
    #[serde(rename = "userArguments")]
    pub user_arguments: Option<Map>,
}

/// A task, which is about one object.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Task {
    #[serde(rename = "taskId")]
    pub task_id: String,
    /// The key, URL-encoded. See [`Task::decoded_key`].
    #[serde(rename = "s3Key")]
    pub s3_key: String,
    /// The version, if the job names versions.
    #[serde(rename = "s3VersionId")]
    pub s3_version_id: Option<String>,
    /// The bucket's ARN. Of version 1.0.
    #[serde(rename = "s3BucketArn")]
    pub s3_bucket_arn: Option<String>,
    /// The bucket's name. Of version 2.0.
    #[serde(rename = "s3Bucket")]
    pub s3_bucket: Option<String>,
}

impl Task {
    /// Decodes the key for use with the API of S3.
    ///
    /// # Errors
    /// If `s3_key` is not URL-encoded, or the key is not UTF-8.
    pub fn decoded_key(&self) -> Result<String, Error> {
        from_url(&self.s3_key)
    }

    /// Returns the bucket's name, of either version.
    #[must_use]
    pub fn bucket(&self) -> Option<&str> {
        let arn = || self.s3_bucket_arn.as_deref()?.rsplit(':').next();
        self.s3_bucket.as_deref().or_else(arn)
    }
}

impl Event {
    /// Creates a response. For each task `outcome` returns a result code (`Succeeded`,
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
    /// The results of the tasks.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        /// The same as in the event.
        #[serde(rename = "invocationSchemaVersion")]
        pub invocation_schema_version: String,
        /// The result code of tasks without a result.
        #[serde(rename = "treatMissingKeysAs")]
        pub treat_missing_keys_as: Option<String>,
        /// The same as in the event.
        #[serde(rename = "invocationId")]
        pub invocation_id: String,
        /// The result of each task.
        pub results: Vec<TaskResult>,
    }
}

omit_absent! {
    /// The result of a task.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct TaskResult {
        #[serde(rename = "taskId")]
        pub task_id: String,
        /// `Succeeded`, `TemporaryFailure` (S3 tries again) or `PermanentFailure`.
        #[serde(rename = "resultCode")]
        pub result_code: String,
        /// A string for the job's report.
        #[serde(rename = "resultString")]
        pub result_string: Option<String>,
    }
}
