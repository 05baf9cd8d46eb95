//! Which traces are recorded.

/// Which new traces are recorded.
///
/// See <https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/>.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sampler {
    /// Whether a trace from elsewhere keeps the decision that was made there.
    follows_parent: bool,
    /// The smallest of the random numbers of traces that are recorded, which have 56 bits.
    threshold: u64,
}

/// The random bits at the end of a trace's id, and its digits that they are.
const RANDOM_BITS: u32 = 56;
const RANDOM_DIGITS: usize = 14;

/// The digits of a threshold that the specification recommends, after those that are `f`.
const PRECISION: u32 = 4;

/// A ratio of `OTEL_TRACES_SAMPLER_ARG`.
pub(super) fn ratio(text: &str) -> Option<f64> {
    text.trim().parse().ok().filter(|ratio| (0.0..=1.0).contains(ratio))
}

impl Sampler {
    /// All traces, if those before do not say otherwise.
    pub const DEFAULT: Self = Self { follows_parent: true, threshold: 0 };

    /// The sampler of this name, if there is one.
    pub fn new(name: &str, ratio: f64) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        let (follows_parent, root) = match name.strip_prefix("parentbased_") {
            Some(root) => (true, root),
            None => (false, &*name),
        };
        let ratio = match root {
            "always_on" => 1.0,
            "always_off" => 0.0,
            "traceidratio" => ratio,
            _ => return None,
        };
        Some(Self { follows_parent, threshold: threshold(ratio) })
    }

    /// Whether a trace is recorded: by its id, so that all services decide the same.
    pub fn samples(self, trace: &str, parent: Option<bool>) -> bool {
        if let (true, Some(is_sampled)) = (self.follows_parent, parent) {
            return is_sampled;
        }
        let digits = trace.get(trace.len().saturating_sub(RANDOM_DIGITS)..).unwrap_or_default();
        u64::from_str_radix(digits, 16).unwrap_or_default() >= self.threshold
    }
}

/// How many of all random numbers are those of traces that are not recorded. It is rounded as the
/// specification recommends it.
fn threshold(ratio: f64) -> u64 {
    const ALL: u64 = 1 << RANDOM_BITS;
    #[allow(clippy::cast_precision_loss, reason = "a power of two")]
    let exact = (1.0 - ratio) * ALL as f64;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to ALL")]
    let exact = exact as u64;
    let leading = (!(exact << (64 - RANDOM_BITS))).leading_zeros() / 4;
    let rest = RANDOM_BITS.saturating_sub(4 * (leading + PRECISION));
    let half = (1_u64 << rest) / 2;
    ((exact + half) >> rest) << rest
}

#[cfg(test)]
mod tests {
    use super::{Sampler, ratio};

    #[test]
    fn samplers_decide_by_the_parent_and_by_the_id() {
        let low = "5f84c7a1012345670000000000000001";
        let high = "5f84c7a101234567ffffffffffffffff";
        for (name, argument, parent, expected) in [
            ("", "", None, [true, true]),
            ("", "", Some(false), [false, false]),
            ("unknown", "", Some(true), [true, true]),
            ("Always_Off", "", None, [false, false]),
            ("always_on", "", Some(false), [true, true]),
            ("always_off", "", Some(true), [false, false]),
            ("traceidratio", "0.5", Some(true), [false, true]),
            ("traceidratio", "0", Some(true), [false, false]),
            ("traceidratio", "2", None, [true, true]),
            ("parentbased_traceidratio", "0.5", None, [false, true]),
            ("parentbased_traceidratio", "0.5", Some(true), [true, true]),
            ("parentbased_always_off", "", None, [false, false]),
            ("parentbased_always_off", "", Some(true), [true, true]),
        ] {
            let sampler = Sampler::new(name, ratio(argument).unwrap_or(1.0));
            let sampler = sampler.unwrap_or(Sampler::DEFAULT);
            let found = [low, high].map(|trace| sampler.samples(trace, parent));
            assert_eq!(found, expected, "{name} {argument} {parent:?}");
        }
    }

    /// The thresholds of the specification's table, of which trailing zeros are left out.
    #[test]
    fn a_ratio_is_a_threshold_for_the_last_56_bits_of_the_id() {
        for (ratio, expected) in [
            ("1", "0"),
            ("0.5", "8"),
            ("0.3333333333333333", "aaab"),
            ("0.25", "c"),
            ("0.2", "cccd"),
            ("0.125", "e"),
            ("0.1", "e666"),
            ("0.0625", "f"),
            ("0.01", "fd70a"),
            ("0.001", "ffbe77"),
            ("0.0001", "fff9724"),
            ("0.00001", "ffff583a"),
            ("0.000001", "ffffef39"),
        ] {
            let sampler = Sampler::new("traceidratio", super::ratio(ratio).unwrap()).unwrap();
            let digits = format!("{:014x}", sampler.threshold);
            let expected = format!("{expected:0<14}");
            assert_eq!(digits, expected, "{ratio}");
            let is_sampled =
                |number: u64| sampler.samples(&format!("{:018x}{number:014x}", 1), None);
            assert!(is_sampled(sampler.threshold) && is_sampled((1 << 56) - 1), "{ratio}");
            assert!(sampler.threshold == 0 || !is_sampled(sampler.threshold - 1), "{ratio}");
        }
        let never = Sampler::new("always_off", 1.0).unwrap();
        assert!(!never.samples(&"f".repeat(32), None));
    }
}
