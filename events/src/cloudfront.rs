//! Amazon CloudFront: requests and responses in Lambda@Edge functions.
//!
//! See
//! <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-event-structure.html>;
//! examples are in `data/cloudfront.json`, `data/cloudfront-response-event.json`,
//! `data/cloudfront-response-only.json`, `data/cloudfront-request-response.json` and
//! `data/cloudfront-response.json`.
//!
//! A function for a request returns the request, changed or not, or a [`Response`]. A function for
//! a response returns the response.

use crate::values::{header_to_print, omit_absent};
use crate::{Map, NumberOrText, Secret};
use miniserde::{Deserialize, Serialize};
use std::fmt;

/// A request or a response. CloudFront sends one at a time.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    #[serde(rename = "Records")]
    pub records: Vec<Record>,
}

/// A request or a response.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Record {
    pub cf: Cf,
}

/// A request, and the response if the function is for responses.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Cf {
    pub config: Config,
    /// CloudFront sends it always; a generated event of `sam local generate-event` may lack it.
    pub request: Option<Request>,
    /// Only in `origin-response` and `viewer-response`.
    pub response: Option<Response>,
}

/// The distribution and the trigger.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Config {
    #[serde(rename = "distributionDomainName")]
    pub distribution_domain_name: Option<String>,
    #[serde(rename = "distributionId")]
    pub distribution_id: Option<String>,
    /// `viewer-request`, `origin-request`, `origin-response` or `viewer-response`.
    #[serde(rename = "eventType")]
    pub event_type: Option<String>,
    #[serde(rename = "requestId")]
    pub request_id: Option<String>,
}

/// The headers of a request or a response, by their names in lower case.
pub type Headers = Map<Vec<Header>>;

/// A header. `Debug` does not print the value of one such as `Authorization`.
#[derive(Clone, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Header {
    /// The name as it was sent.
    pub key: Option<String>,
    pub value: String,
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Without a name it may be any header.
        let name = self.key.as_deref().unwrap_or("authorization");
        let mut printed = f.debug_struct("Header");
        printed.field("key", &self.key).field("value", header_to_print(name, &self.value)).finish()
    }
}

omit_absent! {
    /// A request.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Request {
        #[serde(rename = "clientIp")]
        pub client_ip: Option<String>,
        pub headers: Headers,
        pub method: String,
        pub querystring: Option<String>,
        pub uri: String,
        /// If the trigger includes the body.
        pub body: Option<Body>,
        /// Only in `origin-request`.
        pub origin: Option<Origin>,
    }
}

omit_absent! {
    /// The body of a request.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Body {
        /// `read-only`, or `replace` to replace it.
        pub action: Option<String>,
        pub data: Option<String>,
        /// `base64` or `text`.
        pub encoding: Option<String>,
        #[serde(rename = "inputTruncated")]
        pub input_truncated: Option<bool>,
    }
}

omit_absent! {
    /// The origin of a request: one of the two.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Origin {
        pub custom: Option<CustomOrigin>,
        pub s3: Option<S3Origin>,
    }
}

omit_absent! {
    /// A web server.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct CustomOrigin {
        /// The headers that CloudFront adds, often with a secret that the origin checks.
        #[serde(rename = "customHeaders")]
        pub custom_headers: Option<Secret<Headers>>,
        #[serde(rename = "domainName")]
        pub domain_name: Option<String>,
        #[serde(rename = "keepaliveTimeout")]
        pub keepalive_timeout: Option<i64>,
        pub path: Option<String>,
        pub port: Option<i64>,
        /// `http` or `https`.
        pub protocol: Option<String>,
        #[serde(rename = "readTimeout")]
        pub read_timeout: Option<i64>,
        #[serde(rename = "responseCompletionTimeout")]
        pub response_completion_timeout: Option<i64>,
        #[serde(rename = "sslProtocols")]
        pub ssl_protocols: Option<Vec<String>>,
    }
}

omit_absent! {
    /// A bucket of Amazon S3.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct S3Origin {
        /// `none` or `origin-access-identity`.
        #[serde(rename = "authMethod")]
        pub auth_method: Option<String>,
        /// The headers that CloudFront adds, often with a secret that the origin checks.
        #[serde(rename = "customHeaders")]
        pub custom_headers: Option<Secret<Headers>>,
        #[serde(rename = "domainName")]
        pub domain_name: Option<String>,
        pub path: Option<String>,
        pub region: Option<String>,
        #[serde(rename = "readTimeout")]
        pub read_timeout: Option<i64>,
        #[serde(rename = "responseCompletionTimeout")]
        pub response_completion_timeout: Option<i64>,
    }
}

omit_absent! {
    /// A response.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        pub status: NumberOrText,
        #[serde(rename = "statusDescription")]
        pub status_description: Option<String>,
        pub headers: Option<Headers>,
        pub body: Option<String>,
        /// `base64` or `text`.
        #[serde(rename = "bodyEncoding")]
        pub body_encoding: Option<String>,
    }
}

impl Event {
    /// Returns the request, to return it changed.
    #[must_use]
    pub fn into_request(self) -> Option<Request> {
        self.records.into_iter().next()?.cf.request
    }

    /// Returns the response, to return it changed: `None` if the trigger is for requests.
    #[must_use]
    pub fn into_response(self) -> Option<Response> {
        self.records.into_iter().next()?.cf.response
    }
}

impl Request {
    /// Returns a header, whose name may be in any case, the first of several values.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// Sets a header to one value.
    pub fn set_header(&mut self, name: &str, value: impl Into<String>) {
        set_header(&mut self.headers, name, value.into());
    }
}

impl Response {
    /// Creates a response with a body of text.
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        let body = Some(body.into());
        let status = NumberOrText::from(status.to_string().as_str());
        Self { status, body, ..Default::default() }
    }

    /// Returns a header, whose name may be in any case, the first of several values.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        header(self.headers.as_ref()?, name)
    }

    /// Sets a header to one value.
    pub fn set_header(&mut self, name: &str, value: impl Into<String>) {
        set_header(self.headers.get_or_insert_default(), name, value.into());
    }
}

fn header<'a>(headers: &'a Headers, name: &str) -> Option<&'a str> {
    headers.get(&name.to_ascii_lowercase())?.first().map(|header| &*header.value)
}

fn set_header(headers: &mut Headers, name: &str, value: String) {
    let header = Header { key: Some(name.to_owned()), value };
    headers.insert(name.to_ascii_lowercase(), vec![header]);
}
