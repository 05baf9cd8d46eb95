//! Several loops at once, and waiting for the end of all of them.
//!
//! On managed instances Lambda gives a process as many events at once as it says in
//! `AWS_LAMBDA_MAX_CONCURRENCY`, one to each asking /next: each worker is a thread with a loop and
//! a connection of its own.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances-runtimes.html>.

use super::hooks::Hooks;
use crate::api::{Api, Stop};
use crate::runtime::Worker;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
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

/// Where ends are told, and waited for.
#[derive(Clone, Default)]
struct Ends(Arc<(Mutex<Vec<End>>, Condvar)>);

impl Ends {
    fn tell(&self, end: End) {
        let (ends, told) = &*self.0;
        ends.lock().unwrap_or_else(PoisonError::into_inner).push(end);
        told.notify_one();
    }

    fn wait(&self) -> End {
        let (ends, told) = &*self.0;
        let mut ends = ends.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(end) = ends.pop() {
                return end;
            }
            ends = told.wait(ends).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Serves until the last worker has stopped, or the first that says that nobody can go on.
/// That is a failure; an orderly shutdown is none.
pub(crate) fn serve(api: &Api, worker: &Worker, count: usize, hooks: &Hooks) -> Result<(), Stop> {
    let ends = Ends::default();
    listen_for_shutdown(api, hooks, &ends)?;
    for slot in 0..count {
        let (api, worker, ends) = (api.another(), worker.clone(), ends.clone());
        let body = move || {
            let Err(stop) = worker.serve(api, slot, count > 1);
            ends.tell(End::Worker(stop));
        };
        thread::Builder::new()
            .name(format!("worker-{slot}"))
            .stack_size(STACK_BYTES)
            .spawn(body)
            .map_err(|error| Stop::new(format!("cannot start worker {slot}: {error}")))?;
    }
    let mut left = count;
    loop {
        match ends.wait() {
            End::Worker(stop) if stop.of_process || left == 1 => return Err(stop),
            End::Worker(stop) => {
                left -= 1;
                log::error!("one of {count} workers has stopped, {left} go on: {}", stop.why);
            }
            #[cfg(feature = "shutdown")]
            End::Shutdown => return Ok(()),
        }
    }
}

#[cfg(not(feature = "shutdown"))]
fn listen_for_shutdown(_: &Api, _: &Hooks, _: &Ends) -> Result<(), Stop> {
    Ok(())
}

/// Calls the hook on SIGTERM, which Lambda sends only to a function with an extension.
///
/// See <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>.
#[cfg(feature = "shutdown")]
fn listen_for_shutdown(api: &Api, hooks: &Hooks, ends: &Ends) -> Result<(), Stop> {
    use super::hooks;
    use crate::logging;
    use signal_hook::{consts::SIGTERM, low_level::pipe};
    use std::io::Read;
    use std::os::unix::net::UnixStream;

    let Some(on_shutdown) = hooks.on_shutdown else { return Ok(()) };
    let cannot = |error| Stop::new(format!("cannot listen for SIGTERM: {error}"));
    let (mut signals, raised) = UnixStream::pair().map_err(cannot)?;
    pipe::register(SIGTERM, raised).map_err(cannot)?;
    let ends = ends.clone();
    thread::spawn(move || {
        if signals.read(&mut [0]).is_ok_and(|count| count > 0) {
            if let Err(error) = hooks::call([&on_shutdown]) {
                logging::error(&error);
            }
            ends.tell(End::Shutdown);
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
