//! Items, inputs and outputs as types with serde's derives.

#[path = "../../local/tests/support/mod.rs"]
mod local_support;
#[path = "support/moto.rs"]
mod moto;
#[path = "support/service.rs"]
mod service;

use moto::{StandIn, lambda};
use service::{Service, fine, respond};

const ITEM: &str = r#"{"orderId":{"S":"A-1"},"state":{"M":{"parcel":{"N":"7"},"type":{"S":"Sent"}}},"total":{"N":"340282366920938463463374607431768211455"}}"#;

#[test]
fn items_are_types_of_serde() {
    let service = Service::start(vec![
        fine(),
        respond("200 OK", &[], format!("{{\"Item\":{ITEM}}}")),
        fine(),
        respond("200 OK", &[], format!("{{\"Items\":[{ITEM}]}}")),
    ]);
    let done = service.of("aws-serde").build().invoke("table", "null").unwrap();
    assert_eq!(done.text(), "\"true true\"", "{:#?}", done.log);
    let requests = service.requests();
    for (request, part) in [
        (0, ITEM),
        (2, r#"":_0":{"M":{"type":{"S":"New"}}}"#),
        (2, r#"{"L":[{"M":{"type":{"S":"New"}}},{"M":{"parcel":{"N":"1"},"type":{"S":"Sent"}}}]}"#),
        (2, r#"":old":{"M":{"type":{"S":"New"}}}"#),
    ] {
        assert!(requests[request].contains(part), "{part}: {}", requests[request]);
    }
}

#[test]
fn inputs_and_outputs_are_types_of_serde() {
    let service = Service::start(vec![
        respond("200 OK", &[], r#"{"MessageId":"m-1"}"#),
        respond("200 OK", &[], r#"{"type":"Sent","parcel":3}"#),
        respond("200 OK", &[], r#"{"Parameter":{"Value":"{\"type\":\"New\"}"}}"#),
    ]);
    let done = service.of("aws-serde").build().invoke("calls", "null").unwrap();
    assert_eq!(done.text(), "\"m-1 Sent { parcel: 3 } New false\"", "{:#?}", done.log);
    let requests = service.requests();
    assert!(requests[0].ends_with(r#"{"QueueUrl":"https://a.example/q"}"#), "{}", requests[0]);
    assert!(requests[1].contains(r#""state":{"type":"Sent","parcel":7}"#), "{}", requests[1]);
}

#[test]
fn what_does_not_match_is_an_error_without_a_value() {
    let item = ITEM.replace("Sent", "s3cret");
    let service = Service::start(vec![
        respond("200 OK", &[], format!("{{\"Item\":{item}}}")),
        respond("200 OK", &[], r#"{"type":"Sent","parcel":"s3cret"}"#),
    ]);
    let done = service.of("aws-serde").build().invoke("failing", "null").unwrap();
    let errors: Vec<String> = done.json().unwrap();
    assert!(!done.text().contains("s3cret"), "{errors:?}");
    for (error, part) in errors.iter().zip([
        "at .state.type: expected a variant of the enum: New, Sent",
        "expected u8, found a string",
        "an item is a struct or a map",
    ]) {
        assert!(error.contains(part), "{error}");
    }
}

/// It never becomes an empty message: each service would have its own opinion of that.
#[test]
fn what_cannot_be_written_is_not_sent_and_the_others_are() {
    let published = "<R><PublishBatchResult><Failed/><Successful><member><Id>0</Id><MessageId>m\
        </MessageId></member></Successful></PublishBatchResult></R>";
    let service = Service::start(vec![
        respond("200 OK", &[], r#"{"Successful":[{"Id":"0"}],"Failed":[]}"#),
        respond("200 OK", &[], published),
        respond("200 OK", &[], r#"{"Entries":[{"EventId":"e"}]}"#),
        fine(),
    ]);
    let done = service.of("aws-serde").build().invoke("unwritable", "null").unwrap();
    assert!(!done.text().contains("s3cret") && !done.has_logged("s3cret"), "{:#?}", done.log);
    let errors: Vec<String> = done.json().unwrap();
    let reason = "the value cannot be written as JSON: its type's `Serialize` failed";
    for (error, expected) in errors.iter().zip([
        format!("0: SQS SendMessageBatch: {reason}"),
        format!("1: SNS PublishBatch: {reason}"),
        format!("0: EVENTBRIDGE PutEvents: {reason}, 2: EVENTBRIDGE PutEvents: {reason}"),
        format!("SQS SendMessage: {reason}"),
        format!("SNS Publish: {reason}"),
    ]) {
        assert_eq!(*error, expected);
    }
    assert!(errors[5..].iter().all(|error| error.ends_with(reason)), "{errors:?}");
    let requests = service.requests();
    let names = ["SendMessageBatch", "PublishBatch", "PutEvents"];
    assert_eq!(requests.len(), names.len(), "{requests:#?}");
    for (request, name) in requests.iter().zip(names) {
        assert!(request.contains(name) && request.matches("New").count() == 1, "{request}");
    }
}

/// With moto in the place of the services, which reads what was sent.
#[test]
fn messages_events_and_records_of_what_is_done_are_types_of_serde() {
    let Some(moto) = StandIn::moto() else { return };
    let places = moto.python(
        "sqs, sns, events = client('sqs'), client('sns'), client('events')
def queue(name):
    url = sqs.create_queue(QueueName=name)['QueueUrl']
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['QueueArn'])
    return url, attributes['Attributes']['QueueArn']
topic = sns.create_topic(Name='t')['TopicArn']
sns.subscribe(TopicArn=topic, Protocol='sqs', Endpoint=queue('of-topic')[1],
    Attributes={'RawMessageDelivery': 'true'})
events.put_rule(Name='r', EventPattern=json.dumps({'source': ['shop']}))
events.put_targets(Rule='r', Targets=[{'Id': '1', 'Arn': queue('of-bus')[1]}])
for name, key in ('orders', 'orderId'), ('done', 'id'):
    client('dynamodb').create_table(TableName=name, BillingMode='PAY_PER_REQUEST',
        KeySchema=[{'AttributeName': key, 'KeyType': 'HASH'}],
        AttributeDefinitions=[{'AttributeName': key, 'AttributeType': 'S'}])
print(json.dumps({'queue': queue('direct')[0], 'topic': topic}))",
    );
    let lambda = lambda("aws-serde", &moto.url()).build();
    let done = lambda.invoke("messages", &places).unwrap();
    assert_eq!(done.failure, None, "{:#?}", done.log);
    let received = moto.python(
        "sqs = client('sqs')
def bodies(name):
    url, found = sqs.get_queue_url(QueueName=name)['QueueUrl'], []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get('Messages'):
        found += [json.loads(message['Body']) for message in messages]
    return found
def text(bodies): return json.dumps(sorted(bodies, key=str), sort_keys=True)
direct, topic = bodies('direct'), bodies('of-topic')
order = [body for body in topic if 'orderId' in body]
topic = [body for body in topic if 'orderId' not in body]
bus = [body['detail'] for body in bodies('of-bus')]
print(len(direct), text(direct) == text(topic) == text(bus), text(direct[:1]), text(order))",
    );
    let order = r#"[{"orderId": "A-1", "state": {"parcel": 7, "type": "Sent"}, "total": 340282366920938463463374607431768211455}]"#;
    let expected = format!("12 True [{{\"parcel\": 1, \"type\": \"Sent\"}}] {order}");
    assert_eq!(received, expected);

    let done = lambda.invoke("items", "null").unwrap();
    let expected = "\"true [Serde(Order { order_id: \\\"A-1\\\", state: New, total: \
        10000000000000000000000000000000000001, notes: [\\\"late\\\"] })]\"";
    assert_eq!(done.text(), expected, "{:#?}", done.log);

    // The first response is that of all; another payload is refused.
    for (event, expected) in [
        ("3", Some(r#"{"type":"Sent","parcel":4}"#)),
        ("3", Some(r#"{"type":"Sent","parcel":4}"#)),
        ("5", None),
    ] {
        let done = lambda.invoke("once", event).unwrap();
        match expected {
            Some(expected) => assert_eq!(done.text(), expected, "{:#?}", done.log),
            None => assert_eq!(done.error_type(), Some("Aws.OtherPayload"), "{:#?}", done.log),
        }
    }
    let kept = moto.python(
        "(item,) = client('dynamodb').scan(TableName='done')['Items']
print(item['data']['S'], item['status']['S'])",
    );
    assert_eq!(kept, r#"{"type":"Sent","parcel":4} COMPLETED"#);
}
