//! Log lines of Amazon CloudWatch Logs, by a subscription filter.
//!
//! See <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html>; examples
//! are in `data/cloudwatch-logs.json` and, unpacked, in `data/cloudwatch-logs-unpacked.json`.

use crate::{Base64, EpochMillis, Error, Map};
use flate2::read::GzDecoder;
use miniserde::{Deserialize, Serialize, json};
use std::io::Read;

/// Log lines, packed.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Event {
    /// The data.
    pub awslogs: Packed,
}

/// Data that [`Event::logs`] unpacks.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Packed {
    /// JSON, in gzip, in base64.
    pub data: Base64,
}

/// Log lines of one log stream.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Logs {
    /// `DATA_MESSAGE`; `CONTROL_MESSAGE` if it only checks whether it gets through.
    #[serde(rename = "messageType")]
    pub message_type: String,
    /// The account that the lines are of.
    pub owner: Option<String>,
    /// The log group.
    #[serde(rename = "logGroup")]
    pub log_group: String,
    /// The log stream.
    #[serde(rename = "logStream")]
    pub log_stream: String,
    /// The subscription filters by which the lines come.
    #[serde(rename = "subscriptionFilters")]
    pub subscription_filters: Option<Vec<String>>,
    /// The lines.
    #[serde(rename = "logEvents")]
    pub log_events: Vec<LogEvent>,
    /// `ACCOUNT_LEVEL_POLICY` where the filter is one of the account's, and not the log group's.
    #[serde(rename = "policyLevel")]
    pub policy_level: Option<String>,
}

/// A log line.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct LogEvent {
    /// The line's id, a number of some 56 digits.
    pub id: String,
    /// When it was written.
    pub timestamp: EpochMillis,
    /// The line, which may have several lines itself.
    pub message: String,
    /// What a filter that names fields has found in it.
    #[serde(rename = "extractedFields")]
    pub extracted_fields: Option<Map>,
}

/// To how many bytes [`Event::logs`] unpacks: far more than is sent, and less than the smallest
/// function has.
pub const MAX_BYTES: u64 = 64 << 20;

impl Event {
    /// The log lines, unpacked.
    ///
    /// ```
    /// use minilambda_events::{Error, cloudwatch_logs};
    ///
    /// fn print(event: &cloudwatch_logs::Event) -> Result<(), Error> {
    ///     let logs = event.logs()?;
    ///     for line in &logs.log_events {
    ///         println!("{}: {}", logs.log_group, line.message);
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// If the data is not base64 of gzip of JSON of log lines, or more than [`MAX_BYTES`] unpacked.
    pub fn logs(&self) -> Result<Logs, Error> {
        Logs::unpack(&self.awslogs.data.decode()?, MAX_BYTES)
    }
}

impl Logs {
    /// The log lines in gzip, as they are in the data of a Kinesis or a Firehose record, if they
    /// are not more than so many bytes unpacked.
    ///
    /// # Errors
    /// If the data is not gzip of JSON of log lines, or more than that.
    pub fn unpack(gzip: &[u8], max_bytes: u64) -> Result<Self, Error> {
        let mut text = String::new();
        // One more than there may be, to tell too many from just enough.
        let mut unpacked = GzDecoder::new(gzip).take(max_bytes.saturating_add(1));
        let read = unpacked.read_to_string(&mut text);
        if unpacked.limit() == 0 {
            return Err(Error::new(format!("expected log data of at most {max_bytes} bytes")));
        }
        read.map_err(|_| Error::new("expected log data as gzip of UTF-8"))?;
        json::from_str(&text).map_err(|_| {
            Error::new("expected log data as JSON with messageType, logGroup, logStream, logEvents")
        })
    }

    /// Whether there are log lines, and not only a check whether they would get through.
    #[must_use]
    pub fn is_data(&self) -> bool {
        self.message_type == "DATA_MESSAGE"
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, Logs, MAX_BYTES, Packed};
    use crate::Base64;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    const LOGS: &str = r#"{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"a",
        "logStream":"b","subscriptionFilters":[],"logEvents":[{"id":"1","timestamp":1,"message":"é"}]}"#;

    fn gzip(data: impl AsRef<[u8]>) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::best());
        packed.write_all(data.as_ref()).unwrap();
        packed.finish().unwrap()
    }

    fn logs(data: Base64) -> Result<Logs, String> {
        Event { awslogs: Packed { data } }.logs().map_err(|error| error.to_string())
    }

    #[test]
    fn lines_are_unpacked() {
        let logs = logs(Base64::encode(gzip(LOGS))).unwrap();
        assert!(logs.is_data());
        assert_eq!(logs.log_events[0].message, "é");
    }

    #[test]
    fn what_is_wrong_is_told_and_not_the_data() {
        let mut damaged = gzip(LOGS);
        let checksum = damaged.len() - 8;
        damaged[checksum] ^= 1;
        let cut = &gzip(LOGS)[..40];
        for (data, told) in [
            (Base64::from("!"), "expected base64 in the standard alphabet"),
            (Base64::encode(""), "expected log data as gzip of UTF-8"),
            (Base64::encode(LOGS), "expected log data as gzip of UTF-8"),
            (Base64::encode(damaged), "expected log data as gzip of UTF-8"),
            (Base64::encode(cut), "expected log data as gzip of UTF-8"),
            (Base64::encode(gzip(b"\xff")), "expected log data as gzip of UTF-8"),
            (
                Base64::encode(gzip("{}")),
                "expected log data as JSON with messageType, logGroup, logStream, logEvents",
            ),
        ] {
            assert_eq!(logs(data).unwrap_err(), told);
        }
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let packed = gzip(LOGS);
        let length = LOGS.len() as u64;
        assert!(Logs::unpack(&packed, length).is_ok());
        let error = Logs::unpack(&packed, length - 1).unwrap_err().to_string();
        assert_eq!(error, format!("expected log data of at most {} bytes", length - 1));
        let bomb = gzip(vec![b' '; usize::try_from(MAX_BYTES).unwrap() + 1]);
        assert!(bomb.len() < 100_000);
        let error = logs(Base64::encode(bomb)).unwrap_err();
        assert_eq!(error, "expected log data of at most 67108864 bytes");
    }
}
