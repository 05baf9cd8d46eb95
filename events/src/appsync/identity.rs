//! Callers of AWS AppSync APIs.
//!
//! See
//! <https://docs.aws.amazon.com/appsync/latest/devguide/resolver-context-reference-js.html#aws-appsync-resolver-context-reference-identity-js>;
//! examples are in `data/appsync-cognito.json`, `data/appsync-iam.json`, `data/appsync-oidc.json`
//! and `data/appsync-lambda.json`.

use crate::values::{Members, from_members};
use crate::{Json, JsonRef};
use miniserde::de::{self, Visitor};
use miniserde::ser::Fragment;
use miniserde::{Deserialize, Serialize, make_place};
use std::collections::BTreeMap;

/// The caller, by the way of authorization. With an API key there is none.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Identity {
    /// A user of a Cognito user pool.
    Cognito(Cognito),
    /// A user of a provider of OIDC.
    Oidc(Oidc),
    /// An IAM user or role.
    Iam(Iam),
    /// A caller that a Lambda authorizer authorized.
    Lambda(Lambda),
    /// Any other, as it was sent.
    Other(Json),
}

/// A user of a Cognito user pool.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Cognito {
    /// The user's id.
    pub sub: Option<String>,
    /// The user pool's URL.
    pub issuer: Option<String>,
    /// The user's name in the pool.
    pub username: Option<String>,
    /// The claims of the token.
    pub claims: Option<Json>,
    /// The addresses of the client and of proxies. Only the last is that of a connection to
    /// AppSync; the others are as the client has sent them.
    #[serde(rename = "sourceIp")]
    pub source_ip: Option<Vec<String>>,
    /// The API's default for users without a rule: `ALLOW` or `DENY`.
    #[serde(rename = "defaultAuthStrategy")]
    pub default_auth_strategy: Option<String>,
    /// The user's groups.
    pub groups: Option<Vec<String>>,
    /// The user, if AppSync sends it.
    pub user: Option<String>,
}

/// A user of a provider of OIDC.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Oidc {
    /// The user's id.
    pub sub: Option<String>,
    /// The provider's URL.
    pub issuer: Option<String>,
    /// The claims of the token.
    pub claims: Option<Json>,
    /// The addresses of the client and of proxies, if AppSync sends them. Only the last is that of
    /// a connection to AppSync; the others are as the client has sent them.
    #[serde(rename = "sourceIp")]
    pub source_ip: Option<Vec<String>>,
    /// The user, if AppSync sends it.
    pub user: Option<String>,
}

/// An IAM user or role, possibly of a Cognito identity pool.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Iam {
    #[serde(rename = "accountId")]
    pub account_id: Option<String>,
    #[serde(rename = "cognitoIdentityPoolId")]
    pub cognito_identity_pool_id: Option<String>,
    /// The identity in the pool.
    #[serde(rename = "cognitoIdentityId")]
    pub cognito_identity_id: Option<String>,
    /// `authenticated` or `unauthenticated`.
    #[serde(rename = "cognitoIdentityAuthType")]
    pub cognito_identity_auth_type: Option<String>,
    /// The user's provider in the identity pool.
    #[serde(rename = "cognitoIdentityAuthProvider")]
    pub cognito_identity_auth_provider: Option<String>,
    /// The addresses of the client and of proxies. Only the last is that of a connection to
    /// AppSync; the others are as the client has sent them.
    #[serde(rename = "sourceIp")]
    pub source_ip: Option<Vec<String>>,
    /// The user's name. Of a role: the ids of the role and of its session.
    pub username: Option<String>,
    /// The ARN of the user, or of the assumed role.
    #[serde(rename = "userArn")]
    pub user_arn: Option<String>,
    /// The id of the user, or of the role and its session.
    pub user: Option<String>,
}

/// A caller that a Lambda authorizer authorized.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Lambda {
    /// The authorizer's `resolverContext`.
    #[serde(rename = "resolverContext")]
    pub resolver_context: Option<Json>,
    /// In the Events API: the authorizer's `handlerContext`.
    #[serde(rename = "handlerContext")]
    pub handler_context: Option<Json>,
}

impl Default for Identity {
    fn default() -> Self {
        Self::Other(<Json as Default>::default())
    }
}

impl Identity {
    /// Returns the user's name. Of OIDC: the user's id.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Cognito(user) => user.username.as_deref().or(user.sub.as_deref()),
            Self::Oidc(user) => user.sub.as_deref(),
            Self::Iam(user) => user.username.as_deref(),
            Self::Lambda(_) | Self::Other(_) => None,
        }
    }

    /// Returns a claim of the user's token.
    #[must_use]
    pub fn claim(&self, name: &str) -> Option<JsonRef<'_>> {
        match self {
            Self::Cognito(user) => user.claims.as_ref()?.get(name),
            Self::Oidc(user) => user.claims.as_ref()?.get(name),
            _ => None,
        }
    }

    /// Whether the user is in a group of the user pool.
    #[must_use]
    pub fn in_group(&self, group: &str) -> bool {
        let Self::Cognito(user) = self else { return false };
        user.groups.iter().flatten().any(|name| name == group)
    }
}

/// AppSync does not send the kind, so the fields select the variant. One that does not match is
/// kept as it was sent.
impl From<BTreeMap<String, Json>> for Identity {
    fn from(members: BTreeMap<String, Json>) -> Self {
        let has = |names: &[&str]| names.iter().any(|name| members.contains_key(*name));
        let typed = if has(&["resolverContext", "handlerContext"]) {
            from_members(&members).map(Self::Lambda)
        } else if has(&["userArn", "accountId", "cognitoIdentityId"]) {
            from_members(&members).map(Self::Iam)
        } else if has(&["username", "defaultAuthStrategy", "groups"]) {
            from_members(&members).map(Self::Cognito)
        } else if has(&["claims", "issuer", "sub"]) {
            from_members(&members).map(Self::Oidc)
        } else {
            Err(miniserde::Error)
        };
        typed.unwrap_or_else(|_| Self::Other(members.into_iter().collect()))
    }
}

make_place!(Place);

impl Visitor for Place<Identity> {
    fn map(&mut self) -> miniserde::Result<Box<dyn de::Map + '_>> {
        Ok(Members::<Identity, Json>::into(&mut self.out))
    }

    /// Tools that generate events write `"None"`.
    fn string(&mut self, text: &str) -> miniserde::Result<()> {
        self.out = Some(Identity::Other(text.into()));
        Ok(())
    }
}

impl Deserialize for Identity {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }
}

impl Serialize for Identity {
    fn begin(&self) -> Fragment<'_> {
        match self {
            Self::Cognito(user) => user.begin(),
            Self::Oidc(user) => user.begin(),
            Self::Iam(user) => user.begin(),
            Self::Lambda(user) => user.begin(),
            Self::Other(value) => value.begin(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Identity;
    use miniserde::json;

    #[test]
    fn the_members_tell_the_kind_and_nothing_is_lost() {
        for (text, kind) in [
            (
                r#"{"claims":{"aud":"x","exp":1},"issuer":"https://id.example.com","sub":"7"}"#,
                "Oidc",
            ),
            (r#"{"sub":"7","username":"ana"}"#, "Cognito"),
            (r#"{"accountId":"123456789012","username":"ana"}"#, "Iam"),
            (r#"{"handlerContext":{"tenant":7}}"#, "Lambda"),
            (r#"{"resolverContext":"text"}"#, "Lambda"),
            (r#"{"username":["several"],"more":1}"#, "Other"),
            ("{}", "Other"),
            ("\"None\"", "Other"),
        ] {
            let identity: Identity = json::from_str(text).unwrap();
            assert!(format!("{identity:?}").starts_with(kind), "{text}: {identity:?}");
            let back = json::to_string(&identity);
            for part in text.split(['{', '}', ',']) {
                assert!(back.contains(part), "{text} was written as {back}");
            }
        }
        assert!(json::from_str::<Identity>("17").is_err());
    }
}
