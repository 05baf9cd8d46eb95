//! Managed instances: several events at once.

mod support;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};
use support::fake_api::{FakeApi, Reply};
use support::program::{Ended, bootstrap, end};

fn serve(api: &FakeApi, handler: &str, workers: &str) -> Ended {
    end(bootstrap(api, handler).env("AWS_LAMBDA_MAX_CONCURRENCY", workers), b"")
}

#[test]
fn there_are_exactly_as_many_workers_as_lambda_says_each_with_a_connection() {
    for workers in [1, 4, 64] {
        // No worker gets an event before all of them have asked.
        let wait = Duration::from_millis(500);
        let events = (0..workers).map(|n| Reply::event(&format!("id-{n}"), "{}").after(wait));
        let api = FakeApi::start(events, []);
        let begin = Instant::now();
        let ended = serve(&api, "echo", &workers.to_string());
        assert!(begin.elapsed() < wait * 10, "they work at once");
        assert_eq!(ended.code(), 1);
        assert_eq!(api.connections(), workers, "{}", ended.stderr);
        let asked = api.requests().iter().filter(|request| request.method == "GET").count();
        assert_eq!(asked, 2 * workers);
        let ids: BTreeSet<_> = api.posts().iter().map(|post| post.path.clone()).collect();
        assert_eq!(ids.len(), workers, "each event gets a response");
        for post in api.posts() {
            let before = api.requests().into_iter().filter(|r| r.connection == post.connection);
            assert_eq!(before.count(), 3, "/next, /response and the last /next on one connection");
        }
    }
}

#[test]
fn a_number_out_of_range_means_one() {
    for workers in ["0", "-1", "many", "", "4097", "18446744073709551615", "99999999999999999999"] {
        let api = FakeApi::start([Reply::event("1", "{}")], []);
        let ended = serve(&api, "echo", workers);
        assert_eq!((api.posts().len(), api.connections()), (1, 1));
        assert!(ended.stderr.contains("AWS_LAMBDA_MAX_CONCURRENCY"), "{}", ended.stderr);
    }
}

#[test]
fn a_panic_or_a_rejected_response_of_one_worker_disturbs_no_other() {
    let text = |text: &str| format!("\"{text}\"");
    let events = (0..100).map(|n| {
        let text = text(if n % 10 == 3 { "panic" } else { "fine" });
        Reply::event(&format!("id-{n}"), text)
    });
    let refusals =
        (0..100).map(|n| Reply::new(if n % 7 == 0 { 410 } else { 202 }, &[], "too late"));
    let api = FakeApi::start(events, refusals);
    let ended = serve(&api, "panic-or-echo", "4");
    let posts = api.posts();
    assert_eq!(posts.len(), 100, "{}", ended.stderr);
    let ids: BTreeSet<_> = posts.iter().map(|post| post.path.clone()).collect();
    assert_eq!(ids.len(), 100, "each gets one response");
    assert_eq!(posts.iter().filter(|post| post.path.ends_with("/error")).count(), 10);
    assert_eq!(api.connections(), 4);
}

#[test]
fn the_process_goes_on_until_its_last_worker_has_stopped() {
    let slow = |id| Reply::event(id, "1").after(Duration::from_millis(300));
    // Of two workers one is reported to stop at once.
    let api =
        FakeApi::start([Reply::new(403, &[], "not you"), slow("1"), slow("2"), slow("3")], []);
    let ended = serve(&api, "sleep-ms", "2");
    assert_eq!(api.posts().len(), 3, "{}", ended.stderr);
    assert_eq!(ended.code(), 1);
    assert!(ended.stderr.contains("one of 2 workers has stopped, 1 continue"), "{}", ended.stderr);
}

#[test]
fn a_500_to_one_worker_ends_them_all() {
    let forever = Reply::event("9", "{}").after(Duration::from_secs(600));
    let api = FakeApi::start(
        [Reply::event("1", "{}"), forever.clone(), forever],
        [Reply::new(500, &[], "beyond help")],
    );
    let ended = serve(&api, "echo", "3");
    assert_eq!(ended.code(), 1);
    assert!(ended.stderr.contains("beyond help"), "{}", ended.stderr);
}

#[test]
fn the_trace_id_is_in_the_log_and_not_in_the_environment() {
    let traced = [("Lambda-Runtime-Trace-Id", "Root=1-2")];
    for (handler, event) in [("trace-variable", "{}"), ("log", "\"hello\"")] {
        let api = FakeApi::start([Reply::event_with("1", &traced, event)], []);
        let mut command = bootstrap(&api, handler);
        command.env("AWS_LAMBDA_MAX_CONCURRENCY", "2").env("_X_AMZN_TRACE_ID", "as it was");
        let ended = end(&mut command, b"");
        if handler == "log" {
            let line = "INFO 1 trace=Root=1-2 bootstrap_for_tests: hello\n";
            assert!(ended.stderr.contains(line), "{}", ended.stderr);
        } else {
            assert_eq!(api.posts()[0].text(), "\"as it was\"");
        }
    }
}

#[test]
fn each_record_has_the_ids_of_its_own_worker() {
    let events = (0..200).map(|n| {
        let tenant = format!("tenant-{n}");
        Reply::event_with(
            &format!("id-{n}"),
            &[("Lambda-Runtime-Aws-Tenant-Id", &tenant)],
            format!("\"text-{n}\""),
        )
    });
    let api = FakeApi::start(events, []);
    let ended = serve(&api, "log", "8");
    for n in 0..200 {
        let line = format!("INFO id-{n} tenant=tenant-{n} bootstrap_for_tests: text-{n}\n");
        assert!(ended.stderr.contains(&line), "{line} {}", ended.stderr);
    }
}
