//! What the calls of events make of the documents in `data/`.

use minilambda_events::{cloudwatch, dynamodb, kinesis, s3, sns, sqs, window};
use miniserde::json::{Number, Value};
use miniserde::{Deserialize, json};
use std::time::{Duration, UNIX_EPOCH};

fn read<T: Deserialize>(name: &str) -> T {
    let path = format!("{}/../data/{name}.json", env!("CARGO_MANIFEST_DIR"));
    json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[derive(Debug, Deserialize)]
struct Reading {
    sensor: String,
    celsius: f64,
}

#[test]
fn a_stream_s_data_is_decoded_and_its_times_are_exact() {
    let event: kinesis::Event = read("kinesis");
    let [first, second, third] = &event.records[..] else { panic!() };
    let reading: Reading = first.data_json().unwrap();
    assert_eq!((&*reading.sensor, reading.celsius.to_string()), ("kitchen", "21.5".to_owned()));
    assert_eq!(second.kinesis.data.decode().unwrap(), b"not a reading");
    let error = second.data_json::<Reading>().unwrap_err().message().to_owned();
    assert!(error.starts_with("a record's data: invalid JSON at byte 0"), "{error}");
    for (record, ms) in [(first, 1_773_350_065_123), (third, 1_773_350_066_000)] {
        let time = record.kinesis.approximate_arrival_timestamp.as_ref().unwrap().time();
        assert_eq!(time.unwrap(), UNIX_EPOCH + Duration::from_millis(ms));
    }
}

#[test]
fn a_window_s_state_is_an_object_or_a_type_of_one_s_own() {
    #[derive(Deserialize)]
    struct State {
        count: Option<u64>,
    }
    let event: window::Event<kinesis::Record, State> = read("kinesis-window");
    assert_eq!(event.state.unwrap().count, Some(3));
    let span = event.window.end.time().unwrap().duration_since(event.window.start.time().unwrap());
    assert_eq!(span.unwrap(), Duration::from_secs(120));
    let event: window::Event<dynamodb::Record> = read("dynamodb-window");
    let count = event.state.as_ref().unwrap().get("orders").unwrap();
    assert_eq!(count.as_u64(), Some(12));
}

#[test]
fn each_response_to_firehose_names_its_record() {
    let event: kinesis::firehose::Event = read("kinesis-firehose");
    let [first, second] = &event.records[..] else { panic!() };
    assert_eq!(first.data_json::<Reading>().unwrap().sensor, "kitchen");
    let records = vec![first.ok("new"), second.processing_failed(), second.dropped()];
    let id = &first.record_id;
    let rest = second.record_id.clone();
    assert_eq!(
        json::to_string(&kinesis::firehose::Response { records }),
        format!(
            r#"{{"records":[{{"recordId":"{id}","result":"Ok","data":"bmV3"}},{{"recordId":"{rest}","result":"ProcessingFailed","data":"bm90IGEgcmVhZGluZw=="}},{{"recordId":"{rest}","result":"Dropped"}}]}}"#
        )
    );
    let event: kinesis::firehose::Event = read("kinesis-firehose-msk");
    assert_eq!(event.records[0].bytes().unwrap(), br#"{"id":"A-1007"}"#);
    let none: kinesis::firehose::Record = json::from_str(r#"{"recordId":"1"}"#).unwrap();
    assert!(none.bytes().is_err());
}

#[test]
fn analytics_tells_output_from_input() {
    let event: kinesis::analytics::Event = read("kinesis-analytics-output");
    assert!(event.stream_arn.is_none());
    let record = &event.records[0];
    assert_eq!(record.lambda_delivery_record_metadata.as_ref().unwrap().retry_hint, Some(2));
    assert_eq!(record.result("DeliveryFailed").result, "DeliveryFailed");
    let event: kinesis::analytics::Event = read("kinesis-analytics-input");
    assert!(event.stream_arn.is_some());
    assert_eq!(event.records[0].data_json::<Reading>().unwrap().sensor, "kitchen");
    assert_eq!(event.records[0].ok("new").data.unwrap().0, "bmV3");
}

#[test]
fn an_item_s_attributes_are_found_and_compared() {
    let event: dynamodb::Event = read("dynamodb");
    let [inserted, modified, removed] = &event.records[..] else { panic!() };
    assert_eq!(inserted.key("id").unwrap().as_s(), Some("A-1008"));
    assert!(inserted.old_value("status").is_none());
    assert_ne!(modified.old_value("status"), modified.new_value("status"));
    assert_eq!(modified.old_value("items"), modified.new_value("items"));
    let value = |name| modified.new_value(name).unwrap();
    assert_eq!(value("weight").as_n(), Some("1234567890.12345678901234567890123456"));
    assert_eq!(value("label").as_b().unwrap().decode().unwrap(), [0xde, 0xad, 0xbe, 0xef]);
    assert_eq!(value("gift").as_bool(), Some(false));
    assert!(value("voucher").is_null() && value("voucher").as_s().is_none());
    let first = value("items").as_l().unwrap()[0].as_m().unwrap();
    assert_eq!(first["name"].as_s(), Some("teapot"));
    assert_eq!(value("tags").as_ss().unwrap(), ["fragile", "tea"]);
    assert_eq!(value("shelves").as_ns().unwrap(), ["4", "17.5"]);
    assert_eq!(value("seals").as_bs().unwrap()[1].decode().unwrap(), [2, 3]);
    assert_eq!((modified.is_expiry(), removed.is_expiry()), (false, true));
    let built = dynamodb::Record::new("REMOVE", "1").with_old_value("id", "A-1".into());
    assert_eq!(built.old_value("id").unwrap().as_s(), Some("A-1"));
}

#[test]
fn an_object_s_key_is_decoded() {
    let event: s3::Event = read("s3");
    let keys: Vec<_> = event.records.iter().map(|r| r.s3.object.decoded_key().unwrap()).collect();
    assert_eq!(keys, ["incoming/red flower+1.jpg", "incoming/café/tea.jpg"]);
    assert!(event.records.iter().all(|record| record.is("ObjectCreated:")));
    let event: s3::Event = read("s3-families");
    let replicated = event.records.iter().filter(|record| record.is("Replication:"));
    assert_eq!(replicated.count(), 2);
    let event: s3::batch::Event = read("s3-batch-1");
    assert_eq!(event.tasks[0].decoded_key().unwrap(), "incoming/red flower.jpg");
    assert_eq!(event.tasks[0].bucket(), Some("shop-photos"));
    let event: s3::batch::Event = read("s3-batch-2");
    assert_eq!(event.tasks[0].bucket(), Some("shop-photos"));
    let response = event.response("PermanentFailure", |_| ("Succeeded", "640 x 480"));
    let documented: s3::batch::Response = read("s3-batch-response");
    assert_eq!(json::to_string(&response), json::to_string(&documented));
}

#[test]
fn object_lambda_gets_its_response_in_one_line() {
    let event: s3::object_lambda::Event = read("s3-object-lambda-head");
    assert!(event.user_request.headers.unwrap().get("accept-encoding").is_some());
    let length = Value::Number(Number::U64(5));
    for (response, text) in [
        (
            s3::object_lambda::Response::head([("Content-Length", length.into())].into()),
            r#"{"statusCode":200,"headers":{"Content-Length":5}}"#,
        ),
        (s3::object_lambda::Response::list("<a/>"), r#"{"statusCode":200,"listResultXml":"<a/>"}"#),
        (
            s3::object_lambda::Response::error(404, "NoSuchKey", "gone"),
            r#"{"statusCode":404,"errorCode":"NoSuchKey","errorMessage":"gone"}"#,
        ),
    ] {
        assert_eq!(json::to_string(&response), text);
    }
}

#[test]
fn what_is_inside_a_notification_is_read_also_inside_a_queue() {
    let event: sns::Event = read("sns");
    assert_eq!(event.records[0].sns.attribute("shop"), Some("eu-3"));
    assert_eq!(event.records[0].sns.attribute("none"), None);

    let event: sns::Event = read("sns-alarm");
    let alarm: cloudwatch::alarm_sns::Alarm = event.records[0].sns.message_json().unwrap();
    assert_eq!(alarm.new_state_value, "ALARM");
    assert_eq!(alarm.trigger.unwrap().threshold.unwrap().as_u64().unwrap(), 5);

    let event: sqs::Event = read("sqs-sns");
    let notification = |n: usize| event.records[n].body_json::<sns::Notification>().unwrap();
    let inner: s3::Event = notification(0).message_json().unwrap();
    assert_eq!(inner.records[0].s3.bucket.name, "shop-photos");
    assert!(notification(1).message_json::<s3::Event>().is_err());
    assert!(notification(1).message_json::<s3::TestEvent>().is_ok());
}

#[test]
fn a_firehose_record_from_msk_gets_a_response_in_its_own_field() {
    let event: kinesis::firehose::Event = read("kinesis-firehose-msk");
    let [record, ..] = &event.records[..] else { panic!() };
    for (transformed, has_value) in
        [(record.ok("new"), true), (record.processing_failed(), true), (record.dropped(), false)]
    {
        assert_eq!(transformed.data, None);
        assert_eq!(transformed.kafka_record_value.is_some(), has_value);
    }
    let event: kinesis::firehose::Event = read("kinesis-firehose");
    let transformed = event.records[0].ok("new");
    assert_eq!((transformed.data.is_some(), transformed.kafka_record_value), (true, None));
}

#[test]
fn the_items_of_a_change_are_of_your_own_type() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Order {
        id: String,
        pieces: u32,
    }
    let order = |pieces| Some(Order { id: "A-1".to_owned(), pieces });
    let image = |pieces: u32| {
        let [id, pieces] = [dynamodb::to_value("A-1"), dynamodb::to_value(&pieces)];
        Some([("id".to_owned(), id.unwrap()), ("pieces".to_owned(), pieces.unwrap())].into())
    };
    let record = |name: &str, old, new| {
        let mut record = dynamodb::Record::new(name, "1");
        (record.dynamodb.old_image, record.dynamodb.new_image) = (old, new);
        record
    };
    let items = |record: &dynamodb::Record| {
        let text = |error: minilambda::Error| error.message().to_owned();
        (record.old_item::<Order>().map_err(text), record.new_item::<Order>().map_err(text))
    };
    let changed = record("MODIFY", image(1), image(2));
    assert_eq!(items(&changed), (Ok(order(1)), Ok(order(2))));
    assert_eq!(items(&record("INSERT", None, image(2))), (Ok(None), Ok(order(2))));
    assert_eq!(items(&record("REMOVE", image(1), None)), (Ok(order(1)), Ok(None)));
    // A stream of keys has neither; its records are not taken for new or removed items.
    let (old, new) = items(&record("MODIFY", None, None));
    assert!(old.unwrap_err().contains("no old image: set the view type"));
    assert!(new.unwrap_err().contains("no new image: set the view type"));
    assert!(record("INSERT", None, None).new_item::<Order>().is_err());
    assert!(record("REMOVE", None, None).old_item::<Order>().is_err());
    assert!(changed.new_item::<Vec<u32>>().is_err());
}
