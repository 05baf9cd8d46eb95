//! Init, snapshots, deadlines, and shutdown.

mod support;

use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use support::fake_api::{FakeApi, Reply};
use support::program::{Ended, bootstrap, end};

fn serve(api: &FakeApi, hooks: &str, kind: &str) -> Ended {
    serve_with(api, "echo", hooks, kind)
}

fn serve_with(api: &FakeApi, handler: &str, hooks: &str, kind: &str) -> Ended {
    let mut command = bootstrap(api, handler);
    command.env("TEST_HOOKS", hooks).env("AWS_LAMBDA_INITIALIZATION_TYPE", kind);
    end(&mut command, b"")
}

fn paths(api: &FakeApi) -> Vec<String> {
    let requests = api.requests().into_iter();
    requests.map(|request| request.path.replace("/2018-06-01/runtime", "")).collect()
}

/// The messages of the hooks, in order.
fn said(ended: &Ended) -> Vec<&str> {
    let lines = ended.stderr.lines().filter_map(|line| line.strip_prefix("INFO - "));
    lines.filter_map(|line| Some(line.split_once(": ")?.1)).collect()
}

#[test]
fn init_runs_before_the_first_event() {
    let api = FakeApi::start([Reply::event("1", "{}")], []);
    let ended = serve(&api, "init", "on-demand");
    assert_eq!(said(&ended), ["init"]);
    assert_eq!(paths(&api), ["/invocation/next", "/invocation/1/response", "/invocation/next"]);
}

#[test]
fn an_error_or_panic_of_init_is_reported_and_no_event_is_asked_for() {
    for (hooks, kind, header, told) in [
        ("init-error", "NoTable", "Function.NoTable", "the table is not there"),
        ("init-panic", "Function.Panic", "Function.Panic", "no table"),
    ] {
        let api = FakeApi::start([Reply::event("1", "{}")], []);
        let ended = serve(&api, hooks, "on-demand");
        assert_eq!((ended.code(), &*paths(&api)), (1, &["/init/error".to_owned()][..]));
        let post = &api.posts()[0];
        assert_eq!(post.header("lambda-runtime-function-error-type"), Some(header));
        assert!(post.text().contains(told) && post.text().contains(kind), "{}", post.text());
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
    }
}

#[test]
fn a_handler_has_an_init_of_its_own_which_runs_only_if_it_is_named() {
    let both = ["init", "init of the handler"];
    for workers in ["1", "4"] {
        let api = FakeApi::start([Reply::event("1", "{}"), Reply::event("2", "{}")], []);
        let mut command = bootstrap(&api, "with-init");
        command.env("TEST_HOOKS", "init").env("AWS_LAMBDA_MAX_CONCURRENCY", workers);
        let ended = end(&mut command, b"");
        assert_eq!(said(&ended), both, "once, and in this order");
        assert_eq!(api.posts().len(), 2);
    }
    let in_a_snapshot = ["init", "init of the handler", "before", "after"];
    for (handler, hooks, kind, expected) in [
        ("value", "init", "on-demand", &both[..1]),
        ("with-init", "snapshot", "on-demand", &both),
        ("with-init", "snapshot", "snap-start", &in_a_snapshot),
        ("with-init", "", "on-demand", &both[1..]),
    ] {
        let api = FakeApi::start([Reply::event("1", "{}")], []);
        assert_eq!(said(&serve_with(&api, handler, hooks, kind)), expected, "{handler} {hooks}");
    }
}

#[test]
fn an_error_or_panic_of_a_handlers_init_is_reported_like_that_of_init() {
    for (handler, header, told) in [
        ("with-failing-init", "Function.NoKey", "the key is gone"),
        ("with-panicking-init", "Function.Panic", "no key"),
    ] {
        let api = FakeApi::start([Reply::event("1", "{}")], []);
        let ended = serve_with(&api, handler, "", "on-demand");
        assert_eq!((ended.code(), &*paths(&api)), (1, &["/init/error".to_owned()][..]));
        let post = &api.posts()[0];
        assert_eq!(post.header("lambda-runtime-function-error-type"), Some(header));
        assert!(post.text().contains(told), "{}", post.text());
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
        let mut command = support::program::example("bootstrap-for-tests");
        let ended = end(command.arg(handler), b"{}");
        assert_eq!(ended.code(), 1, "a local run");
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
    }
    let api = FakeApi::start([Reply::event("1", "{}")], []);
    let ended = serve_with(&api, "with-failing-init", "init-error", "on-demand");
    assert!(!ended.stderr.contains("the key is gone"), "the first failure ends the start");
}

#[test]
fn a_local_run_calls_init_too() {
    for (hooks, code, told) in [("init", 0, "init"), ("init-error", 1, "the table is not there")] {
        let mut command = support::program::example("bootstrap-for-tests");
        let ended = end(command.arg("echo").env("TEST_HOOKS", hooks), b"{}");
        assert_eq!(ended.code(), code);
        assert!(ended.stderr.contains(told), "{}", ended.stderr);
    }
}

#[test]
fn snapshot_hooks_are_called_in_their_order_around_the_restore() {
    let api = FakeApi::start([Reply::event("1", "{}")], []);
    let ended = serve(&api, "snapshot", "snap-start");
    assert_eq!(said(&ended), ["init", "before", "after"]);
    let expected =
        ["/restore/next", "/invocation/next", "/invocation/1/response", "/invocation/next"];
    assert_eq!(paths(&api), expected);
    assert_eq!(api.connections(), 2, "no connection is kept across a snapshot");
    let api = FakeApi::start([Reply::event("1", "{}")], []);
    assert_eq!(said(&serve(&api, "snapshot", "provisioned-concurrency")), ["init"]);
    assert_eq!(paths(&api)[0], "/invocation/next");
}

#[test]
fn a_failing_snapshot_hook_ends_the_process_and_is_reported_where_it_belongs() {
    for (hooks, expected, header, told) in [
        ("snapshot-error", &["/init/error"][..], "Function.Error", "no snapshot, please"),
        ("restore-error", &["/restore/next", "/restore/error"], "Function.NoSeed", "no seed"),
    ] {
        let api = FakeApi::start([Reply::event("1", "{}")], []);
        let ended = serve(&api, hooks, "snap-start");
        assert_eq!(
            (ended.code(), &*paths(&api)),
            (1, expected.iter().map(|&p| p.to_owned()).collect::<Vec<_>>().as_slice())
        );
        let post = &api.posts()[0];
        assert_eq!(post.header("lambda-runtime-function-error-type"), Some(header));
        assert!(post.text().contains(told), "{}", post.text());
        assert_eq!(said(&ended), [""; 0], "the others are not called");
    }
}

/// An event with a deadline in this time.
fn event_with(ms_left: u64, body: &str) -> Reply {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let deadline = (now + Duration::from_millis(ms_left)).as_millis().to_string();
    let headers =
        [("Lambda-Runtime-Aws-Request-Id", "id-1"), ("Lambda-Runtime-Deadline-Ms", &*deadline)];
    Reply::new(200, &headers, body)
}

#[test]
fn a_handler_that_times_out_is_warned_of_once() {
    for (hooks, warnings) in [("", 2), ("no-deadline-warning", 0)] {
        // The second one is not late, the third one is.
        let events = [event_with(1000, "1400"), event_with(60_000, "0"), event_with(2200, "1000")];
        let api = FakeApi::start(events, []);
        let mut command = bootstrap(&api, "sleep-ms");
        let ended = end(command.env("TEST_HOOKS", hooks), b"");
        let lines: Vec<_> = ended.stderr.lines().filter(|line| line.starts_with("WARN")).collect();
        assert_eq!(lines.len(), warnings, "{}", ended.stderr);
        for line in lines {
            assert!(
                line.contains(
                    "WARN id-1 minilambda::lifecycle::deadline: handler sleep-ms has run for "
                ),
                "{line}"
            );
            assert!(line.contains(" ms and will time out in "), "{line}");
        }
    }
}

#[test]
fn a_handler_that_goes_on_after_its_deadline_is_reported_with_its_worker() {
    let api = FakeApi::start([event_with(300, "2500"), event_with(60_000, "0")], []);
    let mut command = bootstrap(&api, "sleep-ms");
    let ended = end(command.env("AWS_LAMBDA_MAX_CONCURRENCY", "1"), b"");
    let lines: Vec<_> = ended.stderr.lines().filter(|line| line.contains("longer than")).collect();
    assert_eq!(lines.len(), 1, "the next one is due in a minute: {}", ended.stderr);
    assert!(lines[0].starts_with("WARN id-1 "), "{}", ended.stderr);
    assert!(lines[0].contains("keeps worker 0 of 1"), "{}", ended.stderr);
    let posts = api.posts();
    assert!(posts.len() == 2 && posts[0].path.ends_with("/response"), "nothing ends it");
}

#[test]
fn the_worker_that_hangs_is_named_and_the_others_go_on() {
    let quick = || event_with(60_000, "0");
    let api = FakeApi::start([event_with(300, "2500"), quick(), quick(), quick()], []);
    let mut command = bootstrap(&api, "sleep-ms");
    let ended = end(command.env("AWS_LAMBDA_MAX_CONCURRENCY", "2"), b"");
    assert_eq!(ended.stderr.matches("longer than its timeout, and keeps worker ").count(), 1);
    assert_eq!(ended.stderr.matches(" of 2: the caller has an error").count(), 1);
    assert_eq!(api.posts().len(), 4, "{}", ended.stderr);
}

/// `kill` is part of every shell, but not of every system.
fn signal(name: &str, process: u32) {
    let line = format!("kill -{name} {process}");
    assert!(Command::new("sh").args(["-c", &line]).status().unwrap().success());
}

#[test]
fn nothing_is_reported_because_of_a_freeze() {
    let api = FakeApi::start([event_with(900, "700")], []);
    let child = bootstrap(&api, "sleep-ms").stderr(Stdio::piped()).spawn().unwrap();
    while api.requests().is_empty() {
        thread::sleep(Duration::from_millis(5));
    }
    thread::sleep(Duration::from_millis(200));
    signal("STOP", child.id());
    thread::sleep(Duration::from_millis(2500)); // beyond the deadline, and beyond its first report
    signal("CONT", child.id());
    let output = child.wait_with_output().unwrap();
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(!log.contains("WARN") && api.posts().len() == 1, "{log}");
}

#[test]
fn the_first_event_does_not_decide_whether_later_ones_are_warned_of() {
    let without = |deadline: &str| {
        let headers =
            [("Lambda-Runtime-Aws-Request-Id", "id-0"), ("Lambda-Runtime-Deadline-Ms", deadline)];
        Reply::new(200, &headers, "0")
    };
    let firsts = [
        Reply::new(200, &[("Lambda-Runtime-Aws-Request-Id", "id-0")], "0"),
        without("3000"),
        without("soon"),
        without("9223372036854775807"),
        event_with(900_000, "0"),
        event_with(1000, "0"),
    ];
    thread::scope(|scope| {
        for first in firsts {
            scope.spawn(|| {
                let events = [first, event_with(1000, "1400"), event_with(3000, "2000")];
                let api = FakeApi::start(events, []);
                let ended = end(&mut bootstrap(&api, "sleep-ms"), b"");
                assert_eq!(ended.stderr.matches("WARN id-1").count(), 2, "{}", ended.stderr);
            });
        }
    });
}

#[test]
fn a_handler_that_is_in_time_is_not_warned_of() {
    let events = [event_with(4000, "100"), event_with(4000, "2500"), event_with(4000, "100")];
    let api =
        FakeApi::start(events.map(|event| Reply { delay: Duration::from_millis(1), ..event }), []);
    let ended = end(&mut bootstrap(&api, "sleep-ms"), b"");
    assert!(!ended.stderr.contains("WARN"), "{}", ended.stderr);
}

#[test]
fn a_handler_that_has_returned_is_not_warned_of_while_there_is_no_event() {
    let late = Reply { delay: Duration::from_millis(2700), ..event_with(60_000, "0") };
    let api = FakeApi::start([event_with(2500, "0"), late], []);
    let ended = end(&mut bootstrap(&api, "sleep-ms"), b"");
    assert!(!ended.stderr.contains("WARN"), "{}", ended.stderr);
}

#[cfg(feature = "shutdown")]
mod shutdown {
    use super::{FakeApi, paths};
    use crate::support::fake_api::Reply;
    use crate::support::program::bootstrap;
    use std::io::Read;
    use std::process::Stdio;
    use std::time::{Duration, Instant};

    /// Sends SIGTERM when the program waits for an event, and returns its status and log.
    fn terminate(hooks: &str) -> (Option<i32>, String, FakeApi) {
        let forever = Reply::event("1", "{}").after(Duration::from_secs(600));
        terminate_when(hooks, FakeApi::start([forever], []), |api| {
            // The extension's thread, if there is one, may ask later than the worker.
            let waiting = paths(api).iter().filter(|path| path.ends_with("/next")).count();
            waiting > usize::from(hooks.starts_with("shutdown"))
        })
    }

    fn terminate_when(
        hooks: &str,
        api: FakeApi,
        is_time: impl Fn(&FakeApi) -> bool,
    ) -> (Option<i32>, String, FakeApi) {
        let mut command = bootstrap(&api, "echo");
        command.env("TEST_HOOKS", hooks).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let begin = Instant::now();
        while !is_time(&api) && begin.elapsed() < Duration::from_secs(30) {
            std::thread::sleep(Duration::from_millis(1));
        }
        super::signal("TERM", child.id());
        let mut log = String::new();
        child.stderr.take().unwrap().read_to_string(&mut log).unwrap();
        (child.wait().unwrap().code(), log, api)
    }

    #[test]
    fn the_hook_is_called_on_sigterm_and_the_process_ends_well() {
        let (code, log, api) = terminate("shutdown");
        assert_eq!(code, Some(0), "{log}");
        assert_eq!(log, "INFO - bootstrap_for_tests: shutdown\n");
        let requests = api.requests();
        let register = &requests[0];
        assert_eq!(register.path, "/2020-01-01/extension/register");
        assert_eq!(register.header("lambda-extension-name"), Some("minilambda"));
        assert_eq!(register.text(), "{\"events\":[]}");
        let event =
            requests.iter().find(|request| request.path == "/2020-01-01/extension/event/next");
        assert_eq!(event.unwrap().header("lambda-extension-identifier"), Some("extension-1"));
    }

    #[test]
    fn the_hook_is_called_while_the_registration_has_no_reply() {
        let api = FakeApi::start([Reply::event("1", "{}")], []);
        api.delay_registration(Duration::from_secs(600));
        let (code, log, api) = terminate_when("shutdown", api, |api| paths(api).len() == 1);
        assert_eq!((code, &*log), (Some(0), "INFO - bootstrap_for_tests: shutdown\n"));
        assert_eq!(paths(&api).len(), 1, "no event is asked for");
    }

    #[test]
    fn a_panic_in_the_hook_is_logged() {
        let (code, log, _) = terminate("shutdown-panic");
        assert_eq!(code, Some(0));
        assert!(log.contains("Function.Panic: oh"), "{log}");
    }

    #[test]
    fn without_the_hook_nothing_is_registered_and_the_signal_ends_the_process() {
        let (code, log, api) = terminate("");
        assert_eq!((code, &*log), (None, ""));
        assert_eq!(paths(&api), ["/invocation/next"]);
    }
}
