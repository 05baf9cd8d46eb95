//! What the Parameter Store and Secrets Manager return, which AWS's extension passes on.

use crate::error::Error;
use minilambda_events::Base64;
use miniserde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Parameter {
    #[serde(rename = "Parameter")]
    parameter: Value,
}

#[derive(Deserialize)]
struct Value {
    #[serde(rename = "Value")]
    value: String,
}

#[derive(Deserialize)]
pub(crate) struct Secret {
    #[serde(rename = "SecretString")]
    text: Option<String>,
    #[serde(rename = "SecretBinary")]
    binary: Option<Base64>,
}

impl Parameter {
    pub fn value(self) -> String {
        self.parameter.value
    }
}

impl Secret {
    /// Returns the text of a secret of this name.
    pub fn text(self, name: &str) -> Result<String, Error> {
        self.text.ok_or_else(|| {
            Error::invalid_response(format!("the secret {name} is binary, and has no text"))
        })
    }

    /// Returns the bytes of a secret in base64.
    pub fn base64(self) -> String {
        let of_text = || Base64::encode(self.text.unwrap_or_default());
        self.binary.unwrap_or_else(of_text).0
    }
}
