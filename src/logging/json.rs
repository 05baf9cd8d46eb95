//! A log record as one line of JSON.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html>.

use crate::calendar::date_and_time;
use crate::invocation::Invocation;
use log::Record;
use log::kv::{self, Key, Value, VisitSource};
use miniserde::{Serialize, json};
use std::fmt::Display;
use std::time::SystemTime;

/// Formats a record as one JSON object.
pub(crate) fn line(
    record: &Record,
    invocation: &Invocation,
    keys: &[LogKey],
    now: SystemTime,
) -> String {
    let mut object = Object::default();
    object.field("timestamp", &timestamp(now));
    object.field("level", record.level().as_str());
    object.field("message", &record.args().to_string());
    object.field("target", record.target());
    if !invocation.request_id.is_empty() {
        object.field("requestId", &invocation.request_id);
    }
    if let Some(id) = &invocation.tenant_id {
        object.field("tenantId", id);
    }
    if let Some(id) = &invocation.trace_id {
        object.field("traceId", id);
    }
    let _ = record.key_values().visit(&mut object); // `visit_pair` does not fail
    for key in keys {
        let name = object.unique_name(&key.name);
        object.raw(&name, &key.json);
    }
    format!("{{{}}}", object.fields)
}

/// A name and a value that records have, ready to be written.
#[derive(Clone, Debug)]
pub(crate) struct LogKey {
    pub name: String,
    pub text: String,
    /// The value as JSON.
    pub json: String,
}

impl LogKey {
    pub fn new(name: &str, value: &Value) -> Self {
        let (name, text) = (name.to_owned(), value.to_string());
        Self { name, json: scalar(value, &text), text }
    }
}

/// An object whose names are unique.
#[derive(Default)]
struct Object {
    fields: String,
    names: Vec<String>,
}

/// The fields that only the runtime sets.
const RESERVED: [&str; 7] =
    ["timestamp", "level", "message", "target", "requestId", "tenantId", "traceId"];

impl Object {
    fn field(&mut self, name: &str, value: &(impl Serialize + ?Sized)) {
        if !self.fields.is_empty() {
            self.fields.push(',');
        }
        self.fields.push_str(&json::to_string(name));
        self.fields.push(':');
        self.fields.push_str(&json::to_string(value));
    }

    /// Adds a field whose value is JSON already.
    fn raw(&mut self, name: &str, json: &str) {
        self.fields.push(',');
        self.fields.push_str(&json::to_string(name));
        self.fields.push(':');
        self.fields.push_str(json);
    }

    /// Returns the name of a key-value, with underscores before it until it is unique.
    fn unique_name(&mut self, key: &str) -> String {
        let mut name = key.to_owned();
        while RESERVED.contains(&&*name) || self.names.contains(&name) {
            name.insert(0, '_');
        }
        self.names.push(name.clone());
        name
    }
}

impl<'kvs> VisitSource<'kvs> for Object {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), kv::Error> {
        let name = self.unique_name(key.as_str());
        if key.as_str() == "stackTrace" {
            let text = value.to_string();
            self.field(&name, &text.lines().collect::<Vec<_>>());
        } else {
            self.raw(&name, &scalar(&value, &value));
        }
        Ok(())
    }
}

/// Returns a value as JSON: a boolean, a number, or else the text as a string.
pub(crate) fn scalar(value: &Value, text: &dyn Display) -> String {
    if let Some(value) = value.to_bool() {
        json::to_string(&value)
    } else if let Some(value) = value.to_u64() {
        json::to_string(&value)
    } else if let Some(value) = value.to_i64() {
        json::to_string(&value)
    } else if let Some(value) = value.to_f64() {
        json::to_string(&value)
    } else {
        json::to_string(&text.to_string())
    }
}

/// The last second of the year 9999: RFC 3339 has four digits for the year.
const LAST_SECOND: u64 = 253_402_300_799;

/// Formats a time as RFC 3339 in UTC with milliseconds.
fn timestamp(now: SystemTime) -> String {
    let since = now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let (seconds, ms) = (since.as_secs().min(LAST_SECOND), since.subsec_millis());
    let seconds = i64::try_from(seconds).unwrap_or_default();
    let [year, month, day, hour, minute, second] = date_and_time(seconds);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

#[cfg(test)]
mod tests {
    use super::{line, timestamp};
    use crate::invocation::Invocation;
    use log::{Level, Record};
    use std::time::{Duration, SystemTime};

    #[test]
    fn a_time_has_four_digits_for_the_year() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(951_827_696_789);
        assert_eq!(timestamp(time), "2000-02-29T12:34:56.789Z");
        let time = SystemTime::UNIX_EPOCH + Duration::from_secs(300_000_000_000);
        assert_eq!(timestamp(time), "9999-12-31T23:59:59.000Z");
    }

    #[test]
    fn a_record_is_one_line_of_json_with_unique_names() {
        let invocation = Invocation {
            request_id: "id-1".to_owned(),
            tenant_id: Some("t\"1".to_owned()),
            ..Invocation::default()
        };
        let pairs = [
            ("count", log::kv::Value::from(3)),
            ("level", log::kv::Value::from("high")),
            ("count", log::kv::Value::from(4)),
            ("_level", log::kv::Value::from("low")),
        ];
        let pairs: &[(&str, log::kv::Value)] = &pairs;
        let text = "a\nb\u{1}\"ü\\";
        let mut builder = Record::builder();
        let record = builder.level(Level::Warn).target("shop").key_values(&pairs);
        let written = line(
            &record.args(format_args!("{text}")).build(),
            &invocation,
            &[],
            SystemTime::UNIX_EPOCH,
        );
        assert_eq!(
            written,
            "{\"timestamp\":\"1970-01-01T00:00:00.000Z\",\"level\":\"WARN\",\
             \"message\":\"a\\nb\\u0001\\\"ü\\\\\",\"target\":\"shop\",\"requestId\":\"id-1\",\
             \"tenantId\":\"t\\\"1\",\"count\":3,\"_level\":\"high\",\"_count\":4,\"__level\":\"low\"}"
        );
    }
}
