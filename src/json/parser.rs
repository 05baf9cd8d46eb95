//! Reads JSON into a type, as miniserde's parser does, but eight bytes of a text at a time.
//!
//! It takes nothing that that parser does not, and makes the same of it. What it does not take, be
//! it wrong or only nested deep, is left to that parser: what is an error is for it alone to say.

use miniserde::de::{Deserialize, Visitor};
use miniserde::json::{self, Number};
use miniserde::{Error, Result};

/// What the text holds, unless that is left to miniserde's parser.
pub(crate) fn read<T: Deserialize>(text: &str) -> Option<T> {
    let mut reader = Reader { text, at: 0, unescaped: String::new() };
    let mut out = None;
    reader.value(T::begin(&mut out), 0).ok()?;
    reader.next();
    if reader.rest().is_empty() { out } else { None }
}

/// Each level takes some of the stack; miniserde's parser keeps its own on the heap.
const MAX_DEPTH: usize = 128;

struct Reader<'a> {
    text: &'a str,
    /// How much of the text is read.
    at: usize,
    /// The last string that had escapes.
    unescaped: String,
}

impl<'a> Reader<'a> {
    fn value(&mut self, visitor: &mut dyn Visitor, depth: usize) -> Result<()> {
        match self.next() {
            b'"' => visitor.string(self.string()?),
            b'{' if depth < MAX_DEPTH => {
                let mut map = visitor.map()?;
                self.skip("{")?;
                let mut more = self.next() != b'}';
                while more {
                    let member = map.key(self.string()?)?;
                    self.skip(":")?;
                    self.value(member, depth + 1)?;
                    more = self.skip(",").is_ok();
                }
                self.skip("}")?;
                map.finish()
            }
            b'[' if depth < MAX_DEPTH => {
                let mut seq = visitor.seq()?;
                self.skip("[")?;
                let mut more = self.next() != b']';
                while more {
                    self.value(seq.element()?, depth + 1)?;
                    more = self.skip(",").is_ok();
                }
                self.skip("]")?;
                seq.finish()
            }
            b'n' => self.skip("null").and_then(|()| visitor.null()),
            b't' => self.skip("true").and_then(|()| visitor.boolean(true)),
            b'f' => self.skip("false").and_then(|()| visitor.boolean(false)),
            _ => match json::from_str(self.number())? {
                Number::U64(number) => visitor.nonnegative(number),
                Number::I64(number) => visitor.negative(number),
                Number::F64(number) => visitor.float(number),
            },
        }
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    /// So many bytes more.
    fn take(&mut self, length: usize) -> &'a str {
        let start = self.at;
        self.at += length;
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// The next byte behind white space, or 0, which no value begins with.
    fn next(&mut self) -> u8 {
        while let [b' ' | b'\n' | b'\t' | b'\r', ..] = self.rest() {
            self.at += 1;
        }
        self.rest().first().copied().unwrap_or(0)
    }

    fn skip(&mut self, expected: &str) -> Result<()> {
        self.next();
        if !self.rest().starts_with(expected.as_bytes()) {
            return Err(Error);
        }
        self.at += expected.len();
        Ok(())
    }

    /// The bytes that may be of a number: whether they are one is miniserde's to say.
    fn number(&mut self) -> &'a str {
        let of_number = |byte: &&u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        self.take(self.rest().iter().take_while(of_number).count())
    }

    fn string(&mut self) -> Result<&str> {
        self.skip("\"")?;
        let start = self.at - 1;
        let text = self.take(plain(self.rest()));
        if let [b'"', ..] = self.rest() {
            self.at += 1;
            return Ok(text);
        }
        text.clone_into(&mut self.unescaped);
        while let [b'\\', escape, rest @ ..] = self.rest() {
            self.unescaped.push(match escape {
                b'"' | b'\\' | b'/' => char::from(*escape),
                b'n' => '\n',
                b'r' => '\r',
                b't' => '\t',
                _ => return self.string_by_miniserde(start),
            });
            self.at += 2;
            let text = self.take(plain(rest));
            self.unescaped.push_str(text);
        }
        let [b'"', ..] = self.rest() else { return Err(Error) };
        self.at += 1;
        Ok(&self.unescaped)
    }

    /// A string with rarer escapes, of which some are half a character.
    fn string_by_miniserde(&mut self, start: usize) -> Result<&str> {
        while let [b'\\', _, rest @ ..] = self.rest() {
            self.at += 2 + plain(rest);
        }
        self.unescaped = json::from_str(self.text.get(start..=self.at).ok_or(Error)?)?;
        self.at += 1;
        Ok(&self.unescaped)
    }
}

/// How many bytes stand for themselves in a string, up to a quote, a backslash or a control byte.
fn plain(text: &[u8]) -> usize {
    let mut length = 0;
    while let Some(eight) = text.get(length..length + 8) {
        let special = special(eight);
        if special != 0 {
            return length + special.trailing_zeros() as usize / 8;
        }
        length += 8;
        if length == LONG {
            length += plain_pieces(text.get(LONG..).unwrap_or_default());
        }
    }
    let is_plain = |byte: &&u8| !matches!(byte, ..b' ' | b'"' | b'\\');
    length + text.iter().skip(length).take_while(is_plain).count()
}

/// From here on a text is worth being looked at in larger pieces.
const LONG: usize = 256;

/// The same, in whole pieces of so many bytes that the compiler makes vectors of them.
fn plain_pieces(text: &[u8]) -> usize {
    const PIECE: usize = 64;
    let is_plain =
        |piece: &&[u8]| piece.chunks_exact(8).fold(0, |any, eight| any | special(eight)) == 0;
    PIECE * text.chunks_exact(PIECE).take_while(is_plain).count()
}

/// The highest bit of the first byte that does not stand for itself, and maybe of others behind.
fn special(eight: &[u8]) -> u64 {
    const ONES: u64 = u64::MAX / 0xFF;
    let eight = eight.try_into().map_or(0, u64::from_le_bytes);
    let less = |bytes: u64, than: u8| bytes.wrapping_sub(ONES * u64::from(than)) & !bytes;
    let quote = less(eight ^ (ONES * u64::from(b'"')), 1);
    let backslash = less(eight ^ (ONES * u64::from(b'\\')), 1);
    (less(eight, b' ') | quote | backslash) & (ONES << 7)
}

#[cfg(test)]
mod tests {
    use super::{MAX_DEPTH, plain, read};
    use miniserde::json::{self, Value};
    use miniserde::{Deserialize, Serialize};
    use std::collections::BTreeMap;
    use std::fs;

    /// It fits many documents, and where it does not, it refuses.
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

    /// Whether it was taken; and then it is what miniserde's parser makes of the text.
    fn agrees<T: Deserialize + Serialize>(text: &str) -> bool {
        let made = |value: &T| json::to_string(value);
        let found = read::<T>(text).as_ref().map(made);
        let wanted = json::from_str::<T>(text).ok().as_ref().map(made);
        assert_eq!(found, wanted, "{text}");
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

    /// What is put into documents, with `|` between.
    const PIECES: &str = "{|}|[|]|,|:|\"|\\|\"a\"|\"a\":|null|true|false|nul|0|-|1|-0|00|+1|1.|.5|0.5|1e5|\
        -1E-3|1e|1e400|18446744073709551616|-9223372036854775809| |\n|\t|\r|\x0c|\0|\x1f|\x7f|\\n|\\/|\\b|\\x|\
        \\u0041|\\u00e9|\\ud834\\udd1e|\\ud834|\\udd1e|\\u+041|é|𝄞|eight bytes|\
        seventy bytes and more, so that there is a piece of sixty-four to be seen";

    #[test]
    fn what_is_read_is_what_miniserde_reads_and_what_it_refuses_is_not() {
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
    fn what_nests_deep_is_left_to_miniserde() {
        let nested = |depth| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read::<Value>(&nested(MAX_DEPTH)).is_some());
        for depth in [MAX_DEPTH + 1, 1_000_000] {
            assert!(read::<Value>(&nested(depth)).is_none());
            assert!(json::from_str::<Value>(&nested(depth)).is_ok());
        }
    }

    #[test]
    fn what_stands_for_itself_ends_at_the_first_byte_that_does_not() {
        for length in 0..500 {
            for special in *b"\"\\\n\0\x1f" {
                for behind in [&b""[..], b"\"", b"!!!!!!!!", &[b'\\'; 70]] {
                    let text = [&vec![b' '; length][..], &[special], behind].concat();
                    assert_eq!(plain(&text), length);
                }
            }
            let text = [b'!', b'#', b'[', b']', 0x7f, 0x80, 0xff].repeat(length);
            assert_eq!(plain(&text), text.len());
        }
    }
}
