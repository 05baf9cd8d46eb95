//! Logs a warning shortly before a handler times out: Lambda then ends the process, and no other
//! record says what it was doing.

use crate::context::{Context, now_ms, plausible_deadline};
use crate::invocation::{self, Invocation};
use crate::logging;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;

/// The invocations that are being served, and the thread that watches them.
///
/// The thread sleeps until the first warning may be due. A handler's begin wakes it only if the
/// warning for that handler is due earlier, so the usual event costs no system call.
#[derive(Debug)]
pub(crate) struct DeadlineWatch {
    handler: String,
    slots: Vec<Mutex<Slot>>,
    /// When the thread wakes, in milliseconds since 1970.
    wake_at_ms: AtomicU64,
    thread: OnceLock<Option<Thread>>,
}

/// The invocation of one worker. It is filled for each invocation without allocating.
#[derive(Debug, Default)]
struct Slot {
    invocation: Invocation,
    begin_ms: u64,
    /// `None` between two events, and after the warning.
    deadline_ms: Option<u64>,
}

impl Slot {
    /// When the warning is due, in milliseconds since 1970: before the end by a tenth of the
    /// handler's time, at least 50 ms and at most 1 s.
    fn warn_at_ms(&self) -> Option<u64> {
        let deadline_ms = self.deadline_ms?;
        let margin_ms = (deadline_ms.saturating_sub(self.begin_ms) / 10).clamp(50, 1000);
        Some(deadline_ms.saturating_sub(margin_ms))
    }
}

/// The thread sleeps until it is woken.
const NEVER: u64 = u64::MAX;

impl DeadlineWatch {
    pub(crate) fn new(handler: String, workers: usize) -> Arc<Self> {
        let slots = (0..workers).map(|_| Mutex::default()).collect();
        Arc::new(Self {
            handler,
            slots,
            wake_at_ms: AtomicU64::new(NEVER),
            thread: OnceLock::new(),
        })
    }

    /// The worker's handler begins.
    pub(crate) fn begin(self: &Arc<Self>, worker: usize, context: &Context) {
        let Some(mut slot) = self.slots.get(worker).map(lock) else { return };
        let now_ms = now_ms();
        slot.invocation.set(context, self.slots.len() > 1);
        slot.begin_ms = now_ms;
        slot.deadline_ms = context.deadline_ms.and_then(plausible_deadline);
        let Some(warn_at_ms) = slot.warn_at_ms() else { return };
        drop(slot);
        let wake_at_ms = self.wake_at_ms.load(Ordering::Relaxed);
        // A time in the past means that the process was frozen: the thread's sleep goes on for
        // longer than it should.
        if warn_at_ms < wake_at_ms || wake_at_ms < now_ms {
            self.wake(warn_at_ms);
        }
    }

    /// The worker's handler has returned.
    pub(crate) fn end(&self, worker: usize) {
        if let Some(mut slot) = self.slots.get(worker).map(lock) {
            slot.deadline_ms = None;
        }
    }

    /// Wakes the thread, which is started with the first event so that it costs no cold start.
    /// If it cannot be started, there is no warning, and nothing else is lost.
    fn wake(self: &Arc<Self>, warn_at_ms: u64) {
        self.wake_at_ms.store(warn_at_ms, Ordering::Relaxed);
        let thread = self.thread.get_or_init(|| {
            let watch = Arc::clone(self);
            let builder = thread::Builder::new().name("deadline".to_owned());
            let handle = builder.spawn(move || watch.run()).ok()?;
            Some(handle.thread().clone())
        });
        if let Some(thread) = thread {
            thread.unpark();
        }
    }

    fn run(&self) {
        loop {
            let due_ms = self.slots.iter().filter_map(|slot| self.check(slot)).min();
            self.wake_at_ms.store(due_ms.unwrap_or(NEVER), Ordering::Relaxed);
            // A handler that began in the meantime may have seen the previous time.
            let due_ms = self.slots.iter().filter_map(|slot| lock(slot).warn_at_ms()).min();
            match due_ms {
                Some(due_ms) => {
                    let sleep_ms = due_ms.saturating_sub(now_ms());
                    thread::park_timeout(Duration::from_millis(sleep_ms.max(1)));
                }
                None => thread::park(),
            }
        }
    }

    /// Warns if it is time to. Otherwise returns when it will be.
    fn check(&self, slot: &Mutex<Slot>) -> Option<u64> {
        let mut slot = lock(slot);
        let warn_at_ms = slot.warn_at_ms()?;
        let now_ms = now_ms();
        if now_ms < warn_at_ms {
            return Some(warn_at_ms);
        }
        let left_ms = slot.deadline_ms.take()?.saturating_sub(now_ms);
        let elapsed_ms = now_ms.saturating_sub(slot.begin_ms);
        invocation::adopt(slot.invocation.clone());
        drop(slot); // the log must not delay the end of a handler
        let handler = &self.handler;
        logging::guard(|| {
            log::warn!(
                "handler {handler} has run for {elapsed_ms} ms and will time out in {left_ms} ms"
            );
            log::logger().flush();
        });
        invocation::abandon();
        None
    }
}

fn lock(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}
