//! IAM policy documents, which authorizers return.
//!
//! See <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements.html>;
//! an example is in `data/iam-policy.json`.

use crate::values::omit_absent;
use crate::{Json, Map, OneOrMany};
use miniserde::Deserialize;

omit_absent! {
    /// A policy document.
    ///
    /// ```
    /// use minilambda_events::iam::{Policy, Statement};
    ///
    /// let policy = Policy::new(vec![
    ///     Statement::allow("s3:GetObject", "arn:aws:s3:::pets/*"),
    ///     Statement { sid: Some("NoKeys".to_owned()), ..Statement::deny("kms:*", "*") },
    /// ]);
    /// assert_eq!(
    ///     miniserde::json::to_string(&policy.statement[1]),
    ///     r#"{"Sid":"NoKeys","Effect":"Deny","Action":"kms:*","Resource":"*"}"#
    /// );
    /// ```
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Policy {
        /// The version of the policy language, `2012-10-17`.
        #[serde(rename = "Version")]
        pub version: Option<String>,
        /// The document's id.
        #[serde(rename = "Id")]
        pub id: Option<String>,
        /// The statements.
        #[serde(rename = "Statement")]
        pub statement: OneOrMany<Statement>,
    }
}

omit_absent! {
    /// A statement, which allows or denies actions.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Statement {
        /// The statement's id.
        #[serde(rename = "Sid")]
        pub sid: Option<String>,
        /// `Allow` or `Deny`.
        #[serde(rename = "Effect")]
        pub effect: String,
        /// The principals to which it applies: `*`, or an object such as `{"AWS": …}`. Authorizers
        /// do not use it.
        #[serde(rename = "Principal")]
        pub principal: Option<Json>,
        /// The principals to which it does not apply.
        #[serde(rename = "NotPrincipal")]
        pub not_principal: Option<Json>,
        /// The actions to which it applies.
        #[serde(rename = "Action")]
        pub action: Option<OneOrMany>,
        /// The actions to which it does not apply.
        #[serde(rename = "NotAction")]
        pub not_action: Option<OneOrMany>,
        /// The resources to which it applies.
        #[serde(rename = "Resource")]
        pub resource: Option<OneOrMany>,
        /// The resources to which it does not apply.
        #[serde(rename = "NotResource")]
        pub not_resource: Option<OneOrMany>,
        /// The conditions, by operator such as `IpAddress`, and by key such as `aws:SourceIp`.
        #[serde(rename = "Condition")]
        pub condition: Option<Map<Map<Json>>>,
    }
}

impl Policy {
    /// Creates a policy document of one statement or several.
    #[must_use]
    pub fn new(statement: impl Into<OneOrMany<Statement>>) -> Self {
        let version = Some("2012-10-17".to_owned());
        Self { version, id: None, statement: statement.into() }
    }
}

impl Statement {
    /// Creates a statement that allows actions on resources.
    #[must_use]
    pub fn allow(action: impl Into<OneOrMany>, resource: impl Into<OneOrMany>) -> Self {
        Self::with_effect("Allow", action.into(), resource.into())
    }

    /// Creates a statement that denies actions on resources.
    #[must_use]
    pub fn deny(action: impl Into<OneOrMany>, resource: impl Into<OneOrMany>) -> Self {
        Self::with_effect("Deny", action.into(), resource.into())
    }

    fn with_effect(effect: &str, action: OneOrMany, resource: OneOrMany) -> Self {
        let effect = effect.to_owned();
        Self { effect, action: Some(action), resource: Some(resource), ..Default::default() }
    }
}
