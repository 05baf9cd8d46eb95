//! Amazon VPC Lattice, with a function as the target.
//!
//! See <https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html>; examples are in
//! `data/vpc-lattice.json`, `data/vpc-lattice-v2.json`, `data/vpc-lattice-v2-single.json` and
//! `data/vpc-lattice-response.json`.

use crate::values::http::{looks_up, makes_response, reads_body};
use crate::values::omit_absent;
use crate::{Headers, Map, MultiHeaders, NumberOrText, OneOrMany};
use miniserde::{Deserialize, Serialize};

/// An HTTP request, in version 2 of the event.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Request {
    /// `2.0`.
    pub version: Option<String>,
    /// The path, with the query.
    pub path: String,
    pub method: String,
    /// The headers with all their values, each as a list or as one string.
    pub headers: Option<MultiHeaders>,
    /// The query with all values, decoded.
    #[serde(rename = "queryStringParameters")]
    pub query_string_parameters: Option<Map<OneOrMany>>,
    /// The body, in base64 if `is_base64_encoded`.
    pub body: Option<String>,
    #[serde(rename = "isBase64Encoded")]
    pub is_base64_encoded: Option<bool>,
    #[serde(rename = "requestContext")]
    pub request_context: RequestContext,
}
reads_body!(Request);

/// The service and the caller of a request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct RequestContext {
    #[serde(rename = "serviceNetworkArn")]
    pub service_network_arn: Option<String>,
    #[serde(rename = "serviceArn")]
    pub service_arn: String,
    #[serde(rename = "targetGroupArn")]
    pub target_group_arn: Option<String>,
    pub region: Option<String>,
    /// Microseconds since 1970.
    #[serde(rename = "timeEpoch")]
    pub time_epoch: Option<NumberOrText>,
    pub identity: Option<Identity>,
}

/// The caller of a request.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Identity {
    #[serde(rename = "sourceVpcArn")]
    pub source_vpc_arn: Option<String>,
    /// `AWS_IAM` or absent.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub principal: Option<String>,
    #[serde(rename = "principalOrgID")]
    pub principal_org_id: Option<String>,
    #[serde(rename = "sessionName")]
    pub session_name: Option<String>,
    #[serde(rename = "x509IssuerOu")]
    pub x509_issuer_ou: Option<String>,
    #[serde(rename = "x509SanDns")]
    pub x509_san_dns: Option<String>,
    #[serde(rename = "x509SanNameCn")]
    pub x509_san_name_cn: Option<String>,
    #[serde(rename = "x509SanUri")]
    pub x509_san_uri: Option<String>,
    #[serde(rename = "x509SubjectCn")]
    pub x509_subject_cn: Option<String>,
}

impl Request {
    /// Returns a header, whose name may be in any case. Of several values it is the first.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.as_ref()?.get(name)
    }

    /// Returns a parameter of the query. Of several values it is the first.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query_string_parameters.as_ref()?.get(name)?.first().map(String::as_str)
    }
}

/// An HTTP request, in version 1 of the event.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct RequestV1 {
    /// The path, with the query.
    #[serde(rename = "raw_path")]
    pub raw_path: String,
    pub method: String,
    /// The headers. The values of a repeated one are joined with commas.
    pub headers: Option<Headers>,
    /// The query, decoded. Of a repeated parameter it is the last.
    #[serde(rename = "query_string_parameters")]
    pub query_string_parameters: Option<Map>,
    /// The body, in base64 if `is_base64_encoded`.
    pub body: Option<String>,
    #[serde(rename = "is_base64_encoded")]
    pub is_base64_encoded: Option<bool>,
}
looks_up!(RequestV1);
reads_body!(RequestV1);

omit_absent! {
    /// The HTTP response.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        #[serde(rename = "statusCode")]
        pub status_code: u16,
        /// The status with its reason, such as `200 OK`.
        #[serde(rename = "statusDescription")]
        pub status_description: Option<String>,
        pub headers: Option<Headers>,
        /// The body, in base64 if `is_base64_encoded`.
        pub body: Option<String>,
        #[serde(rename = "isBase64Encoded")]
        pub is_base64_encoded: Option<bool>,
    }
}
makes_response!(Response);
