//! Tumbling windows: batches of a stream that are summed up, minute by minute. Of Kinesis and DynamoDB.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html>;
//! examples are in `data/kinesis-window.json` and `data/kinesis-window-response.json`.

use crate::Rfc3339;
use crate::batch::Failure;
use crate::values::omit_absent;
use miniserde::json::Object;
use miniserde::{Deserialize, Serialize};

/// The time that a window spans.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Window {
    /// Its first instant.
    pub start: Rfc3339,
    /// The first instant after it.
    pub end: Rfc3339,
}

omit_absent! {
    /// The state that the next batch of the window is given, and the records that failed.
    ///
    /// ```
    /// use minilambda_events::dynamodb::{WindowEvent, WindowResponse};
    /// use miniserde::{Deserialize, Serialize};
    ///
    /// #[derive(Default, Deserialize, Serialize)]
    /// struct Sum {
    ///     changes: Option<usize>, // the first state of a window is `{}`
    /// }
    ///
    /// fn count(event: WindowEvent<Sum>) -> WindowResponse<Sum> {
    ///     let before = event.state.and_then(|sum| sum.changes).unwrap_or(0);
    ///     let changes = before + event.records.len();
    ///     if event.is_final_invoke_for_window {
    ///         println!("{changes} changes until {}", event.window.end);
    ///     }
    ///     WindowResponse::with_state(Sum { changes: Some(changes) })
    /// }
    /// ```
    #[derive(Clone, Debug, Deserialize)]
    pub struct Response<S = Object> {
        /// The state, of up to 1 MB.
        pub state: Option<S>,
        /// The records that failed; heeded only with `ReportBatchItemFailures`.
        #[serde(rename = "batchItemFailures")]
        pub batch_item_failures: Option<Vec<Failure>>,
    }
}

impl<S> Response<S> {
    /// Hands the state on, and says that no record failed.
    pub fn with_state(state: S) -> Self {
        Self { state: Some(state), batch_item_failures: None }
    }
}
