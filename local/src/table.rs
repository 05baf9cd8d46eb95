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

/// The handlers of a program.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table {
    pub names: Vec<String>,
    /// The names of those that are durable.
    pub durable: Vec<String>,
}

/// The mark of a durable handler in a usage.
const DURABLE: &str = " (durable)";

/// Reads the handlers from the usage that minilambda prints when it is called without arguments.
/// Another program has no such list.
pub(crate) fn read(program: &Path, guardian: &Arc<Guardian>) -> Result<Table, Error> {
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
    Ok(parse(&text))
}

/// The handlers of a usage.
pub(crate) fn parse(usage: &str) -> Table {
    let list = usage.split_once("\nhandlers:\n").map_or("", |(_, list)| list);
    let mut table = Table::default();
    for line in list.lines().map_while(|line| line.strip_prefix("  ")) {
        let name = line.strip_suffix(DURABLE);
        table.durable.extend(name.map(str::to_owned));
        table.names.push(name.unwrap_or(line).to_owned());
    }
    table
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_those_of_the_usage() {
        let usage = "usage: a HANDLER\nRuns.\n\nhandlers:\n  shop.order (durable)\n  shop.page\n";
        let table = super::parse(usage);
        assert_eq!(table.names, ["shop.order", "shop.page"]);
        assert_eq!(table.durable, ["shop.order"]);
        assert_eq!(super::parse("thread main panicked"), super::Table::default());
    }
}
