//! Scans JSON without building values.

use miniserde::json;
use std::borrow::Cow;

/// A place at which a text is not JSON.
#[derive(Debug)]
pub(super) struct SyntaxError {
    pub at: usize,
    pub what: &'static str,
}

/// A position in a JSON text.
pub(super) struct Scanner<'a> {
    pub text: &'a str,
    /// How many bytes have been read.
    pub at: usize,
}

pub(super) type Result<T> = std::result::Result<T, SyntaxError>;

impl<'a> Scanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn at(text: &'a str, at: usize) -> Self {
        Self { text, at }
    }

    #[inline]
    pub(super) fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }

    #[inline]
    fn take(&mut self, bytes: usize) -> &'a str {
        let start = self.at;
        self.at += bytes;
        self.text.get(start..self.at).unwrap_or_default()
    }

    /// Skips white space and returns the next byte, or 0 at the end: no value begins with it.
    #[inline]
    pub(super) fn next(&mut self) -> u8 {
        loop {
            match self.text.as_bytes().get(self.at) {
                Some(b' ' | b'\n' | b'\t' | b'\r') => self.at += 1,
                Some(byte) => return *byte,
                None => return 0,
            }
        }
    }

    /// Skips this byte, and returns true, if it is the next one.
    #[inline]
    pub(super) fn skip_byte(&mut self, byte: u8) -> bool {
        let is_next = self.next() == byte;
        self.at += usize::from(is_next);
        is_next
    }

    #[inline]
    pub(super) fn expect(&mut self, byte: u8) -> Result<()> {
        if self.skip_byte(byte) { Ok(()) } else { Err(self.error()) }
    }

    pub(super) fn literal(&mut self, word: &'static str) -> Result<()> {
        if !self.rest().starts_with(word.as_bytes()) {
            return Err(self.error());
        }
        self.at += word.len();
        Ok(())
    }

    /// Checks that nothing follows but white space.
    pub(super) fn end(&mut self) -> Result<()> {
        self.next();
        if self.rest().is_empty() {
            return Ok(());
        }
        Err(SyntaxError { at: self.at, what: "unexpected text after the JSON value" })
    }

    #[cold]
    pub(super) fn error(&self) -> SyntaxError {
        let is_end = self.rest().is_empty();
        let what = if is_end { "unexpected end of the text" } else { "unexpected character" };
        SyntaxError { at: self.at, what }
    }

    pub(super) fn skip_key(&mut self) -> Result<()> {
        if self.next() != b'"' {
            return Err(self.error());
        }
        self.skip_string()?;
        self.expect(b':')
    }

    /// Skips a string with any escapes.
    pub(super) fn skip_string(&mut self) -> Result<()> {
        self.at += 1;
        loop {
            self.at += plain_length(self.rest());
            match self.rest() {
                [b'"', ..] => {
                    self.at += 1;
                    return Ok(());
                }
                [b'\\', b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => self.at += 2,
                [b'\\', b'u', a, b, c, d, ..]
                    if [a, b, c, d].iter().all(|byte| byte.is_ascii_hexdigit()) =>
                {
                    self.at += 6;
                }
                _ => return Err(self.error()),
            }
        }
    }

    /// Reads a string without escapes. `None` is for everything else, and the position stays at its
    /// start.
    #[inline]
    pub(super) fn plain_string(&mut self) -> Option<&'a str> {
        if self.next() != b'"' {
            return None;
        }
        let start = self.at;
        self.at += 1;
        let length = plain_length(self.rest());
        let text = self.take(length);
        if let [b'"', ..] = self.rest() {
            self.at += 1;
            return Some(text);
        }
        self.at = start;
        None
    }

    /// Writes a string with the usual escapes to `unescaped`. If it has rarer ones, the position
    /// stays at the string's start.
    pub(super) fn unescape(&mut self, unescaped: &mut String) -> Result<()> {
        unescaped.clear();
        let start = self.at;
        self.expect(b'"')?;
        loop {
            let length = plain_length(self.rest());
            unescaped.push_str(self.take(length));
            let escape = match self.rest() {
                [b'"', ..] => {
                    self.at += 1;
                    return Ok(());
                }
                [b'\\', escape @ (b'"' | b'\\' | b'/'), ..] => char::from(*escape),
                [b'\\', b'n', ..] => '\n',
                [b'\\', b'r', ..] => '\r',
                [b'\\', b't', ..] => '\t',
                [b'\\', _, ..] => {
                    self.at = start;
                    return Ok(());
                }
                _ => return Err(self.error()),
            };
            unescaped.push(escape);
            self.at += 2;
        }
    }

    /// Reads a key and the colon after it. Half of a surrogate pair in it stays as it is written.
    pub(super) fn key(&mut self) -> Result<Cow<'a, str>> {
        if let Some(key) = self.plain_string() {
            return self.expect(b':').map(|()| key.into());
        }
        if self.next() != b'"' {
            return Err(self.error());
        }
        let start = self.at;
        self.skip_string()?;
        let quoted = self.text.get(start..self.at).unwrap_or_default();
        self.expect(b':')?;
        Ok(json::from_str(quoted).map_or(Cow::Borrowed(quoted), Cow::Owned))
    }
}

/// Returns the number of bytes before the first quote, backslash or control byte.
pub(super) fn plain_length(text: &[u8]) -> usize {
    let mut length = 0;
    for sixteen in text.chunks_exact(16).take(LONG / 16) {
        let (first, second) = sixteen.split_at(8);
        let (first, second) = (special(first), special(second));
        if first | second != 0 {
            return length + first_of(first, second);
        }
        length += 16;
    }
    if length == LONG {
        length += plain_pieces(text.get(LONG..).unwrap_or_default());
    }
    while let Some(eight) = text.get(length..length + 8) {
        let special = special(eight);
        if special != 0 {
            return length + position(special);
        }
        length += 8;
    }
    // The last eight bytes again; those before `length` are plain.
    match text.last_chunk::<8>() {
        Some(eight) => text.len() - 8 + position(special(eight)),
        None => short_plain_length(text),
    }
}

/// The byte of the first mark, or 8.
pub(super) fn position(special: u64) -> usize {
    special.trailing_zeros() as usize / 8
}

fn first_of(first: u64, second: u64) -> usize {
    if first != 0 { position(first) } else { 8 + position(second) }
}

/// The same for less than eight bytes.
fn short_plain_length(text: &[u8]) -> usize {
    position(special(&short_word(text))).min(text.len())
}

/// Returns less than eight bytes as a word, with zeros after them: the first four and the last four
/// of them, if there are four.
pub(super) fn short_word(text: &[u8]) -> [u8; 8] {
    let length = text.len();
    let word = match (text.first_chunk::<4>(), text.last_chunk::<4>(), text) {
        (Some(first), Some(last), _) => {
            let last = u64::from(u32::from_le_bytes(*last));
            u64::from(u32::from_le_bytes(*first)) | last << (8 * (length - 4))
        }
        (_, _, [a]) => u64::from(*a),
        (_, _, [a, b]) => u64::from(u16::from_le_bytes([*a, *b])),
        (_, _, [a, b, c]) => u64::from(u32::from_le_bytes([*a, *b, *c, 0])),
        _ => 0,
    };
    word.to_le_bytes()
}

/// From this length on larger pieces are faster.
const LONG: usize = 256;

/// The same in complete pieces, which the compiler turns into vector instructions.
fn plain_pieces(text: &[u8]) -> usize {
    const PIECE: usize = 64;
    let is_plain =
        |piece: &&[u8]| piece.chunks_exact(8).fold(0, |any, eight| any | special(eight)) == 0;
    PIECE * text.chunks_exact(PIECE).take_while(is_plain).count()
}

/// Returns a bit mask: the high bit of the first quote, backslash or control byte is set. Bits of
/// later bytes may be set too.
pub(super) fn special(eight: &[u8]) -> u64 {
    const ONES: u64 = u64::MAX / 0xFF;
    let eight = eight.try_into().map_or(0, u64::from_le_bytes);
    // With a bit turned, the quote follows the control bytes.
    let quote_or_control = (eight ^ (ONES * 2)).wrapping_sub(ONES * 0x21);
    let backslash = (eight ^ (ONES * u64::from(b'\\'))).wrapping_sub(ONES);
    (quote_or_control | backslash) & !eight & (ONES << 7)
}

#[cfg(test)]
mod tests {
    use super::plain_length;

    #[test]
    fn plain_text_ends_at_the_first_special_byte() {
        for length in 0..500 {
            for special in *b"\"\\\n\0\x1f" {
                for behind in [&b""[..], b"\"", b"!!!!!!!!", &[b'\\'; 70]] {
                    let text = [&vec![b' '; length][..], &[special], behind].concat();
                    assert_eq!(plain_length(&text), length);
                }
            }
            let text = [b'!', b'#', b'[', b']', 0x7f, 0x80, 0xff].repeat(length);
            assert_eq!(plain_length(&text), text.len());
        }
    }
}
