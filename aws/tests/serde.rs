//! Items, inputs and outputs as types with serde's derives.

#[path = "support/service.rs"]
mod service;

use service::{Service, fine, respond};

const ITEM: &str = r#"{"orderId":{"S":"A-1"},"state":{"M":{"parcel":{"N":"7"},"type":{"S":"Sent"}}},"total":{"N":"340282366920938463463374607431768211455"}}"#;

#[test]
fn items_are_types_of_serde() {
    let service = Service::start(vec![
        fine(),
        respond("200 OK", &[], format!("{{\"Item\":{ITEM}}}")),
        fine(),
        respond("200 OK", &[], format!("{{\"Items\":[{ITEM}]}}")),
    ]);
    let done = service.of("aws-serde").build().invoke("table", "null").unwrap();
    assert_eq!(done.text(), "\"true true\"", "{:#?}", done.log);
    let requests = service.requests();
    for (request, part) in [
        (0, ITEM),
        (2, r#"":_0":{"M":{"type":{"S":"New"}}}"#),
        (2, r#"{"L":[{"M":{"type":{"S":"New"}}},{"M":{"parcel":{"N":"1"},"type":{"S":"Sent"}}}]}"#),
        (2, r#"":old":{"M":{"type":{"S":"New"}}}"#),
    ] {
        assert!(requests[request].contains(part), "{part}: {}", requests[request]);
    }
}

#[test]
fn inputs_and_outputs_are_types_of_serde() {
    let service = Service::start(vec![
        respond("200 OK", &[], r#"{"MessageId":"m-1"}"#),
        respond("200 OK", &[], r#"{"type":"Sent","parcel":3}"#),
        respond("200 OK", &[], r#"{"Parameter":{"Value":"{\"type\":\"New\"}"}}"#),
    ]);
    let done = service.of("aws-serde").build().invoke("calls", "null").unwrap();
    assert_eq!(done.text(), "\"m-1 Sent { parcel: 3 } New false\"", "{:#?}", done.log);
    let requests = service.requests();
    assert!(requests[0].ends_with(r#"{"QueueUrl":"https://a.example/q"}"#), "{}", requests[0]);
    assert!(requests[1].contains(r#""state":{"type":"Sent","parcel":7}"#), "{}", requests[1]);
}

#[test]
fn what_does_not_match_is_an_error_without_a_value() {
    let item = ITEM.replace("Sent", "s3cret");
    let service = Service::start(vec![
        respond("200 OK", &[], format!("{{\"Item\":{item}}}")),
        respond("200 OK", &[], r#"{"type":"Sent","parcel":"s3cret"}"#),
    ]);
    let done = service.of("aws-serde").build().invoke("failing", "null").unwrap();
    let errors: Vec<String> = done.json().unwrap();
    assert!(!done.text().contains("s3cret"), "{errors:?}");
    for (error, part) in errors.iter().zip([
        "at .state.type: expected a variant of the enum: New, Sent",
        "expected u8, found a string",
        "an item is a struct or a map",
    ]) {
        assert!(error.contains(part), "{error}");
    }
}
