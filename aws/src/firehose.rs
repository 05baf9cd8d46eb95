//! Streams of Amazon Data Firehose: records in five hundreds.
//!
//! ```no_run
//! use minilambda::Error;
//! use minilambda_aws::firehose::DeliveryStream;
//!
//! fn keep(lines: &[String]) -> Result<(), Error> {
//!     // Firehose puts nothing between records.
//!     DeliveryStream::new("lines").put_all(lines.iter().map(|line| format!("{line}\n")))?;
//!     Ok(())
//! }
//! ```
//!
//! See <https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html>.

use crate::batches::{self, Capacity, Entry, Order, Outcomes, Reply, Unsent};
use crate::catalog::FIREHOSE;
use crate::client::Client;
use crate::error::Error;
use crate::object;
use minilambda::Context;
use minilambda_events::Base64;
use miniserde::Deserialize;

/// Before base64.
const CAPACITY: Capacity =
    Capacity { entries: 500, bytes: 4 * 1024 * 1024, entry_bytes: 1000 * 1024, order: Order::Any };

/// A delivery stream.
#[derive(Clone, Debug)]
#[must_use]
pub struct DeliveryStream<'a> {
    name: &'a str,
    client: Client<'a>,
}

struct Record(Vec<u8>);

impl Entry for Record {
    fn bytes(&self) -> usize {
        self.0.len()
    }
}

#[derive(Deserialize)]
struct Put {
    #[serde(rename = "RequestResponses")]
    records: Vec<Reply>,
}

impl<'a> DeliveryStream<'a> {
    /// The stream with this name.
    pub fn new(name: &'a str) -> Self {
        Self { name, client: FIREHOSE.client() }
    }

    /// Uses a client with other choices, such as `FIREHOSE.client().region("eu-west-1")`.
    pub fn client(self, client: Client<'a>) -> Self {
        Self { client, ..self }
    }

    /// Keeps the requests inside the time that an invocation has left.
    pub fn within(self, context: &Context) -> Self {
        Self { client: self.client.within(context), ..self }
    }

    /// Sends records, 500 in a request or as many as fit into its 4 MiB; one has at most 1,000 KiB.
    /// Those that the service could not take are sent again, twice at most.
    ///
    /// # Errors
    /// The records that were not accepted, or of which it is not known; all others were.
    pub fn put_all<D: Into<Vec<u8>>>(
        &self,
        records: impl IntoIterator<Item = D>,
    ) -> Result<(), Unsent> {
        let records: Vec<_> = records.into_iter().map(|data| Record(data.into())).collect();
        let deadline = self.client.deadline();
        let what = "FIREHOSE PutRecordBatch";
        batches::send_all(what, deadline, CAPACITY, &records, |chunk| self.put_batch(chunk))
    }

    fn put_batch(&self, chunk: &[&Record]) -> Result<Outcomes, Error> {
        let entries: Vec<_> =
            chunk.iter().map(|record| object! { "Data": Base64::encode(&record.0) }).collect();
        let input = object! { "DeliveryStreamName": self.name, "Records": entries };
        let put: Put = self.client.call("PutRecordBatch", &input)?;
        Ok(Reply::outcomes(put.records))
    }
}
