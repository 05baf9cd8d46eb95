//! The number of system calls of an invocation, counted by strace.

mod support;

use std::fs;
use std::process::Command;
use support::fake_api::{FakeApi, Reply};
use support::program::{end, path_of};
use support::skip::skip;

/// The calls that a run with this many small events makes, in order.
fn calls(events: usize) -> Vec<String> {
    let api = FakeApi::start((0..events).map(|_| Reply::event("id", "{}")), []);
    let path = std::env::temp_dir().join(format!("minilambda-{}-{events}", std::process::id()));
    let mut command = Command::new("strace");
    command.args(["-f", "-qq", "-o"]).arg(&path).arg(path_of("bootstrap-for-tests"));
    command.env("AWS_LAMBDA_RUNTIME_API", api.address()).env("_HANDLER", "echo");
    let ended = end(&mut command, b"");
    let text = fs::read_to_string(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!(api.posts().len(), events, "{}", ended.stderr);
    // A line is a process id, spaces, and the call. One that strace interrupts for a line of
    // another thread's has a second line, "<... recvfrom resumed>", which is no call.
    text.lines()
        .filter(|line| !line.contains(" resumed>"))
        .filter_map(|line| Some(line.split_whitespace().nth(1)?.split_once('(')?.0.to_owned()))
        .collect()
}

#[test]
fn an_invocation_of_a_small_event_takes_four_system_calls() {
    if Command::new("strace").arg("-V").output().is_err() {
        return skip("strace is not installed: apt-get install strace");
    }
    let (few, many) = (calls(100), calls(600));
    let exchange = ["sendto", "recvfrom", "writev", "recvfrom"].map(str::to_owned);
    let of_exchange =
        |calls: &[String]| calls.iter().filter(|call| exchange.contains(call)).count();
    let more = of_exchange(&many) - of_exchange(&few);
    assert!((2000..=2030).contains(&more), "500 invocations took {more} calls for their exchange");
    // A few calls for memory do not come with each invocation: 0 with glibc, 20 with musl. The
    // start of a run may take one or two more, depending on where the kernel places a thread's
    // memory.
    let more = many.len() - few.len();
    assert!(more <= 2030, "500 invocations took {more} calls");
    assert!(many.windows(4).filter(|calls| *calls == exchange).count() > 500);
}
