//! Amazon Cognito: triggers before and after a sign-in.
//!
//! See
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-authentication.html>
//! and
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-post-authentication.html>;
//! examples are in `data/cognito-pre-authentication.json` and
//! `data/cognito-post-authentication.json`.

use crate::cognito::{Attributes, EmptyResponse, Event, with_user_attributes};
use crate::values::{checked_text, omit_absent};
use miniserde::Deserialize;

/// Before a sign-in. An error refuses it.
pub type PreAuthentication =
    Event<PreAuthenticationSource, PreAuthenticationRequest, EmptyResponse>;

/// After a sign-in.
pub type PostAuthentication =
    Event<PostAuthenticationSource, PostAuthenticationRequest, EmptyResponse>;

checked_text! {
    /// `PreAuthentication_Authentication`.
    pub struct PreAuthenticationSource(|text| text.starts_with("PreAuthentication_"), "PreAuthentication_Authentication")
}

checked_text! {
    /// `PostAuthentication_Authentication`.
    pub struct PostAuthenticationSource(|text| text.starts_with("PostAuthentication_"), "PostAuthentication_Authentication")
}

omit_absent! {
    /// A user who signs in.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct PreAuthenticationRequest {
        /// The user's attributes.
        #[serde(rename = "userAttributes")]
        pub user_attributes: Option<Attributes>,
        /// The validation data that the app sent.
        #[serde(rename = "validationData")]
        pub validation_data: Option<Attributes>,
        /// The metadata that the app sent for the triggers.
        #[serde(rename = "clientMetadata")]
        pub client_metadata: Option<Attributes>,
        /// Whether the user does not exist, if the app client hides that from its users.
        #[serde(rename = "userNotFound")]
        pub user_not_found: Option<bool>,
    }
}

omit_absent! {
    /// A user who has signed in.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct PostAuthenticationRequest {
        /// The user's attributes.
        #[serde(rename = "userAttributes")]
        pub user_attributes: Option<Attributes>,
        /// Whether the device is new, if the pool remembers devices.
        #[serde(rename = "newDeviceUsed")]
        pub new_device_used: Option<bool>,
        /// The metadata that the app sent for the triggers.
        #[serde(rename = "clientMetadata")]
        pub client_metadata: Option<Attributes>,
    }
}

with_user_attributes!(PreAuthenticationRequest, PostAuthenticationRequest);
