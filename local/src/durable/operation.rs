//! An operation of an execution, and its JSON.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/api/API_Operation.html>.

use crate::clock;
use crate::json::{array, fraction, number, object, text};
use miniserde::Deserialize;
use miniserde::json::{Object, Value};
use std::sync::Arc;
use std::time::Duration;

/// The type of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Execution,
    Context,
    Step,
    Wait,
    Callback,
    ChainedInvoke,
}

impl Kind {
    pub const ALL: [(&'static str, Self); 6] = [
        ("EXECUTION", Self::Execution),
        ("CONTEXT", Self::Context),
        ("STEP", Self::Step),
        ("WAIT", Self::Wait),
        ("CALLBACK", Self::Callback),
        ("CHAINED_INVOKE", Self::ChainedInvoke),
    ];

    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// The first word of its events.
    pub fn of_event(self) -> &'static str {
        match self {
            Self::Execution => "Execution",
            Self::Context => "Context",
            Self::Step => "Step",
            Self::Wait => "Wait",
            Self::Callback => "Callback",
            Self::ChainedInvoke => "ChainedInvoke",
        }
    }
}

/// The status of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Started,
    /// Its next attempt has a time.
    Pending,
    /// Its next attempt is due.
    Ready,
    Succeeded,
    Failed,
    Cancelled,
    TimedOut,
    Stopped,
}

impl Status {
    pub fn name(self) -> &'static str {
        match self {
            Self::Started => "STARTED",
            Self::Pending => "PENDING",
            Self::Ready => "READY",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Cancelled => "CANCELLED",
            Self::TimedOut => "TIMED_OUT",
            Self::Stopped => "STOPPED",
        }
    }

    pub fn is_over(self) -> bool {
        !matches!(self, Self::Started | Self::Pending | Self::Ready)
    }

    /// The last word of the event of its end.
    pub fn of_event(self) -> &'static str {
        match self {
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
            Self::TimedOut => "TimedOut",
            Self::Stopped => "Stopped",
            _ => "Succeeded",
        }
    }
}

/// The service's `ErrorObject`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
pub(crate) struct Problem {
    #[serde(rename = "ErrorType")]
    pub kind: Option<String>,
    #[serde(rename = "ErrorMessage")]
    pub message: Option<String>,
    #[serde(rename = "ErrorData")]
    pub data: Option<String>,
    #[serde(rename = "StackTrace")]
    pub stack_trace: Option<Vec<String>>,
}

impl Problem {
    pub fn new(kind: &str, message: impl Into<String>) -> Self {
        Self { kind: Some(kind.to_owned()), message: Some(message.into()), ..Default::default() }
    }

    /// An error of the service, which has no type.
    pub fn of_message(message: impl Into<String>) -> Self {
        Self { message: Some(message.into()), ..Default::default() }
    }

    pub fn bytes(&self) -> usize {
        let texts = [&self.kind, &self.message, &self.data];
        let frames = self.stack_trace.iter().flatten().map(String::len).sum::<usize>();
        texts.into_iter().flatten().map(String::len).sum::<usize>() + frames
    }

    pub fn to_json(&self) -> Value {
        let mut fields = Object::new();
        set(&mut fields, "ErrorType", self.kind.as_deref().map(text));
        set(&mut fields, "ErrorMessage", self.message.as_deref().map(text));
        set(&mut fields, "ErrorData", self.data.as_deref().map(text));
        let frames = self.stack_trace.as_ref();
        set(&mut fields, "StackTrace", frames.map(|frames| array(frames.iter().map(text))));
        Value::Object(fields)
    }
}

/// Sets a field that may be absent.
pub(crate) fn set(object: &mut Object, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        object.insert(name.to_owned(), value);
    }
}

/// A callback that waits for its answer, or has it.
#[derive(Clone, Debug)]
pub(crate) struct Callback {
    pub id: String,
    /// In seconds; absent if there is none.
    pub timeout: Option<u64>,
    pub heartbeat: Option<u64>,
    pub times_out: Option<Duration>,
    pub heartbeat_due: Option<Duration>,
}

/// An operation of an execution. Times are those of the service's clock, since 1970.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub id: String,
    pub parent: Option<String>,
    pub name: Option<String>,
    pub kind: Kind,
    pub sub_kind: Option<String>,
    pub status: Status,
    pub started: Duration,
    pub ended: Option<Duration>,
    /// The attempts of a step that are over.
    pub attempt: u64,
    /// The result, or the input of the execution.
    pub payload: Option<Arc<str>>,
    pub error: Option<Problem>,
    pub replays_children: bool,
    /// The end of a wait, or the next attempt of a step.
    pub due: Option<Duration>,
    /// Of a wait, in seconds.
    pub seconds: u64,
    pub callback: Option<Callback>,
    /// The function of a chained invocation.
    pub target: Option<String>,
    /// The number of the execution that a chained invocation has started.
    pub child: Option<u64>,
    /// The number of the execution's last change that touched it.
    pub touched: u64,
}

/// Where a document is for: its times have different forms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Form {
    /// The event of a function: milliseconds since 1970.
    Event,
    /// A response of the API: seconds since 1970, with a fraction.
    Api,
}

impl Form {
    pub fn time(self, time: Duration) -> Value {
        match self {
            Self::Event => number(clock::ms(time)),
            Self::Api => fraction(seconds(time)),
        }
    }
}

/// Seconds with milliseconds.
pub(crate) fn seconds(time: Duration) -> f64 {
    Duration::from_millis(clock::ms(time)).as_secs_f64()
}

impl Operation {
    /// The time at which something happens to it by itself.
    pub fn timer(&self) -> Option<Duration> {
        match (self.kind, self.status) {
            (Kind::Wait, Status::Started) | (Kind::Step, Status::Pending) => self.due,
            (Kind::Callback, Status::Started) => {
                let callback = self.callback.as_ref()?;
                callback.times_out.into_iter().chain(callback.heartbeat_due).min()
            }
            _ => None,
        }
    }

    /// Whether it ends without the function, so that the function may wait for it.
    pub fn is_awaited(&self) -> bool {
        match self.kind {
            Kind::Step => self.status == Status::Pending,
            Kind::Wait | Kind::Callback | Kind::ChainedInvoke => self.status == Status::Started,
            Kind::Context | Kind::Execution => false,
        }
    }

    /// The bytes that it takes.
    pub fn bytes(&self) -> usize {
        let payload = self.payload.as_ref().map_or(0, |payload| payload.len());
        payload + self.error.as_ref().map_or(0, Problem::bytes) + 512
    }

    pub fn to_json(&self, form: Form) -> Value {
        let mut fields = Object::new();
        set(&mut fields, "Id", Some(text(&*self.id)));
        set(&mut fields, "ParentId", self.parent.as_deref().map(text));
        set(&mut fields, "Name", self.name.as_deref().map(text));
        set(&mut fields, "Type", Some(text(self.kind.name())));
        set(&mut fields, "SubType", self.sub_kind.as_deref().map(text));
        set(&mut fields, "Status", Some(text(self.status.name())));
        set(&mut fields, "StartTimestamp", Some(form.time(self.started)));
        set(&mut fields, "EndTimestamp", self.ended.map(|ended| form.time(ended)));
        let (name, details) = self.details(form);
        set(&mut fields, name, Some(details));
        Value::Object(fields)
    }

    fn details(&self, form: Form) -> (&'static str, Value) {
        let mut fields = Object::new();
        let payload = self.payload.as_deref().map(text);
        if self.kind == Kind::Execution {
            set(&mut fields, "InputPayload", payload);
            return ("ExecutionDetails", Value::Object(fields));
        }
        if self.kind == Kind::Wait {
            set(&mut fields, "ScheduledEndTimestamp", self.due.map(|due| form.time(due)));
            return ("WaitDetails", Value::Object(fields));
        }
        set(&mut fields, "Result", payload);
        set(&mut fields, "Error", self.error.as_ref().map(Problem::to_json));
        let name = match self.kind {
            Kind::Context => {
                let replays = self.replays_children.then_some(Value::Bool(true));
                set(&mut fields, "ReplayChildren", replays);
                "ContextDetails"
            }
            Kind::Callback => {
                let id = self.callback.as_ref().map(|callback| text(&*callback.id));
                set(&mut fields, "CallbackId", id);
                "CallbackDetails"
            }
            Kind::ChainedInvoke => "ChainedInvokeDetails",
            _ => {
                let next = self.due.filter(|_| self.status == Status::Pending);
                set(&mut fields, "Attempt", Some(number(self.attempt)));
                set(&mut fields, "NextAttemptTimestamp", next.map(|due| form.time(due)));
                "StepDetails"
            }
        };
        (name, Value::Object(fields))
    }

    /// The document of an error, as a caller gets it.
    pub fn failure(error: &Problem) -> Value {
        object([
            ("errorType", text(error.kind.as_deref().unwrap_or_default())),
            ("errorMessage", text(error.message.as_deref().unwrap_or_default())),
            ("stackTrace", array(error.stack_trace.iter().flatten().map(text))),
        ])
    }
}
