//! Triggers of a Cognito user pool for a sign-in by challenges of your own.
//!
//! See <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-challenge.html>;
//! examples are in `data/cognito-define-auth-challenge.json`,
//! `data/cognito-create-auth-challenge.json` and `data/cognito-verify-auth-challenge.json`.

use crate::Json;
use crate::cognito::{Attributes, Event, with_user_attributes};
use crate::values::{checked_text, omit_absent};
use miniserde::Deserialize;

/// What comes next: another challenge, tokens, or an end.
pub type DefineAuthChallenge =
    Event<DefineAuthChallengeSource, DefineAuthChallengeRequest, DefineAuthChallengeResponse>;

/// A challenge is to be made up.
pub type CreateAuthChallenge =
    Event<CreateAuthChallengeSource, CreateAuthChallengeRequest, CreateAuthChallengeResponse>;

/// A user's answer is to be checked.
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
    /// A challenge that the user has gone through in this sign-in.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct ChallengeResult {
        /// `CUSTOM_CHALLENGE`, `SRP_A`, `PASSWORD_VERIFIER`, `SMS_MFA`, …
        #[serde(rename = "challengeName")]
        pub challenge_name: Option<String>,
        /// Whether the user has passed it.
        #[serde(rename = "challengeResult")]
        pub challenge_result: Option<bool>,
        /// The name that [`CreateAuthChallengeResponse`] gave a challenge of your own.
        #[serde(rename = "challengeMetadata")]
        pub challenge_metadata: Option<String>,
    }
}

omit_absent! {
    /// How far a sign-in has come.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct DefineAuthChallengeRequest {
        /// What is known of the user.
        #[serde(rename = "userAttributes")]
        pub user_attributes: Option<Attributes>,
        /// The challenges so far, the latest at the end.
        pub session: Option<Vec<ChallengeResult>>,
        /// What the app sent for the triggers.
        #[serde(rename = "clientMetadata")]
        pub client_metadata: Option<Attributes>,
        /// Whether there is no such user, where the app client does not tell.
        #[serde(rename = "userNotFound")]
        pub user_not_found: Option<bool>,
    }
}

omit_absent! {
    /// What comes next.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct DefineAuthChallengeResponse {
        /// The next challenge, where neither of the others is true.
        #[serde(rename = "challengeName")]
        pub challenge_name: Option<String>,
        /// Whether the user has passed and gets tokens.
        #[serde(rename = "issueTokens")]
        pub issue_tokens: Option<bool>,
        /// Whether the sign-in is over and has failed.
        #[serde(rename = "failAuthentication")]
        pub fail_authentication: Option<bool>,
    }
}

omit_absent! {
    /// The challenge that is to be made up.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct CreateAuthChallengeRequest {
        /// What is known of the user.
        #[serde(rename = "userAttributes")]
        pub user_attributes: Option<Attributes>,
        /// `CUSTOM_CHALLENGE`.
        #[serde(rename = "challengeName")]
        pub challenge_name: Option<String>,
        /// The challenges so far, the latest at the end.
        pub session: Option<Vec<ChallengeResult>>,
        /// What the app sent for the triggers.
        #[serde(rename = "clientMetadata")]
        pub client_metadata: Option<Attributes>,
        /// Whether there is no such user, where the app client does not tell.
        #[serde(rename = "userNotFound")]
        pub user_not_found: Option<bool>,
    }
}

omit_absent! {
    /// A challenge.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct CreateAuthChallengeResponse {
        /// What the app is given to show.
        #[serde(rename = "publicChallengeParameters")]
        pub public_challenge_parameters: Option<Attributes>,
        /// The parameters with which [`VerifyAuthChallengeRequest`] checks the response.
        #[serde(rename = "privateChallengeParameters")]
        pub private_challenge_parameters: Option<Attributes>,
        /// A name for the challenge.
        #[serde(rename = "challengeMetadata")]
        pub challenge_metadata: Option<String>,
    }
}

omit_absent! {
    /// A user's answer.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct VerifyAuthChallengeRequest {
        /// What is known of the user.
        #[serde(rename = "userAttributes")]
        pub user_attributes: Option<Attributes>,
        /// What [`CreateAuthChallengeResponse`] has put there.
        #[serde(rename = "privateChallengeParameters")]
        pub private_challenge_parameters: Option<Attributes>,
        /// The response: a string; in some of AWS's examples, an object.
        #[serde(rename = "challengeAnswer")]
        pub challenge_answer: Option<Json>,
        /// What the app sent for the triggers.
        #[serde(rename = "clientMetadata")]
        pub client_metadata: Option<Attributes>,
        /// Whether there is no such user, where the app client does not tell.
        #[serde(rename = "userNotFound")]
        pub user_not_found: Option<bool>,
    }
}

omit_absent! {
    /// Whether the response is right.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct VerifyAuthChallengeResponse {
        /// Whether the response is right.
        #[serde(rename = "answerCorrect")]
        pub answer_correct: Option<bool>,
    }
}

impl VerifyAuthChallengeRequest {
    /// The response, if it is a string.
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
