//! Steps, and waiting for a condition.

use crate::context::{Durable, result_of};
use crate::failure::{Failure, Result};
use crate::json::{from_json, round_trip};
use crate::limits::{check_payload, hash, seconds};
use crate::retry::Retry;
use crate::wire::{Begun, Operation};
use minilambda::{Error, FromJson, ToJson};
use std::sync::Arc;
use std::time::Duration;

/// A context with the choices for its next operation. It begins with [`Durable::retry`],
/// [`Durable::at_most_once`], [`Durable::timeout`] or [`Durable::heartbeat`].
///
/// Retries are those of a step and of the step in [`wait_for_callback`](Self::wait_for_callback),
/// timeout and heartbeat those of a callback.
#[derive(Debug)]
#[must_use]
pub struct With<'a> {
    pub(crate) durable: &'a Durable<'a>,
    pub(crate) retry: &'a Retry,
    pub(crate) at_most_once: bool,
    pub(crate) timeout: Duration,
    pub(crate) heartbeat: Duration,
}

/// What the function of a step gets.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Step {
    /// Which attempt this is, from 1.
    pub attempt: u32,
    /// A key for services that carry a request out once: the same in each attempt of this step,
    /// and no other step of any execution has it.
    pub key: String,
}

/// What a check of [`Durable::wait_until`] has found.
#[derive(Clone, Debug, PartialEq)]
pub enum Check<T> {
    /// The wait is over, with this result.
    Done(T),
    /// Check again after a time, from this state.
    Again(T, Duration),
}

const STEP: (&str, &str) = ("STEP", "Step");
const CONDITION: (&str, &str) = ("STEP", "WaitForCondition");

/// The longest delay before a retry, in seconds.
const LONGEST_DELAY: u64 = 31_622_400;

impl Durable<'_> {
    /// Carries out a step, and records its result: in each later invocation it returns that, and
    /// the function is not called. After an error it is tried again as [`Retry::DEFAULT`] says.
    ///
    /// A function that is interrupted, by a timeout or a crash, is called again. See
    /// [`at_most_once`](Self::at_most_once) and [`Step::key`].
    ///
    /// # Errors
    /// That of the last attempt. `Durable.TooLarge` if the result has over 1 MB as JSON, and
    /// `Durable.InvalidResult` if it cannot be decoded again.
    pub fn step<T, F>(&self, name: &str, step: F) -> Result<T>
    where
        T: FromJson + ToJson,
        F: FnMut(&Step) -> std::result::Result<T, Error>,
    {
        self.with().step(name, step)
    }

    /// Sets when the next step is tried again.
    pub fn retry<'b>(&'b self, retry: &'b Retry) -> With<'b> {
        With { retry, ..self.with() }
    }

    /// Carries the next step out at most once for each of its attempts: one that was interrupted,
    /// so that it is unknown whether it was carried out, has failed with `Durable.Interrupted`.
    /// With [`Retry::NEVER`] it is carried out at most once in all.
    pub fn at_most_once(&self) -> With<'_> {
        self.with().at_most_once()
    }

    /// Sets how long the next callback waits for its result; see [`With::timeout`].
    pub fn timeout(&self, time: Duration) -> With<'_> {
        self.with().timeout(time)
    }

    /// Sets the longest time between two heartbeats; see [`With::heartbeat`].
    pub fn heartbeat(&self, time: Duration) -> With<'_> {
        self.with().heartbeat(time)
    }

    pub(crate) fn with(&self) -> With<'_> {
        With {
            durable: self,
            retry: &Retry::DEFAULT,
            at_most_once: false,
            timeout: Duration::ZERO,
            heartbeat: Duration::ZERO,
        }
    }

    /// Checks until a check is done. Between two checks the function does not run.
    ///
    /// The first check gets `first`, each further one the state that the one before has returned.
    ///
    /// ```
    /// use minilambda_durable::{Check, Durable, Result};
    /// use std::time::Duration;
    /// # fn is_ready(_: &str) -> std::result::Result<bool, minilambda::Error> { Ok(true) }
    ///
    /// fn report(id: String, durable: &Durable) -> Result<u32> {
    ///     durable.wait_until("ready", 0, |asked, _| {
    ///         if is_ready(&id)? {
    ///             return Ok(Check::Done(asked + 1));
    ///         }
    ///         Ok(Check::Again(asked + 1, Duration::from_secs(60)))
    ///     })
    /// }
    /// ```
    ///
    /// # Errors
    /// An error of a check is final. Those of [`step`](Self::step).
    pub fn wait_until<T, F>(&self, name: &str, first: T, mut check: F) -> Result<T>
    where
        T: FromJson + ToJson,
        F: FnMut(T, &Step) -> std::result::Result<Check<T>, Error>,
    {
        let (begun, operation) = self.begin(name, CONDITION)?;
        let mut done = None;
        let mut checked = |state: &str, step: &Step| {
            let (value, delay) = match check(from_json(state)?, step)? {
                Check::Done(value) => (value, None),
                Check::Again(value, delay) => (value, Some(seconds(delay)?)),
            };
            let (json, value) = round_trip(&value)?;
            check_payload("the state of the condition", &json)?;
            done = Some(value);
            Ok((json, delay))
        };
        // The first check sees its state as each further one does.
        let result = match round_trip(&first) {
            Ok((first, _)) => self.checks(&begun, operation, &first, &mut checked),
            Err(error) => Err(error.into()),
        };
        self.passed(match (result, done) {
            (Ok(None), Some(value)) => Ok(value),
            (Ok(Some(operation)), _) => result_of(&operation),
            (Ok(None), None) => Err(self.seal(Vec::new())),
            (Err(error), _) => Err(error),
        })
    }

    /// Returns the operation if it was over, and none if the last check has ended it.
    fn checks(
        &self,
        begun: &Begun,
        mut operation: Option<Arc<Operation>>,
        first: &str,
        check: &mut Checked,
    ) -> Result<Option<Arc<Operation>>> {
        loop {
            let status = status(operation.as_deref());
            if let Status::Other = status {
                return self.awaited(begun).map(Some);
            }
            self.execution.check_step().map_err(|_| self.seal(Vec::new()))?;
            if let Status::New = status {
                self.record(begun.update("START"), false)?;
            }
            let details = operation.as_deref().map(Operation::details);
            let state = details.and_then(|it| it.result.as_deref()).unwrap_or(first);
            let attempt = details.and_then(|it| it.attempt).unwrap_or(0).saturating_add(1);
            let step = self.step_of(begun, attempt);
            match self.carried_out(begun, &status, || check(state, &step)) {
                Err(error) => return Err(self.failed(begun, &error)),
                Ok((json, None)) => {
                    self.record(begun.update("SUCCEED").payload(&json), true)?;
                    return Ok(None);
                }
                Ok((json, Some(delay))) => {
                    let update = begun.update("RETRY").payload(&json);
                    self.record(update.options("StepOptions", &again_in(delay)), true)?;
                }
            }
            operation = Some(self.due(begun)?);
        }
    }

    /// Carries a step out. One that takes longer than an invocation may is interrupted each time.
    fn carried_out<T>(
        &self,
        begun: &Begun,
        status: &Status,
        run: impl FnOnce() -> std::result::Result<T, Error>,
    ) -> std::result::Result<T, Error> {
        self.guarded(|| {
            if let Status::Begun = status {
                log::warn!("the step {:?} was interrupted, and is carried out again", begun.name);
            }
            run()
        })
    }

    /// Returns an operation whose next attempt is due at once.
    fn due(&self, begun: &Begun) -> Result<Arc<Operation>> {
        let operation = self.execution.find(&begun.id).filter(|it| it.can_go_on());
        operation.ok_or_else(|| self.seal(vec![begun.id.clone()]))
    }

    fn step_of(&self, begun: &Begun, attempt: u32) -> Step {
        Step { attempt, key: hash(&format!("{}/{}", self.arn(), begun.id)) }
    }
}

/// A check whose state is JSON. It returns the next state, and after how many seconds to check it.
type Checked<'a> = dyn FnMut(&str, &Step) -> std::result::Result<(String, Option<u64>), Error> + 'a;

/// What is to be done for a step.
enum Status {
    /// Record its start, and carry it out.
    New,
    /// Its start is recorded; an earlier invocation was interrupted.
    Begun,
    /// It is over, or its next attempt is not due.
    Other,
}

fn status(operation: Option<&Operation>) -> Status {
    match operation.map(|operation| &*operation.status) {
        None | Some("READY") => Status::New,
        Some("STARTED") => Status::Begun,
        Some(_) => Status::Other,
    }
}

fn again_in(seconds: u64) -> String {
    format!(r#"{{"NextAttemptDelaySeconds":{seconds}}}"#)
}

impl<'a> With<'a> {
    /// Sets when a step is tried again.
    pub fn retry(self, retry: &'a Retry) -> Self {
        Self { retry, ..self }
    }

    /// See [`Durable::at_most_once`].
    pub fn at_most_once(self) -> Self {
        Self { at_most_once: true, ..self }
    }

    /// Carries out a step; see [`Durable::step`].
    ///
    /// # Errors
    /// Those of [`Durable::step`].
    pub fn step<T, F>(&self, name: &str, mut step: F) -> Result<T>
    where
        T: FromJson + ToJson,
        F: FnMut(&Step) -> std::result::Result<T, Error>,
    {
        let durable = self.durable;
        let (begun, operation) = durable.begin(name, STEP)?;
        let mut made = None;
        let result = self.attempts(&begun, operation, &mut |context| {
            let (json, value) = round_trip(&step(context)?)?;
            check_payload("the result of the step", &json)?;
            made = Some(value);
            Ok(json)
        });
        durable.passed(match (result, made) {
            (Ok(None), Some(value)) => Ok(value),
            (Ok(Some(operation)), _) => result_of(&operation),
            (Ok(None), None) => Err(durable.seal(Vec::new())),
            (Err(error), _) => Err(error),
        })
    }

    /// Returns the operation if it was over, and none if an attempt has succeeded now.
    fn attempts(
        &self,
        begun: &Begun,
        mut operation: Option<Arc<Operation>>,
        step: &mut dyn FnMut(&Step) -> std::result::Result<String, Error>,
    ) -> Result<Option<Arc<Operation>>> {
        let durable = self.durable;
        loop {
            let status = status(operation.as_deref());
            if let Status::Other = status {
                return durable.awaited(begun).map(Some);
            }
            let check = || durable.execution.check_step().map_err(|_| durable.seal(Vec::new()));
            check()?;
            let is_interrupted = self.at_most_once && matches!(status, Status::Begun);
            if let Status::New = status {
                durable.record(begun.update("START"), self.at_most_once)?;
                // The service may take no result any more, or there is no time left for one.
                check()?;
            }
            let details = operation.as_deref().map(Operation::details);
            let attempt = details.and_then(|it| it.attempt).unwrap_or(0).saturating_add(1);
            let result = if is_interrupted {
                Err(Error::new(
                    "Durable.Interrupted",
                    "the step was interrupted: it may or may not have been carried out",
                ))
            } else {
                let context = durable.step_of(begun, attempt);
                durable.carried_out(begun, &status, || step(&context))
            };
            let error = match result {
                Ok(json) => {
                    durable.record(begun.update("SUCCEED").payload(&json), true)?;
                    return Ok(None);
                }
                Err(error) => error,
            };
            let Some(delay) = self.retry.delay(attempt, &error) else {
                return Err(durable.failed(begun, &error));
            };
            // A panic is in the log already.
            if error.kind() != "Function.Panic" {
                log::warn!("attempt {attempt} of the step {:?} has failed: {error}", begun.name);
            }
            let failure = Failure::of(&error, &begun.name);
            let delay = again_in(seconds(delay).unwrap_or(LONGEST_DELAY));
            let update = begun.update("RETRY").error(&failure).options("StepOptions", &delay);
            durable.record(update, true)?;
            operation = Some(durable.due(begun)?);
        }
    }
}
