//! Events of Amazon ECR.
//!
//! See <https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html>; examples are
//! in `data/eventbridge-ecr.json` and `data/eventbridge-ecr-scan.json`.

use crate::Map;
use miniserde::{Deserialize, Serialize};

/// The detail of an `ECR Image Action` or an `ECR Image Scan`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Image {
    #[serde(rename = "repository-name")]
    pub repository_name: String,
    #[serde(rename = "image-digest")]
    pub image_digest: Option<String>,
    /// Actions only.
    #[serde(rename = "image-tag")]
    pub image_tag: Option<String>,
    /// Actions: `PUSH` or `DELETE`.
    #[serde(rename = "action-type")]
    pub action_type: Option<String>,
    /// Actions: `SUCCESS` or `FAILURE`.
    pub result: Option<String>,
    #[serde(rename = "manifest-media-type")]
    pub manifest_media_type: Option<String>,
    #[serde(rename = "artifact-media-type")]
    pub artifact_media_type: Option<String>,
    /// Scans only.
    #[serde(rename = "image-tags")]
    pub image_tags: Option<Vec<String>>,
    /// Scans: `COMPLETE` or `FAILED`.
    #[serde(rename = "scan-status")]
    pub scan_status: Option<String>,
    /// Scans: the number of findings by severity.
    #[serde(rename = "finding-severity-counts")]
    pub finding_severity_counts: Option<Map<u64>>,
}
