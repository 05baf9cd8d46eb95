//! The example of an API that is not AWS's.

use minilambda_local::Lambda;
use minilambda_local::script::{Server, respond};

#[test]
fn the_api_of_another_service_is_asked() {
    let rate = respond("200 OK", &[], r#"{"rate":1.08}"#);
    let api = Server::start(vec![rate, respond("503 Service Unavailable", &[], "")]).unwrap();
    let lambda = Lambda::builder(Lambda::path_of_example("rates")).env("RATES", api.url()).build();
    let ask = || lambda.invoke("rates.current", r#"{"currency":"US dollar"}"#).unwrap();
    let done = ask();
    assert_eq!(done.text(), r#"{"rate":1.08}"#, "{:#?}", done.log);
    assert_eq!(ask().error_type(), Some("Rates"));
    assert!(api.requests()[0].line.ends_with("?currency=US%20dollar"), "{:?}", api.requests());
}
