//! Limits of durable executions: what the service refuses, and a state of several pages.

use minilambda_local::{DurableExecution, DurableTime, Lambda};
use std::time::Duration;

fn lambda() -> Lambda {
    let program = Lambda::path_of_example("durable-script");
    let timeout = Duration::from_secs(20);
    Lambda::builder(program).timeout(timeout).durable_time(DurableTime::Skip).build()
}

fn script(instructions: &[&str]) -> String {
    miniserde::json::to_string(&instructions.to_vec())
}

/// The results of the instructions, when the execution has succeeded.
fn results(execution: &DurableExecution) -> Vec<String> {
    execution.result().unwrap().json().unwrap()
}

fn kinds(execution: &DurableExecution) -> Vec<String> {
    execution.history().into_iter().map(|event| event.kind).collect()
}

#[test]
fn a_large_state_comes_in_pages() {
    let lambda = lambda();
    let mut instructions = vec!["large 1048576"; 6];
    instructions.extend(["wait 60", "step a"]);
    let execution = lambda.start("script", script(&instructions)).unwrap();
    let results = results(&execution);
    assert!(results[..6].iter().all(|bytes| bytes == "1048576") && results[7] == "a");
    // The input itself fills the first page.
    let padded = format!("{}{}", " ".repeat(5_500_000), script(&["wait 1", "step a"]));
    let execution = lambda.start("script", padded).unwrap();
    assert_eq!(self::results(&execution), ["", "a"]);
}

#[test]
fn what_the_service_refuses_is_refused_with_its_place_and_without_values() {
    let lambda = lambda();
    let secret = "kept-back";
    let refused = |updates: &str| {
        let execution = lambda.start("updates", format!("[[{updates}]]")).unwrap();
        let said = results(&execution).remove(0);
        assert!(!said.contains(secret), "{said}");
        // Nothing of a batch is recorded if one update is refused.
        let kinds = kinds(&execution);
        let is_recorded = kinds.iter().any(|kind| kind.starts_with("Step"));
        assert!(said.starts_with("200") || !is_recorded, "{updates}: {kinds:?}");
        said
    };
    let step =
        |more: &str| format!("{{\"Id\":\"1\",\"Type\":\"STEP\",\"Action\":\"START\"{more}}}");
    let wait = |seconds: u64| {
        format!(
            "{{\"Id\":\"1\",\"Type\":\"WAIT\",\"Action\":\"START\",\
             \"WaitOptions\":{{\"WaitSeconds\":{seconds}}}}}"
        )
    };
    let end = |kind: &str, more: &str| format!("{{\"Id\":\"1\",\"Type\":\"{kind}\",{more}}}");
    let long = "x".repeat(1_048_577);
    for (updates, told) in [
        (step(",\"Name\":\"\""), "Updates[0] (operation 1): Name has 1 to 256 printable"),
        (step(&format!(",\"Name\":\"{secret} ü\"")), "Name has 1 to 256 printable"),
        (step(&format!(",\"Name\":\"{}\"", "n".repeat(257))), "Name has 1 to 256"),
        (step(&format!(",\"SubType\":\"{secret} a\"")), "SubType has 1 to 32"),
        (step(",\"ParentId\":\"9\""), "Invalid parent operation id."),
        (format!("{},{}", step(""), step("")), "multiple operations with the same ID"),
        (format!("{},{}", step(""), wait(1)), "multiple operations with the same ID"),
        (
            format!(
                "{},{}",
                step(""),
                end("STEP", &format!("\"Action\":\"SUCCEED\",\"Payload\":\"{long}\""))
            ),
            "Payload has 1048577 bytes, and at most 1048576",
        ),
        (
            end("STEP", &format!("\"Action\":\"FAIL\",\"Error\":{{\"ErrorMessage\":\"{long}\"}}")),
            "Error has 1048577 bytes",
        ),
        (
            end("STEP", &format!("\"Action\":\"FAIL\",\"Payload\":\"{secret}\"")),
            "Cannot provide a Payload for FAIL",
        ),
        (end("STEP", "\"Action\":\"RETRY\""), "NextAttemptDelaySeconds is from 1 to 31622400"),
        (end("STEP", "\"Action\":\"CANCEL\""), "Invalid action"),
        (wait(0), "WaitOptions.WaitSeconds is from 1 to 31622400 seconds"),
        (wait(31_622_401), "WaitOptions.WaitSeconds is from 1 to"),
        (end("WAIT", "\"Action\":\"CANCEL\""), "Cannot cancel a WAIT"),
        (
            end(
                "CALLBACK",
                "\"Action\":\"START\",\"CallbackOptions\":{\"TimeoutSeconds\":100000000}",
            ),
            "CallbackOptions.TimeoutSeconds is from 0 to 99999999",
        ),
        (end("CHAINED_INVOKE", "\"Action\":\"START\""), "ChainedInvokeOptions is required"),
        (end("LOOP", "\"Action\":\"START\""), "Type is no type"),
        (end("STEP", "\"Action\":\"SKIP\""), "Action is no action"),
        ("{\"Id\":\"a b\",\"Type\":\"STEP\",\"Action\":\"START\"}".to_owned(), "Id has 1 to 64"),
        (
            format!("{{\"Id\":\"e\",\"Type\":\"EXECUTION\",\"Action\":\"SUCCEED\"}},{}", step("")),
            "EXECUTION checkpoint must be the last update.",
        ),
        ("{\"Id\":1}".to_owned(), "a field is missing or has another type"),
    ] {
        let said = refused(&updates);
        assert!(said.starts_with("400 ") && said.contains(told), "{said}");
    }
    assert_eq!(refused(&wait(31_622_400)), "200 ");
    assert_eq!(refused(&step(&format!(",\"Name\":\"{}\"", "n".repeat(256)))), "200 ");
    // A step that has ended is over.
    let batches =
        format!("[[{}],[{}],[{}]]", step(""), end("STEP", "\"Action\":\"SUCCEED\""), step(""));
    let execution = lambda.start("updates", batches).unwrap();
    let said = results(&execution);
    assert!(
        said[..2] == ["200 ", "200 "] && said[2].contains("Invalid current STEP state to start")
    );
}
