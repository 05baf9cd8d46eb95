//! Triggers of a Cognito user pool around a user's coming: sign-up, confirmation, migration, and
//! the first sign-in through another provider.
//!
//! See <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-sign-up.html>,
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-post-confirmation.html>,
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-migrate-user.html> and
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-inbound-federation.html>;
//! examples are in `data/cognito-pre-sign-up.json`, `data/cognito-post-confirmation.json`,
//! `data/cognito-user-migration.json` and `data/cognito-inbound-federation.json`.

use crate::cognito::{Attributes, EmptyResponse, Event, with_user_attributes};
use crate::values::{checked_text, omit_absent};
use miniserde::Deserialize;

/// Before a user is added: may refuse it (by an error), confirm it, or verify its addresses.
pub type PreSignUp = Event<PreSignUpSource, PreSignUpRequest, PreSignUpResponse>;

/// After a user was confirmed, or has set a new password.
pub type PostConfirmation = Event<PostConfirmationSource, PostConfirmationRequest, EmptyResponse>;

/// A user whom the pool does not know signs in or has forgotten the password: may be brought from
/// elsewhere.
pub type UserMigration = Event<UserMigrationSource, UserMigrationRequest, UserMigrationResponse>;

/// A user comes from another provider: what it says of the user may be changed.
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
    /// A user who is to be added.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct PreSignUpRequest {
        /// What is known of the user.
        #[serde(rename = "userAttributes")]
        pub user_attributes: Option<Attributes>,
        /// What the app sent to check the user by; it is not kept.
        #[serde(rename = "validationData")]
        pub validation_data: Option<Attributes>,
        /// What the app sent for the triggers.
        #[serde(rename = "clientMetadata")]
        pub client_metadata: Option<Attributes>,
    }
}

omit_absent! {
    /// What is to be taken as done.
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
        /// What is known of the user.
        #[serde(rename = "userAttributes")]
        pub user_attributes: Option<Attributes>,
        /// What the app sent for the triggers.
        #[serde(rename = "clientMetadata")]
        pub client_metadata: Option<Attributes>,
    }
}

omit_absent! {
    /// A user whom the pool does not know.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct UserMigrationRequest {
        /// The password; not there where it was forgotten.
        pub password: Option<String>,
        /// What is known of the user.
        #[serde(rename = "userAttributes")]
        pub user_attributes: Option<Attributes>,
        /// What the app sent to check the user by.
        #[serde(rename = "validationData")]
        pub validation_data: Option<Attributes>,
        /// What the app sent for the triggers.
        #[serde(rename = "clientMetadata")]
        pub client_metadata: Option<Attributes>,
    }
}

omit_absent! {
    /// The user as it is to be added.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct UserMigrationResponse {
        /// The user's attributes; required.
        #[serde(rename = "userAttributes")]
        pub user_attributes: Option<Attributes>,
        /// `CONFIRMED`, or `RESET_REQUIRED`, which is the default.
        #[serde(rename = "finalUserStatus")]
        pub final_user_status: Option<String>,
        /// `SUPPRESS`, so that no welcome is sent.
        #[serde(rename = "messageAction")]
        pub message_action: Option<String>,
        /// `EMAIL`, `SMS` or both: how the welcome is sent.
        #[serde(rename = "desiredDeliveryMediums")]
        pub desired_delivery_mediums: Option<Vec<String>>,
        /// Whether the user takes an address as an alias that another user has.
        #[serde(rename = "forceAliasCreation")]
        pub force_alias_creation: Option<bool>,
        /// Whether the user has to confirm sign-ins by SMS.
        #[serde(rename = "enableSMSMFA")]
        pub enable_sms_mfa: Option<bool>,
    }
}

omit_absent! {
    /// What another provider says of a user.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct InboundFederationRequest {
        /// The provider's name in the pool.
        #[serde(rename = "providerName")]
        pub provider_name: Option<String>,
        /// `OIDC`, `SAML`, `Facebook`, `Google`, `SignInWithApple` or `LoginWithAmazon`.
        #[serde(rename = "providerType")]
        pub provider_type: Option<String>,
        /// What it says, by where it says it.
        pub attributes: Option<FederatedAttributes>,
    }
}

omit_absent! {
    /// What another provider says of a user, by where it says it.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct FederatedAttributes {
        /// The response of the token endpoint; of OIDC and social providers, as are the next two.
        #[serde(rename = "tokenResponse")]
        pub token_response: Option<Attributes>,
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
    /// What is to be known of the user.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct InboundFederationResponse {
        /// All attributes that are to be kept; none at all leaves them as they came.
        #[serde(rename = "userAttributesToMap")]
        pub user_attributes_to_map: Option<Attributes>,
    }
}

with_user_attributes!(PreSignUpRequest, PostConfirmationRequest, UserMigrationRequest);
