//! How an attribute value, a set and binary data say what they are while an item is written:
//! miniserde cannot tell types apart.
//!
//! See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>;
//! an example of an item is in `data/dynamodb.json`.

use miniserde::Serialize;
use miniserde::ser::Map;
use std::borrow::Cow;
use std::cell::Cell;

thread_local! {
    /// Whether a value is met by `to_item`, and says what it is instead of being written as JSON.
    static IS_ITEM: Cell<bool> = const { Cell::new(false) };
}

/// The names of the only field by which a value says what it is. The field is the value itself, to
/// be asked again without the flag. A map from outside may have the same name, with and without it.
pub(super) const VALUE: &str = "\0AttributeValue";
pub(super) const SET: &str = "\0Set";
pub(super) const BYTES: &str = "\0Bytes";

/// The only field of an object, until it is written.
pub(super) struct Marked<'a>(pub(super) Option<(&'static str, &'a dyn Serialize)>);

impl Map for Marked<'_> {
    fn next(&mut self) -> Option<(Cow<'_, str>, &dyn Serialize)> {
        self.0.take().map(|(name, value)| (Cow::Borrowed(name), value))
    }
}

pub(super) fn is_asked_for_mark() -> bool {
    IS_ITEM.with(Cell::get)
}

/// Calls a function with the flag set or cleared.
pub(super) fn with_mark<T>(is_set: bool, function: impl FnOnce() -> T) -> T {
    /// Puts the flag back, even after a panic in a user's `Serialize`.
    struct Before(bool);
    impl Drop for Before {
        fn drop(&mut self) {
            IS_ITEM.with(|flag| flag.set(self.0));
        }
    }
    let _before = Before(IS_ITEM.with(|flag| flag.replace(is_set)));
    function()
}
