//! The program as Lambda runs it, with moto in place of DynamoDB: `tests/moto/install` brings it.

use minilambda_local::{Error, Lambda, Moto};
use miniserde::Serialize;

/// The table `orders`, with the key `id`.
const TABLE: &str = r#"{"TableName":"orders","BillingMode":"PAY_PER_REQUEST",
    "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],
    "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}"#;

#[derive(Serialize)]
struct Order {
    id: &'static str,
    pieces: u32,
}

fn lambda(aws: &Moto) -> Lambda {
    Lambda::builder(env!("CARGO_BIN_EXE_shop"))
        .env("TABLE", "orders")
        .aws(aws)
        .build()
}

#[test]
fn an_order_is_stored_once() -> Result<(), Error> {
    let Some(aws) = Moto::start()? else {
        return Ok(());
    };
    aws.call(
        "dynamodb",
        "POST /",
        &["X-Amz-Target: DynamoDB_20120810.CreateTable"],
        TABLE,
    )?;
    let lambda = lambda(&aws);
    let api = lambda.http("shop.http");
    let order = Order {
        id: "A-1",
        pieces: 7,
    };
    assert_eq!(api.get("/orders/A-1")?.status, 404);
    assert_eq!(api.post("/orders", &order)?.status, 201);
    assert_eq!(api.post("/orders", &order)?.status, 409);
    let found = api.get("/orders/A-1")?;
    assert_eq!(found.text(), r#"{"id":"A-1","pieces":7}"#);
    Ok(())
}

#[test]
fn without_a_table_the_function_does_not_start() -> Result<(), Error> {
    let lambda = Lambda::new(env!("CARGO_BIN_EXE_shop"));
    let done = lambda.invoke("shop.http", "{}")?;
    assert_eq!(done.error_type(), Some("NoTable"), "{:#?}", done.log);
    assert!(done.text().contains("TABLE"), "{}", done.text());
    Ok(())
}
