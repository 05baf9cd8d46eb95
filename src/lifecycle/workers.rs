//! Threads that serve events, and waiting for the end of all of them.
//!
//! On Lambda Managed Instances Lambda gives a process up to `AWS_LAMBDA_MAX_CONCURRENCY` events at
//! once, one for each request to /next: each worker is a thread with a loop and a connection of
//! its own.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-runtimes.html>.

use crate::api::{Fatal, Scope};
use crate::{logging, panics};
use std::sync::mpsc::{Receiver, Sender};
use std::{env, thread};

/// The same as the main thread has, so that a handler can run in either. Untouched pages take no
/// memory.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// Far above the 64 that Lambda sets by default and the 1,600 that it allows.
const MAX_WORKERS: usize = 4096;

/// Returns how many events Lambda gives to this process at once.
pub(crate) fn count() -> usize {
    const VARIABLE: &str = "AWS_LAMBDA_MAX_CONCURRENCY";
    let Ok(text) = env::var(VARIABLE) else { return 1 };
    if let Ok(count @ 1..=MAX_WORKERS) = text.parse() {
        return count;
    }
    logging::without_panic(|| {
        log::warn!(
            "{VARIABLE} is not a number from 1 to {MAX_WORKERS}; one event is served at a time"
        );
    });
    1
}

/// Why the process may end.
pub(crate) enum Exit {
    Worker(Fatal),
    #[cfg(feature = "shutdown")]
    Shutdown,
}

/// Starts the workers. `serve` gets the worker's number and returns when it cannot continue.
///
/// # Errors
/// If no thread can be started. With fewer threads than wanted, fewer events are served at once.
pub(crate) fn start(
    count: usize,
    exits: &Sender<Exit>,
    mut serve: impl FnMut(usize) -> Box<dyn FnOnce() -> Fatal + Send>,
) -> Result<usize, Fatal> {
    for worker in 0..count {
        let (serve, exits) = (serve(worker), exits.clone());
        let thread = thread::Builder::new()
            .name(format!("{}{worker}", panics::WORKER_THREAD))
            .stack_size(STACK_BYTES)
            .spawn(move || {
                // Otherwise the process would wait forever for a worker that ended silently.
                let fatal = panics::catch_any(serve)
                    .unwrap_or_else(|error| Fatal::worker(error.to_string()));
                let _ = exits.send(Exit::Worker(fatal)); // fails if the process is ending
            });
        match thread {
            Ok(_) => {}
            Err(error) if worker == 0 => {
                return Err(Fatal::worker(format!("cannot start a worker's thread: {error}")));
            }
            Err(error) => {
                logging::without_panic(|| {
                    log::error!("only {worker} of {count} workers could be started: {error}");
                });
                return Ok(worker);
            }
        }
    }
    Ok(count)
}

/// Waits until the last worker has ended, or the first that says that the process cannot
/// continue, which are failures; or for an orderly shutdown.
pub(crate) fn wait(count: usize, exits: &Receiver<Exit>) -> Result<(), Fatal> {
    let mut left = count;
    loop {
        match exits.recv() {
            Ok(Exit::Worker(fatal)) if fatal.scope == Scope::Process || left == 1 => {
                return Err(fatal);
            }
            Ok(Exit::Worker(fatal)) => {
                left -= 1;
                let message = fatal.message;
                logging::without_panic(|| {
                    log::error!("one of {count} workers has stopped, {left} continue: {message}");
                });
            }
            #[cfg(feature = "shutdown")]
            Ok(Exit::Shutdown) => return Ok(()),
            Err(_) => return Err(Fatal::worker("no worker is left".to_owned())),
        }
    }
}
