//! The timers of an execution: those of its operations, the repetition of a failed invocation, and
//! its own timeout.

use super::execution::{Execution, ExecutionStatus};
use super::operation::{Kind, Problem, Status};
use super::refusal::Refusal;
use std::time::Duration;

impl Execution {
    /// Lets one timer be due: that of an operation, or, with the id of the execution's own
    /// operation, the repetition of a failed invocation.
    pub fn fire_now(&mut self, operation: &str, now: Duration) -> Result<(), Refusal> {
        if operation == self.id && self.retry_at.take().is_some() {
            return Ok(());
        }
        let index = self.index.get(operation).copied();
        let index = index.filter(|index| self.timers.iter().any(|(_, other)| other == index));
        let Some(index) = index.filter(|_| !self.is_over()) else {
            return Err(Refusal::not_found("this operation has no timer that waits"));
        };
        self.touch(index, |operation| {
            operation.due = operation.due.map(|_| now);
            if let Some(callback) = &mut operation.callback {
                callback.times_out = callback.times_out.map(|_| now);
                callback.heartbeat_due = callback.heartbeat_due.map(|_| now);
            }
        });
        self.fire_operation(index, now);
        Ok(())
    }

    /// The earliest time at which something happens by itself.
    pub fn next_timer(&self) -> Option<Duration> {
        let is_stopped = self.pause.as_ref().is_some_and(|pause| pause.stops_timeout);
        let deadline = Some(self.deadline).filter(|_| !is_stopped);
        let retry = self.retry_at.filter(|_| self.pause.is_none());
        let first = self.timers.first().map(|(time, _)| *time);
        let timers = [deadline, retry, first].into_iter().flatten();
        timers.min().filter(|_| !self.is_over())
    }

    /// Whether there is a timer that is more than a timeout.
    pub fn has_wait(&self) -> bool {
        let is_wait = |index: &usize| {
            self.operations.get(*index).is_some_and(|operation| operation.kind != Kind::Callback)
        };
        let has_retry = self.retry_at.is_some() && self.pause.is_none();
        !self.is_over() && (has_retry || self.timers.iter().any(|(_, index)| is_wait(index)))
    }

    /// Lets happen what is due.
    pub fn fire(&mut self, now: Duration) {
        if self.is_over() {
            return;
        }
        while let Some((time, index)) = self.timers.first().copied() {
            if time > now {
                break;
            }
            self.fire_operation(index, now);
        }
        if self.retry_at.is_some_and(|time| time <= now) {
            self.retry_at = None;
        }
        let is_stopped = self.pause.as_ref().is_some_and(|pause| pause.stops_timeout);
        if self.deadline <= now && !is_stopped {
            let message = format!("Execution timed out after {} seconds.", self.new.timeout);
            let error = Problem::of_message(message);
            self.finish(ExecutionStatus::TimedOut, None, Some(error), now);
        }
    }

    /// Lets the timer of one operation fire.
    fn fire_operation(&mut self, index: usize, now: Duration) {
        let Some(operation) = self.operations.get(index) else { return };
        match operation.kind {
            Kind::Wait => self.end_operation(index, Status::Succeeded, None, None, now),
            Kind::Step => {
                self.touch(index, |operation| {
                    operation.status = Status::Ready;
                    operation.due = None;
                });
                self.wants = true;
            }
            Kind::Callback => {
                let times_out = operation.callback.as_ref().and_then(|it| it.times_out);
                let error = if times_out.is_some_and(|time| time <= now) {
                    Problem::new("Callback.Timeout", "Callback timed out")
                } else {
                    Problem::new("Callback.Heartbeat", "Callback timed out on heartbeat")
                };
                self.end_operation(index, Status::TimedOut, None, Some(error), now);
            }
            // These have no timer. Without it they would be looked at for ever.
            _ => self.timers.retain(|(_, other)| *other != index),
        }
    }
}
