//! One durable execution: its operations, its history, and the invocations that it needs. Nothing
//! here waits or starts a program; each function gets the time.

use super::fault::CheckpointFault;
use super::history::{Event, Field};
use super::operation::{Kind, Operation, Problem, Status};
use crate::ids;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

/// The status of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ExecutionStatus {
    /// It runs, or waits for something.
    Running,
    /// A pause was asked for, and an invocation goes on until its next checkpoint.
    Pausing,
    /// The function is not invoked until the execution is resumed.
    Paused,
    /// It has a result.
    Succeeded,
    /// It has an error.
    Failed,
    /// It has taken longer than its timeout.
    TimedOut,
    /// It was stopped.
    Stopped,
}

impl ExecutionStatus {
    pub(crate) const ALL: [(&'static str, Self); 7] = [
        ("RUNNING", Self::Running),
        ("PAUSING", Self::Pausing),
        ("PAUSED", Self::Paused),
        ("SUCCEEDED", Self::Succeeded),
        ("FAILED", Self::Failed),
        ("TIMED_OUT", Self::TimedOut),
        ("STOPPED", Self::Stopped),
    ];

    pub(crate) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, status)| *status == self).map_or("", |(name, _)| name)
    }

    /// Whether the execution has ended.
    #[must_use]
    pub fn is_over(self) -> bool {
        !matches!(self, Self::Running | Self::Pausing | Self::Paused)
    }
}

/// A chained invocation that has to be started.
#[derive(Debug)]
pub(crate) struct Chain {
    pub operation: String,
    pub function: String,
    pub input: Arc<str>,
    pub tenant: Option<String>,
    pub trace: Option<String>,
}

/// The invocation that is running.
#[derive(Debug)]
pub(super) struct Running {
    pub request_id: String,
    pub started: Duration,
}

/// The last checkpoint, for a client that did not get the response.
#[derive(Debug)]
pub(super) struct Last {
    pub token: String,
    pub client_token: String,
    pub response: String,
}

/// A pause that was asked for.
#[derive(Debug)]
pub(super) struct Pause {
    pub at: Duration,
    pub stops_timeout: bool,
}

/// A new execution.
#[derive(Debug, Default)]
pub(crate) struct New {
    pub arn: String,
    pub name: String,
    pub handler: String,
    pub input: Arc<str>,
    /// Whether a caller waits for it.
    pub is_sync: bool,
    pub trace: Option<String>,
    pub tenant: Option<String>,
    /// The execution and the operation that have started it.
    pub parent: Option<(u64, String)>,
    /// In seconds.
    pub timeout: u64,
    /// By the number of the checkpoint, from 1.
    pub faults: BTreeMap<u64, CheckpointFault>,
}

#[derive(Debug)]
pub(crate) struct Execution {
    pub new: New,
    /// The id of its own operation, which ends its ARN.
    pub id: String,
    pub started: Duration,
    pub ended: Option<Duration>,
    pub(super) status: ExecutionStatus,
    pub result: Option<Arc<str>>,
    pub error: Option<Problem>,
    /// In the order in which they were started.
    pub operations: Vec<Operation>,
    pub(super) index: HashMap<String, usize>,
    /// The timers of operations: the time, and the place in `operations`.
    pub(super) timers: BTreeSet<(Duration, usize)>,
    pub history: Vec<Event>,
    /// The bytes of the operations and the history.
    pub bytes: usize,
    /// The bytes of payloads and errors that were written in all.
    pub(super) written: usize,
    /// How often steps were tried again.
    pub(super) retries: usize,
    /// The number of the last change of an operation.
    pub(super) change: u64,
    /// The last change that the function has got.
    pub(super) seen: u64,
    pub(super) token: Option<String>,
    pub(super) last: Option<Last>,
    pub(super) running: Option<Running>,
    /// Whether the function has to be invoked.
    pub(super) wants: bool,
    /// Whether a response had no token, so that the function has to be invoked again.
    pub(super) owes: bool,
    /// The time at which a failed invocation is repeated.
    pub retry_at: Option<Duration>,
    /// The invocations that have failed one after the other without recording anything.
    pub(super) failures: u32,
    pub(super) empty_pendings: u32,
    /// The end that a checkpoint has recorded; the execution ends with its invocation.
    pub(super) closing: Option<(ExecutionStatus, Option<Arc<str>>, Option<Problem>)>,
    pub(super) pause: Option<Pause>,
    pub deadline: Duration,
    pub checkpoints: u64,
    pub(super) chains: Vec<Chain>,
    /// The chained invocations of functions that are not durable, which run now.
    pub chained: usize,
}

impl Execution {
    pub fn new(new: New, id: String, now: Duration) -> Self {
        let deadline = now.saturating_add(Duration::from_secs(new.timeout));
        let input = Arc::clone(&new.input);
        let timeout = new.timeout;
        let mut execution = Self {
            new,
            id,
            started: now,
            ended: None,
            status: ExecutionStatus::Running,
            result: None,
            error: None,
            operations: Vec::new(),
            index: HashMap::new(),
            timers: BTreeSet::new(),
            history: Vec::new(),
            bytes: 0,
            written: input.len(),
            retries: 0,
            change: 0,
            seen: 0,
            token: None,
            last: None,
            running: None,
            wants: true,
            owes: false,
            retry_at: None,
            failures: 0,
            empty_pendings: 0,
            closing: None,
            pause: None,
            deadline,
            checkpoints: 0,
            chains: Vec::new(),
            chained: 0,
        };
        let operation = Operation {
            payload: Some(Arc::clone(&input)),
            name: Some(execution.new.name.clone()),
            ..blank(&execution.id, Kind::Execution, now)
        };
        let event = Event::of(&operation, "Started", now)
            .with("Input", Field::Payload(Some(input)))
            .with("ExecutionTimeout", Field::Number(timeout));
        execution.insert(operation);
        execution.record(event);
        execution
    }

    // ---- what is known of it

    pub fn status(&self) -> ExecutionStatus {
        match (&self.pause, &self.running) {
            (Some(_), Some(_)) if !self.is_over() && self.token.is_some() => {
                ExecutionStatus::Pausing
            }
            (Some(_), _) if !self.is_over() => ExecutionStatus::Paused,
            _ => self.status,
        }
    }

    pub fn is_over(&self) -> bool {
        self.ended.is_some()
    }

    /// The id of the invocation that is running.
    pub fn request_id(&self) -> Option<&str> {
        self.running.as_ref().map(|running| &*running.request_id)
    }

    pub fn find(&self, id: &str) -> Option<&Operation> {
        self.index.get(id).and_then(|index| self.operations.get(*index))
    }

    /// Whether the function is to be invoked now.
    pub fn wants_invocation(&self) -> bool {
        let is_free = self.running.is_none() && self.pause.is_none() && !self.is_over();
        is_free && self.wants && self.retry_at.is_none()
    }

    /// Whether a program works for it, or is about to.
    pub fn is_active(&self) -> bool {
        self.running.is_some() || self.wants_invocation() || self.chained > 0
    }

    // ---- changes

    pub(super) fn record(&mut self, mut event: Event) {
        event.number = self.history.len() as u64 + 1;
        self.bytes += event.bytes();
        self.history.push(event);
    }

    /// Adds an operation, and returns its place.
    pub(super) fn insert(&mut self, operation: Operation) -> usize {
        self.index.insert(operation.id.clone(), self.operations.len());
        self.bytes += operation.bytes();
        self.operations.push(operation);
        let last = self.operations.len() - 1;
        self.touch(last, |_| {});
        last
    }

    /// Changes an operation, and notes that the function has not seen it so.
    pub(super) fn touch(&mut self, index: usize, change: impl FnOnce(&mut Operation)) {
        self.change += 1;
        let Some(operation) = self.operations.get_mut(index) else { return };
        if let Some(timer) = operation.timer() {
            self.timers.remove(&(timer, index));
        }
        let bytes = operation.bytes();
        change(operation);
        operation.touched = self.change;
        self.bytes = (self.bytes + operation.bytes()).saturating_sub(bytes);
        if let Some(timer) = operation.timer() {
            self.timers.insert((timer, index));
        }
    }

    /// Ends an operation that has ended by itself.
    pub(super) fn end_operation(
        &mut self,
        index: usize,
        status: Status,
        payload: Option<Arc<str>>,
        error: Option<Problem>,
        now: Duration,
    ) {
        self.written += payload.as_ref().map_or(0, |payload| payload.len());
        self.written += error.as_ref().map_or(0, Problem::bytes);
        self.touch(index, |operation| {
            operation.status = status;
            operation.ended = Some(now);
            if payload.is_some() {
                operation.payload.clone_from(&payload);
            }
            operation.error.clone_from(&error);
        });
        let Some(operation) = self.operations.get(index) else { return };
        let event = Event::of(operation, status.of_event(), now);
        let event = match (operation.kind, error) {
            (Kind::Wait, _) => event.with("Duration", Field::Number(operation.seconds)),
            (_, Some(error)) => event.with("Error", Field::Error(error)),
            (_, None) => event.with("Result", Field::Payload(payload)),
        };
        self.record(event);
        self.wants = true;
    }

    /// Ends the execution.
    pub(super) fn finish(
        &mut self,
        status: ExecutionStatus,
        result: Option<Arc<str>>,
        error: Option<Problem>,
        now: Duration,
    ) {
        if self.is_over() {
            return;
        }
        let (ending, field) = match status {
            ExecutionStatus::Succeeded => ("Succeeded", ("Result", Field::Payload(result.clone()))),
            ExecutionStatus::TimedOut => ("TimedOut", error_field(error.as_ref())),
            ExecutionStatus::Stopped => ("Stopped", error_field(error.as_ref())),
            _ => ("Failed", error_field(error.as_ref())),
        };
        let operation = match status {
            ExecutionStatus::Succeeded => Status::Succeeded,
            ExecutionStatus::TimedOut => Status::TimedOut,
            ExecutionStatus::Stopped => Status::Stopped,
            _ => Status::Failed,
        };
        self.touch(0, |it| {
            it.status = operation;
            it.ended = Some(now);
        });
        if let Some(own) = self.operations.first() {
            let event = Event::of(own, ending, now).with(field.0, field.1);
            self.record(event);
        }
        self.status = status;
        self.ended = Some(now);
        self.bytes += result.as_ref().map_or(0, |result| result.len());
        self.result = result;
        self.error = error;
        self.wants = false;
        self.retry_at = None;
        self.pause = None;
        self.timers.clear();
        self.chains.clear();
        // What was recorded stays; an invocation that runs can record nothing more.
        self.last = None;
    }
}

fn error_field(error: Option<&Problem>) -> (&'static str, Field) {
    ("Error", Field::Error(error.cloned().unwrap_or_default()))
}

/// The time after some seconds.
pub(super) fn after(now: Duration, seconds: Option<u64>) -> Option<Duration> {
    seconds.map(|seconds| now.saturating_add(Duration::from_secs(seconds)))
}

/// An operation that has started.
pub(super) fn blank(id: &str, kind: Kind, now: Duration) -> Operation {
    Operation {
        id: id.to_owned(),
        parent: None,
        name: None,
        kind,
        sub_kind: None,
        status: Status::Started,
        started: now,
        ended: None,
        attempt: 0,
        payload: None,
        error: None,
        replays_children: false,
        due: None,
        seconds: 0,
        callback: None,
        target: None,
        child: None,
        touched: 0,
    }
}

/// A token or an id in the form that the API asks for: base64.
pub(super) fn opaque(text: &str) -> String {
    use base64::Engine;
    base64::engine::general_purpose::STANDARD.encode(format!("{text}/{}", ids::hex(16)))
}
