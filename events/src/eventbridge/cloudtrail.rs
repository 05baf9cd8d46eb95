//! API calls and service events of AWS `CloudTrail`, in EventBridge.
//!
//! See <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html>
//! and
//! <https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-event-reference-record-contents.html>;
//! examples are in `data/eventbridge-cloudtrail.json`, and of a service, AWS Control Tower, in
//! `data/eventbridge-controltower.json`.

use crate::s3::object_lambda::UserIdentity;
use crate::{Json, Rfc3339};
use miniserde::{Deserialize, Serialize};

/// The detail of an `AWS API Call via CloudTrail`, of an `AWS Console Sign In via CloudTrail`, or
/// of an `AWS Service Event via CloudTrail` such as those of AWS Control Tower.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ApiCall {
    /// The version of the record, such as `1.11`.
    #[serde(rename = "eventVersion")]
    pub event_version: Option<String>,
    /// The caller.
    #[serde(rename = "userIdentity")]
    pub user_identity: Option<UserIdentity>,
    #[serde(rename = "eventTime")]
    pub event_time: Option<Rfc3339>,
    /// The service, such as `ec2.amazonaws.com`.
    #[serde(rename = "eventSource")]
    pub event_source: String,
    /// The action, such as `RunInstances`.
    #[serde(rename = "eventName")]
    pub event_name: String,
    #[serde(rename = "awsRegion")]
    pub aws_region: Option<String>,
    /// The caller's address, or the name of the service that called.
    #[serde(rename = "sourceIPAddress")]
    pub source_ip_address: Option<String>,
    #[serde(rename = "userAgent")]
    pub user_agent: Option<String>,
    /// If the call failed: the error, such as `AccessDenied`.
    #[serde(rename = "errorCode")]
    pub error_code: Option<String>,
    #[serde(rename = "errorMessage")]
    pub error_message: Option<String>,
    /// The parameters, which depend on the action. `CloudTrail` leaves out those with secrets.
    #[serde(rename = "requestParameters")]
    pub request_parameters: Option<Json>,
    /// The response, which depends on the action. Absent if it changes nothing.
    #[serde(rename = "responseElements")]
    pub response_elements: Option<Json>,
    #[serde(rename = "additionalEventData")]
    pub additional_event_data: Option<Json>,
    #[serde(rename = "requestID")]
    pub request_id: Option<String>,
    #[serde(rename = "eventID")]
    pub event_id: Option<String>,
    /// `AwsApiCall`, `AwsServiceEvent`, `AwsConsoleSignIn`, …
    #[serde(rename = "eventType")]
    pub event_type: Option<String>,
    #[serde(rename = "apiVersion")]
    pub api_version: Option<String>,
    #[serde(rename = "managementEvent")]
    pub management_event: Option<bool>,
    #[serde(rename = "readOnly")]
    pub read_only: Option<bool>,
    /// The resources that were accessed.
    pub resources: Option<Vec<Resource>>,
    #[serde(rename = "recipientAccountId")]
    pub recipient_account_id: Option<String>,
    /// Service events: the details.
    #[serde(rename = "serviceEventDetails")]
    pub service_event_details: Option<Json>,
    /// The id that the records of several accounts have in common.
    #[serde(rename = "sharedEventID")]
    pub shared_event_id: Option<String>,
    #[serde(rename = "vpcEndpointId")]
    pub vpc_endpoint_id: Option<String>,
    #[serde(rename = "vpcEndpointAccountId")]
    pub vpc_endpoint_account_id: Option<String>,
    /// `Management`, `Data`, `NetworkActivity` or `Insight`.
    #[serde(rename = "eventCategory")]
    pub event_category: Option<String>,
    /// Why a record is late or is sent again.
    pub addendum: Option<Json>,
    /// `true` if the credentials are those of a session of the console.
    #[serde(rename = "sessionCredentialFromConsole")]
    pub session_credential_from_console: Option<String>,
    #[serde(rename = "edgeDeviceDetails")]
    pub edge_device_details: Option<Json>,
    /// Insights events: the unusual activity.
    #[serde(rename = "insightDetails")]
    pub insight_details: Option<Json>,
    /// Tags and conditions that were added to the record.
    #[serde(rename = "eventContext")]
    pub event_context: Option<Json>,
    #[serde(rename = "tlsDetails")]
    pub tls_details: Option<TlsDetails>,
}

/// A resource that was accessed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Resource {
    /// Such as `AWS::S3::Object`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    #[serde(rename = "ARN")]
    pub arn: Option<String>,
    #[serde(rename = "ARNPrefix")]
    pub arn_prefix: Option<String>,
    #[serde(rename = "accountId")]
    pub account_id: Option<String>,
}

/// The connection of a call.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct TlsDetails {
    /// Such as `TLSv1.3`.
    #[serde(rename = "tlsVersion")]
    pub tls_version: Option<String>,
    #[serde(rename = "cipherSuite")]
    pub cipher_suite: Option<String>,
    #[serde(rename = "clientProvidedHostHeader")]
    pub client_provided_host_header: Option<String>,
    #[serde(rename = "keyExchange")]
    pub key_exchange: Option<String>,
}
