//! One event at a desk: `bootstrap HANDLER [FILE | -]`.

use crate::api::error_report as report;
use crate::handler::Form;
use crate::handler::{lookup, panics};
use crate::lifecycle::hooks::{self, Hooks};
use crate::response_stream::Sink;
use crate::{Context, Error, Handler, Stream};
use std::ffi::OsString;
use std::io::{self, IsTerminal, Read, Write};
use std::process::ExitCode;
use std::{env, fs};

/// Exit statuses: the handler answered; it or the event failed; the command line was wrong.
const ANSWERED: u8 = 0;
const FAILED: u8 = 1;
const WRONG_USE: u8 = 2;

/// Runs a handler on one event: the response goes to stdout, an error as the service would get
/// it to stderr, beside the log.
pub(crate) fn run(handlers: &[(&str, Handler)], hooks: &Hooks) -> ExitCode {
    let mut arguments = env::args_os();
    let program = arguments.next().unwrap_or_default();
    let arguments: Vec<OsString> = arguments.collect();
    match once(handlers, hooks, &arguments) {
        Ok(status) => status.into(),
        Err(why) => {
            eprint!("{why}{}", usage(&program.to_string_lossy(), handlers));
            WRONG_USE.into()
        }
    }
}

/// The exit status, or why the command line cannot be followed.
fn once(handlers: &[(&str, Handler)], hooks: &Hooks, arguments: &[OsString]) -> Result<u8, String> {
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
    Ok(match answer(handler, hooks, event) {
        Ok(()) => ANSWERED,
        Err(error) => {
            eprintln!("{}", report::to_json(&error));
            FAILED
        }
    })
}

fn answer(handler: Handler, hooks: &Hooks, event: Vec<u8>) -> Result<(), Error> {
    hooks::call(&hooks.init)?;
    let context = Context { request_id: "local".to_owned(), ..Context::from_env() };
    match handler.0 {
        Form::Whole(function) => {
            let response = panics::catch(|| function(event, &context))?;
            print(&response);
        }
        Form::Streaming(function) => {
            let mut terminal = Terminal;
            let mut stream = Stream::new(&mut terminal);
            panics::catch(|| function(event, &context, &mut stream))?;
            stream.finish()?;
        }
    }
    print(b"\n");
    Ok(())
}

/// Shows a stream as it comes.
struct Terminal;

impl Sink for Terminal {
    fn begin(&mut self, content_type: &str) -> io::Result<()> {
        log::debug!("the response is {content_type}");
        Ok(())
    }

    fn chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        print(bytes);
        Ok(())
    }
}

/// A reader that has gone away, as `head` does, has seen what it wanted.
fn print(bytes: &[u8]) {
    let mut stdout = io::stdout();
    let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
}

fn read(source: &OsString) -> io::Result<Vec<u8>> {
    if source != "-" {
        return fs::read(source);
    }
    let mut stdin = io::stdin();
    if stdin.is_terminal() {
        eprintln!("reading the event from the terminal; end it with ^D");
    }
    let mut event = Vec::new();
    stdin.read_to_end(&mut event)?;
    Ok(event)
}

fn usage(program: &str, handlers: &[(&str, Handler)]) -> String {
    let names: Vec<_> = handlers.iter().map(|(name, _)| *name).collect();
    format!(
        "usage: {program} HANDLER [FILE | -]\n\
         Runs a handler on the event in FILE, or on stdin, and prints its response.\n\
         On AWS Lambda, where AWS_LAMBDA_RUNTIME_API is set, it serves events.\n\n\
         handlers:\n  {}\n",
        names.join("\n  ")
    )
}
