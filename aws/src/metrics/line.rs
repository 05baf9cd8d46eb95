//! A set of metrics as lines of the embedded metric format.

use super::set::{DESCRIPTION, Metric, Set};
use minilambda::__private::to_text;

/// The most metrics of a line.
const MAX_METRICS: usize = 100;

/// The most values of a metric in a line.
const MAX_VALUES: usize = 100;

/// CloudWatch takes documents of 256 KB; Lambda may write a time and a request id before it.
pub(super) const MAX_LINE_BYTES: usize = 255 * 1024;

/// A metric with the values that are in one line.
struct Part {
    definition: String,
    field: String,
}

/// Returns the lines, each with its line feed. A set that is too large for one line is continued
/// in others, with the same dimensions and metadata.
pub(super) fn lines(set: &Set, namespace: &str, time_ms: u64) -> Vec<String> {
    let head = format!(
        "{{\"{DESCRIPTION}\":{{\"Timestamp\":{time_ms},\"CloudWatchMetrics\":[{{\"Namespace\":{},\
         \"Dimensions\":{},\"Metrics\":[",
        quoted(namespace),
        lists_of_dimensions(set)
    );
    let rest = format!("]}}]}}{}", fields_of_all(set));
    let shared_bytes = head.len() + rest.len() + "}\n".len();
    let mut lines = Vec::new();
    let mut write = |parts: &mut Vec<Part>| {
        let definitions: Vec<_> = parts.iter().map(|part| &*part.definition).collect();
        let fields: Vec<_> = parts.iter().map(|part| &*part.field).collect();
        lines.push(format!("{head}{}{rest}{}}}\n", definitions.join(","), fields.concat()));
        parts.clear();
    };
    let longest = set.metrics.values().map(|metric| metric.values.len()).max().unwrap_or(0);
    // A name is in a line once: the first hundred values of each metric, then the next.
    for round in 0..longest.div_ceil(MAX_VALUES) {
        let (mut parts, mut bytes) = (Vec::new(), shared_bytes);
        for (name, metric) in &set.metrics {
            let Some(values) = metric.values.chunks(MAX_VALUES).nth(round) else { continue };
            let part = part(name, metric, values);
            let more = part.definition.len() + part.field.len() + 1;
            if !parts.is_empty() && (parts.len() >= MAX_METRICS || bytes + more > MAX_LINE_BYTES) {
                write(&mut parts);
                bytes = shared_bytes;
            }
            bytes += more;
            parts.push(part);
        }
        write(&mut parts);
    }
    lines
}

fn part(name: &str, metric: &Metric, values: &[f64]) -> Part {
    let name = quoted(name);
    let resolution = if metric.is_high_resolution { ",\"StorageResolution\":1" } else { "" };
    let definition = format!("{{\"Name\":{name},\"Unit\":\"{}\"{resolution}}}", metric.unit.name());
    let values = match values {
        [value] => to_text(value),
        values => to_text(values),
    };
    Part { definition, field: format!(",{name}:{values}") }
}

/// The dimensions of all metrics, and the same with each list of further ones.
fn lists_of_dimensions(set: &Set) -> String {
    let of_all: Vec<_> = set.dimensions.iter().map(|(name, _)| name).collect();
    let with = |list: &Vec<String>| -> Vec<String> {
        of_all.iter().copied().chain(list).map(|name| quoted(name)).collect()
    };
    let empty = Vec::new();
    let lists = std::iter::once(&empty).chain(&set.lists).map(with);
    let lists: Vec<_> = lists.map(|names| format!("[{}]", names.join(","))).collect();
    format!("[{}]", lists.join(","))
}

/// Dimensions and metadata as fields, each after a comma.
fn fields_of_all(set: &Set) -> String {
    let mut text = String::new();
    let mut add = |name: &str, json: &str| text.extend([",", &quoted(name), ":", json]);
    for (name, value) in &set.dimensions {
        add(name, &quoted(value));
    }
    let names = |name: &str| set.dimensions.iter().any(|(known, _)| known == name);
    for (name, value) in set.values_of_lists.iter().filter(|(name, _)| !names(name)) {
        add(name, &quoted(value));
    }
    for (name, json) in &set.metadata {
        add(name, json);
    }
    text
}

fn quoted(text: &str) -> String {
    to_text(text)
}

#[cfg(test)]
mod tests {
    use super::super::set::MAX_SHARED_BYTES;
    use super::super::unit::Unit;
    use super::*;

    #[test]
    fn a_metric_is_a_line_of_the_embedded_format() {
        let mut set = Set::default();
        set.add_dimension("Shop", "a\"b").unwrap();
        set.add("Orders", 1.5, Unit::Count, false).unwrap();
        let expected = concat!(
            r#"{"_aws":{"Timestamp":17,"CloudWatchMetrics":[{"Namespace":"shop","Dimensions":"#,
            r#"[["Shop"]],"Metrics":[{"Name":"Orders","Unit":"Count"}]}]},"Shop":"a\"b","Orders":1.5}"#,
            "\n"
        );
        assert_eq!(lines(&set, "shop", 17), [expected]);
    }

    #[test]
    fn no_line_is_longer_than_cloudwatch_takes() {
        let mut set = Set::default();
        let quotes = |count| "\"".repeat(count);
        for at in 0..30 {
            let name = format!("{at:02}{}", quotes(248));
            set.add_dimension(&name, &quotes(1024)).unwrap();
        }
        set.add_metadata("m", format!("\"{}\"", "m".repeat(MAX_SHARED_BYTES - 100))).unwrap();
        for at in 0..200 {
            // Four bytes each, as many as a name has room for.
            let name = format!("{at:04}{}", "\u{1f980}".repeat(1020));
            for value in 0..150 {
                set.add(&name, f64::from(value) * 1.234_567_890_123e-100, Unit::None, true)
                    .unwrap();
            }
        }
        let lines = lines(&set, "shop", 17);
        assert!(lines.iter().all(|line| line.len() <= MAX_LINE_BYTES), "{}", lines.len());
        let values: usize = lines.iter().map(|line| line.matches("e-").count()).sum();
        assert_eq!(values, 200 * 149, "all but the zeros");
    }
}
