//! The messages of a queue at the stand-in.

use crate::aws::SQS;
use crate::json::{self, array, number, object, text};
use crate::settings::Settings;
use miniserde::json::{Object, Value};
use std::thread;
use std::time::{Duration, Instant};

/// The most messages of one request, and of one deletion.
pub(super) const MAX_MESSAGES: usize = 10;

/// The seconds that a request waits for a message.
const WAIT: u64 = 5;

/// The time between two requests if there is no message.
const LEAST_WAIT: Duration = Duration::from_secs(1);

/// Waits for messages, for 5 s or for the time that is `left`.
pub(super) fn receive(
    settings: &Settings,
    url: &str,
    most: usize,
    left: Option<Duration>,
) -> Result<Vec<Object>, String> {
    let wait = left.map_or(WAIT, |left| left.as_secs() + 1).min(WAIT);
    let wanted = object([
        ("QueueUrl", text(url)),
        ("MaxNumberOfMessages", number(most.min(MAX_MESSAGES) as u64)),
        ("WaitTimeSeconds", number(wait)),
        ("AttributeNames", array([text("All")])),
        ("MessageAttributeNames", array([text("All")])),
    ]);
    let asked = Instant::now();
    let mut got = SQS.call(settings, "ReceiveMessage", &wanted)?;
    let received = match got.remove("Messages") {
        Some(Value::Array(received)) => json::objects(received),
        _ => Vec::new(),
    };
    if received.is_empty() {
        // Not each stand-in waits.
        thread::sleep(LEAST_WAIT.saturating_sub(asked.elapsed()));
    }
    Ok(received)
}

/// Deletes the messages with these receipt handles. All are tried; the error is the last one.
pub(super) fn delete(settings: &Settings, url: &str, handles: &[&str]) -> Result<(), String> {
    let mut result = Ok(());
    for handles in handles.chunks(MAX_MESSAGES) {
        let entries = handles.iter().enumerate().map(|(number, handle)| {
            object([("Id", text(number.to_string())), ("ReceiptHandle", text(*handle))])
        });
        let wanted = object([("QueueUrl", text(url)), ("Entries", array(entries))]);
        match SQS.call(settings, "DeleteMessageBatch", &wanted) {
            Ok(got) => {
                if let Some(Value::Array(failed)) = got.get("Failed") {
                    if !failed.is_empty() {
                        result = Err(format!("{} of {}", failed.len(), handles.len()));
                    }
                }
            }
            Err(message) => result = Err(message),
        }
    }
    result
}
