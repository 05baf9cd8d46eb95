//! What the HTTP requests and responses of the several sources have in common.

use super::Base64;
use crate::Error;
use miniserde::Deserialize;

/// Gives a request with a `body` and `is_base64_encoded` the calls that read it.
macro_rules! reads_body {
    ($request:ident) => {
        impl $request {
            /// The body's bytes, out of base64 where it is sent so; none where there is no body.
            ///
            /// # Errors
            /// If `is_base64_encoded`, and the body is not base64.
            pub fn body_bytes(&self) -> Result<Vec<u8>, $crate::Error> {
                $crate::values::http::bytes(self.body.as_deref(), self.is_base64_encoded)
            }

            /// The body, decoded from JSON.
            ///
            /// # Errors
            /// If there is no body, it is not JSON, or does not fit the type.
            pub fn body_json<T: miniserde::Deserialize>(&self) -> Result<T, $crate::Error> {
                $crate::values::http::from_json(self.body.as_deref(), self.is_base64_encoded)
            }
        }
    };
}
pub(crate) use reads_body;

pub(crate) fn bytes(body: Option<&str>, is_base64: Option<bool>) -> Result<Vec<u8>, Error> {
    let body = body.unwrap_or_default();
    if is_base64 == Some(true) { Base64::from(body).decode() } else { Ok(body.into()) }
}

pub(crate) fn from_json<T>(body: Option<&str>, is_base64: Option<bool>) -> Result<T, Error>
where
    T: Deserialize,
{
    if is_base64 != Some(true) {
        return super::from_json(body.unwrap_or_default(), "the body");
    }
    super::from_json(&Base64::from(body.unwrap_or_default()).decode_text()?, "the body")
}

/// Gives a response with a `status_code`, `headers`, a `body` and `is_base64_encoded` the calls
/// that make one.
macro_rules! makes_response {
    ($response:ident) => {
        $crate::values::http::makes_response!($response, |response, name, value| {
            response.headers.get_or_insert_default().set(name, value);
        });
    };
    ($response:ident, |$this:ident, $name:ident, $value:ident| $set_header:block) => {
        impl $response {
            /// A response with a body of JSON.
            #[must_use]
            pub fn json(status_code: u16, body: &impl miniserde::Serialize) -> Self {
                let body = miniserde::json::to_string(body);
                Self::with_type(status_code, "application/json", body)
            }

            /// A response with a body of plain text.
            #[must_use]
            pub fn text(status_code: u16, body: impl Into<String>) -> Self {
                Self::with_type(status_code, "text/plain; charset=utf-8", body.into())
            }

            /// A response with a body of HTML.
            #[must_use]
            pub fn html(status_code: u16, body: impl Into<String>) -> Self {
                Self::with_type(status_code, "text/html; charset=utf-8", body.into())
            }

            /// A response with a body of bytes, such as an image, sent in base64.
            #[must_use]
            pub fn bytes(status_code: u16, content_type: &str, body: impl AsRef<[u8]>) -> Self {
                let body = $crate::Base64::encode(body).0;
                let response = Self::with_type(status_code, content_type, body);
                Self { is_base64_encoded: Some(true), ..response }
            }

            /// A response without a body, such as 204.
            #[must_use]
            pub fn empty(status_code: u16) -> Self {
                Self { status_code, ..Default::default() }
            }

            /// A response that sends the client elsewhere: with 302 for now, 301 for good, or
            /// 303 after a form.
            #[must_use]
            pub fn redirect(status_code: u16, location: impl Into<String>) -> Self {
                Self::empty(status_code).with_header("Location", location)
            }

            /// The response with one more header, in place of one of the same name.
            #[must_use]
            pub fn with_header(self, name: &str, value: impl Into<String>) -> Self {
                let (mut $this, $name, $value) = (self, name, value);
                $set_header
                $this
            }

            fn with_type(status_code: u16, content_type: &str, body: String) -> Self {
                let response = Self { body: Some(body), ..Self::empty(status_code) };
                response.with_header("Content-Type", content_type)
            }
        }
    };
}
pub(crate) use makes_response;

#[cfg(test)]
mod tests {
    use super::{bytes, from_json};
    use crate::Map;

    #[test]
    fn a_body_is_text_or_base64() {
        assert_eq!(bytes(Some("SGk="), Some(true)).unwrap(), b"Hi");
        assert_eq!(bytes(Some("SGk="), Some(false)).unwrap(), b"SGk=");
        assert_eq!(bytes(Some("SGk="), None).unwrap(), b"SGk=");
        assert_eq!(bytes(None, Some(true)).unwrap(), b"");
        assert!(bytes(Some("{}"), Some(true)).is_err());
    }

    #[test]
    fn json_is_decoded_from_both() {
        for (body, is_base64) in [(r#"{"a":"1"}"#, false), ("eyJhIjoiMSJ9", true)] {
            let map: Map = from_json(Some(body), Some(is_base64)).unwrap();
            assert_eq!(map["a"], "1");
        }
        for body in [None, Some(""), Some("secret"), Some("[]")] {
            let error = from_json::<Map>(body, None).unwrap_err();
            assert!(error.message().starts_with("the body: "), "{error}");
            assert!(!error.message().contains("secret"));
        }
    }
}
