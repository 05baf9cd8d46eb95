//! Amazon Cognito: triggers for new users: sign-up, confirmation, migration, and sign-in through
//! another provider.
//!
//! See
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-sign-up.html>,
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-post-confirmation.html>,
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-migrate-user.html>
//! and
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-inbound-federation.html>;
//! examples are in `data/cognito-pre-sign-up.json`, `data/cognito-post-confirmation.json`,
//! `data/cognito-user-migration.json` and `data/cognito-inbound-federation.json`.

use crate::Secret;
use crate::cognito::{Attributes, EmptyResponse, Event, with_user_attributes};
use crate::values::{checked_text, omit_absent};
use miniserde::Deserialize;

/// Before a user is added. The function may confirm the user and verify addresses; an error refuses
/// the user.
pub type PreSignUp = Event<PreSignUpSource, PreSignUpRequest, PreSignUpResponse>;

/// After a user was confirmed, or has set a new password.
pub type PostConfirmation = Event<PostConfirmationSource, PostConfirmationRequest, EmptyResponse>;

/// An unknown user signs in, or has forgotten the password. The function may migrate the user from
/// another directory.
pub type UserMigration = Event<UserMigrationSource, UserMigrationRequest, UserMigrationResponse>;

/// A user signs in through another provider. The function may change the attributes.
pub type InboundFederation =
    Event<InboundFederationSource, InboundFederationRequest, InboundFederationResponse>;

checked_text! {
    /// `PreSignUp_SignUp`, `PreSignUp_AdminCreateUser` or `PreSignUp_ExternalProvider`.
    pub struct PreSignUpSource(|text| text.starts_with("PreSignUp_"), "PreSignUp_SignUp")
}

checked_text! {
    /// `PostConfirmation_ConfirmSignUp` or `PostConfirmation_ConfirmForgotPassword`.
    pub struct PostConfirmationSource(|text| text.starts_with("PostConfirmation_"), "PostConfirmation_ConfirmSignUp")
}

checked_text! {
    /// `UserMigration_Authentication` or `UserMigration_ForgotPassword`.
    pub struct UserMigrationSource(|text| text.starts_with("UserMigration_"), "UserMigration_Authentication")
}

checked_text! {
    /// `InboundFederation_ExternalProvider`.
    pub struct InboundFederationSource(|text| text.starts_with("InboundFederation_"), "InboundFederation_ExternalProvider")
}

omit_absent! {
    /// A new user.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct PreSignUpRequest {
        /// The user's attributes.
        #[serde(rename = "userAttributes")]
        pub user_attributes: Option<Attributes>,
        /// The validation data that the app sent. It is not stored.
        #[serde(rename = "validationData")]
        pub validation_data: Option<Attributes>,
        /// The metadata that the app sent for the triggers.
        #[serde(rename = "clientMetadata")]
        pub client_metadata: Option<Attributes>,
    }
}

omit_absent! {
    /// The changes of the sign-up.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct PreSignUpResponse {
        /// Whether the user is confirmed.
        #[serde(rename = "autoConfirmUser")]
        pub auto_confirm_user: Option<bool>,
        /// Whether the email address is verified.
        #[serde(rename = "autoVerifyEmail")]
        pub auto_verify_email: Option<bool>,
        /// Whether the phone number is verified.
        #[serde(rename = "autoVerifyPhone")]
        pub auto_verify_phone: Option<bool>,
    }
}

omit_absent! {
    /// A user who was confirmed.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct PostConfirmationRequest {
        /// The user's attributes.
        #[serde(rename = "userAttributes")]
        pub user_attributes: Option<Attributes>,
        /// The metadata that the app sent for the triggers.
        #[serde(rename = "clientMetadata")]
        pub client_metadata: Option<Attributes>,
    }
}

omit_absent! {
    /// A user who is not in the pool.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct UserMigrationRequest {
        /// The password. Absent if it was forgotten.
        pub password: Option<Secret>,
        /// The user's attributes.
        #[serde(rename = "userAttributes")]
        pub user_attributes: Option<Attributes>,
        /// The validation data that the app sent.
        #[serde(rename = "validationData")]
        pub validation_data: Option<Attributes>,
        /// The metadata that the app sent for the triggers.
        #[serde(rename = "clientMetadata")]
        pub client_metadata: Option<Attributes>,
    }
}

omit_absent! {
    /// The user to add.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct UserMigrationResponse {
        /// The user's attributes; required.
        #[serde(rename = "userAttributes")]
        pub user_attributes: Option<Attributes>,
        /// `CONFIRMED`, or `RESET_REQUIRED`, which is the default.
        #[serde(rename = "finalUserStatus")]
        pub final_user_status: Option<String>,
        /// `SUPPRESS` to send no welcome message.
        #[serde(rename = "messageAction")]
        pub message_action: Option<String>,
        /// The ways of the welcome message: `EMAIL`, `SMS` or both.
        #[serde(rename = "desiredDeliveryMediums")]
        pub desired_delivery_mediums: Option<Vec<String>>,
        /// Whether the user takes over an alias that another user has.
        #[serde(rename = "forceAliasCreation")]
        pub force_alias_creation: Option<bool>,
        /// Whether SMS is required for multi-factor authentication.
        #[serde(rename = "enableSMSMFA")]
        pub enable_sms_mfa: Option<bool>,
    }
}

omit_absent! {
    /// A user of another provider.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct InboundFederationRequest {
        /// The provider's name in the pool.
        #[serde(rename = "providerName")]
        pub provider_name: Option<String>,
        /// `OIDC`, `SAML`, `Facebook`, `Google`, `SignInWithApple` or `LoginWithAmazon`.
        #[serde(rename = "providerType")]
        pub provider_type: Option<String>,
        /// The attributes by their source.
        pub attributes: Option<FederatedAttributes>,
    }
}

omit_absent! {
    /// The attributes of a user by their source.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct FederatedAttributes {
        /// The response of the token endpoint. OIDC and social providers have this and the next
        /// two.
        #[serde(rename = "tokenResponse")]
        pub token_response: Option<Secret<Attributes>>,
        /// The claims of the ID token.
        #[serde(rename = "idToken")]
        pub id_token: Option<Attributes>,
        /// The response of the user info endpoint.
        #[serde(rename = "userInfo")]
        pub user_info: Option<Attributes>,
        /// The attributes of the assertion, of SAML providers.
        #[serde(rename = "samlResponse")]
        pub saml_response: Option<Attributes>,
    }
}

omit_absent! {
    /// The attributes to store.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct InboundFederationResponse {
        /// All attributes to store. If there are none, the provider's are stored.
        #[serde(rename = "userAttributesToMap")]
        pub user_attributes_to_map: Option<Attributes>,
    }
}

with_user_attributes!(PreSignUpRequest, PostConfirmationRequest, UserMigrationRequest);
