//! Triggers of a Cognito user pool before and after a sign-in.
//!
//! See <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-authentication.html>
//! and <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-post-authentication.html>;
//! examples are in `data/cognito-pre-authentication.json` and `data/cognito-post-authentication.json`.

use crate::cognito::{Attributes, EmptyResponse, Event, with_user_attributes};
use crate::values::{checked_text, omit_absent};
use miniserde::Deserialize;

/// Before a user signs in: may refuse it, by an error.
pub type PreAuthentication =
    Event<PreAuthenticationSource, PreAuthenticationRequest, EmptyResponse>;

/// After a user has signed in.
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
    /// A user who is to sign in.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct PreAuthenticationRequest {
        /// What is known of the user.
        #[serde(rename = "userAttributes")]
        pub user_attributes: Option<Attributes>,
        /// What the app sent to check the user by.
        #[serde(rename = "validationData")]
        pub validation_data: Option<Attributes>,
        /// What the app sent for the triggers.
        #[serde(rename = "clientMetadata")]
        pub client_metadata: Option<Attributes>,
        /// Whether there is no such user, where the app client does not tell.
        #[serde(rename = "userNotFound")]
        pub user_not_found: Option<bool>,
    }
}

omit_absent! {
    /// A user who has signed in.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct PostAuthenticationRequest {
        /// What is known of the user.
        #[serde(rename = "userAttributes")]
        pub user_attributes: Option<Attributes>,
        /// Whether the user came from a new device, where the pool remembers devices.
        #[serde(rename = "newDeviceUsed")]
        pub new_device_used: Option<bool>,
        /// What the app sent for the triggers.
        #[serde(rename = "clientMetadata")]
        pub client_metadata: Option<Attributes>,
    }
}

with_user_attributes!(PreAuthenticationRequest, PostAuthenticationRequest);
