//! The terminal of the tool. If it is gone, the tool goes on: `println!` would panic.

use std::fmt::Display;
use std::io::{self, Write};

/// Writes a line to stdout.
pub(crate) fn print(line: impl Display) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// Writes a line to stderr.
pub(crate) fn say(line: impl Display) {
    let _ = writeln!(io::stderr(), "{line}");
}
