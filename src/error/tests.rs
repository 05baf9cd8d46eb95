//! Tests of errors: kinds, messages with their sources, and conversions.

use super::conversion::{ErrorKind, MAX_SOURCES};
use crate::Error;
use std::borrow::Cow;
use std::error::Error as StdError;
use std::fmt;
use std::rc::Rc;

fn convert<E: Into<Error>>(error: E) -> Error {
    error.into()
}

#[test]
fn every_error_type_converts() {
    let number = "x".parse::<u8>().unwrap_err();
    let message = number.to_string();
    let boxed: Box<dyn StdError> = Box::new(number.clone());
    for (error, kind) in [
        (convert(number.clone()), "core::num::error::ParseIntError"),
        (convert(boxed), "Error"),
        (convert(message.clone()), "Error"),
        (convert(Cow::Borrowed("").into_owned() + &message), "Error"),
        (convert(anyhow::Error::from(number.clone())), "Error"),
        (convert(Box::new(number)), "core::num::error::ParseIntError"),
    ] {
        assert_eq!((error.kind(), error.message()), (kind, &*message));
    }
    let error = convert("out of paper");
    assert_eq!((error.kind(), error.message()), ("Error", "out of paper"));
}

#[test]
fn errors_of_the_library_alloc_keep_their_type() {
    let not_utf8 = String::from_utf8(vec![0xff]).unwrap_err();
    assert_eq!(convert(not_utf8).kind(), "alloc::string::FromUtf8Error");
    let nul = std::ffi::CString::new("a\0b").unwrap_err();
    assert_eq!(convert(nul).kind(), "alloc::ffi::c_str::NulError");
    let reserve = Vec::<u64>::new().try_reserve(usize::MAX).unwrap_err();
    assert_eq!(convert(reserve).kind(), "alloc::collections::TryReserveError");
}

#[test]
fn a_boxed_error_of_threads_is_wrapped() {
    let error: Box<dyn StdError + Send + Sync> = "no stock".into();
    let error = Error::wrap("Database", &*error);
    assert_eq!((error.kind(), error.message()), ("Database", "no stock"));
}

/// An error with a text and, perhaps, a source; not `Send`.
#[derive(Debug)]
struct Chained(
    &'static str,
    Option<Box<Chained>>,
    #[allow(dead_code, reason = "it is not Send")] Rc<()>,
);

impl fmt::Display for Chained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
impl StdError for Chained {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.1.as_ref().map(|source| &**source as &dyn StdError)
    }
}

fn chain(texts: &[&'static str]) -> String {
    let error = texts
        .iter()
        .rev()
        .fold(None, |source, text| Some(Box::new(Chained(text, source, Rc::default()))));
    convert(*error.unwrap()).message().to_owned()
}

#[test]
fn a_source_is_dropped_only_if_the_message_ends_with_it() {
    for (texts, message) in [
        (&["outer", "inner"][..], "outer: inner"),
        (&["outer", "middle", "inner"], "outer: middle: inner"),
        (&["outer: inner", "inner"], "outer: inner"),
        (&["outer (inner)", "inner"], "outer (inner)"),
        (&["outer: \"inner\".", "inner"], "outer: \"inner\"."),
        (&["a: b: c", "b: c", "c"], "a: b: c"),
        (&["a", "b: c", "c"], "a: b: c"),
        (&["same", "same"], "same"),
        (&["row 10 cannot be read", "row 1"], "row 10 cannot be read: row 1"),
        (&["cannot read row 1", "1"], "cannot read row 1: 1"),
        (&["in row 1 of 2", "row 1"], "in row 1 of 2: row 1"),
        (&["disrow 1", "row 1"], "disrow 1: row 1"),
    ] {
        assert_eq!(chain(texts), message);
    }
}

#[derive(Debug)]
struct Endless(Cow<'static, str>);

impl fmt::Display for Endless {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
impl StdError for Endless {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(self)
    }
}

#[test]
fn a_chain_without_an_end_is_cut() {
    assert_eq!(convert(Endless("a bad icon".into())).message(), "a bad icon");
    let message = convert(Endless("x - y".into())).message().to_owned();
    assert!(message.len() <= (MAX_SOURCES + 1) * "x - y: ".len());
}

/// An error of a sister crate, with a code.
#[derive(Debug)]
struct Coded(ErrorKind);

impl Coded {
    fn new() -> Self {
        Self(ErrorKind::new("OutOfStock"))
    }
}
impl fmt::Display for Coded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no teapots")
    }
}
impl StdError for Coded {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

/// A user's error with the one above as its cause.
#[derive(Debug)]
struct Caused(Coded);

impl fmt::Display for Caused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the order failed")
    }
}
impl StdError for Caused {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

#[test]
fn an_error_that_brings_a_kind_keeps_it_in_every_box() {
    let boxed: Box<dyn StdError> = Box::new(Coded::new());
    let shared: std::sync::Arc<dyn StdError + Send + Sync> = std::sync::Arc::new(Coded::new());
    let thread: Box<dyn StdError + Send + Sync> = Box::new(Coded::new());
    for error in [
        convert(Coded::new()),
        convert(Box::new(Coded::new())),
        convert(std::sync::Arc::new(Coded::new())),
        convert(boxed),
        convert(shared),
        convert(anyhow::Error::from(Coded::new())),
        convert(anyhow::Error::from_boxed(thread)),
    ] {
        assert_eq!((error.kind(), error.message()), ("OutOfStock", "no teapots"));
    }
    let error = convert(anyhow::Error::from(Coded::new()).context("order 7"));
    assert_eq!((error.kind(), error.message()), ("OutOfStock", "order 7: no teapots"));
}

#[test]
fn a_cause_does_not_give_its_kind_to_a_type_with_a_name() {
    let error = convert(Caused(Coded::new()));
    assert!(error.kind().ends_with("::Caused"), "{error}");
    assert_eq!(error.message(), "the order failed: no teapots");
    let error = convert(anyhow::Error::from(Caused(Coded::new())));
    assert_eq!(error.kind(), "OutOfStock");
}

#[test]
fn a_kind_that_is_set_wins() {
    let error = Error::wrap("Shop", &Coded::new());
    assert_eq!((error.kind(), error.message()), ("Shop", "no teapots"));
}

#[test]
fn an_error_goes_through_the_box_of_other_code_and_back() {
    type Other = Box<dyn StdError + Send + Sync>;
    fn ours() -> Result<(), Error> {
        Err(Error::with_frames("EmptyOrder", "no pieces".to_owned(), Vec::new()).already_logged())
    }
    fn theirs() -> Result<(), Other> {
        Ok(ours()?)
    }
    fn handler() -> Result<(), Error> {
        theirs().map_err(|error| -> Box<dyn StdError> { error })?;
        Ok(())
    }
    let error = theirs().unwrap_err();
    assert_eq!(
        (&*error.to_string(), &*format!("{error:?}")),
        ("no pieces", "EmptyOrder: no pieces")
    );
    let error = handler().unwrap_err();
    assert_eq!((error.kind(), error.message()), ("EmptyOrder", "no pieces"));
    assert!(error.is_logged(), "a panic is not logged again");

    let error = convert(anyhow::Error::from_boxed(ours().unwrap_err().into()));
    assert_eq!((error.kind(), error.message()), ("EmptyOrder", "no pieces"));
    let error = anyhow::Error::from_boxed(ours().unwrap_err().into()).context("order 7");
    let error = convert(error);
    assert_eq!((error.kind(), error.message()), ("EmptyOrder", "order 7: no pieces"));
}

#[test]
fn an_error_of_one_thread_converts_too() {
    type Stock = &'static std::sync::Mutex<u32>;
    fn take(stock: Stock) -> Result<u32, Error> {
        Ok(*stock.lock()?) // the error holds the guard, which is not `Send`
    }
    let stock: Stock = Box::leak(Box::default());
    assert_eq!(take(stock).unwrap(), 0);
    std::thread::spawn(|| {
        let _guard = stock.lock();
        std::panic::resume_unwind(Box::new(()));
    })
    .join()
    .unwrap_err();
    let error = take(stock).unwrap_err();
    assert!(error.kind().starts_with("std::sync::"), "{error}");
}
