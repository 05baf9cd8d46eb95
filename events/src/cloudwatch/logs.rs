//! Log events of Amazon CloudWatch Logs, from a subscription filter.
//!
//! See <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html>;
//! examples are in `data/cloudwatch-logs.json` and, unpacked, in
//! `data/cloudwatch-logs-unpacked.json`.

use crate::error::invalid;
use crate::values::gzip::{self, Fault};
use crate::{Base64, EpochMillis, Error, Map};
use miniserde::{Deserialize, Serialize};

/// Compressed log events.
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
    /// JSON, compressed with gzip, in base64.
    pub data: Base64,
}

/// Log events of one log stream.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Logs {
    /// `DATA_MESSAGE`, or `CONTROL_MESSAGE` for a check of the connection.
    #[serde(rename = "messageType")]
    pub message_type: String,
    /// The account of the log group.
    pub owner: Option<String>,
    #[serde(rename = "logGroup")]
    pub log_group: String,
    #[serde(rename = "logStream")]
    pub log_stream: String,
    /// The names of the subscription filters.
    #[serde(rename = "subscriptionFilters")]
    pub subscription_filters: Option<Vec<String>>,
    /// The log events.
    #[serde(rename = "logEvents")]
    pub log_events: Vec<LogEvent>,
    /// `ACCOUNT_LEVEL_POLICY` if the filter is of the account, not of the log group.
    #[serde(rename = "policyLevel")]
    pub policy_level: Option<String>,
}

/// A log event.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct LogEvent {
    /// The id, a number of some 56 digits.
    pub id: String,
    /// The time of the log event.
    pub timestamp: EpochMillis,
    /// The text, which may have several lines.
    pub message: String,
    /// The fields that the filter pattern extracts.
    #[serde(rename = "extractedFields")]
    pub extracted_fields: Option<Map>,
}

impl Event {
    /// Decompresses and decodes the log events.
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
    /// If the data is not log events as JSON in gzip in base64, or would take more than a quarter
    /// of the function's memory, as [`Logs::unpack`] says.
    pub fn logs(&self) -> Result<Logs, Error> {
        Logs::unpack(&self.awslogs.data.decode()?, usize::MAX)
    }
}

impl Logs {
    /// Decompresses and decodes log events, such as the data of a Kinesis or a Firehose record.
    ///
    /// The JSON may have `max_bytes`, and the decoded values some four times as much. Both
    /// together, as far as they can be estimated, may take a quarter of the function's memory
    /// (`AWS_LAMBDA_FUNCTION_MEMORY_SIZE`; without it, of 128 MB).
    ///
    /// # Errors
    /// If the data is not log events as JSON in gzip, or exceeds a limit.
    pub fn unpack(gzip: &[u8], max_bytes: usize) -> Result<Self, Error> {
        // The rest is for the program, the event and the work on the data.
        let max_memory = minilambda::__private::function_memory() / 4;
        // While the text grows there may be two of it; and decoded it takes no less than the text.
        let max_text = max_bytes.min(max_memory / 2);
        let bytes = gzip::unpack(gzip, max_text).map_err(|fault| match fault {
            Fault::TooLarge if max_text < max_bytes => needs_memory(max_memory),
            Fault::TooLarge => invalid(format!("expected log data of at most {max_bytes} bytes")),
            Fault::Damaged => invalid("expected log data as gzip"),
        })?;
        let decoded = estimated_bytes(&bytes);
        if decoded > max_bytes.saturating_mul(4).max(MIN_LIMIT_BYTES) {
            return Err(invalid(format!(
                "expected log data that decodes to at most four times {max_bytes} bytes"
            )));
        }
        if bytes.capacity() + decoded > max_memory {
            return Err(needs_memory(max_memory));
        }
        minilambda::decode(&bytes)
            .map_err(|error| invalid(format!("the log data: {}", error.message())))
    }

    /// Whether there are log events. Otherwise it is a check of the connection.
    #[must_use]
    pub fn is_data(&self) -> bool {
        self.message_type == "DATA_MESSAGE"
    }
}

fn needs_memory(bytes: usize) -> Error {
    invalid(format!(
        "expected log data that takes at most {bytes} bytes, a quarter of the function's memory; \
         give the function more memory"
    ))
}

/// A few small log events may always be decoded.
const MIN_LIMIT_BYTES: usize = 64 * 1024;

/// Estimates the memory that values take when a JSON text is decoded. The node of a map with one
/// entry takes 544 bytes, however short the entry is. A string in a list that grows takes three
/// times 24 bytes, and 32 for its text.
fn estimated_bytes(json: &[u8]) -> usize {
    const OBJECT_BYTES: usize = 640;
    const VALUE_BYTES: usize = 112;
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
    use super::{Event, Logs, Packed};
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
        let bomb = gzip(vec![b' '; 64 << 20]);
        assert!(bomb.len() < 100_000);
        let error = logs(Base64::encode(bomb)).unwrap_err();
        assert_eq!(
            error,
            "expected log data that takes at most 33554432 bytes, a quarter of the function's memory; \
             give the function more memory"
        );
    }
}
