//! One program and the events that it was given: what Lambda calls an execution environment.

mod by_hand;
mod event;
mod extensions;
mod external;
mod log;
mod requests;

use crate::error::Error;
use crate::guardian::Guardian;
use crate::json::{object, text};
use crate::listener;
use crate::lock::{lock, unpoisoned};
use crate::log::{Log, Running};
use crate::process::Process;
use crate::settings::Settings;
use crate::subscription::Stream;
use crate::telemetry::Telemetry;
pub(crate) use event::{Event, Message};
pub(crate) use extensions::Refusal;
use extensions::Registered;
use external::External;
pub(crate) use external::check_names;
use std::collections::VecDeque;
use std::net::SocketAddr;
use std::process::ExitStatus;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// The time that an event has in a program that is debugged.
const DEBUGGING: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) struct Instance {
    pub handler: String,
    pub settings: Arc<Settings>,
    /// `None` if the user starts it.
    process: Option<Process>,
    externals: Vec<External>,
    /// The tenant that it is for, if there is one.
    pub tenant: Option<String>,
    pub telemetry: Arc<Telemetry>,
    state: Mutex<State>,
    changed: Condvar,
    /// Held while log lines are read and given to their event.
    log_order: Mutex<()>,
    started: Instant,
    has_refused: AtomicBool,
}

struct State {
    queue: VecDeque<Arc<Event>>,
    /// The events that were handed out, until the program asks for the next one.
    open: Vec<Arc<Event>>,
    /// The number of invocations that use it.
    reserved: usize,
    /// When the last one has ended.
    released: Instant,
    /// The number of requests for an event that wait.
    asking: usize,
    init: Init,
    init_log: Log,
    extensions: Vec<Registered>,
    /// The number of external extensions that have ended.
    ended_extensions: usize,
    /// Why an extension has ended the program.
    crash: Option<Refusal>,
    /// The events whose response is there, while extensions still work.
    finished: Vec<Arc<Event>>,
    /// Whether the program has asked for an event once.
    has_asked: bool,
    is_closing: bool,
    exit: Option<ExitStatus>,
    /// The last event of external extensions, and the reason in it.
    shutdown: Option<String>,
    shutdown_reason: &'static str,
    /// Whether program and extensions have ended.
    is_over: bool,
}

impl State {
    fn new(logs: &Arc<Running>, reserved: usize) -> Self {
        Self {
            queue: VecDeque::new(),
            open: Vec::new(),
            reserved,
            released: Instant::now(),
            asking: 0,
            init: Init::Running,
            init_log: Log::new(logs),
            extensions: Vec::new(),
            ended_extensions: 0,
            crash: None,
            finished: Vec::new(),
            has_asked: false,
            is_closing: false,
            exit: None,
            shutdown: None,
            shutdown_reason: "failure",
            is_over: false,
        }
    }
}

/// The state of the initialisation.
#[derive(Clone)]
pub(crate) enum Init {
    Running,
    /// It took this long, until the first request for an event.
    Done(Duration),
    /// With the error document.
    Failed(Vec<u8>),
}

impl Instance {
    /// Starts a program whose Runtime API listens on `address`, and follows its log and its end. A
    /// place is reserved for the event that it is started for: it may have ended by then.
    pub fn start(
        handler: &str,
        settings: &Arc<Settings>,
        guardian: &Arc<Guardian>,
        address: SocketAddr,
        tenant: Option<String>,
    ) -> Result<Arc<Self>, Error> {
        let started = Instant::now();
        let externals = External::start_all(settings, handler, guardian, address)?;
        let environment = settings.environment_of(handler, &address.to_string());
        let process = match Process::start(&settings.program, environment, guardian) {
            Ok(process) => process,
            Err(error) => {
                external::end_all(&externals);
                return Err(error);
            }
        };
        let state = State::new(&settings.logs, 1);
        let process = (Some(process), externals);
        let instance = Self::new(handler, settings, process, tenant, state, started);
        let of_end = Arc::clone(&instance);
        if let Err(error) = thread::Builder::new().spawn(move || of_end.follow_end(address)) {
            instance.kill();
            instance.process.as_ref().map(Process::wait);
            external::end_all(&instance.externals);
            return Err(Error::no_thread(error));
        }
        let of_log = Arc::clone(&instance);
        if let Err(error) = thread::Builder::new().spawn(move || of_log.follow_log()) {
            instance.stop();
            return Err(Error::no_thread(error));
        }
        if let Err(error) = instance.follow_extensions() {
            instance.stop();
            return Err(error);
        }
        Ok(instance)
    }

    fn new(
        handler: &str,
        settings: &Arc<Settings>,
        (process, externals): (Option<Process>, Vec<External>),
        tenant: Option<String>,
        state: State,
        started: Instant,
    ) -> Arc<Self> {
        let telemetry = Telemetry::new();
        telemetry.add(Stream::Platform, "initStart", || {
            let name = settings.names.function_of(handler);
            let [kind, phase, _] = extensions::phase("");
            let version = ("functionVersion", text("$LATEST"));
            object([kind, phase, ("functionName", text(name)), version])
        });
        Arc::new(Self {
            handler: handler.to_owned(),
            settings: Arc::clone(settings),
            process,
            externals,
            tenant,
            telemetry,
            state: Mutex::new(state),
            changed: Condvar::new(),
            log_order: Mutex::default(),
            started,
            has_refused: AtomicBool::new(false),
        })
    }

    /// Waits for the end of the program, and tells all that wait for something else.
    fn follow_end(&self, address: SocketAddr) {
        let Some(exit) = self.process.as_ref().map(Process::wait) else { return };
        self.drain_log();
        let (open, crash) = {
            let mut state = lock(&self.state);
            state.exit = Some(exit);
            let crash = state.crash.clone();
            let State { open, queue, finished, .. } = &mut *state;
            let lost = open.drain(..).chain(queue.drain(..)).chain(finished.drain(..));
            (lost.collect::<Vec<_>>(), crash)
        };
        self.changed.notify_all();
        for event in open {
            let kind = crash.as_ref().map_or("Runtime.ExitError", |(kind, _)| kind);
            self.report_end(&event, "failure", Some(kind));
            event.send(match &crash {
                Some((kind, message)) => Message::Crashed(kind, message.clone()),
                None => Message::Exited(exit),
            });
        }
        self.shut_down();
        lock(&self.state).is_over = true;
        self.changed.notify_all();
        listener::wake(address);
    }

    /// Whether it has one worker, as everywhere but on managed instances.
    fn has_one_worker(&self) -> bool {
        self.settings.workers.is_none()
    }

    /// Whether a debugger may stop the program at any time.
    pub fn is_debugged(&self) -> bool {
        self.is_by_hand() || self.settings.debugged.as_ref() == Some(&self.handler)
    }

    /// The time that an event has.
    pub fn timeout(&self) -> Duration {
        if self.is_debugged() { DEBUGGING } else { self.settings.timeout_of(&self.handler) }
    }

    /// The memory that the program may have, in MiB.
    pub fn memory_mb(&self) -> u32 {
        self.settings.memory_mb_of(&self.handler)
    }

    pub fn pid(&self) -> Option<i32> {
        self.process.as_ref().map(Process::id)
    }

    pub fn kill(&self) {
        self.process.as_ref().map(Process::kill);
    }

    fn processes(&self) -> impl Iterator<Item = &Process> {
        self.process.iter().chain(self.externals.iter().map(|external| &external.process))
    }

    pub fn freeze(&self) {
        self.telemetry.set_frozen(true);
        self.processes().for_each(Process::freeze);
    }

    pub fn thaw(&self) {
        self.processes().for_each(Process::thaw);
        self.telemetry.set_frozen(false);
    }

    /// The most memory that the program has had, in KiB, if it is known.
    pub fn max_memory_kb(&self) -> Option<u64> {
        self.process.as_ref().and_then(Process::max_memory_kb)
    }

    // ---- for invocations

    /// Takes a place for an event, if there is one.
    pub fn reserve(&self) -> bool {
        let mut state = lock(&self.state);
        let is_usable =
            state.exit.is_none() && !state.is_closing && !matches!(state.init, Init::Failed(_));
        let has_place = is_usable && state.reserved < self.settings.workers.unwrap_or(1);
        state.reserved += usize::from(has_place);
        has_place
    }

    /// Returns the time since its start.
    pub fn started_for(&self) -> Duration {
        self.started.elapsed()
    }

    pub fn release(&self) {
        let mut state = lock(&self.state);
        state.reserved -= 1;
        state.released = Instant::now();
    }

    /// When its last event was over, if it has none.
    pub fn idle_since(&self) -> Option<Instant> {
        let state = lock(&self.state);
        (state.reserved == 0).then_some(state.released)
    }

    pub fn is_idle(&self) -> bool {
        lock(&self.state).reserved == 0
    }

    pub fn is_initialised(&self) -> bool {
        matches!(lock(&self.state).init, Init::Done(_))
    }

    pub fn has_exited(&self) -> bool {
        lock(&self.state).exit.is_some()
    }

    /// Whether its extensions have ended, too.
    pub fn is_over(&self) -> bool {
        lock(&self.state).is_over
    }

    /// Waits for the end of the initialisation, which may be the program's end.
    pub fn wait_for_init(&self, limit: Duration) -> (Init, Option<ExitStatus>) {
        let end = Instant::now() + limit;
        let mut state = lock(&self.state);
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let has_failed = matches!(state.init, Init::Failed(_)) && state.exit.is_none();
            let is_over = matches!(state.init, Init::Done(_)) || state.exit.is_some();
            if is_over || left.is_zero() {
                return (state.init.clone(), state.exit);
            }
            // A program that has reported an error is given a moment to exit, and its log to
            // arrive.
            let left = if has_failed { left.min(Duration::from_millis(500)) } else { left };
            let (next, waited) = unpoisoned(self.changed.wait_timeout(state, left));
            state = next;
            if has_failed && waited.timed_out() {
                return (state.init.clone(), state.exit);
            }
        }
    }

    /// Gives it an event.
    pub fn give(&self, event: &Arc<Event>) {
        let mut state = lock(&self.state);
        if let Some(exit) = state.exit {
            return event.send(Message::Exited(exit));
        }
        lock(&event.log).extend(state.init_log.take());
        state.queue.push_back(Arc::clone(event));
        self.thaw();
        drop(state);
        self.changed.notify_all();
    }

    /// Says that the next end of the program is that of an event without time.
    pub fn note_timeout(&self) {
        lock(&self.state).shutdown_reason = "timeout";
    }

    /// Forgets an event that has ended in another way than by its response.
    pub fn forget(&self, id: &str) {
        let mut state = lock(&self.state);
        state.queue.retain(|event| event.id != id);
        state.open.retain(|event| event.id != id);
        state.finished.retain(|event| event.id != id);
    }

    /// Stops the program until its next event, as Lambda does.
    pub fn freeze_if_idle(&self) {
        let state = lock(&self.state);
        let has_events = !state.open.is_empty() || !state.queue.is_empty();
        let is_idle = !has_events && state.asking > 0 && !state.is_extension_busy();
        // An extension may still start.
        let is_idle = is_idle && !matches!(state.init, Init::Running);
        let may_freeze = self.settings.freeze && self.has_one_worker() && !self.is_debugged();
        if may_freeze && is_idle && !state.is_closing {
            self.freeze();
        }
    }

    /// Ends the program, unless it is the user's. With a registered extension it gets SIGTERM and
    /// half a second.
    pub fn stop(&self) {
        let Some(process) = &self.process else { return };
        let has_extension = {
            let mut state = lock(&self.state);
            state.is_closing = true;
            if state.shutdown_reason != "timeout" && state.exit.is_none() && state.crash.is_none() {
                state.shutdown_reason = "spindown";
            }
            !state.extensions.is_empty()
        };
        if has_extension {
            process.terminate();
            let end = Instant::now() + Duration::from_millis(500);
            let mut state = lock(&self.state);
            while state.exit.is_none() && Instant::now() < end {
                let left = end.saturating_duration_since(Instant::now());
                (state, _) = unpoisoned(self.changed.wait_timeout(state, left));
            }
        }
        process.kill();
        let mut state = lock(&self.state);
        while !state.is_over {
            state = unpoisoned(self.changed.wait(state));
        }
    }
}
