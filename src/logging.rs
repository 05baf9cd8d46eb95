//! `env_logger` set up as Lambda wants it: on stderr, one line a record, with the request id.

use env_logger::Builder;
use env_logger::fmt::Formatter;
use log::{LevelFilter, Record};
use std::cell::RefCell;
use std::io::{self, Write};

/// Who reads the log.
#[derive(Clone, Copy)]
pub(crate) enum Reader {
    /// CloudWatch Logs: a newline starts a new event there, so that inside a record it becomes
    /// a carriage return.
    CloudWatch,
    /// Somebody at a terminal.
    Person,
}

thread_local! {
    /// The invocation that this thread serves; empty between two.
    static REQUEST_ID: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Sets the logger up, unless the program has one already. `RUST_LOG` says what is logged.
pub(crate) fn init(reader: Reader) {
    let format = match reader {
        Reader::CloudWatch => cloud_watch,
        Reader::Person => person,
    };
    // That it fails where the program has set a logger of its own is as it should be.
    let _ = Builder::new()
        .filter_level(LevelFilter::Info)
        // What ureq says of each request is for those who ask for it by name.
        .filter_module("ureq", LevelFilter::Warn)
        .filter_module("ureq_proto", LevelFilter::Warn)
        .parse_default_env()
        .format(format)
        .try_init();
}

/// From now on this thread's records carry this id.
pub(crate) fn begin_invocation(request_id: &str) {
    REQUEST_ID.with_borrow_mut(|id| {
        id.clear();
        id.push_str(request_id);
    });
}

/// Nothing of the invocation's log may be left behind: the process may be frozen from here to the
/// next event.
pub(crate) fn end_invocation() {
    log::logger().flush();
    REQUEST_ID.with_borrow_mut(String::clear);
}

fn person(out: &mut Formatter, record: &Record) -> io::Result<()> {
    writeln!(out, "{:<5} {}: {}", record.level(), record.target(), record.args())
}

fn cloud_watch(out: &mut Formatter, record: &Record) -> io::Result<()> {
    let line = REQUEST_ID.with_borrow(|id| {
        let id = if id.is_empty() { "-" } else { id };
        format!("{} {id} {}: {}", record.level(), record.target(), record.args())
    });
    writeln!(out, "{}", line.replace('\n', "\r"))
}
