//! The requests of a program: for events, with responses, and with the error of its start.

use super::{Event, Init, Instance, Message, extensions};
use crate::invocation::FunctionError;
use crate::json::object;
use crate::lock::lock;
use crate::subscription::Stream;
use std::sync::Arc;
use std::sync::atomic::Ordering;

impl Instance {
    /// Ends the invocations whose responses were posted before this request for an event.
    pub fn finish(&self, of_connection: &mut Vec<Arc<Event>>) {
        self.drain_log();
        let mut state = lock(&self.state);
        let finished: Vec<_> = if self.has_one_worker() {
            state.open.drain(..).collect()
        } else {
            std::mem::take(of_connection)
        };
        of_connection.clear();
        state.open.retain(|event| !finished.iter().any(|other| Arc::ptr_eq(other, event)));
        // Frozen as soon as this request waits.
        state.asking += 1;
        if !std::mem::replace(&mut state.has_asked, true) {
            let status = || object(extensions::phase("success"));
            self.telemetry.add(Stream::Platform, "initRuntimeDone", status);
        }
        for event in &finished {
            let has_failed = event.has_failed.load(Ordering::SeqCst);
            self.report_end(event, if has_failed { "error" } else { "success" }, None);
        }
        state.finished.extend(finished);
        let finished = self.settle(&mut state);
        drop(state);
        self.changed.notify_all();
        for event in finished {
            event.send(Message::Finished);
        }
    }

    /// Waits for an event. `None` at the end of the program, or if one that the user has started is
    /// gone.
    pub fn take(&self, is_closed: &dyn Fn() -> bool) -> Option<Arc<Event>> {
        let mut state = lock(&self.state);
        loop {
            let is_gone = self.is_by_hand() && is_closed();
            if is_gone || state.exit.is_some() || state.is_closing {
                state.asking -= 1;
                return None;
            }
            if let Some(event) = state.queue.pop_front() {
                state.asking -= 1;
                state.open.push(Arc::clone(&event));
                self.tell_extensions(&mut state, &event);
                drop(state);
                self.changed.notify_all();
                return Some(event);
            }
            state = self.wait_for_change(state);
        }
    }

    /// Takes back an event that has not reached the program.
    pub fn give_back(&self, event: Arc<Event>) {
        let mut state = lock(&self.state);
        state.open.retain(|other| !Arc::ptr_eq(other, &event));
        state.queue.push_front(event);
        drop(state);
        self.changed.notify_all();
    }

    pub fn open(&self, id: &str) -> Option<Arc<Event>> {
        lock(&self.state).open.iter().find(|event| event.id == id).cloned()
    }

    /// Ends the initialisation with an error. A program that the user starts may be started again.
    pub fn fail_init(&self, document: Vec<u8>) {
        if self.is_by_hand() {
            let FunctionError { kind, message, .. } = FunctionError::of(&document);
            return self.say(&format!(
                "the program has failed at its start: {kind}: {message}; events wait for the next one"
            ));
        }
        lock(&self.state).init = Init::Failed(document);
        self.changed.notify_all();
    }
}
