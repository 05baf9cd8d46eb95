//! The metrics that share dimensions and metadata, and what CloudWatch takes of each.

use super::unit::Unit;
use std::collections::{BTreeMap, BTreeSet};

/// The most dimensions of a metric.
const MAX_DIMENSIONS: usize = 30;

/// CloudWatch keeps values of at most 2 to the power of 360.
const MAX_VALUE: f64 = 2.348_542_582_773_833_2e108;

/// The field of the document that describes it.
pub(super) const DESCRIPTION: &str = "_aws";

const MAX_METRIC_CHARS: usize = 1024;
const MAX_DIMENSION_CHARS: usize = 250;
const MAX_DIMENSION_VALUE_CHARS: usize = 1024;
const MAX_NAMESPACE_CHARS: usize = 256;

/// The most of dimensions and metadata, which each line repeats, in bytes of JSON.
pub(super) const MAX_SHARED_BYTES: usize = 96 * 1024;

/// A metric with its values since the last flush.
#[derive(Debug)]
pub(super) struct Metric {
    pub unit: Unit,
    pub is_high_resolution: bool,
    pub values: Vec<f64>,
}

#[derive(Debug, Default)]
pub(super) struct Set {
    pub metrics: BTreeMap<String, Metric>,
    /// The dimensions of all metrics.
    pub dimensions: Vec<(String, String)>,
    /// The names of further dimensions: the metrics are counted by each of these lists, too.
    pub lists: Vec<Vec<String>>,
    /// The values of those.
    pub values_of_lists: BTreeMap<String, String>,
    /// JSON texts.
    pub metadata: BTreeMap<String, String>,
    /// The number of all values.
    pub count: usize,
}

impl Set {
    pub fn add(
        &mut self,
        name: &str,
        value: f64,
        unit: Unit,
        is_high_resolution: bool,
    ) -> Result<(), String> {
        check_text("its name", name, MAX_METRIC_CHARS)?;
        if name == DESCRIPTION {
            return Err(format!("its name is {DESCRIPTION}, which describes the document"));
        }
        if !value.is_finite() || value.abs() > MAX_VALUE {
            return Err(format!(
                "its value {value} is not finite, or beyond 2 to the power of 360"
            ));
        }
        if self.dimension(name).is_some() || self.metadata.contains_key(name) {
            return Err("a dimension or metadata has its name".to_owned());
        }
        let new = || Metric { unit, is_high_resolution, values: Vec::new() };
        let metric = self.metrics.entry(name.to_owned()).or_insert_with(new);
        if (metric.unit, metric.is_high_resolution) != (unit, is_high_resolution) {
            return Err("it has values with another unit or resolution".to_owned());
        }
        metric.values.push(value);
        self.count += 1;
        Ok(())
    }

    /// Adds a dimension of all metrics. The same dimension again changes nothing.
    pub fn add_dimension(&mut self, name: &str, value: &str) -> Result<(), String> {
        self.check_dimension(name, value)?;
        if self.dimensions.iter().any(|(known, _)| known == name) {
            return Ok(());
        }
        let longest = self.lists.iter().map(Vec::len).max().unwrap_or(0);
        if self.dimensions.len() + longest >= MAX_DIMENSIONS {
            return Err(format!("there are {MAX_DIMENSIONS} dimensions already"));
        }
        // Each list repeats its name.
        self.check_size(self.lists.len() * (2 * name.len() + 4))?;
        self.lists.iter_mut().for_each(|list| list.retain(|known| known != name));
        self.lists.retain(|list| !list.is_empty());
        self.dimensions.push((name.to_owned(), value.to_owned()));
        Ok(())
    }

    /// Adds a list of further dimensions.
    pub fn add_list(&mut self, dimensions: &[(&str, &str)]) -> Result<(), String> {
        let mut names: BTreeSet<&str> = BTreeSet::new();
        for (at, (name, value)) in dimensions.iter().enumerate() {
            self.check_dimension(name, value)?;
            let mut earlier = dimensions.iter().take(at);
            if earlier.any(|(known, known_value)| known == name && known_value != value) {
                return Err(format!("the dimension {name:?} is there twice"));
            }
            if !self.dimensions.iter().any(|(known, _)| known == name) {
                names.insert(name);
            }
        }
        if names.is_empty() {
            return Err("it has no dimension that all metrics do not have".to_owned());
        }
        if self.dimensions.len() + names.len() > MAX_DIMENSIONS {
            return Err(format!("with it there are more than {MAX_DIMENSIONS} dimensions"));
        }
        let list: Vec<String> = names.into_iter().map(str::to_owned).collect();
        let added: usize = list.iter().map(|name| 4 * name.len() + 8).sum();
        let values: usize = dimensions.iter().map(|(_, value)| 2 * value.len()).sum();
        self.check_size(added + values + self.bytes_of_names())?;
        let values = dimensions.iter().filter(|(name, _)| list.iter().any(|known| known == name));
        self.values_of_lists
            .extend(values.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        self.lists.push(list);
        Ok(())
    }

    /// Adds a field of the document that is no metric; `json` is its value. The same name again
    /// replaces it.
    pub fn add_metadata(&mut self, name: &str, json: String) -> Result<(), String> {
        check_text("its name", name, MAX_METRIC_CHARS)?;
        if name == DESCRIPTION {
            return Err(format!("its name is {DESCRIPTION}, which describes the document"));
        }
        if self.dimension(name).is_some() || self.metrics.contains_key(name) {
            return Err("a metric or a dimension has its name".to_owned());
        }
        self.check_size(2 * name.len() + json.len() + 8)?;
        self.metadata.insert(name.to_owned(), json);
        Ok(())
    }

    /// Takes the metrics out, with a copy of what they share.
    pub fn take_metrics(&mut self) -> Self {
        Self {
            metrics: std::mem::take(&mut self.metrics),
            count: std::mem::take(&mut self.count),
            dimensions: self.dimensions.clone(),
            lists: self.lists.clone(),
            values_of_lists: self.values_of_lists.clone(),
            metadata: self.metadata.clone(),
        }
    }

    /// The value of a dimension.
    fn dimension(&self, name: &str) -> Option<&str> {
        let mut all = self.dimensions.iter().filter(|(known, _)| known == name);
        let of_all = all.next().map(|(_, value)| value);
        of_all.or_else(|| self.values_of_lists.get(name)).map(String::as_str)
    }

    fn check_dimension(&self, name: &str, value: &str) -> Result<(), String> {
        check_text("the name of a dimension", name, MAX_DIMENSION_CHARS)?;
        if !name.is_ascii() || name.starts_with(':') {
            return Err(format!("the dimension {name:?} is not ASCII, or begins with a colon"));
        }
        // Values may come from an event, so they are not shown.
        check_text(&format!("the value of {name:?}"), value, MAX_DIMENSION_VALUE_CHARS)?;
        if !value.is_ascii() {
            return Err(format!("the value of {name:?} is not ASCII"));
        }
        let is_taken = name == DESCRIPTION
            || self.metrics.contains_key(name)
            || self.metadata.contains_key(name);
        if is_taken {
            return Err(format!("the dimension {name:?} is named like a metric or metadata"));
        }
        if self.dimension(name).is_some_and(|known| known != value) {
            return Err(format!("the dimension {name:?} is there with another value"));
        }
        Ok(())
    }

    /// The names of the dimensions of all metrics, which each list repeats.
    fn bytes_of_names(&self) -> usize {
        self.dimensions.iter().map(|(name, _)| 2 * name.len() + 4).sum()
    }

    /// Whether each line still has room for metrics if this much is added. JSON writes a quote and
    /// a backslash with two bytes.
    fn check_size(&self, more: usize) -> Result<(), String> {
        let values = self.values_of_lists.iter();
        let values: usize = values.map(|(name, value)| 2 * (name.len() + value.len()) + 6).sum();
        let lists = self.lists.iter();
        let own = |list: &Vec<String>| list.iter().map(|name| 2 * name.len() + 4).sum::<usize>();
        let lists: usize = lists.map(|list| own(list) + self.bytes_of_names()).sum();
        let metadata = self.metadata.iter();
        let metadata: usize = metadata.map(|(name, json)| 2 * name.len() + json.len() + 8).sum();
        if values + lists + metadata + more <= MAX_SHARED_BYTES {
            return Ok(());
        }
        Err(format!("with it, dimensions and metadata take more than {MAX_SHARED_BYTES} bytes"))
    }
}

pub(super) fn check_namespace(namespace: &str) -> Result<(), String> {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || ".-_/#: ".contains(c);
    check_text("the namespace", namespace, MAX_NAMESPACE_CHARS)?;
    if !namespace.chars().all(is_allowed) || namespace.starts_with("AWS/") {
        return Err(
            "the namespace has other characters than letters, digits and .-_/#:, or is AWS's"
                .to_owned(),
        );
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cloudwatch_would_not_take_is_refused() {
        let many: Vec<(String, String)> =
            (0..31).map(|at| (format!("d{at}"), "a".to_owned())).collect();
        let many: Vec<_> = many.iter().map(|(name, value)| (&**name, &**value)).collect();
        let check = |name: &str, value, dimensions: &[(&str, &str)]| {
            let mut set = Set::default();
            for (name, value) in dimensions {
                set.add_dimension(name, value)?;
            }
            set.add(name, value, Unit::Count, false)
        };
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
        for namespace in ["AWS/Lambda", "", "shop\u{e9}", "a\tb", &"x".repeat(257)] {
            assert!(check_namespace(namespace).is_err(), "{namespace}");
        }
        assert!((MAX_VALUE.log2() - 360.0).abs() < 1e-9);
    }

    #[test]
    fn a_name_means_one_thing_in_a_set() {
        let mut set = Set::default();
        set.add("Orders", 1.0, Unit::Count, false).unwrap();
        set.add("Orders", 2.0, Unit::Count, false).unwrap();
        set.add_dimension("Shop", "berlin").unwrap();
        set.add_dimension("Shop", "berlin").unwrap();
        set.add_list(&[("Kind", "gift"), ("Shop", "berlin")]).unwrap();
        set.add_metadata("order", "17".to_owned()).unwrap();
        set.add_metadata("order", "18".to_owned()).unwrap();
        assert_eq!(set.lists, [["Kind"]]);
        let errors = [
            set.add("Orders", 1.0, Unit::Bytes, false),
            set.add("Orders", 1.0, Unit::Count, true),
            set.add("Shop", 1.0, Unit::Count, false),
            set.add("Kind", 1.0, Unit::Count, false),
            set.add("order", 1.0, Unit::Count, false),
            set.add_dimension("Orders", "x"),
            set.add_dimension("order", "x"),
            set.add_dimension("Shop", "secret"),
            set.add_dimension("Kind", "secret"),
            set.add_list(&[("Shop", "secret")]),
            set.add_list(&[("Shop", "berlin")]),
            set.add_list(&[]),
            set.add_list(&[("x", "a"), ("x", "secret")]),
            set.add_list(&[("a", "secret\n")]),
            set.add_metadata("Shop", String::new()),
            set.add_metadata("Kind", String::new()),
            set.add_metadata("Orders", String::new()),
            set.add_metadata("_aws", String::new()),
            set.add_metadata("", String::new()),
            set.add_metadata("long", "1".repeat(MAX_SHARED_BYTES)),
        ];
        for error in errors {
            assert!(!error.unwrap_err().contains("secret"));
        }
        // Each list repeats the dimensions of all.
        let mut many = Set::default();
        for at in 0..1000 {
            many.add_list(&[(&*format!("d{at}"), "x")]).unwrap();
        }
        let added = (0..29).map(|at| many.add_dimension(&format!("e{at}"), "x"));
        assert!(added.filter(Result::is_err).count() > 0);
        // A dimension of all is one of each list already.
        set.add_dimension("Kind", "gift").unwrap();
        assert_eq!((set.count, set.lists.len()), (2, 0));
    }
}
