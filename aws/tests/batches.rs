//! Actions with many entries: what moto's services got, as botocore reads it, and what is refused
//! by entries.

#[path = "../../local/tests/support/mod.rs"]
mod local_support;
#[path = "support/moto.rs"]
mod moto;
#[path = "support/service.rs"]
mod service;

use minilambda_local::Lambda;
use moto::{StandIn, lambda};
use service::{Service, respond};

#[test]
fn all_entries_arrive_once_whatever_their_number_and_size() {
    let Some(moto) = StandIn::moto() else { return };
    let places = moto.python(
        "sqs = client('sqs')
queue = sqs.create_queue(QueueName='orders', Attributes={'MaximumMessageSize': '1048576'})['QueueUrl']
fifo = sqs.create_queue(QueueName='orders.fifo', Attributes={'FifoQueue': 'true'})['QueueUrl']
heard = sqs.create_queue(QueueName='heard')['QueueUrl']
arn = lambda url: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=['QueueArn'])['Attributes']['QueueArn']
topic = client('sns').create_topic(Name='orders')['TopicArn']
client('sns').subscribe(TopicArn=topic, Protocol='sqs', Endpoint=arn(heard))
events = client('events')
events.create_event_bus(Name='shop')
events.put_rule(Name='all', EventBusName='shop', EventPattern='{\"source\": [\"shop\"]}')
seen = sqs.create_queue(QueueName='seen')['QueueUrl']
events.put_targets(Rule='all', EventBusName='shop', Targets=[{'Id': 'a', 'Arn': arn(seen)}])
client('kinesis').create_stream(StreamName='clicks', ShardCount=1)
client('s3').create_bucket(Bucket='lines', CreateBucketConfiguration={'LocationConstraint': 'eu-central-1'})
client('firehose').create_delivery_stream(DeliveryStreamName='lines', S3DestinationConfiguration={
    'RoleARN': 'arn:aws:iam::123456789012:role/a', 'BucketARN': 'arn:aws:s3:::lines'})
print(json.dumps({'queue': queue, 'fifo': fifo, 'topic': topic, 'bus': 'shop', 'stream': 'clicks',
    'delivery_stream': 'lines'}))",
    );
    let lambda = lambda("aws-batches", &moto.url()).build();
    let done = lambda.invoke("send", &places).unwrap();
    assert_eq!(done.failure, None, "{:#?}", done.log);
    let got = moto.python(
        "import base64
sqs = client('sqs')
def read(name):
    url, found = sqs.get_queue_url(QueueName=name)['QueueUrl'], []
    while True:
        messages = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=['All']).get('Messages', [])
        if not messages: return found
        for message in messages:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message['ReceiptHandle'])
        found += messages
text = lambda number: f'Übergröße {number} & more = ü'
orders = read('orders')
small = [m['Body'] for m in orders if len(m['Body']) < 1000]
assert sorted(small) == sorted([text(n) for n in range(25)] + ['alone']), small
large = sorted(m['Body'] for m in orders if len(m['Body']) >= 1000)
assert large == [str(n) * 340000 for n in range(4)]
kinds = [m['MessageAttributes']['kind']['StringValue'] for m in orders if m['Body'] in map(text, range(25))]
assert kinds == ['a & b'] * 25, kinds
fifo = [int(m['Body']) for m in read('orders.fifo')]
assert [n for n in fifo if n % 2] == [1, 3, 5, 7, 9, 11] and len(fifo) == 12, fifo
heard = [json.loads(m['Body']) for m in read('heard')]
assert sorted(m['Message'] for m in heard) == sorted([text(n) for n in range(12)] + ['{\"alone\":true}']), heard
attributes = [m['MessageAttributes']['kind']['Value'] for m in heard if m.get('Subject') == 'a & b']
assert attributes == ['c = d'] * 12, heard
seen = [json.loads(m['Body']) for m in read('seen')]
assert sorted(m['detail']['number'] for m in seen) == list(range(12)), seen
assert {(m['detail-type'], m['time'], *m['resources']) for m in seen} == {
    ('ordered', '2023-11-14T22:13:20Z', 'arn:aws:s3:::photos')}, seen[0]
kinesis = client('kinesis')
shard = kinesis.list_shards(StreamName='clicks')['Shards'][0]['ShardId']
iterator = kinesis.get_shard_iterator(StreamName='clicks', ShardId=shard, ShardIteratorType='TRIM_HORIZON')['ShardIterator']
records = kinesis.get_records(ShardIterator=iterator, Limit=1000)['Records']
assert [r['PartitionKey'] for r in records] == [str(n) for n in range(501)] and records[0]['Data'] == b'\\xff\\x00'
s3 = client('s3')
objects = s3.list_objects_v2(Bucket='lines')['Contents']
lines = b''.join(s3.get_object(Bucket='lines', Key=o['Key'])['Body'].read() for o in objects)
assert sorted(map(int, lines.split())) == list(range(501))
print('same')",
    );
    assert_eq!(got, "same");
}

#[test]
fn records_arrive_once_and_in_order_at_kinesalite() {
    let Some(kinesalite) = StandIn::kinesalite() else { return };
    kinesalite.python(
        "client('kinesis').create_stream(StreamName='clicks', ShardCount=1)
client('kinesis').get_waiter('stream_exists').wait(StreamName='clicks', WaiterConfig={'Delay': 1})",
    );
    let lambda = lambda("aws-batches", &kinesalite.url()).build();
    let done = lambda.invoke("records", "\"clicks\"").unwrap();
    assert_eq!(done.failure, None, "{:#?}", done.log);
    let keys = kinesalite.python(
        "kinesis = client('kinesis')
shard = kinesis.list_shards(StreamName='clicks')['Shards'][0]['ShardId']
iterator = kinesis.get_shard_iterator(StreamName='clicks', ShardId=shard, ShardIteratorType='TRIM_HORIZON')['ShardIterator']
records = kinesis.get_records(ShardIterator=iterator, Limit=2000)['Records']
print([int(r['PartitionKey']) for r in records] == list(range(501)), {r['Data'] for r in records})",
    );
    assert_eq!(keys, r"True {b'\xff\x00'}");
    // A whole request that it refuses.
    let done = lambda.invoke("records", "\"nowhere\"").unwrap();
    assert_eq!(done.error_type(), Some("ResourceNotFoundException"), "{:#?}", done.log);
}

/// The second message is at fault, the third is taken with the second request.
#[test]
fn what_was_not_accepted_is_named() {
    let first = r#"{"Successful":[{"Id":"0"}],"Failed":[
        {"Id":"1","Code":"InvalidMessageContents","SenderFault":true},
        {"Id":"2","Code":"InternalError","SenderFault":false}]}"#;
    let second = r#"{"Successful":[{"Id":"0","MessageId":"a"}]}"#;
    let service =
        Service::start(vec![respond("200 OK", &[], first), respond("200 OK", &[], second)]);
    let lambda = service_lambda(&service);
    let done = lambda.invoke("messages", r#"["a","b","c"]"#).unwrap();
    assert_eq!(done.json::<String>().unwrap(), "1 InvalidMessageContents Refused");
    let requests = service.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests[1].contains(r#""MessageBody":"c""#) && !requests[1].contains(r#""a""#));
    drop(requests);
    // A message that is named as accepted and as failed has failed.
    let both =
        r#"{"Failed":[{"Id":"0","Code":"Odd","SenderFault":true}],"Successful":[{"Id":"0"}]}"#;
    let service = Service::start(vec![respond("200 OK", &[], both)]);
    let done = service_lambda(&service).invoke("messages", r#"["a"]"#).unwrap();
    assert_eq!(done.json::<String>().unwrap(), "0 Odd Refused");
}

/// The first of two messages is throttled, the second of the same request is not.
#[test]
fn in_a_fifo_queue_or_topic_no_message_comes_after_a_later_one_of_its_group() {
    let json = [
        r#"{"Failed":[{"Id":"0","Code":"InternalError","SenderFault":false}],"Successful":[{"Id":"1"}]}"#,
        r#"{"Successful":[{"Id":"0"},{"Id":"1"}]}"#,
    ];
    let accepted = |id| format!("<member><Id>{id}</Id></member>");
    let failed =
        "<member><Id>0</Id><Code>InternalError</Code><SenderFault>false</SenderFault></member>";
    let xml = [(failed, accepted(1)), ("", format!("{}{}", accepted(0), accepted(1)))];
    let xml = xml.map(|(failed, accepted)| {
        format!(
            "<PublishBatchResponse><PublishBatchResult><Failed>{failed}</Failed>\
             <Successful>{accepted}</Successful></PublishBatchResult></PublishBatchResponse>"
        )
    });
    for (to, responses) in [("queue", json.map(str::to_owned)), ("topic", xml)] {
        let service =
            || Service::start(responses.iter().map(|body| respond("200 OK", &[], body)).collect());
        let at = service();
        let done = service_lambda(&at).invoke("ordered", format!("\"{to}\"")).unwrap();
        let failure = done.failure.unwrap();
        assert_eq!((&*failure.kind, at.requests().len()), ("InternalError", 1), "{to}");
        assert!(failure.message.contains("a later one of its group was accepted"), "{failure:?}");
        // Alone in its request it is sent again, before the second.
        let at = service();
        let done = service_lambda(&at).invoke("ordered", format!("\"strict {to}\"")).unwrap();
        assert_eq!((done.failure, at.requests().len()), (None, 3), "{to}");
    }
}

/// One empty message, and the service may refuse all of the request.
#[test]
fn an_entry_that_would_be_refused_with_all_others_is_not_sent() {
    let accepted = r#"{"Successful":[{"Id":"0"},{"Id":"1"}]}"#;
    let service = Service::start(vec![respond("200 OK", &[], accepted)]);
    let messages = r#"["a","","b","\u0007","c=\u0007"]"#;
    let done = service_lambda(&service).invoke("messages", messages).unwrap();
    let expected = [1, 3, 4].map(|index| format!("{index} Aws.InvalidRequest NotSent"));
    assert_eq!(done.json::<String>().unwrap(), expected.join(", "));
    assert_eq!(service.requests().len(), 1);
}

/// Messages are no reading: a request whose response is lost is not repeated, and the rest is not
/// sent.
#[test]
fn a_request_that_is_lost_is_not_repeated_and_ends_the_sending() {
    let service = Service::start(vec![vec![minilambda_local::script::Step::Close]]);
    let lambda = service_lambda(&service);
    let bodies = miniserde::json::to_string(&vec!["a"; 12]);
    let told = lambda.invoke("messages", bodies).unwrap().json::<String>().unwrap();
    let expected: Vec<_> = (0..10).map(|index| format!("{index} Aws.NoResponse Unknown")).collect();
    let expected =
        format!("{}, 10 Aws.NotSent NotSent, 11 Aws.NotSent NotSent", expected.join(", "));
    assert_eq!(told, expected);
    assert_eq!(service.requests().len(), 1);
}

#[test]
fn a_message_without_an_id_is_not_published() {
    let id = |id: &str| format!("<PublishResponse><MessageId>{id}</MessageId></PublishResponse>");
    for (body, expected) in [
        (id("7"), Ok("7".to_owned())),
        (id(""), Err("Aws.InvalidResponse".to_owned())),
        ("<html/>".to_owned(), Err("Aws.InvalidResponse".to_owned())),
    ] {
        let service = Service::start(vec![respond("200 OK", &[], &body)]);
        let done = service_lambda(&service).invoke("publish", r#""a""#).unwrap();
        let told = done.failure.as_ref().map_or_else(
            || Ok(done.json::<String>().unwrap()),
            |failure| Err(failure.kind.clone()),
        );
        assert_eq!(told, expected, "{body}");
    }
}

fn service_lambda(service: &Service) -> Lambda {
    lambda("aws-batches", &format!("http://{}", service.address)).build()
}
