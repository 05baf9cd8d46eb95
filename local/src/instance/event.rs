//! An event on its way through a program, and what the program does with it.

use super::Instance;
use crate::clock;
use crate::fault::Fault;
use crate::log::Log;
use std::process::ExitStatus;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex};
use std::time::Instant;

/// The actions of a program with its event, for the thread that waits for its response.
#[derive(Debug)]
pub(crate) enum Message {
    /// A response begins.
    Begin { content_type: String, is_streaming: bool },
    /// A part of a response.
    Part(Vec<u8>),
    /// The end of a response; for a stream that was broken off, with its error document.
    Responded(Option<Vec<u8>>),
    /// An error document instead of a response.
    Failed(Vec<u8>),
    /// The response is too large; it has this many bytes.
    TooLarge(usize),
    /// The program has asked for its next event.
    Finished,
    /// The program has exited.
    Exited(ExitStatus),
    /// An extension has failed: the type of the error, and its message.
    Crashed(&'static str, String),
}

/// An event on its way through a program.
pub(crate) struct Event {
    pub id: String,
    pub body: Arc<Vec<u8>>,
    /// More headers of the Runtime API's response.
    pub headers: Vec<(&'static str, String)>,
    pub messages: Sender<Message>,
    pub log: Mutex<Log>,
    pub fault: Option<Fault>,
    /// The number of times that the fault has happened.
    pub faults: AtomicUsize,
    /// Whether the program has responded: it can do so once.
    pub has_responded: AtomicBool,
    /// Whether that was an error.
    pub has_failed: AtomicBool,
    /// Whether its end was reported to the subscribers of the Telemetry API.
    pub is_reported: AtomicBool,
    pub accepted: Instant,
}

impl Event {
    /// The receiver is gone if no caller waits any more.
    pub fn send(&self, message: Message) {
        if matches!(message, Message::Responded(_) | Message::Failed(_)) {
            self.has_responded.store(true, Ordering::SeqCst);
        }
        if matches!(message, Message::Responded(Some(_)) | Message::Failed(_)) {
            self.has_failed.store(true, Ordering::SeqCst);
        }
        let _ = self.messages.send(message);
    }

    /// The fault, if it is to happen at this request once more.
    pub fn due_fault(&self, is_response: bool) -> Option<&Fault> {
        let fault = self.fault.as_ref().filter(|fault| fault.is_at_response() == is_response)?;
        let is_due = self.faults.fetch_add(1, Ordering::SeqCst) < fault.count();
        is_due.then_some(fault)
    }
}

impl Instance {
    /// Returns the deadline of an event that is handed out now, in milliseconds since 1970.
    pub fn deadline_ms(&self) -> u64 {
        clock::ms(clock::now() + self.timeout())
    }
}
