//! The life of the process: init, restore, and the loop that serves events.

use crate::api::stream::PostStream;
use crate::api::{Api, Delivery, Fatal, metadata, names};
use crate::handler::{HandlerError, Response, lookup};
use crate::lifecycle::deadline::DeadlineWatch;
use crate::lifecycle::hooks::{self, AfterResponse, Hooks};
use crate::lifecycle::workers;
use crate::logging::logger::Plugin;
use crate::memory::Memory;
use crate::{Context, Error, Handler, cli, environment, json, logging, panics};
use std::convert::Infallible;
use std::process::ExitCode;
use std::sync::{Arc, mpsc};
use std::{env, io};

/// Runs the handler that the function's configuration names.
///
/// **On Lambda**, and under an emulator, `AWS_LAMBDA_RUNTIME_API` is set. The handler is the one
/// that `_HANDLER` names, or, if that is not set, as in a container image, the first argument. It
/// serves events until the process is ended from outside: `run` returns only after a failure. A
/// name that is not in the table is reported as `Runtime.NoSuchHandler`, and a name that is in it
/// twice as `Runtime.AmbiguousHandler`, before the first event.
///
/// **Elsewhere** the command line is `bootstrap HANDLER [FILE | -]`: the handler runs once, on the
/// event in the file or on stdin. The response is written to stdout and the log to stderr. The exit
/// status is 0; or 1 if the handler failed or the response could not be written, with the error
/// document on stderr; or 2, with the usage and the list of handlers, if the arguments are wrong or
/// the file cannot be read.
///
/// The logger is set up first, unless the program has set one. A panic is logged by a hook; one
/// that the program has set is called too.
#[must_use]
pub fn run(handlers: &[(&str, Handler)]) -> ExitCode {
    run_with(handlers, &Hooks::new())
}

/// Like [`run`], with functions to call at start, around a snapshot, and at shutdown.
#[must_use]
pub fn run_with(handlers: &[(&str, Handler)], hooks: &Hooks) -> ExitCode {
    let Some(address) = environment::variable("AWS_LAMBDA_RUNTIME_API") else {
        json::warn_of_names();
        logging::init_locally(hooks.logger);
        panics::install_hook(logging::panic);
        return cli::run(handlers, hooks);
    };
    if env::var_os("MINILAMBDA_LOCAL").is_some() {
        json::warn_of_names(); // minilambda-local serves the events
    }
    logging::init_on_lambda(hooks.logger);
    panics::install_hook(logging::panic);
    let exit = panics::catch_any(|| run_on_lambda(handlers, hooks, &address))
        .unwrap_or_else(|error| Err(Fatal::worker(error.to_string())));
    if let Err(fatal) = &exit {
        logging::without_panic(|| log::error!("{}", fatal.message));
    }
    logging::flush();
    exit.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
}

fn run_on_lambda(handlers: &[(&str, Handler)], hooks: &Hooks, address: &str) -> Result<(), Fatal> {
    let api = Api::new(address)?;
    let name = handler_name();
    let snap_start =
        env::var("AWS_LAMBDA_INITIALIZATION_TYPE").is_ok_and(|kind| kind == "snap-start");
    let handler = init(handlers, name.as_deref(), hooks, snap_start)
        .map_err(|error| exit_reason(&error, api.fail_init(&error)))?;
    let api = if snap_start { restore(api, hooks)? } else { api };

    let count = workers::count();
    let watch = (!hooks.without_deadline_warning)
        .then(|| DeadlineWatch::new(name.unwrap_or_default(), count));
    let (after_response, logger) = (hooks.after_response, hooks.logger);
    let concurrent = count > 1;
    let worker = Worker { handler, after_response, logger, watch, number: 0, concurrent };
    if count == 1 && hooks.on_shutdown.is_none() {
        let Err(fatal) = worker.serve(api);
        return Err(fatal);
    }

    let (exits, exited) = mpsc::channel();
    #[cfg(feature = "shutdown")]
    if let Some(hook) = hooks.on_shutdown {
        if !crate::lifecycle::shutdown::listen(hook, &api, &exits)? {
            return Ok(());
        }
    }
    let started = workers::start(count, &exits, |number| {
        let (worker, api) = (Worker { number, ..worker.clone() }, api.with_own_connection());
        Box::new(move || {
            let Err(fatal) = worker.serve(api);
            fatal
        })
    })?;
    drop(exits);
    workers::wait(started, &exited)
}

/// Everything before the first event that can fail because of the function.
fn init(
    handlers: &[(&str, Handler)],
    name: Option<&str>,
    hooks: &Hooks,
    snap_start: bool,
) -> Result<Handler, Error> {
    let handler = lookup::find(handlers, name)?;
    hooks::call(hooks.init)?;
    hooks::call(handler.init)?;
    if snap_start {
        hooks::call(hooks.before_snapshot)?;
    }
    Ok(handler)
}

/// Waits while the snapshot is taken and restored, perhaps days later on another machine.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks.html>.
fn restore(api: Api, hooks: &Hooks) -> Result<Api, Fatal> {
    api.wait_for_restore()?;
    let api = api.with_own_connection(); // no connection survives a snapshot
    metadata::forget();
    hooks::call(hooks.after_restore)
        .map_err(|error| exit_reason(&error, api.fail_restore(&error)))?;
    Ok(api)
}

/// The reason why the process exits after an error, whether or not Lambda got the error.
fn exit_reason(error: &Error, report: Result<Delivery, Fatal>) -> Fatal {
    logging::error(error);
    let kind = error.kind();
    Fatal::worker(match report {
        Ok(delivery) => {
            log_delivery(&delivery);
            format!("the function cannot start because of the error {kind} above")
        }
        Err(fatal) => {
            format!(
                "the function cannot start because of the error {kind} above; {}",
                fatal.message
            )
        }
    })
}

/// Returns the name in `_HANDLER`, or, if that is not set, as in a container image, the first
/// argument.
fn handler_name() -> Option<String> {
    environment::variable("_HANDLER")
        .or_else(|| env::args_os().nth(1).map(|name| name.to_string_lossy().into_owned()))
}

/// What serves events, one at a time.
#[derive(Clone)]
struct Worker {
    handler: Handler,
    after_response: Option<AfterResponse>,
    logger: Option<Plugin>,
    watch: Option<Arc<DeadlineWatch>>,
    number: usize,
    concurrent: bool,
}

impl Worker {
    /// The loop. Every event gets one response. It ends only if none can be given.
    fn serve(&self, mut api: Api) -> Result<Infallible, Fatal> {
        let mut context = Context::from_env();
        let mut memory = Memory::new(!self.concurrent);
        loop {
            let event = api.next(&mut context, &mut memory)?;
            if let Some(error) = event.stale {
                logging::without_panic(|| {
                    log::debug!(
                        "the connection to the Runtime API was stale ({error}); asked again"
                    );
                });
            }
            logging::begin_invocation(&context, self.concurrent);
            if let Some(logger) = &self.logger {
                let event = event.body.as_deref().unwrap_or_default();
                (logger.begin)(*logger, &context, event);
            }
            if !self.concurrent {
                // AWS SDKs read the trace id there. With several workers it would be ambiguous.
                environment::set_trace_id(context.trace_id.as_deref());
            }
            self.watch.iter().for_each(|watch| watch.begin(self.number, &context));
            let response = self.respond(&api, event.body, &context);
            if let (Some(hook), Ok(_)) = (self.after_response, &response) {
                self.watch.iter().for_each(|watch| watch.responded(self.number));
                hook.call(&context);
            }
            self.watch.iter().for_each(|watch| watch.end(self.number));
            logging::end_invocation(&context, self.concurrent);
            memory.keep(response?);
        }
    }

    /// Calls the handler and sends its response or error. Returns the response's bytes.
    fn respond(
        &self,
        api: &Api,
        event: io::Result<Vec<u8>>,
        context: &Context,
    ) -> Result<Vec<u8>, Fatal> {
        let mut stream = PostStream::new(api, context);
        let response = event
            .map_err(|error| HandlerError::from(truncated(&error)))
            .and_then(|event| self.handler.respond(event, context, &mut stream))
            .and_then(check_size);
        let (delivery, bytes) = match response {
            Ok(Response::Buffered(response)) => (api.respond(context, &response)?, response),
            Ok(Response::Streamed) => (stream.end(None)?, Vec::new()),
            Err(HandlerError { error, has_begun }) => {
                logging::error(&error);
                let delivery =
                    if has_begun { stream.end(Some(&error))? } else { api.fail(context, &error)? };
                (delivery, Vec::new())
            }
        };
        log_delivery(&delivery);
        Ok(bytes)
    }
}

fn truncated(error: &io::Error) -> Error {
    Error::new("Runtime.TruncatedEvent", format!("the event did not arrive completely: {error}"))
}

/// Lambda rejects a larger response without telling the caller why.
fn check_size(response: Response) -> Result<Response, HandlerError> {
    match &response {
        Response::Buffered(bytes) if bytes.len() > names::MAX_RESPONSE_BYTES => {
            Err(HandlerError::from(Error::new(
                "Function.ResponseSizeTooLarge",
                format!(
                    "the response has {} bytes and Lambda accepts at most {}: return less, or \
                     write it to S3 and return its key",
                    bytes.len(),
                    names::MAX_RESPONSE_BYTES
                ),
            )))
        }
        _ => Ok(response),
    }
}

fn log_delivery(delivery: &Delivery) {
    match delivery {
        Delivery::Accepted => {}
        Delivery::Rejected(message) | Delivery::Lost(message) => {
            logging::without_panic(|| log::error!("{message}"));
        }
    }
}
