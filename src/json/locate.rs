//! Finds a single value in a JSON text by the path of its fields.

use super::event_kind::recognize;
use super::scan::{Result, Scanner};
use super::traits::{FromJson, text_of};

/// Returns a string, number or boolean as text: names of fields and indexes with dots between them,
/// such as `Records.0.messageId`. `None` is for everything else, and for what is not JSON.
pub(crate) fn scalar_at(event: &[u8], path: &str) -> Option<String> {
    let text = text_of(event).ok()?;
    let mut scanner = Scanner::new(text);
    if !path.split('.').all(|step| enter(&mut scanner, step).unwrap_or(false)) {
        return None;
    }
    let first = scanner.next();
    let start = scanner.at;
    scanner.skip_value().ok()?;
    let value = text.get(start..scanner.at)?;
    match first {
        b'"' => String::from_json(value.as_bytes()).ok(),
        b'{' | b'[' | b'n' => None,
        _ => Some(value.to_owned()),
    }
}

/// Moves to the value of a field, or to the element with this index. Returns false if there is
/// none.
fn enter(scanner: &mut Scanner, step: &str) -> Result<bool> {
    match scanner.next() {
        b'{' => {
            scanner.expect(b'{')?;
            let mut more = scanner.next() != b'}';
            while more {
                if scanner.key()? == step {
                    return Ok(true);
                }
                scanner.skip_value()?;
                more = scanner.skip_byte(b',');
            }
        }
        b'[' => {
            let Ok(index) = step.parse::<usize>() else { return Ok(false) };
            scanner.expect(b'[')?;
            let mut more = scanner.next() != b']';
            let mut at = 0;
            while more {
                if at == index {
                    return Ok(true);
                }
                scanner.skip_value()?;
                at += 1;
                more = scanner.skip_byte(b',');
            }
        }
        _ => {}
    }
    Ok(false)
}

/// Returns the kind of AWS's event without its article, such as `SQS`.
pub(crate) fn event_source(event: &[u8]) -> Option<&'static str> {
    let kind = recognize(text_of(event).ok()?)?;
    let kind = kind.strip_prefix("an ").or_else(|| kind.strip_prefix("a ")).unwrap_or(kind);
    Some(kind.strip_suffix(" event").unwrap_or(kind))
}

#[cfg(test)]
mod tests {
    use super::{event_source, scalar_at};

    #[test]
    fn a_path_leads_to_a_string_a_number_or_a_boolean() {
        let event = br#" {"a":{"b":[{"c":"x\u00e9\n"},7,true,null,{}],"":1},"a.b":2,"e":-1.5e3} "#;
        for (path, found) in [
            ("a.b.0.c", Some("xé\n")),
            ("a.b.1", Some("7")),
            ("a.b.2", Some("true")),
            ("a.b.3", None),
            ("a.b.4", None),
            ("a.b.5", None),
            ("a.b.-1", None),
            ("a.b", None),
            ("a.x", None),
            ("a.b.0.c.d", None),
            ("a.", Some("1")),
            ("e", Some("-1.5e3")),
            ("", None),
        ] {
            assert_eq!(scalar_at(event, path).as_deref(), found, "{path}");
        }
        for event in [&b"7"[..], b"", b"{", b"{\"id\"", b"{\"id\":", b"{\"id\":\"x", b"\xff", b"[]"]
        {
            assert_eq!(scalar_at(event, "id"), None);
        }
        assert_eq!(scalar_at(b"\xef\xbb\xbf{\"id\":\"x\"}", "id").as_deref(), Some("x"));
    }

    #[test]
    fn the_kind_of_an_event_has_no_article() {
        for (event, kind) in [
            (&br#"{"Records":[{"receiptHandle":"x"}]}"#[..], Some("SQS")),
            (br#"{"detail-type":"x","source":"y"}"#, Some("EventBridge")),
            (br#"{"order":1}"#, None),
            (b"{", None),
        ] {
            assert_eq!(event_source(event), kind);
        }
    }
}
