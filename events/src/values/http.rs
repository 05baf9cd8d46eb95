//! The common parts of HTTP requests and responses.

use super::{Base64, Headers, Map, MultiHeaders, Secret};
use crate::Error;
use minilambda::{FromJson, ToJson};

/// Returns a header: the first of its values. Beside the map of all values, the other one has the
/// last.
pub(crate) fn header<'a>(
    single: Option<&'a Headers>,
    multi: Option<&'a MultiHeaders>,
    name: &str,
) -> Option<&'a str> {
    let first = multi.and_then(|headers| headers.get(name));
    first.or_else(|| single?.get(name))
}

/// Returns a parameter of the query: the first of its values, as [`header`] does.
pub(crate) fn query<'a>(
    single: Option<&'a Map>,
    multi: Option<&'a Map<Vec<String>>>,
    name: &str,
) -> Option<&'a str> {
    let first = multi.and_then(|query| query.get(name)?.first());
    first.or_else(|| single?.get(name)).map(String::as_str)
}

/// Returns the value of a cookie in a `Cookie` header, or in a text of the form `name=value`,
/// without the double quotes that may be around it.
///
/// ```
/// use minilambda_events::cookie;
///
/// assert_eq!(cookie("theme=dark; name=\"Jörg\"", "name"), Some("Jörg"));
/// ```
#[must_use]
pub fn cookie<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let mut pairs = header.split(';').filter_map(|cookie| cookie.split_once('='));
    let (_, value) = pairs.find(|(key, _)| key.trim_ascii() == name)?;
    let value = value.trim_ascii();
    let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
    Some(unquoted.unwrap_or(value))
}

/// Returns the value of a cookie of a request: from its headers, which are several if a client has
/// sent them so, or from its list of cookies.
pub(crate) fn cookie_of<'a>(
    single: Option<&'a Headers>,
    multi: Option<&'a MultiHeaders>,
    cookies: Option<&'a [Secret]>,
    name: &str,
) -> Option<&'a str> {
    let lines = multi.map(|headers| headers.get_all("cookie")).unwrap_or_default();
    let single = single.and_then(|headers| headers.get("cookie")).filter(|_| lines.is_empty());
    let cookies = cookies.into_iter().flatten().map(Secret::expose);
    let lines = lines.iter().chain(cookies).map(String::as_str);
    single.into_iter().chain(lines).find_map(|line| cookie(line, name))
}

/// Gives a request the lookups that all HTTP requests have. The fields that only some have are
/// named: headers and query with several values, a list of cookies, path parameters.
macro_rules! looks_up {
    (
        $request:ident
        $(, multi_headers: $headers:ident)?
        $(, multi_query: $query:ident)?
        $(, cookies: $cookies:ident)?
        $(, path: $path:ident)?
    ) => {
        impl $request {
            /// Returns a header, whose name may be in any case. Of several values it is the first,
            /// if the event has them all.
            #[must_use]
            pub fn header(&self, name: &str) -> Option<&str> {
                let multi = None $(.or(self.$headers.as_ref()))?;
                $crate::values::http::header(self.headers.as_ref(), multi, name)
            }

            /// Returns a parameter of the query. Of several values it is the first, if the event
            /// has them all.
            #[must_use]
            pub fn query(&self, name: &str) -> Option<&str> {
                let multi = None $(.or(self.$query.as_ref()))?;
                $crate::values::http::query(self.query_string_parameters.as_ref(), multi, name)
            }

            /// Returns the value of a cookie.
            #[must_use]
            pub fn cookie(&self, name: &str) -> Option<&str> {
                let multi = None $(.or(self.$headers.as_ref()))?;
                let cookies = None $(.or(self.$cookies.as_deref()))?;
                $crate::values::http::cookie_of(self.headers.as_ref(), multi, cookies, name)
            }

            $(
                /// Returns a path parameter: `id` of a route with `{id}`.
                #[must_use]
                pub fn path_parameter(&self, name: &str) -> Option<&str> {
                    self.$path.as_ref()?.get(name).map(String::as_str)
                }
            )?
        }
    };
}
pub(crate) use looks_up;

/// Gives a request with a function `new(method, target)` the constructors for tests of handlers.
/// The fields with several values that only some have are named.
macro_rules! builds_request {
    ($request:ident $(, multi_headers: $headers:ident)? $(, multi_query: $query:ident)?) => {
        impl $request {
            /// Creates a GET request, to test a handler without JSON. The target may have a query:
            /// `/pets?limit=2`.
            #[must_use]
            pub fn get(target: &str) -> Self {
                Self::new("GET", target)
            }

            /// Creates a POST request with a body.
            #[must_use]
            pub fn post(target: &str, body: impl Into<String>) -> Self {
                Self::new("POST", target).with_body(body)
            }
        }
        $crate::values::http::builds_parts!(
            $request $(, multi_headers: $headers)? $(, multi_query: $query)?
        );
    };
}
pub(crate) use builds_request;

/// Gives a request the setters of its parts, for tests of handlers.
macro_rules! builds_parts {
    ($request:ident $(, multi_headers: $headers:ident)? $(, multi_query: $query:ident)?) => {
        impl $request {
            /// Sets the body to text.
            #[must_use]
            pub fn with_body(mut self, body: impl Into<String>) -> Self {
                self.body = Some(body.into());
                self.is_base64_encoded = Some(false);
                self
            }

            /// Sets the body to JSON, and the content type. If it cannot be written, which happens
            /// only to types of other libraries than miniserde, an error is logged and the body is
            /// empty.
            #[must_use]
            pub fn with_json(self, body: &impl minilambda::ToJson) -> Self {
                let body = $crate::values::http::json_text(body).unwrap_or_default();
                self.with_header("content-type", "application/json").with_body(body)
            }

            /// Sets a header.
            #[must_use]
            pub fn with_header(mut self, name: &str, value: impl Into<String>) -> Self {
                let value = value.into();
                $(
                    if let Some(headers) = &mut self.$headers {
                        headers.set(name, &*value);
                    }
                )?
                self.headers.get_or_insert_default().set(name, value);
                self
            }

            /// Sets a parameter of the query.
            #[must_use]
            pub fn with_query(mut self, name: &str, value: impl Into<String>) -> Self {
                let value = value.into();
                $(
                    if let Some(query) = &mut self.$query {
                        query.insert(name.to_owned(), vec![value.clone()]);
                    }
                )?
                let query = self.query_string_parameters.get_or_insert_default();
                query.insert(name.to_owned(), value);
                self
            }
        }
    };
}
pub(crate) use builds_parts;

/// Gives a request with path parameters a setter, for tests of handlers.
macro_rules! builds_path {
    ($request:ident) => {
        impl $request {
            /// Sets a path parameter: `id` of a route with `{id}`.
            #[must_use]
            pub fn with_path_parameter(mut self, name: &str, value: impl Into<String>) -> Self {
                let parameters = self.path_parameters.get_or_insert_default();
                parameters.insert(name.to_owned(), value.into());
                self
            }
        }
    };
}
pub(crate) use builds_path;

/// Gives a request with a `body` and `is_base64_encoded` the calls that read it.
macro_rules! reads_body {
    ($request:ident) => {
        impl $request {
            /// Returns the bytes of the body, decoded if it is base64. They are empty if there is
            /// no body.
            ///
            /// # Errors
            /// If `is_base64_encoded`, and the body is not base64.
            pub fn body_bytes(&self) -> Result<Vec<u8>, $crate::Error> {
                $crate::values::http::bytes(self.body.as_deref(), self.is_base64_encoded)
            }

            /// Decodes the body from JSON.
            ///
            /// # Errors
            /// If there is no body, it is not JSON, or does not match the type.
            pub fn body_json<T: minilambda::FromJson>(&self) -> Result<T, $crate::Error> {
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

pub(crate) fn from_json<T: FromJson>(
    body: Option<&str>,
    is_base64: Option<bool>,
) -> Result<T, Error> {
    if is_base64 != Some(true) {
        return super::from_json(body.unwrap_or_default(), "the body");
    }
    super::from_json(&Base64::from(body.unwrap_or_default()).decode_text()?, "the body")
}

/// Writes a body as JSON, or logs why it cannot be written.
pub(crate) fn json_text(body: &impl ToJson) -> Option<String> {
    let written = body.to_json(Vec::new());
    let written = written.map_err(|error| log::error!("a body is not sent: {}", error.message()));
    String::from_utf8(written.ok()?).ok()
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
            /// Creates a response with a JSON body. If it cannot be written, which happens only to
            /// types of other libraries than miniserde, an error is logged, the status is 500 and
            /// the body is empty.
            #[must_use]
            pub fn json(status_code: u16, body: &impl minilambda::ToJson) -> Self {
                let body = $crate::values::http::json_text(body);
                let status_code = if body.is_some() { status_code } else { 500 };
                Self::with_type(status_code, "application/json", body.unwrap_or_default())
            }

            /// Creates a response with a body of plain text.
            #[must_use]
            pub fn text(status_code: u16, body: impl Into<String>) -> Self {
                Self::with_type(status_code, "text/plain; charset=utf-8", body.into())
            }

            /// Creates a response with a body of HTML.
            #[must_use]
            pub fn html(status_code: u16, body: impl Into<String>) -> Self {
                Self::with_type(status_code, "text/html; charset=utf-8", body.into())
            }

            /// Creates a response with a body of bytes, such as an image. It is sent in base64.
            #[must_use]
            pub fn bytes(status_code: u16, content_type: &str, body: impl AsRef<[u8]>) -> Self {
                let body = $crate::Base64::encode(body).0;
                let response = Self::with_type(status_code, content_type, body);
                Self { is_base64_encoded: Some(true), ..response }
            }

            /// Creates a response without a body, such as 204.
            #[must_use]
            pub fn empty(status_code: u16) -> Self {
                Self { status_code, ..Default::default() }
            }

            /// Creates a redirect: 302 is temporary, 301 permanent, 303 follows a form.
            #[must_use]
            pub fn redirect(status_code: u16, location: impl Into<String>) -> Self {
                Self::empty(status_code).with_header("Location", location)
            }

            /// Sets a header. It replaces one of the same name.
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
    use super::{bytes, cookie, from_json};
    use crate::{Map, alb};
    use miniserde::json;

    #[test]
    fn an_odd_cookie_hides_no_other() {
        for (header, expected) in [
            ("a=1", Some("1")),
            ("b=Jörg; a=1", Some("1")),
            ("a; =; ;;b; a=1", Some("1")),
            ("b=\"; a=\"1 2\"", Some("1 2")),
            (" a = 1 ;a=2", Some("1")),
            ("a=\"", Some("\"")),
            ("a=", Some("")),
            ("A=1", None),
            ("a", None),
        ] {
            assert_eq!(cookie(header, "a"), expected, "{header}");
        }
    }

    #[test]
    fn a_cookie_is_found_in_each_of_several_headers() {
        let request = |headers: &str| -> alb::Request {
            let context = r#""requestContext":{"elb":{"targetGroupArn":"x"}}"#;
            let start = r#""httpMethod":"GET","path":"/","isBase64Encoded":false,"body":"""#;
            json::from_str(&format!("{{{start},{context},{headers}}}")).unwrap()
        };
        for headers in [
            r#""headers":{"Cookie":"b=2; a=1"}"#,
            r#""multiValueHeaders":{"cookie":["b=Jörg","a=1"]}"#,
            r#""headers":{"cookie":"b=2"},"multiValueHeaders":{"cookie":["a=1","b=2"]}"#,
            r#""headers":{"cookie":"a=1"},"multiValueHeaders":{"x":["y"]}"#,
        ] {
            assert_eq!(request(headers).cookie("a"), Some("1"), "{headers}");
        }
    }

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
