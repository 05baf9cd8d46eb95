//! Events of Amazon `GuardDuty`: scans of objects by Malware Protection for S3.
//!
//! See
//! <https://docs.aws.amazon.com/guardduty/latest/ug/monitor-with-eventbridge-s3-malware-protection.html>;
//! an example is in `data/eventbridge-guardduty.json`. The findings of `GuardDuty` are
//! `Event<Json>`.

use miniserde::{Deserialize, Serialize};

/// The detail of a `GuardDuty Malware Protection Object Scan Result`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ObjectScan {
    #[serde(rename = "schemaVersion")]
    pub schema_version: Option<String>,
    /// `COMPLETED`, `SKIPPED` or `FAILED`.
    #[serde(rename = "scanStatus")]
    pub scan_status: String,
    /// `S3_OBJECT`.
    #[serde(rename = "resourceType")]
    pub resource_type: Option<String>,
    #[serde(rename = "s3ObjectDetails")]
    pub s3_object_details: S3ObjectDetails,
    #[serde(rename = "scanResultDetails")]
    pub scan_result_details: Option<ScanResultDetails>,
}

/// An object that was scanned.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct S3ObjectDetails {
    #[serde(rename = "bucketName")]
    pub bucket_name: String,
    /// The key. It is not URL-encoded here.
    #[serde(rename = "objectKey")]
    pub object_key: String,
    #[serde(rename = "eTag")]
    pub etag: Option<String>,
    #[serde(rename = "versionId")]
    pub version_id: Option<String>,
    #[serde(rename = "s3Throttled")]
    pub s3_throttled: Option<bool>,
}

/// The result of a scan.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ScanResultDetails {
    /// `NO_THREATS_FOUND`, `THREATS_FOUND`, `UNSUPPORTED`, `ACCESS_DENIED` or `FAILED`.
    #[serde(rename = "scanResultStatus")]
    pub scan_result_status: Option<String>,
    pub threats: Option<Vec<Threat>>,
}

/// A threat.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Threat {
    pub name: String,
}
