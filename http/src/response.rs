//! A response, in one form for every front end.

use http::StatusCode;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use miniserde::{Serialize, json};

/// An HTTP response.
///
/// The body is sent as text if it is UTF-8, otherwise in base64. A REST API decodes base64 only if
/// its `binaryMediaTypes` has the content type.
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
    /// Creates a response without a body, such as 204.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or_else(|_| {
            log::error!("{status} is not an HTTP status; 500 is sent instead");
            StatusCode::INTERNAL_SERVER_ERROR
        });
        Self { status, headers: Box::default(), body: Vec::new() }
    }

    /// Creates a response with a body of a content type.
    #[must_use]
    pub fn bytes(status: u16, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let response = Self::empty(status).with_header("content-type", content_type);
        Self { body: body.into(), ..response }
    }

    fn of_type(status: u16, content_type: &'static str, body: String) -> Self {
        let mut response = Self::empty(status);
        let content_type = HeaderValue::from_static(content_type);
        response.headers.insert(header::CONTENT_TYPE, content_type);
        Self { body: body.into_bytes(), ..response }
    }

    /// Creates a response with a body of plain text.
    #[must_use]
    pub fn text(status: u16, body: impl Into<String>) -> Self {
        Self::of_type(status, "text/plain; charset=utf-8", body.into())
    }

    /// Creates a response with a body of HTML.
    #[must_use]
    pub fn html(status: u16, body: impl Into<String>) -> Self {
        Self::of_type(status, "text/html; charset=utf-8", body.into())
    }

    /// Creates a response with a body of JSON.
    #[must_use]
    pub fn json<T: Serialize + ?Sized>(status: u16, body: &T) -> Self {
        Self::of_type(status, "application/json", json::to_string(body))
    }

    /// Creates a response that describes an error as JSON of the type `application/problem+json`
    /// ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)).
    #[must_use]
    pub fn problem(status: u16, detail: impl AsRef<str>) -> Self {
        let response = Self::empty(status);
        let title = response.status.canonical_reason().unwrap_or_default();
        let problem = Problem { status: response.status.as_u16(), title, detail: detail.as_ref() };
        Self::of_type(status, "application/problem+json", json::to_string(&problem))
    }

    /// Creates a redirect: 302 is temporary, 301 permanent, 303 follows a form.
    #[must_use]
    pub fn redirect(status: u16, location: &str) -> Self {
        Self::empty(status).with_header("location", location)
    }

    /// Sets a header: its name is text, or a [`HeaderName`]. It replaces those of the same name. If the name or
    /// the value is invalid, the header is left out and an error is logged.
    #[must_use]
    pub fn with_header(mut self, name: impl TryInto<HeaderName>, value: impl AsRef<str>) -> Self {
        if let Some((name, value)) = parse(name.try_into().ok(), value.as_ref()) {
            self.headers.insert(name, value);
        }
        self
    }

    /// Adds a header, next to those of the same name.
    #[must_use]
    pub fn with_added_header(
        mut self,
        name: impl TryInto<HeaderName>,
        value: impl AsRef<str>,
    ) -> Self {
        if let Some((name, value)) = parse(name.try_into().ok(), value.as_ref()) {
            self.headers.append(name, value);
        }
        self
    }

    /// Adds a cookie: the value of a `Set-Cookie` header.
    #[must_use]
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

    /// Returns the headers, to change them.
    pub fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.headers
    }

    /// Returns a header that is text. Of several values it is the first.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Returns the body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    pub(crate) fn with_body(self, body: Vec<u8>) -> Self {
        Self { body, ..self }
    }

    pub(crate) fn into_body(self) -> Vec<u8> {
        self.body
    }
}

/// An invalid header is left out, because sending it could split the response.
fn parse(name: Option<HeaderName>, value: &str) -> Option<(HeaderName, HeaderValue)> {
    let value = HeaderValue::from_bytes(value.as_bytes());
    match (name, value) {
        (Some(name), Ok(value)) => Some((name, value)),
        (Some(name), Err(_)) => {
            log::error!("the header {name} is left out: its value is invalid");
            None
        }
        (None, _) => {
            log::error!("a header is left out: its name is invalid");
            None
        }
    }
}
