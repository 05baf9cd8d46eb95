//! The answer to a batch of records: which of them failed. Of SQS, Kinesis and DynamoDB.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html>;
//! an example is in `data/sqs-response.json`.

use miniserde::{Deserialize, Serialize};

/// Which records of a batch failed: they come again, the others do not.
///
/// Lambda heeds it only where the event source mapping says `ReportBatchItemFailures`. The default
/// is that none failed. It can be collected from ids.
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
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Response {
    /// The records that failed.
    #[serde(rename = "batchItemFailures")]
    pub batch_item_failures: Vec<Failure>,
}

/// A record that failed.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Failure {
    /// An SQS message's id, or a stream record's sequence number.
    #[serde(rename = "itemIdentifier")]
    pub item_identifier: String,
}

impl Response {
    /// That no record failed. (`Response::default()` is ambiguous beside miniserde's `Deserialize`.)
    #[must_use]
    pub fn none_failed() -> Self {
        Self { batch_item_failures: Vec::new() }
    }

    /// Says of one more record that it failed.
    pub fn push(&mut self, id: impl Into<String>) {
        self.batch_item_failures.push(Failure { item_identifier: id.into() });
    }
}

impl<S: Into<String>> FromIterator<S> for Response {
    fn from_iter<I: IntoIterator<Item = S>>(ids: I) -> Self {
        let failure = |id: S| Failure { item_identifier: id.into() };
        Self { batch_item_failures: ids.into_iter().map(failure).collect() }
    }
}
