//! Memory that JSON is written into.

use super::scan::{plain_length, position, short_word, special};

/// Memory that is written from the start. Functions take the position and return the next one: kept
/// in a register, it makes DynamoDB items a third faster than a `Vec` that grows by each piece.
/// Bytes after the position have no meaning, so a short piece is written as a whole word.
pub(super) struct Output(Vec<u8>);

impl Output {
    /// Writes over what the memory holds.
    pub(super) fn over(memory: Vec<u8>) -> Self {
        Self(memory)
    }

    /// Returns what was written up to a position.
    pub(super) fn up_to(mut self, end: usize) -> Vec<u8> {
        self.0.truncate(end);
        self.0
    }

    /// Writes a piece as it is.
    #[inline]
    pub(super) fn bytes(&mut self, bytes: &[u8], at: usize) -> usize {
        self.room(bytes.len(), at).copy_from_slice(bytes);
        at + bytes.len()
    }

    /// Writes a string and what is before and after its text.
    #[inline]
    pub(super) fn string<const B: usize, const A: usize>(
        &mut self,
        before: &[u8; B],
        text: &str,
        after: &[u8; A],
        at: usize,
    ) -> usize {
        let room = self.room(B + text.len() + WORD + A, at);
        if let Some((first, rest)) = room.split_first_chunk_mut() {
            *first = *before;
            if copy_if_plain(text.as_bytes(), rest) {
                if let Some(behind) = rest.get_mut(text.len()..).and_then(<[u8]>::first_chunk_mut) {
                    *behind = *after;
                }
                return at + B + text.len() + A;
            }
        }
        let at = self.escaped(text, at + B);
        self.bytes(after, at)
    }

    /// Writes the text of a string, with escapes.
    fn escaped(&mut self, text: &str, mut at: usize) -> usize {
        let mut rest = text.as_bytes();
        loop {
            // Of JSON in a string, most pieces are shorter than a word.
            let length = match rest.first_chunk::<WORD>().map(|word| (word, special(word))) {
                Some((word, found)) if found != 0 => {
                    self.bytes(word, at);
                    position(found)
                }
                _ => {
                    let length = plain_length(rest);
                    self.bytes(rest.get(..length).unwrap_or_default(), at);
                    length
                }
            };
            at += length;
            let Some((byte, after)) = rest.get(length..).and_then(<[u8]>::split_first) else {
                return at;
            };
            rest = after;
            let escape = match byte {
                b'"' | b'\\' => *byte,
                b'\n' => b'n',
                b'\r' => b'r',
                b'\t' => b't',
                8 => b'b',
                12 => b'f',
                _ => {
                    let digit = |half: u8| if half < 10 { b'0' + half } else { b'a' - 10 + half };
                    let digits = [digit(byte >> 4), digit(byte & 0xF)];
                    at = self.bytes(b"\\u00", at);
                    at = self.bytes(&digits, at);
                    continue;
                }
            };
            at = self.bytes(&[b'\\', escape], at);
        }
    }

    /// From the last digit to the first: the formatting of the standard library takes three times
    /// as long.
    pub(super) fn number(&mut self, mut number: u64, at: usize) -> usize {
        let mut digits = [0; 20];
        let mut start = digits.len();
        for (at, digit) in digits.iter_mut().enumerate().rev() {
            #[allow(clippy::cast_possible_truncation, reason = "a digit")]
            let last = (number % 10) as u8;
            *digit = b'0' + last;
            start = at;
            number /= 10;
            if number == 0 {
                break;
            }
        }
        self.bytes(digits.get(start..).unwrap_or_default(), at)
    }

    /// Returns this many bytes from a position on.
    fn room(&mut self, bytes: usize, at: usize) -> &mut [u8] {
        let end = at + bytes;
        if end > self.0.len() {
            self.grow(end);
        }
        self.0.get_mut(at..end).unwrap_or_default()
    }

    #[cold]
    fn grow(&mut self, end: usize) {
        self.0.resize(end.max(2 * self.0.len()).max(1024), 0); // most responses have less than 1 KB
    }
}

const WORD: usize = 8;

/// Copies a string of a usual length in the words in which it is checked, followed by up to a word
/// of zeros. Returns whether nothing in it must be escaped.
fn copy_if_plain(text: &[u8], room: &mut [u8]) -> bool {
    if text.len() > 64 {
        return false;
    }
    let words = text.chunks_exact(WORD);
    let rest = short_word(words.remainder());
    let count = words.remainder().len();
    let mut room = room.chunks_exact_mut(WORD);
    for (word, room) in words.zip(&mut room) {
        room.copy_from_slice(word);
        if special(word) != 0 {
            return false;
        }
    }
    if let Some(room) = room.next() {
        room.copy_from_slice(&rest);
    }
    position(special(&rest)) >= count
}
