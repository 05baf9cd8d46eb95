//! The same binary run locally: one event from a file or from stdin.

mod support;

use std::fs::{self, File};
use std::io::Write;
use std::process::Stdio;
use support::program::{Ended, end, example};

fn run(arguments: &[&str], stdin: &str) -> Ended {
    end(example("bootstrap-for-tests").args(arguments), stdin.as_bytes())
}

const LIST: &str = "handlers:\n  echo\n  value\n  order\n";

#[test]
fn a_handler_is_called_with_an_event_from_a_file_or_from_stdin() {
    let file = format!("{}/data/order.json", env!("CARGO_MANIFEST_DIR"));
    let order = fs::read_to_string(&file).unwrap();
    for ended in [
        end(example("hello").args(["hello.order", &file]), b""),
        end(example("hello").args(["hello.order", "-"]), order.as_bytes()),
        end(example("hello").args(["hello.order"]), order.as_bytes()),
    ] {
        assert_eq!(ended.code(), 0, "{}", ended.stderr);
        assert_eq!(ended.stdout, "{\"order\":\"A-1007\",\"pieces\":7}\n");
        assert_eq!(ended.stderr, "INFO  hello: 1 of teapot\nINFO  hello: 6 of cup\n");
    }
}

#[test]
fn a_handler_or_event_that_fails_gives_the_error_as_the_service_would_get_it() {
    for (arguments, event, told) in [
        (
            ["error", "-"],
            "\"OutOfStock\"",
            "{\"errorMessage\":\"the warehouse is \\\"closed\\\" – até amanhã\",\"errorType\":\"OutOfStock\",\"stackTrace\":[]}\n",
        ),
        (["panic-or-echo", "-"], "\"panic\"", "\"errorType\":\"Function.Panic\""),
        (["order", "-"], "{}", "\"errorType\":\"Function.InvalidEvent\""),
    ] {
        let ended = run(&arguments, event);
        assert_eq!((ended.code(), &*ended.stdout), (1, ""), "{}", ended.stderr);
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
    }
}

#[test]
fn a_wrong_command_line_prints_the_usage_and_the_handlers() {
    for (arguments, told) in [
        (&[][..], "usage: "),
        (&["ordre"], "error: there is no handler \"ordre\" (did you mean \"order\"?)"),
        (&["order", "no/such/file.json"], "error: cannot read no/such/file.json: No such file"),
        (&["order", "/"], "error: cannot read /: "),
        (&["order", "-", "more"], "error: too many arguments"),
    ] {
        let ended = run(arguments, "");
        assert_eq!((ended.code(), &*ended.stdout), (2, ""), "{}", ended.stderr);
        assert!(ended.stderr.starts_with(told), "{}", ended.stderr);
        assert!(ended.stderr.contains("HANDLER [FILE | -]"), "{}", ended.stderr);
        assert!(ended.stderr.contains(LIST), "{}", ended.stderr);
    }
}

#[test]
fn help_is_the_usage_without_an_error() {
    for option in ["--help", "-h"] {
        let ended = run(&[option], "");
        assert_eq!((ended.code(), &*ended.stderr), (0, ""));
        assert!(
            ended.stdout.starts_with("usage: ") && ended.stdout.contains(LIST),
            "{}",
            ended.stdout
        );
    }
}

#[test]
fn an_empty_address_is_none() {
    let mut command = example("bootstrap-for-tests");
    let ended = end(command.args(["echo"]).env("AWS_LAMBDA_RUNTIME_API", ""), b"{}");
    assert_eq!((ended.code(), &*ended.stdout), (0, "{}\n"));
}

#[test]
fn a_local_run_has_no_deadline_and_reads_the_environment() {
    let mut command = example("bootstrap-for-tests");
    let ended = end(command.args(["context"]).env("AWS_REGION", "eu-north-1"), b"{}");
    for told in ["\"request_id\":\"local\"", "\"seconds_left\":null", "\"region\":\"eu-north-1\""] {
        assert!(ended.stdout.contains(told), "{}", ended.stdout);
    }
}

#[test]
fn six_megabytes_go_through() {
    let event = format!("\"{}\"", "x".repeat(6 * 1024 * 1024));
    let ended = run(&["value"], &event);
    assert!(ended.stdout.trim_end() == event, "{}", ended.stderr);
}

/// Runs the program with these as its stdout and stderr, and returns its exit status.
fn status(handler: &str, stdout: impl Into<Stdio>, stderr: impl Into<Stdio>) -> Option<i32> {
    let mut command = example("bootstrap-for-tests");
    command.args([handler, "data/order.json"]).stdout(stdout).stderr(stderr);
    command.status().unwrap().code()
}

#[test]
fn a_response_that_cannot_be_written_is_a_failure() {
    let full = || File::options().write(true).open("/dev/full").unwrap();
    for handler in ["echo", "stream-back"] {
        assert_eq!(status(handler, full(), Stdio::null()), Some(1), "{handler}");
        let mut command = example("bootstrap-for-tests");
        let output = command.args([handler, "data/order.json"]).stdout(full()).output().unwrap();
        let message = "error: cannot write the response to stdout: No space left on device";
        assert!(String::from_utf8_lossy(&output.stderr).contains(message));
    }
}

#[test]
fn a_reader_that_has_read_enough_is_no_failure() {
    let mut command = example("bootstrap-for-tests");
    command.arg("echo").stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take()); // as `head` does, before the event is read
    child.stdin.take().unwrap().write_all(b"{}").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[test]
fn an_unwritable_stderr_changes_no_status() {
    let full = || File::options().write(true).open("/dev/full").unwrap();
    assert_eq!(status("echo", Stdio::null(), full()), Some(0));
    assert_eq!(status("order-", Stdio::null(), full()), Some(2));
    assert_eq!(status("error", Stdio::null(), full()), Some(1));
    assert_eq!(status("panic-or-echo", Stdio::null(), full()), Some(1));
}

#[test]
fn a_field_that_differs_only_in_case_or_separators_is_warned_of() {
    for (name, warned) in
        [("Note", true), ("NOTE", true), ("note", false), ("notes", false), ("no te", false)]
    {
        let event = format!(r#"{{"id":"x","items":[],"{name}":"s3cret"}}"#);
        let ended = run(&["order"], &event);
        assert_eq!(ended.code(), 0, "{}", ended.stderr);
        let told = format!(
            "the event has `{name}`, the type has no such field but `note` is absent: write \
             #[serde(rename = \"{name}\")] on it"
        );
        assert_eq!(ended.stderr.contains(&told), warned, "{name}: {}", ended.stderr);
        assert!(warned || ended.stderr.is_empty(), "{}", ended.stderr);
        assert!(!ended.stderr.contains("s3cret"), "{}", ended.stderr);
    }
    // The field itself is there, in any order.
    for event in [
        r#"{"id":"x","items":[],"Note":"a","note":"b"}"#,
        r#"{"id":"x","items":[],"note":null,"Note":"b"}"#,
    ] {
        assert_eq!(run(&["order"], event).stderr, "");
    }
    let items = r#"{"name":"cup","count":1,"Tags":{}},"#.repeat(50);
    let event = format!(r#"{{"id":"x","Items":[],"items":[{items}{{"name":"cup","count":1}}]}}"#);
    let ended = run(&["order"], &event);
    assert_eq!(ended.stderr.lines().count(), 1, "once for the type: {}", ended.stderr);
    assert!(ended.stderr.contains("`Tags`"), "{}", ended.stderr);
    assert!(ended.stderr.trim_end().ends_with("(at .items[0])"), "{}", ended.stderr);
}

#[test]
fn a_field_that_is_written_twice_is_warned_of() {
    let ended = run(&["twice"], "null");
    assert_eq!(ended.stdout, "[{\"id\":1,\"id\":2}]\n");
    assert!(ended.stderr.contains("the response has the field `id` twice"), "{}", ended.stderr);
}
