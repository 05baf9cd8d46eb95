//! An operation as the service keeps it, and the updates that change it.

use crate::failure::Failure;
use crate::limits::{check_name, check_payload};
use crate::wire::ErrorObject;
use miniserde::{Deserialize, json};
use std::time::Duration;

#[derive(Deserialize)]
pub(super) struct Update {
    #[serde(rename = "Id")]
    pub id: String,
    #[serde(rename = "ParentId")]
    pub parent: Option<String>,
    #[serde(rename = "Name")]
    pub name: Option<String>,
    #[serde(rename = "Type")]
    pub kind: String,
    #[serde(rename = "SubType")]
    pub sub_kind: Option<String>,
    #[serde(rename = "Action")]
    pub action: String,
    #[serde(rename = "Payload")]
    pub payload: Option<String>,
    #[serde(rename = "Error")]
    error: Option<ErrorObject>,
    #[serde(rename = "ContextOptions")]
    context: Option<Options>,
    #[serde(rename = "StepOptions")]
    step: Option<Options>,
    #[serde(rename = "WaitOptions")]
    wait: Option<Options>,
    #[serde(rename = "CallbackOptions")]
    callback: Option<Options>,
    #[serde(rename = "ChainedInvokeOptions")]
    invoke: Option<Options>,
}

/// The options of an update of any type.
#[derive(Default, Deserialize)]
struct Options {
    #[serde(rename = "ReplayChildren")]
    replay_children: Option<bool>,
    #[serde(rename = "NextAttemptDelaySeconds")]
    next_attempt: Option<u64>,
    #[serde(rename = "WaitSeconds")]
    wait: Option<u64>,
    #[serde(rename = "TimeoutSeconds")]
    timeout: Option<u64>,
    #[serde(rename = "HeartbeatTimeoutSeconds")]
    heartbeat: Option<u64>,
    #[serde(rename = "FunctionName")]
    function: Option<String>,
}

/// An operation.
pub(super) struct Record {
    pub id: String,
    pub name: String,
    pub kind: String,
    pub sub_kind: String,
    pub status: String,
    pub parent: Option<String>,
    attempt: u32,
    pub replay_children: bool,
    result: Option<String>,
    error: Option<ErrorObject>,
    /// The function that is invoked.
    pub function: Option<String>,
    /// The input of the execution, or of the function that is invoked.
    pub input: Option<String>,
    /// When something happens to it by itself, since 1970.
    pub due: Option<Duration>,
    timeout: Option<Duration>,
    heartbeat: Option<Duration>,
}

impl Update {
    fn options(&self) -> Option<&Options> {
        let all = [&self.context, &self.step, &self.wait, &self.callback, &self.invoke];
        all.into_iter().flatten().next()
    }

    /// The name of the event in the history.
    pub fn event(&self) -> String {
        let kind = match &*self.kind {
            "CHAINED_INVOKE" => "ChainedInvoke".to_owned(),
            kind => capitalized(kind),
        };
        let what = match &*self.action {
            "START" => "Started",
            "SUCCEED" => "Succeeded",
            _ => "Failed",
        };
        // A check that is not done has succeeded.
        let is_check = self.action == "RETRY" && self.error.is_none();
        format!("{kind}{}", if is_check { "Succeeded" } else { what })
    }

    /// Checks what the service checks of an update alone.
    pub fn check(&self) -> Result<(), String> {
        let is_id = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
        if !(1..=64).contains(&self.id.len()) || !self.id.chars().all(is_id) {
            return Err("the id is not one".to_owned());
        }
        self.name.as_deref().map_or(Ok(()), check_name).map_err(|it| it.message().to_owned())?;
        let payload = self.payload.as_deref().unwrap_or_default();
        check_payload("the payload", payload).map_err(|it| it.message().to_owned())?;
        let error = self.error.as_ref().map(json::to_string).unwrap_or_default();
        if error.len() > 32 * 1024 {
            return Err("the error has over 32 KB".to_owned());
        }
        let delays = |it: &Options| [it.wait, it.next_attempt].into_iter().flatten().collect();
        let delays: Vec<u64> = self.options().map(delays).unwrap_or_default();
        if delays.iter().any(|delay| !(1..=31_622_400).contains(delay)) {
            return Err("a delay is not from 1 s to 366 days".to_owned());
        }
        let actions: &[&str] = match &*self.kind {
            "STEP" => &["START", "SUCCEED", "FAIL", "RETRY"],
            "CONTEXT" => &["START", "SUCCEED", "FAIL"],
            "WAIT" | "CALLBACK" | "CHAINED_INVOKE" => &["START"],
            _ => &[],
        };
        if actions.contains(&&*self.action) {
            return Ok(());
        }
        Err("the type has no such action".to_owned())
    }
}

/// `STEP` as `Step`.
fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(1.min(word.len()));
    format!("{first}{}", rest.to_ascii_lowercase())
}

impl Record {
    pub fn of_execution(input: &str, clock: Duration) -> Self {
        let text = r#"{"Id":"execution","Type":"EXECUTION","Action":"START"}"#;
        let update: Option<Update> = json::from_str(text).ok();
        let input = Some(input.to_owned());
        update.map_or_else(Self::empty, |update| Self { input, ..Self::begin(update, clock) })
    }

    fn empty() -> Self {
        Self {
            id: String::new(),
            name: String::new(),
            kind: String::new(),
            sub_kind: String::new(),
            status: "STARTED".to_owned(),
            parent: None,
            attempt: 0,
            replay_children: false,
            result: None,
            error: None,
            function: None,
            input: None,
            due: None,
            timeout: None,
            heartbeat: None,
        }
    }

    /// The operation that an update begins.
    pub fn begin(update: Update, clock: Duration) -> Self {
        let options = update.options();
        let time = |seconds: Option<u64>| seconds.filter(|it| *it > 0).map(Duration::from_secs);
        let timeout =
            time(options.and_then(|it| it.timeout)).map(|time| clock.saturating_add(time));
        let heartbeat = time(options.and_then(|it| it.heartbeat));
        let wait = time(options.and_then(|it| it.wait)).map(|time| clock.saturating_add(time));
        let beat = heartbeat.map(|time| clock.saturating_add(time));
        Self {
            function: options.and_then(|it| it.function.clone()),
            timeout,
            heartbeat,
            due: [wait, timeout, beat].into_iter().flatten().min(),
            id: update.id,
            name: update.name.unwrap_or_default(),
            kind: update.kind,
            sub_kind: update.sub_kind.unwrap_or_default(),
            parent: update.parent,
            input: update.payload,
            ..Self::empty()
        }
    }

    /// Checks an update of an operation that was begun.
    pub fn check(&self, update: &Update) -> Result<(), String> {
        let name = update.name.as_deref().unwrap_or_default();
        let sub_kind = update.sub_kind.as_deref().unwrap_or_default();
        if (name, &*update.kind, sub_kind) != (&*self.name, &*self.kind, &*self.sub_kind)
            || update.parent != self.parent
        {
            return Err("the operation has another name, type or parent".to_owned());
        }
        let is_possible = match &*update.action {
            "START" => self.status == "READY",
            _ => self.status == "STARTED" || self.status == "READY",
        };
        if is_possible { Ok(()) } else { Err(format!("the operation is {}", self.status)) }
    }

    pub fn apply(&mut self, update: Update, clock: Duration) {
        let options = update.options();
        let delay = options.and_then(|it| it.next_attempt).unwrap_or(1);
        self.replay_children = options.and_then(|it| it.replay_children).unwrap_or(false);
        match &*update.action {
            "START" => "STARTED".clone_into(&mut self.status),
            "SUCCEED" => {
                "SUCCEEDED".clone_into(&mut self.status);
                (self.result, self.error) = (update.payload, None);
            }
            "FAIL" => {
                "FAILED".clone_into(&mut self.status);
                (self.result, self.error) = (None, update.error);
            }
            _ => {
                "PENDING".clone_into(&mut self.status);
                self.attempt += 1;
                self.due = Some(clock.saturating_add(Duration::from_secs(delay)));
                (self.result, self.error) = (update.payload, update.error);
            }
        }
    }

    pub fn is_over(&self) -> bool {
        !matches!(&*self.status, "STARTED" | "PENDING" | "READY")
    }

    /// Whether it may end without the function.
    pub fn is_pending(&self) -> bool {
        self.status == "PENDING"
            || self.status == "STARTED"
                && matches!(&*self.kind, "WAIT" | "CALLBACK" | "CHAINED_INVOKE")
    }

    pub fn make_ready(&mut self) {
        "READY".clone_into(&mut self.status);
        self.due = None;
    }

    /// How it ends when its time has come; a step is ready then.
    pub fn when_due(&self) -> Option<(&'static str, Result<String, Failure>)> {
        match &*self.kind {
            "WAIT" => Some(("SUCCEEDED", Ok(String::new()))),
            "CALLBACK" => {
                let is_timeout = self.timeout.is_some() && self.timeout == self.due;
                let kind = if is_timeout { "Callback.Timeout" } else { "Callback.Heartbeat" };
                let message = "the callback was not answered in time".to_owned();
                Some(("TIMED_OUT", Err(Failure::cut(kind.to_owned(), message, ""))))
            }
            _ => None,
        }
    }

    pub fn beat(&mut self, clock: Duration) {
        let beat = self.heartbeat.map(|time| clock.saturating_add(time));
        self.due = [self.timeout, beat].into_iter().flatten().min();
    }

    pub fn end(&mut self, status: &str, result: Result<String, Failure>) {
        status.clone_into(&mut self.status);
        self.due = None;
        match result {
            Ok(result) => self.result = Some(result),
            Err(Failure { kind, message, .. }) => {
                self.error = Some(ErrorObject { kind: Some(kind), message: Some(message) });
            }
        }
    }

    /// The name of an end in the history.
    pub fn event(&self, status: &str) -> String {
        let kind = match &*self.kind {
            "CHAINED_INVOKE" => "ChainedInvoke".to_owned(),
            kind => capitalized(kind),
        };
        let end: String = status.split('_').map(capitalized).collect();
        format!("{kind}{end}")
    }

    /// The operation as a page of the state has it.
    pub fn to_json(&self) -> String {
        let mut fields = Vec::new();
        let mut add = |name: &str, json: String| fields.push(format!(r#""{name}":{json}"#));
        let mut details = Vec::new();
        let mut detail = |name: &str, json: String| details.push(format!(r#""{name}":{json}"#));
        add("Id", json::to_string(&self.id));
        for (name, text) in [("Name", &self.name), ("SubType", &self.sub_kind)] {
            if !text.is_empty() {
                add(name, json::to_string(text));
            }
        }
        add("Type", json::to_string(&self.kind));
        add("Status", json::to_string(&self.status));
        add("StartTimestamp", "1760000000000".to_owned());
        if let Some(parent) = &self.parent {
            add("ParentId", json::to_string(parent));
        }
        if let Some(result) = &self.result {
            detail("Result", json::to_string(result));
        }
        if let Some(error) = &self.error {
            detail("Error", json::to_string(error));
        }
        let due = self.due.map(|due| due.as_millis().to_string());
        let kind = match &*self.kind {
            "EXECUTION" => {
                let input = json::to_string(self.input.as_deref().unwrap_or_default());
                detail("InputPayload", input);
                "ExecutionDetails"
            }
            "STEP" => {
                detail("Attempt", self.attempt.to_string());
                detail("NextAttemptTimestamp", due.unwrap_or_else(|| "null".to_owned()));
                "StepDetails"
            }
            "WAIT" => {
                detail("ScheduledEndTimestamp", due.unwrap_or_else(|| "null".to_owned()));
                "WaitDetails"
            }
            "CONTEXT" => {
                detail("ReplayChildren", self.replay_children.to_string());
                "ContextDetails"
            }
            "CALLBACK" => {
                detail("CallbackId", json::to_string(&callback_id(&self.id)));
                "CallbackDetails"
            }
            _ => "ChainedInvokeDetails",
        };
        add(kind, format!("{{{}}}", details.join(",")));
        format!("{{{}}}", fields.join(","))
    }
}

/// The id of the callback that an operation is.
pub(super) fn callback_id(operation: &str) -> String {
    format!("callback+{}/", operation.replace('-', "/"))
}
