//! Calls a handler so that its panic is an error like any other.

use crate::error::Place;
use crate::{Context, Error, Handler};
use std::any::Any;
use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe};

thread_local! {
    static IN_HANDLER: Cell<bool> = const { Cell::new(false) };
    static PANICKED_AT: RefCell<Option<Place>> = const { RefCell::new(None) };
}

/// Makes panics of handlers known to [`call`]; those of other threads are shown as ever.
pub(crate) fn note_panics() {
    let others = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if IN_HANDLER.get() {
            PANICKED_AT.set(
                info.location().map(|at| Place { file: at.file().to_owned(), line: at.line() }),
            );
        } else {
            others(info);
        }
    }));
}

/// The handler's response, or why there is none.
pub(crate) fn call(handler: Handler, event: Vec<u8>, context: &Context) -> Result<Vec<u8>, Error> {
    IN_HANDLER.set(true);
    // Unwind safe: the event is the handler's, and the context it can only read.
    let result = panic::catch_unwind(AssertUnwindSafe(|| (handler.call)(event, context)));
    IN_HANDLER.set(false);
    result.unwrap_or_else(|payload| {
        Err(Error::new("Function.Panic", message(&*payload)).at(PANICKED_AT.take()))
    })
}

fn message(payload: &(dyn Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().copied();
    let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("the handler panicked without a message").to_owned()
}
