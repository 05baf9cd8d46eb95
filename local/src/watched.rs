//! Files of the user that the tool reads again when they change: variables, and names of functions.

use crate::error::Error;
use crate::terminal;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

/// The interval at which a file is read.
const INTERVAL: Duration = Duration::from_millis(200);

pub(crate) struct Watched {
    path: PathBuf,
    /// The text that was read. `None` if it could not be read.
    text: Option<String>,
}

impl Watched {
    /// Reads a file for the first time.
    pub fn open<T>(
        path: PathBuf,
        read: impl FnOnce(&Path) -> Result<T, Error>,
    ) -> Result<(Self, T), Error> {
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
