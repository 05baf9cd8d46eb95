//! The updates of a checkpoint: what the service accepts.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/api/API_OperationUpdate.html>. The
//! limits are those of the API, which AWS's own local runner does not check.

use super::operation::{Kind, Problem};
use super::refusal::Refusal;
use miniserde::Deserialize;

/// The largest payload or error, in bytes, and that of an execution that its caller waits for.
pub(crate) const MAX_PAYLOAD_BYTES: usize = 1_048_576;
pub(crate) const MAX_SYNC_PAYLOAD_BYTES: usize = 6_291_456;

/// The longest wait, delay and execution, in seconds: 366 days.
pub(crate) const MAX_SECONDS: u64 = 31_622_400;

/// The longest timeout of a callback, in seconds.
const MAX_CALLBACK_SECONDS: u64 = 99_999_999;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Action {
    Start,
    Succeed,
    Fail,
    Retry,
    Cancel,
}

const ACTIONS: [(&str, Action); 5] = [
    ("START", Action::Start),
    ("SUCCEED", Action::Succeed),
    ("FAIL", Action::Fail),
    ("RETRY", Action::Retry),
    ("CANCEL", Action::Cancel),
];

impl Action {
    pub fn name(self) -> &'static str {
        ACTIONS.iter().find(|(_, action)| *action == self).map_or("", |(name, _)| name)
    }
}

/// The body of a checkpoint.
#[derive(Deserialize)]
pub(crate) struct Checkpoint {
    #[serde(rename = "CheckpointToken")]
    pub token: String,
    #[serde(rename = "Updates")]
    pub updates: Option<Vec<Document>>,
    #[serde(rename = "ClientToken")]
    pub client_token: Option<String>,
}

/// An update as it is sent.
#[derive(Deserialize)]
pub(crate) struct Document {
    #[serde(rename = "Id")]
    id: String,
    #[serde(rename = "ParentId")]
    parent: Option<String>,
    #[serde(rename = "Name")]
    name: Option<String>,
    #[serde(rename = "Type")]
    kind: String,
    #[serde(rename = "SubType")]
    sub_kind: Option<String>,
    #[serde(rename = "Action")]
    action: String,
    #[serde(rename = "Payload")]
    payload: Option<String>,
    #[serde(rename = "Error")]
    error: Option<Problem>,
    #[serde(rename = "ContextOptions")]
    context: Option<ContextOptions>,
    #[serde(rename = "StepOptions")]
    step: Option<StepOptions>,
    #[serde(rename = "WaitOptions")]
    wait: Option<WaitOptions>,
    #[serde(rename = "CallbackOptions")]
    callback: Option<CallbackOptions>,
    #[serde(rename = "ChainedInvokeOptions")]
    invoke: Option<InvokeOptions>,
}

#[derive(Deserialize)]
struct ContextOptions {
    #[serde(rename = "ReplayChildren")]
    replay_children: Option<bool>,
}

#[derive(Deserialize)]
struct StepOptions {
    #[serde(rename = "NextAttemptDelaySeconds")]
    delay: Option<u64>,
}

#[derive(Deserialize)]
struct WaitOptions {
    #[serde(rename = "WaitSeconds")]
    seconds: Option<u64>,
}

#[derive(Deserialize)]
struct CallbackOptions {
    #[serde(rename = "TimeoutSeconds")]
    timeout: Option<u64>,
    #[serde(rename = "HeartbeatTimeoutSeconds")]
    heartbeat: Option<u64>,
}

#[derive(Deserialize)]
struct InvokeOptions {
    #[serde(rename = "FunctionName")]
    function: String,
    #[serde(rename = "TenantId")]
    tenant: Option<String>,
    #[serde(rename = "XAmznTraceId")]
    trace: Option<String>,
}

/// An update within the limits.
#[derive(Debug)]
pub(crate) struct Update {
    pub id: String,
    pub parent: Option<String>,
    pub name: Option<String>,
    pub kind: Kind,
    pub sub_kind: Option<String>,
    pub action: Action,
    pub payload: Option<String>,
    pub error: Option<Problem>,
    pub replays_children: bool,
    /// The time of a wait, or until the next attempt.
    pub seconds: u64,
    pub timeout: Option<u64>,
    pub heartbeat: Option<u64>,
    pub function: Option<String>,
    pub tenant: Option<String>,
    pub trace: Option<String>,
}

impl Update {
    /// The bytes of its payload and its error.
    pub fn bytes(&self) -> usize {
        let payload = self.payload.as_ref().map_or(0, String::len);
        payload + self.error.as_ref().map_or(0, Problem::bytes)
    }
}

fn is_id(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// The limits of the API for one field: the error names the field, and never its value.
struct Place<'a> {
    number: usize,
    id: &'a str,
}

impl Place<'_> {
    fn refuse(&self, field: &str, rule: &str) -> Refusal {
        let id = if is_id(self.id) && self.id.len() <= 64 { self.id } else { "?" };
        Refusal::invalid(format!("Updates[{}] (operation {id}): {field} {rule}", self.number))
    }

    fn word(&self, field: &str, value: Option<&str>, most: usize) -> Result<(), Refusal> {
        match value {
            Some(value) if value.is_empty() || value.len() > most || !is_id(value) => {
                let rule = format!("has 1 to {most} letters, digits, - and _");
                Err(self.refuse(field, &rule))
            }
            _ => Ok(()),
        }
    }

    fn printable(&self, field: &str, value: Option<&str>, most: usize) -> Result<(), Refusal> {
        let is_printable = |value: &str| value.bytes().all(|byte| (b' '..=b'~').contains(&byte));
        match value {
            Some(value) if value.is_empty() || value.len() > most || !is_printable(value) => {
                let rule = format!("has 1 to {most} printable ASCII characters");
                Err(self.refuse(field, &rule))
            }
            _ => Ok(()),
        }
    }

    fn seconds(&self, field: &str, value: Option<u64>) -> Result<u64, Refusal> {
        let value = value.filter(|seconds| (1..=MAX_SECONDS).contains(seconds));
        let rule = format!("is from 1 to {MAX_SECONDS} seconds");
        value.ok_or_else(|| self.refuse(field, &rule))
    }

    fn bytes(&self, field: &str, bytes: usize, most: usize) -> Result<(), Refusal> {
        if bytes <= most {
            return Ok(());
        }
        Err(self.refuse(field, &format!("has {bytes} bytes, and at most {most} are accepted")))
    }
}

impl Document {
    /// Checks the limits. `number` is its place in the batch.
    pub fn check(self, number: usize, is_sync: bool) -> Result<Update, Refusal> {
        let place = Place { number, id: &self.id };
        place.word("Id", Some(&self.id), 64)?;
        place.word("ParentId", self.parent.as_deref(), 64)?;
        place.printable("Name", self.name.as_deref(), 256)?;
        place.word("SubType", self.sub_kind.as_deref(), 32)?;
        let kind = Kind::ALL.iter().find(|(name, _)| *name == self.kind);
        let kind = kind.ok_or_else(|| place.refuse("Type", "is no type of an operation"))?.1;
        let action = ACTIONS.iter().find(|(name, _)| *name == self.action);
        let action = action.ok_or_else(|| place.refuse("Action", "is no action"))?.1;
        let most = if kind == Kind::Execution && is_sync {
            MAX_SYNC_PAYLOAD_BYTES
        } else {
            MAX_PAYLOAD_BYTES
        };
        place.bytes("Payload", self.payload.as_ref().map_or(0, String::len), most)?;
        place.bytes("Error", self.error.as_ref().map_or(0, Problem::bytes), MAX_PAYLOAD_BYTES)?;
        let seconds = match (kind, action) {
            (Kind::Wait, Action::Start) => {
                let seconds = self.wait.and_then(|options| options.seconds);
                place.seconds("WaitOptions.WaitSeconds", seconds)?
            }
            (Kind::Step, Action::Retry) => {
                let delay = self.step.and_then(|options| options.delay);
                place.seconds("StepOptions.NextAttemptDelaySeconds", delay)?
            }
            _ => 0,
        };
        let callback = self.callback.unwrap_or(CallbackOptions { timeout: None, heartbeat: None });
        for (field, value) in [
            ("CallbackOptions.TimeoutSeconds", callback.timeout),
            ("CallbackOptions.HeartbeatTimeoutSeconds", callback.heartbeat),
        ] {
            if value.is_some_and(|seconds| seconds > MAX_CALLBACK_SECONDS) {
                let rule = format!("is from 0 to {MAX_CALLBACK_SECONDS} seconds");
                return Err(place.refuse(field, &rule));
            }
        }
        let (mut function, mut tenant, mut trace) = (None, None, None);
        if let Some(options) = self.invoke {
            place.printable("ChainedInvokeOptions.FunctionName", Some(&options.function), 256)?;
            place.printable("ChainedInvokeOptions.TenantId", options.tenant.as_deref(), 256)?;
            place.printable("ChainedInvokeOptions.XAmznTraceId", options.trace.as_deref(), 8192)?;
            (function, tenant, trace) = (Some(options.function), options.tenant, options.trace);
        }
        if kind == Kind::ChainedInvoke && function.is_none() {
            return Err(place.refuse("ChainedInvokeOptions", "is required"));
        }
        Ok(Update {
            parent: self.parent,
            name: self.name,
            kind,
            sub_kind: self.sub_kind,
            action,
            payload: self.payload,
            error: self.error,
            replays_children: self.context.is_some_and(|it| it.replay_children == Some(true)),
            seconds,
            timeout: callback.timeout.filter(|seconds| *seconds > 0),
            heartbeat: callback.heartbeat.filter(|seconds| *seconds > 0),
            function,
            tenant,
            trace,
            id: self.id,
        })
    }
}
