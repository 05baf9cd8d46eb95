//! HTTP requests as a client sends them.

use miniserde::Serialize;
use percent_encoding::percent_decode_str;

/// A request as a client sends it.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct HttpRequest {
    /// The method, such as `GET`.
    pub method: String,
    /// The path, percent-encoded.
    pub path: String,
    /// The query without `?`, percent-encoded; may be empty.
    pub query: String,
    /// The headers. Cookies are in `cookie`.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

/// Decodes a part of a URL. Bytes that are not UTF-8 are replaced.
pub(crate) fn decode(part: &str) -> String {
    percent_decode_str(part).decode_utf8_lossy().into_owned()
}

/// The value of a header, in any case of its name; the first if there are several.
pub(crate) fn value_of<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    values_of(headers, name).next()
}

/// All values of a header.
pub(crate) fn values_of<'a>(
    headers: &'a [(String, String)],
    name: &str,
) -> impl Iterator<Item = &'a str> {
    let headers = headers.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name));
    headers.map(|(_, value)| &**value)
}

impl HttpRequest {
    /// Returns a request for a path with an optional query, both percent-encoded.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        Self {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            ..Self::default()
        }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn body(mut self, body: impl AsRef<[u8]>) -> Self {
        self.body = body.as_ref().to_vec();
        self
    }

    /// Sets the body to a value as JSON, and its content type.
    #[must_use]
    pub fn json<T: Serialize>(self, body: &T) -> Self {
        self.header("content-type", "application/json").body(miniserde::json::to_string(body))
    }

    /// Adds the headers that a client adds to each request, unless they are there.
    pub(crate) fn complete(&mut self, host: &str) {
        let length = (!self.body.is_empty()).then(|| self.body.len().to_string());
        for (name, value) in [("host", Some(host.to_owned())), ("content-length", length)] {
            if self.value_of(name).is_none() {
                self.headers.extend(value.map(|value| (name.to_owned(), value)));
            }
        }
    }

    /// The value of a header.
    pub(crate) fn value_of(&self, name: &str) -> Option<&str> {
        value_of(&self.headers, name)
    }

    /// All values of a header.
    pub(crate) fn values_of(&self, name: &str) -> impl Iterator<Item = &str> {
        values_of(&self.headers, name)
    }

    /// The parameters of the query as they were sent; one without `=` has an empty value.
    pub(crate) fn raw_parameters(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.query.split('&').filter(|pair| !pair.is_empty());
        pairs.map(|pair| pair.split_once('=').unwrap_or((pair, "")))
    }

    /// The parameters of the query, decoded.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = (String, String)> {
        let decode = |part: &str| decode(&part.replace('+', " "));
        self.raw_parameters().map(move |(name, value)| (decode(name), decode(value)))
    }

    /// The path and the query.
    pub(crate) fn target(&self) -> String {
        let mark = if self.query.is_empty() { "" } else { "?" };
        format!("{}{mark}{}", self.path, self.query)
    }
}
