//! What the service sends and receives: the event of an invocation, pages of the state, updates.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/api/API_CheckpointDurableExecution.html>.

use crate::failure::Failure;
use crate::limits::operation_id;
use minilambda::__private::to_text;
use miniserde::json::{Number, Value};
use miniserde::{Deserialize, Serialize};
use std::time::Duration;

/// The event of an invocation. An event of another kind has no ARN.
#[derive(Deserialize)]
pub(crate) struct Event {
    #[serde(rename = "DurableExecutionArn")]
    pub arn: String,
    #[serde(rename = "CheckpointToken")]
    pub token: String,
    #[serde(rename = "InitialExecutionState")]
    pub state: Page,
}

/// A page of the state.
#[derive(Default, Deserialize)]
pub(crate) struct Page {
    #[serde(rename = "Operations")]
    pub operations: Option<Vec<Operation>>,
    #[serde(rename = "NextMarker")]
    pub marker: Option<String>,
}

/// The response to a checkpoint.
#[derive(Deserialize)]
pub(crate) struct Checkpointed {
    /// Absent if the service takes no further checkpoint of this invocation.
    #[serde(rename = "CheckpointToken")]
    pub token: Option<String>,
    /// What has changed.
    #[serde(rename = "NewExecutionState")]
    pub state: Option<Page>,
}

/// An operation as it is recorded. Types and statuses are texts: the service may get new ones.
#[derive(Default, Deserialize)]
pub(crate) struct Operation {
    #[serde(rename = "Id")]
    pub id: String,
    #[serde(rename = "Name")]
    pub name: Option<String>,
    #[serde(rename = "Type")]
    pub kind: String,
    #[serde(rename = "SubType")]
    pub sub_kind: Option<String>,
    #[serde(rename = "Status")]
    pub status: String,
    #[serde(rename = "ExecutionDetails")]
    execution: Option<Details>,
    #[serde(rename = "ContextDetails")]
    context: Option<Details>,
    #[serde(rename = "StepDetails")]
    step: Option<Details>,
    #[serde(rename = "WaitDetails")]
    wait: Option<Details>,
    #[serde(rename = "CallbackDetails")]
    callback: Option<Details>,
    #[serde(rename = "ChainedInvokeDetails")]
    invoke: Option<Details>,
}

/// The details of an operation of any type.
#[derive(Default, Deserialize)]
pub(crate) struct Details {
    #[serde(rename = "InputPayload")]
    pub input: Option<String>,
    #[serde(rename = "Result")]
    pub result: Option<String>,
    #[serde(rename = "Error")]
    pub error: Option<ErrorObject>,
    #[serde(rename = "Attempt")]
    pub attempt: Option<u32>,
    #[serde(rename = "CallbackId")]
    pub callback_id: Option<String>,
    #[serde(rename = "ReplayChildren")]
    pub replay_children: Option<bool>,
    #[serde(rename = "NextAttemptTimestamp")]
    next_attempt: Option<Value>,
    #[serde(rename = "ScheduledEndTimestamp")]
    scheduled_end: Option<Value>,
}

/// The service's `ErrorObject`.
#[derive(Clone, Default, Deserialize, Serialize)]
pub(crate) struct ErrorObject {
    #[serde(rename = "ErrorType")]
    pub kind: Option<String>,
    #[serde(rename = "ErrorMessage")]
    pub message: Option<String>,
}

static NO_DETAILS: Details = Details {
    input: None,
    result: None,
    error: None,
    attempt: None,
    callback_id: None,
    replay_children: None,
    next_attempt: None,
    scheduled_end: None,
};

impl Operation {
    pub fn details(&self) -> &Details {
        let all =
            [&self.step, &self.context, &self.wait, &self.callback, &self.invoke, &self.execution];
        all.into_iter().flatten().next().unwrap_or(&NO_DETAILS)
    }

    /// Whether it has a result or an error. A status that is not known is none.
    pub fn is_over(&self) -> bool {
        let ends = ["SUCCEEDED", "FAILED", "CANCELLED", "TIMED_OUT", "STOPPED"];
        ends.contains(&&*self.status)
    }

    /// Whether a function that waits for it can go on.
    pub fn can_go_on(&self) -> bool {
        self.is_over() || self.status == "READY"
    }

    /// When it is due, since 1970, if that is known.
    pub fn due(&self) -> Option<Duration> {
        let details = self.details();
        time(details.next_attempt.as_ref().or(details.scheduled_end.as_ref())?)
    }

    /// Its error. The service sends none for some ends, such as an execution that was stopped.
    pub fn failure(&self, name: &str) -> Failure {
        let error = self.details().error.clone().unwrap_or_default();
        let kind = error.kind.filter(|kind| !kind.is_empty());
        let kind = kind.unwrap_or_else(|| format!("Durable.{}", self.status));
        Failure::cut(kind, error.message.unwrap_or_default(), name)
    }

    /// What it is, for messages.
    pub fn describe(&self) -> String {
        describe(self.sub_kind.as_deref().unwrap_or(&self.kind), self.name.as_deref())
    }
}

/// Names an operation in a message: `Step "charge"`.
pub(crate) fn describe(kind: &str, name: Option<&str>) -> String {
    name.map_or_else(|| kind.to_owned(), |name| format!("{kind} {name:?}"))
}

/// Reads a time: in events it is in milliseconds, in responses in seconds with a fraction. A text
/// is not read.
fn time(value: &Value) -> Option<Duration> {
    /// In seconds: the year 5138.
    const FIRST_MILLISECONDS: Duration = Duration::from_secs(100_000_000_000);
    let time = match value {
        Value::Number(Number::U64(time)) => Duration::from_secs(*time),
        Value::Number(Number::F64(time)) => Duration::try_from_secs_f64(*time).ok()?,
        _ => return None,
    };
    Some(if time < FIRST_MILLISECONDS { time } else { time / 1000 })
}

/// What an operation is, the same in all its updates.
pub(crate) struct Begun {
    pub id: String,
    parent: String,
    pub name: String,
    kind: &'static str,
    pub sub_kind: &'static str,
}

impl Begun {
    /// The operation with this number in a context. The ids of the context and of the parent are
    /// empty for the function.
    pub fn new(
        context: &str,
        parent: &str,
        number: u32,
        name: &str,
        (kind, sub_kind): (&'static str, &'static str),
    ) -> Self {
        let id = operation_id(context, number);
        Self { id, parent: parent.to_owned(), name: name.to_owned(), kind, sub_kind }
    }

    /// Whether this is what is recorded.
    pub fn is(&self, operation: &Operation) -> bool {
        let recorded = (&*operation.kind, operation.sub_kind.as_deref(), operation.name.as_deref());
        recorded == (self.kind, Some(self.sub_kind), Some(&*self.name))
    }

    pub fn update(&self, action: &'static str) -> Update {
        let mut update = Update(String::from("{"));
        update.text("Id", &self.id);
        if !self.parent.is_empty() {
            update.text("ParentId", &self.parent);
        }
        update.text("Name", &self.name);
        update.text("Type", self.kind);
        update.text("SubType", self.sub_kind);
        update.text("Action", action);
        update
    }
}

/// An update, encoded where it is made, so that a batch is only joined.
pub(crate) struct Update(String);

impl Update {
    /// The end of the execution itself.
    pub fn of_execution(id: &str) -> Self {
        let mut update = Self(String::from("{"));
        update.text("Id", id);
        update.text("Type", "EXECUTION");
        update.text("Action", "SUCCEED");
        update
    }

    fn text(&mut self, name: &str, text: &str) {
        self.json(name, &to_text(text));
    }

    fn json(&mut self, name: &str, json: &str) {
        let comma = if self.0.ends_with('{') { "" } else { "," };
        self.0.extend([comma, "\"", name, "\":", json]);
    }

    pub fn payload(mut self, payload: &str) -> Self {
        self.text("Payload", payload);
        self
    }

    pub fn error(mut self, failure: &Failure) -> Self {
        self.json("Error", &failure.to_json());
        self
    }

    /// Adds options, such as `WaitOptions`, as JSON.
    pub fn options(mut self, name: &str, json: &str) -> Self {
        self.json(name, json);
        self
    }

    pub fn encode(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

impl Failure {
    /// Encodes an `ErrorObject`.
    pub(crate) fn to_json(&self) -> String {
        let (kind, message) = (Some(self.kind.clone()), Some(self.message.clone()));
        to_text(&ErrorObject { kind, message })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use miniserde::json;

    #[test]
    fn a_time_is_in_milliseconds_or_in_seconds_and_may_be_anything_else() {
        let due = |time: &str| {
            let text = format!(
                r#"{{"Id":"1","Type":"WAIT","Status":"STARTED","WaitDetails":{{"ScheduledEndTimestamp":{time}}}}}"#
            );
            json::from_str::<Operation>(&text).unwrap().due().map(|due| due.as_millis())
        };
        assert_eq!(due("1760000000123"), Some(1_760_000_000_123));
        assert_eq!(due("1760000000123.0"), Some(1_760_000_000_123));
        assert_eq!(due("1.760000000123e12"), Some(1_760_000_000_123));
        assert_eq!(due("1760000000.5"), Some(1_760_000_000_500));
        assert_eq!(due("1760000000"), Some(1_760_000_000_000));
        for other in ["\"2026-11-29T00:00:00Z\"", "null", "-5", "1e30", "[1]", "{}"] {
            assert_eq!(due(other), None, "{other}");
        }
    }

    #[test]
    fn an_operation_of_an_unknown_kind_is_kept_and_is_not_over() {
        let text = r#"{"Id":"7","Type":"DREAM","Status":"ASLEEP","DreamDetails":{"Of":["sheep"]}}"#;
        let operation: Operation = json::from_str(text).unwrap();
        assert!(!operation.is_over() && !operation.can_go_on());
        assert_eq!(operation.details().attempt, None);
    }

    #[test]
    fn an_update_has_what_the_model_wants() {
        let begun = Begun::new("2", "2", 3, "a\"b", ("STEP", "Step"));
        let failure = Failure::cut("K".into(), "m".into(), "");
        assert_eq!(
            begun.update("RETRY").error(&failure).options("StepOptions", "{}").encode(),
            concat!(
                r#"{"Id":"2-3","ParentId":"2","Name":"a\"b","Type":"STEP","SubType":"Step","#,
                r#""Action":"RETRY","Error":{"ErrorType":"K","ErrorMessage":"m"},"StepOptions":{}}"#
            )
        );
    }

    #[test]
    fn an_end_without_an_error_has_a_kind_nevertheless() {
        for (status, kind) in [("TIMED_OUT", "Durable.TIMED_OUT"), ("STOPPED", "Durable.STOPPED")] {
            let operation = Operation { status: status.to_owned(), ..Default::default() };
            assert!(operation.is_over());
            assert_eq!(operation.failure("ship").kind, kind);
        }
    }
}
