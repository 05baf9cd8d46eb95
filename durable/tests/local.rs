//! Durable functions in minilambda-local, which has the service in it.

use minilambda_local::script::{Server, Step, respond};
use minilambda_local::{CheckpointFault, DurableStart, DurableTime, ExecutionStatus, Lambda};
use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

const ORDER: &str = r#"{"id":"o-1","items":["pen","ink","cup"],"cents":12500}"#;

/// The example `order`, whose time is moved by hand.
fn lambda() -> Lambda {
    let program = Lambda::path_of_example("workflow");
    Lambda::builder(program).timeout(20 * SECOND).durable_time(DurableTime::Manual).build()
}

/// Runs the order with a fault, and returns its result.
fn ordered(start: DurableStart) -> String {
    let lambda = lambda();
    let execution = lambda.start_with("shop.order", ORDER, start).unwrap();
    for _ in 0..60 {
        if execution.until_suspended().unwrap() != ExecutionStatus::Running {
            break;
        }
        match execution.callbacks().first() {
            Some(callback) => execution.succeed(&callback.id, r#"{"by":"ada"}"#).unwrap(),
            None => execution.advance(SECOND).unwrap(),
        }
    }
    let outcome = execution.result().unwrap();
    let ends = |name: &str| {
        let history = execution.history().into_iter();
        history.filter(|it| it.name == name && it.kind == "StepSucceeded").count()
    };
    assert_eq!([ends("charge"), ends("find"), ends("box"), ends("label")], [1, 3, 3, 1]);
    outcome.result.unwrap()
}

const RECEIPT: &str = concat!(
    r#"{"order":"o-1","charge":"charge of o-1","approved_by":"ada","parcels":["pen from shelf of pen","#,
    r#""ink from shelf of ink","cup from shelf of cup"],"tracking":"tracking of label of o-1"}"#
);

#[test]
fn the_order_of_the_example_runs_in_minilambda_local() {
    assert_eq!(ordered(DurableStart::new()), RECEIPT);
}

#[test]
fn faults_of_minilambda_local_lose_nothing() {
    for fault in CheckpointFault::ALL {
        assert_eq!(ordered(DurableStart::new().fault(3, fault)), RECEIPT, "{fault:?}");
    }
}

#[test]
fn a_function_answers_callbacks_through_the_api() {
    let program = Lambda::path_of_example("durable-cases");
    let lambda = Lambda::builder(program).durable_time(DurableTime::Manual).build();
    let started = |handler: &str| {
        let execution = lambda.start(handler, "\"\"").unwrap();
        execution.until_suspended().unwrap();
        let callback = execution.callbacks().remove(0).id;
        (execution, callback)
    };
    let answered = |callback: &str, what: &str| {
        let event = format!(r#"{{"callback":"{callback}","what":"{what}"}}"#);
        let done = lambda.invoke("answer", event).unwrap();
        done.error_type().map_or_else(String::new, str::to_owned)
    };
    let (execution, callback) = started("callback");
    assert_eq!(answered(&callback, "succeed"), "");
    assert_eq!(execution.result().unwrap().result.unwrap(), r#""a \"yes\"""#);
    // Nobody answers twice.
    assert_eq!(answered(&callback, "fail"), "ResourceNotFoundException");
    assert_eq!(answered("nobody's", "succeed"), "ResourceNotFoundException");

    let (execution, callback) = started("callback");
    assert_eq!(answered(&callback, "fail"), "");
    assert_eq!(execution.result().unwrap().result.unwrap(), "\"Rejected\"");

    let (execution, callback) = started("heart");
    for _ in 0..3 {
        execution.advance(59 * SECOND).unwrap();
        assert_eq!(answered(&callback, "heartbeat"), "");
    }
    assert_eq!(execution.status().unwrap(), ExecutionStatus::Running);
    execution.advance(60 * SECOND).unwrap();
    assert!(execution.result().unwrap().result.unwrap().contains("Callback.Heartbeat"));
    assert_eq!(answered(&callback, "heartbeat"), "CallbackTimeoutException");
    assert_eq!(answered(&callback, "succeed"), "CallbackTimeoutException");
}

/// A second heartbeat has the effect of one; a second answer would be refused.
#[test]
fn a_heartbeat_whose_response_is_lost_is_sent_again_and_an_answer_is_not() {
    for (what, requests) in [("heartbeat", 2), ("succeed", 1), ("fail", 1)] {
        let service = Server::start(vec![vec![Step::Close], respond("200 OK", &[], "{}")]).unwrap();
        let lambda = Lambda::builder(Lambda::path_of_example("durable-cases"))
            .env("AWS_ENDPOINT_URL_LAMBDA", service.url())
            .env("AWS_ACCESS_KEY_ID", "none")
            .env("AWS_SECRET_ACCESS_KEY", "none")
            .build();
        let event = format!(r#"{{"callback":"c","what":"{what}"}}"#);
        let done = lambda.invoke("answer", event).unwrap();
        let error = if requests == 2 { None } else { Some("Aws.NoResponse") };
        assert_eq!(done.error_type(), error, "{what}: {:#?}", done.log);
        assert_eq!(service.requests().len(), requests, "{what}");
    }
}

/// The last tenth of an invocation's time is for its response. Without the record the step would be
/// carried out again, or have failed.
#[test]
fn a_step_that_ends_in_the_last_moment_is_recorded() {
    let program = Lambda::path_of_example("durable-cases");
    let lambda = Lambda::builder(program).timeout(4 * SECOND).build();
    // On a busy machine the moment may be too short.
    let is_recorded = (0..12).any(|_| {
        let execution = lambda.start("last_moment", "380").unwrap();
        let result = execution.result().unwrap().result;
        result.as_deref() == Some("1") && execution.invocations() == 1
    });
    assert!(is_recorded);
}

#[test]
fn a_function_starts_an_execution_once_by_its_name() {
    let program = Lambda::path_of_example("durable-cases");
    let lambda = Lambda::builder(program).durable_time(DurableTime::Manual).build();
    let _server = lambda.serve(0).unwrap();
    let begin = |input: &str| {
        let event = format!(r#"{{"function":"callback:live","name":"loan-1","input":"{input}"}}"#);
        let done = lambda.invoke("begin", event).unwrap();
        done.error_type().map_or_else(String::new, str::to_owned)
    };
    assert_eq!([begin("a"), begin("a")], ["", ""]);
    assert_eq!(begin("b"), "DurableExecutionAlreadyStartedException");
    // The same execution.
    let start = DurableStart::new().name("loan-1");
    let execution = lambda.start_with("callback", "\"a\"", start).unwrap();
    execution.until_suspended().unwrap();
    let started = execution.history().into_iter().filter(|it| it.kind == "CallbackStarted");
    assert_eq!((started.count(), execution.invocations()), (1, 1));
}

/// The hard cases whose result does not depend on time.
const CASES: [(&str, &str); 14] = [
    ("mixed", "\"x\""),
    ("sequence", "4"),
    ("nested", "\"x\""),
    ("one_fails", "\"x\""),
    ("large_child", "\"x\""),
    ("units", "\"x\""),
    ("saga", "\"x\""),
    ("swallow_retry", "\"x\""),
    ("many", "8"),
    ("long_error", "\"x\""),
    ("invoke_fails", "\"x\""),
    ("pages", "6"),
    ("swallow_in_branch", "\"x\""),
    ("drop_guard", "\"x\""),
];

/// The first case, or with FULL=1 all of them, which takes a minute.
#[test]
fn each_checkpoint_of_a_program_may_be_lost_in_each_way() {
    let program = Lambda::path_of_example("durable-cases");
    let lambda = Lambda::builder(program).durable_time(DurableTime::Skip).timeout(20 * SECOND);
    let lambda = lambda.build();
    let is_full = std::env::var_os("FULL").is_some();
    let (cases, checkpoints) = if is_full { (&CASES[..], 8) } else { (&CASES[..1], 3) };
    for &(name, input) in cases {
        let run = |start: DurableStart| {
            let execution = lambda.start_with(name, input, start).unwrap();
            let outcome = execution.result().unwrap();
            let is_end = |kind: &str| ["StepSucceeded", "ContextSucceeded"].contains(&kind);
            let history = execution.history().into_iter().filter(|it| is_end(&it.kind));
            let mut ends: Vec<_> = history.map(|it| it.operation_id).collect();
            ends.sort();
            (outcome.status, outcome.result, outcome.error.map(|it| it.kind), ends)
        };
        let expected = run(DurableStart::new());
        for fault in CheckpointFault::ALL {
            for at in 1..=checkpoints {
                let found = run(DurableStart::new().fault(at, fault));
                assert_eq!(found, expected, "{name}: {fault:?} at {at}");
            }
        }
    }
}

#[test]
fn a_callback_has_the_name_that_the_function_gave() {
    let lambda = lambda();
    let execution = lambda.start("shop.order", ORDER).unwrap();
    execution.until_suspended().unwrap();
    while execution.callbacks().is_empty() {
        execution.advance(SECOND).unwrap();
    }
    assert_eq!(execution.callbacks().remove(0).name, "approval");
}
