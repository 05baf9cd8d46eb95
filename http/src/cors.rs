//! Cross-origin resource sharing.

use crate::request::Request;
use crate::response::Response;
use crate::syntax::{check_header_names, check_origins, is_text};
use http::header;

/// The rules for web pages of other origins that call the API.
///
/// See <https://fetch.spec.whatwg.org/#http-cors-protocol>.
///
/// ```
/// use minilambda_http::{Api, Cors};
///
/// static CORS: Cors = Cors::new(&["https://todo.example.com"])
///     .headers(&["Content-Type", "Authorization"])
///     .credentials();
/// static API: Api = Api::new(&[]).cors(&CORS);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Cors {
    origins: &'static [&'static str],
    headers: &'static [&'static str],
    exposed: &'static [&'static str],
    credentials: bool,
    max_age_seconds: u32,
}

impl Cors {
    /// Allows origins, such as `https://todo.example.com`. `*` allows all.
    ///
    /// # Panics
    /// If a browser would never send an origin like that: with a path, a wildcard in the host, a
    /// capital letter, or the usual port. In a `static` that is a compile error.
    #[must_use]
    pub const fn new(origins: &'static [&'static str]) -> Self {
        check_origins(origins);
        Self { origins, headers: &[], exposed: &[], credentials: false, max_age_seconds: 600 }
    }

    /// Allows request headers. `*` allows all but `Authorization`.
    ///
    /// # Panics
    /// If a name is invalid, or `*` together with [`credentials`](Self::credentials). In a `static`
    /// that is a compile error.
    #[must_use]
    pub const fn headers(self, headers: &'static [&'static str]) -> Self {
        check_header_names(headers);
        Self { headers, ..self }.checked()
    }

    /// Lets pages read response headers. `*` lets them read all.
    ///
    /// # Panics
    /// As [`headers`](Self::headers).
    #[must_use]
    pub const fn expose(self, exposed: &'static [&'static str]) -> Self {
        check_header_names(exposed);
        Self { exposed, ..self }.checked()
    }

    /// Allows cookies and the other credentials that a browser has. With them, `*` allows nothing,
    /// so origins and headers must be named. `null` names no origin: a frame of any page can have
    /// it.
    ///
    /// # Panics
    /// If all origins, `null`, or all headers are allowed. In a `static` that is a compile error.
    #[must_use]
    pub const fn credentials(self) -> Self {
        Self { credentials: true, ..self }.checked()
    }

    /// Sets for how many seconds browsers cache the response to a preflight; 600 by default.
    #[must_use]
    pub const fn max_age(self, seconds: u32) -> Self {
        Self { max_age_seconds: seconds, ..self }
    }

    const fn checked(self) -> Self {
        if self.credentials {
            assert!(!self.allows_all(), "credentials need named origins: `*` is not allowed");
            let has_null = contains(self.origins, b"null");
            assert!(!has_null, "credentials need named origins: `null` is not allowed");
            let has_all = contains(self.headers, b"*") || contains(self.exposed, b"*");
            assert!(!has_all, "credentials need named headers: `*` is not allowed");
        }
        self
    }

    const fn allows_all(&self) -> bool {
        contains(self.origins, b"*")
    }

    /// Whether the request is a preflight.
    pub(crate) fn is_preflight(request: &Request) -> bool {
        request.method() == http::Method::OPTIONS
            && request.header("origin").is_some()
            && request.header("access-control-request-method").is_some()
    }

    /// Responds to a preflight. The headers of [`apply`](Self::apply) are still to be added.
    pub(crate) fn preflight(&self, methods: &str) -> Response {
        let response = Response::empty(204)
            .with_header(header::ACCESS_CONTROL_ALLOW_METHODS, methods)
            .with_header(header::ACCESS_CONTROL_MAX_AGE, self.max_age_seconds.to_string());
        if self.headers.is_empty() {
            return response;
        }
        response.with_header(header::ACCESS_CONTROL_ALLOW_HEADERS, self.headers.join(", "))
    }

    /// Adds the headers to a response. A cache may give it to a page of another origin. So with `*`
    /// each response allows all origins, and otherwise each has `Vary: Origin`, even if the request
    /// has no origin.
    pub(crate) fn apply(&self, request: &Request, mut response: Response) -> Response {
        let allowed = if self.allows_all() {
            "*"
        } else {
            response = response.with_added_header(header::VARY, "Origin");
            match request.header("origin").filter(|origin| self.origins.contains(origin)) {
                Some(origin) => origin,
                None => return response,
            }
        };
        response = response.with_header(header::ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        if self.credentials {
            response = response.with_header(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        }
        if !self.exposed.is_empty() {
            response = response
                .with_header(header::ACCESS_CONTROL_EXPOSE_HEADERS, self.exposed.join(", "));
        }
        response
    }
}

#[allow(clippy::indexing_slicing, reason = "in a `const fn` there is no other way")]
const fn contains(texts: &[&str], wanted: &[u8]) -> bool {
    let mut index = 0;
    while index < texts.len() {
        if is_text(texts[index], wanted) {
            return true;
        }
        index += 1;
    }
    false
}
