//! Amazon Cognito: the trigger before tokens are generated, in its three versions.
//!
//! Version 1 may change the ID token. Versions 2 and 3 have the same event and may change the
//! access token too. Version 3 is also sent for machines.
//!
//! See
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-pre-token-generation.html>;
//! examples are in `data/cognito-pre-token-generation.json`,
//! `data/cognito-pre-token-generation-v2.json` and `data/cognito-pre-token-generation-v3.json`.

use crate::cognito::{Attributes, Event, with_user_attributes};
use crate::values::Absent;
use crate::values::{checked_text, omit_absent};
use miniserde::Deserialize;

/// Before tokens are generated, version 1.
pub type PreTokenGeneration =
    Event<PreTokenGenerationSource, PreTokenGenerationRequest, PreTokenGenerationResponse>;

/// Before tokens are generated, version 2 or 3.
pub type PreTokenGenerationV2 =
    Event<PreTokenGenerationSource, PreTokenGenerationV2Request, PreTokenGenerationV2Response>;

checked_text! {
    /// `TokenGeneration_HostedAuth`, `TokenGeneration_Authentication`,
    /// `TokenGeneration_NewPasswordChallenge`, `TokenGeneration_AuthenticateDevice`,
    /// `TokenGeneration_RefreshTokens`, `TokenGeneration_ClientCredentials`; in some examples
    /// `PreTokenGen`.
    pub struct PreTokenGenerationSource(
        |text| text.starts_with("TokenGeneration_") || text.starts_with("PreTokenGen"),
        "TokenGeneration_Authentication"
    )
}

omit_absent! {
    /// The user of a token.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct PreTokenGenerationRequest {
        /// The user's attributes.
        #[serde(rename = "userAttributes")]
        pub user_attributes: Option<Attributes>,
        /// The user's groups and roles.
        #[serde(rename = "groupConfiguration")]
        pub group_configuration: Option<GroupConfiguration>,
        /// The metadata that the app sent for the triggers.
        #[serde(rename = "clientMetadata")]
        pub client_metadata: Option<Attributes>,
        /// An event that has scopes is a [`PreTokenGenerationV2`] and ignores the response of this
        /// version.
        pub scopes: Absent,
    }
}

omit_absent! {
    /// The user or machine of the tokens.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct PreTokenGenerationV2Request {
        /// The user's attributes. Absent for machines.
        #[serde(rename = "userAttributes")]
        pub user_attributes: Option<Attributes>,
        /// The user's groups and roles.
        #[serde(rename = "groupConfiguration")]
        pub group_configuration: Option<GroupConfiguration>,
        /// The scopes of the access token.
        pub scopes: Vec<String>,
        /// The metadata that the app sent for the triggers.
        #[serde(rename = "clientMetadata")]
        pub client_metadata: Option<Attributes>,
    }
}

omit_absent! {
    /// A user's groups and roles.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct GroupConfiguration {
        #[serde(rename = "groupsToOverride")]
        pub groups_to_override: Option<Vec<String>>,
        /// The ARNs of the groups' roles.
        #[serde(rename = "iamRolesToOverride")]
        pub iam_roles_to_override: Option<Vec<String>>,
        /// The ARN of the preferred role.
        #[serde(rename = "preferredRole")]
        pub preferred_role: Option<String>,
    }
}

omit_absent! {
    /// The response of version 1.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct PreTokenGenerationResponse {
        /// Changes of the ID token.
        #[serde(rename = "claimsOverrideDetails")]
        pub claims_override_details: Option<ClaimsOverrideDetails>,
    }
}

omit_absent! {
    /// Changes of the ID token.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct ClaimsOverrideDetails {
        /// Claims to add or replace, which are strings.
        #[serde(rename = "claimsToAddOrOverride")]
        pub claims_to_add_or_override: Option<Attributes>,
        /// Claims to remove.
        #[serde(rename = "claimsToSuppress")]
        pub claims_to_suppress: Option<Vec<String>>,
        /// Groups and roles that replace the user's.
        #[serde(rename = "groupOverrideDetails")]
        pub group_override_details: Option<GroupConfiguration>,
    }
}

omit_absent! {
    /// The response of versions 2 and 3.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct PreTokenGenerationV2Response {
        /// Changes of the tokens.
        #[serde(rename = "claimsAndScopeOverrideDetails")]
        pub claims_and_scope_override_details: Option<ClaimsAndScopeOverrideDetails>,
    }
}

omit_absent! {
    /// Changes of the tokens.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct ClaimsAndScopeOverrideDetails {
        /// Changes of the ID token.
        #[serde(rename = "idTokenGeneration")]
        pub id_token_generation: Option<IdTokenGeneration>,
        /// Changes of the access token.
        #[serde(rename = "accessTokenGeneration")]
        pub access_token_generation: Option<AccessTokenGeneration>,
        /// Groups and roles that replace the user's.
        #[serde(rename = "groupOverrideDetails")]
        pub group_override_details: Option<GroupConfiguration>,
    }
}

omit_absent! {
    /// Changes of the ID token.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct IdTokenGeneration {
        /// Claims to add or replace, with any JSON as value.
        #[serde(rename = "claimsToAddOrOverride")]
        pub claims_to_add_or_override: Option<Attributes>,
        /// Claims to remove.
        #[serde(rename = "claimsToSuppress")]
        pub claims_to_suppress: Option<Vec<String>>,
    }
}

omit_absent! {
    /// Changes of the access token.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct AccessTokenGeneration {
        /// Claims to add or replace, with any JSON as value.
        #[serde(rename = "claimsToAddOrOverride")]
        pub claims_to_add_or_override: Option<Attributes>,
        /// Claims to remove.
        #[serde(rename = "claimsToSuppress")]
        pub claims_to_suppress: Option<Vec<String>>,
        /// Scopes to add.
        #[serde(rename = "scopesToAdd")]
        pub scopes_to_add: Option<Vec<String>>,
        /// Scopes to remove.
        #[serde(rename = "scopesToSuppress")]
        pub scopes_to_suppress: Option<Vec<String>>,
    }
}

with_user_attributes!(PreTokenGenerationRequest, PreTokenGenerationV2Request);
