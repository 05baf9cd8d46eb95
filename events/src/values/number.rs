//! Numbers that AWS sends either as a number or as a string.

use crate::Error;
use miniserde::de::Visitor;
use miniserde::ser::Fragment;
use miniserde::{Deserialize, Serialize, make_place};
use std::borrow::Cow;
use std::fmt;

/// A number that AWS sends either as a JSON number or as a string. It is kept and written back as
/// it was sent.
///
/// ```
/// use minilambda_events::NumberOrText;
/// use miniserde::json;
///
/// for text in ["17", "\"17\""] {
///     let number: NumberOrText = json::from_str(text)?;
///     assert_eq!(number.as_i64()?, 17);
///     assert_eq!(json::to_string(&number), text);
/// }
/// # Ok::<(), minilambda_events::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub enum NumberOrText {
    /// An integer of zero or more.
    Unsigned(u64),
    /// An integer below zero.
    Negative(i64),
    /// A number with a fraction or an exponent, or one too large for the others.
    Float(f64),
    /// A string, which need not be a number.
    Text(String),
}

impl Default for NumberOrText {
    fn default() -> Self {
        Self::Unsigned(0)
    }
}

impl NumberOrText {
    /// Returns the number if it is an integer, such as `17` or `17.0`.
    ///
    /// # Errors
    /// If it is not an integer, or out of range.
    pub fn as_i64(&self) -> Result<i64, Error> {
        self.integer("expected an integer of 64 bits, as a number or as text")
    }

    /// Returns the number if it is an integer of zero or more, such as `17` or `17.0`.
    ///
    /// # Errors
    /// If it is not an integer, or out of range.
    pub fn as_u64(&self) -> Result<u64, Error> {
        self.integer("expected an integer of zero or more, as a number or as text")
    }

    /// Returns the number.
    ///
    /// # Errors
    /// If a string is not a number.
    pub fn as_f64(&self) -> Result<f64, Error> {
        let number: f64 = self.text().parse().unwrap_or(f64::NAN);
        if !number.is_finite() {
            return Err(crate::error::invalid("expected a number, as a number or as text"));
        }
        Ok(number)
    }

    fn integer<T: std::str::FromStr>(&self, expected: &'static str) -> Result<T, Error> {
        let refusal = || crate::error::invalid(expected);
        let digits = match self {
            Self::Float(_) => None,
            _ => self.text().parse().ok(),
        };
        if let Some(number) = digits {
            return Ok(number);
        }
        let number = self.as_f64().map_err(|_| refusal())?;
        // From 2^53 on, a float stands for more than one integer.
        if number.fract() != 0.0 || number.abs() >= 9_007_199_254_740_992.0 {
            return Err(refusal());
        }
        (number + 0.0).to_string().parse().map_err(|_| refusal()) // -0 becomes 0
    }

    /// Returns the digits, without an exponent unless it is a string.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        match self {
            Self::Unsigned(number) => Cow::Owned(number.to_string()),
            Self::Negative(number) => Cow::Owned(number.to_string()),
            Self::Float(number) => Cow::Owned(number.to_string()),
            Self::Text(text) => Cow::Borrowed(text),
        }
    }
}

impl fmt::Display for NumberOrText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl From<u64> for NumberOrText {
    fn from(number: u64) -> Self {
        Self::Unsigned(number)
    }
}

impl From<i64> for NumberOrText {
    fn from(number: i64) -> Self {
        u64::try_from(number).map_or(Self::Negative(number), Self::Unsigned)
    }
}

impl From<f64> for NumberOrText {
    fn from(number: f64) -> Self {
        Self::Float(number)
    }
}

impl From<&str> for NumberOrText {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

make_place!(Place);

impl<T: From<NumberOrText>> Visitor for Place<T> {
    fn nonnegative(&mut self, number: u64) -> miniserde::Result<()> {
        self.out = Some(NumberOrText::Unsigned(number).into());
        Ok(())
    }
    fn negative(&mut self, number: i64) -> miniserde::Result<()> {
        self.out = Some(NumberOrText::Negative(number).into());
        Ok(())
    }
    fn float(&mut self, number: f64) -> miniserde::Result<()> {
        self.out = Some(NumberOrText::Float(number).into());
        Ok(())
    }
    fn string(&mut self, text: &str) -> miniserde::Result<()> {
        self.out = Some(NumberOrText::Text(text.to_owned()).into());
        Ok(())
    }
}

/// Decodes a type that holds such a number.
pub(crate) fn place<T: From<NumberOrText>>(out: &mut Option<T>) -> &mut dyn Visitor {
    Place::new(out)
}

impl Deserialize for NumberOrText {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        place(out)
    }
}

impl Serialize for NumberOrText {
    fn begin(&self) -> Fragment<'_> {
        match self {
            Self::Unsigned(number) => Fragment::U64(*number),
            Self::Negative(number) => Fragment::I64(*number),
            Self::Float(number) => Fragment::F64(*number),
            Self::Text(text) => Fragment::Str(Cow::Borrowed(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::NumberOrText;
    use miniserde::json;

    #[test]
    fn it_is_written_back_as_it_came() {
        for text in [
            "0",
            "-1",
            "1.0",
            "0.5",
            "18446744073709551615",
            "-9223372036854775808",
            "\"\"",
            "\"007\"",
            "\"1e3\"",
            "\"many\"",
        ] {
            let number: NumberOrText = json::from_str(text).unwrap();
            assert_eq!(json::to_string(&number), text);
        }
        for text in ["null", "true", "[]", "{}"] {
            assert!(json::from_str::<NumberOrText>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn integers_are_exact_or_refused() {
        for (text, number) in [
            ("17", Some(17)),
            ("\"-17\"", Some(-17)),
            ("17.0", Some(17)),
            ("\"1.7e1\"", Some(17)),
            ("9223372036854775807", Some(i64::MAX)),
            ("\"-9223372036854775808\"", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("1e300", None),
            ("9007199254740993.5", None),
            ("0.5", None),
            ("\"\"", None),
            ("\"NaN\"", None),
            ("\"inf\"", None),
            ("\"many\"", None),
        ] {
            let value: NumberOrText = json::from_str(text).unwrap();
            assert_eq!(value.as_i64().ok(), number, "{text}");
        }
        assert_eq!(NumberOrText::from(u64::MAX).as_u64().unwrap(), u64::MAX);
        assert!(NumberOrText::from(-1_i64).as_u64().is_err());
        for text in ["-0", "-0.0", "\"-0\""] {
            let value: NumberOrText = minilambda::decode(text.as_bytes()).unwrap();
            assert_eq!((value.as_u64().unwrap(), value.as_i64().unwrap()), (0, 0), "{text}");
            assert!(value.as_f64().unwrap().is_sign_negative(), "{text}");
        }
    }

    #[test]
    fn floats_are_numbers() {
        assert!((NumberOrText::from("0.25").as_f64().unwrap() - 0.25).abs() < f64::EPSILON);
        let error = NumberOrText::from("secret").as_f64().unwrap_err().message().to_owned();
        assert_eq!(error, "expected a number, as a number or as text");
    }
}
