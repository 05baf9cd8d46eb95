//! Variables, the time of day, and chance: what every part takes from its surroundings.

use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::sync::OnceLock;

pub(crate) use minilambda::__private::{lock, now, variable};

/// The seconds since 1970.
#[cfg(feature = "services")]
pub(crate) fn now_s() -> i64 {
    i64::try_from(now().as_secs()).unwrap_or(i64::MAX)
}

/// 64 random bits of the system. Those that a process makes itself, as `RandomState` does, are the
/// same in each copy that `SnapStart` restores of it, and so would be tokens, owners and ids. See
/// <https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html>.
pub(crate) fn random() -> u64 {
    static SOURCE: OnceLock<Option<File>> = OnceLock::new();
    let source = SOURCE.get_or_init(|| File::open("/dev/urandom").ok());
    let mut bytes = [0; 8];
    match source.as_ref().map(|mut source| source.read_exact(&mut bytes)) {
        Some(Ok(())) => u64::from_ne_bytes(bytes),
        // A system without it, such as a container without devices.
        _ => RandomState::new().hash_one(now()),
    }
}
