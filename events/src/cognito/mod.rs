//! Triggers of Amazon Cognito user pools.
//!
//! The event of each trigger is an [`Event`] with its own name: in `cognito::sign_up`,
//! `cognito::sign_in`, `cognito::challenge`, `cognito::token` and `cognito::message`. A function
//! returns the event itself, with its `response` filled in.
//!
//! See
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-working-with-lambda-triggers.html>;
//! an example is in `data/cognito-pre-sign-up.json`.

pub mod challenge;
pub mod message;
pub mod sign_in;
pub mod sign_up;
pub mod sync;
pub mod token;

use crate::values::{Members, omit_absent};
use crate::{Json, NumberOrText, Secret};
use miniserde::de::{self, Visitor};
use miniserde::json::Value;
use miniserde::ser::Fragment;
use miniserde::{Deserialize, Serialize, make_place};
use std::collections::BTreeMap;

omit_absent! {
    /// The event of a trigger. `S` is its name, `Q` the request and `R` the response.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Event<S, Q, R> {
        /// The version of the event: `1`, for most.
        pub version: Option<NumberOrText>,
        /// The trigger and its cause, such as `PreSignUp_AdminCreateUser`.
        #[serde(rename = "triggerSource")]
        pub trigger_source: S,
        /// The user pool's region.
        pub region: Option<String>,
        #[serde(rename = "userPoolId")]
        pub user_pool_id: String,
        /// The user's name. Absent for tokens of machines.
        #[serde(rename = "userName")]
        pub user_name: Option<String>,
        /// The caller of Cognito.
        #[serde(rename = "callerContext")]
        pub caller_context: Option<CallerContext>,
        /// The request.
        pub request: Q,
        /// The response; see [`response_mut`](Self::response_mut).
        pub response: Option<R>,
    }
}

impl<S, Q, R: Default> Event<S, Q, R> {
    /// Returns the response to fill in. The function returns the event.
    ///
    /// ```
    /// use minilambda_events::cognito::sign_up::PreSignUp;
    ///
    /// fn sign_up(mut event: PreSignUp) -> PreSignUp {
    ///     let email = event.request.attribute("email").unwrap_or_default();
    ///     event.response_mut().auto_confirm_user = Some(email.ends_with("@example.com"));
    ///     event
    /// }
    /// # let event = r#"{"triggerSource":"PreSignUp_SignUp","userPoolId":"eu-north-1_a1B2c3D4e",
    /// #     "request":{"userAttributes":{"email":"ana@example.com"}}}"#;
    /// # let event = sign_up(miniserde::json::from_str(event)?);
    /// # assert!(miniserde::json::to_string(&event).contains(r#""response":{"autoConfirmUser":true}"#));
    /// # Ok::<(), miniserde::Error>(())
    /// ```
    pub fn response_mut(&mut self) -> &mut R {
        self.response.get_or_insert_with(R::default)
    }
}

omit_absent! {
    /// The caller of Cognito.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct CallerContext {
        /// The SDK and its version, or `aws-sdk-unknown-unknown`.
        #[serde(rename = "awsSdkVersion")]
        pub aws_sdk_version: Option<String>,
        /// The name of `awsSdkVersion` in some of AWS's examples.
        #[serde(rename = "awsSdk")]
        pub aws_sdk: Option<String>,
        /// The app client's id, or `CLIENT_ID_NOT_APPLICABLE`.
        #[serde(rename = "clientId")]
        pub client_id: Option<String>,
    }
}

/// Attributes of a user, claims of a token, or metadata.
///
/// The values are strings, even for booleans (`"email_verified":"true"`). Claims of later versions
/// take any JSON.
///
/// ```
/// use minilambda_events::cognito::Attributes;
///
/// let mut claims = Attributes::from([("tenant", "north")]);
/// claims.set("tier", "gold");
/// assert_eq!(claims.get("tier"), Some("gold"));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Attributes(pub BTreeMap<String, Json>);

impl Attributes {
    /// Returns an attribute that is a string. For others, use the map inside.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// Sets an attribute to a string.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), Value::String(value.into()).into());
    }
}

impl From<BTreeMap<String, Json>> for Attributes {
    fn from(map: BTreeMap<String, Json>) -> Self {
        Self(map)
    }
}

impl From<BTreeMap<String, Json>> for Secret<Attributes> {
    fn from(map: BTreeMap<String, Json>) -> Self {
        Self::from(Attributes(map))
    }
}

impl<K: Into<String>, V: Into<String>, const N: usize> From<[(K, V); N]> for Attributes {
    fn from(attributes: [(K, V); N]) -> Self {
        let attributes = attributes.into_iter();
        Self(
            attributes
                .map(|(name, value)| (name.into(), Value::String(value.into()).into()))
                .collect(),
        )
    }
}

make_place!(Place);

impl Visitor for Place<Attributes> {
    fn map(&mut self) -> miniserde::Result<Box<dyn de::Map + '_>> {
        Ok(Members::into(&mut self.out))
    }
}

impl Deserialize for Attributes {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }
}

impl Visitor for Place<Secret<Attributes>> {
    fn map(&mut self) -> miniserde::Result<Box<dyn de::Map + '_>> {
        Ok(Members::into(&mut self.out))
    }
}

impl Deserialize for Secret<Attributes> {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }
}

impl Serialize for Attributes {
    fn begin(&self) -> Fragment<'_> {
        self.0.begin()
    }
}

omit_absent! {
    /// The empty response of a trigger that only notifies.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct EmptyResponse {}
}

/// Gives requests a lookup of the user's attributes.
macro_rules! with_user_attributes {
    ($($request:ident),+) => {$(
        impl $request {
            /// Returns an attribute of the user, such as `email`.
            #[must_use]
            pub fn attribute(&self, name: &str) -> Option<&str> {
                self.user_attributes.as_ref()?.get(name)
            }
        }
    )+};
}
pub(crate) use with_user_attributes;
