//! Amazon Bedrock: actions of agents; [interceptors](gateway) of a gateway.
//!
//! See <https://docs.aws.amazon.com/bedrock/latest/userguide/agents-lambda.html>; examples are in
//! `data/bedrock-agent.json`, `data/bedrock-agent-function.json` and
//! `data/bedrock-agent-response.json`.

pub mod gateway;

use crate::values::omit_absent;
use crate::{Json, Map};
use miniserde::{Deserialize, Serialize};

/// An action, which [`action`](Event::action) returns.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    #[serde(rename = "messageVersion")]
    pub message_version: Option<String>,
    pub agent: Agent,
    /// What the user said.
    #[serde(rename = "inputText")]
    pub input_text: Option<String>,
    #[serde(rename = "sessionId")]
    pub session_id: String,
    #[serde(rename = "actionGroup")]
    pub action_group: String,
    /// If the action group has an API schema.
    #[serde(rename = "apiPath")]
    pub api_path: Option<String>,
    /// If the action group has an API schema.
    #[serde(rename = "httpMethod")]
    pub http_method: Option<String>,
    /// If the action group has functions.
    pub function: Option<String>,
    pub parameters: Option<Vec<Parameter>>,
    #[serde(rename = "requestBody")]
    pub request_body: Option<RequestBody>,
    #[serde(rename = "sessionAttributes")]
    pub session_attributes: Option<Map>,
    #[serde(rename = "promptSessionAttributes")]
    pub prompt_session_attributes: Option<Map>,
}

/// What an agent calls: an operation of an API schema, or a function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Action<'a> {
    /// An operation of the schema.
    Operation {
        /// Such as `GET`.
        method: &'a str,
        /// The path in the schema, such as `/stock/{item}`.
        path: &'a str,
    },
    /// The function's name.
    Function(&'a str),
}

/// An agent.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Agent {
    pub name: Option<String>,
    pub id: String,
    pub alias: Option<String>,
    pub version: Option<String>,
}

/// A parameter of an action.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Parameter {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub value: Option<String>,
}

/// The body of an action with an API schema.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct RequestBody {
    /// By content type.
    pub content: Option<Map<Content>>,
}

/// The properties of a body.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Content {
    pub properties: Option<Vec<Parameter>>,
}

omit_absent! {
    /// The response of an action.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        #[serde(rename = "messageVersion")]
        pub message_version: Option<String>,
        pub response: Option<ActionResult>,
        #[serde(rename = "sessionAttributes")]
        pub session_attributes: Option<Map>,
        #[serde(rename = "promptSessionAttributes")]
        pub prompt_session_attributes: Option<Map>,
        #[serde(rename = "knowledgeBasesConfiguration")]
        pub knowledge_bases_configuration: Option<Json>,
    }
}

omit_absent! {
    /// The result of an action.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct ActionResult {
        #[serde(rename = "actionGroup")]
        pub action_group: Option<String>,
        #[serde(rename = "apiPath")]
        pub api_path: Option<String>,
        #[serde(rename = "httpMethod")]
        pub http_method: Option<String>,
        #[serde(rename = "httpStatusCode")]
        pub http_status_code: Option<u64>,
        /// With an API schema: the body by content type.
        #[serde(rename = "responseBody")]
        pub response_body: Option<Map<Body>>,
        pub function: Option<String>,
        #[serde(rename = "functionResponse")]
        pub function_response: Option<FunctionResult>,
    }
}

omit_absent! {
    /// The result of a function.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct FunctionResult {
        /// `FAILURE` or `REPROMPT`. Absent for a success.
        #[serde(rename = "responseState")]
        pub response_state: Option<String>,
        /// Under the key `TEXT`.
        #[serde(rename = "responseBody")]
        pub response_body: Option<Map<Body>>,
    }
}

omit_absent! {
    /// A body.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Body {
        pub body: Option<String>,
    }
}

impl Event {
    /// Returns what the agent calls: `None` if the event names neither an operation nor a function.
    ///
    /// ```
    /// use minilambda_events::bedrock::{Action, Event};
    ///
    /// fn is_known(event: &Event) -> bool {
    ///     match event.action() {
    ///         Some(Action::Operation { method: "GET", path: "/stock/{item}" }) => true,
    ///         Some(Action::Function(name)) => name == "count",
    ///         _ => false,
    ///     }
    /// }
    ///
    /// assert!(!is_known(&Default::default()));
    /// ```
    #[must_use]
    pub fn action(&self) -> Option<Action<'_>> {
        match (&self.http_method, &self.api_path, &self.function) {
            (Some(method), Some(path), _) => Some(Action::Operation { method, path }),
            (_, _, Some(function)) => Some(Action::Function(function)),
            _ => None,
        }
    }

    /// Returns the value of a parameter, which may be in the body.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        let content = self.request_body.as_ref().and_then(|body| body.content.as_ref());
        let properties = content.into_iter().flat_map(|content| content.values());
        let properties = properties.filter_map(|content| content.properties.as_ref());
        let mut all = self.parameters.iter().chain(properties).flatten();
        all.find(|parameter| parameter.name == name)?.value.as_deref()
    }

    /// Creates a successful response with a text, of whichever kind the action is.
    pub fn success(&self, text: impl Into<String>) -> Response {
        let body = |key: &str| Some(Map::from([(key, Body { body: Some(text.into()) })]));
        let is_function = self.function.is_some();
        let (response_body, function_response) = if is_function {
            let result = FunctionResult { response_state: None, response_body: body("TEXT") };
            (None, Some(result))
        } else {
            (body("application/json"), None)
        };
        let result = ActionResult {
            action_group: Some(self.action_group.clone()),
            api_path: self.api_path.clone(),
            http_method: self.http_method.clone(),
            http_status_code: (!is_function).then_some(200),
            response_body,
            function: self.function.clone(),
            function_response,
        };
        Response {
            message_version: Some("1.0".to_owned()),
            response: Some(result),
            ..Default::default()
        }
    }
}
