//! Executions in a unit test: the service is in memory, and no time passes.
//!
//! ```
//! use minilambda_durable::testing::{Execution, Status};
//! use minilambda_durable::{Durable, Result};
//! use std::time::Duration;
//!
//! fn remind(name: String, durable: &Durable) -> Result<String> {
//!     durable.wait("a-day", Duration::from_secs(86_400))?;
//!     let by: String = durable.wait_for_callback("approval", |_, _| Ok(()))?;
//!     durable.step("write", |_| Ok(format!("Hello again, {name}, says {by}!")))
//! }
//!
//! let mut execution = Execution::new(remind, "Ada");
//! assert_eq!(execution.run(), Status::Waiting);
//! assert_eq!(execution.advance(Duration::from_secs(86_399)), Status::Waiting);
//! assert!(execution.callbacks().is_empty());
//!
//! execution.advance(Duration::from_secs(1));
//! let callback = execution.callbacks().remove(0);
//! assert_eq!(execution.succeed(&callback, "Grace"), Status::Succeeded);
//! assert_eq!(execution.result::<String>(), Some(Ok("Hello again, Ada, says Grace!".to_owned())));
//! ```
//!
//! It refuses what Lambda refuses: a batch with two results of one operation, a token that was used
//! before, a PENDING without anything that is pending, and so on.

mod memory;
mod record;

pub use memory::{Event, Fault};

use crate::context::Durable;
use crate::failure::{Failure, Result as DurableResult};
use crate::function::Function;
use crate::json::{from_json, from_json_of, to_json};
use crate::serve::respond;
use crate::service::INVALID;
use memory::Memory;
use minilambda::{Context, Error, FromJson, ToJson, decode};
use miniserde::Deserialize;
use record::{Record, callback_id};
use std::fmt;
use std::time::Duration;

/// How far an execution has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Status {
    /// It waits for a time, a callback or a function.
    Waiting,
    /// It has a result.
    Succeeded,
    /// It has failed for good.
    Failed,
    /// Ten invocations in a row have failed with [`Execution::error`]. Lambda would go on.
    Failing,
}

type Run = dyn Fn(&str, &Durable) -> DurableResult<String>;
type Invoked = dyn Fn(&str) -> Result<String, Error>;

/// An execution of a durable function in this process.
pub struct Execution {
    memory: Memory,
    run: Box<Run>,
    functions: Vec<(String, Box<Invoked>)>,
    context: Context,
    status: Status,
    outcome: Option<Result<String, Failure>>,
    error: Option<Error>,
    invocations: u32,
}

const ARN: &str =
    "arn:aws:lambda:eu-central-1:123456789012:function:test:$LATEST/durable-execution/test/1";

/// How many invocations may fail in a row.
const PATIENCE: u32 = 10;

impl fmt::Debug for Execution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Execution").field("status", &self.status).finish_non_exhaustive()
    }
}

impl Execution {
    /// Prepares an execution. Nothing runs until [`run`](Self::run) or another method invokes it.
    pub fn new<E, R, F>(function: F, input: &(impl ToJson + ?Sized)) -> Self
    where
        E: FromJson,
        R: ToJson,
        F: Function<E, R> + 'static,
    {
        let run = move |input: &str, durable: &Durable| {
            let result =
                function.invoke(from_json_of(format_args!("the input"), input)?, durable)?;
            Ok(to_json(&result)?)
        };
        Self {
            memory: Memory::new(&to_json(input).unwrap_or_default()),
            run: Box::new(run),
            functions: Vec::new(),
            context: Context::default(),
            status: Status::Waiting,
            outcome: None,
            error: None,
            invocations: 0,
        }
    }

    /// Sets what a function that is invoked responds. One that is not set fails with
    /// `ResourceNotFoundException`.
    pub fn function<I, O>(
        &mut self,
        name: &str,
        function: impl Fn(I) -> Result<O, Error> + 'static,
    ) -> &mut Self
    where
        I: FromJson,
        O: ToJson,
    {
        let call = move |input: &str| to_json(&function(from_json(input)?)?);
        self.functions.push((name.to_owned(), Box::new(call)));
        self
    }

    /// Sets the faults of the next checkpoints, in their order; `None` is none.
    pub fn faults(&mut self, faults: &[Option<Fault>]) -> &mut Self {
        self.memory.store(|store| store.faults.extend(faults));
        self
    }

    /// Sends the state in pages, with this many operations in the event, and this many, at least
    /// one, in each further page.
    pub fn pages(&mut self, first: usize, others: usize) -> &mut Self {
        self.memory.store(|store| store.page = (first, others.max(1)));
        self
    }

    /// Replaces the function, as a deployment of changed code does.
    pub fn replace<E, R, F>(&mut self, function: F) -> &mut Self
    where
        E: FromJson,
        R: ToJson,
        F: Function<E, R> + 'static,
    {
        self.run = Self::new(function, &()).run;
        self
    }

    /// Invokes the function until it waits or is over.
    pub fn run(&mut self) -> Status {
        let mut failures = 0;
        while self.outcome.is_none() {
            if self.invocations > 0 && self.error.is_none() && !self.has_news() {
                self.status = Status::Waiting;
                return self.status;
            }
            self.invoke();
            failures = if self.error.is_some() { failures + 1 } else { 0 };
            if failures == PATIENCE {
                self.status = Status::Failing;
                return self.status;
            }
            self.call_functions();
        }
        self.status
    }

    /// Moves the clock, and invokes the function at each time that is due on the way.
    pub fn advance(&mut self, time: Duration) -> Status {
        self.run();
        let end = self.memory.store(|store| store.clock.saturating_add(time));
        while self.outcome.is_none() {
            let due = self.memory.store(|store| store.next_due()).filter(|due| *due <= end);
            self.memory.store(|store| {
                store.clock = due.unwrap_or(end);
                store.end_due();
            });
            self.run();
            if due.is_none() {
                break;
            }
        }
        self.status
    }

    /// Moves the clock from one time that is due to the next, until the execution is over or waits
    /// for nothing but callbacks. So the timeout of a callback does not pass, unless something else
    /// takes longer; [`advance`](Self::advance) lets it pass.
    pub fn skip(&mut self) -> Status {
        self.run();
        while self.outcome.is_none() && self.status == Status::Waiting {
            let due = self.memory.store(|store| store.next_due().filter(|_| store.has_wait()));
            let Some(due) = due else { break };
            self.memory.store(|store| {
                store.clock = store.clock.max(due);
                store.end_due();
            });
            self.run();
        }
        self.status
    }

    /// The ids of the callbacks that are not answered, in the order of their creation.
    #[must_use]
    pub fn callbacks(&self) -> Vec<String> {
        self.memory.store(|store| {
            let open = store.records.iter().filter(|it| it.kind == "CALLBACK" && !it.is_over());
            open.map(|record| callback_id(&record.id)).collect()
        })
    }

    /// Answers a callback, and runs on.
    pub fn succeed(&mut self, callback: &str, result: &(impl ToJson + ?Sized)) -> Status {
        self.answer(callback, "SUCCEEDED", to_json(result).map_err(|it| Failure::of(&it, "")))
    }

    /// Answers a callback with a text that need not be JSON, and runs on.
    pub fn succeed_with_text(&mut self, callback: &str, text: &str) -> Status {
        self.answer(callback, "SUCCEEDED", Ok(text.to_owned()))
    }

    /// Answers a callback with a failure, and runs on.
    pub fn fail(&mut self, callback: &str, kind: &str, message: &str) -> Status {
        let failure = Failure::cut(kind.to_owned(), message.to_owned(), "");
        self.answer(callback, "FAILED", Err(failure))
    }

    /// Sends a heartbeat of a callback.
    pub fn heartbeat(&mut self, callback: &str) {
        self.memory.store(|store| {
            let clock = store.clock;
            let open = store.records.iter_mut().filter(|it| it.kind == "CALLBACK" && !it.is_over());
            open.filter(|it| callback_id(&it.id) == callback).for_each(|it| it.beat(clock));
        });
    }

    fn answer(&mut self, callback: &str, status: &str, result: Result<String, Failure>) -> Status {
        self.memory.store(|store| {
            let records = store.records.iter();
            let id = records.map(|it| it.id.clone()).find(|id| callback_id(id) == callback);
            id.map(|id| store.end(&id, status, result))
        });
        self.run()
    }

    /// The result or the failure of the execution, once it is over. A result that does not match
    /// the type is a failure too.
    #[must_use]
    pub fn result<R: FromJson>(&self) -> Option<Result<R, Failure>> {
        let outcome = self.outcome.clone()?;
        Some(outcome.and_then(|json| from_json(&json).map_err(|error| Failure::of(&error, ""))))
    }

    /// The error of the last invocation, if that has failed.
    #[must_use]
    pub fn error(&self) -> Option<&Error> {
        self.error.as_ref()
    }

    /// What the service has recorded, in its order.
    #[must_use]
    pub fn history(&self) -> Vec<Event> {
        self.memory.store(|store| store.history.clone())
    }

    /// How often the function was invoked.
    #[must_use]
    pub fn invocations(&self) -> u32 {
        self.invocations
    }

    /// How many requests have recorded something, or asked for changes.
    #[must_use]
    pub fn checkpoints(&self) -> u64 {
        self.memory.store(|store| store.checkpoints)
    }

    /// Whether an operation has ended since the last invocation.
    fn has_news(&self) -> bool {
        self.memory.store(|store| std::mem::take(&mut store.has_news))
    }

    fn invoke(&mut self) {
        #[derive(Deserialize)]
        struct Response {
            #[serde(rename = "Status")]
            status: String,
            #[serde(rename = "Result")]
            result: Option<String>,
            #[serde(rename = "Error")]
            error: Option<crate::wire::ErrorObject>,
        }
        self.invocations += 1;
        let event = self.memory.event(ARN);
        let response = respond(&self.memory, event.as_bytes(), &self.context, &*self.run);
        minilambda::__private::silence(false);
        let response = response.and_then(|json| decode::<Response>(&json));
        self.error = None;
        match response {
            Err(error) => self.error = Some(error),
            Ok(Response { status, result, error }) => match &*status {
                "SUCCEEDED" => {
                    let large = self.memory.store(|store| store.large_result.take());
                    self.status = Status::Succeeded;
                    self.outcome = Some(Ok(large.or(result).unwrap_or_default()));
                }
                "PENDING" => self.check_pending(),
                _ => {
                    let error = error.unwrap_or_default();
                    let kind = error.kind.unwrap_or_default();
                    let failure = Failure::cut(kind, error.message.unwrap_or_default(), "");
                    self.status = Status::Failed;
                    self.outcome = Some(Err(failure));
                }
            },
        }
    }

    /// As the service does, refuses a PENDING of an execution that nothing would end.
    fn check_pending(&mut self) {
        let is_pending = self.memory.store(|store| {
            let was_revoked = std::mem::take(&mut store.was_revoked);
            store.has_news |= was_revoked;
            was_revoked || store.has_news || store.records.iter().any(Record::is_pending)
        });
        if !is_pending {
            let message = "Cannot return PENDING status with no pending operations".to_owned();
            self.status = Status::Failed;
            self.outcome = Some(Err(Failure::cut(INVALID.to_owned(), message, "")));
        }
    }

    /// Ends the invocations of other functions.
    fn call_functions(&mut self) {
        let invoked = self.memory.store(|store| {
            let open =
                store.records.iter().filter(|it| it.kind == "CHAINED_INVOKE" && !it.is_over());
            open.map(|it| (it.id.clone(), it.function.clone(), it.input.clone()))
                .collect::<Vec<_>>()
        });
        for (id, name, input) in invoked {
            let function = self.functions.iter().find(|(of, _)| Some(of) == name.as_ref());
            let result = match function {
                Some((_, call)) => call(&input.unwrap_or_default()),
                None => Err(Error::new("ResourceNotFoundException", "there is no such function")),
            };
            let status = if result.is_ok() { "SUCCEEDED" } else { "FAILED" };
            let result = result.map_err(|error| Failure::of(&error, ""));
            self.memory.store(|store| store.end(&id, status, result));
        }
    }
}
