//! What is kept of a log: no program can fill the memory with it, and each cut is said where it is.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The most bytes of a line.
const MAX_LINE_BYTES: usize = 64 * 1024;

/// The most bytes of the log of one invocation, of which each half is at an end of it.
const MAX_BYTES: usize = 1024 * 1024;

/// The most lines: a short line takes more memory than its bytes.
const MAX_LINES: usize = 50_000;

/// The most memory that the logs of all running invocations take, in bytes.
pub(crate) const MAX_RUNNING_BYTES: usize = 32 * 1024 * 1024;

/// The memory that a line takes, in bytes: a short text takes more than its own.
pub(crate) fn size_of(line: &str) -> usize {
    line.len() + 40
}

/// The memory that the logs of all running invocations take.
#[derive(Debug, Default)]
pub(crate) struct Running {
    bytes: AtomicUsize,
    logs: AtomicUsize,
}

impl Running {
    pub fn bytes(&self) -> usize {
        self.bytes.load(Ordering::SeqCst)
    }

    /// Takes room, of `most` bytes in all. Returns whether there was some.
    fn take(&self, bytes: usize, most: usize) -> bool {
        let add = |all: usize| all.checked_add(bytes).filter(|all| *all <= most);
        self.bytes.fetch_update(Ordering::SeqCst, Ordering::SeqCst, add).is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.bytes.fetch_sub(bytes, Ordering::SeqCst);
    }

    /// The room of each log if all have the same.
    fn share(&self) -> usize {
        MAX_RUNNING_BYTES / self.logs.load(Ordering::SeqCst).max(1)
    }
}

/// Makes lines of what a program writes.
#[derive(Default)]
pub(crate) struct Lines {
    /// The beginning of a line.
    part: Vec<u8>,
    /// Whether the beginning was given out already, so that the rest of the line is left out.
    is_cut: bool,
}

impl Lines {
    /// Takes the next bytes, and adds the lines that they complete.
    pub fn push(&mut self, bytes: &[u8], lines: &mut Vec<String>) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let (content, is_complete) = match piece.strip_suffix(b"\n") {
                Some(content) => (content, true),
                None => (piece, false),
            };
            if !self.is_cut {
                let room = MAX_LINE_BYTES - self.part.len();
                self.part.extend(content.iter().take(room));
                self.is_cut = content.len() > room;
                if self.is_cut {
                    lines.push(self.take_line());
                }
            }
            if is_complete {
                if !self.is_cut {
                    if self.part.last() == Some(&b'\r') {
                        self.part.pop();
                    }
                    lines.push(self.take_line());
                }
                self.is_cut = false;
            }
        }
    }

    /// Returns the last line if it has no line feed.
    pub fn finish(&mut self) -> Option<String> {
        (!self.part.is_empty()).then(|| self.take_line())
    }

    fn take_line(&mut self) -> String {
        if self.is_cut {
            // Not within a character.
            let error = std::str::from_utf8(&self.part).err();
            let cut = error.filter(|error| error.error_len().is_none());
            cut.inspect(|error| self.part.truncate(error.valid_up_to()));
        }
        let mut line = String::from_utf8_lossy(&self.part).into_owned();
        self.part.clear();
        // Bytes that are not UTF-8 have become longer.
        let is_longer = line.len() > MAX_LINE_BYTES;
        if is_longer {
            let end = (0..=MAX_LINE_BYTES).rev().find(|end| line.is_char_boundary(*end));
            line.truncate(end.unwrap_or(0));
        }
        if self.is_cut || is_longer {
            line += " (cut by minilambda-local: of a line 64 KB are kept)";
        }
        line
    }
}

/// The log of one invocation: its beginning and its end.
pub(crate) struct Log {
    running: Arc<Running>,
    /// The memory that its lines take, as a part of that of all logs.
    size: usize,
    beginning: Half,
    end: Half,
    left_out_lines: usize,
    left_out_bytes: usize,
}

#[derive(Default)]
struct Half {
    lines: VecDeque<String>,
    bytes: usize,
}

impl Half {
    fn push(&mut self, line: String) {
        self.bytes += line.len() + 1;
        self.lines.push_back(line);
    }

    fn is_over(&self) -> bool {
        self.bytes > MAX_BYTES / 2 || self.lines.len() > MAX_LINES / 2
    }
}

impl Log {
    pub fn new(running: &Arc<Running>) -> Self {
        running.logs.fetch_add(1, Ordering::SeqCst);
        Self {
            running: Arc::clone(running),
            size: 0,
            beginning: Half::default(),
            end: Half::default(),
            left_out_lines: 0,
            left_out_bytes: 0,
        }
    }

    /// Adds a line of the program, or leaves it out if the logs of all invocations have no room for
    /// it.
    pub fn push(&mut self, line: String) {
        if self.make_room(size_of(&line)) {
            self.add(line);
        } else {
            self.leave_out(&line);
        }
    }

    /// Adds a line of Lambda itself. There are few of them, and they are short.
    pub fn note(&mut self, line: String) {
        self.running.bytes.fetch_add(size_of(&line), Ordering::SeqCst);
        self.add(line);
    }

    /// Takes room of what all logs have. The second half of it is for those that have less than
    /// their share. If there is none, lines in the middle of this log make room for the next one.
    fn make_room(&mut self, size: usize) -> bool {
        let is_small = self.size + size <= self.running.share();
        let most = if is_small { MAX_RUNNING_BYTES } else { MAX_RUNNING_BYTES / 2 };
        if self.running.take(size, most) {
            return true;
        }
        let end = self.size.saturating_sub(size);
        while self.size > end {
            if !self.drop_one() {
                return false;
            }
        }
        self.running.take(size, MAX_RUNNING_BYTES)
    }

    fn add(&mut self, line: String) {
        self.size += size_of(&line);
        let is_first = self.left_out_lines == 0
            && self.end.lines.is_empty()
            && self.beginning.bytes + line.len() < MAX_BYTES / 2
            && self.beginning.lines.len() < MAX_LINES / 2;
        if is_first {
            return self.beginning.push(line);
        }
        self.end.push(line);
        while self.end.is_over() && self.drop_one() {}
    }

    /// Drops the line after the beginning, or the last one of the beginning. Returns whether there
    /// was one.
    fn drop_one(&mut self) -> bool {
        let line = match self.end.lines.pop_front() {
            Some(line) => {
                self.end.bytes -= line.len() + 1;
                line
            }
            None if self.beginning.lines.len() > 1 => {
                let Some(line) = self.beginning.lines.pop_back() else { return false };
                self.beginning.bytes -= line.len() + 1;
                line
            }
            None => return false,
        };
        self.size -= size_of(&line);
        self.running.give_back(size_of(&line));
        self.leave_out(&line);
        true
    }

    fn leave_out(&mut self, line: &str) {
        self.left_out_lines += 1;
        self.left_out_bytes += line.len() + 1;
    }

    pub fn extend(&mut self, lines: impl IntoIterator<Item = String>) {
        lines.into_iter().for_each(|line| self.push(line));
    }

    /// Takes the lines, with one that says what was left out before the last ones.
    pub fn take(&mut self) -> Vec<String> {
        self.running.give_back(std::mem::take(&mut self.size));
        let beginning = std::mem::take(&mut self.beginning);
        let end = std::mem::take(&mut self.end);
        let left_out_lines = std::mem::take(&mut self.left_out_lines);
        let left_out_bytes = std::mem::take(&mut self.left_out_bytes);
        let note = (left_out_lines > 0).then(|| {
            format!(
                "(cut by minilambda-local: {left_out_lines} lines with {left_out_bytes} bytes are left \
                 out here; of the log of one invocation 1 MB is kept, of all that run at once 32 MB)"
            )
        });
        beginning.lines.into_iter().chain(note).chain(end.lines).collect()
    }
}

/// A log with no other beside it.
impl Default for Log {
    fn default() -> Self {
        Self::new(&Arc::default())
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        self.running.give_back(self.size);
        self.running.logs.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The lines of a text that comes in pieces of `size` bytes.
    fn lines(text: &[u8], size: usize) -> Vec<String> {
        let (mut lines, mut found) = (Lines::default(), Vec::new());
        text.chunks(size).for_each(|piece| lines.push(piece, &mut found));
        found.extend(lines.finish());
        found
    }

    #[test]
    fn lines_are_the_same_in_pieces_of_any_size() {
        for size in 1..20 {
            assert_eq!(
                lines("a\n\nb\r\nzwölf\rzwölf\nc".as_bytes(), size),
                ["a", "", "b", "zwölf\rzwölf", "c"]
            );
            assert_eq!(lines(b"a\n", size), ["a"]);
            assert_eq!(lines(b"\xff\n", size), ["\u{fffd}"]);
            assert!(lines(b"", size).is_empty());
        }
    }

    #[test]
    fn a_long_line_is_cut_and_the_next_one_is_complete() {
        let most = "x".repeat(MAX_LINE_BYTES);
        for size in [1000, 4096, 1 << 20] {
            assert_eq!(lines(format!("{most}\nnext").as_bytes(), size), [&*most, "next"]);
            let cut = lines(format!("{most}yz\nnext\n").as_bytes(), size);
            assert_eq!(cut.len(), 2);
            assert!(cut[0].starts_with(&format!("{most} (cut by ")) && cut[1] == "next");
            // Within a character, and longer than its bytes.
            let umlauts = format!("x{}", "ä".repeat(MAX_LINE_BYTES));
            let cut = &lines(umlauts.as_bytes(), size)[0];
            assert!(cut.contains("ä (cut by ") && !cut.contains('\u{fffd}'));
            let cut = &lines(&vec![0xff; MAX_LINE_BYTES], size)[0];
            assert!(cut.len() < MAX_LINE_BYTES + 100 && cut.contains("(cut by "));
        }
    }

    #[test]
    fn a_line_without_an_end_takes_no_more_memory() {
        let (mut lines, mut found) = (Lines::default(), Vec::new());
        for _ in 0..10_000 {
            lines.push(&[b'x'; 16 * 1024], &mut found);
        }
        assert_eq!((found.len(), lines.finish()), (1, None));
        assert!(lines.part.capacity() <= 2 * MAX_LINE_BYTES);
    }

    #[test]
    fn of_a_long_log_both_ends_are_kept_and_the_cut_is_said() {
        for (line, count) in [("x".repeat(99), 1_000_000), (String::new(), 1_000_000)] {
            let mut log = Log::default();
            log.push("START".to_owned());
            (0..count).for_each(|number| log.push(format!("{number}{line}")));
            log.push("END".to_owned());
            let lines = log.take();
            let bytes: usize = lines.iter().map(|line| line.len() + 1).sum();
            assert!(bytes <= MAX_BYTES + 200 && lines.len() <= MAX_LINES + 1, "{bytes}");
            assert!(bytes > MAX_BYTES / 4 * 3 || lines.len() > MAX_LINES / 4 * 3);
            assert_eq!((&*lines[0], &**lines.last().unwrap()), ("START", "END"));
            let cut = lines.iter().find(|line| line.starts_with("(cut by ")).unwrap();
            assert!(cut.contains(&format!("{} lines", count + 2 - lines.len() + 1)), "{cut}");
            assert!(log.take().is_empty());
        }
        let mut log = Log::default();
        log.extend((0..1000).map(|number| number.to_string()));
        assert_eq!(log.take().len(), 1000);
    }

    #[test]
    fn a_hundred_logs_at_once_have_room_for_32_mb() {
        let running = Arc::new(Running::default());
        let mut logs: Vec<_> = (0..100).map(|_| Log::new(&running)).collect();
        for log in &mut logs {
            log.note("START".to_owned());
        }
        let line = "x".repeat(9_999);
        // The first ones take what is there; then all of them write.
        for round in 0..300 {
            let writers = if round < 150 { 40 } else { logs.len() };
            for log in logs.iter_mut().take(writers) {
                log.push(line.clone());
            }
            let size: usize = logs.iter().map(|log| log.size).sum();
            assert_eq!(size, running.bytes());
            assert!(size <= MAX_RUNNING_BYTES + 10_000, "{size} in round {round}");
        }
        for log in &mut logs {
            log.note("END".to_owned());
            let lines = log.take();
            assert_eq!((&*lines[0], &**lines.last().unwrap()), ("START", "END"));
            assert!(lines.len() > 15, "{} lines", lines.len());
            assert!(lines.iter().any(|line| line.contains("of all that run at once 32 MB")));
        }
        logs.clear();
        assert_eq!((running.bytes(), running.logs.load(Ordering::SeqCst)), (0, 0));
    }
}
