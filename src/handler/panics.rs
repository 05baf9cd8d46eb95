//! Calls a function of the user's so that its panic is an error like any other.

use crate::Error;
use crate::backtrace::{self, Frame};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};

thread_local! {
    static CATCHING: Cell<bool> = const { Cell::new(false) };
    static PANICKED_AT: RefCell<Vec<Frame>> = const { RefCell::new(Vec::new()) };
}

/// Makes panics known to [`catch`]; those of the user's other threads are shown as ever.
pub(crate) fn note_panics() {
    let others = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if CATCHING.get() {
            let place = info.location().map(|at| Frame {
                label: "panic".to_owned(),
                path: at.file().to_owned(),
                line: at.line(),
            });
            PANICKED_AT.set(place.into_iter().chain(backtrace::here()).collect());
        } else {
            others(info);
        }
    }));
}

/// What the function returns, or that it panicked.
pub(crate) fn catch<T>(function: impl FnOnce() -> Result<T, Error>) -> Result<T, Error> {
    CATCHING.set(true);
    // Unwind safe: what a handler can change is the event, which is its own, and a response that
    // is given up with the panic.
    let result = panic::catch_unwind(AssertUnwindSafe(function));
    CATCHING.set(false);
    result.unwrap_or_else(|payload| {
        Err(Error::at("Function.Panic", message(&*payload), PANICKED_AT.take()))
    })
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("the handler panicked without a message").to_owned()
}
