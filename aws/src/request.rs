//! A request: filled once, by a client, and sent by `attempts`.

use crate::error::Error;
use crate::http::{Body, Message};
use crate::limits::Limits;
use crate::sign::Unsigned;
use crate::url::Url;

/// Headers that describe the connection, or that the signature sets.
const RESERVED: [&str; 15] = [
    "authorization",
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "x-amz-content-sha256",
    "x-amz-date",
    "x-amz-security-token",
];

#[derive(Clone, Debug)]
pub(crate) struct Request<'a> {
    /// For errors: `DYNAMODB PutItem`.
    pub what: String,
    pub method: &'a str,
    pub url: Url,
    pub headers: Headers,
    pub body: Body<'a>,
    /// The SHA-256 of the body in hexadecimal digits.
    pub hash: String,
    /// A token in the headers or the body, which no error repeats; empty if there is none.
    pub secret: String,
    /// The name in the signature.
    pub service: &'a str,
    pub region: String,
    /// Whether it may be sent again if it is unknown whether it was carried out.
    pub is_repeatable: bool,
    pub limits: Limits,
}

impl Request<'_> {
    pub fn unsigned(&self) -> Unsigned<'_> {
        Unsigned {
            method: self.method,
            url: &self.url,
            headers: &self.headers.0,
            payload: &self.hash,
        }
    }

    pub fn message<'b>(&'b self, headers: &'b [(String, String)]) -> Message<'b> {
        Message {
            method: self.method,
            url: &self.url,
            headers,
            body: self.body,
            limits: self.limits,
        }
    }
}

/// Headers with names in lower case, each once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Headers(pub Vec<(String, String)>);

impl Headers {
    /// Sets a header, in place of an earlier one with the name.
    pub fn set(&mut self, name: &str, value: &str) -> Result<(), Error> {
        let name = name.to_ascii_lowercase();
        let is_token =
            |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        if name.is_empty() || !name.bytes().all(is_token) {
            return Err(Error::invalid(format!("{name:?} is no name of a header")));
        }
        if RESERVED.contains(&&*name) {
            return Err(Error::invalid(format!(
                "the header {name} is set by this crate: leave it out"
            )));
        }
        // A blank at an end, a tab or another character would be signed in one form and sent in
        // another.
        let is_text = value.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if !is_text || value.trim() != value {
            return Err(Error::invalid(format!(
                "the header {name}: a value is visible ASCII, without blanks at its ends"
            )));
        }
        self.0.retain(|(other, _)| *other != name);
        self.0.push((name, value.to_owned()));
        Ok(())
    }

    pub fn has(&self, test: impl Fn(&str) -> bool) -> bool {
        self.0.iter().any(|(name, _)| test(name))
    }
}

#[cfg(test)]
mod tests {
    use super::Headers;

    #[test]
    fn a_header_is_set_once_and_as_it_can_be_signed() {
        let mut headers = Headers::default();
        headers.set("X-Amz-Meta-A", "1").unwrap();
        headers.set("x-amz-meta-a", "2  3").unwrap();
        assert_eq!(headers.0, [("x-amz-meta-a".to_owned(), "2  3".to_owned())]);
        for (name, value) in [
            ("", "a"),
            ("a b", "a"),
            ("a:", "a"),
            ("\u{e9}", "a"),
            ("a", "b\tc"),
            ("a", "b\r\nc: d"),
            ("a", "\u{e9}"),
            ("a", " b"),
            ("a", "b "),
            ("Host", "a"),
            ("content-length", "7"),
            ("Authorization", "x"),
            ("transfer-encoding", "chunked"),
        ] {
            assert!(headers.set(name, value).is_err(), "{name}: {value}");
        }
    }
}
