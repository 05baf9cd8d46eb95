//! A program that the user starts, in a debugger, say. It comes and goes without a word.

use super::{Event, Instance, Message, State};
use crate::json::error_document;
use crate::lock::{lock, unpoisoned};
use crate::settings::Settings;
use std::sync::atomic::Ordering;
use std::sync::{Arc, MutexGuard};
use std::time::{Duration, Instant};

/// The interval at which it is seen that a program that the user has started is gone.
const LOOKING: Duration = Duration::from_millis(500);

impl Instance {
    /// Returns the place of a program that the user starts.
    pub fn by_hand(handler: &str, settings: &Arc<Settings>) -> Arc<Self> {
        let state = State::new(&settings.logs, 0);
        Self::new(handler, settings, (None, Vec::new()), None, state, Instant::now())
    }

    /// Whether the user starts the program.
    pub fn is_by_hand(&self) -> bool {
        self.process.is_none()
    }

    /// Waits for a change. A program that the user starts may be gone without one: whoever waits
    /// for it looks after the connection in intervals.
    pub(super) fn wait_for_change<'a>(
        &self,
        state: MutexGuard<'a, State>,
    ) -> MutexGuard<'a, State> {
        if self.is_by_hand() {
            unpoisoned(self.changed.wait_timeout(state, LOOKING)).0
        } else {
            unpoisoned(self.changed.wait(state))
        }
    }

    /// Ends the events of a connection that is closed, if the program has several workers: one that
    /// is gone has no other sign. With one worker the next request for an event is the sign,
    /// whatever connections the program uses.
    pub fn lose(&self, events: &[Arc<Event>]) {
        if !self.is_by_hand() || self.has_one_worker() {
            return;
        }
        for event in events.iter().filter(|event| !event.has_responded.load(Ordering::SeqCst)) {
            self.forget(&event.id);
            let message = "the program has closed its connection before it responded";
            event.send(Message::Failed(error_document("Runtime.ResponseLost", message)));
        }
    }

    /// Whether its event waits for a program that the user has not started.
    pub fn waits_for_program(&self) -> bool {
        let state = lock(&self.state);
        self.is_by_hand() && state.open.is_empty() && !state.queue.is_empty()
    }
}
