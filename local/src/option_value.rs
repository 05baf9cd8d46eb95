//! The values of options on the command line.

use lexopt::ValueExt;
use std::str::FromStr;

/// The value of an option that is a number.
pub(crate) fn number<T: FromStr>(
    parser: &mut lexopt::Parser,
    option: &str,
    what: &str,
) -> Result<T, lexopt::Error> {
    let text = parser.value()?.string()?;
    text.parse()
        .map_err(|_| format!("--{option} is followed by {what}, and not by {text:?}").into())
}

/// The value of an option that is a handler.
pub(crate) fn handler(parser: &mut lexopt::Parser, option: &str) -> Result<String, lexopt::Error> {
    let handler = parser.value()?.string()?;
    if handler.is_empty() || handler.contains(char::is_whitespace) {
        return Err(format!("--{option} is followed by the name of a handler").into());
    }
    Ok(handler)
}

/// The value of an option that is a handler with a port.
pub(crate) fn handler_and_port(
    parser: &mut lexopt::Parser,
) -> Result<(String, u16), lexopt::Error> {
    let value = parser.value()?.string()?;
    let parts = value.rsplit_once('=').filter(|(handler, _)| !handler.is_empty());
    let parts = parts.and_then(|(handler, port)| Some((handler.to_owned(), port.parse().ok()?)));
    let wrong = "--http is followed by HANDLER=PORT, with a port of at most 65535";
    parts.ok_or_else(|| wrong.into())
}
