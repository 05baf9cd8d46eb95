//! One invocation of a durable function: from the event to the response.

use crate::context::{Durable, Scope};
use crate::execution::{End, Execution};
use crate::failure::{Failure, Reason, Result, Stop};
use crate::function::Function;
use crate::json::{from_json_of, to_json};
use crate::limits::{MAX_RESPONSE_BYTES, MAX_RESULT_BYTES, too_large};
use crate::service::{Lambda, Service};
use crate::wire::{Event, Update};
use minilambda::__private::{catch_panic, log_error, silence, to_text};
use minilambda::{Context, Error, FromJson, ToJson, decode};
use miniserde::Deserialize;
use std::thread;

/// Makes a [`Handler`](minilambda::Handler) from a function `fn(E, &Durable) -> Result<R>`, where
/// `E` is [read from JSON](minilambda::FromJson) and `R` is [written as JSON](minilambda::ToJson):
/// types that derive miniserde's `Deserialize` and `Serialize`, or `Serde<T>` for a type with
/// serde's.
///
/// ```
/// use minilambda::Handler;
/// use minilambda_durable::{Durable, Result, durable};
/// use std::time::Duration;
///
/// fn remind(name: String, durable: &Durable) -> Result<String> {
///     durable.wait("a-day", Duration::from_secs(86_400))?;
///     durable.step("write", |_| Ok(format!("Hello again, {name}!")))
/// }
/// static HANDLERS: &[(&str, Handler)] = &[("remind", durable!(remind))];
/// ```
#[macro_export]
macro_rules! durable {
    ($function:expr) => {
        $crate::__private::Handler::durable(|event, context| {
            $crate::__private::serve($function, event, context)
        })
    };
}

/// What [`durable!`](crate::durable!) makes a handler of.
///
/// # Errors
/// Those of the invocation, which Lambda repeats. The errors of the function are a response.
pub fn serve<E: FromJson, R: ToJson, F: Function<E, R>>(
    function: F,
    event: Vec<u8>,
    context: &Context,
) -> std::result::Result<Vec<u8>, Error> {
    let run = |input: &str, durable: &Durable| {
        let result = function.invoke(from_json_of(format_args!("the input"), input)?, durable)?;
        Ok(to_json(&result)?)
    };
    let result = respond(&Lambda(context), &event, context, &run);
    silence(false);
    result
}

/// Only the event of an execution has an ARN.
#[derive(Deserialize)]
struct Named {
    #[serde(rename = "DurableExecutionArn")]
    arn: Option<String>,
}

/// The response of an invocation whose operations are not over.
const PENDING: &[u8] = br#"{"Status":"PENDING"}"#;

/// The response of one whose result the service has already.
const SUCCEEDED: &[u8] = br#"{"Status":"SUCCEEDED","Result":""}"#;

pub(crate) fn respond(
    service: &dyn Service,
    event: &[u8],
    context: &Context,
    run: &dyn Fn(&str, &Durable) -> Result<String>,
) -> std::result::Result<Vec<u8>, Error> {
    let event = decode::<Event>(event).map_err(|error| not_decoded(event, &error))?;
    let execution = Execution::new(event, context, service);
    if let Some(end) = execution.take_end() {
        return ended(end);
    }
    let (id, input) = execution.input()?;
    let scope = Scope::default();
    let durable = Durable::new(&execution, &scope, "", 0);
    durable.update_silence();
    let result = thread::scope(|threads| {
        let late = || {
            context.attach_to_thread();
            execution.send_late();
        };
        // Without this thread the start of a step is sent with its result.
        let _ = thread::Builder::new().spawn_scoped(threads, late);
        // A panic is an error of the function like any other: repeating it would not help.
        let result = catch_panic(|| Ok(run(&input, &durable)));
        execution.returned();
        result.unwrap_or_else(|panic| Err(panic.into()))
    });
    match (execution.take_end(), result) {
        (Some(end), _) => ended(end),
        // Whatever the function has returned: it may have swallowed the error of an operation.
        _ if durable.is_sealed() => Ok(PENDING.to_vec()),
        (None, Err(Stop(Reason::Suspended(_)))) => Ok(PENDING.to_vec()),
        (None, Err(Stop(Reason::Failed(failure)))) => Ok(failed(&failure)),
        (None, Ok(result)) => succeeded(&execution, &id, &result),
    }
}

fn succeeded(execution: &Execution, id: &str, result: &str) -> std::result::Result<Vec<u8>, Error> {
    let response = format!(r#"{{"Status":"SUCCEEDED","Result":{}}}"#, to_text(result));
    if response.len() <= MAX_RESPONSE_BYTES {
        return Ok(response.into_bytes());
    }
    if result.len() > MAX_RESULT_BYTES {
        let error = too_large("the result of the function", result.len(), MAX_RESULT_BYTES);
        return Ok(failed(&Failure::of(&error, "")));
    }
    match execution.record(Update::of_execution(id).payload(result), true) {
        Ok(()) => Ok(SUCCEEDED.to_vec()),
        Err(_) => execution.take_end().map_or_else(|| Ok(PENDING.to_vec()), ended),
    }
}

/// The response of an invocation in which nothing more was recorded.
fn ended(end: End) -> std::result::Result<Vec<u8>, Error> {
    match end {
        End::Revoked => Ok(PENDING.to_vec()),
        End::Fatal(failure) => Ok(failed(&failure)),
        End::Fault(error) => Err(error),
    }
}

/// The response of an execution that has failed.
fn failed(failure: &Failure) -> Vec<u8> {
    silence(false);
    // A panic is in the log already.
    if failure.kind != "Function.Panic" {
        let place = Some(&*failure.operation).filter(|name| !name.is_empty());
        let message = place.map_or_else(
            || failure.message.clone(),
            |name| format!("{} (of the operation {name:?})", failure.message),
        );
        log_error(&Error::new(failure.kind.clone(), message));
    }
    format!(r#"{{"Status":"FAILED","Error":{}}}"#, failure.to_json()).into_bytes()
}

/// The error of an event that is none of an execution, or one whose state is not as expected.
#[cold]
fn not_decoded(event: &[u8], error: &Error) -> Error {
    if decode::<Named>(event).is_ok_and(|named| named.arn.is_some()) {
        let message = format!("the event of the execution: {}", error.message());
        return Error::new("Durable.InvalidState", message);
    }
    let message = "the event is not that of a durable execution: the function needs a \
                   `DurableConfig`, and is invoked by a version, an alias or $LATEST; \
                   minilambda-local runs it locally";
    Error::new("Durable.NotConfigured", message)
}
