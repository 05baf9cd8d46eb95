//! What is asked of an execution from outside: to stop it, to pause it, to answer a callback.

use super::execution::{Execution, ExecutionStatus, Pause, after};
use super::fault::CheckpointFault;
use super::history::{Event, Field};
use super::operation::{Operation, Problem, Status};
use super::refusal::Refusal;
use std::sync::Arc;
use std::time::Duration;

impl Execution {
    /// Makes a fault happen at the next checkpoint.
    pub fn fault_next(&mut self, fault: CheckpointFault) {
        self.new.faults.insert(self.checkpoints + 1, fault);
    }

    /// Whether a fault waits for a checkpoint.
    pub fn has_fault(&self) -> bool {
        !self.new.faults.is_empty() && !self.is_over()
    }

    pub fn stop(&mut self, error: Option<Problem>, now: Duration) {
        let error =
            error.unwrap_or_else(|| Problem::of_message("Execution stopped by user request"));
        self.finish(ExecutionStatus::Stopped, None, Some(error), now);
    }

    pub fn pause(
        &mut self,
        reason: Option<String>,
        stops_timeout: bool,
        now: Duration,
    ) -> Result<(), Refusal> {
        if self.is_over() {
            return Err(Refusal::conflict("The execution has ended."));
        }
        if self.pause.is_some() {
            return Ok(());
        }
        self.pause = Some(Pause { at: now, stops_timeout });
        let fields = vec![
            ("PauseRequestTimestamp", Field::Time(now)),
            ("Reason", Field::Payload(reason.map(Arc::from))),
            ("ExecutionTimeoutPaused", Field::Flag(stops_timeout)),
        ];
        self.record(Event::new("ExecutionPaused".to_owned(), now, fields));
        Ok(())
    }

    pub fn resume(&mut self, reason: Option<String>, now: Duration) -> Result<(), Refusal> {
        if self.is_over() {
            return Err(Refusal::conflict("The execution has ended."));
        }
        let Some(pause) = self.pause.take() else { return Ok(()) };
        if pause.stops_timeout {
            self.deadline = self.deadline.saturating_add(now.saturating_sub(pause.at));
        }
        let fields = vec![
            ("ResumeRequestTimestamp", Field::Time(now)),
            ("Reason", Field::Payload(reason.map(Arc::from))),
        ];
        self.record(Event::new("ExecutionResumed".to_owned(), now, fields));
        Ok(())
    }

    pub fn paused_at(&self) -> Option<(Duration, bool)> {
        self.pause.as_ref().map(|pause| (pause.at, pause.stops_timeout))
    }

    /// The place of a callback in `operations`.
    pub fn callback(&self, id: &str) -> Option<usize> {
        self.operations
            .iter()
            .position(|operation| operation.callback.as_ref().is_some_and(|it| it.id == id))
    }

    /// Answers a callback.
    pub fn answer(
        &mut self,
        index: usize,
        answer: Result<Option<Arc<str>>, Problem>,
        now: Duration,
    ) -> Result<(), Refusal> {
        self.open_callback(index)?;
        let (status, payload, error) = match answer {
            Ok(payload) => (Status::Succeeded, payload, None),
            Err(error) => (Status::Failed, None, Some(error)),
        };
        self.end_operation(index, status, payload, error, now);
        Ok(())
    }

    pub fn heartbeat(&mut self, index: usize, now: Duration) -> Result<(), Refusal> {
        self.open_callback(index)?;
        self.touch_quietly(index, |operation| {
            if let Some(callback) = &mut operation.callback {
                callback.heartbeat_due = after(now, callback.heartbeat);
            }
        });
        Ok(())
    }

    /// Changes a timer, which the function does not see.
    fn touch_quietly(&mut self, index: usize, change: impl FnOnce(&mut Operation)) {
        let touched = self.operations.get(index).map(|operation| operation.touched);
        self.touch(index, change);
        self.change -= 1;
        if let (Some(operation), Some(touched)) = (self.operations.get_mut(index), touched) {
            operation.touched = touched;
        }
    }

    fn open_callback(&self, index: usize) -> Result<(), Refusal> {
        let status = self.operations.get(index).map(|operation| operation.status);
        match status {
            Some(Status::Started) if !self.is_over() => Ok(()),
            Some(Status::TimedOut) => Err(Refusal {
                kind: "CallbackTimeoutException",
                status: "400 Bad Request",
                message: "The callback has timed out.".to_owned(),
            }),
            _ => Err(Refusal::not_found("The callback was answered, or its execution has ended.")),
        }
    }

    /// The outcome for the execution that has started this one. Its errors are those of AWS's own
    /// local runner, which says that they are the service's.
    pub fn outcome(&self) -> Result<Option<Arc<str>>, (Status, Problem)> {
        let error = self.error.clone().unwrap_or_default();
        match self.status {
            ExecutionStatus::Succeeded => Ok(self.result.clone()),
            ExecutionStatus::TimedOut => {
                let message =
                    format!("CHAINED_INVOKE timed out after {} seconds.", self.new.timeout);
                Err((Status::TimedOut, Problem::new("ChainedInvoke.Timeout", message)))
            }
            ExecutionStatus::Stopped => Err((Status::Stopped, error)),
            _ => Err((Status::Failed, error)),
        }
    }

    /// Notes which execution a chained invocation has started.
    pub fn link(&mut self, operation: &str, child: u64, arn: String) {
        let Some(index) = self.index.get(operation) else { return };
        if let Some(operation) = self.operations.get_mut(*index) {
            operation.child = Some(child);
        }
        let is_start = |event: &&mut Event| {
            event.kind == "ChainedInvokeStarted" && event.operation.as_deref() == Some(operation)
        };
        if let Some(event) = self.history.iter_mut().rev().find(is_start) {
            event.fields.push(("DurableExecutionArn", Field::Text(arn)));
        }
    }

    /// The outcome of a chained invocation.
    pub fn end_chain(
        &mut self,
        operation: &str,
        outcome: Result<Option<Arc<str>>, (Status, Problem)>,
        now: Duration,
    ) {
        let Some(index) = self.index.get(operation).copied() else { return };
        let is_open = self.operations.get(index).is_some_and(|it| it.status == Status::Started);
        if !is_open || self.is_over() {
            return;
        }
        match outcome {
            Ok(payload) => self.end_operation(index, Status::Succeeded, payload, None, now),
            Err((status, error)) => self.end_operation(index, status, None, Some(error), now),
        }
    }
}
