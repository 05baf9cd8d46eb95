//! A response, in one form for every front end.

use http::StatusCode;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use minilambda::{ToJson, encode};
use miniserde::Serialize;
use std::panic::Location;

/// An HTTP response.
///
/// The body is sent as text if it is UTF-8, otherwise in base64. A REST API decodes base64 only if
/// its `binaryMediaTypes` has the content type. A status that can have no body (204, 205, 304) is
/// sent without one, and without its type and length.
#[derive(Clone, Debug)]
pub struct Response {
    status: StatusCode,
    /// In a box, so that a `Result` with a response as its error stays small.
    headers: Box<HeaderMap>,
    body: Vec<u8>,
}

/// See <https://www.rfc-editor.org/rfc/rfc9457>.
#[derive(Serialize)]
struct Problem<'a> {
    status: u16,
    title: &'a str,
    detail: &'a str,
}

impl Response {
    /// Creates a response without a body, such as 204. A status below 200 or over 599, which cannot
    /// end a response, is logged, and 500 is sent instead.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        let valid = StatusCode::from_u16(status).ok();
        let valid = valid.filter(|status| (200..=599).contains(&status.as_u16()));
        let status = valid.unwrap_or_else(|| {
            log::error!("{status} is not the status of an HTTP response; 500 is sent instead");
            StatusCode::INTERNAL_SERVER_ERROR
        });
        Self { status, headers: Box::default(), body: Vec::new() }
    }

    /// Creates a response with a body and its content type.
    #[must_use]
    pub fn bytes(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let response = Self::empty(status).with_header("content-type", content_type);
        Self { body: body.into(), ..response }
    }

    fn of_type(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        let mut response = Self::empty(status);
        let content_type = HeaderValue::from_static(content_type);
        response.headers.insert(header::CONTENT_TYPE, content_type);
        Self { body: body.into(), ..response }
    }

    /// Creates a response with a plain text body.
    #[must_use]
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        Self::of_type(status, "text/plain; charset=utf-8", body.into())
    }

    /// Creates a response with an HTML body.
    #[must_use]
    pub fn html(status: u16, body: impl Into<String>) -> Self {
        Self::of_type(status, "text/html; charset=utf-8", body.into())
    }

    /// Creates a response with a JSON body. If it cannot be written, which happens only to types of
    /// other libraries than miniserde, an error is logged and the status is 500.
    #[must_use]
    pub fn json<T: ToJson + ?Sized>(status: u16, body: &T) -> Self {
        match body.to_json(Vec::new()) {
            Ok(body) => Self::of_type(status, "application/json", body),
            Err(error) => {
                log::error!("a response is not sent: {}", error.message());
                Self::internal_error()
            }
        }
    }

    /// Creates a response that describes an error as JSON of the type `application/problem+json`
    /// ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)).
    #[must_use]
    pub fn problem(status: u16, detail: impl AsRef<str>) -> Self {
        let response = Self::empty(status);
        let title = response.status.canonical_reason().unwrap_or_default();
        let problem = Problem { status: response.status.as_u16(), title, detail: detail.as_ref() };
        Self::of_type(status, "application/problem+json", encode(&problem))
    }

    /// The response for a failure of the function, without its reason.
    pub(crate) fn internal_error() -> Self {
        Self::problem(500, "the server has failed; its log has the reason")
    }

    /// Creates a redirect: 302 is temporary, 301 permanent, 303 follows a form. If the location is
    /// empty or has a line break or another control character, an error is logged and the status is
    /// 500. Browsers remove some of these characters, and `/\t/a.example` would become another
    /// host.
    #[must_use]
    pub fn redirect(status: u16, location: &str) -> Self {
        if location.is_empty() || location.contains(char::is_control) {
            log::error!("a redirect is not sent: its location is empty or invalid");
            return Self::internal_error();
        }
        Self::empty(status).with_header(header::LOCATION, location)
    }

    /// Sets a header: its name is text, or a [`HeaderName`]. It replaces those of the same name. If
    /// the name or the value is invalid, the header is left out and an error is logged.
    #[must_use]
    #[track_caller]
    pub fn with_header(mut self, name: impl TryInto<HeaderName>, value: impl AsRef<str>) -> Self {
        if let Some((name, value)) = parse(name.try_into().ok(), value.as_ref()) {
            log_if_full(self.headers.try_insert(name, value).is_err());
        }
        self
    }

    /// Adds a header, next to those of the same name.
    #[must_use]
    #[track_caller]
    pub fn with_added_header(
        mut self,
        name: impl TryInto<HeaderName>,
        value: impl AsRef<str>,
    ) -> Self {
        if let Some((name, value)) = parse(name.try_into().ok(), value.as_ref()) {
            log_if_full(self.headers.try_append(name, value).is_err());
        }
        self
    }

    /// Adds a cookie: the value of a `Set-Cookie` header. What a client has sent may have a `;`,
    /// which begins an attribute such as `Domain`: check or encode it.
    #[must_use]
    #[track_caller]
    pub fn with_cookie(self, cookie: impl AsRef<str>) -> Self {
        self.with_added_header(header::SET_COOKIE, cookie)
    }

    /// Returns the status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// Returns the headers.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the headers, to be changed.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    /// Returns a header that is text. Of several values it is the first.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.headers.get(name)?.as_bytes()).ok()
    }

    /// Returns the body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    pub(crate) fn with_body(self, body: Vec<u8>) -> Self {
        Self { body, ..self }
    }

    /// Whether the status can have a body (RFC 9110, section 6.4.1).
    pub(crate) fn can_have_body(&self) -> bool {
        let without = [StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT, StatusCode::NOT_MODIFIED];
        !without.contains(&self.status)
    }

    /// Removes a body that the status cannot have. A client would take it for the next response.
    pub(crate) fn without_forbidden_body(mut self) -> Self {
        if !self.can_have_body() {
            self.body = Vec::new();
            self.headers.remove(header::CONTENT_TYPE);
            self.headers.remove(header::CONTENT_LENGTH);
        }
        self
    }

    pub(crate) fn take_body(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.body)
    }
}

/// An invalid header is left out, because sending it could split the response.
#[track_caller]
fn parse(name: Option<HeaderName>, value: &str) -> Option<(HeaderName, HeaderValue)> {
    let value = HeaderValue::from_bytes(value.as_bytes());
    match (name, value) {
        (Some(name), Ok(value)) => Some((name, value)),
        (Some(name), Err(_)) => {
            log::error!("the header {name} is left out: its value is invalid");
            None
        }
        (None, _) => {
            // The name may come from the request: the record has the place in the program instead.
            log::error!("a header is left out: its name is invalid ({})", Location::caller());
            None
        }
    }
}

/// A map of headers holds 24,576 names.
fn log_if_full(is_full: bool) {
    if is_full {
        log::error!("a header is left out: the response has too many");
    }
}
