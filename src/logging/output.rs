//! Writing to descriptors that may be non-blocking.

use std::io::{self, ErrorKind, Write};
use std::thread;
use std::time::Duration;

/// A writer that waits if the descriptor below it is non-blocking and full. The descriptor's mode
/// belongs to whoever started the process, and a record that is not written is lost.
pub(crate) struct Blocking<W>(pub W);

impl<W: Write> Write for Blocking<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        wait_while_full(|| self.0.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        wait_while_full(|| self.0.flush())
    }
}

fn wait_while_full<T>(mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    loop {
        match attempt() {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                thread::sleep(Duration::from_millis(1));
            }
            result => return result,
        }
    }
}

/// Writes what `print!` has left in the buffer of stdout: without a line feed it would come out
/// during a later event, or never.
pub(crate) fn flush_stdout() {
    // An error is stdout's own: it is closed, or its reader is gone.
    let _ = Blocking(io::stdout()).flush();
}

#[cfg(test)]
mod tests {
    use super::Blocking;
    use std::io::{self, ErrorKind, Write};

    /// Accepts one byte at every third attempt.
    #[derive(Default)]
    struct Slow {
        attempts: usize,
        written: Vec<u8>,
    }

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.attempts += 1;
            if self.attempts % 3 > 0 {
                return Err(ErrorKind::WouldBlock.into());
            }
            self.written.extend(bytes.iter().take(1));
            Ok(bytes.len().min(1))
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn nothing_is_lost_while_the_descriptor_is_full() {
        let mut out = Blocking(Slow::default());
        out.write_all(b"a record\n").unwrap();
        assert_eq!(out.0.written, b"a record\n");
    }
}
