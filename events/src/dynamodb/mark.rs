//! How an attribute value says what it is while an item is written: miniserde cannot tell types
//! apart.
//!
//! See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>;
//! an example of an item is in `data/dynamodb.json`.

use std::cell::Cell;

thread_local! {
    /// Whether an attribute value is met by `to_item`, and says so instead of being written as
    /// JSON.
    static IS_ITEM: Cell<bool> = const { Cell::new(false) };
}

/// The name of the only field by which an attribute value says what it is. No other name has a
/// zero.
pub(super) const MARK: &str = "\0AttributeValue";

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
