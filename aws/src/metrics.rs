//! Metrics of CloudWatch: one line in the log, which CloudWatch reads, and no request.
//!
//! ```
//! use minilambda_aws::metrics::{self, Unit};
//!
//! metrics::put("Orders", 1.0, Unit::Count, &[("Shop", "berlin")]);
//! ```
//!
//! The namespace is that of the variable `AWS_EMF_NAMESPACE`, or the function's name. See
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.

use crate::environment::{now, variable};
use minilambda::__private::is_silent;
use miniserde::json::{self, Number, Object, Value};
use std::collections::BTreeSet;
use std::io::{self, Write};

/// The most dimensions of a metric.
const MAX_DIMENSIONS: usize = 30;

/// CloudWatch keeps values of at most 2 to the power of 360.
const MAX_VALUE: f64 = 2.348_542_582_773_833_2e108;

/// The field of the document that describes it.
const DESCRIPTION: &str = "_aws";

const MAX_METRIC_CHARS: usize = 1024;
const MAX_DIMENSION_CHARS: usize = 250;
const MAX_DIMENSION_VALUE_CHARS: usize = 1024;
const MAX_NAMESPACE_CHARS: usize = 256;

/// The unit of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unit {
    /// Without a unit.
    None,
    /// A number of things.
    Count,
    /// A percentage.
    Percent,
    /// Seconds.
    Seconds,
    /// Milliseconds.
    Milliseconds,
    /// Microseconds.
    Microseconds,
    /// Bytes.
    Bytes,
    /// 1,000 bytes.
    Kilobytes,
    /// 1,000,000 bytes.
    Megabytes,
    /// Bytes in a second.
    BytesPerSecond,
    /// Things in a second.
    CountPerSecond,
}

impl Unit {
    fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Count => "Count",
            Self::Percent => "Percent",
            Self::Seconds => "Seconds",
            Self::Milliseconds => "Milliseconds",
            Self::Microseconds => "Microseconds",
            Self::Bytes => "Bytes",
            Self::Kilobytes => "Kilobytes",
            Self::Megabytes => "Megabytes",
            Self::BytesPerSecond => "Bytes/Second",
            Self::CountPerSecond => "Count/Second",
        }
    }
}

/// Writes a metric with its dimensions to stdout. CloudWatch counts each combination of values of
/// the dimensions as a separate metric, which costs: use dimensions with few values.
///
/// A metric that CloudWatch would not take is not written, and an error is logged that says why: a
/// name or a value of a dimension that is empty or too long, a dimension that is there twice or is
/// named like the metric, more than 30 dimensions, a number that is not finite or beyond 2 to the
/// power of 360.
pub fn put(name: &str, value: f64, unit: Unit, dimensions: &[(&str, &str)]) {
    if is_silent() {
        return; // a durable function has written it in an earlier invocation
    }
    let namespace = namespace();
    if let Err(reason) = check(name, value, dimensions, &namespace) {
        log::error!("the metric {name:?} is not written: {reason}");
        return;
    }
    let time_ms = u64::try_from(now().as_millis()).unwrap_or(u64::MAX);
    let line = line(name, value, unit, dimensions, &namespace, time_ms);
    // Without stdout there is no place for it.
    let _ = io::stdout().write_all(line.as_bytes());
}

fn namespace() -> String {
    let namespace = variable("AWS_EMF_NAMESPACE").or_else(|| variable("AWS_LAMBDA_FUNCTION_NAME"));
    namespace.unwrap_or_else(|| "minilambda".to_owned())
}

fn check(
    name: &str,
    value: f64,
    dimensions: &[(&str, &str)],
    namespace: &str,
) -> Result<(), String> {
    check_text("its name", name, MAX_METRIC_CHARS)?;
    if name == DESCRIPTION {
        return Err(format!("its name is {DESCRIPTION}, which describes the document"));
    }
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || ".-_/#: ".contains(c);
    check_text("the namespace", namespace, MAX_NAMESPACE_CHARS)?;
    if !namespace.chars().all(is_allowed) || namespace.starts_with("AWS/") {
        return Err(
            "the namespace has other characters than letters, digits and .-_/#:, or is AWS's"
                .to_owned(),
        );
    }
    if !value.is_finite() || value.abs() > MAX_VALUE {
        return Err(format!("its value {value} is not finite, or beyond 2 to the power of 360"));
    }
    if dimensions.len() > MAX_DIMENSIONS {
        return Err(format!("it has more than {MAX_DIMENSIONS} dimensions"));
    }
    let mut names = BTreeSet::from([name, DESCRIPTION]);
    for (dimension, value) in dimensions {
        check_text("the name of a dimension", dimension, MAX_DIMENSION_CHARS)?;
        if !dimension.is_ascii() || dimension.starts_with(':') {
            return Err(format!(
                "the dimension {dimension:?} is not ASCII, or begins with a colon"
            ));
        }
        if !names.insert(dimension) {
            return Err(format!(
                "the dimension {dimension:?} is there twice, or named like the metric"
            ));
        }
        // Values may come from an event, so they are not shown.
        check_text(&format!("the value of {dimension:?}"), value, MAX_DIMENSION_VALUE_CHARS)?;
        if !value.is_ascii() {
            return Err(format!("the value of {dimension:?} is not ASCII"));
        }
    }
    Ok(())
}

fn check_text(what: &str, text: &str, max_chars: usize) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err(format!("{what} is empty"));
    }
    if text.chars().any(char::is_control) || text.chars().count() > max_chars {
        return Err(format!("{what} has control characters, or more than {max_chars} characters"));
    }
    Ok(())
}

fn line(
    name: &str,
    value: f64,
    unit: Unit,
    dimensions: &[(&str, &str)],
    namespace: &str,
    time_ms: u64,
) -> String {
    let text = |text: &str| Value::String(text.to_owned());
    let object = |fields: Vec<(&str, Value)>| {
        let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
        Value::Object(fields.collect::<Object>())
    };
    let array = |values: Vec<Value>| Value::Array(values.into_iter().collect());
    let names = array(dimensions.iter().map(|(name, _)| text(name)).collect());
    let metric = object(vec![("Name", text(name)), ("Unit", text(unit.name()))]);
    let directive = object(vec![
        ("Namespace", text(namespace)),
        ("Dimensions", array(vec![names])),
        ("Metrics", array(vec![metric])),
    ]);
    let about = object(vec![
        ("Timestamp", Value::Number(Number::U64(time_ms))),
        ("CloudWatchMetrics", array(vec![directive])),
    ]);
    let mut fields = vec![(DESCRIPTION, about), (name, Value::Number(Number::F64(value)))];
    fields.extend(dimensions.iter().map(|(name, value)| (*name, text(value))));
    let mut line = json::to_string(&object(fields));
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_a_line_of_the_embedded_format() {
        assert_eq!(
            line("Orders", 1.5, Unit::Count, &[("Shop", "a\"b")], "shop", 17),
            concat!(
                r#"{"Orders":1.5,"Shop":"a\"b","_aws":{"CloudWatchMetrics":[{"Dimensions":[["Shop"]],"#,
                r#""Metrics":[{"Name":"Orders","Unit":"Count"}],"Namespace":"shop"}],"Timestamp":17}}"#,
                "\n"
            )
        );
    }
    #[test]
    fn what_cloudwatch_would_not_take_is_refused() {
        let many: Vec<(String, String)> =
            (0..31).map(|at| (format!("d{at}"), "a".to_owned())).collect();
        let many: Vec<_> = many.iter().map(|(name, value)| (&**name, &**value)).collect();
        let check =
            |name: &str, value, dimensions: &[(&str, &str)]| check(name, value, dimensions, "shop");
        assert_eq!(check("Orders", -1.5, &many[..30]), Ok(()));
        let long = "x".repeat(1025);
        for (name, value, dimensions) in [
            ("", 1.0, &[][..]),
            (" ", 1.0, &[]),
            ("a\n", 1.0, &[]),
            (&*long, 1.0, &[]),
            ("_aws", 1.0, &[]),
            ("a", f64::NAN, &[]),
            ("a", f64::NEG_INFINITY, &[]),
            ("a", 1e109, &[]),
            ("a", -1e300, &[]),
            ("a", 1.0, &many),
            ("a", 1.0, &[("", "b")]),
            ("a", 1.0, &[("b", "")]),
            ("a", 1.0, &[("b", " ")]),
            ("a", 1.0, &[("b", "c\0")]),
            ("a", 1.0, &[("b", &long)]),
            ("a", 1.0, &[(":b", "c")]),
            ("a", 1.0, &[("a", "b")]),
            ("a", 1.0, &[("_aws", "b")]),
            ("a", 1.0, &[("b", "c"), ("b", "d")]),
        ] {
            assert!(check(name, value, dimensions).is_err(), "{name} {value} {dimensions:?}");
        }
        assert!(super::check("a", 1.0, &[], "AWS/Lambda").is_err());
        assert!(super::check("a", 1.0, &[], "").is_err());
        assert!((MAX_VALUE.log2() - 360.0).abs() < 1e-9);
    }
}
