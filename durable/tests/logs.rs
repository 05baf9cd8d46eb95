//! Records, metrics and spans of a replay are silent.

use minilambda::__private::is_silent;
use minilambda_durable::testing::{Execution, Status};
use minilambda_durable::{Durable, Result, When};
use minilambda_local::Lambda;
use std::sync::Mutex;
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// The lines that would have been written.
static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn log(line: impl Into<String>) {
    if !is_silent() {
        LINES.lock().unwrap().push(line.into());
    }
}

struct OnDrop(&'static str);

impl Drop for OnDrop {
    fn drop(&mut self) {
        log(self.0);
    }
}

fn workflow(shows: bool, durable: &Durable) -> Result<()> {
    if shows {
        durable.show_replay();
    }
    let _end = OnDrop("end");
    log("begin");
    durable.step("one", |_| {
        log("in one");
        Ok(())
    })?;
    log("between");
    durable.wait("nap", SECOND)?;
    log("after the nap");
    let callback = durable.callback::<()>("question")?;
    log("asked");
    callback.result()?;
    log("answered");
    durable.child("child", |child| {
        log("child");
        child.wait("nap", SECOND)?;
        log("child after its nap");
        Ok(())
    })?;
    log("after the child");
    durable
        .map("map", &["a", "b"], When::ALL_ARE_OVER, |branch, name| {
            log(format!("branch {name}"));
            branch.wait("nap", SECOND)?;
            log(format!("branch {name} after its nap"));
            Ok(())
        })?
        .all()?;
    log("after the map");
    Ok(())
}

const ALL: [&str; 15] = [
    "after the child",
    "after the map",
    "after the nap",
    "answered",
    "asked",
    "begin",
    "between",
    "branch a",
    "branch a after its nap",
    "branch b",
    "branch b after its nap",
    "child",
    "child after its nap",
    "end",
    "in one",
];

#[test]
fn each_record_is_written_once() {
    for shows in [false, true] {
        LINES.lock().unwrap().clear();
        let mut execution = Execution::new(workflow, &shows);
        execution.skip();
        let callback = execution.callbacks().remove(0);
        execution.succeed(&callback, &());
        assert_eq!(execution.skip(), Status::Succeeded);
        assert_eq!(execution.invocations(), 5);
        let mut lines = LINES.lock().unwrap().clone();
        lines.sort();
        let count = lines.len();
        lines.dedup();
        assert_eq!(lines, ALL);
        assert_eq!(count > ALL.len(), shows, "only if it is asked for, all of it");
    }
    assert!(!is_silent(), "the next invocation of the thread logs");
}

/// An event of the case `logs`, with these operations.
fn event(operations: &str) -> String {
    format!(
        r#"{{"DurableExecutionArn":"a","CheckpointToken":"t","InitialExecutionState":{{"Operations":[
        {{"Id":"e","Type":"EXECUTION","Status":"STARTED","ExecutionDetails":{{"InputPayload":"\"x\""}}}},
        {{"Id":"1","Name":"step-0","Type":"STEP","SubType":"Step","Status":"SUCCEEDED","StepDetails":{{"Result":"null"}}}},
        {operations}]}}}}"#
    )
}

#[test]
fn the_log_of_a_program_has_no_replay() {
    let lambda = Lambda::builder(Lambda::path_of_example("durable-cases"))
        .env("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:1")
        .env("AWS_ACCESS_KEY_ID", "none")
        .env("AWS_SECRET_ACCESS_KEY", "none")
        .build();
    let wait = |status: &str| {
        event(&format!(
            r#"{{"Id":"2","Name":"wait-0","Type":"WAIT","SubType":"Wait","Status":"{status}"}}"#
        ))
    };
    let waiting = lambda.invoke("logs", wait("STARTED")).unwrap();
    assert_eq!(waiting.text(), r#"{"Status":"PENDING"}"#);
    assert!(!waiting.has_logged("before") && !waiting.has_logged("in step"), "{waiting:?}");
    // The service is not there, so the invocation fails when it records the step.
    let goes_on = lambda.invoke("logs", wait("SUCCEEDED")).unwrap();
    assert!(!goes_on.has_logged("before step 0") && !goes_on.has_logged("before wait 0"));
    assert!(!goes_on.has_logged("Steps0") && goes_on.has_logged("Steps1"), "metrics too");
    assert!(goes_on.has_logged("before step 1") && goes_on.has_logged("in step 1"), "{goes_on:?}");
    let failure = goes_on.failure.unwrap();
    assert_eq!(failure.kind, "Aws.NotSent");
    assert!(failure.message.contains("could not record"), "{failure:?}");
}

#[test]
fn the_usage_marks_durable_functions() {
    let output = std::process::Command::new(Lambda::path_of_example("order")).output().unwrap();
    let usage = String::from_utf8_lossy(&output.stderr);
    assert!(usage.ends_with("handlers:\n  shop.order (durable)\n  shop.ship\n"), "{usage}");
    let names = Lambda::new(Lambda::path_of_example("order")).handlers().unwrap();
    assert_eq!(names, ["shop.order", "shop.ship"]);
}
