//! Parameters and secrets through the
//! [AWS Parameters and Secrets Lambda Extension](https://docs.aws.amazon.com/secretsmanager/latest/userguide/retrieving-secrets_lambda.html):
//! a layer of AWS that reads and caches them, and is asked over plain HTTP on this machine. A function
//! that needs nothing else of AWS needs no TLS and no signatures: build this crate without
//! `services`.
//!
//! ```no_run
//! let password = minilambda_aws::extension::secret("shop/database")?;
//! # Ok::<(), minilambda::Error>(())
//! ```

use minilambda::Error;
use miniserde::{Deserialize, json};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::env;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
struct Parameter {
    #[serde(rename = "Parameter")]
    parameter: Value,
}

#[derive(Deserialize)]
struct Value {
    #[serde(rename = "Value")]
    value: String,
}

#[derive(Deserialize)]
struct Secret {
    #[serde(rename = "SecretString")]
    text: Option<String>,
}

/// Returns a parameter of the Parameter Store, decrypted if it is a `SecureString`.
///
/// # Errors
/// `Aws.Extension` if the extension does not respond, or with its status and text.
pub fn parameter(name: &str) -> Result<String, Error> {
    let path = format!("/systemsmanager/parameters/get?name={}&withDecryption=true", encode(name));
    let parameter: Parameter = ask(&path, name)?;
    Ok(parameter.parameter.value)
}

/// Returns the text of a secret of Secrets Manager.
///
/// # Errors
/// Those of [`parameter`]; `Aws.InvalidResponse` if the secret is binary.
pub fn secret(name: &str) -> Result<String, Error> {
    let secret: Secret = ask(&format!("/secretsmanager/get?secretId={}", encode(name)), name)?;
    secret.text.ok_or_else(|| {
        Error::new("Aws.InvalidResponse", format!("the secret {name} is binary, and has no text"))
    })
}

fn encode(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn ask<T: Deserialize>(path: &str, name: &str) -> Result<T, Error> {
    let fail = |reason: String| {
        Error::new(
            "Aws.Extension",
            format!("the Parameters and Secrets Extension, {name}: {reason}"),
        )
    };
    let port = env::var("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT");
    let port = port.ok().filter(|port| !port.is_empty()).unwrap_or_else(|| "2773".to_owned());
    let token = env::var("AWS_SESSION_TOKEN").unwrap_or_default();
    let config = ureq::Agent::config_builder()
        .proxy(None)
        .http_status_as_error(false)
        .timeout_global(Some(TIMEOUT))
        .build();
    let response = ureq::Agent::new_with_config(config)
        .get(format!("http://127.0.0.1:{port}{path}"))
        .header("x-aws-parameters-secrets-token", token)
        .call();
    let mut response =
        response.map_err(|error| fail(format!("{error}; is its layer added to the function?")))?;
    let status = response.status();
    let text = response.body_mut().read_to_string().map_err(|error| fail(error.to_string()))?;
    if status != 200 {
        return Err(fail(format!("status {}: {}", status.as_u16(), text.trim())));
    }
    json::from_str(&text).map_err(|_| {
        Error::new(
            "Aws.InvalidResponse",
            format!("the extension's response for {name} is not as documented"),
        )
    })
}
