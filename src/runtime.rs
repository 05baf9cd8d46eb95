//! Picks the handler and the way to run it; and THE loop.

use crate::api::{Api, Stop};
use crate::logging::{self, Reader};
use crate::{Context, Error, Handler, invoke, local, table};
use std::convert::Infallible;
use std::env;
use std::process::ExitCode;

/// Runs the handler that is asked for, until the process is ended from outside.
///
/// On Lambda, and under an emulator, `AWS_LAMBDA_RUNTIME_API` is set: then `_HANDLER` names the
/// handler, or, in a container image, the first argument does. Elsewhere the handler runs once, on
/// the event in a file: `bootstrap HANDLER [FILE | -]`.
///
/// Returns when the process should end. The exit code is a failure in all cases but one, the run
/// at a desk that went well: on Lambda a function does not end of its own.
#[must_use]
pub fn run(handlers: &[(&str, Handler)]) -> ExitCode {
    match env::var("AWS_LAMBDA_RUNTIME_API") {
        Ok(address) if !address.is_empty() => {
            logging::init(Reader::CloudWatch);
            invoke::note_panics();
            let Err(Stop(why)) = on_lambda(handlers, &address);
            log::error!("{why}");
            log::logger().flush();
            ExitCode::FAILURE
        }
        _ => {
            logging::init(Reader::Person);
            local::run(handlers)
        }
    }
}

fn on_lambda(handlers: &[(&str, Handler)], address: &str) -> Result<Infallible, Stop> {
    let mut api = Api::new(address)?;
    let handler = asked_for().and_then(|name| table::find(handlers, &name)).or_else(|error| {
        api.fail_init(&error)?;
        Err(Stop(format!("{error}")))
    })?;
    serve(&mut api, handler, &mut Context::from_env())
}

/// The name in `_HANDLER`, or, where that is not set, as in a container image, in the first argument.
fn asked_for() -> Result<String, Error> {
    let name = env::var("_HANDLER").ok().filter(|name| !name.is_empty());
    name.or_else(|| env::args().nth(1)).ok_or_else(|| {
        let why =
            "no handler is named: set the function's handler, or the image's CMD, to one of them";
        Error::new(table::NO_SUCH_HANDLER, why)
    })
}

/// THE loop: every event gets one answer, and the process ends only where none can be given.
fn serve(api: &mut Api, handler: Handler, context: &mut Context) -> Result<Infallible, Stop> {
    loop {
        let event = api.next(context)?;
        logging::serve(&context.request_id);
        export_trace_id(context);
        let response = event.and_then(|event| invoke::call(handler, event, context));
        match response {
            Ok(body) => api.respond(context, &body)?,
            Err(error) => {
                log::error!("{error}");
                api.fail(context, &error)?;
            }
        }
        log::logger().flush(); // the process may be frozen from here to the next event
    }
}

/// Sets `_X_AMZN_TRACE_ID`, which is where AWS's SDKs look for it.
#[allow(unsafe_code, reason = "the only way to set a variable; why it is sound stands below")]
fn export_trace_id(context: &Context) {
    const TRACE_ID: &str = "_X_AMZN_TRACE_ID";
    // SAFETY: Rust's own readers and writers of the environment take turns. What is left is C
    // code that reads it in a thread which a handler left running between two invocations: AWS's
    // runtimes for other languages, which set the same variable, ask the same of it.
    match &context.trace_id {
        Some(id) => unsafe { env::set_var(TRACE_ID, id) },
        None => unsafe { env::remove_var(TRACE_ID) },
    }
}
