//! AWS AppSync: fields of a GraphQL API that a function resolves.
//!
//! See <https://docs.aws.amazon.com/appsync/latest/devguide/direct-lambda-reference.html>; examples
//! are in `data/appsync-cognito.json` (the other identities next to it), `data/appsync-batch.json`,
//! `data/appsync-batch-response.json`, `data/appsync-function.json` and
//! `data/appsync-template.json`.

pub mod authorizer;
pub mod events;
pub mod identity;

use crate::appsync::identity::Identity;
use crate::values::omit_absent;
use crate::{Json, Map, OneOrMany};
use miniserde::{Deserialize, Serialize};

/// A field to resolve. The function returns its value, of any type.
///
/// `A` are the field's arguments, `S` is the value of the parent field. A resolver with batching
/// gets a [`Batch`].
///
/// ```
/// use minilambda_events::appsync;
/// use miniserde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Arguments {
///     id: String,
/// }
///
/// fn title(event: &appsync::Event<Arguments>) -> Option<String> {
///     match event.field() {
///         ("Query", "title") => Some(format!("The book {}", event.arguments.id)),
///         _ => None,
///     }
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event<A = Json, S = Json> {
    /// The field's arguments by name.
    pub arguments: A,
    /// The caller. Absent if the API only requires an API key.
    pub identity: Option<Identity>,
    /// The value of the parent field. Absent for fields of `Query` and `Mutation`.
    pub source: Option<S>,
    /// The HTTP request.
    pub request: Option<Request>,
    /// In a pipeline: the previous function, with its `result`.
    pub prev: Option<Json>,
    /// The field. Absent in Amplify's `@function`, see [`Event::field`].
    pub info: Option<Info>,
    /// The data that the resolver's functions share.
    pub stash: Option<Json>,
    /// The data source's result, if the resolver passes on its whole context.
    pub result: Option<Json>,
    /// The data source's error, if the resolver passes on its whole context.
    pub error: Option<Json>,
    /// The errors so far, if the resolver passes on its whole context.
    #[serde(rename = "outErrors")]
    pub out_errors: Option<Json>,
    /// The arguments again, if the resolver passes on its whole context.
    pub args: Option<Json>,
    /// The API's environment variables, if the resolver passes on its whole context.
    pub env: Option<Map>,
    /// In Amplify's `@function`: the field's parent type.
    #[serde(rename = "typeName")]
    pub type_name: Option<String>,
    /// In Amplify's `@function`: the field.
    #[serde(rename = "fieldName")]
    pub field_name: Option<String>,
}

/// The event of a resolver with batching: a field of several objects. The response is a list of as
/// many values in the same order, or of [`BatchResult`]s.
pub type Batch<A = Json, S = Json> = Vec<Event<A, S>>;

impl<A, S> Event<A, S> {
    /// Returns the parent type and the field, such as `("Query", "getPost")`. They are empty if
    /// AppSync does not send them.
    #[must_use]
    pub fn field(&self) -> (&str, &str) {
        match &self.info {
            Some(info) => (&info.parent_type_name, &info.field_name),
            None => (
                self.type_name.as_deref().unwrap_or_default(),
                self.field_name.as_deref().unwrap_or_default(),
            ),
        }
    }

    /// Returns a header of the request, whose name may be in any case. Of several values it is the
    /// first.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.request.as_ref()?.header(name)
    }
}

/// The HTTP request to the API.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Request {
    /// The headers, with names in lower case. A repeated one is a list.
    pub headers: Option<Map<OneOrMany>>,
    /// The API's own domain, if it was used.
    #[serde(rename = "domainName")]
    pub domain_name: Option<String>,
}

impl Request {
    /// Returns a header, whose name may be in any case. Of several values it is the first.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.as_ref()?.iter();
        let (_, values) = headers.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        values.first().map(String::as_str)
    }
}

/// The field to resolve, and the selection of its subfields.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Info {
    /// The parent type: `Query`, `Mutation`, `Subscription`, or a type of the schema.
    #[serde(rename = "parentTypeName")]
    pub parent_type_name: String,
    #[serde(rename = "fieldName")]
    pub field_name: String,
    /// The variables of the whole GraphQL request.
    pub variables: Option<Json>,
    /// The selected fields, as paths: `author/name`.
    #[serde(rename = "selectionSetList")]
    pub selection_set_list: Option<Vec<String>>,
    /// The selected fields, in GraphQL.
    #[serde(rename = "selectionSetGraphQL")]
    pub selection_set_graphql: Option<String>,
}

omit_absent! {
    /// The value for one event of a [`Batch`], or its error.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct BatchResult<T = Json> {
        /// The field's value.
        pub data: Option<T>,
        /// The error.
        #[serde(rename = "errorMessage")]
        pub error_message: Option<String>,
        /// The error's kind.
        #[serde(rename = "errorType")]
        pub error_type: Option<String>,
    }
}

impl<T, E: std::fmt::Display> From<Result<T, E>> for BatchResult<T> {
    fn from(result: Result<T, E>) -> Self {
        match result {
            Ok(data) => Self { data: Some(data), error_message: None, error_type: None },
            Err(error) => {
                Self { data: None, error_message: Some(error.to_string()), error_type: None }
            }
        }
    }
}

/// The request of a mapping template to Lambda.
///
/// The function gets only the `payload`, so that is the event of its handler. The whole request is
/// seen when templates are run locally.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Template<P = Json> {
    /// The template language's version: `2018-05-29`.
    pub version: Option<String>,
    /// `Invoke` or `BatchInvoke`.
    pub operation: String,
    /// The event of the function.
    pub payload: P,
    /// `RequestResponse` or `Event`.
    #[serde(rename = "invocationType")]
    pub invocation_type: Option<String>,
}
