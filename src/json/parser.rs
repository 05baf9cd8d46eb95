//! Drives miniserde's visitors, eight bytes of a string at a time.
//!
//! Replaces `miniserde::json::from_str`. Cost: this file. Gain: decoding takes 0.4 to 0.8
//! of its time and half of `serde_json`'s on large strings, a field that the type does not have is
//! skipped without a visitor, and an error has its place. It can go when miniserde's parser does
//! the same. Both build the same values; the differences are listed at [`parse`].

use super::budget::Budget;
use super::mismatch;
use super::missing::missing_field;
use super::number::Number;
use super::probe::{ParseError, is_ignored, is_value, takes_any_name};
use super::scan::{Scanner, SyntaxError};
use super::spelling::Warnings;
use miniserde::de::{Deserialize, Visitor};
use miniserde::json;
use miniserde::{Error, Result};

/// Decodes a JSON text, or explains why it cannot.
///
/// It accepts what `miniserde::json::from_str` accepts, with two differences: nesting is limited to
/// [`MAX_DEPTH`], because values are built and dropped by recursion; and in a field that the type
/// does not have, a number of any size and half a surrogate pair are accepted.
pub(super) fn parse<T: Deserialize>(text: &str) -> std::result::Result<T, ParseError> {
    parse_within(text, Budget::for_text(text))
}

/// Decodes a text whose `Value`s may take this much memory.
pub(super) fn parse_within<T: Deserialize>(
    text: &str,
    budget: Option<Budget>,
) -> std::result::Result<T, ParseError> {
    let mut parser = Parser {
        scanner: Scanner::new(text),
        unescaped: String::new(),
        budget,
        warnings: Warnings::if_local(),
        error: None,
    };
    let mut out = None;
    let result = parser.document(T::begin(&mut out));
    match (result, out) {
        (Ok(()), Some(value)) => {
            if let Some(warnings) = parser.warnings {
                warnings.log();
            }
            Ok(value)
        }
        _ => Err(parser.error.unwrap_or_else(|| ParseError::mismatch(0, "it has no value".into()))),
    }
}

/// Twice the limit of `serde_json`. A level takes some 300 bytes of stack in the parser.
pub(super) const MAX_DEPTH: usize = 256;

struct Parser<'a> {
    scanner: Scanner<'a>,
    /// The last string that had escapes.
    unescaped: String,
    budget: Option<Budget>,
    warnings: Option<Warnings>,
    error: Option<ParseError>,
}

impl Parser<'_> {
    fn document(&mut self, visitor: &mut dyn Visitor) -> Result<()> {
        self.value(visitor, 0, false)?;
        match self.scanner.end() {
            Ok(()) => Ok(()),
            Err(error) => self.syntax(error),
        }
    }

    /// Reads a value, which is within a miniserde `Value` or not.
    fn value(&mut self, visitor: &mut dyn Visitor, depth: usize, in_value: bool) -> Result<()> {
        let first = self.scanner.next();
        let start = self.scanner.at;
        let taken = match first {
            b'"' => visitor.string(self.string()?),
            b'{' | b'[' if depth == MAX_DEPTH => {
                return self.refuse(start, format!("nested deeper than {MAX_DEPTH} levels"));
            }
            b'{' => {
                let mut in_value = in_value || (self.budget.is_some() && is_value(visitor));
                if let Ok(mut map) = visitor.map() {
                    self.scanner.at += 1;
                    let mut count = 0_usize;
                    let mut has_ignored = false;
                    let mut more = self.scanner.next() != b'}';
                    while more {
                        let key_at = self.scanner.at;
                        let Ok(mut member) = map.key(self.string()?) else {
                            return self.refuse(key_at, "this field is not expected".to_owned());
                        };
                        self.expect(b':')?;
                        if is_ignored(member) {
                            has_ignored = true;
                            self.skip()?;
                        } else {
                            count += 1;
                            if self.budget.is_some() && !in_value && count == 1 && is_value(member)
                            {
                                in_value = takes_any_name(&mut *map);
                                let value_at = std::mem::replace(&mut self.scanner.at, key_at);
                                member = map.key(self.string()?)?;
                                self.scanner.at = value_at;
                            }
                            if let (Some(budget), true) = (&mut self.budget, in_value) {
                                let is_text = self.scanner.next() == b'"';
                                if !budget.has_field(count, is_text) {
                                    return self.refuse_value(start);
                                }
                            }
                            self.value(member, depth + 1, in_value)?;
                        }
                        more = self.scanner.skip_byte(b',');
                    }
                    self.expect(b'}')?;
                    if let (Some(warnings), true) = (&mut self.warnings, has_ignored) {
                        warnings.check(self.scanner.text, start, &mut *map);
                    }
                    if map.finish().is_ok() {
                        return Ok(());
                    }
                    self.error = Some(missing_field(self.scanner.text, start, &mut *map));
                    return Err(Error);
                }
                Err(Error)
            }
            b'[' => {
                let in_value = in_value || (self.budget.is_some() && is_value(visitor));
                if let Ok(mut seq) = visitor.seq() {
                    self.scanner.at += 1;
                    let mut count = 0_usize;
                    let mut more = self.scanner.next() != b']';
                    while more {
                        let Ok(element) = seq.element() else {
                            let what = format!("expected at most {count} elements");
                            return self.refuse(start, what);
                        };
                        count += 1;
                        if let Some(budget) = &mut self.budget {
                            let is_text = self.scanner.next() == b'"';
                            if !budget.has_element(in_value, count, element, is_text) {
                                return self.refuse_value(start);
                            }
                        }
                        self.value(element, depth + 1, in_value)?;
                        more = self.scanner.skip_byte(b',');
                    }
                    self.expect(b']')?;
                    if seq.finish().is_ok() {
                        return Ok(());
                    }
                    let what = format!("a list of {count} elements does not match the type");
                    return self.refuse(start, what);
                }
                Err(Error)
            }
            b'n' => self.literal("null").and_then(|()| visitor.null()),
            b't' => self.literal("true").and_then(|()| visitor.boolean(true)),
            b'f' => self.literal("false").and_then(|()| visitor.boolean(false)),
            _ => match self.number()? {
                Number::Nonnegative(number) => visitor.nonnegative(number),
                Number::Negative(number) => visitor.negative(number),
                Number::Float(number) => visitor.float(number),
                Number::MinusZero => visitor.float(-0.0).or_else(|_| visitor.nonnegative(0)),
            },
        };
        if taken.is_err() && self.error.is_none() {
            let what = mismatch::refusal(visitor, self.scanner.text, start);
            return self.refuse(start, what);
        }
        taken
    }

    #[cold]
    fn refuse(&mut self, at: usize, what: String) -> Result<()> {
        self.error = Some(ParseError::mismatch(at, what));
        Err(Error)
    }

    /// Refuses what would take more than the budget.
    #[cold]
    fn refuse_value(&mut self, at: usize) -> Result<()> {
        let what = self.budget.as_ref().map_or_else(String::new, |budget| {
            budget.refusal(
                "as miniserde's Value",
                "a type with the fields that are needed, or Json of minilambda-events",
            )
        });
        self.refuse(at, what)
    }

    #[cold]
    fn syntax<T>(&mut self, error: SyntaxError) -> Result<T> {
        self.error = Some(error.into());
        Err(Error)
    }

    fn expect(&mut self, byte: u8) -> Result<()> {
        match self.scanner.expect(byte) {
            Ok(()) => Ok(()),
            Err(error) => self.syntax(error),
        }
    }

    fn literal(&mut self, word: &'static str) -> Result<()> {
        match self.scanner.literal(word) {
            Ok(()) => Ok(()),
            Err(error) => self.syntax(error),
        }
    }

    fn skip(&mut self) -> Result<()> {
        match self.scanner.skip_value() {
            Ok(()) => Ok(()),
            Err(error) => self.syntax(error),
        }
    }

    fn number(&mut self) -> Result<Number> {
        let start = self.scanner.at;
        match self.scanner.number() {
            Ok(Number::Float(number)) if number.is_infinite() => self
                .refuse(start, "the number is too large for 64 bits of floating point".to_owned())
                .and(Err(Error)),
            Ok(number) => Ok(number),
            Err(error) => self.syntax(error),
        }
    }

    fn string(&mut self) -> Result<&str> {
        if let Some(text) = self.scanner.plain_string() {
            return Ok(text);
        }
        let start = self.scanner.at;
        if let Err(error) = self.scanner.unescape(&mut self.unescaped) {
            return self.syntax(error);
        }
        if self.scanner.at == start {
            return self.string_by_miniserde();
        }
        Ok(&self.unescaped)
    }

    /// Reads a string with `\u`, which may be half a surrogate pair.
    fn string_by_miniserde(&mut self) -> Result<&str> {
        let start = self.scanner.at;
        if let Err(error) = self.scanner.skip_string() {
            return self.syntax(error);
        }
        let text = self.scanner.text.get(start..self.scanner.at).unwrap_or_default();
        if let Ok(unescaped) = json::from_str(text) {
            self.unescaped = unescaped;
            return Ok(&self.unescaped);
        }
        let what = "the string has half of a surrogate pair (\\ud800 to \\udfff)";
        self.refuse(start, what.to_owned()).and(Err(Error))
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_DEPTH, parse};
    use miniserde::json::{self, Value};
    use miniserde::{Deserialize, Serialize};
    use std::collections::BTreeMap;
    use std::fs;

    /// It matches many documents and refuses the others.
    #[derive(Deserialize, Serialize)]
    struct Event {
        version: Option<String>,
        #[serde(rename = "Records")]
        records: Option<Vec<Record>>,
        headers: Option<BTreeMap<String, String>>,
        #[serde(rename = "isBase64Encoded")]
        is_base64_encoded: Option<bool>,
    }

    #[derive(Deserialize, Serialize)]
    struct Record {
        #[serde(rename = "eventSource")]
        event_source: String,
        body: Option<String>,
        kinesis: Option<Box<Value>>,
    }

    /// Whether the text was accepted. The value must be the one that miniserde's parser builds.
    /// Only a field that the type does not have, and `-0`, may make a difference.
    fn agrees<T: Deserialize + Serialize>(text: &str) -> bool {
        let encoded = |value: &T| json::to_string(value);
        let found = parse::<T>(text).as_ref().map(encoded).ok();
        let wanted = json::from_str::<T>(text).ok().as_ref().map(encoded);
        // With an exponent of three digits a number may be beyond a float.
        let is_exponent = |rest: &str| rest.bytes().take_while(u8::is_ascii_digit).count() > 2;
        let is_lenient = text.contains("\\u") || text.split('e').skip(1).any(is_exponent);
        if !text.contains("-0") && (wanted.is_some() || !is_lenient) {
            assert_eq!(found, wanted, "{text}");
        }
        found.is_some()
    }

    fn agree(text: &str) -> usize {
        [
            agrees::<Value>(text),
            agrees::<Event>(text),
            agrees::<Vec<Option<u8>>>(text),
            agrees::<(f64, String)>(text),
        ]
        .into_iter()
        .filter(|taken| *taken)
        .count()
    }

    fn documents() -> Vec<String> {
        let files = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/data")).unwrap();
        let texts = files.map(|file| fs::read_to_string(file.unwrap().path()).unwrap());
        let mut texts: Vec<_> = texts.collect();
        texts.sort();
        texts
    }

    /// What is inserted into documents, separated by `|`.
    const PIECES: &str = "{|}|[|]|,|:|\"|\\|\"a\"|\"a\":|null|true|false|nul|0|-|1|-0|00|+1|1.|.5|0.5|1e5|\
        -1E-3|1e|1e400|18446744073709551616|-9223372036854775809| |\n|\t|\r|\x0c|\0|\x1f|\x7f|\\n|\\/|\\b|\\x|\
        \\u0041|\\u00e9|\\ud834\\udd1e|\\ud834|\\udd1e|\\u+041|é|𝄞|eight bytes|\
        seventy bytes and more, so that there is a piece of sixty-four to be seen";

    #[test]
    fn it_builds_the_values_that_miniserde_builds() {
        let documents = documents();
        assert!(documents.iter().all(|text| agree(text) > 0));
        let pieces: Vec<_> = PIECES.split('|').collect();
        let mut state = 1_u64;
        let mut below = |end: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            usize::try_from(state >> 33).unwrap() % end
        };
        let mut taken = 0;
        for _ in 0..3000 {
            let mut text: Vec<char> = documents[below(documents.len())].chars().collect();
            for _ in 0..=below(3) {
                let start = below(text.len() + 1);
                let end = (start + below(4)).min(text.len());
                text.splice(start..end, pieces[below(pieces.len())].chars());
            }
            taken += agree(&text.into_iter().collect::<String>());
            let text: String = (0..below(12)).map(|_| pieces[below(pieces.len())]).collect();
            taken += agree(&text) + agree(&format!("\"{text}\"")) + agree(&format!("[{text}]"));
        }
        assert!(taken > 1000, "{taken}");
    }

    #[test]
    fn nesting_is_limited_except_in_ignored_fields() {
        let nested = |depth| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse::<Value>(&nested(MAX_DEPTH)).is_ok());
        for depth in [MAX_DEPTH + 1, 1_000_000] {
            let error = parse::<Value>(&nested(depth)).err().unwrap();
            assert_eq!((error.at, &*error.what), (256, "nested deeper than 256 levels"));
            let text = format!("{{\"other\":{}}}", nested(depth));
            assert!(parse::<Event>(&text).is_ok());
            assert!(parse::<Event>(&text[..text.len() - 1]).is_err());
        }
    }

    #[test]
    fn an_ignored_field_may_have_what_no_type_can_hold() {
        for value in [r#""\ud800""#, "1e400", r#"[{"a":"\udfff"},-1E+999]"#] {
            assert!(parse::<Event>(&format!("{{\"other\":{value}}}")).is_ok(), "{value}");
            assert!(parse::<Value>(value).is_err(), "{value}");
        }
        for value in [r#""\u12""#, r#""\x""#, "1e", "01", "[1,]", "{\"a\":1,}", "tru", "\"\n\"", ""]
        {
            assert!(parse::<Event>(&format!("{{\"other\":{value}}}")).is_err(), "{value}");
        }
    }
}
