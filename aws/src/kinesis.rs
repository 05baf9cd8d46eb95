//! Streams of Amazon Kinesis Data Streams: records in five hundreds.
//!
//! ```no_run
//! use minilambda::Error;
//! use minilambda_aws::kinesis::{Record, Stream};
//!
//! fn track(clicks: &[(String, String)]) -> Result<(), Error> {
//!     let records = clicks.iter().map(|(user, page)| Record::new(user, page.as_bytes()));
//!     Stream::new("clicks").put_all(records)?;
//!     Ok(())
//! }
//! ```
//!
//! See <https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html>.

use crate::batches::{self, Capacity, Entry, Order, Outcomes, Reply, Unsent};
use crate::catalog::KINESIS;
use crate::client::Client;
use crate::error::Error;
use crate::object;
use minilambda::Context;
use minilambda_events::Base64;
use miniserde::Deserialize;

/// The largest request, with partition keys.
const MAX_BYTES: usize = 10 * 1024 * 1024;

/// The largest record of a stream whose `MaxRecordSizeInKiB` is not set.
const MAX_RECORD_BYTES: usize = 1024 * 1024;

const MAX_KEY_CHARS: usize = 256;

/// A stream.
#[derive(Clone, Debug)]
#[must_use]
pub struct Stream<'a> {
    name: &'a str,
    client: Client<'a>,
    max_record_bytes: usize,
}

/// A record that is sent.
#[derive(Clone, Debug)]
#[must_use]
pub struct Record {
    partition_key: String,
    data: Vec<u8>,
}

impl Record {
    /// A record with its partition key, which chooses the shard: 1 to 256 characters.
    pub fn new(partition_key: impl Into<String>, data: impl Into<Vec<u8>>) -> Self {
        Self { partition_key: partition_key.into(), data: data.into() }
    }
}

impl Entry for Record {
    fn bytes(&self) -> usize {
        self.partition_key.len() + self.data.len()
    }

    /// One such key, and Kinesis refuses all records of the request.
    fn problem(&self) -> Option<Error> {
        let is_key = (1..=MAX_KEY_CHARS).contains(&self.partition_key.chars().count());
        let reason = format!("a partition key has 1 to {MAX_KEY_CHARS} characters");
        (!is_key).then(|| Error::invalid(reason))
    }
}

#[derive(Deserialize)]
struct Put {
    #[serde(rename = "Records")]
    records: Vec<Reply>,
}

impl<'a> Stream<'a> {
    /// The stream with this name or ARN.
    pub fn new(name: &'a str) -> Self {
        Self { name, client: KINESIS.client(), max_record_bytes: MAX_RECORD_BYTES }
    }

    /// Uses a client with other choices, such as `KINESIS.client().region("eu-west-1")`.
    pub fn client(self, client: Client<'a>) -> Self {
        Self { client, ..self }
    }

    /// Keeps the requests inside the time that an invocation has left.
    pub fn within(self, context: &Context) -> Self {
        Self { client: self.client.within(context), ..self }
    }

    /// Sets how many bytes a record may have, with its partition key, if the stream's
    /// `MaxRecordSizeInKiB` is not 1 MiB; up to 10 MiB. For one that is larger, Kinesis refuses all
    /// records of the request.
    pub fn max_record_bytes(self, max_record_bytes: usize) -> Self {
        Self { max_record_bytes, ..self }
    }

    /// Sends records, 500 in a request or as many as fit into its 10 MiB. Those that the service
    /// could not take are sent again, twice at most: then they come after others of their shard.
    ///
    /// # Errors
    /// The records that were not accepted, or of which it is not known; all others were.
    pub fn put_all(&self, records: impl IntoIterator<Item = Record>) -> Result<(), Unsent> {
        let records: Vec<Record> = records.into_iter().collect();
        let deadline = self.client.deadline();
        let what = "KINESIS PutRecords";
        let capacity = Capacity {
            entries: 500,
            bytes: MAX_BYTES,
            entry_bytes: self.max_record_bytes.min(MAX_BYTES),
            order: Order::Any,
        };
        batches::send_all(what, deadline, capacity, &records, |chunk| self.put_batch(chunk))
    }

    fn put_batch(&self, chunk: &[&Record]) -> Result<Outcomes, Error> {
        let entries = chunk.iter().map(|record| {
            object! {
                "Data": Base64::encode(&record.data),
                "PartitionKey": &record.partition_key,
            }
        });
        let entries: Vec<_> = entries.collect();
        let is_arn = self.name.starts_with("arn:");
        let name = if is_arn { "StreamARN" } else { "StreamName" };
        let mut input = object! { "Records": entries };
        input.set(name, self.name);
        let put: Put = self.client.call("PutRecords", &input)?;
        Ok(Reply::outcomes(put.records))
    }
}

#[cfg(test)]
mod tests {
    use super::{Entry, MAX_BYTES, MAX_RECORD_BYTES, Record, Stream};

    #[test]
    fn a_record_is_as_large_as_its_stream_takes() {
        let record = |bytes: usize| [Record::new("a", vec![0; bytes])];
        let stream = Stream::new("clicks");
        for (stream, bytes) in [
            (stream.clone(), MAX_RECORD_BYTES),
            (stream.clone().max_record_bytes(10), 10),
            (stream.max_record_bytes(usize::MAX), MAX_BYTES),
        ] {
            let unsent = stream.put_all(record(bytes)).unwrap_err();
            let reason = format!("and at most {bytes} are accepted");
            assert!(unsent.to_string().contains(&reason), "{unsent}");
        }
    }

    #[test]
    fn a_partition_key_has_a_length_that_kinesis_takes() {
        for (key, has_problem) in
            [("", true), ("a", false), (&*"\u{e4}".repeat(256), false), (&"a".repeat(257), true)]
        {
            assert_eq!(Record::new(key, "data").problem().is_some(), has_problem, "{key}");
        }
    }
}
