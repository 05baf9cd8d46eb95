//! Reads numbers exactly.
//!
//! Replaces miniserde's reader, whose last bit may be off from 16 digits on. Cost: this file. Gain:
//! every float is the nearest one, as with std's `parse`. It can go when miniserde reads floats
//! exactly.

use super::scan::{Result, Scanner};

/// A number of a JSON text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Nonnegative(u64),
    Negative(i64),
    /// `-0`, which is zero for an integer type and keeps its sign in a float.
    MinusZero,
    /// A number with a fraction or an exponent, or an integer beyond 64 bits. It is infinite if it
    /// is beyond the largest float.
    Float(f64),
}

/// What a number is made of: `mantissa * 10^exponent`.
struct Parts {
    is_negative: bool,
    is_integer: bool,
    /// The digits without a point. It has no meaning if there are more than [`MAX_DIGITS`].
    mantissa: u64,
    digits: usize,
    exponent: i64,
}

/// A `u64` holds any integer of this many digits.
const MAX_DIGITS: usize = 19;

impl Scanner<'_> {
    /// Reads a number.
    #[inline]
    pub(super) fn number(&mut self) -> Result<Number> {
        let start = self.at;
        let parts = self.number_parts()?;
        if parts.is_integer && parts.digits <= MAX_DIGITS {
            match (parts.is_negative, i64::try_from(parts.mantissa)) {
                (false, _) => return Ok(Number::Nonnegative(parts.mantissa)),
                (true, Ok(0)) => return Ok(Number::MinusZero),
                (true, Ok(number)) => return Ok(Number::Negative(-number)),
                (true, Err(_)) => {} // perhaps `i64::MIN`
            }
        }
        let text = self.text.get(start..self.at).unwrap_or_default();
        Ok(match short_float(&parts) {
            Some(number) => Number::Float(if parts.is_negative { -number } else { number }),
            None => long_number(text, &parts),
        })
    }

    /// Skips a number of any size.
    pub(super) fn skip_number(&mut self) -> Result<()> {
        self.number_parts().map(drop)
    }

    #[inline(always)] // skipping needs no mantissa
    #[allow(clippy::inline_always, reason = "measured")]
    fn number_parts(&mut self) -> Result<Parts> {
        let is_negative = self.rest().starts_with(b"-");
        self.at += usize::from(is_negative);
        if let [b'0', b'0'..=b'9', ..] = self.rest() {
            return Err(self.error());
        }
        let (mut mantissa, mut exponent) = (0, 0);
        let mut digits = self.digits(&mut mantissa)?;
        let mut is_integer = true;
        if let [b'.', ..] = self.rest() {
            self.at += 1;
            let count = self.digits(&mut mantissa)?;
            digits += count;
            exponent = -i64::try_from(count).unwrap_or(i64::MAX);
            is_integer = false;
        }
        if let [b'e' | b'E', ..] = self.rest() {
            self.at += 1;
            let is_negative = self.rest().starts_with(b"-");
            if let [b'+' | b'-', ..] = self.rest() {
                self.at += 1;
            }
            let mut shift = 0;
            let count = self.digits(&mut shift)?;
            let shift = i64::try_from(shift).unwrap_or(i64::MAX);
            let shift = if count <= MAX_DIGITS { shift } else { i64::MAX };
            exponent = exponent.saturating_add(if is_negative { -shift } else { shift });
            is_integer = false;
        }
        Ok(Parts { is_negative, is_integer, mantissa, digits, exponent })
    }

    /// Reads one or more digits after those of `value`, and returns their number.
    #[inline(always)]
    #[allow(clippy::inline_always, reason = "measured")]
    fn digits(&mut self, value: &mut u64) -> Result<usize> {
        let mut count = 0;
        for byte in self.rest() {
            let digit = byte.wrapping_sub(b'0');
            if digit > 9 {
                break;
            }
            *value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
            count += 1;
        }
        self.at += count;
        if count > 0 { Ok(count) } else { Err(self.error()) }
    }
}

/// Returns a float whose digits and power of ten are floats themselves (Clinger's fast path): then
/// one operation rounds once, so the result is the nearest float.
#[inline]
fn short_float(parts: &Parts) -> Option<f64> {
    const POWERS: [f64; 23] = [
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
        1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    ];
    if parts.digits > MAX_DIGITS || parts.mantissa > 1 << 53 || parts.is_integer {
        return None;
    }
    let power = *POWERS.get(usize::try_from(parts.exponent.unsigned_abs()).ok()?)?;
    #[allow(clippy::cast_precision_loss, reason = "it has at most 53 bits")]
    let mantissa = parts.mantissa as f64;
    Some(if parts.exponent < 0 { mantissa / power } else { mantissa * power })
}

/// Reads any number in the syntax of JSON, which is a part of std's.
#[cold]
fn long_number(text: &str, parts: &Parts) -> Number {
    let float = || Number::Float(text.parse().unwrap_or(f64::INFINITY));
    if !parts.is_integer {
        return float();
    }
    if parts.is_negative {
        return text.parse().map_or_else(|_| float(), Number::Negative);
    }
    text.parse().map_or_else(|_| float(), Number::Nonnegative)
}

#[cfg(test)]
mod tests {
    use super::super::{decode, encode};
    use miniserde::json::{self, Value};

    /// xorshift64: the same numbers in each run.
    fn random(state: &mut u64) -> u64 {
        *state ^= *state << 13;
        *state ^= *state >> 7;
        *state ^= *state << 17;
        *state
    }

    fn read(text: &str) -> Option<u64> {
        decode::<f64>(text.as_bytes()).ok().map(f64::to_bits)
    }

    fn check(text: &str) {
        let expected: f64 = text.parse().unwrap();
        assert_eq!(read(text), expected.is_finite().then_some(expected.to_bits()), "{text}");
    }

    #[test]
    fn each_float_is_the_nearest_one() {
        let mut state = 0x2545_F491_4F6C_DD1D;
        for _ in 0..200_000 {
            let number = f64::from_bits(random(&mut state));
            if number.is_finite() {
                let texts =
                    [format!("{number:e}"), format!("{number:.17e}"), format!("{number:?}")];
                for text in &texts {
                    check(text);
                }
                assert_eq!(read(&texts[0]), Some(number.to_bits()), "{number:e}");
                assert_eq!(read(&String::from_utf8(encode(&number)).unwrap()), read(&texts[0]));
            }
            // As people write them: some digits before the point and some after it.
            let (digits, shift) =
                (random(&mut state) >> (random(&mut state) % 64), random(&mut state));
            let mut text = format!("{digits:020}");
            text.insert(1 + usize::try_from(shift % 19).unwrap(), '.');
            let text = text.trim_start_matches('0').to_owned();
            let text = if text.starts_with('.') { format!("0{text}") } else { text };
            check(&text);
            check(&format!("-{text}E{}", i64::try_from(shift % 60).unwrap() - 30));
        }
    }

    #[test]
    fn rare_floats_are_exact_too() {
        let long = |digit: &str, count| digit.repeat(count);
        for text in [
            "1.5777777777770001",
            "0.0",
            "-0.0",
            "-0e5",
            "0e999999999999999999999",
            "-0.0e-999999999999999999999",
            "1e-999999999999999999999",
            "5e-324",
            "2.4703282292062327e-324",
            "2.4703282292062328e-324",
            "2.2250738585072011e-308",
            "2.2250738585072014e-308",
            "1.7976931348623157e308",
            "1.7976931348623158e308",
            "9007199254740992.0",
            "9007199254740993.0",
            "9007199254740993.00000000000000000000000000001",
            "9007199254740995e0",
            "9007199254740993e22",
            "1e22",
            "1e23",
            "8.5e-23",
            "0.1000000000000000055511151231257827021181583404541015625",
            "1.00000000000000011102230246251565404236316680908203125",
            "1.00000000000000011102230246251565404236316680908203124",
            "1.00000000000000011102230246251565404236316680908203126",
            "18446744073709551616",
            "-9223372036854775809",
            "123456789012345678901234567890",
            "0.00000000000000000000000000000000000001",
            "6.02214076E+23",
        ] {
            check(text);
        }
        check(&long("9", 308));
        check(&format!("0.{}1", long("0", 400)));
        check(&format!("0.{}1e400", long("0", 400)));
        check(&format!("1{}e-400", long("0", 400)));
        check(&format!("1.{}1", long("0", 800)));
    }

    #[test]
    fn a_number_beyond_the_floats_is_refused() {
        let long = "9".repeat(400);
        for text in ["1e309", "-1e309", "1.7976931348623159e308", "1e99999999999999999999", &long] {
            let error = decode::<f64>(text.as_bytes()).unwrap_err();
            assert!(error.message().contains("too large"), "{text} {}", error.message());
            assert!(decode::<Value>(text.as_bytes()).is_err());
        }
    }

    #[test]
    fn integers_of_64_bits_are_exact() {
        for text in ["0", "9223372036854775807", "9999999999999999999", "18446744073709551615"] {
            assert_eq!(decode::<u64>(text.as_bytes()).unwrap().to_string(), text);
        }
        for text in ["-1", "-999999999999999999", "-1000000000000000000", "-9223372036854775808"] {
            assert_eq!(decode::<i64>(text.as_bytes()).unwrap().to_string(), text);
        }
        for text in ["18446744073709551616", "-9223372036854775809", "-18446744073709551615"] {
            assert!(decode::<u64>(text.as_bytes()).is_err(), "{text}");
            assert!(decode::<i64>(text.as_bytes()).is_err(), "{text}");
            check(text);
        }
    }

    #[test]
    fn minus_zero_keeps_its_sign_in_floats_and_is_zero_in_integers() {
        for text in ["-0", "-0.0", "-0e0", "-0.000"] {
            assert_eq!(read(text), Some((-0.0_f64).to_bits()), "{text}");
            assert!(decode::<f32>(text.as_bytes()).unwrap().is_sign_negative());
            assert_eq!(json::to_string(&decode::<Value>(text.as_bytes()).unwrap()), "-0.0");
        }
        assert_eq!(decode::<u8>(b"-0").unwrap(), 0);
        assert_eq!(decode::<u64>(b" -0 ").unwrap(), 0);
        assert_eq!(decode::<i8>(b"-0").unwrap(), 0);
        assert_eq!(decode::<Option<usize>>(b"-0").unwrap(), Some(0));
        assert_eq!(decode::<Vec<Box<i64>>>(b"[-0,-0]").unwrap(), [Box::new(0), Box::new(0)]);
        for text in ["-0.0", "-00", "-", "-a", "-0.", "- 0"] {
            assert!(decode::<u8>(text.as_bytes()).is_err(), "{text}");
        }
        let error = decode::<String>(b"-0").unwrap_err();
        assert!(error.message().contains("expected a string, found an integer"));
    }
}
