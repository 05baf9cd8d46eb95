//! Whatever is in the data of log lines: it is refused or unpacked within its limit, and what is
//! unpacked can be written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minilambda_events::Base64;
use minilambda_events::cloudwatch::logs::{Event, Logs};
use miniserde::json;

const MAX_BYTES: usize = 1 << 20;

fuzz_target!(|bytes: &[u8]| {
    // As it comes in an event, where the string is damaged; and after the base64, where gzip is.
    let text = String::from_utf8_lossy(bytes);
    let mut event = <Event as Default>::default();
    event.awslogs.data = Base64::from(&*text);
    let _ = event.logs();
    if let Ok(logs) = Logs::unpack(bytes, MAX_BYTES) {
        let text = json::to_string(&logs);
        let again: Logs = json::from_str(&text).expect("what was read can be read again");
        assert_eq!(json::to_string(&again), text);
    }
});
