//! Variables, the time of day, and chance: what every part takes from its surroundings.

pub(crate) use minilambda::__private::{lock, now, random, variable};

/// Returns a token by which a service recognises a request that is sent twice.
#[cfg(feature = "services")]
pub(crate) fn token() -> String {
    format!("{:016x}{:016x}", random(), random())
}

/// The seconds since 1970.
#[cfg(feature = "services")]
pub(crate) fn now_s() -> i64 {
    i64::try_from(now().as_secs()).unwrap_or(i64::MAX)
}
