//! Values that write themselves, instead of being taken apart. An item of DynamoDB has an object
//! for each attribute, and miniserde needs a box for each object.
//!
//! A writer offers its memory to the address of what it asks next, and only what is at this address
//! takes it. So nothing is mistaken if a `Serialize` of a program calls another writer in the
//! middle: what that asks has other addresses.

use super::output::Output;
use miniserde::Serialize;
use miniserde::ser::Map;
use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;
use std::mem::{self, ManuallyDrop};
use std::ptr;

/// A value that can write itself.
pub trait WriteItself {
    /// Writes the value from a position on, and returns the next position.
    fn write(&self, out: &mut Output, at: usize) -> usize;
}

/// The fields of such a value, in a box. Other writers ask for the fields.
#[repr(align(16))] // Seldom: the writer makes its offer to no others.
pub struct Itself<'a, F> {
    value: &'a dyn WriteItself,
    fields: F,
}

impl<'a, F: Map> Itself<'a, F> {
    /// Creates them.
    pub fn new(value: &'a dyn WriteItself, fields: F) -> Self {
        Self { value, fields }
    }
}

impl<F> fmt::Debug for Itself<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("Itself")
    }
}

impl<F: Map> Map for Itself<'_, F> {
    fn next(&mut self) -> Option<(Cow<'_, str>, &dyn Serialize)> {
        if take(address(self), self.value) { None } else { self.fields.next() }
    }
}

/// Returns the address of fields that may write themselves.
pub(super) fn address_of_fields(fields: &dyn Map) -> Option<usize> {
    (align_of_val(fields) == align_of::<Itself<()>>()).then(|| address(fields))
}

/// Returns the address of a value, which is odd: of what begins with the value, it is another.
fn address_of_value<T>(value: &T) -> usize {
    address(value) | 1
}

fn address<T: ?Sized>(of: &T) -> usize {
    ptr::from_ref(of).cast::<()>().addr()
}

/// Offers the memory of a writer to a value, which is begun then. Its `begin` must do no more than
/// take it: it must not panic, nor call another writer. Returns the next position, if it was taken.
pub(super) fn offer_to_value<T: Serialize>(
    value: &T,
    out: &mut Output,
    at: usize,
) -> Option<usize> {
    TO.set(address_of_value(value));
    MEMORY.set((ManuallyDrop::new(mem::replace(out, Output::EMPTY)), at));
    drop(value.begin());
    let (memory, end) = MEMORY.replace(NONE);
    *out = ManuallyDrop::into_inner(memory);
    (TO.replace(0) == 0).then_some(end)
}

/// Whether the value has written itself, when it is begun. It is null then.
pub fn is_written<T: Serialize + WriteItself>(value: &T) -> bool {
    take(address_of_value(value), value)
}

thread_local! {
    /// The address that the memory is offered to, or zero when it was taken.
    static TO: Cell<usize> = const { Cell::new(0) };
    /// The memory and the position. Without a drop, which the thread would have to remember.
    static MEMORY: Cell<(ManuallyDrop<Output>, usize)> = const { Cell::new(NONE) };
}

const NONE: (ManuallyDrop<Output>, usize) = (ManuallyDrop::new(Output::EMPTY), 0);

fn take(to: usize, value: &dyn WriteItself) -> bool {
    if TO.get() != to {
        return false;
    }
    TO.set(0);
    let (mut out, at) = MEMORY.replace(NONE);
    let end = value.write(&mut out, at);
    MEMORY.set((out, end));
    true
}

/// Offers the memory of a writer to an address while it is asked for something. Returns the next
/// position if the memory was taken, and otherwise what the writer has got.
pub(super) fn offer<T>(
    to: usize,
    out: &mut Output,
    at: usize,
    ask: impl FnOnce() -> T,
) -> Result<usize, T> {
    /// Takes the memory back, even after a panic, and restores the offer before.
    struct Back<'a>(&'a mut Output, &'a mut Option<usize>, usize, (ManuallyDrop<Output>, usize));
    impl Drop for Back<'_> {
        fn drop(&mut self) {
            let (memory, end) = MEMORY.replace(mem::replace(&mut self.3, NONE));
            *self.0 = ManuallyDrop::into_inner(memory);
            *self.1 = (TO.replace(self.2) == 0).then_some(end);
        }
    }

    let mut end = None;
    let memory = (ManuallyDrop::new(mem::replace(out, Output::EMPTY)), at);
    let back = Back(out, &mut end, TO.replace(to), MEMORY.replace(memory));
    let got = ask();
    drop(back);
    end.ok_or(got)
}

#[cfg(test)]
mod tests {
    use super::{Itself, Output, WriteItself, is_written};
    use crate::json::{encode, write_itself};
    use miniserde::ser::{Fragment, Map};
    use miniserde::{Serialize, json};
    use std::borrow::Cow;
    use std::cell::Cell;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    /// It writes itself in capitals, so that the way is seen.
    struct Word(&'static str);

    impl WriteItself for Word {
        fn write(&self, out: &mut Output, at: usize) -> usize {
            out.string(b"\"", &self.0.to_uppercase(), b"\"", at)
        }
    }

    impl Serialize for Word {
        fn begin(&self) -> Fragment<'_> {
            if is_written(self) { Fragment::Null } else { Fragment::Str(self.0.into()) }
        }
    }

    struct Words(Vec<Word>);

    impl WriteItself for Words {
        fn write(&self, out: &mut Output, mut at: usize) -> usize {
            for word in &self.0 {
                at = write_itself(word, out, at);
                // It is no value that writes itself.
                at = write_itself(&1_u8, out, at);
            }
            at
        }
    }

    impl Serialize for Words {
        fn begin(&self) -> Fragment<'_> {
            Fragment::Map(Box::new(Itself::new(self, Fields(&self.0, 0))))
        }
    }

    struct Fields<'a>(&'a [Word], usize);

    impl Map for Fields<'_> {
        fn next(&mut self) -> Option<(Cow<'_, str>, &dyn Serialize)> {
            self.1 += 1;
            self.0.get(self.1 - 1).map(|word| (Cow::Borrowed(word.0), word as &dyn Serialize))
        }
    }

    /// Values of programs: they are at the address of what they have, and call writers.
    struct Around<T>(T);

    impl<T: Serialize> Serialize for Around<T> {
        fn begin(&self) -> Fragment<'_> {
            Fragment::Map(Box::new(Foreign { value: &self.0, left: Cell::new(1), fails: false }))
        }
    }

    #[repr(align(16))]
    struct Foreign<T> {
        value: T,
        left: Cell<u8>,
        fails: bool,
    }

    impl<T: Serialize> Map for Foreign<T> {
        fn next(&mut self) -> Option<(Cow<'_, str>, &dyn Serialize)> {
            let text = format!("{} {}", json::to_string(&self.value), text(&self.value));
            assert!(!self.fails, "a panic of the program");
            let has_more = self.left.replace(self.left.get().saturating_sub(1)) > 0;
            has_more.then_some((Cow::Owned(text), &self.value as &dyn Serialize))
        }
    }

    fn text<T: Serialize>(value: &T) -> String {
        String::from_utf8(encode(value)).unwrap()
    }

    #[test]
    fn only_what_is_asked_writes_itself() {
        let words = || Words(vec![Word("a"), Word("b")]);
        assert_eq!(text(&words()), r#""A"1"B"1"#);
        assert_eq!(text(&vec![words(), words()]), r#"["A"1"B"1,"A"1"B"1]"#);
        assert_eq!(json::to_string(&words()), r#"{"a":"a","b":"b"}"#);
        assert_eq!(text(&Word("a")), r#""a""#);
        // The first field of an object calls writers, and has the address of the object.
        assert_eq!(text(&Around(Word("a"))), r#"{"\"a\" \"a\"":"a"}"#);
        assert_eq!(
            text(&Around(words())),
            r#"{"{\"a\":\"a\",\"b\":\"b\"} \"A\"1\"B\"1":"A"1"B"1}"#
        );
        let mut inline = Foreign { value: Word("a"), left: Cell::new(1), fails: false };
        let first = super::offer(
            super::address_of_fields(&inline).unwrap(),
            &mut Output::over(Vec::new()),
            0,
            || inline.next().map(|(name, _)| name.into_owned()),
        );
        assert_eq!(first.unwrap_err().unwrap(), r#""a" "a""#);
    }

    #[test]
    fn after_a_panic_nothing_is_offered_any_more() {
        struct Fails;
        impl Serialize for Fails {
            fn begin(&self) -> Fragment<'_> {
                Fragment::Map(Box::new(Foreign { value: 1, left: Cell::new(1), fails: true }))
            }
        }
        assert!(catch_unwind(AssertUnwindSafe(|| encode(&Fails))).is_err());
        assert_eq!((super::TO.get(), super::MEMORY.replace(super::NONE).1), (0, 0));
        assert_eq!(text(&Words(vec![Word("a")])), r#""A"1"#);
    }
}
