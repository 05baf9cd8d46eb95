//! Serializes values to JSON into an existing buffer.
//!
//! miniserde's own writer goes through strings byte by byte and allocates a new string. This one
//! takes half of its time; it can go when miniserde reads strings in words. The text is the same.

use super::scan::{plain_length, position, short_word, special};
use super::spelling::warn_of_repeated_names;
use miniserde::Serialize;
use miniserde::json;
use miniserde::ser::Fragment;

/// Deeper values are left to miniserde, which does not recurse.
const MAX_DEPTH: usize = 64;

/// Encodes a response, or another whole document, into existing memory, over what it holds.
pub(crate) fn encode_into<T: Serialize>(value: &T, memory: Vec<u8>) -> Vec<u8> {
    let text = write_into(value, memory);
    warn_of_repeated_names(&text);
    text
}

/// Writes a value into existing memory, over what it holds.
pub(super) fn write_into(value: &dyn Serialize, memory: Vec<u8>) -> Vec<u8> {
    let mut out = Output(memory);
    let end = out.value(value, 0, 0);
    out.0.truncate(end);
    out.0
}

/// Memory that is written from the start. Functions take the position and return the next one: kept
/// in a register, it makes DynamoDB items a third faster than a `Vec` that grows by each piece.
/// Bytes after the position have no meaning, so a short piece is written as a whole word.
struct Output(Vec<u8>);

impl Output {
    fn value(&mut self, value: &dyn Serialize, depth: usize, at: usize) -> usize {
        match value.begin() {
            Fragment::Null => self.bytes(b"null", at),
            Fragment::Bool(true) => self.bytes(b"true", at),
            Fragment::Bool(false) => self.bytes(b"false", at),
            Fragment::Str(text) => self.string(b"\"", &text, b"\"", at),
            Fragment::U64(number) => self.number(number, at),
            Fragment::I64(number) if number < 0 => {
                let at = self.bytes(b"-", at);
                self.number(number.unsigned_abs(), at)
            }
            Fragment::I64(number) => self.number(number.unsigned_abs(), at),
            Fragment::F64(number) => match single(value, number) {
                Some(number) => self.bytes(format!("{number:?}").as_bytes(), at),
                None => self.bytes(json::to_string(&number).as_bytes(), at),
            },
            Fragment::Seq(_) | Fragment::Map(_) if depth == MAX_DEPTH => {
                self.bytes(json::to_string(value).as_bytes(), at)
            }
            Fragment::Seq(mut elements) => {
                let mut at = at;
                let mut before = b"[";
                while let Some(element) = elements.next() {
                    at = self.bytes(before, at);
                    at = self.value(element, depth + 1, at);
                    before = b",";
                }
                if before == b"[" { self.bytes(b"[]", at) } else { self.bytes(b"]", at) }
            }
            Fragment::Map(mut fields) => {
                let mut at = at;
                let mut before = b"{\"";
                while let Some((name, field)) = fields.next() {
                    at = self.string(before, &name, b"\":", at);
                    at = self.value(field, depth + 1, at);
                    before = b",\"";
                }
                if before == b"{\"" { self.bytes(b"{}", at) } else { self.bytes(b"}", at) }
            }
        }
    }

    fn bytes(&mut self, bytes: &[u8], at: usize) -> usize {
        self.room(bytes.len(), at).copy_from_slice(bytes);
        at + bytes.len()
    }

    /// Writes a string and what is before and after its text.
    #[inline]
    fn string<const B: usize, const A: usize>(
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
            let (plain, special) = rest.split_at(plain_length(rest));
            at = self.bytes(plain, at);
            let Some((byte, after)) = special.split_first() else { return at };
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
    fn number(&mut self, mut number: u64, at: usize) -> usize {
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

/// Returns the `f32` that a value of this type holds. miniserde gives it as an `f64`, whose
/// shortest form is `19.989999771118164` for `19.99`.
///
/// The type is known by its alignment, which an `f64` cannot have: it is an `f32`, an `Option` of
/// it or a struct around it. A type of 32 bit integers that is written as a float is taken for one
/// too, if its number is an `f32`: then nine digits are written. A whole number below 2^32 keeps
/// all.
fn single(value: &dyn Serialize, number: f64) -> Option<f32> {
    const IS_ALIGNED: bool = align_of::<f64>() > align_of::<f32>(); // not on every 32 bit machine
    let bytes = if IS_ALIGNED { size_of::<Option<f32>>() } else { size_of::<f32>() };
    if align_of_val(value) != align_of::<f32>() || size_of_val(value) > bytes {
        return None;
    }
    #[allow(clippy::cast_possible_truncation, reason = "it is compared")]
    let single = number as f32;
    let is_same = f64::from(single).to_bits() == number.to_bits();
    let is_whole = number.fract() == 0.0 && number.abs() < 4_294_967_296.0;
    (is_same && !is_whole && number.is_finite()).then_some(single)
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

#[cfg(test)]
mod tests {
    use super::{Fragment, encode_into};
    use crate::decode;
    use miniserde::json::{self, Number, Value};
    use miniserde::{Deserialize, Serialize};
    use std::collections::BTreeMap;
    use std::fs;

    fn written<T: Serialize>(value: &T) -> String {
        let new = encode_into(value, Vec::new());
        assert_eq!(encode_into(value, b"the event before".to_vec()), new);
        String::from_utf8(new).unwrap()
    }

    fn check<T: Serialize>(value: &T) {
        assert_eq!(written(value), json::to_string(value));
    }

    #[test]
    fn strings_are_escaped_as_miniserde_escapes_them() {
        for byte in 0..=0x7f_u8 {
            for length in [0, 1, 7, 8, 9, 63, 64, 255, 256, 257, 400] {
                let plain = "x".repeat(length);
                let special = char::from(byte);
                check(&format!("{plain}{special}"));
                check(&format!("{special}{plain}{special}{special}é🦀{plain}"));
            }
        }
        check(&BTreeMap::from([("a \"key\"\n".to_owned(), String::new())]));
    }

    #[test]
    fn numbers_are_written_to_the_last_digit() {
        for number in [0, 1, 9, 10, 99, 100, 12_345, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            check(&number);
        }
        for number in [i64::MIN, -1, 0, 1, i64::MAX] {
            check(&number);
        }
        for number in [0.1, -0.0, 1e300, f64::NAN, f64::INFINITY, f64::MIN_POSITIVE] {
            check(&number);
        }
    }

    #[derive(Deserialize, Serialize)]
    struct Prices {
        net: f32,
        gross: Option<f32>,
        exact: f64,
        list: Vec<f32>,
        pair: (f32, f64),
    }

    #[test]
    fn an_f32_is_written_in_its_shortest_form_and_an_f64_with_all_its_digits() {
        let same = f64::from(0.1_f32);
        let prices = Prices {
            net: 19.99,
            gross: Some(0.1),
            exact: same,
            list: vec![1e-7, -3.4e38, 0.0, -0.0, 16_777_216.0, f32::NAN, f32::INFINITY],
            pair: (0.3, same),
        };
        let text = written(&prices);
        assert_eq!(
            text,
            "{\"net\":19.99,\"gross\":0.1,\"exact\":0.10000000149011612,\
             \"list\":[1e-7,-3.4e38,0.0,-0.0,16777216.0,null,null],\
             \"pair\":[0.3,0.10000000149011612]}"
        );
        for number in [same, 0.1, 1e300, f64::from(f32::MAX), f64::from(f32::MIN_POSITIVE)] {
            check(&number);
            check(&Some(number));
            check(&vec![number]);
            check(&&number);
            check(&Value::Number(Number::F64(number)));
        }
    }

    #[test]
    fn each_f32_is_read_back_as_it_was() {
        let (mut state, mut shorter) = (1_u32, 0);
        for _ in 0..200_000 {
            state = state.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
            let number = f32::from_bits(state ^ (state >> 15));
            if number.is_finite() {
                let text = written(&number);
                let read: f32 = decode(text.as_bytes()).unwrap();
                assert_eq!(read.to_bits(), number.to_bits(), "{text}");
                assert_eq!(text.parse::<f32>().unwrap().to_bits(), number.to_bits(), "{text}");
                shorter += usize::from(text.len() < json::to_string(&number).len());
            }
        }
        assert!(shorter > 150_000, "{shorter}");
    }

    /// Tenths, as a type may keep them. It is no `f32`, though it is as large.
    struct Tenths(u32);

    impl Serialize for Tenths {
        fn begin(&self) -> Fragment<'_> {
            Fragment::F64(f64::from(self.0) / 10.0)
        }
    }

    #[test]
    fn a_type_of_32_bits_that_is_no_f32_keeps_its_digits() {
        for number in (0..u32::MAX).step_by(9973).chain([33_554_430, 167_772_190, u32::MAX]) {
            let text = written(&Tenths(number));
            assert_eq!(
                text.parse::<f64>().unwrap().to_bits(),
                (f64::from(number) / 10.0).to_bits()
            );
        }
    }

    #[derive(Deserialize, Serialize)]
    struct Node {
        child: Option<Box<Node>>,
        list: Vec<Vec<u8>>,
        done: bool,
        nothing: (),
    }

    #[test]
    fn values_of_any_depth_are_written() {
        let nested = |depth: usize| {
            let leaf =
                Node { child: None, list: vec![vec![], vec![1, 2]], done: true, nothing: () };
            (0..depth).fold(leaf, |node, _| Node {
                child: Some(Box::new(node)),
                list: Vec::new(),
                done: false,
                nothing: (),
            })
        };
        for depth in [0, 1, 31, 32, 33, 62, 63, 64, 65, 66, 250] {
            check(&nested(depth));
        }
    }

    #[test]
    fn each_document_is_written_as_miniserde_writes_it() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/data");
        for file in fs::read_dir(folder).unwrap() {
            let text = fs::read_to_string(file.unwrap().path()).unwrap();
            check(&json::from_str::<Value>(&text).unwrap());
        }
    }
}
