//! The invocation that log records belong to.
//!
//! One event at a time is the usual case: the process has one current invocation, which every
//! thread's records carry. With several workers each worker's thread has an invocation of its
//! own; a thread that a handler starts is attached to one with [`Context::attach_to_thread`].

use crate::context::{Context, now_ms, plausible_deadline};
use crate::environment::{TRACE_ID, variable};
use crate::panics::lock;
use std::cell::{Cell, RefCell};
use std::sync::Mutex;
use std::time::Duration;

/// What a log record says of its invocation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Invocation {
    /// Empty between two invocations.
    pub request_id: String,
    pub tenant_id: Option<String>,
    /// Only with several workers: with one, the trace id is in the environment.
    pub trace_id: Option<String>,
    /// As in the [`Context`].
    pub deadline_ms: Option<i64>,
    /// When it was set, in milliseconds since 1970.
    pub began_ms: u64,
}

impl Invocation {
    /// Takes the ids of a context, and keeps the memory of the previous ones.
    pub(crate) fn set(&mut self, context: &Context, concurrent: bool) {
        self.request_id.clone_from(&context.request_id);
        self.tenant_id.clone_from(&context.tenant_id);
        self.trace_id = if concurrent { context.trace_id.clone() } else { None };
        self.deadline_ms = context.deadline_ms;
        self.began_ms = now_ms();
    }

    fn clear(&mut self) {
        self.request_id.clear();
        self.tenant_id = None;
        self.trace_id = None;
        self.deadline_ms = None;
    }
}

/// The invocation of a process that serves one event at a time.
static OF_PROCESS: Mutex<Invocation> = Mutex::new(Invocation {
    request_id: String::new(),
    tenant_id: None,
    trace_id: None,
    deadline_ms: None,
    began_ms: 0,
});

/// The request ids of the events that several workers serve.
static OF_WORKERS: Mutex<Vec<String>> = Mutex::new(Vec::new());

thread_local! {
    static OF_THREAD: RefCell<Option<Invocation>> = const { RefCell::new(None) };
    /// Whether a durable function repeats in this thread what it has done already.
    static IS_SILENT: Cell<bool> = const { Cell::new(false) };
}

/// Makes the records of the current thread silent, or not, and returns what was set before: a
/// durable function that is called again would log everything again. A panic is logged
/// nevertheless.
#[allow(clippy::must_use_candidate, reason = "what was set before is not always of interest")]
pub fn silence(is_silent: bool) -> bool {
    // Fails only while the thread ends. Its records are written then.
    IS_SILENT.try_with(|silent| silent.replace(is_silent)).unwrap_or(false)
}

/// Whether records, metrics and spans of the current thread are left out; see [`silence`].
#[must_use]
pub fn is_silent() -> bool {
    IS_SILENT.try_with(Cell::get).unwrap_or(false)
}

/// Makes this the invocation of the process, or, with several workers, of this thread.
#[inline(always)]
#[allow(clippy::inline_always, reason = "measured")]
pub(crate) fn begin(context: &Context, concurrent: bool) {
    if concurrent {
        begin_of_worker(context);
    } else {
        lock(&OF_PROCESS).set(context, false);
    }
}

#[cold] // the usual process has one worker
fn begin_of_worker(context: &Context) {
    let mut invocation = Invocation::default();
    invocation.set(context, true);
    lock(&OF_WORKERS).push(invocation.request_id.clone());
    adopt(invocation);
}

/// Ends what [`begin`] began.
pub(crate) fn end(context: &Context, concurrent: bool) {
    if concurrent {
        end_of_worker(context);
    } else {
        lock(&OF_PROCESS).clear();
    }
}

#[cold]
fn end_of_worker(context: &Context) {
    let mut ids = lock(&OF_WORKERS);
    if let Some(index) = ids.iter().position(|id| *id == context.request_id) {
        ids.swap_remove(index);
    }
    drop(ids);
    abandon();
}

/// Whether an event with this id is being served. A thread that a handler has left running may have
/// the id of one that is not.
#[must_use]
pub fn is_served(request_id: &str) -> bool {
    lock(&OF_PROCESS).request_id == request_id
        || lock(&OF_WORKERS).iter().any(|id| id == request_id)
}

/// Makes this the invocation of the current thread.
pub(crate) fn adopt(invocation: Invocation) {
    // Fails only while the thread ends. The record then has the ids of the process.
    let _ = OF_THREAD.try_with(|current| current.replace(Some(invocation)));
}

/// Removes the invocation of the current thread.
pub(crate) fn abandon() {
    let _ = OF_THREAD.try_with(|current| current.replace(None));
}

/// Returns the invocation of the current thread, or else of the process. It can be called at any
/// time, also while the thread's locals are destroyed.
pub(crate) fn current() -> Invocation {
    let of_thread = OF_THREAD.try_with(|current| current.borrow().clone());
    of_thread.ok().flatten().unwrap_or_else(|| lock(&OF_PROCESS).clone())
}

/// Returns the deadline of the [`current`] invocation and when it began, without its ids.
fn current_times() -> (Option<i64>, u64) {
    let times = |invocation: &Invocation| (invocation.deadline_ms, invocation.began_ms);
    let of_thread = OF_THREAD.try_with(|current| current.borrow().as_ref().map(times));
    of_thread.ok().flatten().unwrap_or_else(|| times(&lock(&OF_PROCESS)))
}

/// Returns the request id of the invocation that this thread serves; it is empty if that is not
/// known.
#[must_use]
pub fn request_id() -> String {
    let id = |invocation: &Invocation| invocation.request_id.clone();
    let of_thread = OF_THREAD.try_with(|current| current.borrow().as_ref().map(id));
    of_thread.ok().flatten().unwrap_or_else(|| id(&lock(&OF_PROCESS)))
}

/// Returns the trace of the invocation that this thread serves, as the header has it; it is empty
/// if that is not known.
#[must_use]
pub fn trace_id() -> String {
    let id = |current: &RefCell<Option<Invocation>>| current.borrow().as_ref()?.trace_id.clone();
    let of_thread = OF_THREAD.try_with(id).ok().flatten();
    of_thread.or_else(|| variable(TRACE_ID)).unwrap_or_default()
}

/// Returns how long the invocation that this thread serves may still run, and how long in all:
/// `None` between two invocations, and in threads whose invocation is not known. Clients of
/// services use it.
#[must_use]
pub fn time_left() -> Option<(Duration, Duration)> {
    let (deadline_ms, began_ms) = current_times();
    let deadline_ms = plausible_deadline(deadline_ms?)?;
    let until = |ms: u64| Duration::from_millis(deadline_ms.saturating_sub(ms));
    Some((until(now_ms()), until(began_ms)))
}

impl Context {
    /// Makes the log records of the current thread carry the ids of this invocation, and its
    /// requests to services end before the invocation does, until the thread is attached to another
    /// one or ends.
    ///
    /// Only functions on Lambda Managed Instances need it, in threads that their handlers start:
    /// several events are served at once there, so a thread's event is not known. In other
    /// functions the records of all threads carry the ids of the current invocation.
    ///
    /// ```
    /// # use minilambda::{Context, Error};
    /// fn order(event: Vec<u8>, context: &Context) -> Result<Vec<u8>, Error> {
    ///     std::thread::scope(|scope| {
    ///         scope.spawn(|| {
    ///             context.attach_to_thread();
    ///             log::info!("the request id is in this record");
    ///         });
    ///     });
    ///     Ok(event)
    /// }
    /// # assert!(order(Vec::new(), &Context::default()).is_ok());
    /// ```
    pub fn attach_to_thread(&self) {
        let mut invocation = Invocation::default();
        invocation.set(self, true);
        adopt(invocation);
    }
}
