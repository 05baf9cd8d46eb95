//! Amazon SageMaker Ground Truth: functions before and after a labeling task.
//!
//! See
//! <https://docs.aws.amazon.com/sagemaker/latest/dg/sms-custom-templates-step3-lambda-requirements.html>;
//! examples are in `data/sagemaker.json`, `data/sagemaker-consolidation.json` and
//! `data/sagemaker-response.json`.

use crate::Json;
use crate::values::omit_absent;
use miniserde::{Deserialize, Serialize};

/// A data object before it is labeled.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    pub version: Option<String>,
    #[serde(rename = "labelingJobArn")]
    pub labeling_job_arn: String,
    /// With `source`, or `source-ref` to an object in S3.
    #[serde(rename = "dataObject")]
    pub data_object: Json,
}

omit_absent! {
    /// The input of the labeling task.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        #[serde(rename = "taskInput")]
        pub task_input: Option<Json>,
        /// `true` or `false`.
        #[serde(rename = "isHumanAnnotationRequired")]
        pub is_human_annotation_required: Option<String>,
    }
}

/// Annotations to be consolidated.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ConsolidationEvent {
    pub version: Option<String>,
    #[serde(rename = "labelingJobArn")]
    pub labeling_job_arn: String,
    #[serde(rename = "labelCategories")]
    pub label_categories: Option<Json>,
    #[serde(rename = "labelAttributeName")]
    pub label_attribute_name: Option<String>,
    #[serde(rename = "roleArn")]
    pub role_arn: Option<String>,
    pub payload: Payload,
}

/// Where the annotations are.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Payload {
    #[serde(rename = "s3Uri")]
    pub s3_uri: String,
}

impl Response {
    /// Creates a response whose task is done by people.
    pub fn new(task_input: impl Into<Json>) -> Self {
        Self { task_input: Some(task_input.into()), is_human_annotation_required: None }
    }
}
