//! The descriptor on which Lambda takes framed records.
//!
//! The frame lets a record have several lines. AWS's runtimes for Node.js, Python and Go write the
//! same: see `aws-lambda-nodejs-runtime-interface-client`, `src/LogPatch.js`.

use crate::environment;
use log::Level;
use std::env;
use std::fs::File;
use std::time::SystemTime;

/// Returns the file for framed records, if Lambda has opened one for this process.
pub(crate) fn file() -> Option<File> {
    const VARIABLE: &str = "_LAMBDA_TELEMETRY_LOG_FD";
    let number = env::var_os(VARIABLE)?;
    environment::remove(VARIABLE); // the function's child processes must not write to it
    let number: u32 = number.to_str()?.parse().ok()?;
    // Opened by its path, because safe code cannot turn a number into a file.
    File::options().append(true).open(format!("/proc/self/fd/{number}")).ok()
}

/// Returns the head of a frame, big-endian: the type with the level, the record's length in
/// bytes, and the time in microseconds since 1970.
pub(crate) fn frame_head(level: Level, json: bool, length: usize, now: SystemTime) -> [u8; 16] {
    let kind: u32 = if json { 0xa55a_0002 } else { 0xa55a_0003 };
    let level = match level {
        Level::Trace => 1,
        Level::Debug => 2,
        Level::Info => 3,
        Level::Warn => 4,
        Level::Error => 5,
    };
    let length = u32::try_from(length).unwrap_or(u32::MAX);
    let now = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_micros();
    let mut head = [0; 16];
    let bytes = (kind | level << 2).to_be_bytes().into_iter().chain(length.to_be_bytes());
    let bytes = bytes.chain(u64::try_from(now).unwrap_or(u64::MAX).to_be_bytes());
    head.iter_mut().zip(bytes).for_each(|(place, byte)| *place = byte);
    head
}
