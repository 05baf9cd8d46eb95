//! The log of a program: each line is given to its event.

use super::external::External;
use super::{Event, Instance};
use crate::json::{parse_object, text};
use crate::lock::lock;
use crate::process::{Process, wait_for_log};
use crate::subscription::Stream;
use miniserde::json::Value;
use std::sync::atomic::Ordering;

impl Instance {
    /// The lines that were written before there was an event.
    pub fn take_init_log(&self) -> Vec<String> {
        self.drain_log();
        lock(&self.state).init_log.take()
    }

    /// Reads the log until the program ends.
    pub(super) fn follow_log(&self) {
        let pipe = self.process.as_ref().and_then(Process::log_pipe);
        let Some(pipe) = pipe else { return };
        while !self.drain_log() {
            wait_for_log(&pipe);
        }
    }

    /// Gives the lines that were written to their event. Returns whether there will be no more.
    pub fn drain_log(&self) -> bool {
        let order = lock(&self.log_order);
        for external in &self.externals {
            self.read_extension(external);
        }
        let process = self.process.as_ref();
        let has_ended =
            process.is_none_or(|it| it.read_log(|line| self.give_line(Stream::Function, &line)));
        drop(order);
        has_ended
    }

    /// Gives the lines of an extension to their event. Returns whether there will be no more.
    pub(super) fn read_extension(&self, external: &External) -> bool {
        external.process.read_log(|line| self.give_line(Stream::Extension, &line))
    }

    pub(super) fn give_line(&self, stream: Stream, line: &str) {
        // A record of several lines is one line with carriage returns.
        let line = line.replace('\r', "\n");
        let is_json = self.settings.environment.get("AWS_LAMBDA_LOG_FORMAT");
        let is_json = is_json.is_some_and(|format| format == "JSON");
        self.telemetry.add(stream, "", || {
            let object = is_json.then(|| parse_object(line.as_bytes())).flatten();
            object.map_or_else(|| text(&*line), Value::Object)
        });
        self.settings.note_line(&self.handler, &line);
        let mut state = lock(&self.state);
        // An extension still works for an event that is finished.
        let count = state.open.len() + state.queue.len() + state.finished.len();
        let mut events = state.open.iter().chain(&state.queue).chain(&state.finished);
        let owner = match count {
            1 => events.next(),
            _ => events.find(|event| line.contains(&event.id)),
        };
        match owner.cloned() {
            Some(event) => lock(&event.log).push(line),
            None => state.init_log.push(line),
        }
    }

    /// Adds a line of Lambda itself to the log of an event.
    pub fn note(&self, event: &Event, line: String) {
        self.settings.note_line(&self.handler, &line);
        lock(&event.log).note(line);
    }

    /// Says something that belongs to no event.
    pub(super) fn say(&self, line: &str) {
        let line = format!("minilambda-local: {line}");
        self.settings.note_line(&self.handler, &line);
    }

    /// Notes that a request was refused which is not the program's. Once, for a page can send many.
    pub fn note_refusal(&self, address: &str) {
        if !self.has_refused.swap(true, Ordering::SeqCst) {
            self.say(&format!(
                "a request to the Runtime API on {address} was refused with status 403: it is not from \
                 the program"
            ));
        }
    }
}
