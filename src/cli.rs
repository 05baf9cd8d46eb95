//! A local run: one event from a file or stdin, `bootstrap HANDLER [FILE | -]`.

use crate::api::error_report;
use crate::handler::{Response, lookup};
use crate::lifecycle::hooks::{self, Hooks};
use crate::{Context, Error, Handler, logging};
use std::ffi::OsString;
use std::io::{self, ErrorKind, IsTerminal, Read, Write};
use std::process::ExitCode;
use std::{env, fs};

/// Exit statuses: the handler responded; it failed, or its response was not written; the command
/// line is wrong.
const RESPONDED: u8 = 0;
const FAILED: u8 = 1;
const WRONG_USAGE: u8 = 2;

/// Runs a handler on one event. The response is written to stdout; an error is written to stderr,
/// as the document that Lambda would get.
pub(crate) fn run(handlers: &[(&str, Handler)], hooks: &Hooks) -> ExitCode {
    let mut arguments = env::args_os();
    let program = arguments.next().unwrap_or_default();
    let arguments: Vec<OsString> = arguments.collect();
    if let [only] = &*arguments {
        if only == "--help" || only == "-h" {
            Stdout::default().print(usage(&program.to_string_lossy(), handlers).as_bytes());
            return RESPONDED.into();
        }
    }
    let status = run_once(handlers, hooks, &arguments).unwrap_or_else(|message| {
        print_error(&format!("{message}{}", usage(&program.to_string_lossy(), handlers)));
        WRONG_USAGE
    });
    logging::flush();
    status.into()
}

/// Returns the exit status, or what is wrong with the command line.
fn run_once(
    handlers: &[(&str, Handler)],
    hooks: &Hooks,
    arguments: &[OsString],
) -> Result<u8, String> {
    let (name, source) = match arguments {
        [] => return Err(String::new()),
        [name] => (name, OsString::from("-")),
        [name, source] => (name, source.to_owned()),
        _ => return Err("error: too many arguments\n\n".to_owned()),
    };
    let handler = lookup::find(handlers, Some(&name.to_string_lossy()))
        .map_err(|error| format!("error: {}\n\n", error.message()))?;
    let event = read(&source)
        .map_err(|error| format!("error: cannot read {}: {error}\n\n", source.to_string_lossy()))?;
    let mut stdout = Stdout::default();
    if let Err(error) = hooks::call(hooks.init).and_then(|()| hooks::call(handler.init)) {
        print_failure(&error);
        return Ok(FAILED);
    }
    if !serve(handler, hooks, event, &mut stdout) {
        return Ok(FAILED);
    }
    if let Some(error) = stdout.error {
        print_error(&format!("error: cannot write the response to stdout: {error}\n"));
        return Ok(FAILED);
    }
    Ok(RESPONDED)
}

/// Serves the event, in the order of a function on Lambda. Returns whether the handler responded.
fn serve(handler: Handler, hooks: &Hooks, event: Vec<u8>, stdout: &mut Stdout) -> bool {
    let context = Context { request_id: "local".to_owned(), ..Context::from_env() };
    logging::begin_invocation(&context, false);
    if let Some(logger) = hooks.logger {
        (logger.begin)(logger, &context, &event);
    }
    let result = handler.respond(event, &context, stdout);
    match &result {
        Ok(Response::Buffered(response)) => {
            stdout.print(response);
            stdout.print(b"\n");
        }
        Ok(Response::Streamed) => stdout.print(b"\n"),
        Err(failure) => {
            if let Some(logger) = hooks.logger {
                (logger.fail)(&context);
            }
            print_failure(&failure.error);
        }
    }
    if let Some(hook) = hooks.after_response {
        hook.call(&context);
    }
    result.is_ok()
}

/// Writes the document that Lambda would get.
fn print_failure(error: &Error) {
    print_error(&format!("{}\n", error_report::to_json(error)));
}

/// Stdout, and the first error of writing to it. A streaming handler does not get this error: on
/// Lambda it would not have failed.
#[derive(Default)]
struct Stdout {
    error: Option<io::Error>,
}

impl Stdout {
    fn print(&mut self, bytes: &[u8]) {
        if self.error.is_none() {
            let mut stdout = io::stdout();
            let result = stdout.write_all(bytes).and_then(|()| stdout.flush());
            // A reader that closes the pipe, such as `head`, has read what it needs.
            self.error = result.err().filter(|error| error.kind() != ErrorKind::BrokenPipe);
        }
    }
}

impl Write for Stdout {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.print(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes to stderr. If that fails, the exit status is all that can be said.
fn print_error(text: &str) {
    let _ = io::stderr().write_all(text.as_bytes());
}

fn read(source: &OsString) -> io::Result<Vec<u8>> {
    if source != "-" {
        return fs::read(source);
    }
    let mut stdin = io::stdin();
    if stdin.is_terminal() {
        print_error("reading the event from the terminal; end it with ^D\n");
    }
    let mut event = Vec::new();
    stdin.read_to_end(&mut event)?;
    Ok(event)
}

fn usage(program: &str, handlers: &[(&str, Handler)]) -> String {
    let line = |(name, handler): &(&str, Handler)| {
        let mark = if handler.is_durable() { " (durable)" } else { "" };
        format!("{name}{mark}")
    };
    let names: Vec<_> = handlers.iter().map(line).collect();
    format!(
        "usage: {program} HANDLER [FILE | -]\n\
         Runs a handler on the event in FILE, or on stdin, and prints its response.\n\
         On AWS Lambda, where AWS_LAMBDA_RUNTIME_API is set, it serves events.\n\n\
         handlers:\n  {}\n",
        names.join("\n  ")
    )
}
