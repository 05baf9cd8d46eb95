//! Durable executions: the service, its time, its faults and its limits, with functions that speak
//! the protocol themselves.

use minilambda_local::{
    CheckpointFault, DurableExecution, DurableStart, DurableTime, ErrorKind, ExecutionStatus,
    Fault, Lambda,
};
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

fn lambda(time: DurableTime) -> Lambda {
    let program = Lambda::path_of_example("durable-script");
    Lambda::builder(program).timeout(20 * SECOND).durable_time(time).build()
}

fn script(instructions: &[&str]) -> String {
    miniserde::json::to_string(&instructions.to_vec())
}

fn kinds(execution: &DurableExecution) -> Vec<String> {
    execution.history().into_iter().map(|event| event.kind).collect()
}

/// The results of the instructions, when the execution has succeeded.
fn results(execution: &DurableExecution) -> Vec<String> {
    execution.result().unwrap().json().unwrap()
}

#[test]
fn an_execution_waits_retries_and_goes_on() {
    let lambda = lambda(DurableTime::Manual);
    let instructions = script(&["step a", "flaky 2 10", "wait 3600", "step b"]);
    let execution = lambda.start("script", instructions).unwrap();
    assert_eq!(execution.until_suspended(), Ok(ExecutionStatus::Running));
    assert_eq!(execution.invocations(), 1);
    execution.advance(9 * SECOND).unwrap();
    assert_eq!(execution.invocations(), 1);
    // The second attempt, and the third 10 seconds later.
    execution.advance(11 * SECOND).unwrap();
    assert_eq!(execution.invocations(), 3);
    execution.advance(3599 * SECOND).unwrap();
    assert_eq!(execution.status(), Ok(ExecutionStatus::Running));
    execution.advance(SECOND).unwrap();
    assert_eq!(results(&execution), ["a", "after 2", "", "b"]);
    assert_eq!(
        kinds(&execution).join(" "),
        "ExecutionStarted StepStarted StepSucceeded StepStarted StepFailed InvocationCompleted \
         StepStarted StepFailed InvocationCompleted StepStarted StepSucceeded WaitStarted \
         InvocationCompleted WaitSucceeded StepStarted StepSucceeded InvocationCompleted \
         ExecutionSucceeded"
    );
    let history = execution.history();
    let at = |index: usize| history[index].at.as_secs() - history[0].at.as_secs();
    assert_eq!([at(4), at(6), at(9), at(13)], [0, 10, 20, 3620]);
    assert!(history.iter().enumerate().all(|(index, event)| event.number == index as u64 + 1));
}

#[test]
fn callbacks_are_answered_fail_and_time_out() {
    let lambda = lambda(DurableTime::Manual);
    let instructions =
        script(&["callback 0 0", "callback 0 0", "callback 60 0", "callback 60 5", "callback 0 5"]);
    let execution = lambda.start("script", instructions).unwrap();
    let next = || {
        execution.until_suspended().unwrap();
        let callbacks = execution.callbacks();
        assert_eq!(callbacks.len(), 1, "{callbacks:?}");
        callbacks[0].clone()
    };
    let first = next();
    assert_eq!((&*first.name, first.times_out_in), ("n1", None));
    execution.succeed(&first.id, r#"{"by":"Ada"}"#).unwrap();
    let error = execution.succeed(&first.id, "1").unwrap_err();
    assert!(error.kind() == ErrorKind::Refused, "{error}");
    assert!(error.to_string().starts_with("ResourceNotFoundException: "), "{error}");
    assert!(execution.heartbeat("bm9uZQ==").unwrap_err().to_string().contains("no callback"));
    execution.fail(&next().id, "Denied", "no").unwrap();
    let third = next();
    assert_eq!(third.times_out_in, Some(60 * SECOND));
    execution.advance(60 * SECOND).unwrap();
    let error = execution.succeed(&third.id, "1").unwrap_err();
    assert!(error.to_string().starts_with("CallbackTimeoutException: "), "{error}");
    let fourth = next();
    for _ in 0..2 {
        execution.advance(4 * SECOND).unwrap();
        execution.heartbeat(&fourth.id).unwrap();
    }
    execution.advance(5 * SECOND).unwrap();
    let fifth = next();
    execution.advance(4 * SECOND).unwrap();
    execution.heartbeat(&fifth.id).unwrap();
    execution.succeed(&fifth.id, "5").unwrap();
    assert_eq!(
        results(&execution),
        [
            r#"{"by":"Ada"}"#,
            "FAILED Denied",
            "TIMED_OUT Callback.Timeout",
            "TIMED_OUT Callback.Heartbeat",
            "5"
        ]
    );
}

#[test]
fn functions_are_invoked_durable_or_not() {
    let lambda = lambda(DurableTime::Manual);
    let child = script(&["wait 60", "step c"]);
    // An instruction is split at spaces.
    let child = child.replace(' ', "\\u0020");
    let invoke = format!("invoke script:$LATEST {child}");
    let instructions = [
        "invoke plain 7",
        &invoke,
        "invoke broken 1",
        "invoke nobody 1",
        "invoke plain {",
        "invoke script []",
    ];
    let execution = lambda.start("script", script(&instructions)).unwrap();
    execution.until_suspended().unwrap();
    let started = execution.history();
    let started = started.iter().filter(|event| event.kind == "ChainedInvokeStarted");
    assert_eq!(started.count(), 2, "the child waits");
    execution.advance(60 * SECOND).unwrap();
    assert_eq!(
        results(&execution),
        [
            "[7]",
            r#"["","c"]"#,
            "FAILED Broken",
            "FAILED ResourceNotFoundException",
            "FAILED InvalidRequestContentException",
            // Lambda wants a qualifier.
            "FAILED InvalidParameterValueException"
        ]
    );
}

#[test]
fn a_function_that_is_invoked_waits_for_a_program() {
    let program = Lambda::path_of_example("durable-script");
    let lambda = Lambda::builder(program).timeout(20 * SECOND).max_programs(1).build();
    // The one that invokes it has the program until it responds.
    let execution = lambda.start("script", script(&["invoke plain 7", "step a"])).unwrap();
    assert_eq!(results(&execution), ["[7]", "a"]);
}

#[test]
fn a_throttled_event_is_none_of_those_that_faults_are_chosen_for() {
    let program = Lambda::path_of_example("durable-script");
    let builder = Lambda::builder(program).timeout(20 * SECOND).max_programs(1);
    let builder = builder.durable_time(DurableTime::Skip).fault(2, Fault::at_event().truncate());
    let lambda = builder.build();
    assert_eq!(lambda.invoke("plain", "1").unwrap().text(), "[1]");
    let execution = lambda.start("script", script(&["invoke plain 7", "step a"])).unwrap();
    assert_eq!(results(&execution), ["FAILED Runtime.TruncatedEvent", "a"]);
}

#[test]
fn skipping_keeps_the_order_of_timers_and_scaled_time_is_faster() {
    let lambda = lambda(DurableTime::Skip);
    let start = Instant::now();
    let execution = lambda.start("script", script(&["race 3600 1", "wait 86400"])).unwrap();
    assert_eq!(results(&execution), ["1b", ""]);
    assert!(start.elapsed() < 10 * SECOND);
    // A timeout alone is not jumped to: the callback can be answered.
    let execution = lambda.start("script", script(&["callback 1000 0"])).unwrap();
    execution.until_suspended().unwrap();
    std::thread::sleep(Duration::from_millis(100));
    execution.succeed(&execution.callbacks()[0].id, "1").unwrap();
    assert_eq!(results(&execution), ["1"]);

    let lambda = self::lambda(DurableTime::Scaled(10_000.0));
    let execution = lambda.start("script", script(&["wait 3600"])).unwrap();
    let start = Instant::now();
    assert_eq!(results(&execution), [""]);
    assert!(start.elapsed() < 10 * SECOND);
}

#[test]
fn no_fault_of_a_checkpoint_changes_the_history() {
    let lambda = lambda(DurableTime::Skip);
    let instructions = script(&["step a", "flaky 1 5", "wait 60", "step b"]);
    let run = |start: DurableStart| {
        let execution = lambda.start_with("script", &instructions, start).unwrap();
        assert_eq!(results(&execution), ["a", "after 1", "", "b"]);
        let history = kinds(&execution);
        let invocations = execution.invocations();
        let of_steps = history.iter().filter(|kind| *kind != "InvocationCompleted");
        (of_steps.cloned().collect::<Vec<_>>(), invocations)
    };
    let (expected, invocations) = run(DurableStart::new());
    assert_eq!(invocations, 3);
    for fault in CheckpointFault::ALL {
        let mut invocations = Vec::new();
        for checkpoint in [1, 4, 6, 7] {
            let (mut history, count) = run(DurableStart::new().fault(checkpoint, fault));
            // An attempt whose end was not recorded begins again.
            history.dedup();
            assert_eq!(history, expected, "{fault:?} at checkpoint {checkpoint}");
            invocations.push(count);
        }
        let is_repeated = fault != CheckpointFault::LostResponse;
        assert_eq!(invocations.iter().any(|count| *count > 3), is_repeated, "{fault:?}");
    }
}

#[test]
fn an_invocation_that_fails_is_repeated_with_growing_delays_and_not_for_ever() {
    let lambda = lambda(DurableTime::Manual);
    let execution = lambda.start("fails", "1").unwrap();
    execution.until_suspended().unwrap();
    execution.advance(3600 * SECOND).unwrap();
    let outcome = execution.result().unwrap();
    assert_eq!(outcome.status, ExecutionStatus::Failed);
    assert_eq!(outcome.error.unwrap().kind, "Broken");
    let history = execution.history();
    let ends = history.iter().filter(|event| event.kind == "InvocationCompleted");
    let ends: Vec<_> = ends.map(|event| event.at.as_secs() - history[0].at.as_secs()).collect();
    assert_eq!(ends, [0, 1, 3, 7, 15]);
}

#[test]
fn a_wrong_response_fails_the_execution() {
    let lambda = lambda(DurableTime::Skip);
    for (handler, message, invocations) in [
        ("wrong", "Response status is required", 1),
        ("idle", "Cannot return PENDING status with no pending operations.", 3),
    ] {
        let execution = lambda.start(handler, "1").unwrap();
        let error = execution.result().unwrap().error.unwrap();
        assert_eq!((&*error.kind, &*error.message), ("InvalidParameterValueException", message));
        assert_eq!(execution.invocations(), invocations);
    }
}

#[test]
fn an_execution_is_stopped_paused_resumed_and_times_out() {
    let lambda = lambda(DurableTime::Manual);
    let execution = lambda.start("script", script(&["wait 10"])).unwrap();
    execution.until_suspended().unwrap();
    execution.stop().unwrap();
    let outcome = execution.result().unwrap();
    assert_eq!(outcome.status, ExecutionStatus::Stopped);
    assert_eq!(kinds(&execution).last().unwrap(), "ExecutionStopped");
    assert!(execution.pause().unwrap_err().to_string().contains("ResourceConflictException"));

    let execution = lambda.start("script", script(&["wait 10", "step a"])).unwrap();
    execution.until_suspended().unwrap();
    execution.pause().unwrap();
    // Timers go on, and the function is not invoked.
    execution.advance(10 * SECOND).unwrap();
    assert_eq!(execution.status(), Ok(ExecutionStatus::Paused));
    assert_eq!(
        (kinds(&execution).last().unwrap().as_str(), execution.invocations()),
        ("WaitSucceeded", 1)
    );
    execution.resume().unwrap();
    assert_eq!(results(&execution), ["", "a"]);

    let program = Lambda::path_of_example("durable-script");
    let builder = Lambda::builder(program).execution_timeout(60 * SECOND);
    let lambda = builder.durable_time(DurableTime::Manual).build();
    let execution = lambda.start("script", script(&["wait 3600"])).unwrap();
    execution.until_suspended().unwrap();
    execution.advance(60 * SECOND).unwrap();
    assert_eq!(execution.result().unwrap().status, ExecutionStatus::TimedOut);
}

#[test]
fn a_name_is_one_execution() {
    let lambda = lambda(DurableTime::Skip);
    let start = |name: &str, input: &str| {
        lambda.start_with("script", input, DurableStart::new().name(name))
    };
    let first = start("order-1", "[]").unwrap();
    assert!(first.arn().contains(":function:script:$LATEST/durable-execution/order-1/"));
    assert_eq!(start("order-1", "[]").unwrap().arn(), first.arn());
    let kind = |name: &str, input: &str| start(name, input).unwrap_err().kind();
    assert_eq!(kind("order-1", "[1]"), ErrorKind::AlreadyStarted);
    assert_eq!(kind("order 1", "[]"), ErrorKind::Refused);
    assert_eq!(kind(&"x".repeat(65), "[]"), ErrorKind::Refused);
    assert_eq!(kind("a", "{"), ErrorKind::InvalidEvent);
    assert_eq!(lambda.start("plain", "1").unwrap_err().kind(), ErrorKind::Refused);
    assert_eq!(lambda.start("nobody", "1").unwrap_err().kind(), ErrorKind::NoSuchHandler);
}

#[test]
fn an_invocation_of_a_durable_function_is_an_execution() {
    let lambda = lambda(DurableTime::Skip);
    let error = lambda.invoke("script", "[]").unwrap_err();
    assert!(error.to_string().contains("Lambda::start"), "{error}");
    let _server = lambda.serve(0).unwrap();
    let done = lambda.invoke("script", script(&["wait 60", "step a"])).unwrap();
    assert_eq!(done.text(), r#"["","a"]"#);
    assert_eq!(lambda.invoke("fails", "1").unwrap().error_type(), Some("Broken"));
    assert_eq!(lambda.invoke("plain", "1").unwrap().text(), "[1]");
}

#[test]
fn a_program_that_is_replaced_goes_on_with_the_same_execution() {
    use std::fs;
    let program = Lambda::path_of_example("durable-script");
    let copy = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("durable-replaced");
    let _ = fs::remove_file(&copy);
    fs::copy(&program, &copy).unwrap();
    let lambda = Lambda::builder(&copy).durable_time(DurableTime::Manual).build();
    let execution = lambda.start("script", script(&["step a", "wait 60", "step b"])).unwrap();
    execution.until_suspended().unwrap();
    // Another program is there now, which does the same, and says so.
    fs::remove_file(&copy).unwrap();
    let mark = copy.with_extension("mark");
    let text = format!("#!/bin/sh\necho > {}\nexec {} \"$@\"\n", mark.display(), program.display());
    fs::write(&copy, text).unwrap();
    let mode = fs::metadata(&program).unwrap().permissions();
    fs::set_permissions(&copy, mode).unwrap();
    lambda.stop();
    execution.advance(60 * SECOND).unwrap();
    assert_eq!(results(&execution), ["a", "", "b"]);
    assert!(mark.exists());
}
