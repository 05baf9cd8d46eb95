//! Tumbling windows of Kinesis and DynamoDB streams: a state is passed from batch to batch until
//! the window ends.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html>;
//! examples are in `data/kinesis-window.json` and `data/kinesis-window-response.json`.

use crate::batch::FailedItem;
use crate::values::omit_absent;
use crate::{Json, Rfc3339};
use miniserde::{Deserialize, Serialize};

/// The period of a window.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Window {
    /// The beginning.
    pub start: Rfc3339,
    /// The end, which is not a part of it.
    pub end: Rfc3339,
}

/// A batch of records in a tumbling window. `R` is [`kinesis::Record`](crate::kinesis::Record) or
/// [`dynamodb::Record`](crate::dynamodb::Record). `S` is the state that the function passes on: any
/// JSON object, or your own type that can be decoded from `{}`, the first state.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event<R, S = Json> {
    /// The records. There may be none when the window ends.
    #[serde(rename = "Records")]
    pub records: Vec<R>,
    pub window: Window,
    /// The state that the function returned for the previous batch.
    pub state: Option<S>,
    #[serde(rename = "shardId")]
    pub shard_id: String,
    /// The stream's ARN.
    #[serde(rename = "eventSourceARN")]
    pub event_source_arn: String,
    /// Whether this is the last batch of the window.
    #[serde(rename = "isFinalInvokeForWindow")]
    pub is_final_invoke_for_window: bool,
    /// Whether the window ends early because the state exceeds 1 MB.
    #[serde(rename = "isWindowTerminatedEarly")]
    pub is_window_terminated_early: bool,
}

omit_absent! {
    /// The state for the next batch of the window, and the records that failed.
    ///
    /// ```
    /// use minilambda_events::{dynamodb, window};
    /// use miniserde::{Deserialize, Serialize};
    ///
    /// #[derive(Default, Deserialize, Serialize)]
    /// struct Sum {
    ///     changes: Option<usize>, // the first state of a window is `{}`
    /// }
    ///
    /// fn count(event: window::Event<dynamodb::Record, Sum>) -> window::Response<Sum> {
    ///     let before = event.state.and_then(|sum| sum.changes).unwrap_or(0);
    ///     let changes = before + event.records.len();
    ///     if event.is_final_invoke_for_window {
    ///         println!("{changes} changes until {}", event.window.end);
    ///     }
    ///     window::Response::with_state(Sum { changes: Some(changes) })
    /// }
    /// ```
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response<S = Json> {
        /// The state, of up to 1 MB.
        pub state: Option<S>,
        /// The records that failed. Lambda uses it only with `ReportBatchItemFailures`.
        #[serde(rename = "batchItemFailures")]
        pub batch_item_failures: Option<Vec<FailedItem>>,
    }
}

impl<S> Response<S> {
    /// Creates a response with the state, without failed records.
    pub fn with_state(state: S) -> Self {
        Self { state: Some(state), batch_item_failures: None }
    }
}
