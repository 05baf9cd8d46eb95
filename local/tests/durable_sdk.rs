//! AWS's own code against the durable service: its Python SDK for durable functions as a function,
//! and boto3 with the service model of each operation.

mod support;

use minilambda_local::{DurableTime, ExecutionStatus, Lambda};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use support::tool;

const SECOND: Duration = Duration::from_secs(1);

/// A Python with AWS's SDK for durable functions and boto3: that of AWS's local runner.
fn python() -> Option<PathBuf> {
    let runner = tool("dex_local_runner")?;
    Some(fs::canonicalize(runner).unwrap().with_file_name("python"))
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/durable_sdk")
}

#[test]
fn the_python_sdk_waits_maps_invokes_and_is_called_back() {
    let Some(python) = python() else { return };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("durable-python");
    fs::create_dir_all(&folder).unwrap();
    let program = folder.join("bootstrap");
    let command = format!("exec {} loop.py \"$_HANDLER\"", python.display());
    let script = format!(
        "#!/bin/sh\ncd {}\nexport PYTHONDONTWRITEBYTECODE=1\n{command}\n",
        sources().display()
    );
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let lambda = Lambda::builder(&program)
        .timeout(60 * SECOND)
        .durable("shop.child")
        .durable_time(DurableTime::Manual)
        .build();
    let execution = lambda.start("shop.order", r#"{"id":"A-1","items":["pen","ink"]}"#).unwrap();
    execution.until_suspended().unwrap();
    // A retry, and a wait of an hour.
    execution.advance(SECOND).unwrap();
    assert_eq!(execution.invocations(), 2);
    execution.advance(3600 * SECOND).unwrap();
    let callbacks = execution.callbacks();
    assert_eq!(callbacks.len(), 1);
    execution.succeed(&callbacks[0].id, r#""Ada""#).unwrap();
    execution.until_suspended().unwrap();
    // The waits of both items, and that of the child.
    execution.advance(5 * SECOND).unwrap();
    execution.advance(60 * SECOND).unwrap();
    let outcome = execution.result().unwrap();
    assert_eq!(outcome.status, ExecutionStatus::Succeeded, "{outcome:?}");
    let result: String = outcome.result.unwrap().split_whitespace().collect();
    assert_eq!(
        result,
        r#"{"charge":"charge-A-1","approval":"\"Ada\"","parcels":["boxofpen","boxofink"],"#
            .to_owned()
            + r#""tracking":"trackingofcharge-A-1","child":42,"caught":"StepError"}"#
    );
    assert_eq!(execution.invocations(), 7, "{:?}", execution.history());
}

#[test]
fn boto3_reads_each_response_by_the_model_of_the_service() {
    let Some(python) = python() else { return };
    let program = Lambda::path_of_example("durable-script");
    let lambda =
        Lambda::builder(program).durable_time(DurableTime::Real).timeout(20 * SECOND).build();
    let server = lambda.serve(0).unwrap();
    let output = Command::new(python)
        .arg(sources().join("model.py"))
        .arg(server.url())
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("AWS_ACCESS_KEY_ID", "none")
        .env("AWS_SECRET_ACCESS_KEY", "none")
        .env("AWS_CONFIG_FILE", "/dev/null")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{errors}");
    assert!(said.contains("12 operations"), "{said}{errors}");
}
