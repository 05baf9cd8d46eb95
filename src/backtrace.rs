//! Stack traces as data: std prints a backtrace but does not give its frames to stable Rust.
//!
//! Replaces the crate `backtrace`, which resolves symbols in a second copy of what std already
//! links (some 300 KB of a 700 KB binary). Cost: this file, which reads what
//! [`std::backtrace::Backtrace`] prints. It can go when `Backtrace::frames` is stable
//! (<https://github.com/rust-lang/rust/issues/79676>).

use std::backtrace::{Backtrace, BacktraceStatus};
use std::fmt;

/// One line of a stack trace.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Frame {
    /// The function's path, or `panic` for the place of a panic.
    pub label: String,
    pub path: String,
    pub line: u32,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}:{})", self.label, self.path, self.line)
    }
}

/// Returns the functions that led to this call, innermost first: none unless `RUST_BACKTRACE`
/// asks for them.
pub(crate) fn capture() -> Vec<Frame> {
    let trace = Backtrace::capture();
    match trace.status() {
        BacktraceStatus::Captured => parse(&trace.to_string()),
        _ => Vec::new(),
    }
}

/// X-Ray accepts at most 64 KiB.
const MAX_FRAMES: usize = 50;

/// Parses a backtrace as std prints it: a line with number and function, then one with the place.
fn parse(text: &str) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut label = "";
    for line in text.lines().map(str::trim) {
        if let Some(place) = line.strip_prefix("at ") {
            let mut parts = place.rsplitn(3, ':').skip(1); // skips the column
            let number = parts.next().and_then(|number| number.parse().ok()).unwrap_or(0);
            let path = parts.next().unwrap_or(place);
            if !is_outside_user_code(label, path) && frames.len() < MAX_FRAMES {
                frames.push(Frame { label: label.to_owned(), path: path.to_owned(), line: number });
            }
        } else if let Some((_, function)) = line.split_once(": ") {
            label = function.trim_start_matches('<');
            if calls_user_code(label) {
                break;
            }
        }
    }
    frames
}

/// The runtime's functions that call the user's. The frames after them are the closure of
/// `handler!`, the loop, `main`, and the C library's start of a thread.
fn calls_user_code(label: &str) -> bool {
    label.starts_with("minilambda::lifecycle::")
        || label.starts_with("minilambda::handler::")
        || label.contains(" as minilambda::handler::")
}

/// Whether a frame belongs to this crate, the standard library, or the C library. The standard
/// library is known by the end of its path, because each distribution builds it in another folder.
fn is_outside_user_code(label: &str, path: &str) -> bool {
    let labels = [
        "minilambda::",
        "minilambda_events::",
        "__rust",
        "__libc",
        "_start",
        "start_thread",
        "__clone",
        "clone3",
    ];
    let folders = [
        "/library/core/src/",
        "/library/std/src/",
        "/library/alloc/src/",
        "/nptl/",
        "/sysdeps/",
        "/csu/",
    ];
    label == "main"
        || labels.iter().any(|start| label.starts_with(start))
        || folders.iter().any(|folder| path.contains(folder))
}

#[cfg(test)]
mod tests {
    use super::{Frame, parse};

    fn frame(label: &str, path: &str, line: u32) -> Frame {
        Frame { label: label.into(), path: path.into(), line }
    }

    #[test]
    fn a_backtrace_becomes_frames_of_the_users_own() {
        let text = "   0: std::backtrace::Backtrace::create\n             at /rustc/x/library/std/src/backtrace.rs:331:13\n   \
                    1: <minilambda::error::Error as core::convert::From<E>>::from\n             at ./src/error.rs:5:1\n   \
                    2: shop::order\n             at ./src/main.rs:17:9\n   3: shop::main\n             at src/main.rs:3:5\n   \
                    4: main\n   5: <unknown>\n   6: __libc_start_main\n             at ./csu/x.c:1\n";
        let frames =
            [frame("shop::order", "./src/main.rs", 17), frame("shop::main", "src/main.rs", 3)];
        assert_eq!(parse(text), frames);
        assert_eq!(parse(""), []);
        assert_eq!(parse("garbage\nat nowhere\n  at : : :\n").len(), 2);
    }

    #[test]
    fn the_frames_outside_the_handler_are_left_out() {
        let text = "   0: shop::order\n             at ./src/main.rs:17:9\n   \
                    1: <F as minilambda::handler::function::Function<E,R>>::invoke\n             at ./src/handler/function.rs:55:9\n   \
                    2: shop::HANDLERS::{{closure}}\n             at ./src/main.rs:5:20\n";
        assert_eq!(parse(text), [frame("shop::order", "./src/main.rs", 17)]);
        let text = "   0: shop::work\n             at ./src/main.rs:17:9\n   \
                    1: start_thread\n             at ./nptl/pthread_create.c:447:8\n   \
                    2: clone3\n             at ./misc/../sysdeps/unix/sysv/linux/x86_64/clone3.S:78:0\n";
        assert_eq!(parse(text), [frame("shop::work", "./src/main.rs", 17)]);
    }
}
