//! The context of a durable function: which operation is next, what is recorded of it, and how the
//! context ends when an operation has to wait.
//!
//! A worked example. The function has the operations 1, a step, and 2, a wait:
//!
//! 1. In the first invocation neither is recorded. The step runs, and its result is recorded. The
//!    wait is recorded, and is not over: the context is *sealed*, and the operation returns an
//!    error that `?` passes on. The response is PENDING, because of the seal: it does not matter
//!    what the function returns.
//! 2. After the time the service invokes the function again, with the state of both. The step
//!    returns the recorded result, the wait returns at once, and operation 3 is new.
//!
//! A sealed context refuses each further operation, so a function that takes the error for a
//! failure, or that calls an operation in a `Drop`, records nothing.

use crate::execution::{End, Execution};
use crate::failure::{Failure, Reason, Result, Stop};
use crate::json::from_json_of;
use crate::limits::{MAX_RECORDED_BYTES, check_name, operation_id};
use crate::wire::{Begun, Operation, Update, describe};
use minilambda::__private::{catch_panic, silence};
use minilambda::{Context, Error, FromJson};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// What a durable function works through: its operations are recorded.
///
/// A function gets it, and so does each child context and each branch, which has to use its own.
/// It belongs to one thread.
pub struct Durable<'a> {
    pub(crate) execution: &'a Execution<'a>,
    pub(crate) scope: &'a Scope<'a>,
    /// The id of the context, with which those of its operations begin; empty for the function.
    pub(crate) id: String,
    /// The id of the operation in which those of this context are: its own, or that of its batch.
    parent: String,
    /// The number of the last operation that has begun.
    last: Cell<u32>,
    /// The operations that are awaited, once one has to wait. Nothing is recorded after that.
    sealed: RefCell<Option<Vec<String>>>,
    /// How many operations were refused because this context has ended.
    refused: Cell<u32>,
    /// Whether a step or a child of this context is running, which has to use what it gets.
    is_busy: Cell<bool>,
    /// Whether a callback of an earlier invocation has not been asked for its result yet.
    awaits_callback: Cell<bool>,
    /// Whether this context is over, and its large result is made again of its operations.
    pub(crate) is_remade: bool,
    /// What was recorded instead of that result.
    pub(crate) summary: Option<String>,
}

/// A function that goes on after this many operations were refused ignores its end.
const MAX_REFUSED: u32 = 1000;

/// What ends together: the function, or a batch of branches.
#[derive(Default)]
pub(crate) struct Scope<'a> {
    pub has_ended: AtomicBool,
    pub outer: Option<&'a Scope<'a>>,
}

impl Scope<'_> {
    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended.load(Ordering::Relaxed) || self.outer.is_some_and(Scope::has_ended)
    }
}

const NOT_DETERMINISTIC: &str = "Durable.NotDeterministic";

/// The result of a context as JSON, and what is recorded instead if it is large.
pub(crate) struct Made {
    pub json: String,
    pub summary: String,
}

impl fmt::Debug for Durable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Durable").field("arn", &self.arn()).finish_non_exhaustive()
    }
}

impl<'a> Durable<'a> {
    /// The context with this id, whose first operation is the one after `last`.
    pub(crate) fn new(
        execution: &'a Execution<'a>,
        scope: &'a Scope<'a>,
        id: &str,
        last: u32,
    ) -> Self {
        Self {
            execution,
            scope,
            id: id.to_owned(),
            parent: id.to_owned(),
            last: Cell::new(last),
            sealed: RefCell::new(None),
            refused: Cell::new(0),
            is_busy: Cell::new(false),
            awaits_callback: Cell::new(false),
            is_remade: false,
            summary: None,
        }
    }

    /// The context of this invocation: its request id, its deadline, and so on. They differ from
    /// one invocation of the same execution to the next.
    #[must_use]
    pub fn context(&self) -> &'a Context {
        self.execution.context
    }

    /// The ARN of the execution, which is the same in all its invocations.
    #[must_use]
    pub fn arn(&self) -> &'a str {
        &self.execution.arn
    }

    /// Whether an earlier invocation has begun the next operation already. Until then records of
    /// the crate `log`, metrics and spans are silent: they were written before.
    #[must_use]
    pub fn is_replaying(&self) -> bool {
        let next = operation_id(&self.id, self.last.get().saturating_add(1));
        self.execution.lock().operations.contains_key(&next)
    }

    /// Writes from here on what a replay logs again, too, in this invocation: to find out how a
    /// function came where it is.
    pub fn show_replay(&self) {
        self.execution.shows_replay.store(true, Ordering::Relaxed);
        self.update_silence();
    }

    /// Silences the records of this thread while this context repeats what it has logged, and
    /// once it is sealed, because it will come here again.
    pub(crate) fn update_silence(&self) {
        let is_silent = self.is_sealed() || self.awaits_callback.get() || self.is_replaying();
        silence(is_silent && !self.execution.shows_replay.load(Ordering::Relaxed));
    }

    pub(crate) fn set_awaits_callback(&self, awaits: bool) {
        self.awaits_callback.set(awaits);
    }

    /// Begins the next operation, and returns what is recorded of it.
    ///
    /// # Errors
    /// If the context has ended, if its name is not one that the service takes, and if the
    /// recorded operation is another one.
    pub(crate) fn begin(
        &self,
        name: &str,
        kinds: (&'static str, &'static str),
    ) -> Result<(Begun, Option<Arc<Operation>>)> {
        self.check_open(name)?;
        check_name(name)?;
        let number = self.last.get().saturating_add(1);
        self.last.set(number);
        let begun = Begun::new(&self.id, &self.parent, number, name, kinds);
        let found = self.execution.find(&begun.id);
        match &found {
            Some(found) if !begun.is(found) => return Err(self.not_deterministic(&begun, found)),
            Some(_) => {}
            None if self.is_remade => return Err(self.is_not_remade(&begun, "was not begun")),
            None => self.awaits_callback.set(false),
        }
        Ok((begun, found))
    }

    /// Checks that this context may go on.
    pub(crate) fn check_open(&self, name: &str) -> Result<()> {
        let is_open = !self.is_sealed() && !self.scope.has_ended();
        if !is_open || self.execution.lock().check().is_err() {
            self.refuse();
            return Err(self.seal(Vec::new()));
        }
        if self.is_busy.get() {
            let message = format!(
                "{name:?} is an operation of the context around a step or a child that is running: \
                 a child uses the context that it gets, and a step has no operations"
            );
            return Err(self.fatal("Durable.WrongContext", message));
        }
        Ok(())
    }

    /// Counts an operation that is refused because this context has ended.
    ///
    /// A function that goes on for ever nevertheless is ended by unwinding: nothing else ends a
    /// loop. Each context counts its own: many branches may each refuse an operation of a `Drop`.
    fn refuse(&self) {
        let count = self.refused.get().saturating_add(1);
        self.refused.set(count);
        if count == MAX_REFUSED {
            log::error!(
                target: "minilambda",
                "the function has begun {MAX_REFUSED} operations after one that has to wait, and \
                 is ended: pass the error of each operation on with `?`"
            );
        }
        if count >= MAX_REFUSED && !thread::panicking() {
            resume_unwind(Box::new("the function ignores that an operation has to wait"));
        }
    }

    /// A context that is over cannot have another operation or another end.
    fn is_not_remade(&self, begun: &Begun, otherwise: &str) -> Stop {
        let message = format!(
            "operation {} is {} now, and {otherwise} in an earlier invocation: a result of over \
             256 KB is made again of the operations that are recorded, so a durable function does \
             the same each time; was the program changed?",
            begun.id,
            describe(begun.sub_kind, Some(&begun.name)),
        );
        self.fatal(NOT_DETERMINISTIC, message)
    }

    fn not_deterministic(&self, begun: &Begun, found: &Operation) -> Stop {
        let message = format!(
            "operation {} is {} now, and was {} in an earlier invocation: a durable function begins \
             the same operations in the same order each time; was the program changed?",
            begun.id,
            describe(begun.sub_kind, Some(&begun.name)),
            found.describe(),
        );
        self.fatal(NOT_DETERMINISTIC, message)
    }

    /// Returns the operation if it has succeeded, and otherwise its error or a wait.
    pub(crate) fn awaited(&self, begun: &Begun) -> Result<Arc<Operation>> {
        match self.execution.find(&begun.id) {
            Some(operation) if operation.status == "SUCCEEDED" => Ok(operation),
            Some(operation) if operation.is_over() => Err(operation.failure(&begun.name).into()),
            _ => Err(self.seal(vec![begun.id.clone()])),
        }
    }

    /// Ends what an operation does: the next record is written or silent.
    pub(crate) fn passed<T>(&self, result: Result<T>) -> Result<T> {
        self.update_silence();
        result
    }

    /// Seals the context: an operation has to wait.
    pub(crate) fn seal(&self, on: Vec<String>) -> Stop {
        self.sealed.borrow_mut().get_or_insert_default().extend_from_slice(&on);
        self.update_silence();
        Stop::suspended(on)
    }

    pub(crate) fn is_sealed(&self) -> bool {
        self.sealed.borrow().is_some()
    }

    /// Ends the execution with a failure that the function cannot catch.
    pub(crate) fn fatal(&self, kind: &str, message: String) -> Stop {
        let failure = Failure::cut(kind.to_owned(), message, "");
        // The error is the same as the seal's.
        let _ = self.execution.end(End::Fatal(failure));
        self.seal(Vec::new())
    }

    /// Records an update. If that is not possible, the context has ended.
    pub(crate) fn record(&self, update: Update, now: bool) -> Result<()> {
        self.execution.record(update, now).map_err(|_| self.seal(Vec::new()))
    }

    /// Records that an operation has failed for good.
    pub(crate) fn failed(&self, begun: &Begun, error: &Error) -> Stop {
        let failure = Failure::of(error, &begun.name);
        match self.record(begun.update("FAIL").error(&failure), true) {
            Ok(()) => failure.into(),
            Err(stop) => stop,
        }
    }

    /// Runs a step's function, which must not use this context. Its panic is an error.
    pub(crate) fn guarded<T>(
        &self,
        run: impl FnOnce() -> std::result::Result<T, Error>,
    ) -> std::result::Result<T, Error> {
        self.is_busy.set(true);
        silence(false);
        let result = catch_panic(run);
        self.is_busy.set(false);
        result
    }

    /// Runs a context in this one, unless its result is recorded. Returns the result as JSON.
    pub(crate) fn nested(
        &self,
        name: &str,
        sub_kind: &'static str,
        run: impl FnOnce(&Durable) -> Result<Made>,
    ) -> Result<String> {
        let (begun, operation) = self.begin(name, ("CONTEXT", sub_kind))?;
        let result = self.nested_in(&begun, operation.as_deref(), run);
        self.passed(result)
    }

    fn nested_in(
        &self,
        begun: &Begun,
        operation: Option<&Operation>,
        run: impl FnOnce(&Durable) -> Result<Made>,
    ) -> Result<String> {
        let is_over = operation.is_some_and(Operation::is_over);
        let details = operation.map(Operation::details);
        let is_remade = details.is_some_and(|details| details.replay_children == Some(true));
        if is_over && !is_remade {
            let operation = self.awaited(begun)?;
            return Ok(operation.details().result.clone().unwrap_or_else(|| "null".to_owned()));
        }
        if operation.is_none() {
            self.record(begun.update("START"), false)?;
        }
        let mut inner = Durable::new(self.execution, self.scope, &begun.id, 0);
        inner.is_remade = is_remade;
        inner.summary = details.and_then(|it| it.result.clone()).filter(|_| is_remade);
        inner.update_silence();
        self.is_busy.set(true);
        let result = catch_panic(|| Ok(run(&inner))).unwrap_or_else(|panic| Err(panic.into()));
        self.is_busy.set(false);
        // Not what the function has returned: it may have swallowed the error of an operation.
        let sealed = inner.sealed.take();
        if let Some(on) = sealed {
            return Err(self.seal(on));
        }
        match result {
            Ok(made) if is_remade => Ok(made.json),
            Err(Stop(Reason::Failed(_))) if is_remade => {
                Err(self.is_not_remade(begun, "had a result"))
            }
            Ok(made) => self.record_made(begun, made),
            Err(Stop(Reason::Failed(failure))) => {
                Err(self.failed(begun, &Error::new(failure.kind, failure.message)))
            }
            // An error of another context, which this one's function has kept.
            Err(Stop(Reason::Suspended(on))) => Err(self.seal(on)),
        }
    }

    /// Runs the next context in this one without an operation of its own: those of the context are
    /// this one's.
    pub(crate) fn flat(&self, run: impl FnOnce(&Durable) -> Result<Made>) -> Result<String> {
        let number = self.last.get().saturating_add(1);
        let id = operation_id(&self.id, number);
        // The operations of a context that is over are not in the state: they would run again.
        if let Some(found) = self.execution.find(&id) {
            let message = format!(
                "operation {id} is a branch without a context now, and was {} in an earlier \
                 invocation: was `flat` set since?",
                found.describe(),
            );
            return Err(self.fatal(NOT_DETERMINISTIC, message));
        }
        let mut inner = Durable::new(self.execution, self.scope, &id, 0);
        inner.parent.clone_from(&self.parent);
        inner.is_remade = self.is_remade;
        inner.update_silence();
        let result = catch_panic(|| Ok(run(&inner))).unwrap_or_else(|panic| Err(panic.into()));
        if let Some(on) = inner.sealed.take() {
            return Err(Stop::suspended(on));
        }
        result.map(|made| made.json)
    }

    fn record_made(&self, begun: &Begun, made: Made) -> Result<String> {
        let update = begun.update("SUCCEED");
        let update = if made.json.len() > MAX_RECORDED_BYTES {
            let options = r#"{"ReplayChildren":true}"#;
            update.payload(&made.summary).options("ContextOptions", options)
        } else {
            update.payload(&made.json)
        };
        self.record(update, true)?;
        Ok(made.json)
    }
}

/// Decodes the result of an operation. One without a result is `null`.
pub(crate) fn result_of<T: FromJson>(operation: &Operation) -> Result<T> {
    let result = operation.details().result.as_deref().filter(|result| !result.is_empty());
    let name = operation.name.as_deref().unwrap_or(&operation.id);
    let json = result.unwrap_or("null");
    Ok(from_json_of(format_args!("the result of `{name}`"), json)?)
}
