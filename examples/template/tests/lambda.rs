//! The program as Lambda runs it: its responses, its errors, its log.

use minilambda_local::{Error, Lambda};

fn lambda() -> Lambda {
    Lambda::new(env!("CARGO_BIN_EXE_shop"))
}

#[test]
fn an_order_gets_its_receipt() -> Result<(), Error> {
    let done = lambda().invoke("shop.order", r#"{"id":"A-1","pieces":7}"#)?;
    assert_eq!(done.text(), r#"{"order":"A-1","boxes":2}"#);
    assert!(done.has_logged("7 pieces"), "{:#?}", done.log);
    Ok(())
}

#[test]
fn what_is_wrong_is_reported_to_the_caller() -> Result<(), Error> {
    let lambda = lambda();
    let done = lambda.invoke("shop.order", r#"{"id":"A-1","pieces":0}"#)?;
    assert_eq!(done.error_type(), Some("EmptyOrder"));
    let done = lambda.invoke("shop.order", r#"{"id":"A-1","pieces":"six"}"#)?;
    assert_eq!(done.error_type(), Some("Function.InvalidEvent"));
    Ok(())
}

#[test]
fn the_service_is_open() -> Result<(), Error> {
    let response = lambda().http("shop.health").get("/health")?;
    assert_eq!((response.status, &*response.text()), (200, "open\n"));
    Ok(())
}
