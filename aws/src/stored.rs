//! What the Parameter Store and Secrets Manager return, which AWS's extension passes on.

use crate::error::Error;
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
    #[cfg(feature = "services")]
    #[serde(rename = "SecretBinary")]
    binary: Option<String>,
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

    /// Returns the bytes of a binary secret of this name, in base64.
    #[cfg(feature = "services")]
    pub fn base64(self, name: &str) -> Result<String, Error> {
        self.binary.ok_or_else(|| {
            Error::invalid_response(format!("the secret {name} is a text, and not binary"))
        })
    }
}
