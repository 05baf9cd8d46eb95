//! The file of variables of the tool: a change of it restarts the programs.

use crate::error::Error;
use crate::pool::Pool;
use crate::terminal;
use crate::variables::{self, Variable};
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// The interval at which the file is read.
const INTERVAL: Duration = Duration::from_millis(200);

pub(crate) struct EnvFile {
    path: PathBuf,
    /// The text that the variables are from. `None` if it could not be read.
    text: Option<String>,
}

impl EnvFile {
    /// Reads the file for the first time.
    pub fn open(path: PathBuf) -> Result<(Self, Vec<Variable>), Error> {
        let variables = variables::read(&path)?;
        let text = fs::read_to_string(&path).ok();
        Ok((Self { path, text }, variables))
    }

    /// Reads the file again when it changes, until the process ends. `region` is that of functions
    /// without one in the file.
    pub fn follow(mut self, lambda: &Arc<Pool>, region: String) -> Result<(), Error> {
        let lambda = Arc::clone(lambda);
        let run = move || {
            let mut last = self.text.clone();
            loop {
                thread::sleep(INTERVAL);
                let text = fs::read_to_string(&self.path).ok();
                // An editor may write it in two steps.
                let is_settled = std::mem::replace(&mut last, text.clone()) == text;
                if is_settled && text != self.text {
                    self.text = text;
                    self.apply(&lambda, &region);
                }
            }
        };
        let started = thread::Builder::new().spawn(run);
        started.map(drop).map_err(|error| Error::start("no thread to watch the variables", error))
    }

    fn apply(&self, lambda: &Arc<Pool>, region: &str) {
        let name = self.path.display();
        match variables::read(&self.path) {
            Ok(variables) => {
                lambda.configure(|settings| {
                    settings.environment.clear();
                    region.clone_into(&mut settings.region);
                    settings.set_variables(variables);
                });
                terminal::say(format_args!(
                    "{name} has changed: the programs start again with its variables"
                ));
            }
            Err(error) => terminal::say(format_args!(
                "{error}\n{name} has changed: the variables stay as they were"
            )),
        }
    }
}
