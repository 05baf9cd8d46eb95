//! What a function's log looks like on Lambda.

mod support;

use miniserde::json;
use support::fake_api::{Answer, FakeApi};
use support::program::{bootstrap, end};

fn logged(text: &str, rust_log: Option<&str>) -> Vec<String> {
    let api = FakeApi::start([Answer::event("id-1", json::to_string(text))], []);
    let mut command = bootstrap(&api, "log");
    rust_log.map(|filter| command.env("RUST_LOG", filter));
    let ended = end(&mut command, b"");
    assert_eq!(ended.stdout, "");
    let mut lines: Vec<_> = ended.stderr.split_inclusive('\n').map(str::to_owned).collect();
    lines.pop(); // that the API ran out
    lines
}

#[test]
fn a_record_is_one_line_with_level_request_id_and_target() {
    assert_eq!(
        logged("first\nsecond\n\tthird", None),
        ["INFO id-1 bootstrap_for_tests: first\rsecond\r\tthird\n"]
    );
}

#[test]
fn the_filter_comes_from_rust_log() {
    assert_eq!(logged("x", Some("warn")), [""; 0]);
    assert_eq!(
        logged("x", Some("bootstrap_for_tests=debug")),
        ["INFO id-1 bootstrap_for_tests: x\n", "DEBUG id-1 bootstrap_for_tests: in detail: x\n"]
    );
    // The HTTP client's talk is for those who ask for it by name.
    assert_eq!(logged("x", Some("debug")).len(), 2);
    assert!(logged("x", Some("debug,ureq=debug")).len() > 4);
}

#[test]
fn the_end_is_logged_without_a_request_id_of_the_past() {
    let api = FakeApi::start([Answer::event("id-1", "\"x\"")], []);
    let ended = end(&mut bootstrap(&api, "log"), b"");
    let last = ended.stderr.lines().last().unwrap();
    assert!(
        last.starts_with("ERROR - minilambda::runtime: asking for the next event failed: 500"),
        "{last}"
    );
}
