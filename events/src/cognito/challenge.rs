//! Amazon Cognito: triggers for custom authentication challenges.
//!
//! See <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-challenge.html>;
//! examples are in `data/cognito-define-auth-challenge.json`,
//! `data/cognito-create-auth-challenge.json` and `data/cognito-verify-auth-challenge.json`.

use crate::cognito::{Attributes, Event, with_user_attributes};
use crate::values::{checked_text, omit_absent};
use crate::{Json, Secret};
use miniserde::Deserialize;
use std::fmt;

/// Decides on the next step of a sign-in: another challenge, tokens, or failure.
pub type DefineAuthChallenge =
    Event<DefineAuthChallengeSource, DefineAuthChallengeRequest, DefineAuthChallengeResponse>;

/// Creates a challenge.
pub type CreateAuthChallenge =
    Event<CreateAuthChallengeSource, CreateAuthChallengeRequest, CreateAuthChallengeResponse>;

/// Checks the user's answer to a challenge.
pub type VerifyAuthChallenge =
    Event<VerifyAuthChallengeSource, VerifyAuthChallengeRequest, VerifyAuthChallengeResponse>;

checked_text! {
    /// `DefineAuthChallenge_Authentication`.
    pub struct DefineAuthChallengeSource(|text| text.starts_with("DefineAuthChallenge_"), "DefineAuthChallenge_Authentication")
}

checked_text! {
    /// `CreateAuthChallenge_Authentication`.
    pub struct CreateAuthChallengeSource(|text| text.starts_with("CreateAuthChallenge_"), "CreateAuthChallenge_Authentication")
}

checked_text! {
    /// `VerifyAuthChallengeResponse_Authentication`.
    pub struct VerifyAuthChallengeSource(|text| text.starts_with("VerifyAuthChallengeResponse_"), "VerifyAuthChallengeResponse_Authentication")
}

omit_absent! {
    /// A challenge of this sign-in.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct ChallengeResult {
        /// `CUSTOM_CHALLENGE`, `SRP_A`, `PASSWORD_VERIFIER`, `SMS_MFA`, …
        #[serde(rename = "challengeName")]
        pub challenge_name: Option<String>,
        /// Whether the user passed it.
        #[serde(rename = "challengeResult")]
        pub challenge_result: Option<bool>,
        /// The metadata that [`CreateAuthChallengeResponse`] set.
        #[serde(rename = "challengeMetadata")]
        pub challenge_metadata: Option<String>,
    }
}

omit_absent! {
    /// The state of a sign-in.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct DefineAuthChallengeRequest {
        /// The user's attributes.
        #[serde(rename = "userAttributes")]
        pub user_attributes: Option<Attributes>,
        /// The challenges so far, the latest last.
        pub session: Option<Vec<ChallengeResult>>,
        /// The metadata that the app sent for the triggers.
        #[serde(rename = "clientMetadata")]
        pub client_metadata: Option<Attributes>,
        /// Whether the user does not exist, if the app client hides that from its users.
        #[serde(rename = "userNotFound")]
        pub user_not_found: Option<bool>,
    }
}

omit_absent! {
    /// The next step.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct DefineAuthChallengeResponse {
        /// The next challenge, unless one of the others is true.
        #[serde(rename = "challengeName")]
        pub challenge_name: Option<String>,
        /// Whether the user gets tokens.
        #[serde(rename = "issueTokens")]
        pub issue_tokens: Option<bool>,
        /// Whether the sign-in fails.
        #[serde(rename = "failAuthentication")]
        pub fail_authentication: Option<bool>,
    }
}

omit_absent! {
    /// The challenge to create.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct CreateAuthChallengeRequest {
        /// The user's attributes.
        #[serde(rename = "userAttributes")]
        pub user_attributes: Option<Attributes>,
        /// `CUSTOM_CHALLENGE`.
        #[serde(rename = "challengeName")]
        pub challenge_name: Option<String>,
        /// The challenges so far, the latest last.
        pub session: Option<Vec<ChallengeResult>>,
        /// The metadata that the app sent for the triggers.
        #[serde(rename = "clientMetadata")]
        pub client_metadata: Option<Attributes>,
        /// Whether the user does not exist, if the app client hides that from its users.
        #[serde(rename = "userNotFound")]
        pub user_not_found: Option<bool>,
    }
}

omit_absent! {
    /// A challenge.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct CreateAuthChallengeResponse {
        /// The parameters for the app.
        #[serde(rename = "publicChallengeParameters")]
        pub public_challenge_parameters: Option<Attributes>,
        /// The parameters for [`VerifyAuthChallengeRequest`], such as the expected answer.
        #[serde(rename = "privateChallengeParameters")]
        pub private_challenge_parameters: Option<Secret<Attributes>>,
        /// The metadata of the challenge.
        #[serde(rename = "challengeMetadata")]
        pub challenge_metadata: Option<String>,
    }
}

omit_absent! {
    /// A user's answer. `Debug` does not print it.
    #[derive(Clone, Default, PartialEq, Deserialize)]
    pub struct VerifyAuthChallengeRequest {
        /// The user's attributes.
        #[serde(rename = "userAttributes")]
        pub user_attributes: Option<Attributes>,
        /// The parameters that [`CreateAuthChallengeResponse`] set.
        #[serde(rename = "privateChallengeParameters")]
        pub private_challenge_parameters: Option<Secret<Attributes>>,
        /// The answer: a string. In some of AWS's examples it is an object.
        #[serde(rename = "challengeAnswer")]
        pub challenge_answer: Option<Json>,
        /// The metadata that the app sent for the triggers.
        #[serde(rename = "clientMetadata")]
        pub client_metadata: Option<Attributes>,
        /// Whether the user does not exist, if the app client hides that from its users.
        #[serde(rename = "userNotFound")]
        pub user_not_found: Option<bool>,
    }
}

omit_absent! {
    /// Whether the answer is correct.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct VerifyAuthChallengeResponse {
        /// Whether the answer is correct.
        #[serde(rename = "answerCorrect")]
        pub answer_correct: Option<bool>,
    }
}

impl fmt::Debug for VerifyAuthChallengeRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifyAuthChallengeRequest")
            .field("user_attributes", &self.user_attributes)
            .field("private_challenge_parameters", &self.private_challenge_parameters)
            .field("challenge_answer", &self.challenge_answer.as_ref().map(|_| Secret::from(())))
            .field("client_metadata", &self.client_metadata)
            .field("user_not_found", &self.user_not_found)
            .finish()
    }
}

impl VerifyAuthChallengeRequest {
    /// Returns the answer, if it is a string.
    #[must_use]
    pub fn challenge_answer(&self) -> Option<&str> {
        self.challenge_answer.as_ref()?.as_str()
    }
}

with_user_attributes!(
    DefineAuthChallengeRequest,
    CreateAuthChallengeRequest,
    VerifyAuthChallengeRequest
);
