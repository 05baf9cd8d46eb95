//! The examples, with moto in place of AWS.

#[path = "../../local/tests/support/mod.rs"]
mod local_support;
#[path = "support/moto.rs"]
mod moto;

use minilambda_events::sqs;
use minilambda_local::HttpRequest;
use miniserde::Serialize;
use moto::{StandIn, lambda};

/// The guide shows parts of a program that `benches/aws-beside` builds and runs.
#[test]
fn the_guide_shows_the_official_sdk_as_it_was_run() {
    let guide = include_str!("../../docs/guide/calling-aws.md");
    let program = include_str!("../../benches/peers/aws/official/src/main.rs");
    let block = guide.split("```rust,ignore\n").nth(1).unwrap().split("```").next().unwrap();
    let paragraphs: Vec<_> = block.trim().split("\n\n").collect();
    assert!(paragraphs.len() > 2);
    for paragraph in paragraphs {
        assert!(program.contains(paragraph), "{paragraph}");
    }
}

/// The lines of the tasks of a program, by their names: without blank ones and comments.
fn lines_of_tasks(program: &str) -> Vec<(&str, usize)> {
    let tasks = program.split("\n// -- ").skip(1).map(|task| task.split_once('\n').unwrap());
    let count = |code: &str| {
        let lines = code.lines().map(str::trim);
        lines.filter(|line| !line.is_empty() && !line.starts_with("//")).count()
    };
    tasks.map(|(name, code)| (name, count(code))).collect()
}

#[test]
fn the_guide_counts_the_lines_of_five_tasks() {
    let guide = include_str!("../../docs/guide/calling-aws.md");
    let ours = lines_of_tasks(include_str!("../examples/tasks.rs"));
    let official = lines_of_tasks(include_str!("../../benches/peers/aws/tasks/src/lib.rs"));
    assert_eq!(
        (ours.len(), official.len()),
        (6, 5),
        "the last one of the example calls the others"
    );
    for ((name, lines), (other, lines_of_sdk)) in ours.into_iter().zip(official) {
        assert_eq!(name, other);
        let row = format!("| {name} | {lines} | {lines_of_sdk} |");
        assert!(guide.contains(&row), "not in the guide: {row}");
    }
}

#[test]
fn five_tasks_are_done() {
    let Some(moto) = StandIn::moto() else { return };
    let queue = moto.python(
        "client('dynamodb').create_table(TableName='notes', BillingMode='PAY_PER_REQUEST',
            KeySchema=[{'AttributeName': 'user', 'KeyType': 'HASH'},
                {'AttributeName': 'id', 'KeyType': 'RANGE'}],
            AttributeDefinitions=[{'AttributeName': 'user', 'AttributeType': 'S'},
                {'AttributeName': 'id', 'AttributeType': 'S'}])
client('s3').create_bucket(Bucket='files', CreateBucketConfiguration={'LocationConstraint': 'eu-central-1'})
print(client('sqs').create_queue(QueueName='titles')['QueueUrl'])",
    );
    let event = format!(r#"{{"bucket":"files","queue":"{queue}"}}"#);
    let done = lambda("tasks", &moto.url()).build().invoke("tasks", event).unwrap();
    assert_eq!((done.text(), &done.failure), ("10".to_owned(), &None), "{:#?}", done.log);
    assert!(done.has_logged("renamed: (Some(2), None)"), "{:#?}", done.log);
    let found = moto.python(
        "queue = client('sqs').get_queue_url(QueueName='titles')['QueueUrl']
attributes = client('sqs').get_queue_attributes(QueueUrl=queue, AttributeNames=['All'])['Attributes']
print(client('s3').head_object(Bucket='files', Key='large')['ContentLength'],
    attributes['ApproximateNumberOfMessages'])",
    );
    assert_eq!(found, "9437184 20");
}

#[derive(Serialize)]
struct Order {
    id: &'static str,
    pieces: u32,
}

#[test]
fn the_orders_are_kept_in_a_table() {
    let Some(moto) = StandIn::moto() else { return };
    moto.python(
        "client('dynamodb').create_table(TableName='orders', BillingMode='PAY_PER_REQUEST',
            KeySchema=[{'AttributeName': 'id', 'KeyType': 'HASH'}],
            AttributeDefinitions=[{'AttributeName': 'id', 'AttributeType': 'S'}])",
    );
    let lambda = lambda("orders", &moto.url()).env("TABLE", "orders").build();
    let http = lambda.http("orders.http");
    let order = Order { id: "A-1", pieces: 7 };
    assert_eq!(http.post("/orders", &order).unwrap().status, 201);
    assert_eq!(http.post("/orders", &order).unwrap().status, 409);
    let read = || http.get("/orders/A-1").unwrap().text();
    assert_eq!(read(), r#"{"id":"A-1","pieces":7,"shipped":null}"#);
    let put = |target| http.send(HttpRequest::new("PUT", target)).unwrap().status;
    assert_eq!((put("/orders/A-1/shipped"), put("/orders/A-2/shipped")), (204, 404));
    assert_eq!(read(), r#"{"id":"A-1","pieces":7,"shipped":true}"#);
    assert_eq!(http.delete("/orders/A-1").unwrap().status, 204);
    assert_eq!(http.get("/orders/A-1").unwrap().status, 404);
}

#[test]
fn an_order_is_shipped_once_whoever_gets_its_message() {
    let Some(moto) = StandIn::moto() else { return };
    // moto looks at a condition first, and stores the item after that: two processes at the same
    // time are both the first.
    let Some(dynalite) = StandIn::dynalite() else { return };
    dynalite.python(
        "client('dynamodb').create_table(TableName='done', BillingMode='PAY_PER_REQUEST',
            KeySchema=[{'AttributeName': 'id', 'KeyType': 'HASH'}],
            AttributeDefinitions=[{'AttributeName': 'id', 'AttributeType': 'S'}])
client('dynamodb').get_waiter('table_exists').wait(TableName='done', WaiterConfig={'Delay': 1})",
    );
    let warehouse =
        moto.python("print(client('sqs').create_queue(QueueName='warehouse')['QueueUrl'])");
    let order =
        |id: &str, pieces| sqs::Message::new(id, format!(r#"{{"id":"{id}","pieces":{pieces}}}"#));
    let event: sqs::Event =
        [order("A-1", 1), order("A-2", 0), order("A-3", 3)].into_iter().collect();
    let event = miniserde::json::to_string(&event);
    let lambda = lambda("shipping", &moto.url()).env("TABLE", "done");
    let lambda = lambda.env("AWS_ENDPOINT_URL_DYNAMODB", dynalite.url());
    let lambda = lambda.env("WAREHOUSE", warehouse).build();
    // Several processes at the same time, and one later.
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                assert_eq!(lambda.invoke("shipping.queue", &event).unwrap().failure, None);
            });
        }
    });
    let done = lambda.invoke("shipping.queue", &event).unwrap();
    assert_eq!(
        done.text(),
        r#"{"batchItemFailures":[{"itemIdentifier":"A-2"}]}"#,
        "{:#?}",
        done.log
    );
    assert!(done.has_logged("\"Duplicates\":1") && !done.has_logged("Shipped"), "{:#?}", done.log);
    let found = moto.python(
        "sqs = client('sqs')
queue = sqs.get_queue_url(QueueName='warehouse')['QueueUrl']
messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)['Messages']
print(sorted(json.loads(message['Body'])['id'] for message in messages))",
    );
    assert_eq!(found, "['A-1', 'A-3']");
}

#[test]
fn the_changes_of_a_table_are_events_of_a_bus() {
    let Some(moto) = StandIn::moto() else { return };
    moto.python(
        "events, sqs = client('events'), client('sqs')
queue = sqs.create_queue(QueueName='seen')['QueueUrl']
arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=['QueueArn'])['Attributes']['QueueArn']
events.create_event_bus(Name='shop')
events.put_rule(Name='all', EventBusName='shop', EventPattern='{\"source\": [\"products\"]}')
events.put_targets(Rule='all', EventBusName='shop', Targets=[{'Id': '1', 'Arn': arn}])",
    );
    let image =
        |cents| format!(r#"{{"id":{{"S":"A"}},"name":{{"S":"Cup"}},"cents":{{"N":"{cents}"}}}}"#);
    let record = |name: &str, images: &str| {
        format!(
            r#"{{"eventID":"1","eventName":"{name}","eventVersion":"1.1","eventSource":"aws:dynamodb",
            "awsRegion":"eu-central-1","dynamodb":{{"Keys":{{"id":{{"S":"A"}}}},{images}
            "SequenceNumber":"1","SizeBytes":1,"StreamViewType":"NEW_AND_OLD_IMAGES"}}}}"#
        )
    };
    let records = [
        record("INSERT", &format!(r#""NewImage":{},"#, image(100))),
        record("MODIFY", &format!(r#""OldImage":{},"NewImage":{},"#, image(100), image(90))),
        record("REMOVE", &format!(r#""OldImage":{},"#, image(90))),
    ];
    let lambda = lambda("changes", &moto.url()).env("BUS", "shop").build();
    let event = |records: &[String]| format!(r#"{{"Records":[{}]}}"#, records.join(","));
    let done = lambda.invoke("changes.stream", event(&records)).unwrap();
    assert_eq!((done.text(), &done.failure), ("3".to_owned(), &None), "{:#?}", done.log);
    let found = moto.python(
        "sqs = client('sqs')
queue = sqs.get_queue_url(QueueName='seen')['QueueUrl']
for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)['Messages']:
    event = json.loads(message['Body'])
    cents = [event['detail'].get(name, {}).get('cents') for name in ('old', 'new')]
    print(event['detail-type'], event['resources'][0], *cents)",
    );
    let expected =
        ["ProductCreated A None 100", "ProductChanged A 100 90", "ProductDeleted A 90 None"];
    let mut lines: Vec<_> = found.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, [expected[1], expected[0], expected[2]]);
    let done = lambda.invoke("changes.stream", event(&[record("INSERT", "")])).unwrap();
    assert_eq!(done.error_type(), Some("NoImage"));
}

#[test]
fn a_report_is_written_for_each_object() {
    let Some(moto) = StandIn::moto() else { return };
    moto.python(
        "s3 = client('s3')
s3.create_bucket(Bucket='files', CreateBucketConfiguration={'LocationConstraint': 'eu-central-1'})
s3.put_object(Bucket='files', Key='incoming/red flower+1.txt', Body=b'one\\ntwo\\n')",
    );
    let lambda = lambda("reports", &moto.url()).build();
    let event = r#"{"Records":[{"eventVersion":"2.1","eventSource":"aws:s3","awsRegion":"eu-central-1",
        "eventTime":"2026-03-12T21:14:25.123Z","eventName":"ObjectCreated:Put","s3":{
        "s3SchemaVersion":"1.0","bucket":{"name":"files","arn":"arn:aws:s3:::files"},
        "object":{"key":"incoming/red+flower%2B1.txt","size":8,"sequencer":"0A1B"}}}]}"#;
    let done = lambda.invoke("reports.s3", event).unwrap();
    assert_eq!((done.text(), &done.failure), ("1".to_owned(), &None), "{:#?}", done.log);
    assert!(done.has_logged("\"Bytes\":8"), "{:#?}", done.log);
    let report = moto.python(
        "print(client('s3').get_object(Bucket='files',
            Key='reports/red flower+1.txt.json')['Body'].read().decode())",
    );
    assert_eq!(report, r#"{"key":"incoming/red flower+1.txt","lines":2,"bytes":8}"#);
}

#[test]
fn messages_are_sent_in_batches_and_a_secret_is_read_once() {
    let Some(moto) = StandIn::moto() else { return };
    let queue = moto.python(
        "client('secretsmanager').create_secret(Name='shop/database',
            SecretString='{\"user\":\"ada\",\"password\":\"hunter2\"}')
print(client('sqs').create_queue(QueueName='orders')['QueueUrl'])",
    );
    let producer = lambda("producer", &moto.url()).env("QUEUE_URL", queue).build();
    let orders: Vec<_> = (0..23).map(|n| format!("{{\"id\":\"A-{n}\",\"pieces\":{n}}}")).collect();
    let done = producer.invoke("producer.send", format!("[{}]", orders.join(","))).unwrap();
    assert_eq!((done.text(), &done.failure), ("23".to_owned(), &None), "{:#?}", done.log);
    let count = moto.python(
        "sqs = client('sqs')
queue = sqs.get_queue_url(QueueName='orders')['QueueUrl']
print(sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=['ApproximateNumberOfMessages'])
    ['Attributes']['ApproximateNumberOfMessages'])",
    );
    assert_eq!(count, "23");

    let database = lambda("database", &moto.url()).env("SECRET", "shop/database").build();
    assert_eq!(database.invoke("database.user", "null").unwrap().text(), "\"ada\"");
    let database = lambda("database", &moto.url()).env("SECRET", "nowhere").build();
    let done = database.invoke("database.user", "null").unwrap();
    assert_eq!(done.error_type(), Some("ResourceNotFoundException"), "{:#?}", done.log);
}
