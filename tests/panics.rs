//! Panics and the log: the cause of every end is logged, once, and every event gets a response.

mod support;

use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;
use support::fake_api::{FakeApi, Reply};
use support::program::{Ended, end, example};

fn program(api: &FakeApi, handler: &str) -> Command {
    let mut command = example("panics-for-tests");
    command.env("AWS_LAMBDA_RUNTIME_API", api.address()).env("_HANDLER", handler);
    command
}

fn api(events: &[&str]) -> FakeApi {
    let ids = (1..).map(|n| format!("id-{n}"));
    FakeApi::start(ids.zip(events).map(|(id, event)| Reply::event(&id, *event)), [])
}

fn serve(handler: &str, events: &[&str], variables: &[(&str, &str)]) -> (FakeApi, Ended) {
    let api = api(events);
    let ended = end(program(&api, handler).envs(variables.iter().copied()), b"");
    (api, ended)
}

/// The ends of the paths of all responses, in the order of the events.
fn outcomes(api: &FakeApi) -> Vec<String> {
    let mut paths: Vec<_> = api.posts().iter().map(|post| post.path.clone()).collect();
    paths.retain(|path| path.contains("/invocation/"));
    paths.sort();
    paths.iter().map(|path| path.rsplit('/').next().unwrap().to_owned()).collect()
}

fn count(ended: &Ended, text: &str) -> usize {
    ended.stderr.matches(text).count()
}

#[test]
fn a_panic_is_logged_once_with_its_place() {
    let (api, ended) = serve("panic", &["1", "2"], &[]);
    assert_eq!(outcomes(&api), ["error", "response"]);
    assert_eq!(count(&ended, "the shop is closed"), 1, "{}", ended.stderr);
    assert!(ended.stderr.contains(
        "ERROR id-1 minilambda: Function.Panic: the shop is closed (at tests/support/panics.rs:"
    ));
}

#[test]
fn a_panic_that_cannot_be_caught_is_logged_before_the_process_ends() {
    for (handler, messages) in [
        ("panic-in-panic", &["the shop is closed", "the ledger was left open"][..]),
        ("panic-in-c", &["the callback failed"]),
    ] {
        for format in ["Text", "JSON"] {
            let (_, ended) = serve(handler, &["1"], &[("AWS_LAMBDA_LOG_FORMAT", format)]);
            assert_eq!(ended.status.signal(), Some(6), "{}", ended.stderr);
            for message in messages {
                assert!(count(&ended, message) > 0, "{}", ended.stderr);
            }
        }
    }
}

#[test]
fn a_panic_that_the_handler_catches_is_logged_too() {
    let (api, ended) = serve("caught", &["{}"], &[]);
    assert_eq!(outcomes(&api), ["response"]);
    assert_eq!(count(&ended, "ERROR id-1 minilambda: Function.Panic: a plugin failed"), 1);
    let (api, ended) = serve("in-thread", &["{}"], &[]);
    assert_eq!(outcomes(&api), ["response"]);
    let message = "ERROR id-1 minilambda: Function.Panic: no water (in thread pool-1)";
    assert_eq!(count(&ended, message), 1, "{}", ended.stderr);
}

#[test]
fn no_place_of_a_panic_goes_to_another_one() {
    let (api, _) = serve("caught-then-resumed", &["1", "2", "3"], &[]);
    for post in &api.posts()[1..] {
        assert!(post.text().contains("\"errorMessage\":\"of an event\""), "{}", post.text());
        assert!(post.text().contains("\"stackTrace\":[]"), "{}", post.text());
    }
}

#[test]
fn the_programs_own_hook_is_called() {
    for (handler, message) in [("panic", "the shop is closed"), ("caught", "a plugin failed")] {
        let (_, ended) = serve(handler, &["1"], &[("TEST_HOOK", "1")]);
        assert_eq!(count(&ended, "sent to the tracker"), 1, "{}", ended.stderr);
        assert_eq!(count(&ended, message), 2, "in the log and from the hook: {}", ended.stderr);
    }
}

#[test]
fn a_panic_is_shown_even_if_nothing_is_logged() {
    for variables in [[("RUST_LOG", "off")], [("TEST_LOGGER", "none")]] {
        let (api, ended) = serve("panic", &["1", "2"], &variables);
        assert_eq!(outcomes(&api), ["error", "response"]);
        assert_eq!(count(&ended, "the shop is closed"), 1, "{}", ended.stderr);
    }
}

/// With each number of workers, and with a hook on SIGTERM.
const WAYS: [(&str, &str); 3] =
    [("x", "1"), ("TEST_SHUTDOWN", "1"), ("AWS_LAMBDA_MAX_CONCURRENCY", "2")];

#[test]
fn a_payload_whose_drop_panics_ends_nothing() {
    for way in WAYS {
        let (api, ended) = serve("payload", &["1", "1", "2", "1", "3"], &[way]);
        assert_eq!(outcomes(&api), ["error", "error", "response", "error", "response"], "{way:?}");
        assert_eq!(count(&ended, "ledger"), 0, "{}", ended.stderr);
    }
}

#[test]
fn a_payload_says_what_it_is() {
    for (event, message) in [
        ("i32", "the panic has no message; its value is 1234 (i32)"),
        ("u64", "the panic has no message; its value is 7 (u64)"),
        ("bool", "the panic has no message; its value is true (bool)"),
        ("string", "of stock"),
        ("box", "of stock"),
        ("cow", "of stock"),
        ("error", "OutOfStock: no teapots"),
        (
            "boxed error",
            "the panic has no message; its value is of the type Box<dyn std::error::Error + Send + Sync>",
        ),
        ("thread", "of stock"),
        ("own", "the panic has no message"),
    ] {
        let (api, ended) = serve("payload", &[event, "2"], &[("RUST_BACKTRACE", "0")]);
        assert_eq!(outcomes(&api), ["error", "response"], "{}", ended.stderr);
        let text = api.posts()[0].text();
        assert!(text.contains(&format!("\"errorMessage\":\"{message}\"")), "{event}: {text}");
        assert!(count(&ended, &format!("Function.Panic: {message} (")) > 0, "{}", ended.stderr);
        assert_eq!(count(&ended, "ERROR id-1"), 1 + usize::from(event == "thread"));
    }
}

#[test]
fn a_payload_is_dropped() {
    let mut events = vec!["own"; 20];
    events.push("dropped");
    let (api, ended) = serve("payload", &events, &[]);
    assert_eq!(api.posts().last().unwrap().text(), "20", "{}", ended.stderr);
}

#[test]
fn a_logger_that_panics_ends_nothing() {
    for panics_in in ["log", "flush"] {
        for way in WAYS {
            let logger = ("TEST_LOGGER", panics_in);
            let (api, ended) = serve("fail", &["1", "2"], &[logger, way]);
            assert_eq!(outcomes(&api), ["error", "error"], "{way:?} {}", ended.stderr);
            assert_eq!(ended.code(), 1);
            assert!(count(&ended, "the logger broke") > 0, "{}", ended.stderr);
        }
    }
}

#[test]
fn an_init_that_panics_in_any_way_is_reported() {
    for (init, message) in [("panic", "no table"), ("payload", "the panic has no message")] {
        for logger in ["", "none", "log"] {
            let api = api(&["1"]);
            let mut command = program(&api, "echo");
            command.env("TEST_INIT", init);
            if !logger.is_empty() {
                command.env("TEST_LOGGER", logger);
            }
            let ended = end(&mut command, b"");
            assert_eq!(ended.code(), 1);
            let posts = api.posts();
            assert!(posts[0].path.ends_with("/init/error") && posts[0].text().contains(message));
            assert!(!ended.stderr.is_empty());
        }
    }
}

#[test]
fn a_record_from_the_end_of_a_thread_is_written() {
    for format in ["Text", "JSON"] {
        let variables = [("AWS_LAMBDA_LOG_FORMAT", format)];
        let (api, ended) = serve("log-at-thread-end", &["1", "2"], &variables);
        assert_eq!(outcomes(&api), ["response", "response"], "{}", ended.stderr);
        for id in ["id-1", "id-2"] {
            let mut lines = ended.stderr.lines().filter(|line| line.contains(id));
            assert!(lines.next().unwrap().contains("a connection is opened"));
            assert!(lines.next().unwrap().contains("a connection is closed"));
        }
    }
}

#[test]
fn records_of_a_handlers_threads_have_the_request_id() {
    let (_, ended) = serve("log-in-threads", &["1", "2"], &[]);
    for id in ["id-1", "id-2"] {
        for place in ["the handler", "a scoped thread", "a thread"] {
            let line = format!("INFO {id} panics_for_tests: in {place}\n");
            assert!(ended.stderr.contains(&line), "{}", ended.stderr);
        }
    }
    let events: Vec<_> = vec!["1"; 40];
    let workers = [("AWS_LAMBDA_MAX_CONCURRENCY", "8")];
    let (_, ended) = serve("log-in-adopting-thread", &events, &workers);
    for n in 1..=40 {
        let line = format!("INFO id-{n} panics_for_tests: of id-{n}\n");
        assert!(ended.stderr.contains(&line), "{line} {}", ended.stderr);
    }
}

#[test]
fn a_value_that_panics_when_it_is_logged_is_an_error() {
    let (api, ended) = serve("panic-in-display", &["1", "2"], &[]);
    assert_eq!(outcomes(&api), ["error", "error"]);
    assert_eq!(count(&ended, "cannot be displayed"), 2, "{}", ended.stderr);
}

#[test]
fn what_a_handler_prints_is_written_before_the_next_event() {
    let wait = Duration::from_secs(600);
    let api =
        FakeApi::start([Reply::event("id-1", "1"), Reply::event("id-2", "2").after(wait)], []);
    let mut child = program(&api, "print").stdout(Stdio::piped()).spawn().unwrap();
    let mut printed = [0; 14];
    child.stdout.take().unwrap().read_exact(&mut printed).unwrap();
    assert_eq!(&printed, b"done with id-1");
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn key_values_of_any_name_are_logged() {
    let (_, ended) = serve("log", &["1"], &[]);
    let line = "WARN id-1 panics_for_tests: tried again errorType=Declined errorMessage=no funds attempt=2\n";
    assert!(ended.stderr.contains(line), "{}", ended.stderr);
}

#[test]
fn no_record_is_lost_if_stderr_is_non_blocking_and_its_reader_slow() {
    let api = api(&["1"]);
    let (mut reader, writer) = UnixStream::pair().unwrap();
    writer.set_nonblocking(true).unwrap();
    let mut command = program(&api, "many-records");
    let mut child = command.stderr(OwnedFd::from(writer)).spawn().unwrap();
    drop(command); // it holds the writer too
    thread::sleep(Duration::from_millis(300)); // the socket's buffer is full by then
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    child.wait().unwrap();
    assert_eq!(text.lines().filter(|line| line.ends_with('x')).count(), 30);
}
