//! Connections of a WebSocket API of Amazon API Gateway: messages to its clients.
//!
//! ```no_run
//! use minilambda::Error;
//! use minilambda_aws::websocket::{Connections, Delivery};
//! use minilambda_events::apigateway::websocket::Request;
//!
//! fn reply(request: &Request, others: &[String]) -> Result<Vec<String>, Error> {
//!     let connections = Connections::of(&request.request_context)?;
//!     let mut gone = Vec::new();
//!     for id in others {
//!         if connections.post(id, "hello")? == Delivery::Gone {
//!             gone.push(id.clone()); // forget it
//!         }
//!     }
//!     Ok(gone)
//! }
//! ```
//!
//! The role needs `execute-api:ManageConnections`. See
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html>.

use crate::catalog::EXECUTE_API;
use crate::client::Client;
use crate::endpoint;
use crate::error::Error;
use crate::rest::Request;
use minilambda::__private::decode_or;
use minilambda::{Context, ToJson};
use minilambda_events::NumberOrText;
use minilambda_events::apigateway::websocket::RequestContext;
use miniserde::{Deserialize, Serialize};

/// The status for a client that is gone.
const GONE: u16 = 410;

/// The connections of a stage of an API.
#[derive(Clone, Debug)]
#[must_use]
pub struct Connections<'a> {
    /// The URL of the stage; `None` for that of the environment.
    url: Option<String>,
    client: Client<'a>,
}

/// The outcome of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a client may be gone"]
pub enum Delivery {
    /// API Gateway has it for the client.
    Sent,
    /// The client is not connected any more: its id can be forgotten.
    Gone,
}

/// A client that is connected.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Connection {
    /// When it has connected, such as `2026-03-12T21:20:00.111Z`.
    #[serde(rename = "connectedAt")]
    pub connected_at: Option<NumberOrText>,
    /// When it was last active, in the same form.
    #[serde(rename = "lastActiveAt")]
    pub last_active_at: Option<NumberOrText>,
    /// Where it has connected from.
    pub identity: Option<Identity>,
}

/// Where a client is.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Identity {
    /// The IP address.
    #[serde(rename = "sourceIp")]
    pub source_ip: Option<String>,
    /// The program.
    #[serde(rename = "userAgent")]
    pub user_agent: Option<String>,
}

impl<'a> Connections<'a> {
    /// The connections of a stage, by its URL, such as
    /// `https://abc.execute-api.eu-central-1.amazonaws.com/prod`. With a domain of your own it ends
    /// with the path to which the stage is mapped.
    pub fn new(url: impl Into<String>) -> Self {
        Self { url: Some(url.into()), client: EXECUTE_API.client() }
    }

    /// The connections of the stage that a request came from. `AWS_ENDPOINT_URL` and
    /// `AWS_ENDPOINT_URL_APIGATEWAYMANAGEMENTAPI` are used instead if they are set. With a domain
    /// of your own use [`new`](Self::new).
    ///
    /// # Errors
    /// `Aws.InvalidRequest` if the request has no domain or no stage, or its domain is not one of
    /// API Gateway.
    pub fn of(request: &RequestContext) -> Result<Self, Error> {
        let client = EXECUTE_API.client();
        if endpoint::from_environment(EXECUTE_API.id)?.is_some() {
            return Ok(Self { url: None, client });
        }
        let (Some(domain), Some(stage)) = (&request.domain_name, &request.stage) else {
            return Err(Error::invalid(
                "the WebSocket request has no domainName or no stage: use Connections::new",
            ));
        };
        // Requests with the credentials of the function go there.
        if !endpoint::is_below(domain, EXECUTE_API.prefix) {
            return Err(Error::invalid(
                "the WebSocket request came by a domain of your own, whose path it does not say: \
                 use Connections::new",
            ));
        }
        Ok(Self { url: Some(format!("https://{domain}/{stage}")), client })
    }

    /// Uses a client with other choices, such as `EXECUTE_API.client().region("eu-west-1")`.
    pub fn client(self, client: Client<'a>) -> Self {
        Self { client, ..self }
    }

    /// Keeps the requests inside the time that an invocation has left.
    pub fn within(self, context: &Context) -> Self {
        Self { client: self.client.within(context), ..self }
    }

    /// Sends a message of at most 128 KB to a client: a text, or bytes. It is sent once, unless it
    /// was surely not delivered.
    ///
    /// # Errors
    /// The service's, such as `LimitExceededException`, or this crate's; see the [crate].
    pub fn post(&self, id: &str, message: impl Into<Vec<u8>>) -> Result<Delivery, Error> {
        let sent = self.request("POST", id).body(message).send();
        Ok(unless_gone(sent)?.map_or(Delivery::Gone, |_| Delivery::Sent))
    }

    /// Sends a value as JSON.
    ///
    /// # Errors
    /// Those of [`post`](Self::post).
    pub fn post_json<T: ToJson + ?Sized>(&self, id: &str, message: &T) -> Result<Delivery, Error> {
        let message = message.to_json(Vec::new());
        self.post(id, message.map_err(|error| Error::invalid(error.message()))?)
    }

    /// Disconnects a client. One that is gone is no error.
    ///
    /// # Errors
    /// Those of [`post`](Self::post).
    pub fn delete(&self, id: &str) -> Result<(), Error> {
        unless_gone(self.request("DELETE", id).send())?;
        Ok(())
    }

    /// Returns what is known of a client; `None` if it is gone.
    ///
    /// # Errors
    /// Those of [`post`](Self::post).
    pub fn get(&self, id: &str) -> Result<Option<Connection>, Error> {
        let response = unless_gone(self.request("GET", id).send())?;
        let decode = |response: crate::Response| {
            decode_or(&response.body, |message| {
                Error::invalid_response(format!("the connection: {message}"))
            })
        };
        response.map(decode).transpose()
    }

    fn request(&self, method: &'a str, id: &str) -> Request<'a> {
        let client = match &self.url {
            Some(url) => &self.client.clone().endpoint(url),
            None => &self.client,
        };
        client.request(method, "/@connections").segment(id)
    }
}

fn unless_gone<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Err(error) if error.status() == Some(GONE) => Ok(None),
        other => other.map(Some),
    }
}
