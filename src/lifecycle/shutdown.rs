//! The hook on SIGTERM, which Lambda sends only to a function with an extension.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>.

use super::hooks::{self, Hook};
use super::workers::Exit;
use crate::api::{Api, Fatal};
use crate::logging;
use signal_hook::{consts::SIGTERM, low_level::pipe};
use std::io::{self, Read};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{self, Sender};
use std::thread;

/// Calls the hook on SIGTERM and then reports the exit. Registers the process as its own
/// extension, which must be done before the first event is asked for.
///
/// Returns false if SIGTERM came before the registration had a response.
pub(crate) fn listen(hook: Hook, api: &Api, exits: &Sender<Exit>) -> Result<bool, Fatal> {
    let failed = |error| Fatal::worker(format!("cannot listen for SIGTERM: {error}"));
    let (go_on, may_go_on) = mpsc::channel();
    let terminated = go_on.clone();
    let exits = exits.clone();
    on_sigterm(move || {
        if let Err(error) = hooks::call(Some(hook)) {
            logging::error(&error);
        }
        // There is no receiver of this after the registration, nor of the exit before.
        let _ = terminated.send(false);
        let _ = exits.send(Exit::Shutdown);
    })
    .map_err(failed)?;
    let api = api.with_own_connection();
    spawn("extension", move || register(&api, &go_on)).map_err(failed)?;
    Ok(may_go_on.recv().unwrap_or(true))
}

/// Registers, and then waits for an event of the extension, which never comes. Lambda takes the
/// extension for started only when it asks.
fn register(api: &Api, go_on: &Sender<bool>) {
    let id = api.register_extension();
    let _ = go_on.send(true); // fails if SIGTERM came first
    match id {
        Ok(id) => {
            if let Err(message) = api.await_extension_event(&id) {
                logging::without_panic(|| log::debug!("the extension's wait has ended: {message}"));
            }
        }
        // Emulators have no extensions API, and may send SIGTERM nevertheless.
        Err(message) => logging::without_panic(|| {
            log::warn!("no extension was registered, so Lambda may not send SIGTERM: {message}");
        }),
    }
}

/// Starts a thread that calls the function after the first SIGTERM.
fn on_sigterm(function: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let (mut signals, raised) = UnixStream::pair()?;
    pipe::register(SIGTERM, raised)?;
    spawn("sigterm", move || {
        if signals.read(&mut [0]).is_ok_and(|count| count > 0) {
            function();
        }
    })
}

fn spawn(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<()> {
    thread::Builder::new().name(name.to_owned()).spawn(body).map(drop)
}
