//! Where in the source something happened.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt;

/// One line of a stack trace.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Frame {
    /// The function, or what happened.
    pub label: String,
    pub path: String,
    pub line: u32,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}:{})", self.label, self.path, self.line)
    }
}

/// The functions that led here, the innermost first: nothing unless `RUST_BACKTRACE` asks for it.
pub(crate) fn here() -> Vec<Frame> {
    let trace = Backtrace::capture();
    match trace.status() {
        BacktraceStatus::Captured => read(&trace.to_string()),
        _ => Vec::new(),
    }
}

/// More than this nobody reads, and X-Ray takes 64 KiB at most.
const MAX_FRAMES: usize = 50;

/// Reads a backtrace as std writes it: a line with number and function, then one with the place.
fn read(text: &str) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut label = "";
    for line in text.lines().map(str::trim) {
        if let Some(place) = line.strip_prefix("at ") {
            let mut parts = place.rsplitn(3, ':').skip(1); // the column
            let number = parts.next().and_then(|number| number.parse().ok()).unwrap_or(0);
            let path = parts.next().unwrap_or(place);
            if !is_scaffolding(label, path) && frames.len() < MAX_FRAMES {
                frames.push(Frame { label: label.to_owned(), path: path.to_owned(), line: number });
            }
        } else if let Some((_, function)) = line.split_once(": ") {
            label = function;
        }
    }
    frames
}

/// What stands above and below the user's own functions in every trace. The sources of the standard
/// library are told by the end of their path; where it begins, each distribution has its own way.
fn is_scaffolding(label: &str, path: &str) -> bool {
    let label = label.trim_start_matches('<');
    let scaffolds = ["minilambda::", "__rust", "__libc", "_start"];
    let library = ["/library/core/src/", "/library/std/src/", "/library/alloc/src/"];
    library.iter().any(|folder| path.contains(folder))
        || label == "main"
        || scaffolds.iter().any(|scaffold| label.starts_with(scaffold))
}

#[cfg(test)]
mod tests {
    use super::{Frame, read};

    #[test]
    fn a_backtrace_becomes_frames_of_the_users_own() {
        let text = "   0: std::backtrace::Backtrace::create\n             at /rustc/x/library/std/src/backtrace.rs:331:13\n   \
                    1: <minilambda::error::Error as core::convert::From<E>>::from\n             at ./src/error.rs:5:1\n   \
                    2: shop::order\n             at ./src/main.rs:17:9\n   3: shop::main\n             at src/main.rs:3:5\n   \
                    4: main\n   5: <unknown>\n   6: __libc_start_main\n             at ./csu/x.c:1\n";
        let frame =
            |label: &str, path: &str, line| Frame { label: label.into(), path: path.into(), line };
        let frames =
            [frame("shop::order", "./src/main.rs", 17), frame("shop::main", "src/main.rs", 3)];
        assert_eq!(read(text), frames);
        assert_eq!(read(""), []);
        assert_eq!(read("garbage\nat nowhere\n  at : : :\n").len(), 2);
    }
}
