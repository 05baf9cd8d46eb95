//! One invocation from the event to the report: the deadline, the memory and the end of the program
//! are watched here.

use crate::clock;
use crate::ids;
use crate::instance::{Event, Init, Instance, Message};
use crate::invocation::{FunctionError, Invocation, Report, Request};
use crate::json::{self, object, text};
use crate::lock::lock;
use crate::log::Log;
use crate::process::describe;
use crate::settings::{INIT_TIMEOUT, MAX_RESPONSE_BYTES};
use crate::subscription::Stream;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// The interval at which the memory is read while a function runs.
const TICK: Duration = Duration::from_millis(10);

/// A part of a response, as soon as it is there.
#[derive(Debug)]
pub(crate) enum Part<'a> {
    Begin { content_type: &'a str, is_streaming: bool },
    Bytes(&'a [u8]),
}

/// The end of an invocation.
enum End {
    Responded,
    /// With the error document.
    Failed(Vec<u8>),
    /// With the error's type and message; the program has ended or has to be ended.
    Broken(&'static str, String),
    TimedOut,
}

/// Runs one invocation on an instance that is reserved for it.
pub(crate) fn run(
    instance: &Arc<Instance>,
    is_cold: bool,
    request: Request,
    body: Arc<Vec<u8>>,
    on_part: &mut dyn FnMut(Part),
) -> Invocation {
    let (sender, messages) = mpsc::channel();
    let event = Arc::new(Event {
        id: request.id.unwrap_or_else(ids::uuid),
        body,
        headers: request.headers,
        messages: sender,
        log: Mutex::new(Log::new(&instance.settings.logs)),
        fault: request.fault,
        faults: AtomicUsize::new(0),
        has_responded: AtomicBool::new(false),
        has_failed: AtomicBool::new(false),
        is_reported: AtomicBool::new(false),
        accepted: Instant::now(),
    });
    let run = Run {
        instance,
        event,
        notes: request.notes,
        messages,
        collected: Vec::new(),
        content_type: None,
        late_end: None,
    };
    let init = is_cold.then(|| instance.wait_for_init(INIT_TIMEOUT.max(instance.timeout())));
    let result = match init {
        Some((Init::Done(init), None)) => run.process(Some(init), on_part),
        None => run.process(None, on_part),
        Some((init, exit)) => run.failed_init(init, exit),
    };
    instance.release();
    result
}

struct Run<'a> {
    instance: &'a Arc<Instance>,
    event: Arc<Event>,
    /// Lines for the log, before those of the function.
    notes: Vec<String>,
    messages: Receiver<Message>,
    collected: Vec<u8>,
    /// That of the response, and whether it is streamed.
    content_type: Option<(String, bool)>,
    /// How the program has ended after its response, if it has not asked for the next event: a hook
    /// after the response takes too long, or exits.
    late_end: Option<End>,
}

impl Run<'_> {
    fn process(mut self, init: Option<Duration>, on_part: &mut dyn FnMut(Part)) -> Invocation {
        let id = self.event.id.clone();
        if init.is_some() {
            for line in self.instance.take_init_log() {
                lock(&self.event.log).push(line);
            }
        }
        self.note_start();
        self.instance.give(&self.event);
        let start = Instant::now();
        let mut max_memory = 0;
        let end = self.watch(start, &mut max_memory, on_part);
        let duration = start.elapsed();
        let how = self.late_end.as_ref().unwrap_or(&end);
        match how {
            End::TimedOut => {
                self.instance.note_timeout();
                self.instance.report_end(&self.event, "timeout", None);
            }
            End::Broken(kind, _) => self.instance.report_end(&self.event, "failure", Some(kind)),
            _ => {}
        }
        if matches!(how, End::TimedOut | End::Broken(..)) {
            self.instance.kill();
            self.instance.stop();
        }
        self.instance.drain_log();
        self.instance.forget(&id);
        let memory = Some(max_memory).filter(|memory| *memory > 0);
        let duration = match (&end, &self.late_end) {
            (End::TimedOut, _) | (_, Some(End::TimedOut)) => self.instance.timeout(),
            _ => duration,
        };
        let report = Report::new(duration, init, memory, self.instance.memory_mb());
        self.finish(end, report)
    }

    /// Follows the program until it asks for the next event, or cannot any more.
    fn watch(
        &mut self,
        start: Instant,
        max_memory: &mut u64,
        on_part: &mut dyn FnMut(Part),
    ) -> End {
        let timeout = self.instance.timeout();
        let mut end = None;
        loop {
            let left = (start + timeout).saturating_duration_since(Instant::now());
            if left.is_zero() {
                return self.ended(end, End::TimedOut);
            }
            match self.messages.recv_timeout(left.min(TICK)) {
                Ok(Message::Begin { content_type, is_streaming }) => {
                    on_part(Part::Begin { content_type: &content_type, is_streaming });
                    self.content_type = Some((content_type, is_streaming));
                }
                Ok(Message::Part(bytes)) => {
                    on_part(Part::Bytes(&bytes));
                    self.collected.extend_from_slice(&bytes);
                }
                Ok(Message::Responded(None)) => end = Some(End::Responded),
                Ok(Message::Responded(Some(document)) | Message::Failed(document)) => {
                    end = Some(End::Failed(document));
                }
                Ok(Message::TooLarge(length)) => end = Some(End::Failed(too_large(length))),
                Ok(Message::Finished) => {
                    return self.out_of_memory(max_memory).or(end).unwrap_or_else(|| {
                        let message = "the function asked for its next event before it responded";
                        End::Failed(json::error_document("Runtime.ResponseLost", message))
                    });
                }
                Ok(Message::Exited(exit)) => return self.ended(end, exited(exit)),
                Ok(Message::Crashed(kind, message)) => {
                    return self.ended(end, End::Broken(kind, message));
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    if let Some(end) = self.out_of_memory(max_memory) {
                        return end;
                    }
                }
            }
            if self.instance.settings.workers.is_some() && end.is_some() {
                // Other events of the program go on; its next request is not for this one.
                return end.unwrap_or(End::Responded);
            }
        }
    }

    /// The program does not go on. Its response counts, if it has responded before.
    fn ended(&mut self, responded: Option<End>, how: End) -> End {
        let Some(responded) = responded else { return how };
        self.late_end = Some(how);
        responded
    }

    fn out_of_memory(&self, max_memory: &mut u64) -> Option<End> {
        *max_memory = self.instance.max_memory_kb()?.max(*max_memory);
        let is_over = *max_memory > u64::from(self.instance.memory_mb()) * 1024;
        let message = "Runtime exited with error: signal: killed".to_owned();
        is_over.then_some(End::Broken("Runtime.OutOfMemory", message))
    }

    /// An error before the first event.
    fn failed_init(mut self, init: Init, exit: Option<ExitStatus>) -> Invocation {
        let took = self.instance.started_for();
        let not_ready = self.instance.not_ready();
        self.instance.stop();
        let lines = self.instance.take_init_log();
        lock(&self.event.log).extend(lines);
        let end = match (init, exit) {
            (Init::Failed(document), _) => End::Failed(document),
            (_, Some(exit)) => exited(exit),
            (_, None) => End::TimedOut,
        };
        let status = match &end {
            End::Failed(document) => {
                format!("error\tError Type: {}", FunctionError::of(document).kind)
            }
            End::Broken(kind, _) => format!("error\tError Type: {kind}"),
            _ => "timeout".to_owned(),
        };
        let ms = clock::fraction_ms(took);
        self.note(format!("INIT_REPORT Init Duration: {ms:.2} ms\tPhase: init\tStatus: {status}"));
        if matches!(end, End::TimedOut) {
            for line in not_ready {
                self.note(line);
            }
        }
        self.note_start();
        let report = Report::new(Duration::ZERO, Some(took), None, self.instance.memory_mb());
        self.finish(end, report)
    }

    fn note_start(&mut self) {
        for note in std::mem::take(&mut self.notes) {
            self.note(note);
        }
        self.note(format!("START RequestId: {} Version: $LATEST", self.event.id));
        self.instance.telemetry.add(Stream::Platform, "start", || {
            object([("requestId", text(&*self.event.id)), ("version", text("$LATEST"))])
        });
    }

    fn note(&self, line: String) {
        self.instance.note(&self.event, line);
    }

    fn finish(mut self, end: End, report: Report) -> Invocation {
        let id = self.event.id.clone();
        let late_status = self.late_end.take().and_then(|end| self.explain(end).0);
        let (status, document) = self.explain(end);
        let status = status.or(late_status);
        self.note(format!("END RequestId: {id}"));
        self.note(report.line(&id, status));
        let has_failed = document.is_some();
        self.instance
            .telemetry
            .add(Stream::Platform, "report", || report.record(&id, status, has_failed));
        let (content_type, is_streamed) = self.content_type.take().unwrap_or_default();
        let failure = document.as_deref().map(FunctionError::of);
        let log = lock(&self.event.log).take();
        Invocation {
            request_id: id,
            // What was streamed before a failure stays.
            payload: match document {
                Some(document) if !is_streamed => document,
                _ => self.collected,
            },
            failure,
            content_type,
            is_streamed,
            log,
            report,
        }
    }
}

impl Run<'_> {
    /// Writes to the log how the program has ended. Returns the status of the report, and the
    /// document of the error.
    fn explain(&self, end: End) -> (Option<&'static str>, Option<Vec<u8>>) {
        let id = &self.event.id;
        match end {
            End::Responded => (None, None),
            End::Failed(document) => (None, Some(document)),
            End::Broken(kind, message) => {
                let message = format!("RequestId: {id} Error: {message}");
                self.note(format!("{message}\n{kind}"));
                (Some(kind), Some(json::error_document(kind, &message)))
            }
            End::TimedOut => {
                let seconds = self.instance.timeout().as_secs_f64();
                let message = format!("Task timed out after {seconds:.2} seconds");
                let now = clock::rfc3339(clock::now());
                self.note(format!("{now} {id} {message}"));
                let message = format!("RequestId: {id} Error: {message}");
                (Some("timeout"), Some(json::error_document("Sandbox.Timedout", &message)))
            }
        }
    }
}

fn exited(exit: ExitStatus) -> End {
    End::Broken("Runtime.ExitError", describe(exit))
}

fn too_large(length: usize) -> Vec<u8> {
    let message = format!(
        "Response payload size ({length} bytes) exceeded maximum allowed payload size \
         ({MAX_RESPONSE_BYTES} bytes)."
    );
    json::error_document("Function.ResponseSizeTooLarge", &message)
}
