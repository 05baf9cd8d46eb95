//! Variables, the time of day, and chance: what every part takes from its surroundings.

use std::env;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Returns a variable that is set and not empty.
pub(crate) fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The time since 1970.
pub(crate) fn now() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// The seconds since 1970.
#[cfg(feature = "services")]
pub(crate) fn now_s() -> i64 {
    i64::try_from(now().as_secs()).unwrap_or(i64::MAX)
}

/// 64 random bits.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(0)
}

/// Locks a mutex, even after another thread has panicked: no state here is left half changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
