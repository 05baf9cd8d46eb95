//! Values that are kept, and read by one thread for all that need them at the same time.

use crate::environment::lock;
use crate::error::Error;
use crate::limits::Deadline;
use minilambda::__private::is_recent;
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, SystemTime};

const DEFAULT_TTL: Duration = Duration::from_secs(300);

struct Cache {
    ttl: Duration,
    /// Counts what was forgotten: a value that was read before may be an old one.
    changes: u64,
    values: BTreeMap<(Kind, String), Entry>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Parameter,
    /// The parameters below a path, as an object of JSON.
    Path,
    Secret,
    /// In base64.
    SecretBytes,
}

enum Entry {
    /// A value, and when it was read.
    Known(String, SystemTime),
    /// A thread reads it.
    Read(Arc<Reading>),
}

#[derive(Default)]
enum Progress {
    #[default]
    Reading,
    Done(Result<String, Error>),
    /// The time of the thread's invocation was over.
    Abandoned,
}

/// A value that one thread reads and others wait for.
#[derive(Default)]
struct Reading {
    progress: Mutex<Progress>,
    is_done: Condvar,
}

static CACHE: Mutex<Cache> = Mutex::new(Cache::new());

/// Sets how long values are kept.
pub(super) fn set_ttl(time: Duration) {
    lock(&CACHE).ttl = time;
}

/// Forgets all values.
pub(super) fn forget() {
    lock(&CACHE).forget(|_, _| true);
}

/// Forgets a value that was changed: also by its ARN, and the paths that it may be below.
pub(super) fn forget_one(name: &str) {
    lock(&CACHE).forget_one(name);
}

/// Returns what [`keep`] has to know of the time before a request.
pub(super) fn changes() -> u64 {
    lock(&CACHE).changes
}

/// Keeps a value that was read since a time: not if anything was forgotten meanwhile.
pub(super) fn keep(kind: Kind, name: &str, value: &str, since: u64) {
    lock(&CACHE).keep(kind, name, value, since);
}

impl Cache {
    const fn new() -> Self {
        Self { ttl: DEFAULT_TTL, changes: 0, values: BTreeMap::new() }
    }

    fn known(&self, kind: Kind, name: &str) -> Option<String> {
        match self.values.get(&(kind, name.to_owned()))? {
            Entry::Known(value, time) if is_recent(*time, self.ttl) => Some(value.clone()),
            _ => None,
        }
    }

    fn keep(&mut self, kind: Kind, name: &str, value: &str, since: u64) {
        self.drop_stale();
        let key = (kind, name.to_owned());
        let is_read = matches!(self.values.get(&key), Some(Entry::Read(_)));
        if self.changes == since && !self.ttl.is_zero() && !is_read {
            self.values.insert(key, Entry::Known(value.to_owned(), SystemTime::now()));
        }
    }

    fn forget_one(&mut self, name: &str) {
        let is_arn = |name: &str| name.starts_with("arn:");
        self.forget(|kind, other| {
            other == name || kind == Kind::Path || is_arn(name) || is_arn(other)
        });
    }

    fn forget(&mut self, is_old: impl Fn(Kind, &str) -> bool) {
        self.changes += 1;
        self.values.retain(|(kind, name), _| !is_old(*kind, name));
    }

    /// Names may come from events: only those that are fresh have memory.
    fn drop_stale(&mut self) {
        let ttl = self.ttl;
        self.values.retain(|_, entry| match entry {
            Entry::Known(_, time) => is_recent(*time, ttl),
            Entry::Read(_) => true,
        });
    }
}

/// Returns a value that is kept.
pub(super) fn known(kind: Kind, name: &str) -> Option<String> {
    lock(&CACHE).known(kind, name)
}

/// Returns a value that is kept, or reads it.
pub(super) fn kept(
    kind: Kind,
    name: &str,
    read: impl FnOnce() -> Result<String, Error>,
) -> Result<String, Error> {
    let key = (kind, name.to_owned());
    let reading = loop {
        let other = {
            let mut cache = lock(&CACHE);
            let ttl = cache.ttl;
            match cache.values.get(&key) {
                Some(Entry::Known(value, time)) if is_recent(*time, ttl) => {
                    return Ok(value.clone());
                }
                Some(Entry::Read(reading)) => Arc::clone(reading),
                _ => {
                    cache.drop_stale();
                    let reading = Arc::<Reading>::default();
                    cache.values.insert(key.clone(), Entry::Read(Arc::clone(&reading)));
                    break reading;
                }
            }
        };
        if let Some(result) = other.wait(Deadline::current()) {
            return result;
        }
    };
    let mut guard = Guard { key, reading, result: None };
    let result = read();
    guard.result = Some(result.clone());
    result
}

impl Reading {
    /// Waits for the thread that reads, no longer than this thread's invocation lasts. `None` if
    /// the other's time was over, which says nothing about this one's.
    fn wait(&self, deadline: Deadline) -> Option<Result<String, Error>> {
        let mut progress = lock(&self.progress);
        loop {
            match &*progress {
                Progress::Done(result) => return Some(result.clone()),
                Progress::Abandoned => return None,
                Progress::Reading => {}
            }
            match deadline.wait(&self.is_done, progress) {
                Ok(woken) => progress = woken,
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

/// Ends the reading, even after a panic, so that no thread waits forever.
struct Guard {
    key: (Kind, String),
    reading: Arc<Reading>,
    result: Option<Result<String, Error>>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        let result = self.result.take();
        let result =
            result.unwrap_or_else(|| Err(Error::invalid("the thread that read it has panicked")));
        let mut cache = lock(&CACHE);
        // Values may have been forgotten, and read again, meanwhile.
        let entry = cache.values.get(&self.key);
        let is_ours =
            matches!(entry, Some(Entry::Read(other)) if Arc::ptr_eq(other, &self.reading));
        if is_ours {
            match &result {
                Ok(value) if !cache.ttl.is_zero() => {
                    let known = Entry::Known(value.clone(), SystemTime::now());
                    cache.values.insert(self.key.clone(), known);
                }
                _ => drop(cache.values.remove(&self.key)),
            }
        }
        drop(cache);
        let is_abandoned = result.is_err() && Deadline::current().is_over();
        let progress = if is_abandoned { Progress::Abandoned } else { Progress::Done(result) };
        *lock(&self.reading.progress) = progress;
        self.reading.is_done.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_waits_for_another_no_longer_than_its_own_time() {
        let reading = Reading::default();
        let result = reading.wait(Deadline::after(Duration::from_millis(50)));
        let error = result.and_then(Result::err).unwrap();
        assert!(error.was_not_sent() && error.message().contains("time was over"), "{error}");
        *lock(&reading.progress) = Progress::Abandoned;
        assert!(reading.wait(Deadline::default()).is_none(), "it reads again");
        *lock(&reading.progress) = Progress::Done(Ok("a".to_owned()));
        let result = reading.wait(Deadline::after(Duration::ZERO));
        assert_eq!(result.and_then(Result::ok).as_deref(), Some("a"));
    }

    #[test]
    fn a_value_that_was_read_before_a_change_is_not_kept() {
        let mut cache = Cache::new();
        let keep = |cache: &mut Cache, name, since| {
            cache.keep(Kind::Parameter, name, "value", since);
            cache.known(Kind::Parameter, name).is_some()
        };
        let since = cache.changes;
        cache.forget_one("/b");
        assert!(!keep(&mut cache, "/a", since));
        let since = cache.changes;
        assert!(keep(&mut cache, "/a", since));
        // A parameter may be known by its ARN too.
        let arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/a";
        assert!(keep(&mut cache, arn, since));
        let known =
            |cache: &Cache| ["/a", arn].map(|name| cache.known(Kind::Parameter, name).is_some());
        cache.forget_one("/b");
        assert_eq!(known(&cache), [true, false]);
        cache.forget_one(arn);
        assert_eq!(known(&cache), [false, false]);
    }

    #[test]
    fn only_values_that_are_fresh_have_memory() {
        let read = |name: &str| kept(Kind::Parameter, name, || Ok(String::new())).is_ok();
        set_ttl(Duration::from_nanos(1));
        assert!((0..100).all(|number| read(&number.to_string())));
        assert!(lock(&CACHE).values.len() < 5);
        set_ttl(DEFAULT_TTL);
        assert!((0..100).all(|number| read(&number.to_string())));
        assert!(lock(&CACHE).values.len() >= 100);
    }
}
