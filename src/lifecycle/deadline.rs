//! A word in the log before a handler runs out of time: what comes after it, nobody is told.

use crate::context::{Context, time_until};
use crate::logging::{self, Invocation};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// What each worker is at.
#[derive(Debug)]
pub(crate) struct Watch {
    handler: String,
    slots: Vec<Mutex<Slot>>,
    watching: AtomicBool,
}

/// Filled anew for each invocation, without asking for memory.
#[derive(Debug)]
struct Slot {
    invocation: Invocation,
    /// `None` where there is nothing to watch: between two events, and once it was warned of.
    deadline_ms: Option<i64>,
    since: Instant,
}

impl Watch {
    pub(crate) fn new(handler: String, workers: usize) -> Arc<Self> {
        let slot =
            || Slot { invocation: Invocation::default(), deadline_ms: None, since: Instant::now() };
        let slots = (0..workers).map(|_| Mutex::new(slot())).collect();
        Arc::new(Self { handler, slots, watching: AtomicBool::new(false) })
    }

    /// The worker's handler begins. The thread that watches is started with the first event, so
    /// that it is no part of the cold start.
    pub(crate) fn begin(self: &Arc<Self>, worker: usize, context: &Context) {
        let Some(mut slot) = self.slots.get(worker).map(lock) else { return };
        slot.invocation.set(context, self.slots.len() > 1);
        slot.deadline_ms = context.deadline_ms;
        slot.since = Instant::now();
        drop(slot);
        if !self.watching.load(Ordering::Relaxed) && !self.watching.swap(true, Ordering::Relaxed) {
            self.start(context.time_left());
        }
    }

    fn start(self: &Arc<Self>, left: Option<Duration>) {
        let Some(left) = left else { return };
        let watch = Arc::clone(self);
        let round = (left / 4).clamp(Duration::from_millis(20), Duration::from_secs(60));
        // Without the thread there is no warning, and nothing else is lost.
        let _ = thread::Builder::new().name("deadline".to_owned()).spawn(move || watch.run(round));
    }

    /// The worker's handler has returned.
    pub(crate) fn end(&self, worker: usize) {
        if let Some(mut slot) = self.slots.get(worker).map(lock) {
            slot.deadline_ms = None;
        }
    }

    /// Looks at every worker, and again when the first of them may be due. Nobody tells this thread
    /// that a handler begins, which would cost each event; it looks often enough to see
    /// each that takes long.
    fn run(&self, round: Duration) {
        loop {
            let due = self.slots.iter().filter_map(|slot| self.look(slot)).min();
            // A freeze makes this longer, by the clock or not: `look` goes by the deadline.
            thread::sleep(due.unwrap_or(round).clamp(Duration::from_millis(1), round));
        }
    }

    /// Warns if it is time to; else says how long it is until then.
    fn look(&self, slot: &Mutex<Slot>) -> Option<Duration> {
        let mut slot = lock(slot);
        let left = time_until(slot.deadline_ms?)?;
        let elapsed = slot.since.elapsed();
        let margin = margin(left + elapsed);
        if left > margin {
            return left.checked_sub(margin);
        }
        slot.deadline_ms = None;
        logging::adopt(&slot.invocation);
        drop(slot); // no handler's end waits for the log
        let handler = &self.handler;
        let (elapsed, left) = (in_ms(elapsed), in_ms(left));
        log::warn!("handler {handler} has run for {elapsed} ms and runs out of time in {left} ms");
        logging::end_invocation();
        None
    }
}

fn in_ms(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn lock(slot: &Mutex<Slot>) -> MutexGuard<'_, Slot> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How long before the end the warning comes, given the time there was in all.
fn margin(time: Duration) -> Duration {
    (time / 10).clamp(Duration::from_millis(50), Duration::from_secs(1))
}
