//! The invocations of an execution: the event of a function, the state in pages, and its response.

use super::execution::{Execution, ExecutionStatus, Running, opaque};
use super::history::{Event, Field};
use super::operation::{Form, Operation, Problem};
use super::refusal::Refusal;
use super::update::MAX_PAYLOAD_BYTES;
use crate::json;
use miniserde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// The most bytes of operations in one page of the state. An event has at most 6 MB.
const MAX_PAGE_BYTES: usize = 5 * 1024 * 1024;

/// The most ids of changed operations in an event.
const MAX_UPDATED: usize = 10_000;

/// The invocations that may fail one after the other. AWS's local runner has the same number.
const MAX_FAILURES: u32 = 5;

/// The responses PENDING of a function that waits for nothing, one after the other.
const MAX_EMPTY_PENDINGS: u32 = 3;

/// The first delay before a failed invocation is repeated. It doubles with each one.
const FIRST_DELAY: Duration = Duration::from_secs(1);

/// The response of a durable function.
#[derive(Deserialize)]
struct Output {
    #[serde(rename = "Status")]
    status: Option<String>,
    #[serde(rename = "Result")]
    result: Option<String>,
    #[serde(rename = "Error")]
    error: Option<Problem>,
}

/// The end of an invocation.
pub(crate) enum End<'a> {
    Responded(&'a [u8]),
    Failed(Problem),
}

impl Execution {
    /// Begins an invocation, and returns its event.
    pub fn begin(&mut self, request_id: &str, now: Duration) -> String {
        let token = opaque(&format!("{}/{}", self.id, self.checkpoints));
        let is_first = self.seen == 0;
        let updated = self.operations.iter().filter(|operation| operation.touched > self.seen);
        let updated = updated.filter(|operation| self.is_visible(operation)).take(MAX_UPDATED);
        let updated: Vec<_> = updated.map(|operation| json::quoted(&operation.id)).collect();
        let updated = if is_first { String::new() } else { updated.join(",") };
        let (operations, marker) = self.page(0, usize::MAX, Form::Event);
        let event = format!(
            "{{\"DurableExecutionArn\":{},\"CheckpointToken\":{},\"InitialExecutionState\":\
             {{\"Operations\":[{operations}]{}}},\"UpdatedOperationIds\":[{updated}]}}",
            json::quoted(&self.new.arn),
            json::quoted(&token),
            marker_field(marker)
        );
        self.token = Some(token);
        self.last = None;
        self.seen = self.change;
        (self.wants, self.owes) = (false, false);
        self.running = Some(Running { request_id: request_id.to_owned(), started: now });
        event
    }

    /// A page of the state, for a function that has this token.
    pub fn state(&self, token: &str, from: usize, items: usize) -> Result<String, Refusal> {
        if self.token.as_deref() != Some(token) {
            return Err(Refusal::stale_token());
        }
        let (operations, marker) = self.page(from, items, Form::Api);
        Ok(format!("{{\"Operations\":[{operations}]{}}}", marker_field(marker)))
    }

    /// The operations from a place on, and the place of the next page.
    fn page(&self, from: usize, items: usize, form: Form) -> (String, Option<usize>) {
        let (mut list, mut count) = (String::new(), 0);
        for (index, operation) in self.operations.iter().enumerate().skip(from) {
            if !self.is_visible(operation) {
                continue;
            }
            let document = miniserde::json::to_string(&operation.to_json(form));
            let is_full = count == items || list.len() + document.len() > MAX_PAGE_BYTES;
            // Each page but that of the event has an operation, of any size.
            if is_full && (count > 0 || form == Form::Event) {
                return (list, Some(index));
            }
            if count > 0 {
                list.push(',');
            }
            list.push_str(&document);
            count += 1;
        }
        (list, None)
    }

    /// Whether the function gets it: the children of a context that has ended are not replayed.
    fn is_visible(&self, operation: &Operation) -> bool {
        let mut parent = operation.parent.as_deref();
        // A parent is older than its child, so this ends.
        while let Some(context) = parent.and_then(|id| self.find(id)) {
            if context.status.is_over() && !context.replays_children {
                return false;
            }
            parent = context.parent.as_deref();
        }
        true
    }

    /// Ends an invocation.
    pub fn end(&mut self, end: End, now: Duration) {
        let Some(running) = self.running.take() else { return };
        self.token = None;
        self.last = None;
        let mut fields = vec![
            ("StartTimestamp", Field::Time(running.started)),
            ("EndTimestamp", Field::Time(now)),
            ("RequestId", Field::Text(running.request_id)),
        ];
        if let End::Failed(error) = &end {
            fields.push(("Error", Field::Error(error.clone())));
        }
        self.record(Event::new("InvocationCompleted".to_owned(), now, fields));
        if self.is_over() {
            return;
        }
        if let Some((status, result, error)) = self.closing.take() {
            return self.finish(status, result, error, now);
        }
        let response = match end {
            End::Responded(response) => response,
            End::Failed(error) => return self.repeat(error, now),
        };
        match self.read(response) {
            Ok(Some((status, result, error))) => self.finish(status, result, error, now),
            Ok(None) => self.suspend(now),
            Err(message) => {
                let error = Problem::new("InvalidParameterValueException", message);
                self.finish(ExecutionStatus::Failed, None, Some(error), now);
            }
        }
    }

    /// The end that a response says; `None` if the function waits for something.
    #[allow(clippy::type_complexity, reason = "it is taken apart at once")]
    fn read(
        &self,
        response: &[u8],
    ) -> Result<Option<(ExecutionStatus, Option<Arc<str>>, Option<Problem>)>, String> {
        let text = std::str::from_utf8(response).ok();
        let output = text.and_then(|text| miniserde::json::from_str::<Output>(text).ok());
        let output = output.ok_or(
            "the response of a durable function is {\"Status\": …, \"Result\": a string}, \
             as the SDKs for durable functions make it",
        )?;
        let is_long = output.result.as_ref().is_some_and(|it| it.len() > MAX_PAYLOAD_BYTES);
        match (output.status.as_deref(), output.result, output.error) {
            (Some("SUCCEEDED"), _, Some(_)) => {
                Err("Cannot provide an Error for SUCCEEDED status.".to_owned())
            }
            (Some("SUCCEEDED"), _, None) if is_long && !self.new.is_sync => Err(format!(
                "the result of an asynchronous or chained execution has at most \
                 {MAX_PAYLOAD_BYTES} bytes"
            )),
            (Some("SUCCEEDED"), result, None) => {
                Ok(Some((ExecutionStatus::Succeeded, result.map(Arc::from), None)))
            }
            (Some("FAILED"), Some(_), _) => {
                Err("Cannot provide a Result for FAILED status.".to_owned())
            }
            (Some("FAILED"), None, error) => {
                Ok(Some((ExecutionStatus::Failed, None, Some(error.unwrap_or_default()))))
            }
            (Some("PENDING"), ..) => Ok(None),
            (Some(_), ..) => Err("Unexpected invocation status.".to_owned()),
            (None, ..) => Err("Response status is required".to_owned()),
        }
    }

    /// The function waits: for an operation, or for nothing.
    fn suspend(&mut self, now: Duration) {
        self.failures = 0;
        self.wants = self.owes || self.change > self.seen;
        let waits = self.operations.iter().any(Operation::is_awaited);
        if self.wants || waits {
            self.empty_pendings = 0;
            return;
        }
        self.empty_pendings += 1;
        let message = "Cannot return PENDING status with no pending operations.";
        if self.empty_pendings >= MAX_EMPTY_PENDINGS {
            let error = Problem::new("InvalidParameterValueException", message);
            return self.finish(ExecutionStatus::Failed, None, Some(error), now);
        }
        self.wants = true;
        self.retry_at = Some(now.saturating_add(FIRST_DELAY));
    }

    /// An invocation has failed: it is repeated, or the execution fails with it.
    fn repeat(&mut self, error: Problem, now: Duration) {
        self.failures += 1;
        if self.failures >= MAX_FAILURES {
            return self.finish(ExecutionStatus::Failed, None, Some(error), now);
        }
        self.wants = true;
        let delay = FIRST_DELAY * (1 << (self.failures - 1).min(16));
        self.retry_at = Some(now.saturating_add(delay));
    }
}

fn marker_field(marker: Option<usize>) -> String {
    marker.map_or_else(String::new, |marker| format!(",\"NextMarker\":\"{marker}\""))
}
