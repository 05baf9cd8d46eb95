//! Several loops at once, and waiting for the end of all of them.
//!
//! On managed instances Lambda gives a process as many events at once as it says in
//! `AWS_LAMBDA_MAX_CONCURRENCY`, one to each asking /next: each worker is a thread with a loop and
//! a connection of its own.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-runtimes.html>.

use crate::api::{Api, Stop};
use crate::hooks::Hooks;
use crate::runtime::Worker;
use std::sync::mpsc::{self, Sender};
use std::{env, thread};

/// As much as the main thread has, so that a handler does not care where it runs. What is not
/// touched is not taken.
const STACK_BYTES: usize = 8 * 1024 * 1024;

/// How many events Lambda wants to give to this process at once.
pub(crate) fn count() -> usize {
    const VARIABLE: &str = "AWS_LAMBDA_MAX_CONCURRENCY";
    let Ok(text) = env::var(VARIABLE) else { return 1 };
    text.parse().ok().filter(|count| *count > 0).unwrap_or_else(|| {
        log::warn!("{VARIABLE} is not a number above zero; one event is served at a time");
        1
    })
}

/// Why waiting is over.
enum End {
    Worker(Stop),
    #[cfg(feature = "shutdown")]
    Shutdown,
}

/// Serves until the last worker has stopped, or the first that says that nobody can go on.
/// That is a failure; an orderly shutdown is none.
pub(crate) fn serve(api: &Api, worker: &Worker, count: usize, hooks: &Hooks) -> Result<(), Stop> {
    let (report, ends) = mpsc::channel();
    listen_for_shutdown(api, hooks, &report)?;
    for slot in 0..count {
        let (api, worker, report) = (api.another(), worker.clone(), report.clone());
        let body = move || {
            let Err(stop) = worker.serve(api, slot, count > 1);
            let _ = report.send(End::Worker(stop)); // nobody listens once the process ends
        };
        thread::Builder::new()
            .name(format!("worker-{slot}"))
            .stack_size(STACK_BYTES)
            .spawn(body)
            .map_err(|error| Stop::new(format!("cannot start worker {slot}: {error}")))?;
    }
    drop(report);
    let mut left = count;
    for end in ends {
        match end {
            End::Worker(stop) if stop.of_process || left == 1 => return Err(stop),
            End::Worker(stop) => {
                left -= 1;
                log::error!("one of {count} workers has stopped, {left} go on: {}", stop.why);
            }
            #[cfg(feature = "shutdown")]
            End::Shutdown => return Ok(()),
        }
    }
    Err(Stop::new("the workers have stopped".to_owned()))
}

#[cfg(not(feature = "shutdown"))]
fn listen_for_shutdown(_: &Api, _: &Hooks, _: &Sender<End>) -> Result<(), Stop> {
    Ok(())
}

/// Calls the hook on SIGTERM, which Lambda sends only to a function with an extension.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>.
#[cfg(feature = "shutdown")]
fn listen_for_shutdown(api: &Api, hooks: &Hooks, report: &Sender<End>) -> Result<(), Stop> {
    use crate::{hooks, logging};
    use signal_hook::{consts::SIGTERM, low_level::pipe};
    use std::io::Read;
    use std::os::unix::net::UnixStream;

    let Some(on_shutdown) = hooks.on_shutdown else { return Ok(()) };
    let cannot = |error| Stop::new(format!("cannot listen for SIGTERM: {error}"));
    let (mut signals, raised) = UnixStream::pair().map_err(cannot)?;
    pipe::register(SIGTERM, raised).map_err(cannot)?;
    let report = report.clone();
    thread::spawn(move || {
        if signals.read(&mut [0]).is_ok_and(|count| count > 0) {
            if let Err(error) = hooks::call([&on_shutdown]) {
                logging::error(&error);
            }
            let _ = report.send(End::Shutdown);
        }
    });
    let api = api.another();
    match api.register_extension() {
        // It has no events, so that this blocks to the end; but it must be asked.
        Ok(id) => drop(thread::spawn(move || api.await_extension_event(&id))),
        // Emulators have no extensions; SIGTERM may come all the same.
        Err(why) => log::warn!(
            "no extension was registered, so Lambda may not announce its shutdown: {why}"
        ),
    }
    Ok(())
}
