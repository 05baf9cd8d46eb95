//! One invocation of a durable execution: its recorded operations, and the one writer of
//! checkpoints.
//!
//! A checkpoint takes the token of the one before, so one request at a time is in flight. Whoever
//! has to wait for an update sends everything that is queued; others wait for its response. With
//! three branches, A queues its update and sends it; B and C queue theirs meanwhile and wait; when
//! the response to A is there, B sends both, and C finds its own recorded.

use crate::failure::{Failure, Result, Stop};
use crate::limits::{MAX_BATCH_BYTES, MAX_BATCH_UPDATES, hash};
use crate::service::{INVALID, Refusal, Service};
use crate::wire::{Checkpointed, Event, Operation, Page, Update, describe};
use minilambda::__private::{catch_panic, lock, time_left, to_text};
use minilambda::{Context, Error, decode};
use miniserde::{Deserialize, json};
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The start of a step that is over in this time is sent with its result.
const GRACE: Duration = Duration::from_millis(10);

/// The threads of all branches, beside the one of the function: they wait for the network most of
/// their time.
pub(crate) const MAX_THREADS: usize = 15;

/// What minilambda-aws keeps of an invocation for its response: requests end before.
const RESERVE: Duration = Duration::from_millis(500);

pub(crate) struct Execution<'a> {
    pub arn: String,
    pub context: &'a Context,
    service: &'a dyn Service,
    state: Mutex<State>,
    /// Signalled after each checkpoint, and when a branch of a batch is over.
    changed: Condvar,
    threads: AtomicUsize,
    /// Whether a replay logs again.
    pub shows_replay: AtomicBool,
}

pub(crate) struct State {
    pub operations: HashMap<String, Arc<Operation>>,
    /// Grows with each page that is merged.
    pub version: u64,
    token: Option<String>,
    /// Updates that are to be sent.
    queue: VecDeque<String>,
    /// How many updates were queued in all, and how many of them are recorded.
    queued: u64,
    recorded: u64,
    is_sending: bool,
    /// Whether a question had no response. Its token may be used, so it is asked again before
    /// anything is recorded.
    is_unsure: bool,
    /// When the oldest update of the queue is sent, if no thread waits for it.
    goes_at: Instant,
    /// Whether the function has returned.
    is_over: bool,
    end: Option<End>,
}

/// Why nothing is recorded any more.
pub(crate) enum End {
    /// The service takes no more: the execution is paused, stopped or over.
    Revoked,
    /// Repeating it would not help.
    Fatal(Failure),
    /// An error of the invocation, which Lambda repeats.
    Fault(Error),
}

impl<'a> Execution<'a> {
    /// Takes the event of an invocation, and loads the further pages of its state.
    pub fn new(event: Event, context: &'a Context, service: &'a dyn Service) -> Self {
        let mut state = State {
            operations: HashMap::new(),
            version: 0,
            token: Some(event.token),
            queue: VecDeque::new(),
            queued: 0,
            recorded: 0,
            is_sending: false,
            is_unsure: false,
            goes_at: Instant::now(),
            is_over: false,
            end: None,
        };
        let marker = state.merge(event.state);
        let execution = Self {
            arn: event.arn,
            context,
            service,
            state: Mutex::new(state),
            changed: Condvar::new(),
            threads: AtomicUsize::new(0),
            shows_replay: AtomicBool::new(false),
        };
        if let Err(end) = execution.load(marker) {
            execution.lock().end = Some(end);
        }
        execution
    }

    fn load(&self, mut marker: Option<String>) -> std::result::Result<(), End> {
        while let Some(at) = marker {
            let token = self.lock().token.clone().unwrap_or_default();
            let page = self.service.state(&self.arn, &token, &at).and_then(decoded);
            let page = page.map_err(|refusal| End::of(refusal, "could not read the state"))?;
            marker = self.lock().merge(page);
            if marker.as_ref() == Some(&at) {
                let message = "the service has sent the same page of the state twice";
                return Err(End::Fault(Error::new("Durable.InvalidState", message)));
            }
        }
        Ok(())
    }

    /// The id of the execution's own operation, and its input.
    pub fn input(&self) -> std::result::Result<(String, String), Error> {
        let state = self.lock();
        let execution = state.operations.values().find(|operation| operation.kind == "EXECUTION");
        let Some(execution) = execution else {
            let message = "the state of the execution has no operation of the type EXECUTION";
            return Err(Error::new("Durable.InvalidState", message));
        };
        let input = execution.details().input.clone().filter(|input| !input.trim().is_empty());
        Ok((execution.id.clone(), input.unwrap_or_else(|| "null".to_owned())))
    }

    pub fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub fn find(&self, id: &str) -> Option<Arc<Operation>> {
        self.lock().operations.get(id).cloned()
    }

    /// Checks that a step may begin: its result can be recorded, and there is time for it.
    pub fn check_step(&self) -> Result<()> {
        self.lock().check()?;
        let Some((left, total)) = time_left() else { return Ok(()) };
        if left > RESERVE.min(total / 10) {
            return Ok(());
        }
        let message = "the invocation has no time left for another step; Lambda invokes the \
                       function again, which goes on here";
        self.end(End::Fault(Error::new("Durable.OutOfTime", message)))
    }

    /// Ends the execution of this invocation: nothing more is recorded.
    pub fn end(&self, end: End) -> Result<()> {
        self.lock().end.get_or_insert(end);
        self.changed.notify_all();
        Err(Stop::suspended(Vec::new()))
    }

    pub fn take_end(&self) -> Option<End> {
        self.lock().end.take()
    }

    /// Queues an update. With `now` it returns when the update is recorded; otherwise the next
    /// request takes it along, or `send_late` sends it.
    pub fn record(&self, update: Update, now: bool) -> Result<()> {
        let update = update.encode();
        let mut state = self.lock();
        state.check()?;
        if state.queue.is_empty() {
            state.goes_at = Instant::now() + GRACE;
        }
        state.queue.push_back(update);
        state.queued += 1;
        let number = state.queued;
        if now {
            return self.wait_for(state, number);
        }
        drop(state);
        self.changed.notify_all();
        Ok(())
    }

    fn wait_for<'g>(&'g self, mut state: MutexGuard<'g, State>, number: u64) -> Result<()> {
        while state.recorded < number {
            state.check()?;
            state = if state.is_sending { self.wait(state) } else { self.send(state, false) };
        }
        Ok(())
    }

    fn wait<'g>(&self, state: MutexGuard<'g, State>) -> MutexGuard<'g, State> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until something changes, for a time at most. Returns whether the time has passed.
    pub fn wait_at_most(&self, state: MutexGuard<'_, State>, time: Option<Duration>) -> bool {
        let Some(time) = time else {
            drop(self.wait(state));
            return false;
        };
        let waited = self.changed.wait_timeout(state, time);
        waited.unwrap_or_else(PoisonError::into_inner).1.timed_out()
    }

    /// Tells those that wait that something has changed which is not of the state.
    pub fn notify(&self) {
        // Whoever has looked already is waiting once the lock is free.
        drop(self.lock());
        self.changed.notify_all();
    }

    /// Sends what no thread has waited for in time: the start of a step that takes longer. A thread
    /// runs it until the function has returned.
    pub fn send_late(&self) {
        let mut state = self.lock();
        while !state.is_over && state.end.is_none() {
            let left = state.goes_at.saturating_duration_since(Instant::now());
            state = if state.is_sending || state.queue.is_empty() {
                self.wait(state)
            } else if left.is_zero() {
                self.send(state, false)
            } else {
                let waited = self.changed.wait_timeout(state, left);
                waited.unwrap_or_else(PoisonError::into_inner).0
            };
        }
    }

    /// Ends `send_late`.
    pub fn returned(&self) {
        self.lock().is_over = true;
        self.changed.notify_all();
    }

    /// Sends what is queued. Without any it asks what has changed. With `may_fail` a question
    /// without a response is no end: it is asked again, and a step that runs keeps its result.
    fn send<'g>(
        &'g self,
        mut state: MutexGuard<'g, State>,
        may_fail: bool,
    ) -> MutexGuard<'g, State> {
        let (updates, count) =
            if state.is_unsure { (String::new(), 0) } else { state.take_batch() };
        let token = state.token.clone().unwrap_or_default();
        state.is_sending = true;
        drop(state);
        // A logger of the program's own may panic. Others wait for the response.
        let sent = catch_panic(|| {
            let sent = self.post(&token, &updates);
            if let (Err(End::Fault(error)), true) = (&sent, may_fail && count == 0) {
                log::warn!(target: "minilambda", "{error}");
            }
            Ok(sent)
        });
        let sent = sent.unwrap_or_else(|panic| Err(End::Fault(panic)));
        let mut state = self.lock();
        state.is_sending = false;
        let is_question = count == 0 && state.token.as_ref() == Some(&token);
        match sent {
            Ok(()) => {
                state.recorded += count;
                state.is_unsure = false;
            }
            Err(End::Fault(error)) if may_fail && is_question && error.kind() != INVALID => {
                state.is_unsure = true;
            }
            Err(end) => drop(state.end.get_or_insert(end)),
        }
        if state.token.is_none() {
            state.end.get_or_insert(End::Revoked);
        }
        self.changed.notify_all();
        state
    }

    fn post(&self, token: &str, updates: &str) -> std::result::Result<(), End> {
        let token = to_text(token);
        // A token is used once, so the request that has it is the same one.
        let client = hash(&token);
        let body = format!(
            r#"{{"CheckpointToken":{token},"ClientToken":"{client}","Updates":[{updates}]}}"#
        );
        let response = self.service.checkpoint(&self.arn, body).and_then(decoded::<Checkpointed>);
        let response = response.map_err(|refusal| End::of(refusal, &could_not_record(updates)))?;
        let marker = {
            let mut state = self.lock();
            state.token = response.token.filter(|token| !token.is_empty());
            let marker = state.merge(response.state.unwrap_or_default());
            // Without a token nothing more is read either.
            marker.filter(|_| state.token.is_some())
        };
        self.load(marker)
    }

    /// Asks the service what has changed, unless a response has come since this version.
    pub fn refresh(&self, seen: u64) {
        let mut state = self.lock();
        while state.is_sending {
            state = self.wait(state);
        }
        if state.end.is_none() && state.version == seen {
            drop(self.send(state, true));
        }
    }

    /// Reserves a thread for a branch.
    pub fn take_thread(&self) -> bool {
        self.threads.fetch_add(1, Ordering::Relaxed) < MAX_THREADS || {
            self.give_thread_back();
            false
        }
    }

    pub fn give_thread_back(&self) {
        self.threads.fetch_sub(1, Ordering::Relaxed);
    }
}

impl State {
    /// Adds operations, and returns the marker of the next page.
    fn merge(&mut self, page: Page) -> Option<String> {
        self.version += 1;
        for operation in page.operations.unwrap_or_default() {
            self.operations.insert(operation.id.clone(), Arc::new(operation));
        }
        page.marker.filter(|marker| !marker.is_empty())
    }

    /// # Errors
    /// If nothing is recorded any more.
    pub fn check(&self) -> Result<()> {
        if self.end.is_some() { Err(Stop::suspended(Vec::new())) } else { Ok(()) }
    }

    /// Takes the updates of the next request from the queue, and their number.
    fn take_batch(&mut self) -> (String, u64) {
        let (mut updates, mut count) = (String::new(), 0);
        while let Some(next) = self.queue.front() {
            let is_full =
                count == MAX_BATCH_UPDATES || updates.len() + next.len() > MAX_BATCH_BYTES;
            if is_full && count > 0 {
                break;
            }
            updates.extend([if count == 0 { "" } else { "," }, next]);
            count += 1;
            self.queue.pop_front();
        }
        (updates, count as u64)
    }
}

impl End {
    fn of(refusal: Refusal, what: &str) -> Self {
        let Refusal { kind, message, is_final } = refusal;
        let message = format!("{what}: {message}");
        if is_final {
            Self::Fatal(Failure::cut(kind, message, ""))
        } else {
            Self::Fault(Error::new(kind, message))
        }
    }
}

fn decoded<T: Deserialize>(body: Vec<u8>) -> std::result::Result<T, Refusal> {
    decode(&body).map_err(|error| Refusal {
        kind: "Durable.InvalidResponse".to_owned(),
        message: format!("the response of the service: {}", error.message()),
        is_final: false,
    })
}

/// Names the first operation of a batch in a message.
fn could_not_record(updates: &str) -> String {
    #[derive(Deserialize)]
    struct Named {
        #[serde(rename = "Name")]
        name: Option<String>,
        #[serde(rename = "Type")]
        kind: String,
    }
    let all: Vec<Named> = json::from_str(&format!("[{updates}]")).unwrap_or_default();
    let Some(first) = all.first() else { return "could not ask for changes".to_owned() };
    let first = describe(&first.kind, first.name.as_deref());
    match all.len() {
        1 => format!("could not record {first}"),
        count => format!("could not record {count} updates from {first} on"),
    }
}
