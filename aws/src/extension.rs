//! Parameters and secrets through the [AWS Parameters and Secrets Lambda
//! Extension](https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html):
//! a layer of AWS that reads and caches them, and is asked over plain HTTP on this machine; and
//! configurations through the [agent of
//! AppConfig](https://docs.aws.amazon.com/appconfig/latest/userguide/appconfig-integration-lambda-extensions.html),
//! another layer. A function that needs nothing else of AWS needs no TLS and no signatures: build
//! this crate without `services`.
//!
//! ```no_run
//! let password = minilambda_aws::extension::secret("shop/database")?;
//! # Ok::<(), minilambda_aws::Error>(())
//! ```

use crate::environment::variable;
use crate::error::{Error, Outcome};
use crate::http::{self, Body, Message};
use crate::limits::{Deadline, Limits};
use crate::stored::{Parameter, Secret};
use crate::url::{Url, encode};
use miniserde::{Deserialize, json};
use std::thread;
use std::time::Duration;

/// For the extension's own request to AWS.
const TIMEOUT: Duration = Duration::from_secs(10);

/// The longest time that the extension needs to be ready after a cold start.
const READY: Duration = Duration::from_secs(5);

/// The longest time until it accepts connections. If its layer is missing, it never does.
const LISTENING: Duration = Duration::from_secs(1);

/// Between two attempts, meanwhile.
const PAUSE: Duration = Duration::from_millis(20);

/// The most of its response that an error repeats.
const MAX_REASON_CHARS: usize = 1024;

/// Where the token is that the Parameters and Secrets Extension wants. With `SnapStart` and on
/// managed instances, Lambda sets the second only.
const TOKENS: [&str; 2] = ["AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN"];

/// What it says then, with the status 400.
const NOT_READY: &str = "not ready";

/// Returns a parameter of the Parameter Store, decrypted if it is a `SecureString`.
///
/// # Errors
/// `Aws.Extension` if the extension does not respond, or with its status and text.
pub fn parameter(name: &str) -> Result<String, Error> {
    let query = [("name", name), ("withDecryption", "true")];
    let parameter: Parameter = ask("/systemsmanager/parameters/get", &query, name)?;
    Ok(parameter.value())
}

/// Returns the text of a secret of Secrets Manager.
///
/// # Errors
/// Those of [`parameter`]; `Aws.InvalidResponse` if the secret is binary.
pub fn secret(name: &str) -> Result<String, Error> {
    let secret: Secret = ask("/secretsmanager/get", &[("secretId", name)], name)?;
    secret.text(name)
}

/// Returns a configuration of AppConfig, which the agent keeps and asks for again.
///
/// # Errors
/// Those of [`parameter`]; `Aws.InvalidRequest` if a name is empty or consists of dots.
pub fn configuration(
    application: &str,
    environment: &str,
    profile: &str,
) -> Result<Vec<u8>, Error> {
    let mut path = String::new();
    for (kind, name) in
        [("applications", application), ("environments", environment), ("configurations", profile)]
    {
        // It would make another path.
        if matches!(name, "" | "." | "..") {
            return Err(Error::invalid(format!("a name in {kind} is empty or consists of dots")));
        }
        path.extend(["/", kind, "/", &encode(name)]);
    }
    AGENT.get(path, Vec::new(), profile, None)
}

fn ask<T: Deserialize>(path: &str, query: &[(&str, &str)], name: &str) -> Result<T, Error> {
    let token = TOKENS.iter().find_map(|name| variable(name)).unwrap_or_default();
    let query = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let body = EXTENSION.get(path.to_owned(), query.collect(), name, Some(token))?;
    let text = String::from_utf8_lossy(&body);
    json::from_str(&text).map_err(|_| {
        Error::invalid_response(format!("the extension's response for {name} is not as documented"))
    })
}

/// A layer of AWS, which listens on this machine.
struct Layer {
    name: &'static str,
    port_variable: &'static str,
    port: &'static str,
}

const EXTENSION: Layer = Layer {
    name: "the Parameters and Secrets Extension",
    port_variable: "PARAMETERS_SECRETS_EXTENSION_HTTP_PORT",
    port: "2773",
};

const AGENT: Layer = Layer {
    name: "the agent of AppConfig",
    port_variable: "AWS_APPCONFIG_EXTENSION_HTTP_PORT",
    port: "2772",
};

impl Layer {
    /// Returns a response. The first layer wants a token, so that no other process reads what the
    /// function may.
    fn get(
        &self,
        path: String,
        query: Vec<(String, String)>,
        name: &str,
        token: Option<String>,
    ) -> Result<Vec<u8>, Error> {
        let fail = |reason: String, outcome| {
            let reason = format!("{}, {name}: {reason}", self.name);
            Error::with_outcome("Aws.Extension", reason, outcome)
        };
        let port = variable(self.port_variable).unwrap_or_else(|| self.port.to_owned());
        let port: u16 = port
            .parse()
            .map_err(|_| fail(format!("{} is no port", self.port_variable), Outcome::NotSent))?;
        let secret = token.as_deref().unwrap_or_default();
        if !secret.bytes().all(|byte| byte.is_ascii_graphic()) {
            let names = TOKENS.join(" or ");
            let reason = format!("{names} has a blank, a line break or a sign that is not ASCII");
            return Err(fail(reason, Outcome::NotSent));
        }
        let url = Url { is_tls: false, host: format!("127.0.0.1:{port}"), path, query };
        let headers = token.iter().cloned();
        let headers = headers.map(|token| ("x-aws-parameters-secrets-token".to_owned(), token));
        let headers: Vec<_> = headers.collect();
        respond(&url, &headers).map_err(|(reason, outcome)| {
            let hidden = reason.replace(secret, "(hidden)");
            let reason = if secret.is_empty() { reason } else { hidden };
            fail(reason.chars().take(MAX_REASON_CHARS).collect(), outcome)
        })
    }
}

/// Asks until the extension is ready.
fn respond(url: &Url, headers: &[(String, String)]) -> Result<Vec<u8>, (String, Outcome)> {
    let deadline = Deadline::current();
    let (listening, ready) = (Deadline::after(LISTENING), Deadline::after(READY));
    loop {
        let limits = Limits { head: TIMEOUT, between: TIMEOUT, deadline, ..Limits::default() };
        let message = Message { method: "GET", url, headers, body: Body::Bytes(b""), limits };
        let (failure, until) = match http::send(&message, None) {
            Ok(response) if response.status == 200 => return Ok(response.body),
            Ok(response) => {
                let text = String::from_utf8_lossy(&response.body);
                let failure = format!("status {}: {}", response.status, text.trim());
                let is_starting = text.to_ascii_lowercase().contains(NOT_READY);
                ((failure, Outcome::Refused), is_starting.then_some(ready))
            }
            Err(failure) => {
                let error = failure.error;
                let failure = format!("{}; is its layer added to the function?", error.message());
                ((failure, error.outcome()), error.was_not_sent().then_some(listening))
            }
        };
        match until {
            Some(until) if until.or_earlier(deadline).permits(PAUSE) => thread::sleep(PAUSE),
            _ => return Err(failure),
        }
    }
}
