//! Requests to an Amazon S3 Object Lambda access point, whose responses the function makes.
//!
//! See <https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-writing-lambda.html>; examples
//! are in `data/s3-object-lambda-get.json`, `data/s3-object-lambda-head.json`,
//! `data/s3-object-lambda-list.json` and the responses beside them.

use crate::values::omit_absent;
use crate::{Headers, Json, Map};
use miniserde::{Deserialize, Serialize};

/// A request. Which one it is says the context that it has.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    #[serde(rename = "xAmzRequestId")]
    pub x_amz_request_id: Option<String>,
    /// Of `GetObject`.
    #[serde(rename = "getObjectContext")]
    pub get_object_context: Option<GetObjectContext>,
    /// Of `HeadObject`.
    #[serde(rename = "headObjectContext")]
    pub head_object_context: Option<ObjectContext>,
    /// Of `ListObjects`.
    #[serde(rename = "listObjectsContext")]
    pub list_objects_context: Option<ObjectContext>,
    /// Of `ListObjectsV2`.
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

/// A `GetObject` gets its response by a call of `WriteGetObjectResponse`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct GetObjectContext {
    /// Where the object itself is, signed for the caller. A secret.
    #[serde(rename = "inputS3Url")]
    pub input_s3_url: String,
    /// The `RequestRoute` of that call.
    #[serde(rename = "outputRoute")]
    pub output_route: String,
    /// The `RequestToken` of that call. A secret.
    #[serde(rename = "outputToken")]
    pub output_token: String,
}

/// Where S3's own answer is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct ObjectContext {
    /// The URL, signed for the caller. A secret.
    #[serde(rename = "inputS3Url")]
    pub input_s3_url: String,
}

/// The access point.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Configuration {
    /// The ARN of the Object Lambda access point.
    #[serde(rename = "accessPointArn")]
    pub access_point_arn: Option<String>,
    /// The ARN of the access point after it.
    #[serde(rename = "supportingAccessPointArn")]
    pub supporting_access_point_arn: Option<String>,
    /// What the access point's owner has to tell the function.
    pub payload: Option<String>,
}

/// The request as the caller made it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct UserRequest {
    /// The URL, decoded.
    pub url: String,
    /// The headers; of a repeated one, the values with commas between them.
    pub headers: Option<Headers>,
}

/// The caller, in the terms of `CloudTrail`.
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
    /// The session, where the credentials are temporary.
    #[serde(rename = "sessionContext")]
    pub session_context: Option<SessionContext>,
}

/// A session with temporary credentials.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct SessionContext {
    /// The session.
    pub attributes: Option<SessionAttributes>,
    /// Whose credentials they are.
    #[serde(rename = "sessionIssuer")]
    pub session_issuer: Option<SessionIssuer>,
    /// Of web identity: the provider, and its attributes.
    #[serde(rename = "webIdFederationData")]
    pub web_id_federation_data: Option<Json>,
}

/// How a session began.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct SessionAttributes {
    /// `true` or `false`.
    #[serde(rename = "mfaAuthenticated")]
    pub mfa_authenticated: Option<String>,
    /// When, such as `Thu Mar 12 21:14:25 UTC 2026`.
    #[serde(rename = "creationDate")]
    pub creation_date: Option<String>,
}

/// Whose credentials a session has.
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
    /// The response. To a `GetObject` the status is enough, and not looked at.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        /// The HTTP status.
        #[serde(rename = "statusCode")]
        pub status_code: u16,
        /// Of an error: its code, such as `NoSuchKey`.
        #[serde(rename = "errorCode")]
        pub error_code: Option<String>,
        /// Of an error: what it is, in words.
        #[serde(rename = "errorMessage")]
        pub error_message: Option<String>,
        /// To a `HeadObject`: the headers. `Content-Length` is a number, and has to be there.
        pub headers: Option<Map<Json>>,
        /// To a `ListObjects`, in either version: the list, as the API of S3 has it.
        #[serde(rename = "listResultXml")]
        pub list_result_xml: Option<String>,
        /// To a `ListObjectsV2`: the list as JSON, in place of XML.
        #[serde(rename = "listBucketResult")]
        pub list_bucket_result: Option<Json>,
    }
}

impl Response {
    /// The response to a `HeadObject`.
    #[must_use]
    pub fn head(headers: Map<Json>) -> Self {
        Self { status_code: 200, headers: Some(headers), ..Default::default() }
    }

    /// The response to a `ListObjects`, in either version.
    pub fn list(xml: impl Into<String>) -> Self {
        Self { status_code: 200, list_result_xml: Some(xml.into()), ..Default::default() }
    }

    /// An error.
    pub fn error(status_code: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        let (error_code, error_message) = (Some(code.into()), Some(message.into()));
        Self { status_code, error_code, error_message, ..Default::default() }
    }
}
