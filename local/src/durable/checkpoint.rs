//! Checkpoints: the updates of a function are recorded, and it gets what has changed.

use super::execution::{Chain, Execution, ExecutionStatus, Last, after, blank, opaque};
use super::fault::CheckpointFault;
use super::history::{Event, Field};
use super::operation::{Callback, Form, Kind, Operation, Problem, Status};
use super::order;
use super::refusal::Refusal;
use super::update::{Action, Checkpoint, Update};
use crate::json;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

/// The most operations of one execution. Each retry of a step counts as one, as on AWS's bill. See
/// "Function configuration, deployment, and execution" on
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>.
const MAX_OPERATIONS: usize = 3000;

/// The most bytes of input, results and errors that one execution writes in all.
const MAX_WRITTEN_BYTES: usize = 100 * 1024 * 1024;

/// The response to a checkpoint, and the fault that happens to it.
pub(crate) struct Response {
    pub document: String,
    pub fault: Option<CheckpointFault>,
}

impl Execution {
    /// Records the updates of a function. `is_function` says whether there is a function of a name.
    pub fn checkpoint(
        &mut self,
        request: Checkpoint,
        is_function: &dyn Fn(&str) -> bool,
        now: Duration,
    ) -> Result<Response, Refusal> {
        if let Some(last) = &self.last {
            let is_again = request.token == last.token
                && request.client_token.as_deref() == Some(&*last.client_token);
            if is_again {
                return Ok(Response { document: last.response.clone(), fault: None });
            }
        }
        let is_current = self.token.as_deref() == Some(&*request.token);
        if !is_current || self.running.is_none() {
            return Err(Refusal::stale_token());
        }
        if self.is_over() {
            // It was stopped, or has timed out, while the function ran.
            self.token = None;
            return Ok(Response { document: response(None, ""), fault: None });
        }
        let client_token = request.client_token.unwrap_or_default();
        let is_visible = client_token.bytes().all(|byte| (b'!'..=b'~').contains(&byte));
        if client_token.len() > 64 || !is_visible {
            return Err(Refusal::invalid("ClientToken has 1 to 64 printable characters"));
        }
        let documents = request.updates.unwrap_or_default().into_iter().enumerate();
        let is_sync = self.new.is_sync;
        let checked = documents.map(|(number, document)| document.check(number, is_sync));
        let updates = checked.collect::<Result<Vec<_>, _>>()?;
        order::check_batch(&updates, &self.id, &|id| self.find(id))?;
        self.check_quotas(&updates)?;
        self.checkpoints += 1;
        let fault = self.new.faults.remove(&self.checkpoints);
        if fault.is_some_and(|fault| !fault.records()) {
            return Ok(Response { document: String::new(), fault });
        }
        if !updates.is_empty() {
            self.failures = 0;
        }
        for update in updates {
            self.apply(update, is_function, now);
        }
        self.fire(now);
        let is_revoked =
            self.is_over() || self.pause.is_some() || fault == Some(CheckpointFault::NoToken);
        if is_revoked {
            self.token = None;
            self.last = None;
            self.owes = true;
            return Ok(Response { document: response(None, ""), fault });
        }
        let token = opaque(&format!("{}/{}", self.id, self.checkpoints));
        let changed = self.operations.iter().filter(|operation| operation.touched > self.seen);
        let operations = join(changed, Form::Api);
        self.seen = self.change;
        let document = response(Some(&token), &operations);
        self.last = (!client_token.is_empty()).then(|| Last {
            token: request.token,
            client_token,
            response: document.clone(),
        });
        self.token = Some(token);
        Ok(Response { document, fault })
    }

    fn check_quotas(&self, updates: &[Update]) -> Result<(), Refusal> {
        let is_new = |update: &&Update| {
            update.kind != Kind::Execution && !self.index.contains_key(&update.id)
        };
        let new: HashSet<&str> = updates.iter().filter(is_new).map(|it| &*it.id).collect();
        let retries = updates.iter().filter(|update| update.action == Action::Retry).count();
        // Without the one of the execution itself.
        let operations = self.operations.len() - 1 + new.len() + self.retries + retries;
        if operations > MAX_OPERATIONS {
            return Err(Refusal::invalid(format!(
                "a durable execution has at most {MAX_OPERATIONS} operations, retries included"
            )));
        }
        let written = self.written + updates.iter().map(Update::bytes).sum::<usize>();
        if written > MAX_WRITTEN_BYTES {
            return Err(Refusal::invalid(format!(
                "a durable execution writes at most {MAX_WRITTEN_BYTES} bytes, and this one \
                 {written}"
            )));
        }
        Ok(())
    }

    fn apply(&mut self, update: Update, is_function: &dyn Fn(&str) -> bool, now: Duration) {
        self.written += update.bytes();
        if update.kind == Kind::Execution {
            let status = match update.action {
                Action::Fail => ExecutionStatus::Failed,
                _ => ExecutionStatus::Succeeded,
            };
            self.closing = Some((status, update.payload.map(Arc::from), update.error));
            return;
        }
        let index = self.index.get(&update.id).copied().unwrap_or_else(|| {
            self.insert(Operation {
                parent: update.parent.clone(),
                name: update.name.clone(),
                sub_kind: update.sub_kind.clone(),
                ..blank(&update.id, update.kind, now)
            })
        });
        match update.action {
            Action::Start => self.start(index, update, is_function, now),
            Action::Retry => self.retry(index, update, now),
            Action::Cancel => {
                let error = update.error.unwrap_or_default();
                self.end_operation(index, Status::Cancelled, None, Some(error), now);
            }
            Action::Succeed | Action::Fail => self.close(index, update, now),
        }
    }

    fn start(
        &mut self,
        index: usize,
        update: Update,
        is_function: &dyn Fn(&str) -> bool,
        now: Duration,
    ) {
        let number = self.change;
        let callback_id = opaque(&format!("{}/{number}", self.id));
        let payload: Option<Arc<str>> = update.payload.map(Arc::from);
        self.touch(index, |operation| {
            operation.status = Status::Started;
            match update.kind {
                Kind::Wait => {
                    operation.seconds = update.seconds;
                    operation.due = after(now, Some(update.seconds));
                }
                Kind::Callback => {
                    operation.callback = Some(Callback {
                        id: callback_id,
                        timeout: update.timeout,
                        heartbeat: update.heartbeat,
                        times_out: after(now, update.timeout),
                        heartbeat_due: after(now, update.heartbeat),
                    });
                }
                _ => operation.target.clone_from(&update.function),
            }
        });
        let Some(operation) = self.operations.get(index) else { return };
        let mut event = Event::of(operation, "Started", now);
        if let Some(callback) = &operation.callback {
            event = event.with("CallbackId", Field::Text(callback.id.clone()));
            for (name, seconds) in
                [("Timeout", callback.timeout), ("HeartbeatTimeout", callback.heartbeat)]
            {
                event.fields.extend(seconds.map(|seconds| (name, Field::Number(seconds))));
            }
        }
        if let (Kind::Wait, Some(due)) = (operation.kind, operation.due) {
            event = event
                .with("Duration", Field::Number(operation.seconds))
                .with("ScheduledEndTimestamp", Field::Time(due));
        }
        let Some(function) = update.function.filter(|_| update.kind == Kind::ChainedInvoke) else {
            return self.record(event);
        };
        event = event
            .with("FunctionName", Field::Text(function.clone()))
            .with("Input", Field::Payload(payload.clone()))
            .with("ExecutedVersion", Field::Text("$LATEST".to_owned()));
        let tenant = update.tenant.clone();
        event.fields.extend(tenant.map(|tenant| ("TenantId", Field::Text(tenant))));
        self.record(event);
        if !is_function(&function) {
            let message = format!("Function not found: {function}.");
            let error = Problem::new("ResourceNotFoundException", message);
            return self.end_operation(index, Status::Failed, None, Some(error), now);
        }
        self.chains.push(Chain {
            operation: update.id,
            function,
            input: payload.unwrap_or_else(|| Arc::from("null")),
            tenant: update.tenant,
            trace: update.trace.or_else(|| self.new.trace.clone()),
        });
    }

    fn retry(&mut self, index: usize, update: Update, now: Duration) {
        let payload: Option<Arc<str>> = update.payload.map(Arc::from);
        let error = update.error;
        self.retries += 1;
        self.touch(index, |operation| {
            operation.status = Status::Pending;
            operation.attempt += 1;
            operation.due = after(now, Some(update.seconds));
            operation.payload.clone_from(&payload);
            operation.error.clone_from(&error);
        });
        let Some(operation) = self.operations.get(index) else { return };
        let retry = Field::Retry(operation.attempt, Some(update.seconds));
        // A step that waits for a condition goes on without an error.
        let event = match error {
            Some(error) => Event::of(operation, "Failed", now).with("Error", Field::Error(error)),
            None => Event::of(operation, "Succeeded", now).with("Result", Field::Payload(payload)),
        };
        self.record(event.with("RetryDetails", retry));
    }

    fn close(&mut self, index: usize, update: Update, now: Duration) {
        let is_success = update.action == Action::Succeed;
        let payload: Option<Arc<str>> = update.payload.map(Arc::from);
        let error = (!is_success).then(|| update.error.unwrap_or_default());
        self.touch(index, |operation| {
            operation.status = if is_success { Status::Succeeded } else { Status::Failed };
            operation.ended = Some(now);
            operation.attempt += 1;
            operation.due = None;
            operation.payload.clone_from(&payload);
            operation.error.clone_from(&error);
            operation.replays_children = update.replays_children;
        });
        let Some(operation) = self.operations.get(index) else { return };
        let ending = operation.status.of_event();
        let mut event = Event::of(operation, ending, now);
        event = match error {
            Some(error) => event.with("Error", Field::Error(error)),
            None => event.with("Result", Field::Payload(payload)),
        };
        if operation.kind == Kind::Step {
            event = event.with("RetryDetails", Field::Retry(operation.attempt, None));
        }
        self.record(event);
    }

    /// Takes the chained invocations that the last checkpoint has started.
    pub fn take_chains(&mut self) -> Vec<Chain> {
        std::mem::take(&mut self.chains)
    }
}

/// The operations as the elements of a list.
pub(super) fn join<'a>(operations: impl Iterator<Item = &'a Operation>, form: Form) -> String {
    let mut list = String::new();
    for operation in operations {
        if !list.is_empty() {
            list.push(',');
        }
        list.push_str(&miniserde::json::to_string(&operation.to_json(form)));
    }
    list
}

fn response(token: Option<&str>, operations: &str) -> String {
    let token = token.map(|token| format!("\"CheckpointToken\":{},", json::quoted(token)));
    let token = token.unwrap_or_default();
    format!("{{{token}\"NewExecutionState\":{{\"Operations\":[{operations}]}}}}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::durable::execution::New;
    use std::fmt::Write;

    const NOW: Duration = Duration::from_secs(1);

    fn execution() -> Execution {
        let new = New { timeout: 60, ..New::default() };
        let mut execution = Execution::new(new, "e".to_owned(), NOW);
        execution.begin("request", NOW);
        execution
    }

    fn record(execution: &mut Execution, updates: &str) -> Result<(), Refusal> {
        let token = json::quoted(execution.token.as_deref().unwrap());
        let request = format!("{{\"CheckpointToken\":{token},\"Updates\":[{updates}]}}");
        let request = miniserde::json::from_str(&request).unwrap();
        execution.checkpoint(request, &|_| true, NOW).map(drop)
    }

    fn step(id: usize, action: &str) -> String {
        format!("{{\"Id\":\"{id}\",\"Type\":\"STEP\",\"Action\":\"{action}\"}}")
    }

    #[test]
    fn an_execution_has_3000_operations_with_its_retries() {
        let mut execution = execution();
        let retry =
            step(1, "RETRY").replace('}', ",\"StepOptions\":{\"NextAttemptDelaySeconds\":9}}");
        record(&mut execution, &format!("{},{retry}", step(1, "START"))).unwrap();
        let mut steps = String::new();
        for id in 2..3000 {
            write!(steps, "{},", step(id, "START")).unwrap();
        }
        record(&mut execution, steps.trim_end_matches(',')).unwrap();
        for more in [step(3000, "START"), step(3000, "SUCCEED"), retry.replace("\"1\"", "\"2\"")] {
            let refusal = record(&mut execution, &more).unwrap_err();
            assert!(refusal.message.contains("at most 3000 operations"), "{refusal:?}");
        }
        // What has begun may end.
        record(&mut execution, &step(2, "SUCCEED")).unwrap();
        record(&mut execution, "{\"Id\":\"e\",\"Type\":\"EXECUTION\",\"Action\":\"SUCCEED\"}")
            .unwrap();
    }

    #[test]
    fn an_execution_writes_100_mb() {
        let mut execution = execution();
        let payload = "x".repeat(1024 * 1024);
        for id in 1..=100 {
            let end = step(id, "SUCCEED").replace('}', &format!(",\"Payload\":\"{payload}\"}}"));
            record(&mut execution, &end).unwrap();
        }
        let end = step(101, "SUCCEED").replace('}', ",\"Payload\":\"1\"}");
        let refusal = record(&mut execution, &end).unwrap_err();
        assert!(refusal.message.contains("at most 104857600 bytes"), "{refusal:?}");
    }
}
