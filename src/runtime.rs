//! Picks the handler and the way to run it; and THE loop.

use crate::api::{Api, Stop};
use crate::logging::{self, Reader};
use crate::{Context, Handler, invoke, local, table};
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
    let handler = table::find(handlers, asked_for().as_deref()).or_else(|error| {
        api.fail_init(&error)?;
        Err(Stop(error.to_string()))
    })?;
    serve(&mut api, handler, &mut Context::from_env())
}

/// The name in `_HANDLER`, or, where that is not set, as in a container image, in the first argument.
fn asked_for() -> Option<String> {
    let name = env::var("_HANDLER").ok().filter(|name| !name.is_empty());
    name.or_else(|| env::args_os().nth(1).map(|name| name.to_string_lossy().into_owned()))
}

/// THE loop: every event gets one answer, and the process ends only where none can be given.
fn serve(api: &mut Api, handler: Handler, context: &mut Context) -> Result<Infallible, Stop> {
    loop {
        let event = api.next(context)?;
        logging::begin_invocation(&context.request_id);
        export_trace_id(context);
        let response = event.and_then(|event| invoke::call(handler, event, context));
        match response {
            Ok(body) => api.respond(context, &body)?,
            Err(error) => {
                log::error!("{error}");
                api.fail(context, &error)?;
            }
        }
        logging::end_invocation();
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
