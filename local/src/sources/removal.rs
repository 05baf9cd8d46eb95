//! What is made at the stand-in for a bucket, a queue and a notification, is removed again: when
//! its source ends, or else when this process does.

use super::notification;
use crate::aws::{Endpoint, SQS};
use crate::ids;
use crate::json::{self, object, text};
use crate::lock::lock;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{BufRead, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::sync::{Mutex, mpsc};
use std::time::Duration;
use std::{env, io, thread};

/// The argument with which the tool removes what another one has made. It reads `+` or `-` and a
/// line of [`Made`] for each, and begins at the end of its input, which is the end of that process.
pub(crate) const ARGUMENT: &str = "--remove-at-end";

/// The longest time that the removal at the end takes.
const LIMIT: Duration = Duration::from_secs(20);

/// A queue and the notification of a bucket, which have the same name.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Made {
    pub name: String,
    pub bucket: String,
    pub s3: Endpoint,
    pub sqs: Endpoint,
}

/// What the sources of this process have made.
pub(super) struct Removal {
    /// A part of the names, so that they differ from those of other processes.
    id: String,
    /// The number of sources with each name: the old one and the new one when the file changes.
    users: Mutex<BTreeMap<String, usize>>,
    /// Held while a configuration is read and written.
    changes: Mutex<()>,
    process: Mutex<Option<(Child, ChildStdin)>>,
}

impl Default for Removal {
    fn default() -> Self {
        let id = ids::hex(16);
        Self { id, users: Mutex::default(), changes: Mutex::default(), process: Mutex::default() }
    }
}

impl Removal {
    /// Returns the name for a source. It stays until each that has it is released.
    pub fn claim(&self, source: impl Hash) -> String {
        let mut hasher = DefaultHasher::new();
        (&self.id, source).hash(&mut hasher);
        let name = format!("minilambda-local-{:016x}", hasher.finish());
        *lock(&self.users).entry(name.clone()).or_default() += 1;
        name
    }

    /// Makes something that is removed at the end of this process.
    pub fn guard<T>(
        &self,
        made: &Made,
        set: impl FnOnce() -> Result<T, String>,
    ) -> Result<T, String> {
        let _alone = lock(&self.changes);
        self.tell('+', made).map_err(|error| {
            format!("there is no process that removes its notification at the end: {error}")
        })?;
        set()
    }

    /// Removes what was made with this name, if no other source has it.
    pub fn release(&self, name: &str, made: Option<&Made>) -> Result<(), String> {
        let _alone = lock(&self.changes);
        let left = {
            let mut users = lock(&self.users);
            let left = users.get(name).copied().unwrap_or_default().saturating_sub(1);
            users.insert(name.to_owned(), left);
            left
        };
        let Some(made) = made.filter(|_| left == 0) else { return Ok(()) };
        made.remove()?;
        // It would only be tried again.
        let _ = self.tell('-', made);
        Ok(())
    }

    fn tell(&self, sign: char, made: &Made) -> io::Result<()> {
        let mut process = lock(&self.process);
        let (_, input) = match &mut *process {
            Some(process) => process,
            none => none.insert(start()?),
        };
        let told = input.write_all(format!("{sign}{}\n", made.line()).as_bytes());
        if told.is_err() {
            // It was killed. Each source tells the next one when it looks at its bucket again.
            if let Some((mut child, _)) = process.take() {
                let _ = child.try_wait();
            }
        }
        told
    }
}

/// Starts the process that removes what is left.
fn start() -> io::Result<(Child, ChildStdin)> {
    // It may have been replaced by a newer one.
    let program =
        if cfg!(target_os = "linux") { "/proc/self/exe".into() } else { env::current_exe()? };
    let mut child = Command::new(program)
        .arg(ARGUMENT)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // A terminal's ^C is not for it.
        .process_group(0)
        .spawn()?;
    let input = child.stdin.take().ok_or_else(|| io::Error::other("it has no input"))?;
    Ok((child, input))
}

/// The process that removes what is left. It ends after a while, whatever the stand-in does.
pub(crate) fn remove_at_end(input: impl BufRead) -> ExitCode {
    let mut left: Vec<String> = Vec::new();
    for line in input.lines().map_while(Result::ok) {
        let mut signed = line.chars();
        let sign = signed.next();
        let line = signed.as_str().to_owned();
        left.retain(|other| *other != line);
        if sign == Some('+') {
            left.push(line);
        }
    }
    let (sender, is_over) = mpsc::channel::<()>();
    thread::spawn(move || {
        for made in left.iter().filter_map(|line| Made::of(line)) {
            // Its output goes nowhere.
            let _ = made.remove();
        }
        drop(sender);
    });
    let _ = is_over.recv_timeout(LIMIT);
    ExitCode::SUCCESS
}

impl Made {
    /// Removes the notification before its queue, so that nothing is sent to a queue that is gone.
    fn remove(&self) -> Result<(), String> {
        let removed = notification::remove(&self.s3, &self.bucket, &self.name);
        let wanted = object([("QueueName", text(&*self.name))]);
        // Without the queue there is nothing to delete.
        if let Ok(found) = SQS.call_at(&self.sqs, "GetQueueUrl", &wanted) {
            let url = json::string(&found, "QueueUrl").unwrap_or_default();
            SQS.call_at(&self.sqs, "DeleteQueue", &object([("QueueUrl", text(url))]))?;
        }
        removed
    }

    fn line(&self) -> String {
        let Self { name, bucket, s3, sqs } = self;
        [name, bucket, &s3.address, &sqs.address, &sqs.region].map(String::as_str).join(" ")
    }

    fn of(line: &str) -> Option<Self> {
        let words: Vec<_> = line.split(' ').map(str::to_owned).collect();
        let [name, bucket, s3, sqs, region] = words.try_into().ok()?;
        let endpoint = |service, address| Endpoint { service, address, region: region.clone() };
        let (s3, sqs) = (endpoint("s3", s3), endpoint("sqs", sqs));
        Some(Self { name, bucket, s3, sqs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_source_still_has_is_not_removed() {
        let removal = Removal::default();
        let name = removal.claim(("shop.index", "photos"));
        assert_eq!(removal.claim(("shop.index", "photos")), name);
        assert_ne!(removal.claim(("shop.index", "other")), name);
        assert_ne!(Removal::default().claim(("shop.index", "photos")), name);
        let at = |service| Endpoint {
            service,
            // Nothing listens there: a removal fails.
            address: "127.0.0.1:1".to_owned(),
            region: "eu-central-1".to_owned(),
        };
        let made =
            Made { name: name.clone(), bucket: "photos".into(), s3: at("s3"), sqs: at("sqs") };
        assert_eq!(Made::of(&made.line()), Some(made.clone()));
        assert_eq!(removal.release(&name, Some(&made)), Ok(()));
        assert!(removal.release(&name, Some(&made)).is_err());
    }
}
