//! Files of the user that the tool reads again when they change: variables, and names of functions.

use crate::error::{Error, ErrorKind};
use crate::terminal;
use std::fmt::Display;
use std::fs::{self, FileType};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// The interval at which a file is read.
const INTERVAL: Duration = Duration::from_millis(200);

/// Whether a file has another text, or none, when it is read for the second time.
fn is_read_once(path: &Path, kind: FileType) -> bool {
    kind.is_fifo() || kind.is_socket() || (kind.is_char_device() && path != Path::new("/dev/null"))
}

pub(crate) struct Watched {
    path: PathBuf,
    /// The text that was read. `None` if it could not be read.
    text: Option<String>,
}

impl Watched {
    /// Reads a file for the first time, or later: it may be made while the tool runs.
    pub fn open_or_expect<T: Default>(
        path: PathBuf,
        read: impl FnOnce(&Path) -> Result<T, Error>,
    ) -> Result<(Self, T), Error> {
        if fs::symlink_metadata(&path).is_err() {
            return Ok((Self { path, text: None }, T::default()));
        }
        Self::open(path, read)
    }

    /// Reads a file for the first time.
    pub fn open<T>(
        path: PathBuf,
        read: impl FnOnce(&Path) -> Result<T, Error>,
    ) -> Result<(Self, T), Error> {
        if fs::metadata(&path).is_ok_and(|data| is_read_once(&path, data.file_type())) {
            let message = format!(
                "{} is a pipe or a device: the file is read again when it changes, so it has to be a \
                 regular one",
                path.display()
            );
            return Err(Error::new(ErrorKind::InvalidSettings, message));
        }
        let text = fs::read_to_string(&path).ok();
        let content = read(&path)?;
        Ok((Self { path, text }, content))
    }

    /// Reads the file again when it changes, until the process ends. `apply` returns what is said
    /// then, after the file's name.
    pub fn follow<E: Display>(
        mut self,
        apply: impl Fn(&Path) -> Result<&'static str, E> + Send + 'static,
    ) -> Result<(), Error> {
        let run = move || {
            let mut last = self.text.clone();
            loop {
                thread::sleep(INTERVAL);
                let text = fs::read_to_string(&self.path).ok();
                // An editor may write it in two steps.
                let is_settled = std::mem::replace(&mut last, text.clone()) == text;
                if is_settled && text != self.text {
                    self.text = text;
                    let name = self.path.display();
                    match apply(&self.path) {
                        Ok(said) => terminal::say(format_args!("{name} has changed: {said}")),
                        Err(error) => terminal::say(format_args!(
                            "{error}\n{name} has changed: what was read before stays"
                        )),
                    }
                }
            }
        };
        let started = thread::Builder::new().spawn(run);
        started.map(drop).map_err(|error| Error::start("no thread to watch a file", error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As of `--env-file <(decrypt local.env)`.
    #[test]
    fn a_pipe_is_refused() {
        let path = std::env::temp_dir().join(format!("minilambda-pipe-{}", crate::ids::hex(16)));
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        let of_writer = path.clone();
        // It waits for a reader, which there is not.
        thread::spawn(move || while fs::write(&of_writer, "TABLE=orders\n").is_ok() {});
        let read = |path: &Path| Ok(fs::read_to_string(path).unwrap_or_default());
        let error = Watched::open(path.clone(), read).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("is a pipe or a device: the file is read again"), "{error}");
        assert!(Watched::open("/dev/null".into(), read).is_ok());
        fs::remove_file(path).unwrap();
    }
}
