//! Extensions: programs beside that of the function, and threads in it, which register for its
//! events. A program beside it is external, and is started and ended with it.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html>.

use super::external::External;
use super::{Event, Init, Instance, Message, State};
use crate::clock;
use crate::error::Error;
use crate::ids;
use crate::invocation::TRACE;
use crate::json::{self, array, number, object, text};
use crate::lock::{lock, unpoisoned};
use crate::process::{exit_of, wait_for_log};
use crate::subscription::Stream;
use miniserde::json::Value;
use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

/// The time that external extensions have after the end of the program.
const SHUTDOWN: Duration = Duration::from_secs(2);

/// The part of it in which the last records are sent.
const LAST_RECORDS: Duration = Duration::from_millis(500);

/// The most extensions that register.
const MAX_EXTENSIONS: usize = 10;

/// An extension that has registered.
pub(super) struct Registered {
    id: String,
    name: String,
    is_external: bool,
    on_invoke: bool,
    on_shutdown: bool,
    /// The events that it has not asked for yet.
    pending: VecDeque<String>,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq)]
enum Stage {
    /// It has not asked for an event yet.
    Starting,
    Ready,
    /// It has an event, or there is one for it.
    Busy,
    /// It has its last event.
    ShutDown,
}

/// A refusal: the type of the error, and its message.
pub(crate) type Refusal = (&'static str, String);

impl State {
    /// Whether all extensions have asked for their first event.
    fn is_ready(&self, externals: &[External]) -> bool {
        let is_ready = |name: &str| self.extensions.iter().any(|one| one.name == name);
        self.extensions.iter().all(|extension| extension.stage != Stage::Starting)
            && externals.iter().all(|external| is_ready(&external.name))
    }

    pub(super) fn is_extension_busy(&self) -> bool {
        self.extensions.iter().any(|extension| extension.stage == Stage::Busy)
    }
}

impl Instance {
    /// Follows the log and the end of each extension.
    pub(super) fn follow_extensions(self: &Arc<Self>) -> Result<(), Error> {
        for index in 0..self.externals.len() {
            let (of_log, of_end) = (Arc::clone(self), Arc::clone(self));
            let follow = move || of_log.follow_extension_log(index);
            thread::Builder::new().spawn(follow).map_err(Error::no_thread)?;
            let follow = move || of_end.follow_extension_end(index);
            thread::Builder::new().spawn(follow).map_err(Error::no_thread)?;
        }
        Ok(())
    }

    fn follow_extension_log(&self, index: usize) {
        let Some(external) = self.externals.get(index) else { return };
        let Some(pipe) = external.process.log_pipe() else { return };
        loop {
            let order = lock(&self.log_order);
            let has_ended = self.read_extension(external);
            drop(order);
            if has_ended {
                return;
            }
            wait_for_log(&pipe);
        }
    }

    /// An extension that ends before the program ends it.
    fn follow_extension_end(&self, index: usize) {
        let Some(external) = self.externals.get(index) else { return };
        let exit = external.process.wait();
        let mut state = lock(&self.state);
        state.ended_extensions += 1;
        let how = exit_of(exit);
        let message = format!("the extension {} has ended: {how}", external.name);
        self.crash(&mut state, "Extension.Crash", message);
        drop(state);
        self.changed.notify_all();
    }

    /// Ends the program, for an extension has failed. The first reason counts.
    fn crash(&self, state: &mut State, kind: &'static str, message: String) {
        if state.exit.is_some() || state.is_closing || state.crash.is_some() {
            return;
        }
        if matches!(state.init, Init::Running) {
            state.init = Init::Failed(json::error_document(kind, &message));
        }
        state.crash = Some((kind, message));
        self.kill();
    }

    /// Registers an extension. Returns its id.
    pub fn register_extension(&self, name: &str, events: &[String]) -> Result<String, Refusal> {
        let mut state = lock(&self.state);
        let is_external = self.externals.iter().any(|external| external.name == name);
        if !self.is_by_hand() && !matches!(state.init, Init::Running) {
            let message = "the initialisation is over: an extension registers before it";
            return Err(("Extension.RegistrationClosed", message.to_owned()));
        }
        if let Some(other) = events.iter().find(|event| !matches!(&***event, "INVOKE" | "SHUTDOWN"))
        {
            let message = format!("there is no event {other:?}, but INVOKE and SHUTDOWN");
            return Err(("Extension.InvalidEventType", message));
        }
        let has = |name: &str| events.iter().any(|event| event == name);
        if has("SHUTDOWN") && !is_external {
            let message = format!(
                "SHUTDOWN is for external extensions, and {name} is not the file name of one"
            );
            return Err(("ShutdownEventNotSupportedForInternalExtension", message));
        }
        if self.is_by_hand() {
            // Its program was started again.
            state.extensions.retain(|other| other.name != name);
        }
        if state.extensions.iter().any(|other| other.name == name) {
            let message = format!("an extension with the name {name} has registered already");
            return Err(("Extension.InvalidExtensionState", message));
        }
        if state.extensions.len() >= MAX_EXTENSIONS {
            let message = format!("there are {MAX_EXTENSIONS} extensions already");
            return Err(("Extension.TooManyExtensions", message));
        }
        let id = ids::uuid();
        state.extensions.push(Registered {
            id: id.clone(),
            name: name.to_owned(),
            is_external,
            // A program that is started by hand, and one of a managed instance, has no such events.
            on_invoke: has("INVOKE") && self.has_one_worker() && !self.is_by_hand(),
            on_shutdown: has("SHUTDOWN"),
            pending: VecDeque::new(),
            stage: Stage::Starting,
        });
        Ok(id)
    }

    /// Returns the name of an extension.
    pub fn extension_name(&self, id: &str) -> Result<String, Refusal> {
        let state = lock(&self.state);
        let found = state.extensions.iter().find(|extension| extension.id == id);
        found.map(|extension| extension.name.clone()).ok_or_else(|| unknown(id))
    }

    /// Waits for the next event of an extension. `None` at the end of the program, or if the
    /// extension has closed the connection: it may ask again on another one.
    pub fn next_of_extension(
        &self,
        id: &str,
        is_closed: &dyn Fn() -> bool,
    ) -> Result<Option<String>, Refusal> {
        self.drain_log();
        let mut state = lock(&self.state);
        let found = state.extensions.iter_mut().find(|extension| extension.id == id);
        let extension = found.ok_or_else(|| unknown(id))?;
        let is_first = extension.stage == Stage::Starting;
        let (name, on_invoke, on_shutdown) =
            (extension.name.clone(), extension.on_invoke, extension.on_shutdown);
        extension.stage = match extension.stage {
            Stage::ShutDown => Stage::ShutDown,
            _ if extension.pending.is_empty() => Stage::Ready,
            _ => Stage::Busy,
        };
        if is_first {
            self.telemetry.add(Stream::Platform, "extension", || {
                let events = [("INVOKE", on_invoke), ("SHUTDOWN", on_shutdown)];
                let events = events.into_iter().filter(|(_, is_meant)| *is_meant);
                let events = array(events.map(|(name, _)| text(name)));
                object([("name", text(name)), ("state", text("Ready")), ("events", events)])
            });
        }
        let finished = self.settle(&mut state);
        drop(state);
        self.changed.notify_all();
        for event in finished {
            event.send(Message::Finished);
        }
        self.freeze_if_idle();
        let mut state = lock(&self.state);
        loop {
            let shutdown = state.shutdown.clone();
            let is_ending = state.exit.is_some() || state.is_closing;
            let found = state.extensions.iter_mut().find(|extension| extension.id == id);
            let extension = found.ok_or_else(|| unknown(id))?;
            let is_due = if extension.is_external { shutdown.is_some() } else { is_ending };
            if (is_due || !extension.pending.is_empty() || self.is_by_hand()) && is_closed() {
                return Ok(None);
            }
            if let Some(event) = extension.pending.pop_front() {
                return Ok(Some(event));
            }
            if is_due {
                let before = std::mem::replace(&mut extension.stage, Stage::ShutDown);
                let is_meant = !extension.is_external || extension.on_shutdown;
                return Ok(shutdown
                    .or_else(|| Some(shutdown_event("spindown")))
                    .filter(|_| is_meant && before != Stage::ShutDown));
            }
            state = self.wait_for_change(state);
        }
    }

    /// Ends the program with what an extension says of itself, as Lambda does at once.
    pub fn fail_extension(&self, id: &str, kind: &'static str, said: &str) -> Result<(), Refusal> {
        let name = self.extension_name(id)?;
        let is_plain = |c: char| c.is_ascii_alphanumeric() || c == '.';
        let said: String = said.chars().filter(|c| is_plain(*c)).take(128).collect();
        let said = if said.is_empty() { "it has failed" } else { &*said };
        let message = format!("the extension {name}: {said}");
        if self.is_by_hand() {
            self.say(&format!("{kind}: {message}"));
        } else {
            self.crash(&mut lock(&self.state), kind, message);
            self.changed.notify_all();
        }
        Ok(())
    }

    /// Returns a line for each program that has not asked for its first event.
    pub fn not_ready(&self) -> Vec<String> {
        let state = lock(&self.state);
        let mut lines = Vec::new();
        for external in &self.externals {
            if !state.extensions.iter().any(|one| one.name == external.name) {
                lines.push(format!(
                    "the extension {} has not registered: its Lambda-Extension-Name is that of its file",
                    external.name
                ));
            }
        }
        for extension in state.extensions.iter().filter(|one| one.stage == Stage::Starting) {
            lines.push(format!(
                "the extension {} has not asked for its first event (GET /2020-01-01/extension/event/next)",
                extension.name
            ));
        }
        if !state.has_asked {
            lines.push(
                "the program has not asked for its first event \
                 (GET /2018-06-01/runtime/invocation/next)"
                    .to_owned(),
            );
        }
        lines
    }

    /// Ends the initialisation if all are ready for an event, and returns the events that are over:
    /// program and extensions have asked for the next one.
    pub(super) fn settle(&self, state: &mut State) -> Vec<Arc<Event>> {
        if matches!(state.init, Init::Running) && state.has_asked && state.is_ready(&self.externals)
        {
            let took = self.started.elapsed();
            state.init = Init::Done(took);
            let ms = clock::fraction_ms(took);
            self.telemetry.add(Stream::Platform, "initReport", || {
                let metrics = object([("durationMs", json::fraction(ms))]);
                let [kind, phase, status] = phase("success");
                object([kind, phase, status, ("metrics", metrics)])
            });
            self.telemetry.close_subscriptions();
        }
        if state.is_extension_busy() { Vec::new() } else { std::mem::take(&mut state.finished) }
    }

    /// Tells the extensions of an event that the program gets.
    pub(super) fn tell_extensions(&self, state: &mut State, event: &Event) {
        let trace = event.headers.iter().find(|(name, _)| *name == TRACE);
        for extension in state.extensions.iter_mut().filter(|extension| extension.on_invoke) {
            let tracing = object([
                ("type", text("X-Amzn-Trace-Id")),
                ("value", text(trace.map_or("", |(_, value)| value))),
            ]);
            let arn = self.settings.arn(&self.handler);
            let document = object([
                ("eventType", text("INVOKE")),
                ("deadlineMs", number(self.deadline_ms())),
                ("requestId", text(&*event.id)),
                ("invokedFunctionArn", text(arn)),
                ("tracing", tracing),
            ]);
            extension.pending.push_back(miniserde::json::to_string(&document));
            extension.stage = Stage::Busy;
        }
    }

    /// Ends the extensions after the program.
    pub(super) fn shut_down(&self) {
        for external in &self.externals {
            external.process.thaw();
        }
        self.telemetry.set_frozen(false);
        self.telemetry.close(LAST_RECORDS);
        if self.externals.is_empty() {
            return;
        }
        let end = Instant::now() + SHUTDOWN;
        let mut state = lock(&self.state);
        state.shutdown = Some(shutdown_event(state.shutdown_reason));
        self.changed.notify_all();
        for external in &self.externals {
            let is_meant = |one: &Registered| one.name == external.name && one.on_shutdown;
            if !state.extensions.iter().any(is_meant) {
                external.process.kill();
            }
        }
        while state.ended_extensions < self.externals.len() {
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = unpoisoned(self.changed.wait_timeout(state, left)).0;
        }
        drop(state);
        for external in &self.externals {
            external.process.kill();
        }
        let mut state = lock(&self.state);
        while state.ended_extensions < self.externals.len() {
            state = unpoisoned(self.changed.wait(state));
        }
    }

    /// Reports the end of an event to the subscribers, once.
    pub fn report_end(&self, event: &Event, status: &str, kind: Option<&str>) {
        if event.is_reported.swap(true, Ordering::SeqCst) {
            return;
        }
        let ms = clock::fraction_ms(event.accepted.elapsed());
        self.telemetry.add(Stream::Platform, "runtimeDone", || {
            let mut fields = object([
                ("requestId", text(&*event.id)),
                ("status", text(status)),
                ("metrics", object([("durationMs", json::fraction(ms))])),
            ]);
            if let (Value::Object(fields), Some(kind)) = (&mut fields, kind) {
                fields.insert("errorType".to_owned(), text(kind));
            }
            fields
        });
    }
}

/// The fields of all records of the initialisation.
pub(super) fn phase(status: &'static str) -> [(&'static str, Value); 3] {
    [("initializationType", text("on-demand")), ("phase", text("init")), ("status", text(status))]
}

fn shutdown_event(reason: &str) -> String {
    let document = object([
        ("eventType", text("SHUTDOWN")),
        ("shutdownReason", text(reason)),
        ("deadlineMs", number(clock::ms(clock::now() + SHUTDOWN))),
    ]);
    miniserde::json::to_string(&document)
}

fn unknown(id: &str) -> Refusal {
    if id.is_empty() {
        let message =
            "the header Lambda-Extension-Identifier is missing: the response to register has it";
        return ("Extension.MissingHeader", message.to_owned());
    }
    ("Extension.UnknownExtensionIdentifier", "there is no extension with this id".to_owned())
}
