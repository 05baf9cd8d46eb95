//! `Serde<T>` wherever a durable function reads or writes JSON.

#[path = "support/serde.rs"]
mod workflow;

use minilambda::{Error, Serde, ToJson};
use minilambda_durable::testing::{Execution, Status};
use minilambda_local::{DurableTime, Lambda};
use std::time::Duration;
use workflow::{Order, State};

const ORDER: &str = r#"{"orderId":"A-1","items":["tea"]}"#;
const RESULT: &str = concat!(
    r#"[{"type":"packed","boxes":18446744073709551615},"#,
    r#"{"type":"approved","by":"Ada"},{"type":"approved","by":"tea"},{"type":"shipped"}]"#
);

#[test]
fn a_workflow_has_types_of_serde_in_memory() {
    let order = Order { order_id: "A-1".to_owned(), items: vec!["tea".to_owned()] };
    let mut execution = Execution::new(workflow::order, &Serde(&order));
    execution.function("ship", |Serde(order): Serde<Order>| {
        assert_eq!(order.items, ["tea"]);
        Ok::<_, Error>(Serde(State::Shipped))
    });
    assert_eq!(execution.run(), Status::Waiting);
    let callback = execution.callbacks().remove(0);
    execution.succeed(&callback, &Serde(State::Approved { by: "Ada".to_owned() }));
    assert_eq!(execution.skip(), Status::Succeeded);
    let Serde(states) = execution.result::<Serde<Vec<State>>>().unwrap().unwrap();
    assert_eq!(serde_text(&states), RESULT);
}

fn serde_text(states: &[State]) -> String {
    String::from_utf8(Serde(states).to_json(Vec::new()).unwrap()).unwrap()
}

#[test]
fn a_workflow_has_types_of_serde_in_minilambda_local() {
    let program = Lambda::path_of_example("durable-serde");
    let lambda = Lambda::builder(program).durable_time(DurableTime::Manual).build();
    let execution = lambda.start("order", ORDER).unwrap();
    execution.until_suspended().unwrap();
    let callback = execution.callbacks().remove(0).id;
    execution.succeed(&callback, r#"{"type":"approved","by":"Ada"}"#).unwrap();
    execution.advance(Duration::from_secs(2)).unwrap();
    assert_eq!(execution.result().unwrap().result.as_deref(), Some(RESULT));
}

#[test]
fn an_input_or_an_answer_that_does_not_match_fails_without_its_value() {
    let mut execution = Execution::new(workflow::order, &Serde("s3cret"));
    assert_eq!(execution.run(), Status::Failed);
    let failure = execution.result::<Serde<()>>().unwrap().unwrap_err();
    let message = &failure.message;
    assert!(message.contains("the input") && !message.contains("s3cret"), "{message}");

    let order = Order { order_id: "A-1".to_owned(), items: Vec::new() };
    let mut execution = Execution::new(workflow::order, &Serde(&order));
    execution.run();
    let callback = execution.callbacks().remove(0);
    let status = execution.succeed_with_text(&callback, r#"{"type":"s3cret"}"#);
    assert_eq!(status, Status::Failed);
    let failure = execution.result::<Serde<()>>().unwrap().unwrap_err();
    assert_eq!((&*failure.kind, &*failure.operation), ("Durable.InvalidResult", ""));
    assert!(failure.message.contains(".type") && !failure.message.contains("s3cret"), "{failure}");
}
