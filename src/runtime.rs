//! Picks the handler and the way to run it; and THE loop.

use crate::api::{Api, Stop};
use crate::logging::{self, Reader};
use crate::{Context, Handler, invoke, local, table};
use std::convert::Infallible;
use std::env;
use std::process::ExitCode;

/// Runs the handler that is asked for.
///
/// **On Lambda**, and under an emulator, `AWS_LAMBDA_RUNTIME_API` is set. The handler is the one
/// that `_HANDLER` names, or, where that is not set, as in a container image, the first argument.
/// It serves events until the process is ended from outside; `run` returns only when it cannot go
/// on, a failure. A name that is not in the table is reported as `Runtime.NoSuchHandler`, and a
/// name that is there twice as `Runtime.AmbiguousHandler`, before the first event.
///
/// **Elsewhere** the command line is `bootstrap HANDLER [FILE | -]`: the handler runs once, on the
/// event in the file or on stdin. The response goes to stdout, the log to stderr. The exit status is
/// 0; or 1 when the handler or the event failed, with the error on stderr as the service would
/// get it; or 2, with the usage and the list of handlers, when the name, the file or the arguments
/// are wrong or missing.
///
/// The logger is set up first, unless the program has set one.
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
