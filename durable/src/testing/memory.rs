//! The service in memory: as strict as Lambda's, with a clock that is moved by hand.

use crate::failure::Failure;
use crate::limits::MAX_OPERATIONS;
use crate::service::{INVALID, Refusal, Service};
use crate::testing::record::{Record, Update};
use minilambda::__private::{lock, now};
use minilambda::decode;
use miniserde::{Deserialize, json};
use std::collections::{HashMap, VecDeque};
use std::iter;
use std::sync::Mutex;
use std::time::Duration;

/// A fault of the service at a checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// The updates are not recorded, as if the service was down or the process had crashed before.
    NotRecorded,
    /// The updates are recorded, but the response is lost, as if the process had crashed after.
    ResponseLost,
    /// The updates are recorded, and no further one of this invocation is taken, as if the
    /// execution was paused.
    Revoked,
}

/// An event of the history, such as `StepSucceeded`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Event {
    /// The service's name of it.
    pub kind: String,
    /// The id of the operation.
    pub id: String,
    /// The name of the operation.
    pub name: String,
}

pub(super) struct Memory(Mutex<Store>);

/// What the service keeps of an execution.
pub(super) struct Store {
    pub records: Vec<Record>,
    pub history: Vec<Event>,
    /// Since 1970.
    pub clock: Duration,
    /// How many operations were begun, and tried again.
    operations: u32,
    /// How many tokens were given out; the last one is valid.
    token: u64,
    /// Whether this invocation may record no more.
    is_revoked: bool,
    /// Whether that was the service's wish.
    pub was_revoked: bool,
    /// Whether an operation has ended since the last invocation.
    pub has_news: bool,
    /// What happens at the next checkpoints.
    pub faults: VecDeque<Option<Fault>>,
    pub checkpoints: u64,
    /// How many operations are in the event, and in each further page.
    pub page: (usize, usize),
    /// The result that was too large for a response.
    pub large_result: Option<String>,
}

#[derive(Deserialize)]
struct Request {
    #[serde(rename = "CheckpointToken")]
    token: String,
    #[serde(rename = "ClientToken")]
    client: String,
    #[serde(rename = "Updates")]
    updates: Vec<Update>,
}

impl Memory {
    pub fn new(input: &str) -> Self {
        let clock = now();
        Self(Mutex::new(Store {
            records: vec![Record::of_execution(input, clock)],
            history: Vec::new(),
            clock,
            operations: 0,
            token: 0,
            is_revoked: false,
            was_revoked: false,
            has_news: false,
            faults: VecDeque::new(),
            checkpoints: 0,
            page: (usize::MAX, 1000),
            large_result: None,
        }))
    }

    pub fn store<T>(&self, use_it: impl FnOnce(&mut Store) -> T) -> T {
        use_it(&mut lock(&self.0))
    }

    /// The event of the next invocation.
    pub fn event(&self, arn: &str) -> String {
        self.store(|store| {
            store.token += 1;
            store.is_revoked = false;
            store.has_news = false;
            let state = store.page(0, store.page.0);
            let (arn, token) = (json::to_string(arn), store.token);
            format!(
                r#"{{"DurableExecutionArn":{arn},"CheckpointToken":"t{token}","InitialExecutionState":{state}}}"#
            )
        })
    }
}

impl Store {
    /// The page of the state from an operation on. As on Lambda, what is in a context that has
    /// ended is left out, unless its result is made again of it.
    fn page(&self, from: usize, count: usize) -> String {
        let by_id: HashMap<_, _> = self.records.iter().map(|it| (&*it.id, it)).collect();
        let around = |record: &Record| by_id.get(record.parent.as_deref()?).copied();
        let is_in_state = |record: &&Record| {
            let mut contexts = iter::successors(around(record), |context| around(context));
            contexts.all(|context| !context.is_over() || context.replay_children)
        };
        let all: Vec<_> = self.records.iter().filter(is_in_state).collect();
        let end = from.saturating_add(count).min(all.len());
        let operations = all.iter().skip(from).take(count);
        let operations: Vec<_> = operations.map(|record| record.to_json()).collect();
        let marker = if end < all.len() { end.to_string() } else { String::new() };
        format!(r#"{{"Operations":[{}],"NextMarker":"{marker}"}}"#, operations.join(","))
    }

    fn check_token(&self, token: &str) -> Result<(), Refusal> {
        if !self.is_revoked && token == format!("t{}", self.token) {
            return Ok(());
        }
        let message = "Invalid checkpoint token: it was used before".to_owned();
        Err(Refusal { kind: INVALID.to_owned(), message, is_final: false })
    }

    pub fn find(&mut self, id: &str) -> Option<&mut Record> {
        self.records.iter_mut().find(|record| record.id == id)
    }

    fn apply(&mut self, updates: Vec<Update>) -> Result<Vec<String>, Refusal> {
        let count = updates.len();
        let mut changed: Vec<String> = Vec::new();
        let mut finished: Vec<String> = Vec::new();
        for (at, update) in updates.into_iter().enumerate() {
            let id = update.id.clone();
            if finished.contains(&id) {
                return Err(refused(&update, "the batch has two updates of the operation"));
            }
            if update.action != "START" {
                finished.push(id.clone());
            }
            if update.kind == "EXECUTION" {
                if at + 1 != count {
                    return Err(refused(&update, "EXECUTION is not the last of its batch"));
                }
                self.large_result = update.payload;
                continue;
            }
            self.check(&update)?;
            let counts = update.action == "RETRY" || self.find(&id).is_none();
            self.operations += u32::from(counts);
            if counts && self.operations > MAX_OPERATIONS {
                let reason = format!(
                    "an execution has at most {MAX_OPERATIONS} operations, retries included"
                );
                return Err(refused(&update, &reason));
            }
            let clock = self.clock;
            self.log(&update.event(), &update);
            match self.find(&id) {
                Some(record) => record.apply(update, clock),
                None => self.records.push(Record::begin(update, clock)),
            }
            if !changed.contains(&id) {
                changed.push(id);
            }
        }
        Ok(changed)
    }

    fn check(&mut self, update: &Update) -> Result<(), Refusal> {
        if let Err(reason) = update.check() {
            return Err(refused(update, &reason));
        }
        if let Some(parent) = &update.parent {
            let is_context =
                self.find(parent).is_some_and(|it| it.kind == "CONTEXT" && it.status == "STARTED");
            if !is_context {
                return Err(refused(update, "the parent is not a context that was begun"));
            }
        }
        let reason = match self.find(&update.id) {
            Some(record) => record.check(update),
            None if update.action == "START" => Ok(()),
            None => Err("the operation was not begun".to_owned()),
        };
        reason.map_err(|reason| refused(update, &reason))
    }

    fn log(&mut self, kind: &str, update: &Update) {
        let (id, name) = (update.id.clone(), update.name.clone().unwrap_or_default());
        self.history.push(Event { kind: kind.to_owned(), id, name });
    }

    /// Ends an operation from outside: its time is over, or its result has come.
    pub fn end(&mut self, id: &str, status: &str, result: Result<String, Failure>) -> bool {
        let Some(record) = self.find(id).filter(|record| !record.is_over()) else { return false };
        let (kind, name) = (record.event(status), record.name.clone());
        record.end(status, result);
        self.has_news = true;
        self.history.push(Event { kind, id: id.to_owned(), name });
        true
    }

    /// When the next operation is due.
    pub fn next_due(&self) -> Option<Duration> {
        self.records.iter().filter_map(|record| record.due).min()
    }

    /// Whether there is a time that is due, and more than the timeout of a callback.
    pub fn has_wait(&self) -> bool {
        self.records.iter().any(|record| record.due.is_some() && record.kind != "CALLBACK")
    }

    /// Ends what is due by now.
    pub fn end_due(&mut self) {
        let now = self.clock;
        let due = |record: &&Record| record.due.is_some_and(|due| due <= now);
        let due: Vec<String> = self.records.iter().filter(due).map(|it| it.id.clone()).collect();
        for id in due {
            let Some(record) = self.find(&id) else { continue };
            match record.when_due() {
                None => {
                    record.make_ready();
                    self.has_news = true;
                }
                Some((status, result)) => drop(self.end(&id, status, result)),
            }
        }
    }
}

fn refused(update: &Update, reason: &str) -> Refusal {
    let message = format!("{} {} {}: {reason}", update.action, update.kind, update.id);
    Refusal { kind: INVALID.to_owned(), message, is_final: true }
}

fn down() -> Refusal {
    let (kind, message) = ("ServiceException".to_owned(), "the service is down".to_owned());
    Refusal { kind, message, is_final: false }
}

impl Service for Memory {
    fn checkpoint(&self, _: &str, body: String) -> Result<Vec<u8>, Refusal> {
        let request: Request = decode(body.as_bytes()).map_err(|error| Refusal {
            kind: INVALID.to_owned(),
            message: error.message().to_owned(),
            is_final: true,
        })?;
        self.store(|store| {
            store.checkpoints += 1;
            let fault = store.faults.pop_front().flatten();
            store.check_token(&request.token)?;
            if request.client.is_empty() || request.client.len() > 64 {
                return Err(down());
            }
            if fault == Some(Fault::NotRecorded) {
                // A process that has crashed sends nothing more.
                store.is_revoked = true;
                return Err(down());
            }
            let changed = store.apply(request.updates)?;
            store.token += 1;
            let of = |record: &&Record| changed.contains(&record.id);
            let operations: Vec<_> = store.records.iter().filter(of).map(Record::to_json).collect();
            let token = match fault {
                Some(Fault::ResponseLost) => {
                    store.is_revoked = true;
                    return Err(down());
                }
                Some(_) => {
                    (store.is_revoked, store.was_revoked) = (true, true);
                    String::new()
                }
                None => format!(r#""CheckpointToken":"t{}","#, store.token),
            };
            let operations = operations.join(",");
            let response =
                format!(r#"{{{token}"NewExecutionState":{{"Operations":[{operations}]}}}}"#);
            Ok(response.into_bytes())
        })
    }

    fn state(&self, _: &str, token: &str, marker: &str) -> Result<Vec<u8>, Refusal> {
        self.store(|store| {
            store.check_token(token)?;
            let from = marker.parse().unwrap_or(usize::MAX);
            Ok(store.page(from, store.page.1).into_bytes())
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Execution;
    use crate::{Durable, Result};

    #[test]
    fn the_state_has_nothing_of_a_context_that_is_over_unless_it_is_made_again() {
        fn children(_: (), durable: &Durable) -> Result<()> {
            for (name, bytes) in [("small", 1), ("large", 300_000)] {
                durable.child(name, |child| {
                    child.step(&format!("in-{name}"), |_| Ok(()))?;
                    Ok("x".repeat(bytes))
                })?;
            }
            durable.callback::<()>("question")?.result()
        }
        let mut execution = Execution::new(children, &());
        execution.run();
        let event = execution.memory.event("a");
        for (name, is_there) in [("small", true), ("in-small", false), ("in-large", true)] {
            assert_eq!(event.contains(&format!(r#""{name}""#)), is_there, "{name}: {event}");
        }
    }
}
