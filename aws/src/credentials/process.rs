//! A program that prints credentials.
//!
//! See <https://docs.aws.amazon.com/sdkref/latest/guide/feature-process-credentials.html>.

use super::container::Document;
use super::{Temporary, missing};
use crate::error::Error;
use crate::limits::Deadline;
use miniserde::json;
use std::io::Read;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// It may ask a person for a code.
const TIMEOUT: Duration = Duration::from_secs(60);

/// Between two looks whether it has ended.
const PAUSE: Duration = Duration::from_millis(5);

const MAX_OUTPUT_BYTES: u64 = 64 * 1024;

/// Runs the command of a profile. Its errors go to stderr as they are.
pub(super) fn ask(name: &str, command: &str, deadline: Deadline) -> Result<Temporary, Error> {
    let fail =
        |reason: String| missing(format!("credential_process of the profile {name}: {reason}"));
    let mut process = Command::new("/bin/sh")
        .args(["-c", command])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| fail(format!("cannot be started: {error}")))?;
    let (sender, receiver) = mpsc::channel();
    let output = process.stdout.take();
    let reader = thread::Builder::new().name("credentials".to_owned()).spawn(move || {
        let mut text = String::new();
        let read = output.map(|output| output.take(MAX_OUTPUT_BYTES).read_to_string(&mut text));
        // The caller may have stopped waiting.
        let _ = sender.send(matches!(read, Some(Ok(_))).then_some(text));
    });
    reader.map_err(|error| fail(format!("no thread can be started: {error}")))?;
    let end = deadline.or_earlier(Deadline::after(TIMEOUT));
    let limit = end.left().unwrap_or(TIMEOUT);
    let text = receiver.recv_timeout(limit);
    // It may go on after it has closed its output.
    let status = loop {
        match process.try_wait().map_err(|error| fail(error.to_string()))? {
            Some(status) if text.is_ok() => break status,
            None if text.is_ok() && end.permits(PAUSE) => thread::sleep(PAUSE),
            _ => {
                let _ = process.kill();
                let _ = process.wait();
                return Err(fail(format!("it has not come to its end in {limit:.1?}")));
            }
        }
    };
    if !status.success() {
        return Err(fail(format!("it has ended with {status}")));
    }
    let document = text.ok().flatten().and_then(|text| json::from_str::<Document>(&text).ok());
    let temporary = document.and_then(Document::into_temporary);
    temporary.ok_or_else(|| fail("its output is not a document of credentials".to_owned()))
}
