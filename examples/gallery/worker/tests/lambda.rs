//! The program as Lambda runs it, with moto in place of DynamoDB and Secrets Manager, and a server
//! in place of the carrier.

use minilambda_local::script::{Server, respond};
use minilambda_local::{Builder, Error, Lambda, Moto};
use std::time::Duration;

const EVENT: &str = include_str!("../event.json");

const TABLE: &str = r#"{"TableName":"once","BillingMode":"PAY_PER_REQUEST",
    "AttributeDefinitions":[{"AttributeName":"id","AttributeType":"S"}],
    "KeySchema":[{"AttributeName":"id","KeyType":"HASH"}]}"#;

const SECRET: &str = r#"{"Name":"carrier","SecretString":"{\"token\":\"t-1\"}",
    "ClientRequestToken":"01234567890123456789012345678901"}"#;

const JSON: &str = "Content-Type: application/x-amz-json-1.1";

fn lambda(aws: &Moto, carrier: &Server) -> Builder {
    Lambda::builder(env!("CARGO_BIN_EXE_worker"))
        .aws(aws)
        .env("TABLE", "once")
        .env("SECRET", "carrier")
        .env("CARRIER", carrier.url())
        .timeout(Duration::from_secs(60))
}

fn start() -> Result<Option<Moto>, Error> {
    let Some(aws) = Moto::start()? else { return Ok(None) };
    let table = "X-Amz-Target: DynamoDB_20120810.CreateTable";
    aws.call("dynamodb", "POST /", &[table, JSON], TABLE)?;
    let secret = "X-Amz-Target: secretsmanager.CreateSecret";
    aws.call("secretsmanager", "POST /", &[secret, JSON], SECRET)?;
    Ok(Some(aws))
}

#[test]
fn an_order_is_shipped_once_and_what_fails_comes_again() -> Result<(), Error> {
    let Some(aws) = start()? else { return Ok(()) };
    let parcel = respond("200 OK", &[], r#"{"number":"P-1"}"#);
    let failure = respond("503 Service Unavailable", &[], "");
    let carrier = Server::start(vec![failure, parcel]).unwrap();
    let lambda = lambda(&aws, &carrier).build();

    let failed = lambda.invoke("worker.ship", EVENT)?;
    let again =
        r#"{"batchItemFailures":[{"itemIdentifier":"c2a9d1e4-8b1f-4a57-9d0c-5f3e2b7a6c11"}]}"#;
    assert_eq!(failed.text(), again, "{:#?}", failed.log);
    assert!(
        failed.has_logged("Carrier") && failed.has_logged(r#""Failed":1"#),
        "{:#?}",
        failed.log
    );
    let shipped = lambda.invoke("worker.ship", EVENT)?;
    assert_eq!(shipped.text(), r#"{"batchItemFailures":[]}"#, "{:#?}", shipped.log);
    assert!(shipped.has_logged("parcel=P-1"), "{:#?}", shipped.log);
    let repeated = lambda.invoke("worker.ship", EVENT)?;
    assert!(repeated.has_logged("parcel=P-1"), "{:#?}", repeated.log);

    let requests = carrier.requests();
    assert_eq!(requests.len(), 2, "{requests:#?}");
    let header = |name| requests[1].headers.iter().find(|(key, _)| key == name).unwrap().1.clone();
    assert_eq!(header("authorization"), "Bearer t-1");
    assert_eq!(header("idempotency-key"), "A-1007");
    assert_eq!(requests[1].body, br#"{"id":"A-1007","address":"12 Mill Lane"}"#);
    Ok(())
}

#[test]
fn an_order_whose_worker_died_is_counted_at_night() -> Result<(), Error> {
    let Some(aws) = start()? else { return Ok(()) };
    for (id, until_ms) in
        [("worker-ship#1", 1_773_350_064_999_u64), ("worker-ship#2", 1_773_350_066_000)]
    {
        let item = format!(
            r#"{{"TableName":"once","Item":{{"id":{{"S":"{id}"}},"status":{{"S":"INPROGRESS"}},
                "in_progress_expiration":{{"N":"{until_ms}"}}}}}}"#
        );
        aws.call("dynamodb", "POST /", &["X-Amz-Target: DynamoDB_20120810.PutItem", JSON], &item)?;
    }
    let lambda = lambda(&aws, &Server::start(vec![Vec::new()]).unwrap()).build();
    let done = lambda.invoke("worker.nightly", include_str!("../schedule.json"))?;
    assert_eq!(done.text(), "1", "{:#?}", done.log);
    Ok(())
}

#[test]
fn without_its_secret_the_function_does_not_start() -> Result<(), Error> {
    let Some(aws) = start()? else { return Ok(()) };
    let carrier = Server::start(vec![Vec::new()]).unwrap();
    let lambda = lambda(&aws, &carrier).env("SECRET", "another").build();
    let done = lambda.invoke("worker.ship", EVENT)?;
    assert_eq!(done.error_type(), Some("ResourceNotFoundException"), "{:#?}", done.log);
    Ok(())
}
