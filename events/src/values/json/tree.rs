//! JSON as one string: half of its text in memory, and readable without another allocation.
//!
//! A value is a tag and what follows it:
//!
//! | value | tag | after it |
//! |---|---|---|
//! | null, true, false | `n`, `t`, `f` | |
//! | an integer of zero or more, below zero | `u`, `i` | its absolute value |
//! | another number | `d` | the bits of an `f64`, the last byte first |
//! | a string | `s` | length, text |
//! | a list | `a` | length in five bytes, values |
//! | an object | `o` | length in five bytes, fields: length of the name, name, value |
//!
//! A number is written in bytes of six bits, the lowest first; another one follows if the seventh
//! is set. So all is ASCII but the strings of the user, and a string can be lent without another
//! check. Example: `{"a":[0,"é"]}` is `o` 13, `A` `a`, `a` 6, `u` 0, `s` 2 `é`.

use super::Json;
use miniserde::json::{self, Number};
use miniserde::ser::{Fragment, Serialize};
use std::collections::BinaryHeap;
use std::ops::Range;

/// The bytes of a list's or an object's length: 35 bits.
const LENGTH_BYTES: usize = 5;

/// Deeper values are left to miniserde, which does not recurse. It may read a float one unit off.
const MAX_DEPTH: usize = 256;

/// A tree that is being written.
#[derive(Default)]
pub(super) struct Tree(pub(super) Vec<u8>);

impl Tree {
    fn tag(&mut self, tag: u8, text: usize) {
        self.reserve(text);
        self.0.push(tag);
    }

    /// Makes room for a tag, a number and a text. It grows by half and not to the double, so a
    /// large tree needs less at once.
    fn reserve(&mut self, text: usize) {
        const TAG_AND_NUMBER: usize = 12;
        let Self(bytes) = self;
        let needed = text + TAG_AND_NUMBER;
        if bytes.capacity() - bytes.len() < needed {
            bytes.reserve_exact(needed.max(bytes.len() / 2));
        }
    }

    fn varint(&mut self, mut number: u64) {
        while number > 0x3F {
            self.0.push(low_bits(number, 0x3F) | 0x40);
            number >>= 6;
        }
        self.0.push(low_bits(number, 0x3F));
    }

    pub(super) fn literal(&mut self, tag: u8) {
        self.tag(tag, 0);
    }

    pub(super) fn number(&mut self, number: &Number) {
        let (tag, bits) = match number {
            Number::U64(number) => (b'u', *number),
            Number::I64(number) => (b'i', number.unsigned_abs()),
            Number::F64(number) => (b'd', number.to_bits().swap_bytes()),
        };
        self.tag(tag, 0);
        self.varint(bits);
    }

    pub(super) fn text(&mut self, text: &str) {
        self.tag(b's', text.len());
        self.name(text);
    }

    fn name(&mut self, text: &str) {
        self.varint(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    /// Writes a tree, which is empty for null.
    pub(super) fn copy(&mut self, tree: &str) {
        if tree.is_empty() {
            return self.literal(b'n');
        }
        self.reserve(tree.len());
        self.0.extend_from_slice(tree.as_bytes());
    }

    /// Writes a key of an object.
    pub(super) fn key(&mut self, key: &str) {
        self.reserve(key.len());
        self.name(key);
    }

    /// Begins a list or an object, and returns where its content begins.
    pub(super) fn open(&mut self, tag: u8) -> usize {
        self.tag(tag, LENGTH_BYTES);
        self.0.extend([0; LENGTH_BYTES]);
        self.0.len()
    }

    pub(super) fn close(&mut self, start: usize) {
        let mut length = self.0.len() - start;
        for place in self.0.get_mut(start - LENGTH_BYTES..start).unwrap_or_default() {
            *place = low_bits(length as u64, 0x7F);
            length >>= 7;
        }
    }

    /// Writes any value.
    pub(super) fn value(&mut self, value: &dyn Serialize) {
        self.value_at(value, 0);
    }

    fn value_at(&mut self, value: &dyn Serialize, depth: usize) {
        match value.begin() {
            Fragment::Seq(_) | Fragment::Map(_) if depth == MAX_DEPTH => {
                let json = json::from_str(&json::to_string(value)).unwrap_or(Json::NULL);
                self.copy(&json.tree);
            }
            Fragment::Null => self.literal(b'n'),
            Fragment::Bool(value) => self.literal(if value { b't' } else { b'f' }),
            Fragment::Str(text) => self.text(&text),
            Fragment::U64(number) => self.number(&Number::U64(number)),
            Fragment::I64(number) => self.number(&match u64::try_from(number) {
                Ok(number) => Number::U64(number),
                Err(_) => Number::I64(number),
            }),
            Fragment::F64(number) => {
                if number.is_finite() {
                    self.number(&Number::F64(number));
                } else {
                    self.literal(b'n');
                }
            }
            Fragment::Seq(mut elements) => {
                let start = self.open(b'a');
                while let Some(element) = elements.next() {
                    self.value_at(element, depth + 1);
                }
                self.close(start);
            }
            Fragment::Map(mut fields) => {
                let start = self.open(b'o');
                while let Some((name, field)) = fields.next() {
                    self.key(&name);
                    self.value_at(field, depth + 1);
                }
                self.finish_object(start);
            }
        }
    }

    /// Closes an object. Of a field that came twice the last one is kept.
    pub(super) fn finish_object(&mut self, start: usize) {
        let content = self.0.get(start..).unwrap_or_default();
        let mut replaced = replaced_fields(content).into_iter().peekable();
        if replaced.peek().is_some() {
            let mut cursor = Cursor { bytes: content, at: 0 };
            let mut kept = Vec::new();
            while let (at, Some(_)) = (cursor.at, cursor.field()) {
                if replaced.next_if_eq(&at).is_none() {
                    kept.extend_from_slice(content.get(at..cursor.at).unwrap_or_default());
                }
            }
            self.0.truncate(start);
            self.0.extend_from_slice(&kept);
        }
        self.close(start);
    }
}

/// Returns where the fields begin that a later one of the same name replaces.
fn replaced_fields(content: &[u8]) -> Vec<usize> {
    let name_of = |place: Range<usize>| content.get(place).unwrap_or_default();
    let mut cursor = Cursor { bytes: content, at: 0 };
    let (mut count, mut is_ascending, mut last) = (0_usize, true, None);
    while let Some((name, _)) = cursor.field() {
        let name = name_of(name);
        is_ascending &= last.is_none_or(|last| last < name);
        last = Some(name);
        count += 1;
    }
    if is_ascending {
        return Vec::new();
    }
    let mut places = Vec::with_capacity(count);
    let mut cursor = Cursor { bytes: content, at: 0 };
    while let (at, Some(_)) = (cursor.at, cursor.field()) {
        places.push(at);
    }
    let name_at = |at: usize| name_of(Cursor { bytes: content, at }.text());
    places.sort_unstable_by(|a, b| name_at(*a).cmp(name_at(*b)).then(a.cmp(b)));
    let pairs = places.iter().zip(places.iter().skip(1));
    let equal = pairs.filter(|(at, next)| name_at(**at) == name_at(**next));
    // A heap, because another `sort` is 25 KB of the program.
    let replaced: BinaryHeap<usize> = equal.map(|(at, _)| *at).collect();
    replaced.into_sorted_vec()
}

#[allow(clippy::cast_possible_truncation, reason = "it is masked")]
fn low_bits(number: u64, mask: u8) -> u8 {
    number as u8 & mask
}

/// A position in a tree, or in the content of a list or an object. It returns places.
#[derive(Clone)]
pub(super) struct Cursor<'a> {
    pub bytes: &'a [u8],
    pub at: usize,
}

impl Cursor<'_> {
    /// Skips a value. `None` is the end.
    pub(super) fn value(&mut self) -> Option<Range<usize>> {
        let start = self.at;
        let tag = *self.bytes.get(start)?;
        self.at += 1;
        match tag {
            b'u' | b'i' | b'd' => {
                self.varint();
            }
            b's' => {
                self.text();
            }
            b'a' | b'o' => {
                let length = self.length();
                self.at += length;
            }
            _ => {}
        }
        Some(start..self.at)
    }

    /// Skips a field: its name, without the length, and its value.
    pub(super) fn field(&mut self) -> Option<(Range<usize>, Range<usize>)> {
        self.bytes.get(self.at)?;
        let name = self.text();
        Some((name, self.value()?))
    }

    /// Skips a text after its length.
    pub(super) fn text(&mut self) -> Range<usize> {
        let length = usize::try_from(self.varint()).unwrap_or(usize::MAX);
        let start = self.at;
        self.at = start.saturating_add(length);
        start..self.at
    }

    pub(super) fn varint(&mut self) -> u64 {
        let (mut number, mut shift) = (0, 0);
        while let Some(byte) = self.bytes.get(self.at) {
            self.at += 1;
            number |= u64::from(byte & 0x3F) << shift;
            shift += 6;
            if byte & 0x40 == 0 || shift >= 64 {
                break;
            }
        }
        number
    }

    /// Skips the length of a list or an object.
    pub(super) fn length(&mut self) -> usize {
        let bytes = self.bytes.get(self.at..).unwrap_or_default().iter().take(LENGTH_BYTES);
        self.at += LENGTH_BYTES;
        bytes.rev().fold(0, |length, byte| length << 7 | usize::from(*byte))
    }
}
