//! `Serde<T>` wherever the sister crates read or write JSON: requests and responses, messages,
//! items.

use crate::types::{Invoice, Payment};
use crate::writing::Failing;
use chrono::{DateTime, NaiveDate, Utc};
use minilambda::{Context, Error, Serde, ToJson, decode};
use minilambda_events::apigateway::rest;
use minilambda_events::dynamodb::{self, AttributeValue};
use minilambda_events::{Json, JsonRef, alb, kinesis, sns, sqs};
use minilambda_http::{Api, Failure, Request, Response, get, post};
use minilambda_local::Lambda;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

static API: Api = Api::new(&[
    post("/payments", pay),
    get("/payments/{id}", find),
    get("/failing", |_| Ok(Response::json(200, &Serde(Failing)))),
]);

fn pay(request: &Request) -> Result<Response, Failure> {
    let Serde(payment) = request.json::<Serde<Payment>>()?;
    Ok(Response::json(201, &Serde(payment)))
}

/// A path and a query have text, which `FromStr` reads: types of serde's crates have it.
fn find(request: &Request) -> Result<Response, Failure> {
    let id: Uuid = request.param("id")?;
    let since: Option<DateTime<Utc>> = request.query("since")?;
    let least: Option<Decimal> = request.query("least")?;
    Ok(Response::json(200, &Serde((id, since, least))))
}

#[test]
fn a_request_and_a_response_are_types_of_serde() {
    let invoice = Payment::Invoice(Invoice { days: 3 });
    let response = API.call(Request::post("/payments").json(&Serde(&invoice)));
    assert_eq!(
        (response.status().as_u16(), response.body()),
        (201, &br#"{"type":"invoice","days":3}"#[..])
    );
    let refused = |body: &str| {
        let response = API.call(Request::post("/payments").body("application/json", body));
        assert_eq!(response.status(), 400);
        let problem: Json = decode(response.body()).unwrap();
        problem.get("detail").and_then(JsonRef::as_str).unwrap().to_owned()
    };
    assert_eq!(
        refused(r#"{"type":"s3cret"}"#),
        "the JSON does not match its type at .type: expected a variant of the enum: card, invoice"
    );
    assert_eq!(refused("["), "invalid JSON at byte 1 of 1, in [0]: unexpected end of the text");
    let id = "67e55044-10b1-426f-9247-bb680e5fe0c8";
    let response =
        API.call(Request::get(&format!("/payments/{id}?since=2026-11-29T11:00:00Z&least=0.10")));
    assert_eq!(response.body(), format!(r#"["{id}","2026-11-29T11:00:00Z","0.10"]"#).as_bytes());
    assert_eq!(API.call(Request::get("/payments/7")).status(), 404);
    assert_eq!(API.call(Request::get(&format!("/payments/{id}?since=7"))).status(), 400);
    assert_eq!(API.call(Request::get("/failing")).status(), 500);
}

#[test]
fn a_message_is_a_type_of_serde() {
    let text = r#"{"type":"invoice","days":3}"#;
    let invoice = Serde(Payment::Invoice(Invoice { days: 3 }));
    let message = sqs::Message::new("id-1", text);
    assert_eq!(message.body_json::<Serde<Payment>>().unwrap(), invoice);
    let error = sqs::Message::new("id-1", r#"{"type":"s3cret"}"#).body_json::<Serde<Payment>>();
    let told = "a message body: the JSON does not match its type at .type: expected a variant of the \
                enum: card, invoice";
    assert_eq!(error.unwrap_err().message(), told);
    assert_eq!(
        sns::Record::new("id-1", text).sns.message_json::<Serde<Payment>>().unwrap(),
        invoice
    );
    assert_eq!(kinesis::Record::new("1", text).data_json::<Serde<Payment>>().unwrap(), invoice);
    assert_eq!(rest::Request::post("/", text).body_json::<Serde<Payment>>().unwrap(), invoice);
    let json: Json = decode(text.as_bytes()).unwrap();
    assert_eq!(json.decode::<Serde<Payment>>().unwrap(), invoice);
    assert_eq!(rest::Response::json(200, &invoice).body.as_deref(), Some(text));
    assert_eq!(alb::Response::json(200, &Serde(Failing)).status_code, 500);
}

#[derive(Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    row_id: Uuid,
    total: Decimal,
    large: u128,
    float: f64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<String>,
    payment: Payment,
    map: BTreeMap<String, Option<bool>>,
    none: Option<u8>,
}

#[test]
fn an_item_is_a_type_of_serde() {
    let row = || Row {
        row_id: Uuid::nil(),
        total: Decimal::new(1999, 2),
        large: u128::MAX,
        float: 0.1,
        tags: vec![],
        payment: Payment::Card { digits: "1 \"2\"".to_owned(), valid: true },
        map: BTreeMap::from([("a".to_owned(), Some(true)), ("b".to_owned(), None)]),
        none: None,
    };
    let item = dynamodb::to_item(&Serde(row())).unwrap();
    assert_eq!(
        miniserde::json::to_string(&item),
        concat!(
            r#"{"float":{"N":"0.1"},"large":{"N":"340282366920938463463374607431768211455"},"#,
            r#""map":{"M":{"a":{"BOOL":true}}},"payment":{"M":{"digits":{"S":"1 \"2\""},"#,
            r#""type":{"S":"card"},"valid":{"BOOL":true}}},"#,
            r#""rowId":{"S":"00000000-0000-0000-0000-000000000000"},"total":{"S":"19.99"}}"#
        )
    );
    // DynamoDB has no null in a map of its own, and `tags` has no default.
    let mut expected = row();
    expected.map.remove("b");
    let with_tags = |tags| {
        let mut item = item.clone();
        item.insert("tags".to_owned(), tags);
        dynamodb::from_item::<Serde<Row>>(&item)
    };
    for tags in [AttributeValue::L(vec![]), AttributeValue::Ss(vec![])] {
        assert_eq!(
            with_tags(tags).unwrap(),
            Serde(Row { tags: vec![], ..expected_again(&expected) })
        );
    }
    let error = with_tags(AttributeValue::L(vec!["a".into(), 9_070_605.into()])).unwrap_err();
    assert_eq!(
        error.message(),
        "an item: the JSON does not match its type at .tags[1]: expected a string, found an integer"
    );
    assert_eq!(
        dynamodb::to_value(&Serde(Uuid::nil())).unwrap(),
        AttributeValue::from(Uuid::nil().to_string())
    );
    assert_eq!(dynamodb::to_value(&Serde(None::<u8>)).unwrap(), AttributeValue::Null(true));
    let error = |result: Result<_, Error>| result.map(drop).unwrap_err().message().to_owned();
    assert_eq!(error(dynamodb::to_item(&Serde(7))), "an item is a struct or a map");
    let failing = error(dynamodb::to_item(&Serde(Failing)));
    assert_eq!(failing, "the value cannot be written as JSON: its type's `Serialize` failed");
}

fn expected_again(row: &Row) -> Row {
    let text =
        serde_json::to_string(row).unwrap().replace("\"payment\"", "\"tags\":[],\"payment\"");
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_client_context_is_a_type_of_serde() {
    let mut context = Context::default();
    context.client_context_json = Some(r#"{"custom":{"type":"s3cret"}}"#.to_owned());
    let error = context.client_context::<Serde<BTreeMap<String, Payment>>>().unwrap_err();
    assert_eq!(error.kind(), "Function.InvalidClientContext");
    assert!(error.message().contains("at .custom.type") && !error.message().contains("s3cret"));
}

/// The example, and `minilambda-local`, whose payload and body are bytes.
#[test]
fn the_response_of_a_program_is_a_type_of_serde() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Receipt {
        text: String,
        due: Option<NaiveDate>,
    }
    let lambda = Lambda::example("payments");
    let event = Serde(BTreeMap::from([("type", "card"), ("lastDigits", "4711")]));
    let done = lambda.invoke("shop.pay", event.to_json(Vec::new()).unwrap()).unwrap();
    let Serde(receipt) = decode::<Serde<Receipt>>(&done.payload).unwrap();
    assert_eq!(receipt, Receipt { text: "card with the digits 4711".to_owned(), due: None });
    let event = r#"{"type":"invoice","ordered":"2026-11-29","days":30}"#;
    let done = lambda.invoke("shop.pay", event).unwrap();
    assert_eq!(done.text(), r#"{"text":"an invoice","due":"2026-12-29"}"#);
    let done = lambda.invoke("shop.pay", r#"{"type":"invoice","ordered":"s3cret","days":1}"#);
    let failure = done.unwrap().failure.unwrap();
    assert_eq!(failure.kind, "Function.InvalidEvent");
    assert!(!failure.message.contains("s3cret"), "{}", failure.message);
}
