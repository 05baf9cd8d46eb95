//! Chance, as the system gives it.
//!
//! What a process makes itself, as `RandomState` does, is the same in each copy that `SnapStart`
//! restores of it, and so would be tokens, owners and ids. See
//! <https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html>.

use crate::calendar::now;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::sync::OnceLock;

/// Returns 64 random bits.
#[must_use]
pub fn random() -> u64 {
    static SOURCE: OnceLock<Option<File>> = OnceLock::new();
    let source = SOURCE.get_or_init(|| File::open("/dev/urandom").ok());
    let mut bytes = [0; 8];
    match source.as_ref().map(|mut source| source.read_exact(&mut bytes)) {
        Some(Ok(())) => u64::from_ne_bytes(bytes),
        // A system without it, such as a container without devices.
        _ => RandomState::new().hash_one(now()),
    }
}

/// Returns a random number from 0 to below 1.
#[must_use]
pub fn fraction() -> f64 {
    part_of_one(random())
}

fn part_of_one(bits: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "both have at most 53 bits")]
    let part = (bits >> 11) as f64 / (1_u64 << 53) as f64;
    part
}

#[cfg(test)]
mod tests {
    use super::{part_of_one, random};

    #[test]
    fn a_fraction_is_from_0_to_below_1() {
        for (bits, quarters) in [(0, "0"), (1 << 62, "1"), (3 << 62, "3")] {
            assert_eq!((part_of_one(bits) * 4.0).to_string(), quarters);
        }
        assert!(part_of_one(u64::MAX) < 1.0);
        assert_ne!(random(), random());
    }
}
