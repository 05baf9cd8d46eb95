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

/// Moves to the value of a field, the last of its name as for a type, or to the element with
/// this index. Returns false if there is none.
fn enter(scanner: &mut Scanner, step: &str) -> Result<bool> {
    match scanner.next() {
        b'{' => {
            let mut found = None;
            scanner.fields(|scanner, name| {
                found = if name == step { Some(scanner.at) } else { found };
                Ok(false)
            })?;
            if let Some(value) = found {
                scanner.at = value;
                return Ok(true);
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
    use crate::decode;
    use miniserde::json::{self, Value};

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

    /// What `decode` finds at a path.
    fn decoded_at(event: &[u8], path: &str) -> Option<String> {
        let mut value = decode::<Value>(event).ok()?;
        for step in path.split('.') {
            value = match value {
                Value::Object(fields) => fields.get(step)?.clone(),
                Value::Array(values) => values.get(step.parse::<usize>().ok()?)?.clone(),
                _ => return None,
            };
        }
        match value {
            Value::String(text) => Some(text),
            Value::Number(_) | Value::Bool(_) => Some(json::to_string(&value)),
            _ => None,
        }
    }

    /// The two readings of an event agree: otherwise the log would have another id than the
    /// function.
    #[test]
    fn a_path_leads_to_what_a_type_gets() {
        for object in [
            r#""id":"1","id":"2""#,
            r#""id":"1","\u0069d":"2""#,
            r#""\u0069d":"1","id":null"#,
            r#""id":{"id":1},"id":{"x":2}"#,
            r#""id":[1],"id":{"id":[true,false]}"#,
            r#""gr\u00f6\u00DFe":7,"größe":8"#,
            r#""\ud834\udd1e":-7"#,
            r#""a\/b":"1""#,
            r#""a\"":"1","a":"2""#,
            r#""a\"" :"1","a\\" : "2","a:" : "3""#,
            r#""a\\":"1""#,
            r#""":{"":"1"}"#,
            r#""0":{"1":"2"},"\u0030":["3",{"1":4}]"#,
            r#""id" : "1" , "x" : [ "id" ] "#,
            r#""x":{"id":"1"}"#,
            r#""id":"1","#,
            r#""id":"1","x""#,
            r#""id":"1","x":}"#,
            r#""\ud834":1,"id":"1""#,
        ] {
            let event = format!("{{{object}}}");
            for path in [
                "id", "id.id", "id.0", "id.id.1", "id.x", "größe", "𝄞", "a/b", "a\"", "a", "a\\",
                "a:", "", ".", "0.1", "0.0", "0.1.1", "x", "x.0", "x.id",
            ] {
                // Only a type has to hold half of a surrogate pair.
                let is_half = object.contains("\\ud834\"");
                let expected = if is_half { None } else { decoded_at(event.as_bytes(), path) };
                let found = scalar_at(event.as_bytes(), path).filter(|_| !is_half);
                assert_eq!(found, expected, "{path} of {event}");
            }
        }
        assert_eq!(scalar_at(br#"{"\ud834":1,"id":"1"}"#, "id").as_deref(), Some("1"));
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
