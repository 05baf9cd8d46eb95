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

use miniserde::json::{self, Number, Object, Value};
use std::env;
use std::io::{self, Write};
use std::time::{SystemTime, UNIX_EPOCH};

/// The most dimensions of a metric.
const MAX_DIMENSIONS: usize = 30;

/// The unit of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unit {
    /// Without a unit.
    None,
    /// A number of things.
    Count,
    /// A part of a hundred.
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

/// Writes a metric with its dimensions to stdout. CloudWatch counts each combination of values of the
/// dimensions as a metric of its own, which costs: a dimension has few values.
///
/// A number that is not finite is left out, with a warning in the log, and so are more than 30
/// dimensions.
pub fn put(name: &str, value: f64, unit: Unit, dimensions: &[(&str, &str)]) {
    if !value.is_finite() {
        log::warn!("the metric {name} is not finite, and is left out");
        return;
    }
    if dimensions.len() > MAX_DIMENSIONS {
        log::warn!(
            "the metric {name} has more than {MAX_DIMENSIONS} dimensions; the others are left out"
        );
    }
    let dimensions = dimensions.get(..MAX_DIMENSIONS).unwrap_or(dimensions);
    let line = line(name, value, unit, dimensions, &namespace(), now_ms());
    // Without stdout there is no place for it.
    let _ = io::stdout().write_all(line.as_bytes());
}

fn namespace() -> String {
    let variable = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let namespace = variable("AWS_EMF_NAMESPACE").or_else(|| variable("AWS_LAMBDA_FUNCTION_NAME"));
    namespace.unwrap_or_else(|| "minilambda".to_owned())
}

fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
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
    let mut fields = vec![("_aws", about), (name, Value::Number(Number::F64(value)))];
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
}
