//! What `each` logs of records that failed: the only test of its program, because it sets the
//! logger.

use log::kv::{Key, Value, VisitSource};
use log::{LevelFilter, Log, Metadata, Record};
use minilambda_events::{Error, dynamodb, kafka, kinesis, sqs};
use std::fmt::Write as _;
use std::sync::Mutex;

static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Logger;

struct Fields<'a>(&'a mut String);

impl<'kvs> VisitSource<'kvs> for Fields<'_> {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), log::kv::Error> {
        Ok(write!(self.0, " {key}={value}")?)
    }
}

impl Log for Logger {
    fn enabled(&self, _: &Metadata) -> bool {
        true
    }
    fn log(&self, record: &Record) {
        if record.target().starts_with("minilambda_events") {
            let mut line = record.level().to_string();
            record.key_values().visit(&mut Fields(&mut line)).unwrap();
            LINES.lock().unwrap().push(line);
        }
    }
    fn flush(&self) {}
}

fn logged() -> Vec<String> {
    std::mem::take(&mut LINES.lock().unwrap())
}

fn fail<R>(_: &R) -> Result<(), Error> {
    Err(Error::new("OutOfStock", "no pieces"))
}

#[test]
fn a_record_that_failed_is_logged_with_its_id_and_the_kind_of_error() {
    log::set_logger(&Logger).unwrap();
    log::set_max_level(LevelFilter::Info);

    let mut event: sqs::Event =
        ["a", "b", "c"].map(|id| sqs::Message::new(id, "")).into_iter().collect();
    for message in &mut event.records {
        message.attributes.sequence_number = Some("1".to_owned());
        message.attributes.message_group_id = Some("g".to_owned());
    }
    assert_eq!(event.each(fail).batch_item_failures.len(), 3);
    assert_eq!(
        logged(),
        ["ERROR recordId=a errorType=OutOfStock", "WARN recordId=b", "WARN recordId=c"]
    );

    let event: kinesis::Event = [kinesis::Record::new("17", "")].into_iter().collect();
    event.each(fail);
    assert_eq!(logged(), ["ERROR recordId=17 errorType=OutOfStock"]);
    event.each(|_| panic!("lost"));
    assert_eq!(logged(), ["ERROR recordId=17 errorType=Function.Panic"]);

    let text = include_str!("../../data/dynamodb.json");
    let event: dynamodb::Event = minilambda::decode(text.as_bytes()).unwrap();
    event.each(fail);
    let id = event.records[0].dynamodb.sequence_number.as_deref().unwrap();
    assert_eq!(logged(), [format!("ERROR recordId={id} errorType=OutOfStock")]);

    let event: kafka::Event = [kafka::Record::new("orders", 7, "")].into_iter().collect();
    event.each(fail);
    assert_eq!(logged(), ["ERROR recordId=orders-0-7 errorType=OutOfStock"]);
}
