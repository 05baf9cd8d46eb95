//! The history of an execution: its events, and their JSON.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/api/API_Event.html>.

use super::operation::{Form, Operation, Problem, set};
use crate::json::{number, object, text};
use miniserde::json::{Object, Value};
use std::sync::Arc;
use std::time::Duration;

/// An event of the history.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    /// From 1.
    pub number: u64,
    /// Such as `StepSucceeded`.
    pub kind: String,
    pub at: Duration,
    /// The operation; absent for the end of an invocation.
    pub operation: Option<String>,
    pub parent: Option<String>,
    pub name: Option<String>,
    pub sub_kind: Option<String>,
    pub fields: Vec<(&'static str, Field)>,
}

/// A field of the details of an event.
#[derive(Clone, Debug)]
pub(crate) enum Field {
    Text(String),
    Number(u64),
    Flag(bool),
    Time(Duration),
    Payload(Option<Arc<str>>),
    Error(Problem),
    /// The attempt, and the seconds until the next one.
    Retry(u64, Option<u64>),
}

impl Event {
    pub fn new(kind: String, at: Duration, fields: Vec<(&'static str, Field)>) -> Self {
        let (operation, parent, name, sub_kind) = (None, None, None, None);
        Self { number: 0, kind, at, operation, parent, name, sub_kind, fields }
    }

    /// An event of an operation.
    pub fn of(operation: &Operation, ending: &str, at: Duration) -> Self {
        let kind = format!("{}{ending}", operation.kind.of_event());
        Self {
            operation: Some(operation.id.clone()),
            parent: operation.parent.clone(),
            name: operation.name.clone(),
            sub_kind: operation.sub_kind.clone(),
            ..Self::new(kind, at, Vec::new())
        }
    }

    #[must_use]
    pub fn with(mut self, name: &'static str, field: Field) -> Self {
        self.fields.push((name, field));
        self
    }

    /// The bytes that it takes beside its payload, which its operation has too.
    pub fn bytes(&self) -> usize {
        let of_fields = self.fields.iter().map(|(_, field)| match field {
            Field::Payload(payload) => payload.as_ref().map_or(0, |payload| payload.len()),
            Field::Error(error) => error.bytes(),
            Field::Text(text) => text.len(),
            _ => 0,
        });
        of_fields.sum::<usize>() + 256
    }

    /// Without data, payloads and errors are left out.
    pub fn to_json(&self, with_data: bool) -> Value {
        let mut fields = Object::new();
        set(&mut fields, "EventId", Some(number(self.number)));
        set(&mut fields, "EventType", Some(text(&*self.kind)));
        set(&mut fields, "EventTimestamp", Some(Form::Api.time(self.at)));
        set(&mut fields, "Id", self.operation.as_deref().map(text));
        set(&mut fields, "ParentId", self.parent.as_deref().map(text));
        set(&mut fields, "Name", self.name.as_deref().map(text));
        set(&mut fields, "SubType", self.sub_kind.as_deref().map(text));
        let details = self.fields.iter().map(|(name, field)| {
            let value = field.to_json(with_data);
            ((*name).to_owned(), value)
        });
        fields.insert(format!("{}Details", self.kind), Value::Object(details.collect()));
        Value::Object(fields)
    }
}

impl Field {
    fn to_json(&self, with_data: bool) -> Value {
        let data = |payload: Option<Value>| {
            let mut fields = Object::new();
            set(&mut fields, "Payload", payload.filter(|_| with_data));
            set(&mut fields, "Truncated", Some(Value::Bool(!with_data)));
            Value::Object(fields)
        };
        match self {
            Self::Text(string) => text(&**string),
            Self::Number(count) => number(*count),
            Self::Flag(flag) => Value::Bool(*flag),
            Self::Time(time) => Form::Api.time(*time),
            Self::Payload(payload) => data(payload.as_deref().map(text)),
            Self::Error(error) => data(Some(error.to_json())),
            Self::Retry(attempt, None) => object([("CurrentAttempt", number(*attempt))]),
            Self::Retry(attempt, Some(delay)) => object([
                ("CurrentAttempt", number(*attempt)),
                ("NextAttemptDelaySeconds", number(*delay)),
            ]),
        }
    }
}
