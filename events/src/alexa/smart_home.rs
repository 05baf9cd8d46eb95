//! Smart home skills of Alexa: directives to devices, and their responses.
//!
//! See <https://developer.amazon.com/en-US/docs/alexa/device-apis/message-guide.html>; examples are
//! in `data/alexa-smart-home.json`, `data/alexa-smart-home-discover.json`,
//! `data/alexa-smart-home-response.json`, and in `data/alexa-smart-home-v2.json` of the retired
//! version 2.

use crate::values::omit_absent;
use crate::{Json, Map, NumberOrText, Rfc3339, Secret};
use miniserde::json::{Object, Value};
use miniserde::{Deserialize, Serialize};
use std::fmt;
use std::time::SystemTime;

/// A directive to a device, in version 3.
///
/// ```
/// use minilambda_events::alexa::smart_home::{Property, Request, Response};
/// use miniserde::json::Value;
///
/// fn control(request: &Request) -> Response {
///     match request.name() {
///         ("Alexa.PowerController", "TurnOn") => {
///             let on = Value::String("ON".to_owned());
///             Response::done(request, vec![Property::now("Alexa.PowerController", "powerState", on)])
///         }
///         _ => Response::error(request, "INVALID_DIRECTIVE", "the kettle only boils"),
///     }
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Request {
    pub directive: Directive,
}

/// A directive to a device.
///
/// `Debug` does not print the payload: that of `Alexa.Discovery` and of `Alexa.Authorization` has
/// the user's token or a code for it.
#[derive(Clone, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Directive {
    /// The header.
    pub header: Header,
    /// The device. Absent for directives without one, such as `Alexa.Discovery`.
    pub endpoint: Option<Endpoint>,
    /// The content, which depends on the directive.
    pub payload: Option<Json>,
}

impl Request {
    /// Returns the interface and the directive, such as `("Alexa.PowerController", "TurnOn")`.
    #[must_use]
    pub fn name(&self) -> (&str, &str) {
        (&self.directive.header.namespace, &self.directive.header.name)
    }

    /// Returns the device's id. It is empty if there is no device.
    #[must_use]
    pub fn endpoint_id(&self) -> &str {
        let endpoint = self.directive.endpoint.as_ref();
        endpoint.and_then(|endpoint| endpoint.endpoint_id.as_deref()).unwrap_or_default()
    }
}

/// A message of the retired version 2, request or response.
///
/// `Debug` does not print the payload, which has the user's token.
#[derive(Clone, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct MessageV2 {
    /// The header.
    pub header: Header,
    /// The content: `accessToken`, `appliance`, …
    pub payload: Json,
}

impl fmt::Debug for Directive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Directive")
            .field("header", &self.header)
            .field("endpoint", &self.endpoint)
            .field("payload", &self.payload.as_ref().map(|_| Secret::from(())))
            .finish()
    }
}

impl fmt::Debug for MessageV2 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut printed = f.debug_struct("MessageV2");
        printed.field("header", &self.header).field("payload", &Secret::from(())).finish()
    }
}

omit_absent! {
    /// The header of a message.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Header {
        /// The interface, such as `Alexa.PowerController`.
        pub namespace: String,
        /// The directive or the event, such as `TurnOn` or `Response`.
        pub name: String,
        /// The instance, if a device has several of an interface.
        pub instance: Option<String>,
        #[serde(rename = "messageId")]
        pub message_id: Option<String>,
        /// The token that the response must repeat.
        #[serde(rename = "correlationToken")]
        pub correlation_token: Option<Secret>,
        /// `3`, or in retired messages `2`.
        #[serde(rename = "payloadVersion")]
        pub payload_version: Option<NumberOrText>,
    }
}

omit_absent! {
    /// A device.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Endpoint {
        /// The id that the skill gave the device.
        #[serde(rename = "endpointId")]
        pub endpoint_id: Option<String>,
        /// The user.
        pub scope: Option<Scope>,
        /// The data that the skill stored with the device.
        pub cookie: Option<Map>,
    }
}

omit_absent! {
    /// The user of a device.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Scope {
        /// `BearerToken` or `BearerTokenWithPartition`.
        #[serde(rename = "type")]
        pub kind: Option<String>,
        /// The token of the linked account.
        pub token: Option<Secret>,
        /// The room.
        pub partition: Option<String>,
        #[serde(rename = "userId")]
        pub user_id: Option<String>,
    }
}

omit_absent! {
    /// The response to a directive.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        /// The event.
        pub event: Event,
        /// The state of the device.
        pub context: Option<Context>,
    }
}

omit_absent! {
    /// An event.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Event {
        /// The header.
        pub header: Header,
        /// The device.
        pub endpoint: Option<Endpoint>,
        /// The content, which depends on the event.
        pub payload: Json,
    }
}

omit_absent! {
    /// The state of a device.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Context {
        /// The properties.
        pub properties: Option<Vec<Property>>,
    }
}

omit_absent! {
    /// A property of a device.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Property {
        /// The interface, such as `Alexa.PowerController`.
        pub namespace: String,
        /// The instance, if a device has several of an interface.
        pub instance: Option<String>,
        /// The property, such as `powerState`.
        pub name: String,
        /// Its value, such as `"ON"`.
        pub value: Option<Json>,
        /// The time of the value.
        #[serde(rename = "timeOfSample")]
        pub time_of_sample: Option<Rfc3339>,
        /// How old the value may be, in milliseconds.
        #[serde(rename = "uncertaintyInMilliseconds")]
        pub uncertainty_in_milliseconds: Option<u64>,
    }
}

impl Property {
    /// Creates a property with the present time.
    #[must_use]
    pub fn now(namespace: impl Into<String>, name: impl Into<String>, value: Value) -> Self {
        Self {
            namespace: namespace.into(),
            name: name.into(),
            value: Some(value.into()),
            time_of_sample: Some(Rfc3339::from(SystemTime::now())),
            uncertainty_in_milliseconds: Some(0),
            ..Default::default()
        }
    }
}

impl Response {
    /// Creates a response to a directive that was executed. The properties are the new state.
    #[must_use]
    pub fn done(request: &Request, properties: Vec<Property>) -> Self {
        Self {
            context: Some(Context { properties: Some(properties) }),
            ..Self::to(request, "Alexa", "Response", Object::new())
        }
    }

    /// Creates a response to a directive that failed with an error type, such as
    /// `ENDPOINT_UNREACHABLE`.
    #[must_use]
    pub fn error(request: &Request, kind: impl Into<String>, message: impl Into<String>) -> Self {
        let mut payload = Object::new();
        payload.insert("type".to_owned(), Value::String(kind.into()));
        payload.insert("message".to_owned(), Value::String(message.into()));
        Self::to(request, "Alexa", "ErrorResponse", payload)
    }

    /// Creates another event that responds to a request, such as `("Alexa.Discovery",
    /// "Discover.Response")`.
    ///
    /// Its message id is that of the request with a suffix.
    #[must_use]
    pub fn to(request: &Request, namespace: &str, name: &str, payload: Object) -> Self {
        let asked = &request.directive.header;
        let header = Header {
            namespace: namespace.to_owned(),
            name: name.to_owned(),
            message_id: asked.message_id.as_ref().map(|id| format!("{id}-response")),
            correlation_token: asked.correlation_token.clone(),
            payload_version: asked.payload_version.clone(),
            ..Default::default()
        };
        let endpoint = request.directive.endpoint.as_ref();
        let endpoint = endpoint.map(|endpoint| Endpoint {
            endpoint_id: endpoint.endpoint_id.clone(),
            ..Default::default()
        });
        Self { event: Event { header, endpoint, payload: payload.into() }, context: None }
    }
}

#[cfg(test)]
mod tests {
    use super::{Request, Response};
    use miniserde::json;

    #[test]
    fn a_response_names_the_device_and_brings_the_correlation_token_back() {
        let request: Request = json::from_str(
            r#"{"directive":{"header":{"namespace":"Alexa.PowerController","name":"TurnOn",
                "messageId":"m","correlationToken":"c","payloadVersion":"3"},
                "endpoint":{"endpointId":"kettle","scope":{"token":"secret"}},"payload":{}}}"#,
        )
        .unwrap();
        assert_eq!(request.name(), ("Alexa.PowerController", "TurnOn"));
        assert_eq!(
            json::to_string(&Response::done(&request, Vec::new())),
            r#"{"event":{"header":{"namespace":"Alexa","name":"Response","messageId":"m-response","correlationToken":"c","payloadVersion":"3"},"endpoint":{"endpointId":"kettle"},"payload":{}},"context":{"properties":[]}}"#
        );
        let error = json::to_string(&Response::error(&request, "NO_SUCH_ENDPOINT", "gone"));
        assert!(error.contains(r#""payload":{"message":"gone","type":"NO_SUCH_ENDPOINT"}"#));
    }
}
