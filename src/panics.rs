//! Panics: logged at once by a hook, and caught so that they become errors.
//!
//! The hook logs a panic when it happens, because some panics cannot be caught: with
//! `panic = "abort"`, a panic during a panic, and a panic in an `extern "C"` function.

use crate::Error;
use crate::backtrace::{self, Frame};
use std::any::Any;
use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::thread;

const KIND: &str = "Function.Panic";
const NO_MESSAGE: &str = "the panic has no message";

/// A panic of this thread that the hook has shown.
struct Shown {
    message: String,
    frames: Vec<Frame>,
}

thread_local! {
    static LAST_PANIC: RefCell<Option<Shown>> = const { RefCell::new(None) };
}

/// Installs the hook. `log` logs a panic, or returns false if the log cannot show it.
///
/// A hook that the program has set is called too, as for any panic. Rust's own hook is called only
/// if the panic cannot be logged.
pub(crate) fn install_hook(log: fn(&Error) -> bool) {
    let previous = panic::take_hook();
    let default = panic::take_hook();
    // Rust's own hook is a function without data, so two of its boxes have the same address and
    // the same vtable. If that ever changes, a panic is printed in addition to being logged.
    let is_default = std::ptr::eq(&raw const *previous, &raw const *default);
    panic::set_hook(Box::new(move |info| {
        let message = message(info.payload()).unwrap_or(NO_MESSAGE);
        let frames = frames(info);
        let is_logged = log(&Error::at(KIND, with_thread_name(message), frames.clone()));
        // Fails only while the thread ends, when nobody asks for the panic.
        let shown = Shown { message: message.to_owned(), frames };
        let _ = LAST_PANIC.try_with(|last| last.replace(Some(shown)));
        if !is_logged || !is_default {
            previous(info);
        }
    }));
}

/// Adds the name of a thread that the handler has started.
fn with_thread_name(message: &str) -> String {
    match thread::current().name() {
        Some("main") => message.to_owned(),
        Some(name) if name.starts_with(WORKER_THREAD) => message.to_owned(),
        name => format!("{message} (in thread {})", name.unwrap_or("without a name")),
    }
}

/// What the names of the threads that serve events begin with.
pub(crate) const WORKER_THREAD: &str = "worker-";

fn frames(info: &PanicHookInfo) -> Vec<Frame> {
    let place = info.location().map(|place| Frame {
        label: "panic".to_owned(),
        path: place.file().to_owned(),
        line: place.line(),
    });
    place.into_iter().chain(backtrace::capture()).collect()
}

/// Calls a function of the user's, and turns its panic into an error.
///
/// # Errors
/// What the function returns; `Function.Panic` if it panics.
pub fn catch<T>(function: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    // The place of an earlier panic, which a handler caught itself, is not the place of this one.
    let _ = LAST_PANIC.try_with(RefCell::take);
    catch_any(function).unwrap_or_else(Err)
}

/// Calls a function, and returns its panic as an error.
pub(crate) fn catch_any<T>(function: impl FnOnce() -> T) -> Result<T, Error> {
    // Unwind safe: a handler can change only its own event and a response that the panic drops.
    panic::catch_unwind(AssertUnwindSafe(function)).map_err(error)
}

/// Turns the payload of a panic into an error. A payload that is not text is leaked: it is of a
/// type of the user's, whose `Drop` may panic again.
fn error(payload: Box<dyn Any + Send>) -> Error {
    let text = message(&*payload).map(str::to_owned);
    if text.is_none() {
        std::mem::forget(payload);
    }
    let message = text.unwrap_or_else(|| NO_MESSAGE.to_owned());
    let last = LAST_PANIC.try_with(RefCell::take).ok().flatten();
    // `resume_unwind` passes on a panic of another thread without calling the hook.
    match last.filter(|last| last.message == message) {
        Some(last) => Error::at(KIND, message, last.frames).already_logged(),
        None => Error::at(KIND, message, Vec::new()),
    }
}

fn message(payload: &(dyn Any + Send)) -> Option<&str> {
    let text = payload.downcast_ref::<&str>().copied();
    text.or_else(|| payload.downcast_ref::<String>().map(String::as_str))
}
