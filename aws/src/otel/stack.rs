//! The spans that a thread is in.

use super::propagation::{Place, new_span_id, new_trace_id};
use super::settings::settings;
use super::span::{Kind, Parent, Span};
use super::{encode, export};
use crate::environment::{lock, now};
use minilambda::__private::is_silent;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::sync::Mutex;

/// The last spans of elsewhere, by their ids, below which one was sent: they may be those of
/// another thread that are still open.
static CAUSES: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());

/// More than a program has spans that are open at once and hand their header to other threads.
const MAX_CAUSES: usize = 64;

thread_local! {
    /// From the outermost to the innermost.
    static OPEN: RefCell<Vec<Span>> = const { RefCell::new(Vec::new()) };
}

/// Runs a function in a new span: below `cause` if it is given, else below the innermost one of the
/// thread, or of a new trace.
pub(super) fn traced<T>(
    name: &str,
    kind: Kind,
    cause: Option<Place>,
    run: impl FnOnce() -> T,
) -> T {
    let settings = settings();
    if !settings.is_on {
        return run();
    }
    let is_remote = cause.is_some() || innermost(|span| span.is_elsewhere) == Some(true);
    let cause = cause.or_else(|| innermost(|span| span.place.clone()));
    let trace = cause.as_ref().map_or_else(new_trace_id, |cause| cause.trace.clone());
    let is_sampled = cause.as_ref().map(|cause| cause.is_sampled);
    let is_sampled = settings.sampler.samples(&trace, is_sampled);
    let place = Place { trace, span: new_span_id(), is_sampled };
    let parent = cause.map(|cause| Parent { span: cause.span, is_remote });
    let mut span = Span { parent, kind, start_ns: now_ns(), ..Span::elsewhere(place) };
    span.is_elsewhere = false;
    span.rename(name);
    inside(span, run)
}

/// Runs a function whose spans are below one of elsewhere.
pub(super) fn below<T>(place: Place, run: impl FnOnce() -> T) -> T {
    inside(Span::elsewhere(place), run)
}

fn inside<T>(span: Span, run: impl FnOnce() -> T) -> T {
    let depth = OPEN.with_borrow_mut(|open| {
        open.push(span);
        open.len()
    });
    let mut guard = Guard { depth, has_panicked: true };
    let result = run();
    guard.has_panicked = false;
    result
}

/// Ends a span, after a panic too.
struct Guard {
    depth: usize,
    has_panicked: bool,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let ended = OPEN.with_borrow_mut(|open| {
            open.truncate(self.depth);
            open.pop()
        });
        let Some(mut span) = ended.filter(|span| !span.is_elsewhere) else { return };
        if self.has_panicked {
            span.fail("panic");
        }
        // A durable function repeats it, or will. But what was sent below it has to be somewhere.
        let is_repeated = is_silent() && !span.has_sent && !is_cause(&span.place.span);
        if span.place.is_sampled && !is_repeated {
            OPEN.with_borrow_mut(|open| {
                if let Some(parent) = open.last_mut().filter(|it| span.is_below(it)) {
                    parent.has_sent = true;
                    if parent.is_elsewhere {
                        add_cause(&parent.place.span);
                    }
                }
            });
            export::push(encode::span(&span, now_ns()));
        }
    }
}

fn is_cause(span: &str) -> bool {
    lock(&CAUSES).iter().any(|known| known == span)
}

fn add_cause(span: &str) {
    let mut causes = lock(&CAUSES);
    if causes.iter().any(|known| known == span) {
        return;
    }
    if causes.len() >= MAX_CAUSES {
        causes.pop_front();
    }
    causes.push_back(span.to_owned());
}

/// Reads the innermost span of the thread.
pub(super) fn innermost<T>(read: impl FnOnce(&Span) -> T) -> Option<T> {
    OPEN.with_borrow(|open| open.last().map(read))
}

/// Changes the innermost span of the thread.
pub(super) fn change_innermost(change: impl FnOnce(&mut Span)) {
    OPEN.with_borrow_mut(|open| open.last_mut().map(change));
}

/// Changes the span of the thread's invocation.
pub(super) fn change_outermost(change: impl FnOnce(&mut Span)) {
    OPEN.with_borrow_mut(|open| open.iter_mut().find(|span| !span.is_elsewhere).map(change));
}

fn now_ns() -> u64 {
    u64::try_from(now().as_nanos()).unwrap_or(u64::MAX)
}
