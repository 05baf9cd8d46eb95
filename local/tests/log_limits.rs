//! What is kept of logs, and what they take: the tests of this file are about the memory of the
//! process, so they are one after the other.
#![cfg(target_os = "linux")]

use minilambda_local::{Invocation, Lambda};
use std::fs;
use std::time::Duration;

fn lambda() -> Lambda {
    let builder = Lambda::builder(Lambda::path_of_example("functions"));
    builder.timeout(Duration::from_secs(60)).build()
}

fn print(lambda: &Lambda, text: &str, times: usize, end: &str) -> Invocation {
    let event = format!(r#"{{"text":"{text}","times":{times},"end":"{end}"}}"#);
    let done = lambda.invoke("print", event).unwrap();
    assert_eq!(done.failure, None);
    done
}

/// The most memory that this process has had since the last call, in KB.
fn peak_kb() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let kb = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    fs::write("/proc/self/clear_refs", "5").unwrap();
    kb.trim().trim_end_matches(" kB").parse().unwrap()
}

fn bytes(done: &Invocation) -> usize {
    done.log.iter().map(|line| line.len() + 1).sum()
}

#[test]
fn a_log_has_a_limit_and_says_so() {
    let lambda = lambda();
    let hundred = "x".repeat(92);
    print(&lambda, &hundred, 10, "\\n");
    peak_kb();
    let before = peak_kb();

    // 100 MB of lines.
    let done = print(&lambda, &hundred, 1_000_000, "\\n");
    assert!((900_000..1_100_000).contains(&bytes(&done)), "{} bytes", bytes(&done));
    assert!(done.log.iter().any(|line| line.starts_with("0 x")));
    assert!(done.has_logged("999999 x") && done.has_logged("the last line"));
    assert!(done.log.last().unwrap().starts_with("REPORT "));
    let cuts: Vec<_> = done.log.iter().filter(|line| line.contains("(cut by ")).collect();
    assert!(matches!(*cuts, [cut] if cut.contains("1 MB is kept")), "{cuts:?}");

    // 100 MB without a line feed.
    let done = print(&lambda, &hundred, 1_000_000, "");
    assert!(bytes(&done) < 70_000, "{} bytes", bytes(&done));
    assert!(done.has_logged("(cut by minilambda-local: of a line 64 KB are kept)"));

    // Of each of many long lines.
    let done = print(&lambda, &"x".repeat(100_000), 3, "\\n");
    let long: Vec<_> = done.log.iter().filter(|line| line.contains("64 KB are kept")).collect();
    assert_eq!(long.len(), 3);
    assert!(long.iter().all(|line| line.len() < 66_000) && done.has_logged("the last line"));

    // Lines of no bytes are many.
    let done = print(&lambda, "", 2_000_000, "\\n");
    assert!(done.log.len() <= 50_010 && done.has_logged("(cut by "), "{}", done.log.len());

    let grown = peak_kb().saturating_sub(before);
    assert!(grown < 64 * 1024, "{grown} KB more");

    // A log within the limits is complete.
    let done = print(&lambda, &hundred, 5000, "\\n");
    assert_eq!(done.log.iter().filter(|line| line.contains(" xxx")).count(), 5000);
    assert!(!done.has_logged("(cut by "));
}
