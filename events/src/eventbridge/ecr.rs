//! Events of Amazon ECR.
//!
//! See <https://docs.aws.amazon.com/AmazonECR/latest/userguide/ecr-eventbridge.html>; examples are
//! in `data/eventbridge-ecr.json`, `data/eventbridge-ecr-scan.json`,
//! `data/eventbridge-ecr-inspector.json`, `data/eventbridge-ecr-cache.json`,
//! `data/eventbridge-ecr-cache-failed.json`,
//! `data/eventbridge-ecr-replication.json` and `data/eventbridge-ecr-restored.json`.

use crate::{Map, NumberOrText, Rfc3339};
use miniserde::{Deserialize, Serialize};

/// The detail of an `ECR Image Action`, `ECR Referrer Action`, `ECR Replication Action`,
/// `ECR Pull Through Cache Action`, `ECR Image Scan`, or of an `Inspector2 Scan` of an image.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Image {
    /// The name; the ARN in events of Inspector.
    #[serde(rename = "repository-name")]
    pub repository_name: String,
    #[serde(rename = "image-digest")]
    pub image_digest: Option<String>,
    /// Actions only.
    #[serde(rename = "image-tag")]
    pub image_tag: Option<String>,
    /// Actions: `PUSH`, `DELETE`, `REPLICATE` or `UPDATE_STORAGE_CLASS`.
    #[serde(rename = "action-type")]
    pub action_type: Option<String>,
    /// Actions: `SUCCESS` or `FAILURE`.
    pub result: Option<String>,
    #[serde(rename = "manifest-media-type")]
    pub manifest_media_type: Option<String>,
    #[serde(rename = "artifact-media-type")]
    pub artifact_media_type: Option<String>,
    /// `UPDATE_STORAGE_CLASS`: `ARCHIVE`, or `STANDARD` for an image that was restored.
    #[serde(rename = "target-storage-class")]
    pub target_storage_class: Option<String>,
    /// The time at which the image was restored.
    #[serde(rename = "last-activated-at")]
    pub last_activated_at: Option<Rfc3339>,
    /// `REPLICATE`: the account that the image comes from.
    #[serde(rename = "source-account")]
    pub source_account: Option<String>,
    /// `REPLICATE`: the region that the image comes from.
    #[serde(rename = "source-region")]
    pub source_region: Option<String>,
    /// Pull through cache: `SUCCESS` or `FAILURE`.
    #[serde(rename = "sync-status")]
    pub sync_status: Option<String>,
    /// Pull through cache: the registry that the image comes from.
    #[serde(rename = "upstream-registry-url")]
    pub upstream_registry_url: Option<String>,
    /// Pull through cache: the prefix of the rule.
    #[serde(rename = "ecr-repository-prefix")]
    pub ecr_repository_prefix: Option<String>,
    /// Pull through cache: the version of the rule.
    #[serde(rename = "rule-version")]
    pub rule_version: Option<String>,
    /// Pull through cache: why it failed.
    #[serde(rename = "failure-code")]
    pub failure_code: Option<String>,
    #[serde(rename = "failure-reason")]
    pub failure_reason: Option<String>,
    /// Scans only.
    #[serde(rename = "image-tags")]
    pub image_tags: Option<Vec<String>>,
    /// Scans: `COMPLETE`, `FAILED`, or of Inspector `INITIAL_SCAN_COMPLETE`.
    #[serde(rename = "scan-status")]
    pub scan_status: Option<String>,
    /// Scans: the number of findings by severity.
    #[serde(rename = "finding-severity-counts")]
    pub finding_severity_counts: Option<Map<u64>>,
    /// Inspector: the version of the detail.
    pub version: Option<NumberOrText>,
}
