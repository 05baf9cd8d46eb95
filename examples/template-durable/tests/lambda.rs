//! The program as Lambda runs it, with minilambda-local's durable service; the test moves its
//! clock.

use minilambda_local::{
    CheckpointFault, DurableExecution, DurableStart, DurableTime, Error, ExecutionStatus, Lambda,
};
use std::time::Duration;

const ORDER: &str = r#"{"id":"A-1","card":"test-busy","items":["desk"],"cents":64900}"#;
const HOUR: Duration = Duration::from_secs(3600);

fn lambda() -> Lambda {
    Lambda::builder(env!("CARGO_BIN_EXE_shop"))
        .durable_time(DurableTime::Manual)
        .build()
}

/// Runs the order until it waits for its approval, and returns the callback's id.
fn approval(execution: &DurableExecution) -> Result<String, Error> {
    execution.until_suspended()?;
    execution.advance(Duration::from_secs(60))?; // the bank is asked again
    Ok(execution.callbacks().remove(0).id)
}

#[test]
fn a_large_order_waits_for_its_approval() -> Result<(), Error> {
    let lambda = lambda();
    let execution = lambda.start("shop.order", ORDER)?;
    let callback = approval(&execution)?;
    let answer = format!(r#"{{"callback":"{callback}","by":"Ada"}}"#);
    let done = lambda.invoke("shop.approve", answer)?;
    assert_eq!(done.error_type(), None, "{:#?}", done.log);
    execution.advance(HOUR)?;
    let outcome = execution.result()?;
    assert_eq!(
        outcome.result.as_deref(),
        Some(r#"{"charge":"charge of A-1","approved_by":"Ada","parcels":["desk in a box"]}"#)
    );
    Ok(())
}

#[test]
fn a_program_that_is_killed_loses_nothing() -> Result<(), Error> {
    let lambda = lambda();
    let start = DurableStart::new().fault(3, CheckpointFault::Kill);
    let execution = lambda.start_with("shop.order", ORDER, start)?;
    let callback = approval(&execution)?;
    execution.fail(&callback, "Rejected", "not for us")?;
    let outcome = execution.result()?;
    assert_eq!(outcome.status, ExecutionStatus::Failed);
    let history = execution.history();
    let charged = history.iter().filter(|event| event.kind == "StepSucceeded");
    let names: Vec<_> = charged.map(|event| &*event.name).collect();
    assert_eq!(names, ["charge", "submit", "refund"]);
    Ok(())
}
