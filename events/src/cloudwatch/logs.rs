//! Log lines of Amazon CloudWatch Logs, by a subscription filter.
//!
//! See <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html>; examples
//! are in `data/cloudwatch-logs.json` and, unpacked, in `data/cloudwatch-logs-unpacked.json`.

use crate::error::invalid;
use crate::values::gzip::{self, Fault};
use crate::{Base64, EpochMillis, Error, Map};
use miniserde::{Deserialize, Serialize};

/// Log lines, packed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    /// The data.
    pub awslogs: Packed,
}

/// Data that [`Event::logs`] unpacks.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Packed {
    /// JSON, in gzip, in base64.
    pub data: Base64,
}

/// Log lines of one log stream.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Logs {
    /// `DATA_MESSAGE`; `CONTROL_MESSAGE` if it only checks whether it gets through.
    #[serde(rename = "messageType")]
    pub message_type: String,
    /// The account that the lines are of.
    pub owner: Option<String>,
    #[serde(rename = "logGroup")]
    pub log_group: String,
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
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
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
pub const MAX_BYTES: usize = 64 << 20;

impl Event {
    /// The log lines, unpacked.
    ///
    /// ```
    /// use minilambda_events::{Error, cloudwatch};
    ///
    /// fn print(event: &cloudwatch::logs::Event) -> Result<(), Error> {
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
    /// Unpacks log lines in gzip, as in the data of a Kinesis or a Firehose record.
    ///
    /// The JSON text may have `max_bytes`. The values that it becomes may take some four times as
    /// much: a text with more small objects than that is an error too.
    ///
    /// # Errors
    /// If the data is not gzip of JSON of log lines, or is larger than that.
    pub fn unpack(gzip: &[u8], max_bytes: usize) -> Result<Self, Error> {
        let bytes = gzip::unpack(gzip, max_bytes).map_err(|fault| match fault {
            Fault::TooLarge => invalid(format!("expected log data of at most {max_bytes} bytes")),
            Fault::Damaged => invalid("expected log data as gzip"),
        })?;
        if estimated_bytes(&bytes) > max_bytes.saturating_mul(4).max(MIN_LIMIT_BYTES) {
            return Err(invalid(format!(
                "expected log data that decodes to at most four times {max_bytes} bytes"
            )));
        }
        minilambda::decode(&bytes)
            .map_err(|error| invalid(format!("the log data: {}", error.message())))
    }

    /// Whether there are log lines, and not only a check whether they would get through.
    #[must_use]
    pub fn is_data(&self) -> bool {
        self.message_type == "DATA_MESSAGE"
    }
}

/// A few small log lines may always be decoded.
const MIN_LIMIT_BYTES: usize = 64 * 1024;

/// Estimates the memory that values take when a JSON text is decoded. The node of a map with one
/// entry takes 544 bytes, however short the entry is.
fn estimated_bytes(json: &[u8]) -> usize {
    const OBJECT_BYTES: usize = 640;
    const VALUE_BYTES: usize = 64;
    let (mut objects, mut values, mut in_string, mut is_escaped) = (0, 0, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            b'{' if !in_string => objects += 1,
            b',' | b'[' if !in_string => values += 1,
            _ => {}
        }
    }
    json.len() + objects * OBJECT_BYTES + values * VALUE_BYTES
}

#[cfg(test)]
mod tests {
    use super::{Event, Logs, MAX_BYTES, Packed};
    use crate::Base64;
    use crate::values::gzip::tests::pack;

    const LOGS: &str = r#"{"messageType":"DATA_MESSAGE","owner":"111122223333","logGroup":"a",
        "logStream":"b","subscriptionFilters":[],"logEvents":[{"id":"1","timestamp":1,"message":"é"}]}"#;

    fn gzip(data: impl AsRef<[u8]>) -> Vec<u8> {
        pack(data.as_ref())
    }

    fn logs(data: Base64) -> Result<Logs, String> {
        Event { awslogs: Packed { data } }.logs().map_err(|error| error.message().to_owned())
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
            (Base64::encode(""), "expected log data as gzip"),
            (Base64::encode(LOGS), "expected log data as gzip"),
            (Base64::encode(damaged), "expected log data as gzip"),
            (Base64::encode(cut), "expected log data as gzip"),
            (Base64::encode(gzip(b"\xff")), "the log data: invalid UTF-8 at byte 0 of 1"),
            (
                Base64::encode(gzip("{}")),
                "the log data: the JSON does not match its type: a required field is missing: \
                 logEvents, logGroup, logStream, messageType; the object is empty",
            ),
        ] {
            assert_eq!(logs(data).unwrap_err(), told);
        }
    }

    #[test]
    fn a_bomb_is_not_unpacked() {
        let packed = gzip(LOGS);
        let length = LOGS.len();
        assert!(Logs::unpack(&packed, length).is_ok());
        let error = Logs::unpack(&packed, length - 1).unwrap_err().message().to_owned();
        assert_eq!(error, format!("expected log data of at most {} bytes", length - 1));
        // Small objects take far more memory than their text.
        let line = r#"{"id":"","timestamp":1,"message":"","extractedFields":{"":""}},"#;
        let many = |count| {
            let lines = line.repeat(count);
            gzip(LOGS.replace(r#"[{"id""#, &format!(r#"[{lines}{{"id""#)))
        };
        assert!(Logs::unpack(&many(10_000), 10_000_000).is_ok());
        let error = Logs::unpack(&many(100_000), 10_000_000).unwrap_err();
        assert!(error.message().contains("decodes to at most four times"), "{error}");
        let bomb = gzip(vec![b' '; MAX_BYTES + 1]);
        assert!(bomb.len() < 100_000);
        let error = logs(Base64::encode(bomb)).unwrap_err();
        assert_eq!(error, "expected log data of at most 67108864 bytes");
    }
}
