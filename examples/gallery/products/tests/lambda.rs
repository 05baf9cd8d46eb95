//! The program as Lambda runs it, with moto in place of DynamoDB and EventBridge.

use minilambda_local::{Error, HttpRequest, Lambda, Moto};
use std::time::Duration;

const TABLE: &str = r#"{"TableName":"products","BillingMode":"PAY_PER_REQUEST",
    "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],
    "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}"#;

fn lambda(aws: &Moto) -> Lambda {
    Lambda::builder(env!("CARGO_BIN_EXE_products"))
        .aws(aws)
        .env("TABLE", "products")
        .env("BUS", "shop")
        .timeout(Duration::from_secs(60))
        .build()
}

#[test]
fn a_product_is_stored_read_and_removed() -> Result<(), Error> {
    let Some(aws) = Moto::start()? else { return Ok(()) };
    let target = "X-Amz-Target: DynamoDB_20120810.CreateTable";
    aws.call("dynamodb", "POST /", &[target], TABLE)?;
    let lambda = lambda(&aws);
    let http = lambda.http("products.http");
    let put = |body: &str| {
        let request = HttpRequest::new("PUT", "/cup").header("content-type", "application/json");
        http.send(request.body(body))
    };
    assert_eq!(http.get("/cup")?.status, 404);
    assert_eq!(put(r#"{"id":"cup","name":"Cup","price":4.499}"#)?.status, 201);
    let cup = r#"{"id":"cup","name":"Cup","price":4.5}"#;
    assert_eq!(http.get("/cup")?.text(), cup);
    assert_eq!(http.get("/")?.text(), format!(r#"{{"products":[{cup}],"next":null}}"#));
    assert_eq!(http.delete("/cup")?.status, 200);
    assert_eq!(http.get("/cup")?.status, 404);
    Ok(())
}

#[test]
fn changes_are_events_on_the_bus() -> Result<(), Error> {
    let Some(aws) = Moto::start()? else { return Ok(()) };
    let call = |action: &str, body: &str| {
        let target = format!("X-Amz-Target: AWSEvents.{action}");
        aws.call("events", "POST /", &[&target, "Content-Type: application/x-amz-json-1.1"], body)
    };
    call("CreateEventBus", r#"{"Name":"shop"}"#)?;
    call("CreateArchive", &format!(r#"{{"ArchiveName":"all","EventSourceArn":"{BUS}"}}"#))?;
    let lambda = lambda(&aws);
    let done = lambda.invoke("products.changes", include_str!("../changes.json"))?;
    assert_eq!(done.failure, None, "{:#?}", done.log);
    let archive = call("DescribeArchive", r#"{"ArchiveName":"all"}"#)?;
    assert!(archive.contains(r#""EventCount": 2"#), "{archive}");
    Ok(())
}

const BUS: &str = "arn:aws:events:eu-central-1:123456789012:event-bus/shop";
