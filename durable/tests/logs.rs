//! Records, metrics and spans of a replay are silent.

use minilambda::__private::{is_silent, request_id};
use minilambda::{Context, Handler};
use minilambda_durable::testing::{Execution, Fault, Status};
use minilambda_durable::{Check, Durable, Result, When, durable};
use minilambda_local::Lambda;
use minilambda_local::script::{Server, respond};
use std::fs;
use std::net::UdpSocket;
use std::path::Path;
use std::process::Command;
use std::sync::{Barrier, Mutex};
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

/// What the crate has logged.
static LOGGED: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Collect;

impl log::Log for Collect {
    fn enabled(&self, _: &log::Metadata) -> bool {
        true
    }

    fn log(&self, record: &log::Record) {
        LOGGED.lock().unwrap().push(format!("{} {}", record.level(), record.args()));
    }

    fn flush(&self) {}
}

#[test]
fn a_step_that_is_carried_out_again_after_an_interruption_says_so() {
    fn slow(checks: bool, durable: &Durable) -> Result<u32> {
        let work = || {
            std::thread::sleep(Duration::from_millis(100));
            1
        };
        if checks {
            return durable.wait_until("slow check", 0, |_, _| Ok(Check::Done(work())));
        }
        durable.step("slow step", |_| Ok(work()))
    }
    log::set_logger(&Collect).unwrap();
    log::set_max_level(log::LevelFilter::Warn);
    for (checks, name) in [(false, "slow step"), (true, "slow check")] {
        let mut execution = Execution::new(slow, &checks);
        // The start is recorded while the step runs, its result is not.
        execution.faults(&[None, Some(Fault::NotRecorded)]);
        assert_eq!(execution.run(), Status::Succeeded);
        let logged = LOGGED.lock().unwrap().clone();
        let of_step: Vec<_> = logged.iter().filter(|line| line.contains(name)).collect();
        let expected = format!("WARN the step {name:?} was interrupted, and is carried out again");
        assert_eq!(of_step, [&expected]);
    }
}

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

/// On managed instances a record, and the deadline of a request, is that of a thread's invocation.
#[test]
fn the_threads_of_branches_belong_to_the_invocation() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    fn branches(_: String, durable: &Durable) -> Result<()> {
        let both = Barrier::new(2);
        let when = When { flat: true, ..When::ALL_ARE_OVER };
        let note = |_: &Durable, (): &()| {
            both.wait();
            SEEN.lock().unwrap().push(request_id());
            Ok(())
        };
        durable.map("both", &[(); 2], when, note).map(drop)
    }
    const BRANCHES: Handler = durable!(branches);
    let mut context = Context::default();
    context.request_id.push_str("r-1");
    context.attach_to_thread();
    let event = r#"{"DurableExecutionArn":"a","CheckpointToken":"t","InitialExecutionState":
        {"Operations":[{"Id":"e","Type":"EXECUTION","Status":"STARTED",
        "ExecutionDetails":{"InputPayload":"\"x\""}}]}}"#;
    // No service is there, and nothing is recorded.
    assert!(BRANCHES.call(event, &context).is_err());
    assert_eq!(*SEEN.lock().unwrap(), ["r-1", "r-1"]);
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

/// What the program writes to stdout and to stderr for an event.
fn outputs(event: &str, name: &str) -> (String, String) {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&file, event).unwrap();
    let mut program = Command::new(Lambda::path_of_example("durable-cases"));
    program.arg("logs").arg(file).env_clear();
    // No service is there.
    program.env("AWS_ENDPOINT_URL_LAMBDA", "http://127.0.0.1:1").env("AWS_REGION", "eu-central-1");
    program.env("AWS_ACCESS_KEY_ID", "none").env("AWS_SECRET_ACCESS_KEY", "none");
    let output = program.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

#[test]
fn the_log_of_a_program_has_no_replay() {
    let wait = |status: &str| {
        event(&format!(
            r#"{{"Id":"2","Name":"wait-0","Type":"WAIT","SubType":"Wait","Status":"{status}"}}"#
        ))
    };
    let (response, log) = outputs(&wait("STARTED"), "waiting.json");
    assert_eq!(response, "{\"Status\":\"PENDING\"}\n", "no metric either");
    assert_eq!(log, "");
    // The invocation fails when it records the step.
    let (response, log) = outputs(&wait("SUCCEEDED"), "goes-on.json");
    assert!(!response.contains("Steps0") && response.contains("Steps1"), "{response}");
    assert!(!log.contains("before step 0") && !log.contains("before wait 0"), "{log}");
    assert!(log.contains("before step 1") && log.contains("in step 1"), "{log}");
    assert!(log.contains("could not record 2 updates from STEP \\\"step-1\\\" on"), "{log}");
    assert!(log.contains("\"errorType\":\"Aws.NotSent\""), "{log}");
}

/// What the program `durable-traced` has written and sent: metrics, and spans for X-Ray and for a
/// collector.
fn traced() -> [String; 3] {
    let daemon = UdpSocket::bind("127.0.0.1:0").unwrap();
    let collector = Server::start(vec![respond("200 OK", &[], "{}")]).unwrap();
    let output = Command::new(Lambda::path_of_example("durable-traced"))
        .env_clear()
        .env("_X_AMZN_TRACE_ID", "Root=1-5f84c7a1-0123456789abcdef01234567;Parent=1;Sampled=1")
        .env("AWS_XRAY_DAEMON_ADDRESS", daemon.local_addr().unwrap().to_string())
        .env("OTEL_EXPORTER_OTLP_ENDPOINT", format!("http://{}", collector.address()))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    daemon.set_nonblocking(true).unwrap();
    let (mut datagram, mut subsegments) = ([0; 4096], String::new());
    while let Ok(bytes) = daemon.recv(&mut datagram) {
        subsegments += &String::from_utf8_lossy(&datagram[..bytes]);
    }
    let spans = collector.requests().into_iter();
    let spans = spans.map(|request| String::from_utf8(request.body).unwrap()).collect();
    [String::from_utf8(output.stdout).unwrap(), subsegments, spans]
}

#[test]
fn metrics_and_spans_of_an_execution_are_written_once() {
    let [metrics, subsegments, spans] = traced();
    let places = [
        "begin", "around 0", "step 0", "around 1", "step 1", "before a", "before b", "after a",
        "after b", "end",
    ];
    for place in places {
        let name = format!("\"name\":\"{place}\"");
        // One around a wait is a span in the invocation that sent a step below it, and in the one
        // that ends it.
        let count = 1 + usize::from(place.starts_with("around"));
        assert_eq!(subsegments.matches(&name).count(), count, "{place}: {subsegments}");
        assert_eq!(spans.matches(&name).count(), count, "{place}: {spans}");
        // Of one value, the metric is a number.
        for name in [format!("\"put {place}\":1"), format!("\"add {place}\":1")] {
            assert_eq!(metrics.matches(&name).count(), 1, "{name}: {metrics}");
        }
    }
    assert_eq!(subsegments.matches("\"name\":").count(), places.len() + 2, "{subsegments}");
}

#[test]
fn the_usage_marks_durable_functions() {
    let output = Command::new(Lambda::path_of_example("workflow")).output().unwrap();
    let usage = String::from_utf8_lossy(&output.stderr);
    assert!(usage.ends_with("handlers:\n  shop.order (durable)\n  shop.ship\n"), "{usage}");
    let names = Lambda::new(Lambda::path_of_example("workflow")).handlers().unwrap();
    assert_eq!(names, ["shop.order", "shop.ship"]);
}
