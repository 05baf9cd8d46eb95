//! Services as moto stands in for them, with botocore to prepare and to read back.

#[path = "../../local/tests/support/mod.rs"]
mod local_support;
#[path = "support/moto.rs"]
mod moto;

use minilambda_local::{Invocation, Lambda};
use moto::{StandIn, lambda};
use std::collections::BTreeMap;

fn text(done: &Invocation) -> String {
    assert_eq!(done.failure, None, "{:#?}", done.log);
    done.text()
}

#[test]
fn items_are_written_read_queried_and_deleted() {
    let Some(moto) = StandIn::moto() else { return };
    moto.python(
        "client('dynamodb').create_table(TableName='orders', BillingMode='PAY_PER_REQUEST',
            KeySchema=[{'AttributeName': 'shop', 'KeyType': 'HASH'},
                {'AttributeName': 'number', 'KeyType': 'RANGE'}],
            AttributeDefinitions=[{'AttributeName': 'shop', 'AttributeType': 'S'},
                {'AttributeName': 'number', 'AttributeType': 'N'}])",
    );
    let lambda = lambda("aws-functions", &moto.url()).build();
    assert_eq!(text(&lambda.invoke("items", r#"{"table":"orders"}"#).unwrap()), "30");
    let item = moto.python(
        "item = client('dynamodb').get_item(TableName='orders',
            Key={'shop': {'S': 'berlin'}, 'number': {'N': '4'}})['Item']
print(json.dumps(item, sort_keys=True, ensure_ascii=False))",
    );
    let expected = concat!(
        r#"{"items": {"L": [{"M": {"name": {"S": "Übergröße \"cup\""}, "pieces": {"N": "-6"}}}]}, "#,
        r#""number": {"N": "4"}, "paid": {"BOOL": true}, "shop": {"S": "berlin"}, "weight": {"N": "0.1"}}"#
    );
    assert_eq!(item, expected);
}

#[test]
fn objects_with_any_key_are_written_read_listed_and_presigned() {
    let Some(moto) = StandIn::moto() else { return };
    moto.python(
        "client('s3').create_bucket(Bucket='photos.of-berlin',
            CreateBucketConfiguration={'LocationConstraint': 'eu-central-1'})",
    );
    let lambda = lambda("aws-functions", &moto.url()).build();
    let done = lambda.invoke("objects", r#"{"bucket":"photos.of-berlin"}"#).unwrap();
    let urls = text(&done);
    let parsed: BTreeMap<String, String> = miniserde::json::from_str(&urls).unwrap();
    assert_eq!(parsed.len(), 8);
    // Botocore sees the same keys and bytes, and the URLs read and write.
    let script = format!(
        "import urllib.request
urls = json.loads({urls:?})
s3 = client('s3')
upload = urls.pop('upload')
urllib.request.urlopen(urllib.request.Request(upload, b'from outside', {{'Content-Type': 'text/plain'}}, method='PUT'))
assert s3.get_object(Bucket='photos.of-berlin', Key='from outside.txt')['Body'].read() == b'from outside'
for key, url in urls.items():
    assert s3.get_object(Bucket='photos.of-berlin', Key=key)['Body'].read() == key.encode(), key
    assert urllib.request.urlopen(url).read() == key.encode(), url
head = s3.head_object(Bucket='photos.of-berlin', Key='large.bin')
assert head['Metadata'] == {{'shop': 'berlin'}} and head['ContentType'] == 'application/x-own', head
print('same')"
    );
    assert_eq!(moto.python(&script), "same");
}

#[test]
fn messages_parameters_secrets_topics_and_functions_are_reached() {
    let Some(moto) = StandIn::moto() else { return };
    let made = moto.python(
        "sqs = client('sqs')
queue = sqs.create_queue(QueueName='orders')['QueueUrl']
topic = client('sns').create_topic(Name='orders')['TopicArn']
arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=['QueueArn'])['Attributes']['QueueArn']
client('sns').subscribe(TopicArn=topic, Protocol='sqs', Endpoint=arn,
    Attributes={'RawMessageDelivery': 'true'})
client('ssm').put_parameter(Name='/shop/table', Value='orders', Type='SecureString')
client('secretsmanager').create_secret(Name='shop/database',
    SecretString='{\"user\":\"ada\",\"password\":\"hunter2\"}')
print(json.dumps({'queue': queue, 'topic': topic}))",
    );
    let lambda = lambda("aws-functions", &moto.url()).build();
    let sent = text(&lambda.invoke("messages", &made).unwrap());
    let sent: Vec<String> = miniserde::json::from_str(&sent).unwrap();
    assert!(sent.iter().all(|id| id.len() == 36), "{sent:?}");

    let forms = text(&lambda.invoke("forms", &made).unwrap());
    let forms: Vec<String> = miniserde::json::from_str(&forms).unwrap();
    assert_eq!((forms[0].len(), &*forms[1]), (36, "123456789012"));
    assert!(forms[2].contains("SNS has no `call`: use `call_form`"), "{}", forms[2]);

    let got = moto.python(
        "sqs = client('sqs')
queue = sqs.get_queue_url(QueueName='orders')['QueueUrl']
bodies = []
while len(bodies) < 3:
    for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get('Messages', []):
        bodies.append(message['Body'])
print(json.dumps(sorted(bodies), ensure_ascii=False))",
    );
    assert_eq!(got, r#"["first", "Übergröße & 50% + more", "Übergröße – 日本"]"#);

    let names = r#"{"parameter":"/shop/table","secret":"shop/database"}"#;
    let read = || text(&lambda.invoke("secrets", names).unwrap());
    assert_eq!(read(), r#"["orders","ada","ParameterNotFound"]"#);
    // The value is kept, until it is forgotten.
    moto.python(
        "client('ssm').put_parameter(Name='/shop/table', Value='other', Type='String', Overwrite=True)",
    );
    assert_eq!(read(), r#"["orders","ada","ParameterNotFound"]"#);
    let forget = names.replace('{', r#"{"forget":"1","#);
    text(&lambda.invoke("secrets", &forget).unwrap());
    assert_eq!(read(), r#"["other","ada","ParameterNotFound"]"#);
}

#[test]
fn parameters_and_secrets_are_read_in_many_forms_and_written() {
    let Some(moto) = StandIn::moto() else { return };
    moto.python(
        "secrets = client('secretsmanager')
secrets.create_secret(Name='binary', SecretBinary=bytes([0, 255]))
secrets.create_secret(Name='text', SecretString='old')",
    );
    let lambda = lambda("aws-functions", &moto.url()).build();
    let told = text(&lambda.invoke("stored", "{}").unwrap());
    let expected = concat!(
        r#"["SSM GetParameters: there is no parameter /many/none, /neither","#,
        r#""the parameter /many/key: expected base64 in the standard alphabet","#,
        r#""the secret binary is binary, and has no text"]"#
    );
    assert_eq!(told, expected);
    let read = moto.python(
        "ssm = client('ssm')
kinds = {it['Name']: it['Type'] for it in ssm.get_parameters(Names=['/many/key', '/many/key2'])['Parameters']}
print(kinds['/many/key'], kinds['/many/key2'], ssm.get_parameter(Name='/many/deep/n7')['Parameter']['Value'],
    client('secretsmanager').get_secret_value(SecretId='text')['SecretString'])",
    );
    assert_eq!(read, "SecureString String eight new");
}

/// The REST API of Lambda, at minilambda-local: a function that invokes another.
#[test]
fn a_function_invokes_another_by_a_rest_api() {
    let other = Lambda::builder(Lambda::path_of_example("aws-functions")).build();
    let server = other.serve(0).unwrap();
    let lambda = lambda("aws-functions", &server.url()).build();
    let done = lambda.invoke("invoke", r#"{"function":"at-once"}"#).unwrap();
    assert!(text(&done).contains("NoField"), "{}", done.text());
}

#[test]
fn a_function_is_invoked_in_each_way_and_its_error_is_one() {
    let other = Lambda::builder(Lambda::path_of_example("aws-functions")).build();
    let server = other.serve(0).unwrap();
    let lambda = lambda("aws-functions", &server.url()).build();
    let told = text(&lambda.invoke("invocations", r#"{"a":"1"}"#).unwrap());
    let told: Vec<String> = miniserde::json::from_str(&told).unwrap();
    assert!(told[0].starts_with("NoField CarriedOut: LAMBDA Invoke items: table"), "{told:?}");
    assert!(told[1].starts_with("ResourceNotFoundException Refused: "), "{told:?}");
    assert!(told[2].starts_with("LAMBDA Invoke echo: the response: "), "{told:?}");
}
