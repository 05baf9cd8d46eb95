//! The table of a program's handlers.

use crate::error::Error;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// A program that waits for something instead of listing its handlers is ended.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reads the names from the usage that minilambda prints when it is called without arguments. Another
/// program has no such list.
pub(crate) fn read(program: &Path) -> Result<Vec<String>, Error> {
    let program = std::path::absolute(program).unwrap_or_else(|_| program.to_owned());
    let mut child = Command::new(&program)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| {
            Error::start(&format!("cannot start `{}`: was it built?", program.display()), error)
        })?;
    let pipe = child.stderr.take();
    let (sender, text) = mpsc::channel();
    thread::spawn(move || {
        let text = pipe.and_then(|pipe| std::io::read_to_string(pipe).ok());
        // The receiver is gone after the time limit.
        let _ = sender.send(text.unwrap_or_default());
    });
    let text = text.recv_timeout(PATIENCE).unwrap_or_default();
    let _ = child.kill();
    let _ = child.wait();
    Ok(names(&text))
}

fn names(usage: &str) -> Vec<String> {
    let list = usage.split_once("\nhandlers:\n").map_or("", |(_, list)| list);
    let names = list.lines().map_while(|line| line.strip_prefix("  "));
    names.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_those_of_the_usage() {
        let usage = "usage: a HANDLER\nRuns.\n\nhandlers:\n  shop.order\n  shop.page\n";
        assert_eq!(super::names(usage), ["shop.order", "shop.page"]);
        assert!(super::names("thread main panicked").is_empty());
    }
}
