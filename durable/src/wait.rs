//! Waits, callbacks, invocations of other functions, and child contexts.

use crate::context::{Durable, Made, result_of};
use crate::failure::{Failure, Result};
use crate::json::{from_json, round_trip, to_json};
use crate::limits::{INVALID_ARGUMENT, callback_seconds, check_payload, seconds};
use crate::step::{Step, With};
use crate::wire::Begun;
use minilambda::__private::to_text;
use minilambda::{Error, FromJson, ToJson};
use std::marker::PhantomData;
use std::time::Duration;

/// A callback that has been created: give [`id`](Self::id) to whoever will answer, who calls
/// [`callbacks`](crate::callbacks) or AWS's `SendDurableExecutionCallbackSuccess`.
pub struct Callback<'a, T> {
    /// The id of the callback.
    pub id: String,
    durable: &'a Durable<'a>,
    begun: Begun,
    result: PhantomData<fn() -> T>,
}

/// An invocation of another function with choices. [`Durable::tenant`] and [`Durable::named`] begin
/// it.
#[derive(Clone, Debug)]
#[must_use]
pub struct Invoking<'a> {
    durable: &'a Durable<'a>,
    name: Option<&'a str>,
    tenant: Option<&'a str>,
}

impl<T> std::fmt::Debug for Callback<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Callback").field("name", &self.begun.name).finish_non_exhaustive()
    }
}

impl Durable<'_> {
    /// Ends the invocation for a time, from a second to 366 days. The time is rounded up to
    /// seconds.
    ///
    /// # Errors
    /// `Durable.InvalidArgument` if the time is longer.
    pub fn wait(&self, name: &str, time: Duration) -> Result<()> {
        let seconds = seconds(time)?;
        let (begun, operation) = self.begin(name, ("WAIT", "Wait"))?;
        if operation.is_none() {
            let options = format!(r#"{{"WaitSeconds":{seconds}}}"#);
            self.record(begun.update("START").options("WaitOptions", &options), true)?;
        }
        self.passed(self.awaited(&begun).map(drop))
    }

    /// Creates a callback without a timeout. [`Callback::result`] waits for it.
    ///
    /// # Errors
    /// `Durable.InvalidArgument`.
    pub fn callback<T: FromJson>(&self, name: &str) -> Result<Callback<'_, T>> {
        self.with().callback(name)
    }

    /// Creates a callback, hands its id over in a step, and waits for its result. Without a
    /// [`timeout`](Self::timeout) it waits as long as the execution may last.
    ///
    /// # Errors
    /// Those of the step, and those of [`Callback::result`].
    pub fn wait_for_callback<T, F>(&self, name: &str, submit: F) -> Result<T>
    where
        T: FromJson + ToJson,
        F: FnMut(&str, &Step) -> std::result::Result<(), Error>,
    {
        self.with().wait_for_callback(name, submit)
    }

    /// Invokes a function, durable or not, and waits for its response. The function is a name with
    /// a version or an alias, such as `ship:live`, or an ARN with one. It is the operation's name
    /// too; see [`named`](Self::named).
    ///
    /// # Errors
    /// The function's error, with its type as the kind. `ChainedInvoke.Timeout` if it was a durable
    /// function that timed out; if it was stopped, the error that was given for it, or
    /// `Durable.STOPPED`. `Durable.TooLarge` if the input has over 1 MB.
    pub fn invoke<I, O>(&self, function: &str, input: &I) -> Result<O>
    where
        I: ToJson + ?Sized,
        O: FromJson,
    {
        Invoking { durable: self, name: None, tenant: None }.invoke(function, input)
    }

    /// Sets the tenant of the next invocation of a function with tenant isolation.
    pub fn tenant<'b>(&'b self, tenant: &'b str) -> Invoking<'b> {
        Invoking { durable: self, name: None, tenant: Some(tenant) }
    }

    /// Sets the name of the next invocation of a function.
    pub fn named<'b>(&'b self, name: &'b str) -> Invoking<'b> {
        Invoking { durable: self, name: Some(name), tenant: None }
    }

    /// Carries out operations in a context of their own. Once it is over, its result alone is
    /// recorded; its operations are not read again.
    ///
    /// A result of over 256 KB as JSON is not recorded: a replay makes it again of the recorded
    /// operations, so what is between them has to be deterministic.
    ///
    /// # Errors
    /// What the function returns, with the name of this operation.
    pub fn child<T, F>(&self, name: &str, run: F) -> Result<T>
    where
        T: FromJson + ToJson,
        F: FnOnce(&Durable) -> Result<T>,
    {
        self.typed_child(name, "RunInChildContext", run)
    }

    fn typed_child<T, F>(&self, name: &str, sub_kind: &'static str, run: F) -> Result<T>
    where
        T: FromJson + ToJson,
        F: FnOnce(&Durable) -> Result<T>,
    {
        let mut made = None;
        let json = self.nested(name, sub_kind, |inner| {
            let (json, value) = round_trip(&run(inner)?)?;
            made = Some(value);
            Ok(Made { json, summary: String::new() })
        })?;
        made.map_or_else(|| Ok(from_json(&json)?), Ok)
    }
}

impl<'a> With<'a> {
    /// Sets how long a callback waits for its result, rounded up to seconds: it fails with
    /// `Callback.Timeout` after that. Zero is no limit.
    pub fn timeout(self, time: Duration) -> Self {
        Self { timeout: time, ..self }
    }

    /// Sets the longest time between two heartbeats of a callback, rounded up to seconds: it fails
    /// with `Callback.Heartbeat` after that. Zero is no limit.
    pub fn heartbeat(self, time: Duration) -> Self {
        Self { heartbeat: time, ..self }
    }

    /// Creates a callback; see [`Durable::callback`].
    ///
    /// # Errors
    /// Those of [`Durable::callback`].
    pub fn callback<T: FromJson>(&self, name: &str) -> Result<Callback<'a, T>> {
        let durable = self.durable;
        let (timeout, heartbeat) =
            (callback_seconds(self.timeout)?, callback_seconds(self.heartbeat)?);
        let (begun, operation) = durable.begin(name, ("CALLBACK", "Callback"))?;
        if operation.is_none() {
            let options =
                format!(r#"{{"TimeoutSeconds":{timeout},"HeartbeatTimeoutSeconds":{heartbeat}}}"#);
            durable.record(begun.update("START").options("CallbackOptions", &options), true)?;
        }
        let created = durable.execution.find(&begun.id);
        let Some(id) = created.and_then(|it| it.details().callback_id.clone()) else {
            let message = format!("the callback {name:?} has no id in the state of the execution");
            return Err(durable.fatal("Durable.InvalidState", message));
        };
        durable.set_awaits_callback(operation.is_some());
        durable.passed(Ok(Callback { id, durable, begun, result: PhantomData }))
    }

    /// Waits for a callback; see [`Durable::wait_for_callback`].
    ///
    /// # Errors
    /// Those of [`Durable::wait_for_callback`].
    pub fn wait_for_callback<T, F>(&self, name: &str, mut submit: F) -> Result<T>
    where
        T: FromJson + ToJson,
        F: FnMut(&str, &Step) -> std::result::Result<(), Error>,
    {
        self.durable.typed_child(name, "WaitForCallback", |inner| {
            let with = With { durable: inner, ..*self };
            let callback = with.callback("callback")?;
            with.step("submit", |step| submit(&callback.id, step))?;
            callback.result()
        })
    }
}

impl<T: FromJson> Callback<'_, T> {
    /// Waits for the result.
    ///
    /// # Errors
    /// The failure that was sent, with its kind; `Callback.Timeout` and `Callback.Heartbeat`;
    /// `Durable.InvalidResult` if the result does not match its type.
    pub fn result(&self) -> Result<T> {
        self.durable.check_open(&self.begun.name)?;
        let result = self.durable.awaited(&self.begun);
        self.durable.set_awaits_callback(false);
        self.durable.passed(result.and_then(|operation| result_of(&operation)))
    }
}

impl<'a> Invoking<'a> {
    /// Sets the tenant.
    pub fn tenant(self, tenant: &'a str) -> Self {
        Self { tenant: Some(tenant), ..self }
    }

    /// Sets the name of the operation.
    pub fn named(self, name: &'a str) -> Self {
        Self { name: Some(name), ..self }
    }

    /// Invokes a function; see [`Durable::invoke`].
    ///
    /// # Errors
    /// Those of [`Durable::invoke`].
    pub fn invoke<I, O>(&self, function: &str, input: &I) -> Result<O>
    where
        I: ToJson + ?Sized,
        O: FromJson,
    {
        check_word("the function", function, "-_.:$/")?;
        self.tenant.map_or(Ok(()), |tenant| check_word("the tenant", tenant, "._:/=+-@ "))?;
        let input = to_json(input)?;
        check_payload("the input of the function", &input)?;
        let durable = self.durable;
        let name = self.name.unwrap_or(function);
        let (begun, operation) = durable.begin(name, ("CHAINED_INVOKE", "ChainedInvoke"))?;
        if operation.is_none() {
            let tenant = self
                .tenant
                .map_or_else(String::new, |tenant| format!(r#","TenantId":{}"#, to_text(tenant)));
            let function = to_text(function);
            let options = format!(r#"{{"FunctionName":{function}{tenant}}}"#);
            let update = begun.update("START").payload(&input);
            durable.record(update.options("ChainedInvokeOptions", &options), true)?;
        }
        durable.passed(durable.awaited(&begun).and_then(|operation| result_of(&operation)))
    }
}

/// Checks a name of 1 to 256 letters, digits and other characters.
fn check_word(what: &str, word: &str, others: &str) -> Result<()> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || others.contains(c);
    if (1..=256).contains(&word.len()) && word.chars().all(is_allowed) {
        return Ok(());
    }
    let message = format!("{what} has 1 to 256 letters, digits and characters of {others:?}");
    Err(Failure::cut(INVALID_ARGUMENT.to_owned(), message, "").into())
}
