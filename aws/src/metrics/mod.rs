//! Metrics of CloudWatch: lines in the log, which CloudWatch reads, and no request.
//!
//! [`put`] writes one metric at once. [`Metrics`] collects those of an invocation, which are then
//! one line:
//!
//! ```
//! use minilambda::{Context, Error, Handler, Hooks, handler};
//! use minilambda_aws::metrics::{Metrics, Unit};
//!
//! static METRICS: Metrics = Metrics::new()
//!     .namespace("shop")
//!     .default_dimensions(&[("service", "orders")])
//!     .with_cold_start();
//!
//! fn order(pieces: u32, _: &Context) -> Result<u32, Error> {
//!     METRICS.add("Orders", 1.0, Unit::Count);
//!     METRICS.add("Pieces", pieces.into(), Unit::Count);
//!     Ok(pieces)
//! }
//!
//! static HANDLERS: &[(&str, Handler)] = &[("shop.order", handler!(order))];
//! static HOOKS: Hooks = Hooks::new().after_response(|_| METRICS.flush());
//! # // minilambda::run_with(HANDLERS, &HOOKS)
//! ```
//!
//! The namespace is that of the variable `AWS_EMF_NAMESPACE`, or the function's name, if the
//! program does not set it. See
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>.

mod line;
mod set;
mod unit;

use crate::environment::{lock, now, variable};
use minilambda::__private::{is_served, is_silent, is_started_ahead, request_id, to_text};
use miniserde::Serialize;
use set::Set;
use std::io::{self, Write};
use std::mem;
use std::sync::Mutex;

pub use unit::Unit;

/// The most values of an invocation that are kept before they are written.
const MAX_KEPT: usize = 10_000;

/// Writes a metric with its dimensions to stdout. CloudWatch counts each combination of values of
/// the dimensions as a separate metric, which costs: use dimensions with few values.
///
/// A metric that CloudWatch would not take is not written, and an error is logged that says why: a
/// name or a value of a dimension that is empty or too long, a dimension that is there with two
/// values or is named like the metric, more than 30 dimensions, a number that is not finite or
/// beyond 2 to the power of 360.
pub fn put(name: &str, value: f64, unit: Unit, dimensions: &[(&str, &str)]) {
    if is_silent() {
        return; // a durable function has written it in an earlier invocation
    }
    let mut set = Set::default();
    let added = dimensions.iter().try_for_each(|(name, value)| set.add_dimension(name, value));
    match added.and_then(|()| set.add(name, value, unit, false)) {
        Ok(()) => write(&set, None),
        Err(reason) => log::error!("the metric {name:?} is not written: {reason}"),
    }
}

/// Collects the metrics of an invocation, and writes them when [`flush`](Self::flush) is called in
/// [`Hooks::after_response`](minilambda::Hooks::after_response). It belongs in a `static`.
///
/// What is added belongs to the invocation that the thread serves, on managed instances too, where
/// a thread of a handler needs [`attach_to_thread`](minilambda::Context::attach_to_thread). The
/// metrics are written after an error or a panic of the handler as well; not if the process ends
/// before, by a crash or the function's timeout. Those of a thread that goes on after its
/// invocation are written by the next `flush`. Without a call of `flush` they are written when the
/// next invocation adds its first.
///
/// What CloudWatch would not take is left out, and an error in the log says why: see [`put`]. A
/// dimension, a metric and metadata cannot have the same name, and a metric has one unit.
#[derive(Debug)]
pub struct Metrics {
    namespace: Option<&'static str>,
    dimensions: &'static [(&'static str, &'static str)],
    has_cold_start: bool,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// By the request id; it is empty before the first invocation, and in threads whose invocation
    /// is not known.
    sets: Vec<(String, Set)>,
    /// The default dimensions that were set while the program runs.
    dimensions: Vec<(String, String)>,
    is_started: bool,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// Creates it without default dimensions, with the namespace of the variable.
    #[must_use]
    pub const fn new() -> Self {
        let state = State { sets: Vec::new(), dimensions: Vec::new(), is_started: false };
        Self { namespace: None, dimensions: &[], has_cold_start: false, state: Mutex::new(state) }
    }

    /// Sets the namespace: at most 256 letters, digits, blanks and `.-_/#:`.
    #[must_use]
    pub const fn namespace(mut self, namespace: &'static str) -> Self {
        self.namespace = Some(namespace);
        self
    }

    /// Sets the dimensions of the metrics of all invocations. For names and values that are known
    /// when the program runs see [`set_default_dimension`](Self::set_default_dimension).
    #[must_use]
    pub const fn default_dimensions(
        mut self,
        dimensions: &'static [(&'static str, &'static str)],
    ) -> Self {
        self.dimensions = dimensions;
        self
    }

    /// Writes the metric `ColdStart`, 1, when the first invocation of the process is flushed. Its
    /// dimensions are `function_name`, and `service` if that is a default dimension. A process that
    /// Lambda starts ahead of events (provisioned concurrency, managed instances) has none.
    #[must_use]
    pub const fn with_cold_start(mut self) -> Self {
        self.has_cold_start = true;
        self
    }

    /// Adds a dimension to the metrics of all later invocations, for example in
    /// [`Hooks::init`](minilambda::Hooks::init). The same name again replaces its value.
    pub fn set_default_dimension(&self, name: &str, value: &str) {
        if let Err(reason) = Set::default().add_dimension(name, value) {
            log::error!("the default dimension {name:?} is not set: {reason}");
            return;
        }
        let mut state = lock(&self.state);
        state.dimensions.retain(|(known, _)| known != name);
        state.dimensions.push((name.to_owned(), value.to_owned()));
    }

    /// Adds a value. A metric may have many values in an invocation, of which CloudWatch keeps
    /// the distribution.
    pub fn add(&self, name: &str, value: f64, unit: Unit) {
        self.add_value(name, value, unit, false);
    }

    /// Adds a value that CloudWatch keeps by the second and not by the minute, which costs more.
    pub fn add_high_resolution(&self, name: &str, value: f64, unit: Unit) {
        self.add_value(name, value, unit, true);
    }

    /// Adds a dimension to all metrics of this invocation, also those that were added before.
    /// CloudWatch counts each combination of values as a separate metric.
    pub fn add_dimension(&self, name: &str, value: &str) {
        if let Err(reason) = self.with_set(|set| set.add_dimension(name, value)) {
            log::error!("the dimension {name:?} of the metrics is not added: {reason}");
        }
    }

    /// Lets CloudWatch count all metrics of this invocation a further time, by these dimensions
    /// together with those that all metrics have.
    pub fn add_dimensions(&self, dimensions: &[(&str, &str)]) {
        if let Err(reason) = self.with_set(|set| set.add_list(dimensions)) {
            log::error!("a list of dimensions of the metrics is not added: {reason}");
        }
    }

    /// Adds a field to the line of this invocation that is no metric, such as an id by which the
    /// line is found. The same name again replaces it.
    ///
    /// Dimensions and metadata have room for 96 KB in a line.
    pub fn add_metadata(&self, name: &str, value: impl Serialize) {
        let json = to_text(&value);
        if let Err(reason) = self.with_set(|set| set.add_metadata(name, json)) {
            log::error!("the metadata {name:?} of the metrics is not added: {reason}");
        }
    }

    /// Writes the metrics of the current invocation to stdout: one line, or several if there are
    /// more than 100 metrics, more than 100 values of one, or more than 255 KB. Without metrics
    /// nothing is written.
    pub fn flush(&self) {
        let id = request_id();
        let (due, cold_start): (Vec<_>, Option<_>) = {
            let mut state = lock(&self.state);
            let sets = mem::take(&mut state.sets).into_iter();
            // A thread may have gone on after its invocation, which does not end again.
            let is_due = |known: &str| known == id || known.is_empty() || !is_served(known);
            let (due, others) = sets.partition(|(known, _)| is_due(known));
            state.sets = others;
            let is_first = !mem::replace(&mut state.is_started, true);
            (due, (self.has_cold_start && is_first).then(|| self.service(&state.dimensions)))
        };
        if let Some(service) = cold_start.filter(|_| !is_started_ahead()) {
            self.write_cold_start(service.as_deref());
        }
        for (_, set) in due {
            write(&set, self.namespace);
        }
    }

    fn add_value(&self, name: &str, value: f64, unit: Unit, is_high_resolution: bool) {
        if is_silent() {
            return; // a durable function has written it in an earlier invocation
        }
        let added = self.with_set(|set| {
            set.add(name, value, unit, is_high_resolution)?;
            Ok(if set.count < MAX_KEPT { Set::default() } else { set.take_metrics() })
        });
        match added {
            Ok(full) => write(&full, self.namespace),
            Err(reason) => log::error!("the metric {name:?} is not written: {reason}"),
        }
    }

    /// Changes the set of the current invocation, which begins with the default dimensions.
    fn with_set<T>(&self, change: impl FnOnce(&mut Set) -> Result<T, String>) -> Result<T, String> {
        let id = request_id();
        let mut state = lock(&self.state);
        if let Some((_, set)) = state.sets.iter_mut().find(|(known, _)| *known == id) {
            return change(set);
        }
        let (mut set, left_out) = self.new_set(&state.dimensions);
        let result = change(&mut set);
        // That of an invocation which is over was not flushed.
        let is_over = |known: &str| !known.is_empty() && !is_served(known);
        let forgotten = state.sets.iter().position(|(known, _)| is_over(known));
        let forgotten = forgotten.map(|at| state.sets.remove(at));
        state.sets.push((id, set));
        drop(state); // a logger may have metrics
        for reason in left_out {
            log::error!("a default dimension of the metrics is left out: {reason}");
        }
        if let Some((_, set)) = forgotten {
            write(&set, self.namespace);
        }
        result
    }

    /// A set with the default dimensions, and the reasons why some are not in it.
    fn new_set(&self, later: &[(String, String)]) -> (Set, Vec<String>) {
        let mut set = Set::default();
        let is_replaced = |name: &str| later.iter().any(|(known, _)| known == name);
        let fixed = self.dimensions.iter().copied().filter(|(name, _)| !is_replaced(name));
        let later = later.iter().map(|(name, value)| (&**name, &**value));
        let added = fixed.chain(later).map(|(name, value)| set.add_dimension(name, value));
        let left_out = added.filter_map(Result::err).collect();
        (set, left_out)
    }

    /// The default dimension `service`; one that the program has set replaces the fixed one.
    fn service(&self, later: &[(String, String)]) -> Option<String> {
        let later = later.iter().map(|(name, value)| (&**name, &**value));
        let mut all = later.chain(self.dimensions.iter().copied());
        all.find(|(name, _)| *name == "service").map(|(_, value)| value.to_owned())
    }

    fn write_cold_start(&self, service: Option<&str>) {
        let mut set = Set::default();
        let name = variable("AWS_LAMBDA_FUNCTION_NAME"); // not in a local run
        let name = name.as_deref().map(|name| ("function_name", name));
        let mut dimensions = name.into_iter().chain(service.map(|value| ("service", value)));
        let added = dimensions.try_for_each(|(name, value)| set.add_dimension(name, value));
        match added.and_then(|()| set.add("ColdStart", 1.0, Unit::Count, false)) {
            Ok(()) => write(&set, self.namespace),
            Err(reason) => log::error!("the metric \"ColdStart\" is not written: {reason}"),
        }
    }
}

fn write(set: &Set, namespace: Option<&str>) {
    if set.metrics.is_empty() {
        return;
    }
    let namespace = namespace.map(str::to_owned).or_else(|| variable("AWS_EMF_NAMESPACE"));
    let namespace = namespace.or_else(|| variable("AWS_LAMBDA_FUNCTION_NAME"));
    let namespace = namespace.unwrap_or_else(|| "minilambda".to_owned());
    if let Err(reason) = set::check_namespace(&namespace) {
        let names: Vec<_> = set.metrics.keys().take(10).collect();
        log::error!("the metrics {names:?} are not written: {reason}");
        return;
    }
    let time_ms = u64::try_from(now().as_millis()).unwrap_or(u64::MAX);
    for line in line::lines(set, &namespace, time_ms) {
        // Without stdout there is no place for it.
        let _ = io::stdout().write_all(line.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cold_start_is_of_the_service_that_all_metrics_have() {
        let metrics = Metrics::new();
        let service = |metrics: &Metrics| metrics.service(&lock(&metrics.state).dimensions);
        assert_eq!(service(&metrics), None);
        let metrics = metrics.default_dimensions(&[("Stage", "prod"), ("service", "orders")]);
        assert_eq!(service(&metrics).as_deref(), Some("orders"));
        metrics.set_default_dimension("service", "orders-eu");
        assert_eq!(service(&metrics).as_deref(), Some("orders-eu"));
    }
}
