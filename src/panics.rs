//! Panics: logged at once by a hook, and caught so that they become errors.
//!
//! The hook logs a panic when it happens, because some panics cannot be caught: with
//! `panic = "abort"`, a panic during a panic, and a panic in an `extern "C"` function.

use crate::Error;
use crate::backtrace::{self, Frame};
use std::any::Any;
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::{Mutex, MutexGuard, PoisonError};
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
    /// Whether the payload of a panic is being dropped.
    static IS_DISCARDING: Cell<bool> = const { Cell::new(false) };
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
        if IS_DISCARDING.try_with(Cell::get).unwrap_or(false) {
            return; // the panic whose payload it is was logged
        }
        let message = message(info.payload());
        let frames = frames(info);
        let is_logged = log(&Error::with_frames(KIND, with_thread_name(&message), frames.clone()));
        // Fails only while the thread ends, when the panic is not asked for.
        let shown = Shown { message: message.into_owned(), frames };
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

/// Locks, even after a panic of another thread: what is locked here is never half changed.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Turns the payload of a panic into an error.
fn error(payload: Box<dyn Any + Send>) -> Error {
    let message = message(&*payload).into_owned();
    let last = LAST_PANIC.try_with(RefCell::take).ok().flatten();
    discard(payload);
    // `resume_unwind` passes on a panic of another thread without calling the hook.
    match last.filter(|last| last.message == message) {
        Some(last) => Error::with_frames(KIND, message, last.frames).already_logged(),
        None => Error::with_frames(KIND, message, Vec::new()),
    }
}

/// Drops a payload, whose type may be the user's and panic again. The payload of that panic is
/// leaked.
fn discard(payload: Box<dyn Any + Send>) {
    let _ = IS_DISCARDING.try_with(|is_discarding| is_discarding.set(true));
    if let Err(again) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        std::mem::forget(again);
    }
    let _ = IS_DISCARDING.try_with(|is_discarding| is_discarding.set(false));
}

/// Returns the text of a payload, or what can be said of it. No code of the user's is called: a
/// panic in the hook ends the process.
fn message(payload: &(dyn Any + Send)) -> Cow<'_, str> {
    if let Some(text) = payload.downcast_ref::<&str>() {
        return Cow::Borrowed(text);
    }
    let text = payload.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| payload.downcast_ref::<Box<str>>().map(|text| &**text));
    let text = text.or_else(|| payload.downcast_ref::<Cow<str>>().map(|text| &**text));
    if let Some(text) = text {
        return Cow::Borrowed(text);
    }
    if let Some(error) = payload.downcast_ref::<Error>() {
        return Cow::Owned(error.to_string());
    }
    if let Some(inner) = payload.downcast_ref::<Box<dyn Any + Send>>() {
        return message(&**inner); // of another thread's panic
    }
    let value = value_of(payload).map(|value| format!("{NO_MESSAGE}; its value is {value}"));
    value.map_or(Cow::Borrowed(NO_MESSAGE), Cow::Owned)
}

/// Describes a payload of a common type that is not text.
fn value_of(payload: &(dyn Any + Send)) -> Option<String> {
    macro_rules! value_of_types {
        ($($name:ty),*) => {
            $(if let Some(value) = payload.downcast_ref::<$name>() {
                return Some(format!("{value:?} ({})", stringify!($name)));
            })*
        };
    }
    value_of_types!(i8, i16, i32, i64, i128, isize, u8, u16, u32, u64, u128, usize);
    value_of_types!(bool, char, f32, f64);
    macro_rules! box_of_types {
        ($($name:ty),*) => {
            $(if payload.is::<$name>() {
                return Some(concat!("of the type ", stringify!($name)).to_owned());
            })*
        };
    }
    box_of_types!(
        Box<dyn std::error::Error + Send + Sync>,
        Box<dyn std::error::Error + Send>,
        std::io::Error
    );
    None
}
