//! Logs a warning shortly before a handler times out: Lambda then ends the process, and no other
//! record says what it was doing. On managed instances Lambda only tells the caller, and the
//! handler keeps its worker: that is logged for as long as it lasts.

use crate::context::{Context, now_ms, plausible_deadline};
use crate::invocation::{self, Invocation};
use crate::logging;
use crate::panics::lock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
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
    deadline_ms: u64,
    /// When the next record is due, in milliseconds since 1970. `None` between two events, and
    /// after the last record.
    due_ms: Option<u64>,
    records: u32,
    /// Whether the response was sent, and the hook after it runs.
    has_responded: bool,
}

/// How long after the deadline, and after each record, a handler is reported that still runs.
const FIRST_OVERDUE_MS: u64 = 1000;
const OVERDUE_MS: u64 = 60_000;

/// The warning, and the records of an hour.
const MAX_RECORDS: u32 = 61;

/// A thread that wakes so much later than it should was frozen. The other threads are too, and one
/// may be about to report that its handler has returned.
const FROZEN_MS: u64 = 500;
const AFTER_FREEZE: Duration = Duration::from_millis(100);

impl Slot {
    /// When the warning is due, in milliseconds since 1970: before the end by a tenth of the
    /// handler's time, at least 50 ms and at most 1 s.
    fn warn_at_ms(&self) -> u64 {
        let margin_ms = (self.deadline_ms.saturating_sub(self.begin_ms) / 10).clamp(50, 1000);
        self.deadline_ms.saturating_sub(margin_ms)
    }

    /// Notes a record. Returns how many came before.
    fn note_record(&mut self, now_ms: u64) -> u32 {
        let earlier = self.records;
        self.records += 1;
        let next_ms = match earlier {
            0 => self.deadline_ms.max(self.begin_ms).saturating_add(FIRST_OVERDUE_MS).max(now_ms),
            _ => now_ms.saturating_add(OVERDUE_MS),
        };
        self.due_ms = (self.records < MAX_RECORDS).then_some(next_ms);
        earlier
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
        slot.records = 0;
        slot.has_responded = false;
        let Some(deadline_ms) = context.deadline_ms.and_then(plausible_deadline) else { return };
        slot.deadline_ms = deadline_ms;
        let warn_at_ms = slot.warn_at_ms();
        slot.due_ms = Some(warn_at_ms);
        drop(slot);
        let wake_at_ms = self.wake_at_ms.load(Ordering::Relaxed);
        // A time in the past means that the process was frozen: the thread's sleep goes on for
        // longer than it should.
        if warn_at_ms < wake_at_ms || wake_at_ms < now_ms {
            self.wake(warn_at_ms);
        }
    }

    /// The worker's response was sent, and the hook after it begins.
    pub(crate) fn responded(&self, worker: usize) {
        if let Some(mut slot) = self.slots.get(worker).map(lock) {
            slot.has_responded = true;
        }
    }

    /// The worker's handler, and the hook after its response, have returned.
    pub(crate) fn end(&self, worker: usize) {
        if let Some(mut slot) = self.slots.get(worker).map(lock) {
            slot.due_ms = None;
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
            let slots = self.slots.iter().enumerate();
            let due_ms = slots.filter_map(|(worker, slot)| self.check(worker, slot)).min();
            self.wake_at_ms.store(due_ms.unwrap_or(NEVER), Ordering::Relaxed);
            // A handler that began in the meantime may have seen the previous time.
            let due_ms = self.slots.iter().filter_map(|slot| lock(slot).due_ms).min();
            let Some(due_ms) = due_ms else {
                thread::park();
                continue;
            };
            let sleep_ms = due_ms.saturating_sub(now_ms());
            thread::park_timeout(Duration::from_millis(sleep_ms.max(1)));
            if now_ms() > due_ms.saturating_add(FROZEN_MS) {
                thread::sleep(AFTER_FREEZE);
            }
        }
    }

    /// Logs what is due. Returns when the next record is.
    fn check(&self, worker: usize, slot: &Mutex<Slot>) -> Option<u64> {
        let mut slot = lock(slot);
        let due_ms = slot.due_ms?;
        let now_ms = now_ms();
        if now_ms < due_ms {
            return Some(due_ms);
        }
        let is_warning = slot.note_record(now_ms) == 0;
        let next_ms = slot.due_ms;
        let elapsed_ms = now_ms.saturating_sub(slot.begin_ms);
        let left_ms = slot.deadline_ms.saturating_sub(now_ms);
        let over_ms = now_ms.saturating_sub(slot.deadline_ms.max(slot.begin_ms));
        let (with, who, caller) = if slot.has_responded {
            (", with after_response,", "the hook", "the response")
        } else {
            ("", "the handler", "an error")
        };
        invocation::adopt(slot.invocation.clone());
        drop(slot); // the log must not delay the end of a handler
        let (handler, count) = (&self.handler, self.slots.len());
        logging::without_panic(|| {
            if is_warning {
                log::warn!(
                    "handler {handler}{with} has run for {elapsed_ms} ms and will time out in \
                     {left_ms} ms"
                );
            } else {
                log::warn!(
                    "handler {handler}{with} has run for {elapsed_ms} ms, {over_ms} ms longer \
                     than its timeout, and keeps worker {worker} of {count}: the caller has {caller}, and \
                     nothing ends {who}; it can watch Context::time_left"
                );
            }
            log::logger().flush();
        });
        invocation::abandon();
        next_ms
    }
}

#[cfg(test)]
mod tests {
    use super::{DeadlineWatch, MAX_RECORDS, OVERDUE_MS, Slot, lock, now_ms};
    use crate::context::Context;
    use std::sync::Arc;
    use std::sync::atomic::Ordering;

    /// A watch whose thread cannot be started, and an event with a minute.
    fn watch() -> (Arc<DeadlineWatch>, Context, u64) {
        let watch = DeadlineWatch::new("a".to_owned(), 1);
        watch.thread.set(None).unwrap();
        let deadline_ms = now_ms() + 60_000;
        let context =
            Context { deadline_ms: i64::try_from(deadline_ms).ok(), ..Context::default() };
        (watch, context, deadline_ms)
    }

    #[test]
    fn a_handler_is_not_the_hook_after_the_response_before() {
        let (watch, context, _) = watch();
        watch.begin(0, &context);
        watch.responded(0);
        assert!(lock(&watch.slots[0]).has_responded);
        watch.end(0);
        watch.begin(0, &context);
        assert!(!lock(&watch.slots[0]).has_responded);
    }

    /// Its sleep goes on after the freeze, for as long as it had left.
    #[test]
    fn a_thread_that_was_frozen_is_woken_for_a_later_time_too() {
        let (watch, context, deadline_ms) = watch();
        let later_ms = now_ms() + 10_000;
        for (wakes_at_ms, expected_ms) in
            [(now_ms() - 1000, deadline_ms - 1000), (later_ms, later_ms)]
        {
            watch.wake_at_ms.store(wakes_at_ms, Ordering::Relaxed);
            watch.begin(0, &context);
            assert_eq!(watch.wake_at_ms.load(Ordering::Relaxed), expected_ms);
        }
    }

    /// The times at which a handler that never returns is reported, if the thread wakes in time.
    fn records(begin_ms: u64, deadline_ms: u64) -> Vec<u64> {
        let mut slot = Slot { begin_ms, deadline_ms, ..Slot::default() };
        slot.due_ms = Some(slot.warn_at_ms());
        let mut times = Vec::new();
        while let Some(due_ms) = slot.due_ms {
            times.push(due_ms);
            slot.note_record(due_ms.max(begin_ms));
        }
        times
    }

    #[test]
    fn a_handler_that_never_returns_is_reported_each_minute_of_an_hour() {
        for (begin_ms, deadline_ms, warned) in
            [(10_000, 40_000, 39_000), (10_000, 10_000, 9_950), (10_000, 0, 0)]
        {
            let times = records(begin_ms, deadline_ms);
            assert_eq!(times.len(), 61);
            assert_eq!(times[0], warned);
            assert_eq!(times[1], deadline_ms.max(begin_ms) + 1000);
            assert!(times[1..].windows(2).all(|pair| pair[1] - pair[0] == OVERDUE_MS));
        }
    }

    #[test]
    fn minutes_that_a_freeze_took_are_not_reported_afterwards() {
        let mut slot = Slot { begin_ms: 0, deadline_ms: 1000, records: 1, ..Slot::default() };
        assert_eq!(slot.note_record(36_000_000), 1);
        assert_eq!(slot.due_ms, Some(36_060_000));
        slot.records = MAX_RECORDS - 1;
        slot.note_record(u64::MAX);
        assert_eq!(slot.due_ms, None);
    }
}
