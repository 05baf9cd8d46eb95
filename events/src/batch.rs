//! The response to a batch of records from SQS, Kinesis or DynamoDB: which of them failed.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>;
//! an example is in `data/sqs-response.json`.

use minilambda::__private::{catch_panic, within_keys};
use minilambda::Error;
use miniserde::{Deserialize, Serialize};

/// The records of a batch that failed. Lambda sends them again, and not the others.
///
/// Lambda uses it only if the event source mapping has `ReportBatchItemFailures`. It can be
/// collected from ids.
///
/// ```
/// use minilambda_events::batch::Response;
///
/// let response: Response = ["49590338271490256608559692540925702759324208523137515618"].into_iter().collect();
/// assert_eq!(
///     miniserde::json::to_string(&response),
///     r#"{"batchItemFailures":[{"itemIdentifier":"49590338271490256608559692540925702759324208523137515618"}]}"#
/// );
/// assert_eq!(miniserde::json::to_string(&Response::default()), r#"{"batchItemFailures":[]}"#);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Response {
    /// The records that failed.
    #[serde(rename = "batchItemFailures")]
    pub batch_item_failures: Vec<FailedItem>,
}

/// A record that failed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct FailedItem {
    /// An SQS message's id, or a stream record's sequence number.
    #[serde(rename = "itemIdentifier")]
    pub item_identifier: String,
}

impl Response {
    /// Says that no record failed.
    #[must_use]
    pub fn none_failed() -> Self {
        Self { batch_item_failures: Vec::new() }
    }

    /// Adds a failed record.
    pub fn push(&mut self, id: impl Into<String>) {
        self.batch_item_failures.push(FailedItem { item_identifier: id.into() });
    }
}

impl<S: Into<String>> FromIterator<S> for Response {
    fn from_iter<I: IntoIterator<Item = S>>(ids: I) -> Self {
        let failure = |id: S| FailedItem { item_identifier: id.into() };
        Self { batch_item_failures: ids.into_iter().map(failure).collect() }
    }
}

/// What happens to the records after one that failed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum AfterFailure {
    /// They are tried.
    Continue,
    /// They are not tried. Lambda continues the stream at the failed record.
    Stop,
}

/// Calls a function for each record. A panic is an error. Each failure is logged with the record's
/// id.
///
/// In a group, the records after a failed one are reported as failed without being tried, so that
/// the order within the group is kept.
pub(crate) fn each<'a, R>(
    records: &'a [R],
    id: impl Fn(&'a R) -> &'a str,
    group: impl Fn(&'a R) -> Option<&'a str>,
    after_failure: AfterFailure,
    mut function: impl FnMut(&'a R) -> Result<(), Error>,
) -> Response {
    let mut response = Response::none_failed();
    let mut failed_groups: Vec<&str> = Vec::new();
    for record in records {
        let (id, group) = (id(record), group(record));
        if group.is_some_and(|group| failed_groups.contains(&group)) {
            log::warn!(
                recordId = id;
                "record {id} was not tried: an earlier one of its group failed"
            );
            response.push(id);
            continue;
        }
        if succeeds(|| function(record), |error| log_failure(id, error)) {
            continue;
        }
        response.push(id);
        failed_groups.extend(group);
        if after_failure == AfterFailure::Stop {
            break;
        }
    }
    response
}

/// Processes a record. The keys that are set for its log records are forgotten then.
pub(crate) fn succeeds(
    process: impl FnOnce() -> Result<(), Error>,
    log_failure: impl FnOnce(&Error),
) -> bool {
    within_keys(|| catch_panic(process).inspect_err(log_failure).is_ok())
}

/// Logs that a record failed. In JSON logs its id and the error's kind are fields.
pub(crate) fn log_failure(id: &str, error: &Error) {
    log::error!(recordId = id, errorType = error.kind(); "record {id} failed: {error}");
}

/// Implements the creation of an event from records.
macro_rules! collects_records {
    ($event:ident, $record:ident) => {
        impl FromIterator<$record> for $event {
            /// Creates an event from records, to test a handler without JSON.
            fn from_iter<I: IntoIterator<Item = $record>>(records: I) -> Self {
                Self { records: records.into_iter().collect() }
            }
        }
    };
}
pub(crate) use collects_records;
