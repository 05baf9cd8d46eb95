//! Serializes values to JSON into an existing buffer.
//!
//! miniserde's own writer goes through strings byte by byte and allocates a new string. This one
//! takes half of its time; it can go when miniserde reads strings in words. The text is the same.

use super::output::Output;
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
    let mut out = Output::over(memory);
    let end = write(value, 0, &mut out, 0);
    out.up_to(end)
}

fn write(value: &dyn Serialize, depth: usize, out: &mut Output, at: usize) -> usize {
    match value.begin() {
        Fragment::Null => out.bytes(b"null", at),
        Fragment::Bool(true) => out.bytes(b"true", at),
        Fragment::Bool(false) => out.bytes(b"false", at),
        Fragment::Str(text) => out.string(b"\"", &text, b"\"", at),
        Fragment::U64(number) => out.number(number, at),
        Fragment::I64(number) if number < 0 => {
            let at = out.bytes(b"-", at);
            out.number(number.unsigned_abs(), at)
        }
        Fragment::I64(number) => out.number(number.unsigned_abs(), at),
        Fragment::F64(number) => match single(value, number) {
            Some(number) => out.bytes(format!("{number:?}").as_bytes(), at),
            None => out.bytes(json::to_string(&number).as_bytes(), at),
        },
        Fragment::Seq(_) | Fragment::Map(_) if depth == MAX_DEPTH => {
            out.bytes(json::to_string(value).as_bytes(), at)
        }
        Fragment::Seq(mut elements) => {
            let mut at = at;
            let mut before = b"[";
            while let Some(element) = elements.next() {
                at = out.bytes(before, at);
                at = write(element, depth + 1, out, at);
                before = b",";
            }
            if before == b"[" { out.bytes(b"[]", at) } else { out.bytes(b"]", at) }
        }
        Fragment::Map(mut fields) => {
            let mut at = at;
            let mut before = b"{\"";
            while let Some((name, field)) = fields.next() {
                at = out.string(before, &name, b"\":", at);
                at = write(field, depth + 1, out, at);
                before = b",\"";
            }
            if before == b"{\"" { out.bytes(b"{}", at) } else { out.bytes(b"}", at) }
        }
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
