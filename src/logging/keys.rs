//! What the records of an invocation have besides their own: keys, and the debug records that wait
//! for a failure.
//!
//! The keys of an invocation are found by its request id, so the records of all threads that have
//! the id have them too. A program that uses none of this does not contain it: [`EXTRAS`] is set by
//! the first use.

use super::json::LogKey;
use crate::panics::lock;
use crate::{invocation, logging};
use log::kv::ToValue;
use std::collections::VecDeque;
use std::sync::{Mutex, OnceLock};

/// The functions of this file, for the rest of the runtime.
#[derive(Debug)]
pub(crate) struct Extras {
    /// Returns the keys of an invocation: those for good come first.
    pub keys: fn(&str) -> Vec<LogKey>,
    /// Returns the keys that were set for an invocation alone.
    own: fn(&str) -> Vec<LogKey>,
    /// Sets them.
    set: fn(&str, Vec<LogKey>),
    /// Forgets an invocation.
    pub end: fn(&str),
}

/// Set by the first key, or by [`Logger`](super::Logger).
pub(crate) static EXTRAS: OnceLock<Extras> = OnceLock::new();

static STATE: Mutex<State> = Mutex::new(State { always: Vec::new(), invocations: Vec::new() });

struct State {
    always: Vec<LogKey>,
    invocations: Vec<OfInvocation>,
}

/// What is kept for one invocation, until it ends.
#[derive(Debug, Default)]
pub(super) struct OfInvocation {
    request_id: String,
    keys: Vec<LogKey>,
    /// Whether its debug records are written.
    pub writes_debug: bool,
    /// Debug records that are not written, unless the invocation fails.
    waiting: VecDeque<Vec<u8>>,
    waiting_bytes: usize,
    left_out: usize,
}

impl OfInvocation {
    /// Keeps a debug record, and as many before it as fit into `max_bytes`. One that does not fit
    /// alone is left out, and the others stay.
    pub fn keep(&mut self, line: Vec<u8>, max_bytes: usize) {
        if line.len() > max_bytes {
            self.left_out += 1;
            return;
        }
        self.waiting_bytes += line.len();
        self.waiting.push_back(line);
        while self.waiting_bytes > max_bytes {
            let Some(oldest) = self.waiting.pop_front() else { return };
            self.waiting_bytes -= oldest.len();
            self.left_out += 1;
        }
    }

    /// Returns the debug records that wait, and how many before them were left out. From now on
    /// they are written at once.
    pub fn release(&mut self) -> (Vec<u8>, usize) {
        self.writes_debug = true;
        self.waiting_bytes = 0;
        let lines = std::mem::take(&mut self.waiting).into_iter().flatten().collect();
        (lines, std::mem::take(&mut self.left_out))
    }
}

/// Makes the rest of the runtime call this file.
pub(super) fn enable() {
    EXTRAS.get_or_init(|| Extras { keys, own, set, end });
}

/// Calls a function with what is kept for an invocation. There is none between two invocations, and
/// none for a thread that has outlived its own: what it adds would never be removed.
pub(super) fn with<T>(request_id: &str, use_it: impl FnOnce(&mut OfInvocation) -> T) -> Option<T> {
    if request_id.is_empty() {
        return None;
    }
    let mut state = lock(&STATE);
    if !invocation::is_served(request_id) {
        return None;
    }
    let known = state.invocations.iter().position(|it| it.request_id == request_id);
    let index = known.unwrap_or_else(|| {
        let request_id = request_id.to_owned();
        state.invocations.push(OfInvocation { request_id, ..OfInvocation::default() });
        state.invocations.len() - 1
    });
    state.invocations.get_mut(index).map(use_it)
}

fn keys(request_id: &str) -> Vec<LogKey> {
    let state = lock(&STATE);
    let of_invocation = state.invocations.iter().find(|it| it.request_id == request_id);
    let more = of_invocation.map_or(&[][..], |it| &it.keys);
    state.always.iter().chain(more).cloned().collect()
}

fn own(request_id: &str) -> Vec<LogKey> {
    with(request_id, |it| it.keys.clone()).unwrap_or_default()
}

fn set(request_id: &str, keys: Vec<LogKey>) {
    with(request_id, |it| it.keys = keys);
}

/// Runs a function, and forgets the keys that it has set: for one record of a batch. A program
/// without keys pays nothing for it.
pub fn within_keys<T>(run: impl FnOnce() -> T) -> T {
    let own = |extras: &Extras| (extras.own)(&invocation::request_id());
    let before = EXTRAS.get().map_or_else(Vec::new, own);
    let result = run();
    if let Some(extras) = EXTRAS.get() {
        (extras.set)(&invocation::request_id(), before);
    }
    result
}

fn end(request_id: &str) {
    let mut state = lock(&STATE);
    // On managed instances a retry may have begun while the first attempt was still running.
    if !invocation::is_served(request_id) {
        state.invocations.retain(|it| it.request_id != request_id);
    }
}

fn put(keys: &mut Vec<LogKey>, key: LogKey) {
    match keys.iter_mut().find(|it| it.name == key.name) {
        Some(known) => *known = key,
        None => keys.push(key),
    }
}

/// Sets a key of one invocation. Returns false if there is no invocation.
pub(super) fn put_of(request_id: &str, key: LogKey) -> bool {
    with(request_id, |it| put(&mut it.keys, key)).is_some()
}

/// Adds a key to the log records of the current invocation, from now to its end: in text
/// `name=value` after the message, in JSON a field. A key that is set again has the last value.
///
/// The records of all threads that have the request id have its keys. On Lambda Managed Instances
/// each worker has its own, and a thread that a handler starts has them after
/// [`Context::attach_to_thread`](crate::Context::attach_to_thread).
///
/// Numbers and booleans are so in JSON, other values are strings. A field that the runtime writes
/// itself, or the record, comes first: the key gets an underscore then. A logger that the program
/// has set before [`run`](crate::run) does not write keys. Outside of an invocation, as in
/// [`Hooks::init`](crate::Hooks::init), a warning is logged instead: see [`log_key_always`].
///
/// ```
/// use minilambda::{Context, Error, log_key};
///
/// fn pack(order: String, _: &Context) -> Result<u32, Error> {
///     log_key("order", &order);
///     log_key("pieces", 7);
///     log::info!("it is packed"); // … it is packed order=A-1007 pieces=7
///     Ok(7)
/// }
/// # assert!(pack("A-1007".to_owned(), &Context::default()).is_ok());
/// ```
pub fn log_key(name: &str, value: impl ToValue) {
    enable();
    // The value's code is called before the lock is taken: it may log.
    let key = LogKey::new(name, &value.to_value());
    if !put_of(&invocation::current().request_id, key) {
        logging::without_panic(|| {
            log::warn!(
                "log_key(\"{name}\"): there is no invocation here; log_key_always is for keys that \
                 stay"
            );
        });
    }
}

/// Adds a key to all log records of this process, from now on. See [`log_key`].
///
/// ```
/// use minilambda::{Error, Hooks, log_key_always};
///
/// static HOOKS: Hooks = Hooks::new().init(name_service);
///
/// fn name_service() -> Result<(), Error> {
///     log_key_always("service", "shop");
///     Ok(())
/// }
/// ```
pub fn log_key_always(name: &str, value: impl ToValue) {
    enable();
    let key = LogKey::new(name, &value.to_value());
    put(&mut lock(&STATE).always, key);
}

#[cfg(test)]
mod tests {
    use super::{OfInvocation, keys, log_key};
    use crate::{Context, invocation, logging};

    #[test]
    fn a_thread_that_outlives_its_invocation_keeps_nothing() {
        let context = Context { request_id: "outlived".to_owned(), ..Context::default() };
        let names = || keys("outlived").into_iter().map(|key| key.name).collect::<Vec<_>>();
        logging::begin_invocation(&context, true);
        log_key("order", "A-1");
        assert_eq!(names(), ["order"]);
        logging::end_invocation(&context, true);
        context.attach_to_thread();
        log_key("late", 1);
        assert!(names().is_empty(), "{:?}", names());
        invocation::abandon();
    }

    #[test]
    fn the_oldest_debug_records_give_way() {
        let mut kept = OfInvocation::default();
        for number in 0..10 {
            kept.keep(format!("line {number}\n").into_bytes(), 20);
        }
        assert_eq!(kept.release(), (b"line 8\nline 9\n".to_vec(), 8));
        assert!(kept.writes_debug);
        assert_eq!(kept.release(), (Vec::new(), 0), "they are written once");
        kept.keep(b"before\n".to_vec(), 20);
        kept.keep(vec![b'x'; 21], 20);
        kept.keep(b"after\n".to_vec(), 20);
        let lines = b"before\nafter\n".to_vec();
        assert_eq!(kept.release(), (lines, 1), "one that is too large is left out alone");
    }
}
