//! One event at a desk: `bootstrap HANDLER [FILE | -]`.

use crate::{Context, Handler, invoke, table};
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
pub(crate) fn run(handlers: &[(&str, Handler)]) -> ExitCode {
    let mut arguments = env::args_os();
    let program = arguments.next().unwrap_or_default();
    let arguments: Vec<OsString> = arguments.collect();
    match once(handlers, &arguments) {
        Ok(status) => status.into(),
        Err(why) => {
            eprint!("{why}{}", usage(&program.to_string_lossy(), handlers));
            WRONG_USE.into()
        }
    }
}

/// The exit status, or why the command line cannot be followed.
fn once(handlers: &[(&str, Handler)], arguments: &[OsString]) -> Result<u8, String> {
    let (name, source) = match arguments {
        [] => return Err(String::new()),
        [name] => (name, OsString::from("-")),
        [name, source] => (name, source.to_owned()),
        _ => return Err("error: too many arguments\n\n".to_owned()),
    };
    let handler = table::find(handlers, Some(&name.to_string_lossy()))
        .map_err(|error| format!("error: {}\n\n", error.message()))?;
    let event = read(&source)
        .map_err(|error| format!("error: cannot read {}: {error}\n\n", source.to_string_lossy()))?;
    invoke::note_panics();
    let context = Context { request_id: "local".to_owned(), ..Context::from_env() };
    Ok(match invoke::call(handler, event, &context) {
        Ok(mut response) => {
            response.push(b'\n');
            // A reader that has gone away, as `head` does, has seen what it wanted.
            let _ = io::stdout().write_all(&response);
            ANSWERED
        }
        Err(error) => {
            eprintln!("{}", error.to_json());
            FAILED
        }
    })
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
