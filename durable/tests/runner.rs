//! Durable functions against AWS's own local service, which `tests/tools/fetch` brings.
//! `runner.py` starts the service, and compares what it has recorded.

mod support;

use std::path::Path;
use support::runner::{Functions, Output, run, run_locally};

/// With FULL=1 all of them run, which takes minutes.
fn quick() -> &'static str {
    if std::env::var_os("FULL").is_some() { "" } else { "quick" }
}

#[test]
fn the_order_of_the_example_ends_as_it_should() {
    let Some(output) = run(&Functions::of("workflow"), "workflow", &[]) else { return };
    assert!(output.is_right, "{}", output.text);
}

#[test]
fn hard_cases_end_as_they_should() {
    let Some(output) = run(&Functions::of("durable-cases"), "cases", &[quick()]) else { return };
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

type Run = fn(&Functions, &str, &[&str]) -> Option<Output>;

/// The requirements that AWS's SDKs share are beside the project.
fn requirements_are_met(run: Run) {
    let folder = "../shared/fixtures/durable-conformance";
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join(folder);
    if !folder.exists() {
        println!("{} is not there", folder.display());
        return;
    }
    let folder = folder.to_string_lossy();
    let functions = Functions::of("durable-conformance");
    let Some(output) = run(&functions, "conformance", &[&folder, quick()]) else { return };
    assert!(output.is_right, "{}", output.text);
}

#[test]
fn the_requirements_of_awss_sdks_are_met() {
    requirements_are_met(run);
}

/// With each invocation, each delay and each timeout, which AWS's runner does not write.
#[test]
fn the_requirements_of_awss_sdks_are_met_in_minilambda_local() {
    requirements_are_met(run_locally);
}
