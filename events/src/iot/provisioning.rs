//! Hooks before a device is provisioned.
//!
//! See <https://docs.aws.amazon.com/iot/latest/developerguide/pre-provisioning-hook.html>; examples
//! are in `data/iot-preprovision-hook.json` and `data/iot-preprovision-hook-response.json`.

use crate::Map;
use crate::values::omit_absent;
use miniserde::{Deserialize, Serialize};

/// A device that wants to be provisioned.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    #[serde(rename = "claimCertificateId")]
    pub claim_certificate_id: Option<String>,
    #[serde(rename = "certificateId")]
    pub certificate_id: Option<String>,
    #[serde(rename = "certificatePem")]
    pub certificate_pem: Option<String>,
    #[serde(rename = "templateArn")]
    pub template_arn: String,
    #[serde(rename = "clientId")]
    pub client_id: Option<String>,
    /// The parameters that the device sent.
    pub parameters: Option<Map>,
}

omit_absent! {
    /// Whether the device is provisioned.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        #[serde(rename = "allowProvisioning")]
        pub allow_provisioning: Option<bool>,
        #[serde(rename = "parameterOverrides")]
        pub parameter_overrides: Option<Map>,
    }
}

impl Response {
    /// Provisions the device, or not.
    #[must_use]
    pub fn new(allow: bool) -> Self {
        Self { allow_provisioning: Some(allow), parameter_overrides: None }
    }
}
