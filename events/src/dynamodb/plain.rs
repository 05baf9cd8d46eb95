//! Reads the JSON that another library has written as attribute values, with all digits of its
//! numbers.
//!
//! See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>;
//! an example of an item is in `data/dynamodb.json`.

use crate::dynamodb::decode::MAX_DEPTH;
use crate::dynamodb::value::AttributeValue;
use crate::{Error, Map};
use miniserde::json;

/// Reads a value: `None` for null.
pub(super) fn read(text: &str) -> Result<Option<AttributeValue>, Error> {
    let mut reader = Reader { text, at: 0 };
    let value = reader.value(0)?;
    if reader.next() == 0 { Ok(value) } else { Err(no_json()) }
}

fn no_json() -> Error {
    Error::new(
        "InvalidItem",
        "the value is not written as JSON, or nested more than 128 levels deep",
    )
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn value(&mut self, depth: usize) -> Result<Option<AttributeValue>, Error> {
        Ok(Some(match self.next() {
            b'n' => return self.word("null").map(|()| None),
            b't' => self.word("true").map(|()| AttributeValue::Bool(true))?,
            b'f' => self.word("false").map(|()| AttributeValue::Bool(false))?,
            b'"' => AttributeValue::S(self.string()?),
            b'[' if depth < MAX_DEPTH => {
                let mut list = Vec::new();
                self.parts(b']', |reader| {
                    let value = reader.value(depth + 1)?;
                    list.push(value.unwrap_or(AttributeValue::Null(true)));
                    Ok(())
                })?;
                AttributeValue::L(list)
            }
            b'{' if depth < MAX_DEPTH => {
                let mut map = Map::default();
                self.parts(b'}', |reader| {
                    let name = reader.string()?;
                    reader.byte(b':')?;
                    if let Some(value) = reader.value(depth + 1)? {
                        map.insert(name, value);
                    }
                    Ok(())
                })?;
                AttributeValue::M(map)
            }
            b'-' | b'0'..=b'9' => AttributeValue::N(self.number().to_owned()),
            _ => return Err(no_json()),
        }))
    }

    /// Skips white space and returns the next byte, or 0 at the end.
    fn next(&mut self) -> u8 {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches([' ', '\n', '\t', '\r']).len();
        self.rest().bytes().next().unwrap_or(0)
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn word(&mut self, word: &str) -> Result<(), Error> {
        if !self.rest().starts_with(word) {
            return Err(no_json());
        }
        self.at += word.len();
        Ok(())
    }

    fn byte(&mut self, byte: u8) -> Result<(), Error> {
        if self.next() != byte {
            return Err(no_json());
        }
        self.at += 1;
        Ok(())
    }

    /// Reads the elements of a list, or the fields of an object, and its end.
    fn parts(
        &mut self,
        close: u8,
        mut part: impl FnMut(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.at += 1;
        let mut has_more = self.next() != close;
        while has_more {
            part(self)?;
            has_more = self.next() == b',';
            self.at += usize::from(has_more);
        }
        self.byte(close)
    }

    fn string(&mut self) -> Result<String, Error> {
        if self.next() != b'"' {
            return Err(no_json());
        }
        let mut is_escaped = false;
        let end = self.rest().bytes().skip(1).position(|byte| {
            let is_end = byte == b'"' && !is_escaped;
            is_escaped = byte == b'\\' && !is_escaped;
            is_end
        });
        let length = end.ok_or_else(no_json)? + 2;
        let text = self.rest().get(..length).unwrap_or_default();
        self.at += length;
        json::from_str(text).map_err(|_| no_json())
    }

    fn number(&mut self) -> &'a str {
        let rest = self.rest();
        let is_part = |c: char| c.is_ascii_digit() || "+-.eE".contains(c);
        let number = rest.find(|c| !is_part(c)).and_then(|end| rest.get(..end)).unwrap_or(rest);
        self.at += number.len();
        number
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_DEPTH, read};
    use miniserde::json;

    #[test]
    fn a_text_becomes_a_value_with_all_its_digits() {
        let text = r#" {"a" : [1, -0.5e-3, null, true ,false], "n":null, "b":{"c\"\u00e9":"\\"},
            "d":340282366920938463463374607431768211455, "e":[], "f":{}} "#;
        let value = read(text).unwrap().unwrap();
        assert_eq!(
            json::to_string(&value),
            concat!(
                r#"{"M":{"a":{"L":[{"N":"1"},{"N":"-0.5e-3"},{"NULL":true},{"BOOL":true},"#,
                r#"{"BOOL":false}]},"b":{"M":{"c\"é":{"S":"\\"}}},"#,
                r#""d":{"N":"340282366920938463463374607431768211455"},"e":{"L":[]},"f":{"M":{}}}}"#
            )
        );
        assert!(read("null").unwrap().is_none());
    }

    #[test]
    fn what_is_no_json_is_an_error() {
        for text in
            ["", "{", "[1", "[1,]", "{\"a\"}", "{a:1}", "nul", "\"a", "\"\\x\"", "1 2", "[1}"]
        {
            assert!(read(text).is_err(), "{text}");
        }
        let nested = |depth: usize| "[".repeat(depth) + &"]".repeat(depth);
        assert!(read(&nested(MAX_DEPTH)).is_ok());
        assert!(read(&nested(MAX_DEPTH + 1)).is_err() && read(&nested(1_000_000)).is_err());
    }
}
