//! What was read is kept for a time, and read by one thread at a time.

use crate::environment::lock;
use crate::error::Error;
use crate::limits::Deadline;
use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

const DEFAULT_TTL: Duration = Duration::from_secs(300);

struct Cache {
    ttl: Duration,
    values: BTreeMap<(Kind, String), Entry>,
    /// How often values were forgotten. What was asked for before that is not kept.
    forgotten: u64,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Parameter,
    /// All parameters of a path, as an object of JSON.
    Path,
    Secret,
    /// The bytes of a secret, in base64.
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

static CACHE: Mutex<Cache> =
    Mutex::new(Cache { ttl: DEFAULT_TTL, values: BTreeMap::new(), forgotten: 0 });

/// Sets how long values are cached, including those already cached. Zero disables the cache.
pub fn keep_for(time: Duration) {
    lock(&CACHE).ttl = time;
}

/// Forgets all values, for example after a password was refused.
pub fn forget() {
    lock(&CACHE).forget(|_, _| true);
}

/// Returns a parameter that is known and fresh.
pub(super) fn known(name: &str) -> Option<String> {
    let cache = lock(&CACHE);
    match cache.values.get(&(Kind::Parameter, name.to_owned()))? {
        Entry::Known(value, time) if is_fresh(*time, cache.ttl) => Some(value.clone()),
        _ => None,
    }
}

/// How often values were forgotten.
pub(super) fn forgotten() -> u64 {
    lock(&CACHE).forgotten
}

/// Keeps a parameter that was read with others, unless values were forgotten since.
pub(super) fn keep(name: &str, value: &str, forgotten: u64) {
    let mut cache = lock(&CACHE);
    if !cache.ttl.is_zero() && cache.forgotten == forgotten {
        cache.drop_stale();
        let entry = Entry::Known(value.to_owned(), SystemTime::now());
        cache.values.insert((Kind::Parameter, name.to_owned()), entry);
    }
}

/// Forgets a parameter that has changed, and the paths, of which one may have it.
pub(super) fn forget_parameter(name: &str) {
    lock(&CACHE).forget(|kind, other| match kind {
        // With a version or a label it is asked for by a longer name.
        Kind::Parameter => other.starts_with(name),
        Kind::Path => true,
        Kind::Secret | Kind::SecretBytes => false,
    });
}

/// Returns what is known, or what another thread is about to read, or reads it.
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
                Some(Entry::Known(value, time)) if is_fresh(*time, ttl) => {
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

impl Cache {
    fn forget(&mut self, is_it: impl Fn(Kind, &str) -> bool) {
        self.forgotten = self.forgotten.wrapping_add(1);
        self.values.retain(|(kind, name), _| !is_it(*kind, name));
    }

    /// Names may come from events: only those that are fresh have memory.
    fn drop_stale(&mut self) {
        let ttl = self.ttl;
        self.values.retain(|_, entry| match entry {
            Entry::Known(_, time) => is_fresh(*time, ttl),
            Entry::Read(_) => true,
        });
    }
}

/// The time of day goes on while the function is frozen. A time in the future is a changed clock.
fn is_fresh(time: SystemTime, ttl: Duration) -> bool {
    time.elapsed().is_ok_and(|age| age < ttl)
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
                Progress::Reading if deadline.is_over() => {
                    let reason = "the invocation's time was over while another thread read it";
                    return Some(Err(Error::new("Aws.NotSent", reason)));
                }
                Progress::Reading => {}
            }
            // The request of the other has a limit, too.
            let limit = deadline.left().unwrap_or(Duration::from_secs(3600));
            let woken = self.is_done.wait_timeout(progress, limit);
            progress = woken.unwrap_or_else(PoisonError::into_inner).0;
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
    fn only_values_that_are_fresh_have_memory() {
        let read = |name: &str| kept(Kind::Parameter, name, || Ok(String::new())).is_ok();
        keep_for(Duration::from_nanos(1));
        assert!((0..100).all(|number| read(&number.to_string())));
        assert!(lock(&CACHE).values.len() < 5);
        keep_for(DEFAULT_TTL);
        assert!((0..100).all(|number| read(&number.to_string())));
        assert!(lock(&CACHE).values.len() >= 100);
    }
}
