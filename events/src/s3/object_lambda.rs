//! Amazon S3 Object Lambda: requests to an access point that a function responds to.
//!
//! See <https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-writing-lambda.html>; examples
//! are in `data/s3-object-lambda-get.json`, `data/s3-object-lambda-head.json`,
//! `data/s3-object-lambda-list.json` and the responses next to them.

use crate::values::omit_absent;
use crate::{Headers, Json, Map, Secret};
use miniserde::{Deserialize, Serialize};

/// A request. One of the contexts is present.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    #[serde(rename = "xAmzRequestId")]
    pub x_amz_request_id: Option<String>,
    /// Only in `GetObject`.
    #[serde(rename = "getObjectContext")]
    pub get_object_context: Option<GetObjectContext>,
    /// Only in `HeadObject`.
    #[serde(rename = "headObjectContext")]
    pub head_object_context: Option<ObjectContext>,
    /// Only in `ListObjects`.
    #[serde(rename = "listObjectsContext")]
    pub list_objects_context: Option<ObjectContext>,
    /// Only in `ListObjectsV2`.
    #[serde(rename = "listObjectsV2Context")]
    pub list_objects_v2_context: Option<ObjectContext>,
    /// The access point.
    pub configuration: Configuration,
    /// The request as the caller made it.
    #[serde(rename = "userRequest")]
    pub user_request: UserRequest,
    /// The caller.
    #[serde(rename = "userIdentity")]
    pub user_identity: Option<UserIdentity>,
    /// `1.00`.
    #[serde(rename = "protocolVersion")]
    pub protocol_version: String,
}

/// The context of a `GetObject`, which is answered with a call of `WriteGetObjectResponse`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct GetObjectContext {
    /// The pre-signed URL of the object.
    #[serde(rename = "inputS3Url")]
    pub input_s3_url: Secret,
    /// The `RequestRoute` of the call.
    #[serde(rename = "outputRoute")]
    pub output_route: String,
    /// The `RequestToken` of the call.
    #[serde(rename = "outputToken")]
    pub output_token: Secret,
}

/// The context of the other requests.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ObjectContext {
    /// The pre-signed URL of S3's own response.
    #[serde(rename = "inputS3Url")]
    pub input_s3_url: Secret,
}

/// The access point.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Configuration {
    /// The ARN of the Object Lambda access point.
    #[serde(rename = "accessPointArn")]
    pub access_point_arn: Option<String>,
    /// The ARN of the supporting access point.
    #[serde(rename = "supportingAccessPointArn")]
    pub supporting_access_point_arn: Option<String>,
    /// The payload of the access point's configuration.
    pub payload: Option<String>,
}

/// The request as the caller made it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct UserRequest {
    /// The URL, decoded.
    pub url: String,
    /// The headers. The values of a repeated one are joined with commas.
    pub headers: Option<Headers>,
}

/// The caller, as in `CloudTrail`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct UserIdentity {
    /// `IAMUser`, `AssumedRole`, …
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The caller's id.
    #[serde(rename = "principalId")]
    pub principal_id: Option<String>,
    /// The caller's ARN.
    pub arn: Option<String>,
    /// The caller's account.
    #[serde(rename = "accountId")]
    pub account_id: Option<String>,
    #[serde(rename = "accessKeyId")]
    pub access_key_id: Option<String>,
    #[serde(rename = "userName")]
    pub user_name: Option<String>,
    /// The service that made the request for the caller.
    #[serde(rename = "invokedBy")]
    pub invoked_by: Option<String>,
    /// The session of temporary credentials.
    #[serde(rename = "sessionContext")]
    pub session_context: Option<SessionContext>,
    /// Federated users: the provider.
    #[serde(rename = "identityProvider")]
    pub identity_provider: Option<String>,
    /// The id of a bearer token, if it was one.
    #[serde(rename = "credentialId")]
    pub credential_id: Option<String>,
    /// IAM Identity Center: the user, `userId` and `identityStoreArn`.
    #[serde(rename = "onBehalfOf")]
    pub on_behalf_of: Option<Json>,
    /// The service or the resource that the credentials were issued to.
    #[serde(rename = "inScopeOf")]
    pub in_scope_of: Option<Json>,
}

/// A session with temporary credentials.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct SessionContext {
    /// The session.
    pub attributes: Option<SessionAttributes>,
    /// The principal that issued the credentials.
    #[serde(rename = "sessionIssuer")]
    pub session_issuer: Option<SessionIssuer>,
    /// Web identity: the provider, and its attributes.
    #[serde(rename = "webIdFederationData")]
    pub web_id_federation_data: Option<Json>,
    /// The identity that the caller set for all sessions.
    #[serde(rename = "sourceIdentity")]
    pub source_identity: Option<String>,
    /// The version of the instance metadata service that gave the credentials.
    #[serde(rename = "ec2RoleDelivery")]
    pub ec2_role_delivery: Option<String>,
    /// `true` if it is a session of `AssumeRoot`.
    #[serde(rename = "assumedRoot")]
    pub assumed_root: Option<String>,
}

/// The beginning of a session.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct SessionAttributes {
    /// `true` or `false`.
    #[serde(rename = "mfaAuthenticated")]
    pub mfa_authenticated: Option<String>,
    /// The time, such as `Thu Mar 12 21:14:25 UTC 2026`.
    #[serde(rename = "creationDate")]
    pub creation_date: Option<String>,
}

/// The principal that issued a session's credentials.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct SessionIssuer {
    /// `Role`, `IAMUser`, `Root`.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    #[serde(rename = "principalId")]
    pub principal_id: Option<String>,
    pub arn: Option<String>,
    #[serde(rename = "accountId")]
    pub account_id: Option<String>,
    #[serde(rename = "userName")]
    pub user_name: Option<String>,
}

omit_absent! {
    /// The response. For a `GetObject` the status is enough, and S3 ignores it.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        /// The HTTP status.
        #[serde(rename = "statusCode")]
        pub status_code: u16,
        /// Errors: the code, such as `NoSuchKey`.
        #[serde(rename = "errorCode")]
        pub error_code: Option<String>,
        /// Errors: the message.
        #[serde(rename = "errorMessage")]
        pub error_message: Option<String>,
        /// `HeadObject`: the headers. `Content-Length` is a number and required.
        pub headers: Option<Map<Json>>,
        /// `ListObjects` and `ListObjectsV2`: the list, as the XML of S3's API.
        #[serde(rename = "listResultXml")]
        pub list_result_xml: Option<String>,
        /// `ListObjectsV2`: the list as JSON instead of XML.
        #[serde(rename = "listBucketResult")]
        pub list_bucket_result: Option<Json>,
    }
}

impl Response {
    /// Creates a response to a `HeadObject`.
    #[must_use]
    pub fn head(headers: Map<Json>) -> Self {
        Self { status_code: 200, headers: Some(headers), ..Default::default() }
    }

    /// Creates a response to a `ListObjects` or `ListObjectsV2`.
    pub fn list(xml: impl Into<String>) -> Self {
        Self { status_code: 200, list_result_xml: Some(xml.into()), ..Default::default() }
    }

    /// Creates an error.
    pub fn error(status_code: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        let (error_code, error_message) = (Some(code.into()), Some(message.into()));
        Self { status_code, error_code, error_message, ..Default::default() }
    }
}
