//! Durable executions in tests: what a test does with one, and what it asks.

use super::chained::failure;
use super::execution::{Execution, ExecutionStatus};
use super::fault::CheckpointFault;
use super::history::Field;
use super::operation::{Kind, Operation, Problem, Status};
use super::refusal::Refusal;
use super::service::Service;
use crate::error::{Error, ErrorKind};
use crate::invocation::FunctionError;
use crate::json;
use miniserde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

/// The longest time that a test waits, if it sets no other.
const PATIENCE: Duration = Duration::from_secs(60);

/// How an execution is started: its name, and the faults that happen to it.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct DurableStart {
    pub(crate) name: Option<String>,
    pub(crate) faults: BTreeMap<u64, CheckpointFault>,
}

impl DurableStart {
    /// Returns a start without a name and without faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the name, 1 to 64 letters, digits, `-` and `_`. A second start of the same function
    /// with the same name and input returns the same execution.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Makes a fault happen at one checkpoint; `checkpoint` is its number, from 1.
    pub fn fault(mut self, checkpoint: u64, fault: CheckpointFault) -> Self {
        self.faults.insert(checkpoint, fault);
        self
    }
}

/// A durable execution that was started with [`Lambda::start`](crate::Lambda::start).
///
/// Each method that waits does so for a minute at most; see [`patience`](Self::patience).
pub struct DurableExecution<'a> {
    service: Arc<Service>,
    number: u64,
    patience: Duration,
    lambda: PhantomData<&'a ()>,
}

/// A callback that waits for its answer.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct PendingCallback {
    /// The id with which it is answered.
    pub id: String,
    /// The name that the function gave: of its operation, or of the context in which an SDK's
    /// `wait_for_callback` made it.
    pub name: String,
    /// The id of its operation.
    pub operation_id: String,
    /// The time until it times out, on the service's clock.
    pub times_out_in: Option<Duration>,
}

/// An event of the history.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct HistoryEvent {
    /// Its number, from 1.
    pub number: u64,
    /// The type, such as `StepSucceeded`.
    pub kind: String,
    /// The time on the service's clock, since 1970.
    pub at: Duration,
    /// The id of the operation; empty if the event has none.
    pub operation_id: String,
    /// The id of the operation around it; empty at the top.
    pub parent_id: String,
    /// The name of the operation.
    pub name: String,
    /// The input or the result, as JSON.
    pub payload: Option<String>,
    /// The error of an operation, an invocation or the execution.
    pub error: Option<FunctionError>,
}

/// The end of an execution.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DurableOutcome {
    /// How it has ended.
    pub status: ExecutionStatus,
    /// The result, as JSON, if it has succeeded.
    pub result: Option<String>,
    /// The error, if it has not.
    pub error: Option<FunctionError>,
}

/// The SDKs make a callback in a context for it, which has the name that the function gave.
fn name_of_callback(callback: &Operation, all: &[Operation]) -> String {
    let around = all.iter().find(|it| Some(&it.id) == callback.parent.as_ref());
    let around = around.filter(|it| it.sub_kind.as_deref() == Some("WaitForCallback"));
    around.unwrap_or(callback).name.clone().unwrap_or_default()
}

impl DurableOutcome {
    /// Reads the result as JSON.
    ///
    /// # Errors
    /// If the execution has not succeeded, or the result does not match the type.
    pub fn json<T: Deserialize>(&self) -> Result<T, Error> {
        let Some(result) = &self.result else {
            let error = self.error.as_ref();
            let text = error.map_or_else(String::new, |it| format!(": {} {}", it.kind, it.message));
            let message = format!("the execution has no result: {}{text}", self.status.name());
            return Err(Error::new(ErrorKind::InvalidResponse, message));
        };
        json::typed(result.as_bytes(), "result")
    }
}

impl fmt::Debug for DurableExecution<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.debug_struct("DurableExecution").field("arn", &self.arn()).finish()
    }
}

impl DurableExecution<'_> {
    pub(crate) fn new(service: &Arc<Service>, number: u64) -> Self {
        let service = Arc::clone(service);
        Self { service, number, patience: PATIENCE, lambda: PhantomData }
    }

    /// Sets how long each method waits, in real time. The default is a minute.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    fn read<T: Default>(&self, read: impl FnOnce(&Execution) -> T) -> T {
        self.service.read(self.number, read).unwrap_or_default()
    }

    /// Returns the ARN of the execution.
    #[must_use]
    pub fn arn(&self) -> String {
        self.read(|execution| execution.new.arn.clone())
    }

    /// Returns the present status.
    ///
    /// # Errors
    /// If the execution is not kept any more: the oldest that have ended are dropped.
    pub fn status(&self) -> Result<ExecutionStatus, Error> {
        self.service.read(self.number, Execution::status)
    }

    /// Waits until the execution has ended, or waits for something that does not come by itself
    /// now: a timer, a callback, or the clock that the test moves.
    ///
    /// # Errors
    /// If it takes too long.
    pub fn until_suspended(&self) -> Result<ExecutionStatus, Error> {
        self.service.wait_for_rest(self.number, self.patience)?;
        self.status()
    }

    /// Waits for the end of the execution.
    ///
    /// # Errors
    /// If it takes too long.
    pub fn result(&self) -> Result<DurableOutcome, Error> {
        self.service.wait(self.number, self.patience, Execution::is_over)?;
        self.service.read(self.number, |execution| DurableOutcome {
            status: execution.status(),
            result: execution.result.as_deref().map(str::to_owned),
            error: execution.error.as_ref().map(failure),
        })
    }

    /// Moves the clock of the service. Timers that are due on the way fire in their order, and the
    /// functions that they wake run to their end before the clock moves on, as if running took no
    /// time. The clock is that of all executions of the program.
    ///
    /// # Errors
    /// If a function runs too long.
    pub fn advance(&self, time: Duration) -> Result<(), Error> {
        self.service.advance(time, self.patience)
    }

    /// Returns the callbacks that wait for an answer, the oldest first.
    #[must_use]
    pub fn callbacks(&self) -> Vec<PendingCallback> {
        let now = self.service.now();
        self.read(|execution| {
            let open = execution.operations.iter().filter(|it| {
                it.kind == Kind::Callback && it.status == Status::Started && !execution.is_over()
            });
            open.filter_map(|operation| {
                Some(PendingCallback {
                    id: operation.callback.as_ref()?.id.clone(),
                    name: name_of_callback(operation, &execution.operations),
                    operation_id: operation.id.clone(),
                    times_out_in: operation.timer().map(|time| time.saturating_sub(now)),
                })
            })
            .collect()
        })
    }

    /// Answers a callback with a JSON text.
    ///
    /// # Errors
    /// If there is no such callback, or it was answered or has timed out.
    pub fn succeed(&self, callback_id: &str, result: &str) -> Result<(), Error> {
        let answer = Some(result.into()).filter(|_| !result.is_empty());
        let answered = self.service.callback(callback_id, |execution, index, now| {
            execution.answer(index, Ok(answer), now)
        });
        answered.map_err(|refusal| refused(&refusal))
    }

    /// Answers a callback with an error.
    ///
    /// # Errors
    /// As [`succeed`](Self::succeed).
    pub fn fail(&self, callback_id: &str, kind: &str, message: &str) -> Result<(), Error> {
        let error = Problem::new(kind, message);
        let answered = self.service.callback(callback_id, |execution, index, now| {
            execution.answer(index, Err(error), now)
        });
        answered.map_err(|refusal| refused(&refusal))
    }

    /// Sends the heartbeat of a callback.
    ///
    /// # Errors
    /// As [`succeed`](Self::succeed).
    pub fn heartbeat(&self, callback_id: &str) -> Result<(), Error> {
        let sent = self.service.callback(callback_id, Execution::heartbeat);
        sent.map_err(|refusal| refused(&refusal))
    }

    /// Returns the history.
    #[must_use]
    pub fn history(&self) -> Vec<HistoryEvent> {
        self.read(|execution| execution.history.iter().map(event).collect())
    }

    /// Returns how often the function was invoked, without the invocation that is running.
    #[must_use]
    pub fn invocations(&self) -> usize {
        let is_end = |event: &&super::history::Event| event.kind == "InvocationCompleted";
        self.read(|execution| execution.history.iter().filter(is_end).count())
    }

    /// Makes a fault happen at the next checkpoint.
    ///
    /// # Errors
    /// If the execution has ended.
    pub fn fault(&self, fault: CheckpointFault) -> Result<(), Error> {
        self.change(|execution, _| {
            execution.fault_next(fault);
            Ok(())
        })
    }

    /// Stops the execution.
    ///
    /// # Errors
    /// If it is not kept any more.
    pub fn stop(&self) -> Result<(), Error> {
        self.change(|execution, now| {
            execution.stop(None, now);
            Ok(())
        })
    }

    /// Pauses the execution: the function is not invoked until it is resumed.
    ///
    /// # Errors
    /// If it has ended.
    pub fn pause(&self) -> Result<(), Error> {
        self.change(|execution, now| execution.pause(None, false, now))
    }

    /// Resumes the execution.
    ///
    /// # Errors
    /// If it has ended.
    pub fn resume(&self) -> Result<(), Error> {
        self.change(|execution, now| execution.resume(None, now))
    }

    fn change(
        &self,
        change: impl FnOnce(&mut Execution, Duration) -> Result<(), Refusal>,
    ) -> Result<(), Error> {
        self.service.change(self.number, change).map_err(|refusal| refused(&refusal))
    }
}

fn refused(refusal: &Refusal) -> Error {
    Error::new(ErrorKind::Refused, format!("{}: {}", refusal.kind, refusal.message))
}

fn event(event: &super::history::Event) -> HistoryEvent {
    let (mut payload, mut error) = (None, None);
    for (_, field) in &event.fields {
        match field {
            Field::Payload(text) => payload = text.as_deref().map(str::to_owned),
            Field::Error(problem) => error = Some(failure(problem)),
            _ => {}
        }
    }
    HistoryEvent {
        number: event.number,
        kind: event.kind.clone(),
        at: event.at,
        operation_id: event.operation.clone().unwrap_or_default(),
        parent_id: event.parent.clone().unwrap_or_default(),
        name: event.name.clone().unwrap_or_default(),
        payload,
        error,
    }
}
