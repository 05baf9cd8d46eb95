//! Durable functions against AWS's own local service, which `tests/tools/fetch` brings.
//! `runner.py` starts the service, and compares what it has recorded.

mod support;

use support::runner::{Functions, run};

#[test]
fn the_order_of_the_example_ends_as_it_should() {
    let Some(output) = run(&Functions::of("order"), "workflow", &[]) else { return };
    assert!(output.is_right, "{}", output.text);
}

#[test]
fn hard_cases_end_as_they_should() {
    // All of them with FULL=1; they take a quarter of a minute.
    let quick = if std::env::var_os("FULL").is_some() { "" } else { "quick" };
    let Some(output) = run(&Functions::of("durable-cases"), "cases", &[quick]) else { return };
    assert!(output.is_right, "{}", output.text);
}

#[test]
fn faults_between_function_and_service_lose_nothing() {
    let Some(output) = run(&Functions::of("durable-cases"), "faults", &[]) else { return };
    assert!(output.is_right, "{}", output.text);
}

#[test]
fn several_workers_of_one_process_serve_executions_side_by_side() {
    let functions = Functions::of("durable-cases").workers(8);
    let Some(output) = run(&functions, "side_by_side", &[]) else { return };
    assert!(output.is_right, "{}", output.text);
}
