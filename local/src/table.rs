//! The table of a program's handlers.

use crate::error::Error;
use crate::guardian::Guardian;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

/// A program that waits for something instead of listing its handlers is ended.
const PATIENCE: Duration = Duration::from_secs(5);

/// The most bytes of a usage that are read.
const MAX_BYTES: u64 = 1024 * 1024;

/// Reads the names from the usage that minilambda prints when it is called without arguments.
/// Another program has no such list.
pub(crate) fn read(program: &Path, guardian: &Arc<Guardian>) -> Result<Vec<String>, Error> {
    let program = std::path::absolute(program).unwrap_or_else(|_| program.to_owned());
    let mut command = Command::new(&program);
    command.env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut group = guardian.spawn(&mut command).map_err(|error| {
        Error::start(&format!("cannot start `{}`: was it built?", program.display()), error)
    })?;
    let pipe = group.child.stderr.take();
    let (sender, text) = mpsc::channel();
    let read = move || {
        let mut bytes = Vec::new();
        let _ = pipe.map(|pipe| pipe.take(MAX_BYTES).read_to_end(&mut bytes));
        // The receiver is gone after the time limit.
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    };
    thread::Builder::new().spawn(read).map_err(Error::no_thread)?;
    let text = text.recv_timeout(PATIENCE).unwrap_or_default();
    Ok(names(&text))
}

/// The handlers of a usage.
pub(crate) fn names(usage: &str) -> Vec<String> {
    let list = usage.split_once("\nhandlers:\n").map_or("", |(_, list)| list);
    let names = list.lines().map_while(|line| line.strip_prefix("  "));
    names.map(|name| name.strip_suffix(" (durable)").unwrap_or(name).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_those_of_the_usage() {
        let usage = "usage: a HANDLER\nRuns.\n\nhandlers:\n  shop.order (durable)\n  shop.page\n";
        assert_eq!(super::names(usage), ["shop.order", "shop.page"]);
        assert!(super::names("thread main panicked").is_empty());
    }
}
