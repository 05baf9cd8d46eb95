//! The records of an event, as Lambda makes them of what a service has.

use crate::json::{self, array, object, text};
use crate::settings::ACCOUNT;
use miniserde::json::{Object, Value};

/// The event of messages of a queue. What SQS calls `StringValue` is `stringValue` there.
pub(super) fn of_queue(messages: &[Object], arn: &str, region: &str) -> String {
    let records = messages.iter().map(|message| {
        let field = |name: &str| text(json::string(message, name).unwrap_or_default());
        let attributes = message.get("Attributes").cloned().unwrap_or_else(|| object([]));
        let of_message = match message.get("MessageAttributes") {
            Some(Value::Object(attributes)) => attributes.iter().map(attribute).collect(),
            _ => Object::new(),
        };
        let mut record = object([
            ("messageId", field("MessageId")),
            ("receiptHandle", field("ReceiptHandle")),
            ("body", field("Body")),
            ("attributes", attributes),
            ("messageAttributes", Value::Object(of_message)),
            ("md5OfBody", field("MD5OfBody")),
            ("eventSource", text("aws:sqs")),
            ("eventSourceARN", text(arn)),
            ("awsRegion", text(region)),
        ]);
        let digest = message.get("MD5OfMessageAttributes");
        if let (Value::Object(record), Some(digest)) = (&mut record, digest) {
            record.insert("md5OfMessageAttributes".to_owned(), digest.clone());
        }
        record
    });
    miniserde::json::to_string(&object([("Records", array(records))]))
}

fn attribute((name, value): (&String, &Value)) -> (String, Value) {
    let Value::Object(value) = value else { return (name.clone(), Value::Null) };
    let fields = value.iter().map(|(name, value)| {
        let mut letters = name.chars();
        let first = letters.next().map(|letter| letter.to_ascii_lowercase());
        (first.into_iter().chain(letters).collect(), value.clone())
    });
    let lists = ["stringListValues", "binaryListValues"];
    let lists = lists.map(|name| (name.to_owned(), array([])));
    (name.clone(), Value::Object(fields.chain(lists).collect()))
}

/// The event of changes of a table.
pub(super) fn of_table(changes: &[Object], arn: &str, region: &str) -> String {
    let records = changes.iter().map(|change| {
        let mut record = change.clone();
        for (name, value) in
            [("eventSourceARN", arn), ("awsRegion", region), ("eventSource", "aws:dynamodb")]
        {
            record.insert(name.to_owned(), text(value));
        }
        Value::Object(record)
    });
    miniserde::json::to_string(&object([("Records", array(records))]))
}

/// The event of records of a shard.
pub(super) fn of_stream(records: &[Object], shard: &str, arn: &str, region: &str) -> String {
    let records = records.iter().map(|record| {
        let field = |name: &str| text(json::string(record, name).unwrap_or_default());
        let arrived = record.get("ApproximateArrivalTimestamp").cloned();
        let kinesis = object([
            ("kinesisSchemaVersion", text("1.0")),
            ("partitionKey", field("PartitionKey")),
            ("sequenceNumber", field("SequenceNumber")),
            ("data", field("Data")),
            ("approximateArrivalTimestamp", arrived.unwrap_or(Value::Null)),
        ]);
        object([
            ("kinesis", kinesis),
            ("eventSource", text("aws:kinesis")),
            ("eventVersion", text("1.0")),
            ("eventID", text(format!("{shard}:{}", position(record)))),
            ("eventName", text("aws:kinesis:record")),
            ("invokeIdentityArn", text(format!("arn:aws:iam::{ACCOUNT}:role/local"))),
            ("awsRegion", text(region)),
            ("eventSourceARN", text(arn)),
        ])
    });
    miniserde::json::to_string(&object([("Records", array(records))]))
}

/// The sequence number of a record.
pub(super) fn position(record: &Object) -> String {
    let number = match record.get("dynamodb") {
        Some(Value::Object(change)) => json::string(change, "SequenceNumber"),
        _ => json::string(record, "SequenceNumber"),
    };
    number.unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_the_names_of_lambda() {
        let message = br#"{"MessageId":"1","ReceiptHandle":"r-2","Body":"b","MD5OfBody":"5",
            "Attributes":{"SentTimestamp":"1"},
            "MessageAttributes":{"kind":{"DataType":"String","StringValue":"x"}}}"#;
        let message = json::parse_object(message).unwrap();
        let event = of_queue(&[message], "arn", "eu-central-1");
        for part in [
            r#""messageId":"1""#,
            r#""receiptHandle":"r-2""#,
            r#""body":"b""#,
            r#""attributes":{"SentTimestamp":"1"}"#,
            r#""dataType":"String""#,
            r#""stringValue":"x""#,
            r#""binaryListValues":[]"#,
            r#""eventSourceARN":"arn""#,
        ] {
            assert!(event.contains(part), "{part} is not in {event}");
        }
    }
}
