//! Variables, the time of day, and chance: what every part takes from its surroundings.

use std::hash::{BuildHasher, RandomState};

pub(crate) use minilambda::__private::{lock, now, variable};

/// The seconds since 1970.
#[cfg(feature = "services")]
pub(crate) fn now_s() -> i64 {
    i64::try_from(now().as_secs()).unwrap_or(i64::MAX)
}

/// 64 random bits.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(0)
}
