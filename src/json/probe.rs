//! What a type accepts, as its visitors show: miniserde says nothing else of a type. And the error
//! of a text that no visitor takes.

use super::scan::SyntaxError;
use miniserde::de::{Map, Visitor};
use miniserde::json::Value;

/// Why a text cannot be decoded.
#[derive(Debug)]
pub(super) struct ParseError {
    /// The byte at which the rejected value starts, or at which the text stops being JSON.
    pub at: usize,
    pub what: String,
    /// A required field is missing, and it has no name of AWS's.
    pub is_unnamed: bool,
}

impl ParseError {
    pub(super) fn mismatch(at: usize, what: String) -> Self {
        Self { at, what, is_unnamed: false }
    }
}

impl From<SyntaxError> for ParseError {
    fn from(error: SyntaxError) -> Self {
        Self::mismatch(error.at, error.what.to_owned())
    }
}

/// Whether a type ignores a field with this visitor.
pub(super) fn is_ignored(visitor: &dyn Visitor) -> bool {
    std::ptr::addr_eq(visitor, <dyn Visitor>::ignore())
}

/// Whether a field may not be absent.
pub(super) fn is_required(visitor: &mut dyn Visitor) -> bool {
    visitor.null().is_err()
}

/// Whether a field holds any JSON value, which accepts null like an `Option` does: it may be
/// required.
pub(super) fn takes_everything(visitor: &mut dyn Visitor) -> bool {
    visitor.null().is_ok() && visitor.boolean(false).is_ok() && visitor.string("").is_ok()
}

/// Whether a visitor builds a `Value`, or an `Option` of it. Visitors have no names, but they have
/// the size of what they build, and a `Value` takes everything. What is built for the test is null.
pub(super) fn is_value(visitor: &mut dyn Visitor) -> bool {
    size_of_val(visitor) == size_of::<Option<Value>>()
        && visitor.boolean(false).is_ok()
        && visitor.float(0.5).is_ok()
        && visitor.string("").is_ok()
        && visitor.seq().is_ok()
        && visitor.map().is_ok()
        && visitor.null().is_ok()
}

/// Whether an object takes a field of any name, as a map does and a struct does not. The field is
/// one that has no value, so a map does not keep it; one that was begun before is begun again after
/// this.
pub(super) fn takes_any_name(map: &mut dyn Map) -> bool {
    map.key("\0").map_or(true, |visitor| !is_ignored(visitor)) // a map of numbers refuses it
}
