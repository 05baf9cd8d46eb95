//! Why an invocation failed, and what the service is told of it.

use miniserde::{Serialize, json};
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt::{self, Write as _};

/// Why a handler could not answer: a kind, a message, and the place where it is known.
///
/// `?` makes one out of anything that converts to `Box<dyn std::error::Error>`: every error type,
/// `Box<dyn Error>`, `anyhow::Error`, and plain text. [`Error::new`] gives it a kind of its own.
///
/// ```
/// use minilambda::{Context, Error};
///
/// fn double(text: String, _: &Context) -> Result<i64, Error> {
///     let number: i64 = text.parse()?; // errorType: core::num::error::ParseIntError
///     number.checked_mul(2).ok_or_else(|| Error::new("TooLarge", "twice the number is over 64 bits"))
/// }
/// # assert!(double("x".into(), &Context::default()).is_err());
/// ```
///
/// It is not itself a [`std::error::Error`]: that is what lets `?` convert all the others.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html#runtimes-api-invokeerror>.
pub struct Error {
    kind: Cow<'static, str>,
    message: String,
    place: Option<Place>,
}

/// Where in the source a panic happened.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub file: String,
    pub line: u32,
}

impl Error {
    /// An error of a kind of your own, such as `"OutOfStock"`, with a message for its reader.
    ///
    /// The kind is what the caller sees as `errorType`, and what metrics and retries can be told
    /// apart by. Neither kind nor message should hold a secret: both are logged.
    pub fn new(kind: impl Into<Cow<'static, str>>, message: impl Into<String>) -> Self {
        Self { kind: kind.into(), message: message.into(), place: None }
    }

    pub(crate) fn at(mut self, place: Option<Place>) -> Self {
        self.place = place;
        self
    }

    /// The kind given to [`Error::new`], or the type of the error that `?` converted.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// What happened, with its causes behind it.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where it happened, if that is known.
    pub(crate) fn place_text(&self) -> String {
        self.place.as_ref().map(ToString::to_string).unwrap_or_default()
    }

    /// The document that the service hands to the caller.
    pub(crate) fn to_json(&self) -> String {
        #[derive(Serialize)]
        struct Body<'a> {
            #[serde(rename = "errorMessage")]
            message: &'a str,
            #[serde(rename = "errorType")]
            kind: &'a str,
            #[serde(rename = "stackTrace")]
            stack_trace: Vec<String>,
        }
        json::to_string(&Body {
            message: shorten(&self.message, MAX_MESSAGE_BYTES),
            kind: shorten(&self.kind, MAX_MESSAGE_BYTES),
            stack_trace: self.place.iter().map(ToString::to_string).collect(),
        })
    }

    /// The kind as the service accepts it in a header: `(Runtime|Function)\.[A-Z][a-zA-Z]+`.
    ///
    /// A kind that already has that form stays; of a type's path the last part is taken.
    pub(crate) fn header_type(&self) -> String {
        let (family, name) = match self.kind.split_once('.') {
            Some((family @ ("Runtime" | "Function"), name)) => (family, name),
            _ => ("Function", &*self.kind),
        };
        let path = name.split(['<', ' ']).next().unwrap_or_default();
        let name = path.rsplit(':').next().unwrap_or_default();
        let mut letters = name.chars().filter(char::is_ascii_alphabetic);
        match letters.next() {
            Some(first) if letters.clone().next().is_some() => {
                let rest: String = letters.take(MAX_NAME_LETTERS).collect();
                format!("{family}.{}{rest}", first.to_ascii_uppercase())
            }
            _ => format!("{family}.Error"),
        }
    }

    /// The error as X-Ray shows it: one line of JSON in ASCII.
    ///
    /// See <https://docs.aws.amazon.com/xray/latest/devguide/xray-api-segmentdocuments.html>.
    pub(crate) fn xray_cause(&self) -> String {
        #[derive(Serialize)]
        struct Cause<'a> {
            working_directory: String,
            exceptions: Vec<Exception<'a>>,
            paths: Vec<&'a str>,
        }
        #[derive(Serialize)]
        struct Exception<'a> {
            message: &'a str,
            r#type: &'a str,
            stack: Vec<Frame<'a>>,
        }
        #[derive(Serialize)]
        struct Frame<'a> {
            path: &'a str,
            line: u32,
            label: &'a str,
        }
        let directory = std::env::current_dir().unwrap_or_default();
        let cause = json::to_string(&Cause {
            working_directory: directory.to_string_lossy().into_owned(),
            exceptions: vec![Exception {
                message: shorten(&self.message, MAX_XRAY_MESSAGE_BYTES),
                r#type: shorten(&self.kind, MAX_XRAY_NAME_BYTES),
                stack: self
                    .place
                    .iter()
                    .map(|place| Frame { path: &place.file, line: place.line, label: "panic" })
                    .collect(),
            }],
            paths: self.place.iter().map(|place| &*place.file).collect(),
        });
        escape_non_ascii(&cause)
    }
}

/// Far more than a reader takes in, far less than the service's limit for a body.
const MAX_MESSAGE_BYTES: usize = 256 * 1024;

/// The service keeps 64 KiB of the header; a byte may become six once it is escaped.
const MAX_XRAY_MESSAGE_BYTES: usize = 8 * 1024;
const MAX_XRAY_NAME_BYTES: usize = 512;

/// Of a kind, in the header that metrics go by.
const MAX_NAME_LETTERS: usize = 100;

fn shorten(text: &str, max_bytes: usize) -> &str {
    let mut end = max_bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or(text)
}

fn escape_non_ascii(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() {
            out.push(character);
        } else {
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}"); // writing to a String cannot fail
            }
        }
    }
    out
}

impl<E: Into<Box<dyn StdError>>> From<E> for Error {
    fn from(error: E) -> Self {
        from_boxed(std::any::type_name::<E>(), &*error.into())
    }
}

fn from_boxed(kind: &'static str, error: &dyn StdError) -> Error {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        // Some errors say their cause in their own text; twice helps nobody.
        if !message.contains(&text) {
            message = format!("{message}: {text}");
        }
        source = cause.source();
    }
    // Text and boxes have no type worth naming.
    let nameless = ["&str", "alloc::", "anyhow::"].iter().any(|start| kind.starts_with(start));
    Error::new(if nameless { "Error" } else { kind }, message)
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.message)?;
        self.place.iter().try_for_each(|place| write!(f, " (at {place})"))
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

#[cfg(test)]
mod tests {
    use super::Error;
    use std::error::Error as StdError;
    use std::fmt;
    use std::rc::Rc;

    fn convert<E: Into<Error>>(error: E) -> Error {
        error.into()
    }

    #[test]
    fn everything_that_is_an_error_converts() {
        let number = "x".parse::<u8>().unwrap_err();
        let message = number.to_string();
        let boxed: Box<dyn StdError> = Box::new(number.clone());
        for (error, kind) in [
            (convert(number.clone()), "core::num::error::ParseIntError"),
            (convert(boxed), "Error"),
            (convert(message.clone()), "Error"),
        ] {
            assert_eq!((error.kind(), error.message()), (kind, &*message));
        }
        let error = convert("out of paper");
        assert_eq!((error.kind(), error.message()), ("Error", "out of paper"));
        assert_eq!(convert(number).header_type(), "Function.ParseIntError");
    }

    /// An error that cannot go to another thread, and tells its cause in its own text.
    #[derive(Debug)]
    struct Outer {
        _not_send: Rc<()>,
        cause: fmt::Error,
    }

    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "outer ({})", self.cause)
        }
    }
    impl StdError for Outer {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            Some(&self.cause)
        }
    }

    #[test]
    fn a_cause_that_is_told_already_is_not_told_twice() {
        let error = convert(Outer { _not_send: Rc::new(()), cause: fmt::Error });
        assert_eq!(error.message(), format!("outer ({})", fmt::Error));
    }

    #[test]
    fn what_goes_into_headers_and_documents_has_a_limit() {
        for text in ["\u{1}", "é", "x", "\u{1f600}"] {
            let error = Error::new(text.repeat(500_000), text.repeat(500_000));
            assert!(error.xray_cause().len() < 60_000);
            assert!(error.xray_cause().is_ascii());
            assert!(error.header_type().len() < 120);
            assert!(error.to_json().len() < 6_000_000);
        }
    }
}
