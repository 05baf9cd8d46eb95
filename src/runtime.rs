//! Picks the handler and the way to run it; and THE loop.

use crate::api::stream_response::PostStream;
use crate::api::{Api, Stop};
use crate::handler::Form;
use crate::handler::{lookup, panics};
use crate::lifecycle::deadline::Watch;
use crate::lifecycle::hooks::{self, Hooks};
use crate::lifecycle::workers;
use crate::{Context, Error, Handler, Stream, cli, environment, handler, logging};
use std::convert::Infallible;
use std::env;
use std::process::ExitCode;
use std::sync::Arc;

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
    run_with(handlers, &Hooks::default())
}

/// [`run`], with functions to call at the turns of the process's life.
#[must_use]
pub fn run_with(handlers: &[(&str, Handler)], hooks: &Hooks) -> ExitCode {
    match env::var("AWS_LAMBDA_RUNTIME_API") {
        Ok(address) if !address.is_empty() => {
            logging::init_on_lambda();
            panics::note_panics();
            let end = on_lambda(handlers, hooks, &address);
            if let Err(Stop { why, .. }) = &end {
                log::error!("{why}");
            }
            log::logger().flush();
            end.map_or(ExitCode::FAILURE, |()| ExitCode::SUCCESS)
        }
        _ => {
            logging::init_at_desk();
            panics::note_panics();
            cli::run(handlers, hooks)
        }
    }
}

fn on_lambda(handlers: &[(&str, Handler)], hooks: &Hooks, address: &str) -> Result<(), Stop> {
    let api = Api::new(address)?;
    let name = asked_for();
    let snap_start =
        env::var("AWS_LAMBDA_INITIALIZATION_TYPE").is_ok_and(|kind| kind == "snap-start");
    let handler = init(handlers, name.as_deref(), hooks, snap_start)
        .map_err(|error| after(&error, api.fail_init(&error)))?;
    let api = if snap_start { restore(api, hooks)? } else { api };
    let count = workers::count();
    let watch = (!hooks.no_deadline_warning).then(|| Watch::new(name.unwrap_or_default(), count));
    let worker = Worker { handler, watch };
    if count == 1 && !hooks.need_a_second_thread() {
        let Err(stop) = worker.serve(api, 0, false);
        return Err(stop);
    }
    workers::serve(&api, &worker, count, hooks)
}

/// All that comes before the first event and may fail through the function's fault.
fn init(
    handlers: &[(&str, Handler)],
    name: Option<&str>,
    hooks: &Hooks,
    snap_start: bool,
) -> Result<Handler, Error> {
    let handler = lookup::find(handlers, name)?;
    hooks::call(&hooks.init)?;
    if snap_start {
        hooks::call(hooks.before_snapshot.iter().rev())?;
    }
    Ok(handler)
}

/// Waits while the snapshot is taken; what comes after it may be another machine, another day.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks.html>.
fn restore(api: Api, hooks: &Hooks) -> Result<Api, Stop> {
    api.restored()?;
    let api = api.another(); // no connection survives a snapshot
    hooks::call(hooks.after_restore).map_err(|error| after(&error, api.fail_restore(&error)))?;
    Ok(api)
}

/// The end that an error brings, whether or not it could be reported.
fn after(error: &Error, report: Result<(), Stop>) -> Stop {
    match report {
        Ok(()) => Stop::new(error.to_string()),
        Err(stop) => Stop::new(format!("{error}; and {}", stop.why)),
    }
}

/// The name in `_HANDLER`, or, where that is not set, as in a container image, in the first argument.
fn asked_for() -> Option<String> {
    let name = env::var("_HANDLER").ok().filter(|name| !name.is_empty());
    name.or_else(|| env::args_os().nth(1).map(|name| name.to_string_lossy().into_owned()))
}

/// What a worker needs beside its connection.
#[derive(Clone)]
pub(crate) struct Worker {
    handler: Handler,
    watch: Option<Arc<Watch>>,
}

impl Worker {
    /// THE loop: every event gets one answer, and it ends only where none can be given.
    pub(crate) fn serve(
        &self,
        mut api: Api,
        slot: usize,
        concurrent: bool,
    ) -> Result<Infallible, Stop> {
        let mut context = Context::from_env();
        let mut memory = Vec::new();
        loop {
            let event = api.next(&mut context, memory)?;
            logging::begin_invocation(&context, concurrent);
            if !concurrent {
                // AWS's SDKs look there. Among several workers it would be anybody's.
                environment::set_trace_id(context.trace_id.as_deref());
            }
            self.watch.iter().for_each(|watch| watch.begin(slot, &context));
            let answered = answer(&api, self.handler, event, &context);
            self.watch.iter().for_each(|watch| watch.end(slot));
            memory = handler::kept(answered?);
            logging::end_invocation();
        }
    }
}

/// Calls the handler, and posts what comes of it. What is left of that is memory.
fn answer(
    api: &Api,
    handler: Handler,
    event: Result<Vec<u8>, Error>,
    context: &Context,
) -> Result<Vec<u8>, Stop> {
    let result = match handler.0 {
        Form::Whole(function) => event
            .and_then(|event| panics::catch(|| function(event, context)))
            .map(|response| api.respond(context, &response).map(|()| response)),
        Form::Streaming(function) => event.and_then(|event| {
            let mut post = PostStream::new(api, context);
            let mut stream = Stream::new(&mut post);
            let mut result = panics::catch(|| function(event, context, &mut stream));
            if result.is_ok() {
                result = stream.finish().map_err(Error::from);
            }
            let begun = stream.begun();
            match result {
                Err(error) if !begun => Err(error),
                result => {
                    let error = result.err();
                    error.iter().for_each(logging::error);
                    Ok(post.end(error.as_ref()).map(|()| Vec::new()))
                }
            }
        }),
    };
    result.unwrap_or_else(|error| {
        logging::error(&error);
        api.fail(context, &error).map(|()| Vec::new())
    })
}
