//! A log record as one line of text.

use super::json::LogKey;
use crate::invocation::Invocation;
use log::Record;
use log::kv::{self, Key, Value, VisitSource};
use std::fmt::{self, Write};

/// Formats a record for CloudWatch Logs: `LEVEL REQUEST-ID TARGET: MESSAGE NAME=VALUE…`.
pub(crate) fn line(record: &Record, invocation: &Invocation, keys: &[LogKey]) -> String {
    let id = if invocation.request_id.is_empty() { "-" } else { &invocation.request_id };
    let mut line = format!("{} {id}", record.level());
    for (name, id) in [("tenant", &invocation.tenant_id), ("trace", &invocation.trace_id)] {
        if let Some(id) = id {
            // Writing to a String cannot fail; a value's Display may, and then ends the line.
            let _ = write!(line, " {name}={id}");
        }
    }
    let _ = write!(line, " {}: ", record.target());
    // CloudWatch Logs starts a new event at a line feed and shows a carriage return as a line
    // break within the event.
    message_and_pairs(&mut line, record, keys, '\r');
    line
}

/// Formats a record for a terminal: `LEVEL TARGET: MESSAGE NAME=VALUE…`.
pub(crate) fn local_line(record: &Record, keys: &[LogKey]) -> String {
    let mut line = format!("{:<5} {}: ", record.level(), record.target());
    message_and_pairs(&mut line, record, keys, '\n');
    line
}

fn message_and_pairs(line: &mut String, record: &Record, keys: &[LogKey], line_break: char) {
    let _ = write!(Escaped { line, line_break: Some(line_break) }, "{}", record.args());
    if record.target() != super::ERROR_TARGET {
        let _ = record.key_values().visit(&mut Pairs(line));
    }
    for key in keys {
        let _ = write!(Escaped { line, line_break: None }, " {}={}", key.name, key.text);
    }
}

/// Appends the key-values of a record.
struct Pairs<'a>(&'a mut String);

impl<'kvs> VisitSource<'kvs> for Pairs<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), kv::Error> {
        self.0.push(' ');
        Ok(write!(Escaped { line: self.0, line_break: None }, "{key}={value}")?)
    }
}

/// Escapes control characters, so that a value cannot forge a record or control a terminal.
struct Escaped<'a> {
    line: &'a mut String,
    /// What a line feed becomes; `None` escapes it too.
    line_break: Option<char>,
}

impl Write for Escaped<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            self.line.push_str(text);
            return Ok(());
        }
        for c in text.chars() {
            match (c, self.line_break) {
                ('\n', Some(line_break)) => self.line.push(line_break),
                ('\t', _) => self.line.push(c),
                _ if c.is_control() => self.line.extend(c.escape_default()),
                _ => self.line.push(c),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{line, local_line};
    use crate::invocation::Invocation;
    use log::Record;

    fn record(message: &str, value: &str, write: impl Fn(&Record) -> String) -> String {
        let pairs = [("errorType", log::kv::Value::from(value))];
        let pairs: &[(&str, log::kv::Value)] = &pairs;
        let mut builder = Record::builder();
        builder.target("shop").key_values(&pairs);
        write(&builder.args(format_args!("{message}")).build())
    }

    #[test]
    fn control_characters_are_escaped() {
        let invocation = Invocation { request_id: "id-1".to_owned(), ..Invocation::default() };
        assert_eq!(
            record("a\nb\r\u{1b}[2J\t\u{7f}\u{85}é", "x\r\ny\u{0}", |r| line(r, &invocation, &[])),
            "INFO id-1 shop: a\rb\\r\\u{1b}[2J\t\\u{7f}\\u{85}é errorType=x\\r\\ny\\u{0}"
        );
        assert_eq!(
            record("a\nb\r", "\u{1b}", |r| local_line(r, &[])),
            "INFO  shop: a\nb\\r errorType=\\u{1b}"
        );
    }
}
