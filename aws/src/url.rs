//! URLs: their parts, what is refused, and how they are encoded.

use crate::error::Error;
use minilambda_events::__private::split_query;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The same for a path, which keeps its slashes.
const RESERVED_IN_PATH: &AsciiSet = &RESERVED.remove(b'/');

/// The same for a path that a program writes: it keeps the signs that RFC 3986 allows, as botocore
/// does.
const RESERVED_IN_LITERAL: &AsciiSet = &RESERVED_IN_PATH
    .remove(b'@')
    .remove(b':')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b'!')
    .remove(b'*')
    .remove(b'(')
    .remove(b')');

/// The longest host that DNS allows.
const MAX_HOST_BYTES: usize = 253;

/// A URL in its parts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Url {
    pub is_tls: bool,
    /// In lower case, with the port if it is not the usual one.
    pub host: String,
    /// Percent-encoded, as it is sent. Empty or with a slash at its start.
    pub path: String,
    /// Decoded.
    pub query: Vec<(String, String)>,
}

impl Url {
    /// Parses the base of a service's URLs. `name` says where it was set. An error does not repeat
    /// it, as it may have a password.
    pub fn base(text: &str, name: &str) -> Result<Self, Error> {
        let invalid = |reason: &str| {
            Err(Error::invalid(format!(
                "{name} {reason}; expected a form such as http://127.0.0.1:5000"
            )))
        };
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return invalid("has a blank or a control character");
        }
        let (is_tls, rest) = match text.split_once("://") {
            Some(("https", rest)) => (true, rest),
            Some(("http", rest)) => (false, rest),
            Some((scheme, _)) if scheme.chars().any(char::is_uppercase) => {
                return invalid("has capital letters in its scheme");
            }
            _ => return invalid("does not begin with http:// or https://"),
        };
        for (mark, what) in [('?', "a query"), ('#', "a fragment")] {
            if rest.contains(mark) {
                return invalid(&format!("has {what}"));
            }
        }
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        if host.contains('@') {
            return invalid("has a user or a password");
        }
        if host.chars().any(char::is_uppercase) {
            return invalid("has capital letters in its host");
        }
        let Some(host) = usual(host, is_tls) else { return invalid("has no valid host and port") };
        let path = path.trim_end_matches('/');
        if !path.is_ascii() || has_dots_or_gaps(path) {
            return invalid(
                "has a path with empty segments, dots, or characters that are not ASCII",
            );
        }
        Ok(Self { is_tls, host, path: path.to_owned(), query: Vec::new() })
    }

    /// Parses any URL, for example of a function or of a database. Its query is decoded.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let without_fragment = text.split('#').next().unwrap_or_default();
        let (base, query) = without_fragment.split_once('?').unwrap_or((without_fragment, ""));
        let start = base.find("://").map_or(0, |at| at + 3);
        let end =
            base.get(start..).and_then(|rest| rest.find('/')).map_or(base.len(), |at| start + at);
        let (origin, path) = base.split_at(end);
        let mut url = Self::base(origin, "the URL")?;
        // What is encoded already stays; what HTTP cannot send is encoded.
        path.clone_into(&mut url.path);
        if !path.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::invalid("the URL's path is not percent-encoded"));
        }
        // Anything else would be signed in one form and sent in another.
        let is_encoded = |text: &str| {
            let digits = text.split('%').skip(1).map(|rest| rest.as_bytes().get(..2));
            let mut digits = digits.map(Option::unwrap_or_default);
            digits.all(|it| it.len() == 2 && it.iter().all(u8::is_ascii_hexdigit))
        };
        let decode = |text: &str| {
            let decoded = percent_decode_str(text).decode_utf8().ok().filter(|_| is_encoded(text));
            let decoded = decoded.map(std::borrow::Cow::into_owned);
            decoded.ok_or_else(|| Error::invalid("the URL's query is not percent-encoded UTF-8"))
        };
        url.query = split_query(query)
            .map(|(name, value)| Ok((decode(name)?, decode(value)?)))
            .collect::<Result<_, Error>>()?;
        Ok(url)
    }

    /// The path with the query: the target of a request.
    pub fn target(&self) -> String {
        let path = if self.path.is_empty() { "/" } else { &self.path };
        let query = query_text(&self.query);
        let mark = if query.is_empty() { "" } else { "?" };
        [path, mark, &query].concat()
    }

    /// The scheme and the host.
    pub fn origin(&self) -> String {
        let scheme = if self.is_tls { "https://" } else { "http://" };
        [scheme, &self.host].concat()
    }

    /// The complete URL.
    pub fn text(&self) -> String {
        format!("{}{}", self.origin(), self.target())
    }

    /// The host without its port and without the brackets of IPv6, and the port.
    pub fn host_and_port(&self) -> (&str, u16) {
        let usual = if self.is_tls { 443 } else { 80 };
        let port = self.host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']'));
        let (host, port) = match port {
            Some((host, port)) => (host, port.parse().unwrap_or(usual)),
            None => (&*self.host, usual),
        };
        (host.trim_start_matches('[').trim_end_matches(']'), port)
    }
}

/// The host as requests name it: without the usual port. `None` if it is no host.
fn usual(host: &str, is_tls: bool) -> Option<String> {
    let has_port = host.rsplit_once(':').filter(|(_, port)| !port.ends_with(']'));
    let (name, port) = match has_port {
        Some((name, port)) => (name, Some(port)),
        None => (host, None),
    };
    let is_v6 = |name: &str| {
        let inside = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        inside.is_some_and(|inside| inside.parse::<std::net::Ipv6Addr>().is_ok())
    };
    if !(is_host_name(name) || is_v6(name)) {
        return None;
    }
    let Some(port) = port else { return Some(name.to_owned()) };
    let is_number = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let port: u16 = port.parse().ok().filter(|port| *port > 0 && is_number)?;
    let usual = if is_tls { 443 } else { 80 };
    Some(if port == usual { name.to_owned() } else { format!("{name}:{port}") })
}

/// Whether a text is a name of labels: letters in lower case, digits, hyphens and underscores.
pub(crate) fn is_host_name(name: &str) -> bool {
    let is_label = |label: &str| {
        let is_allowed =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
        (1..=63).contains(&label.len()) && label.bytes().all(is_allowed)
    };
    name.len() <= MAX_HOST_BYTES && name.split('.').all(is_label)
}

/// Whether a path has an empty segment except at its end, or one that is `.` or `..`: servers and
/// proxies remove them, and then it is another path.
pub(crate) fn has_dots_or_gaps(path: &str) -> bool {
    let inner = path.strip_prefix('/').unwrap_or(path);
    if inner.is_empty() {
        return false;
    }
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    let decoded = percent_decode_str(inner).decode_utf8_lossy();
    decoded.split('/').any(|segment| matches!(segment, "" | "." | ".."))
}

/// Encodes a part of a query or path, slashes too.
pub(crate) fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// Encodes a path, but not its slashes.
pub(crate) fn encode_path(path: &str) -> String {
    utf8_percent_encode(path, RESERVED_IN_PATH).to_string()
}

/// Encodes what a path cannot have.
pub(crate) fn encode_literal(path: &str) -> String {
    utf8_percent_encode(path, RESERVED_IN_LITERAL).to_string()
}

/// The query, encoded and sorted.
pub(crate) fn query_text(query: &[(String, String)]) -> String {
    let mut pairs: Vec<_> = query.iter().map(|(k, v)| (encode(k), encode(v))).collect();
    pairs.sort();
    let pairs: Vec<_> = pairs.into_iter().map(|(k, v)| format!("{k}={v}")).collect();
    pairs.join("&")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_of_urls_is_one_that_is_signed_as_it_is_sent() {
        for (text, host, path) in [
            ("http://127.0.0.1:5000", "127.0.0.1:5000", ""),
            ("http://127.0.0.1:5000/base/", "127.0.0.1:5000", "/base"),
            ("http://localhost:80", "localhost", ""),
            ("https://localhost:443/", "localhost", ""),
            ("https://localhost:80", "localhost:80", ""),
            ("http://[::1]:4566/a/b", "[::1]:4566", "/a/b"),
            ("http://[::1]:80", "[::1]", ""),
            ("http://moto_server:5000", "moto_server:5000", ""),
            ("http://h:0080", "h", ""),
        ] {
            let url = Url::base(text, "AWS_ENDPOINT_URL").unwrap();
            assert_eq!((&*url.host, &*url.path), (host, path), "{text}");
        }
        assert_eq!(Url::base("http://[::1]:4566", "").unwrap().host_and_port(), ("::1", 4566));
        assert_eq!(Url::base("https://a.b", "").unwrap().host_and_port(), ("a.b", 443));
    }

    #[test]
    fn other_forms_are_refused_and_no_password_is_repeated() {
        for (text, reason) in [
            ("127.0.0.1:5000", "begin with http"),
            ("ftp://a", "begin with http"),
            ("http://", "valid host"),
            ("http://:80", "valid host"),
            ("http://a:", "valid host"),
            ("http://a:0", "valid host"),
            ("http://a:99999", "valid host"),
            ("http://a:+80", "valid host"),
            ("http://a..b", "valid host"),
            ("http://[::1", "valid host"),
            ("http://a:b:c", "valid host"),
            ("http://\u{e9}", "valid host"),
            ("http://ada:hunter2@a", "a password"),
            ("http://hunter2@a", "a password"),
            ("http://a/?x=hunter2", "a query"),
            ("http://a/#x", "a fragment"),
            (" http://a", "a blank"),
            ("http://a ", "a blank"),
            ("http://a/b c", "a blank"),
            ("http://a\n", "a blank"),
            ("HTTP://a", "capital"),
            ("http://A", "capital"),
            ("http://a//b", "empty segments"),
            ("http://a/../b", "dots"),
            ("http://a/%2e%2e/b", "dots"),
        ] {
            let error = Url::base(text, "AWS_ENDPOINT_URL").unwrap_err().to_string();
            assert!(
                error.contains(reason) && error.contains("AWS_ENDPOINT_URL"),
                "{text}: {error}"
            );
            assert!(!error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn any_url_is_read_with_its_query() {
        let url =
            Url::parse("https://db.x.rds.amazonaws.com:3306/?Action=connect&DBUser=a%20b").unwrap();
        assert_eq!(url.text(), "https://db.x.rds.amazonaws.com:3306/?Action=connect&DBUser=a%20b");
        assert_eq!(Url::parse("https://a").unwrap().text(), "https://a/");
        assert_eq!(Url::parse("https://a?b").unwrap().text(), "https://a/?b=");
        assert_eq!(Url::parse("https://a/b%2Fc#d").unwrap().path, "/b%2Fc");
        assert!(Url::parse("https://a/b c").is_err() && Url::parse("https://a@b/").is_err());
        for query in ["a=%ff", "a=%zz", "a=%2", "%=a"] {
            assert!(Url::parse(&format!("https://a/?{query}")).is_err(), "{query}");
        }
    }

    #[test]
    fn segments_that_change_the_path_are_found() {
        for path in ["/a//b", "//", "/./a", "/a/..", "..", "/a/%2E%2e/b", "/."] {
            assert!(has_dots_or_gaps(path), "{path}");
        }
        for path in ["", "/", "/a", "/a/", "/a/b.c/..d", "/..."] {
            assert!(!has_dots_or_gaps(path), "{path}");
        }
    }
}
