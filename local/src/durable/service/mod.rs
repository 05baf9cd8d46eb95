//! The durable service: it keeps the executions, invokes their functions, and follows the time.
//!
//! One thread follows the timers and begins invocations; each invocation and each chained
//! invocation has a thread for as long as it takes. One lock guards everything.

mod worker;

use super::chained::failure;
use super::checkpoint::Response;
use super::execution::{Execution, ExecutionStatus, New};
use super::operation::Operation;
use super::refusal::Refusal;
use super::registry::{MAX_BYTES, State};
use super::time::DurableTime;
use super::update::Checkpoint;
use crate::error::{Error, ErrorKind};
use crate::ids;
use crate::invocation::{Invocation, Request};
use crate::lock::{lock, unpoisoned};
use crate::names::is_name;
use crate::pool::Pool;
use crate::settings::MAX_ASYNC_EVENT_BYTES;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, Weak};
use std::thread;
use std::time::{Duration, Instant};

/// The longest time that a caller waits for an execution, as on Lambda.
pub(crate) const MAX_SYNC: Duration = Duration::from_secs(15 * 60);

pub(crate) struct Service {
    pub(super) state: Mutex<State>,
    pub(super) changed: Condvar,
    pub(super) lambda: Weak<Pool>,
    /// What is told of each change.
    observer: OnceLock<Box<dyn Fn() + Send + Sync>>,
}

/// A request to start an execution.
#[derive(Debug, Default)]
pub(crate) struct Start {
    pub name: Option<String>,
    pub is_sync: bool,
    pub new: New,
}

impl Service {
    pub fn new(lambda: &Arc<Pool>, time: DurableTime, timeout: u64) -> Arc<Self> {
        let state = State::new(time, timeout);
        Arc::new(Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
            lambda: Arc::downgrade(lambda),
            observer: OnceLock::new(),
        })
    }

    fn lambda(&self) -> Result<Arc<Pool>, Error> {
        self.lambda
            .upgrade()
            .ok_or_else(|| Error::new(ErrorKind::Start, "the functions have ended"))
    }

    /// Ends the thread, and forgets the executions.
    pub fn close(&self) {
        let mut state = lock(&self.state);
        state.is_closed = true;
        state.executions.clear();
        drop(state);
        self.changed.notify_all();
    }

    // ---- starting

    /// Starts an execution, or returns the one that has this name and input already.
    pub fn start(self: &Arc<Self>, start: Start) -> Result<u64, Error> {
        let lambda = self.lambda()?;
        let mut asked = Request::new(&start.new.handler, start.new.input.as_bytes());
        lambda.check(&mut asked)?;
        let handler = asked.handler;
        if !start.is_sync && start.new.input.len() > MAX_ASYNC_EVENT_BYTES {
            let message = format!("Request must be smaller than {MAX_ASYNC_EVENT_BYTES} bytes");
            return Err(Error::new(ErrorKind::EventTooLarge, message));
        }
        lambda.check_durable(&handler)?;
        let name = start.name.unwrap_or_else(ids::uuid);
        if !is_name(&name, 64, "-_") {
            let message = "the name of a durable execution has 1 to 64 letters, digits, - and _";
            return Err(Error::new(ErrorKind::Refused, message));
        }
        let mut state = lock(&self.state);
        let same = state
            .executions
            .iter()
            .find(|(_, execution)| execution.new.handler == handler && execution.new.name == name);
        if let Some((number, execution)) = same {
            if execution.new.input == start.new.input {
                return Ok(*number);
            }
            let message = format!("the execution {name} has been started with another input");
            return Err(Error::new(ErrorKind::AlreadyStarted, message));
        }
        self.start_thread(&mut state)?;
        let number =
            state.add(New { name, handler, is_sync: start.is_sync, ..start.new }, &lambda)?;
        self.touched(state);
        Ok(number)
    }

    fn start_thread(self: &Arc<Self>, state: &mut State) -> Result<(), Error> {
        if state.is_closed {
            return Err(Error::new(ErrorKind::Start, "the functions have ended"));
        }
        if !state.has_thread {
            let service = Arc::clone(self);
            thread::Builder::new().spawn(move || service.follow()).map_err(Error::no_thread)?;
            state.has_thread = true;
        }
        Ok(())
    }

    /// Runs an execution to its end for a caller that waits, as an invocation of a durable function
    /// does. For an asynchronous event it is only begun: a further attempt would begin another one.
    pub fn run(self: &Arc<Self>, request: Request) -> Result<Invocation, Error> {
        let event = if request.event.is_empty() { b"{}".to_vec() } else { request.event };
        let input = String::from_utf8(event)
            .map_err(|_| Error::new(ErrorKind::InvalidEvent, "the event is not JSON in UTF-8"))?;
        let new = New { handler: request.handler, input: input.into(), ..New::default() };
        let is_sync = !request.is_event;
        let number = self.start(Start { name: None, is_sync, new })?;
        if is_sync {
            return self.wait_for_invocation(number);
        }
        Ok(Invocation::of_response(""))
    }

    /// Waits for the end of an execution as a caller of Invoke does.
    pub fn wait_for_invocation(&self, number: u64) -> Result<Invocation, Error> {
        self.wait(number, MAX_SYNC, Execution::is_over)?;
        self.read(number, |execution| {
            let mut invocation = Invocation::of_response(execution.result.as_deref().unwrap_or(""));
            if execution.status() != ExecutionStatus::Succeeded {
                let error = execution.error.clone().unwrap_or_default();
                let document = Operation::failure(&error);
                invocation.payload = miniserde::json::to_string(&document).into_bytes();
                invocation.failure = Some(failure(&error));
            }
            invocation.request_id.clone_from(&execution.id);
            invocation
        })
    }

    // ---- reading

    /// Reads an execution.
    pub fn read<T>(&self, number: u64, read: impl FnOnce(&Execution) -> T) -> Result<T, Error> {
        let state = lock(&self.state);
        let gone = || Error::new(ErrorKind::Refused, "this execution is not kept any more");
        state.executions.get(&number).map(read).ok_or_else(gone)
    }

    pub fn number_of(&self, arn: &str) -> Result<u64, Refusal> {
        let found = lock(&self.state).by_arn.get(arn).copied();
        found.ok_or_else(|| Refusal::not_found("Durable Execution does not exist"))
    }

    /// Reads the executions, the newest first.
    pub fn each(&self, mut read: impl FnMut(u64, &Execution)) {
        let state = lock(&self.state);
        state.executions.iter().rev().for_each(|(number, execution)| read(*number, execution));
    }

    pub fn now(&self) -> Duration {
        lock(&self.state).clock.now()
    }

    /// Waits until an execution is as it should be.
    pub fn wait(
        &self,
        number: u64,
        limit: Duration,
        is_reached: impl Fn(&Execution) -> bool,
    ) -> Result<(), Error> {
        self.wait_for(number, limit, |state| state.executions.get(&number).is_none_or(&is_reached))
    }

    /// Waits until neither an execution nor one that it has started has anything to do now.
    pub fn wait_for_rest(&self, number: u64, limit: Duration) -> Result<(), Error> {
        self.wait_for(number, limit, |state| state.is_at_rest(number))
    }

    fn wait_for(
        &self,
        number: u64,
        limit: Duration,
        is_reached: impl Fn(&State) -> bool,
    ) -> Result<(), Error> {
        let end = Instant::now() + limit;
        let mut state = lock(&self.state);
        while !is_reached(&state) && !state.is_closed {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                let execution = state.executions.get(&number);
                let arn = execution.map_or("", |execution| &*execution.new.arn);
                let message = format!("after {} s the execution goes on: {arn}", limit.as_secs());
                return Err(Error::new(ErrorKind::TimedOut, message));
            }
            state = unpoisoned(self.changed.wait_timeout(state, left)).0;
        }
        Ok(())
    }

    // ---- changing

    /// Changes an execution at the present time.
    pub fn change<T>(
        &self,
        number: u64,
        change: impl FnOnce(&mut Execution, Duration) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut state = lock(&self.state);
        let now = state.clock.now();
        let execution = state.executions.get_mut(&number);
        let execution =
            execution.ok_or_else(|| Refusal::not_found("Durable Execution does not exist"))?;
        let result = change(execution, now);
        state.report_children(now);
        self.touched(state);
        result
    }

    /// Removes an execution that has ended.
    pub fn delete(&self, number: u64) -> Result<Duration, Refusal> {
        let mut state = lock(&self.state);
        let now = state.clock.now();
        if state.executions.get(&number).is_some_and(|execution| !execution.is_over()) {
            return Err(Refusal::conflict("The execution has not ended."));
        }
        state.remove(number);
        self.touched(state);
        Ok(now)
    }

    /// Answers the callback of this id.
    pub fn callback<T>(
        &self,
        id: &str,
        change: impl FnOnce(&mut Execution, usize, Duration) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let mut state = lock(&self.state);
        let now = state.clock.now();
        let mut executions = state.executions.values_mut();
        let found = executions.find_map(|execution| {
            let index = execution.callback(id)?;
            Some((execution, index))
        });
        let Some((execution, index)) = found else {
            return Err(Refusal::not_found("There is no callback of this id."));
        };
        execution.fire(now);
        let result = change(execution, index, now);
        state.report_children(now);
        self.touched(state);
        result
    }

    /// Tells those that wait of a change.
    pub(super) fn touched(&self, state: MutexGuard<State>) {
        drop(state);
        self.changed.notify_all();
        if let Some(observer) = self.observer.get() {
            observer();
        }
    }

    /// Sets what is told of each change, once.
    pub fn set_observer(&self, observer: impl Fn() + Send + Sync + 'static) {
        let _ = self.observer.set(Box::new(observer));
    }

    /// Records a checkpoint.
    pub fn checkpoint(
        self: &Arc<Self>,
        number: u64,
        request: Checkpoint,
    ) -> Result<(Response, Option<String>), Refusal> {
        let trouble = |error: Error| Refusal {
            kind: "ServiceException",
            status: "500 Internal Server Error",
            message: error.to_string(),
        };
        let lambda = self.lambda().map_err(trouble)?;
        // Outside of the lock: it may start the program.
        let handlers = lambda.handlers().map_err(trouble)?;
        let settings = lambda.settings();
        let is_function = |name: &str| {
            let name = settings.names.handler_of(name, &handlers);
            handlers.is_empty() || handlers.iter().any(|handler| handler == name)
        };
        let mut state = lock(&self.state);
        state.make_room();
        if state.bytes() > MAX_BYTES {
            let message = "too many executions are open: minilambda-local keeps 256 MB of them";
            return Err(Refusal::invalid(message));
        }
        let now = state.clock.now();
        let Some(execution) = state.executions.get_mut(&number) else {
            return Err(Refusal::stale_token());
        };
        let response = execution.checkpoint(request, &is_function, now)?;
        let request_id = execution.request_id().map(str::to_owned);
        for chain in execution.take_chains() {
            self.start_chain(&mut state, &lambda, &handlers, number, chain, now);
        }
        self.touched(state);
        Ok((response, request_id))
    }

    /// Kills the program that has an invocation.
    pub fn kill(&self, request_id: &str) {
        if let Ok(lambda) = self.lambda() {
            lambda.kill(request_id);
        }
    }

    // ---- time

    pub fn time(&self) -> DurableTime {
        lock(&self.state).clock.mode()
    }

    pub fn set_time(&self, time: DurableTime) {
        let mut state = lock(&self.state);
        state.clock.set_mode(time);
        self.touched(state);
    }

    /// Moves the clock. Timers that are due on the way fire in their order, and the functions that
    /// they wake run to their end before the clock moves on. Each function has `limit` for that.
    pub fn advance(&self, time: Duration, limit: Duration) -> Result<(), Error> {
        self.wait_until_idle(limit)?;
        let target = self.now().saturating_add(time);
        loop {
            let is_reached = self.advance_to(target);
            self.wait_until_idle(limit)?;
            if is_reached {
                return Ok(());
            }
        }
    }

    /// Moves the clock to the next timer up to a time. If there is none, it moves the clock to that
    /// time and returns true.
    fn advance_to(&self, time: Duration) -> bool {
        let mut state = lock(&self.state);
        let next = state.next_timer().filter(|next| *next <= time);
        state.clock.advance_to(next.unwrap_or(time));
        let now = state.clock.now();
        state.fire(now);
        self.touched(state);
        next.is_none()
    }

    /// Waits until no function runs and none is to be invoked.
    fn wait_until_idle(&self, limit: Duration) -> Result<(), Error> {
        self.wait_for(0, limit, State::is_idle)
    }
}
