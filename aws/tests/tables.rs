//! Tables of DynamoDB: at two services that stand in for it, with botocore to read back, and at a
//! stub server for what is left unprocessed, or lost.

#[path = "../../local/tests/support/mod.rs"]
mod local_support;
#[path = "support/moto.rs"]
mod moto;
#[path = "support/service.rs"]
mod service;

use minilambda_aws::dynamodb::{Cursor, Item};
use minilambda_local::Lambda;
use minilambda_local::script::Step;
use moto::{StandIn, lambda};
use service::{Service, respond};

fn invoke(lambda: &Lambda, handler: &str) -> String {
    let done = lambda.invoke(handler, "{}").unwrap();
    assert_eq!(done.failure, None, "{handler}: {:#?}", done.log);
    done.text()
}

/// Cursors from outside: of no key, of another user, with other keys, types and values.
fn cursors(lambda: &Lambda) {
    let after =
        |cursor: String| lambda.invoke("page-after", miniserde::json::to_string(&cursor)).unwrap();
    let of_key = |key: &str| {
        let item: Item = miniserde::json::from_str(key).unwrap();
        after(Cursor(item).to_string())
    };
    for key in [
        "{}",
        r#"{"user":{"S":"bob"},"number":{"N":"7"}}"#,
        r#"{"user":{"S":"ada"}}"#,
        r#"{"user":{"S":"ada"},"id":{"N":"7"}}"#,
        r#"{"user":{"S":"ada"},"number":{"N":"7"},"title":{"S":"Cups"}}"#,
        r#"{"user":{"S":"ada"},"number":{"S":"7"}}"#,
        r#"{"user":{"S":"ada"},"number":{"N":"seven"}}"#,
        r#"{"user":{"S":""},"number":{"N":"7"}}"#,
        r#"{"user":{"S":"ada"},"number":{"L":[]}}"#,
    ] {
        let done = of_key(key);
        assert_eq!(done.error_type(), Some("Aws.InvalidCursor"), "{key}: {:#?}", done.log);
    }
    assert_eq!(after("x".to_owned()).error_type(), Some("Aws.InvalidCursor"));
    // One that a client has made up begins elsewhere.
    let done = of_key(r#"{"user":{"S":"ada"},"number":{"N":"0"}}"#);
    assert_eq!((done.text(), &done.failure), ("2".to_owned(), &None), "{:#?}", done.log);
}

/// Everything that a table can do, at a service that stands in for DynamoDB.
fn everything(stand_in: &StandIn) {
    let lambda = lambda("aws-tables", &stand_in.url()).build();
    assert_eq!(invoke(&lambda, "create"), r#""created""#);

    let odd = r#"{"a-b.c":{"S":"odd"},"map":{"M":{"in":{"L":[]},"n":{"N":"1"}}},"number":{"N":"3"},"user":{"S":"ada"}}"#;
    assert_eq!(invoke(&lambda, "updates"), odd);
    let items = stand_in.python(
        "items = client('dynamodb').query(TableName='notes', KeyConditionExpression='#u = :u',
            ExpressionAttributeNames={'#u': 'user'}, ExpressionAttributeValues={':u': {'S': 'ada'}})['Items']
for item in items:
    for value in item.values():
        for kind in ('SS', 'NS'):
            if kind in value: value[kind].sort()
    if 'data' in item: item['data']['B'] = list(item['data']['B'])
print(json.dumps(items, sort_keys=True))",
    );
    let expected = concat!(
        r#"[{"count": {"N": "7"}, "data": {"B": [0, 255]}, "first": {"BOOL": true}, "#,
        r#""list": {"L": [{"S": "y"}, {"S": "z"}]}, "number": {"N": "1"}, "#,
        r#""sizes": {"NS": ["1", "2"]}, "status": {"S": "open"}, "tags": {"SS": ["b"]}, "user": {"S": "ada"}}, "#,
        r#"{"a-b.c": {"S": "odd"}, "map": {"M": {"in": {"L": [{"N": "1"}]}, "n": {"N": "2"}}}, "#,
        r#""number": {"N": "3"}, "user": {"S": "ada"}}, "#,
        r#"{"number": {"N": "4"}, "status": {"S": "4"}, "user": {"S": "ada"}}]"#
    );
    assert_eq!(items, expected);

    let told = invoke(&lambda, "conditions");
    let told: Vec<String> = miniserde::json::from_str(&told).unwrap();
    let with_item = stand_in.is_of_today.then_some(7_usize);
    let [with, without] = [with_item, None].map(|item| format!("true {item:?}"));
    assert_eq!(told, [&without, &with, &without, &without, &with, &without].map(String::as_str));

    assert_eq!(invoke(&lambda, "reads"), "[60,60,60,50]");
    assert_eq!(invoke(&lambda, "batches"), "[110,2,3,0]");
    // Dynalite has no transactions, and refuses the cursors that DynamoDB refuses.
    if !stand_in.is_of_today {
        cursors(&lambda);
        return;
    }
    let told = invoke(&lambda, "transactions");
    let told: Vec<String> = miniserde::json::from_str(&told).unwrap();
    let failed = r#"ConditionalCheckFailed Some("0")"#;
    assert_eq!(told[..5], ["None None", "None None", failed, "None None", "None None"]);
    assert_eq!(told[5], "[(1, Some(1)), (3, Some(0)), (4, Some(0)), (5, Some(0))]");
}

#[test]
fn everything_that_a_table_can_do_at_moto() {
    let Some(moto) = StandIn::moto() else { return };
    everything(&moto);
}

#[test]
fn everything_that_a_table_can_do_at_dynalite() {
    let Some(dynalite) = StandIn::dynalite() else { return };
    everything(&dynalite);
}

fn left(numbers: &[u32]) -> String {
    let requests: Vec<_> = numbers
        .iter()
        .map(|number| format!(r#"{{"PutRequest":{{"Item":{{"id":{{"N":"{number}"}}}}}}}}"#))
        .collect();
    format!(r#"{{"UnprocessedItems":{{"notes":[{}]}}}}"#, requests.join(","))
}

fn ok(text: &str) -> Vec<Step> {
    respond("200 OK", &[], text)
}

#[test]
fn what_a_batch_leaves_unprocessed_is_sent_again() {
    let service = Service::start(vec![
        ok(&left(&[3, 4, 9])),
        ok(&left(&[9])),
        ok("{}"),
        ok(r#"{"UnprocessedItems":{}}"#),
    ]);
    let done = service.of("aws-tables").build().invoke("put-all", r#"{"count":30}"#).unwrap();
    assert_eq!(done.failure, None, "{:#?}", done.log);
    let requests = service.requests();
    let counts: Vec<_> = requests.iter().map(|it| it.matches("PutRequest").count()).collect();
    assert_eq!(counts, [25, 3, 1, 5]);
    assert!(
        requests[1]
            .contains(r#"{"RequestItems":{"notes":[{"PutRequest":{"Item":{"id":{"N":"3"}}}}"#),
        "{}",
        requests[1]
    );

    let item = |number: u32| format!(r#"{{"id":{{"N":"{number}"}}}}"#);
    let found = |number, keys: &str| {
        let item = item(number);
        ok(&format!(r#"{{"Responses":{{"notes":[{item}]}},"UnprocessedKeys":{keys}}}"#))
    };
    let service = Service::start(vec![
        found(7, r#"{"notes":{"Keys":[{"id":{"N":"8"}}],"ConsistentRead":true}}"#),
        found(8, "{}"),
        found(100, "{}"),
    ]);
    let done = service.of("aws-tables").build().invoke("get-all", r#"{"count":101}"#).unwrap();
    assert_eq!(done.text(), format!("[{},{},{}]", item(7), item(8), item(100)), "{:#?}", done.log);
    let requests = service.requests();
    assert!(
        requests[1].ends_with(
            r#"{"RequestItems":{"notes":{"Keys":[{"id":{"N":"8"}}],"ConsistentRead":true}}}"#
        ),
        "{}",
        requests[1]
    );
    assert_eq!(requests.len(), 3);
}

#[test]
fn a_batch_that_is_left_again_and_again_is_an_error() {
    let service = Service::start(vec![ok(&left(&[1]))]);
    let done = service.of("aws-tables").build().invoke("put-all", r#"{"count":1}"#).unwrap();
    let failure = done.failure.unwrap();
    assert_eq!(failure.kind, "Aws.Unprocessed");
    assert!(
        failure
            .message
            .starts_with("DYNAMODB BatchWriteItem: DynamoDB has left a part of the batch"),
        "{}",
        failure.message
    );
    assert_eq!(service.requests().len(), 8);
}

#[test]
fn only_what_has_the_same_effect_twice_is_sent_twice() {
    for (call, count) in [
        ("put", 2),
        ("put_if", 1),
        ("put_returning", 1),
        ("delete_returning", 1),
        ("set", 2),
        ("set_when", 1),
        ("set_new", 2),
        ("set_old", 1),
        ("add", 1),
        ("append", 1),
        ("set_to", 1),
        ("set_part", 2),
        ("set_element", 1),
        ("set_absent_element", 1),
        ("remove_element", 1),
        ("snapshot", 2),
        ("query", 2),
        ("scan", 2),
    ] {
        let item = r#"{"Attributes":{"id":{"N":"1"}},"Items":[],"Responses":[{}]}"#;
        let service = Service::start(vec![vec![Step::Reset], ok(item)]);
        let event = format!(r#"{{"call":"{call}"}}"#);
        let done = service.of("aws-tables").build().invoke("repeats", event).unwrap();
        assert_eq!(done.failure.is_none(), count == 2, "{call}: {:?}", done.failure);
        assert_eq!(service.requests().len(), count, "{call}");
    }
}

#[test]
fn a_transaction_whose_response_was_lost_is_sent_with_the_same_token() {
    let service = Service::start(vec![vec![Step::Reset], ok("{}")]);
    let done = service.of("aws-tables").build().invoke("transaction", "{}").unwrap();
    assert_eq!(done.failure, None, "{:#?}", done.log);
    let requests = service.requests();
    let bodies: Vec<_> = requests.iter().map(|it| it.split("\n\n").nth(1).unwrap()).collect();
    assert_eq!(bodies.len(), 2);
    assert_eq!(bodies[0], bodies[1]);
    assert!(bodies[0].contains(r#""ClientRequestToken":""#), "{}", bodies[0]);
}

/// A response that another server has made is not "there are no items".
#[test]
fn a_response_without_items_is_no_empty_table() {
    for (handler, event, field) in [
        ("repeats", r#"{"call":"query"}"#, "Items"),
        ("repeats", r#"{"call":"scan"}"#, "Items"),
        ("pages", "{}", "Count"),
        ("get-all", r#"{"count":1}"#, "Responses"),
    ] {
        let service = Service::start(vec![ok("{}")]);
        let done = service.of("aws-tables").build().invoke(handler, event).unwrap();
        let failure = done.failure.unwrap();
        assert_eq!(failure.kind, "Aws.InvalidResponse", "{handler} {event}");
        assert!(failure.message.ends_with(&format!("the response has no {field}")), "{failure:?}");
    }
}

#[test]
fn a_snapshot_has_an_item_or_none_for_each_key() {
    let service = Service::start(vec![ok(r#"{"Responses":[{}]}"#)]);
    let lambda = service.of("aws-tables").build();
    let call = |name: &str| lambda.invoke("repeats", format!(r#"{{"call":"{name}"}}"#)).unwrap();
    assert_eq!(call("snapshot").failure, None);
    let part = r##""ProjectionExpression":"#id, #user","ExpressionAttributeNames":{"##;
    assert!(service.requests()[0].contains(part), "{}", service.requests()[0]);
    assert_eq!((call("no_reads").failure, service.requests().len()), (None, 1));
    let failure = call("two_reads").failure.unwrap();
    assert_eq!(failure.kind, "Aws.InvalidResponse");
    assert!(failure.message.contains("one entry for each read"), "{}", failure.message);
}

#[test]
fn a_scan_starts_no_more_threads_than_a_function_can_have() {
    for (wanted, started) in [(0, 1), (3, 3), (200, 64)] {
        let service = Service::start(vec![ok(r#"{"Items":[{"id":{"N":"1"}}]}"#)]);
        let event = format!(r#"{{"threads":{wanted}}}"#);
        let done = service.of("aws-tables").build().invoke("scan", event).unwrap();
        assert_eq!(done.json::<usize>(), Ok(started), "{:#?}", done.log);
        let requests = service.requests();
        let part = format!(r#""TotalSegments":{started}"#);
        assert!(requests.iter().all(|request| request.contains(&part)), "{requests:#?}");
    }
}

#[test]
fn a_page_that_leads_to_itself_ends_the_reading() {
    let page = ok(r#"{"Items":[],"Count":1,"LastEvaluatedKey":{"id":{"N":"1"}}}"#);
    let service = Service::start(vec![page]);
    let done = service.of("aws-tables").build().invoke("pages", "{}").unwrap();
    let failure = done.failure.unwrap();
    assert_eq!(failure.kind, "Aws.InvalidResponse");
    assert!(failure.message.contains("leads to itself"), "{}", failure.message);
    assert_eq!(service.requests().len(), 2);
}
