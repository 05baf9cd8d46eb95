//! No state goes from one event to the next: a process that has served other events responds and
//! logs like a new process.

mod support;

use std::process::Command;
use support::fake_api::{FakeApi, Reply};
use support::program::{end, example};

/// What the events ask the handler to do.
const KINDS: [&str; 10] =
    ["", "caught", "resumed", "panic", "payload", "error", "print", "thread", "identity", "long"];

/// An event with every header that Lambda sends sometimes, or with none of them.
fn event(id: usize, kind: &str, has_headers: bool) -> Reply {
    let body = if kind == "long" { "x".repeat(100_000) } else { kind.to_owned() };
    let headers = [
        ("Lambda-Runtime-Trace-Id", "Root=1-2;Sampled=1"),
        ("Lambda-Runtime-Client-Context", "{\"custom\":{}}"),
        ("Lambda-Runtime-Cognito-Identity", "{\"cognitoIdentityId\":1}"),
        ("Lambda-Runtime-Aws-Tenant-Id", "tenant"),
        ("Lambda-Runtime-Invocation-Id", "attempt"),
    ];
    Reply::event_with(&format!("id-{id}"), if has_headers { &headers } else { &[] }, body)
}

/// The responses and the log of a process that serves these events.
struct Seen {
    posts: Vec<String>,
    log: Vec<String>,
    stdout: String,
}

fn serve(events: Vec<Reply>, variables: &[(&str, &str)]) -> Seen {
    let count = events.len();
    let api = FakeApi::start(events, []);
    let mut command: Command = example("panics-for-tests");
    command.env("AWS_LAMBDA_RUNTIME_API", api.address()).env("_HANDLER", "state");
    let ended = end(command.envs(variables.iter().copied()), b"");
    let mut posts = api.posts();
    posts.sort_by_key(|post| post.path.clone());
    let describe = |post: &support::fake_api::Request| {
        let headers: Vec<_> = post.headers.iter().filter(|(name, _)| name != "host").collect();
        format!("{} {headers:?} {}", post.path, post.text())
    };
    let posts: Vec<_> = posts.iter().map(describe).collect();
    assert_eq!(posts.len(), count, "{}", ended.stderr);
    let log = ended.stderr.lines().filter(|line| line.contains("id-")).map(str::to_owned);
    Seen { posts, log: log.collect(), stdout: ended.stdout }
}

#[test]
fn every_event_is_served_as_if_it_were_the_first() {
    for variables in [[("RUST_BACKTRACE", "0")], [("AWS_LAMBDA_MAX_CONCURRENCY", "2")]] {
        // Each kind comes after each other kind, with headers after none and the reverse.
        let mut kinds = Vec::new();
        for first in 0..KINDS.len() {
            for second in 0..KINDS.len() {
                kinds.extend([(first, (first + second) % 2 == 0), (second, second % 3 == 0)]);
            }
        }
        let events = |range: std::ops::Range<usize>| {
            let chosen = kinds.iter().enumerate().take(range.end).skip(range.start);
            chosen.map(|(id, (kind, headers))| event(100 + id, KINDS[*kind], *headers)).collect()
        };
        let all = serve(events(0..kinds.len()), &variables);
        for (at, post) in all.posts.iter().enumerate() {
            let alone = serve(events(at..at + 1), &variables);
            assert_eq!(post, &alone.posts[0], "event {at}: {:?}", KINDS[kinds[at].0]);
            let id = format!("id-{}", 100 + at);
            let log: Vec<_> = all.log.iter().filter(|line| line.contains(&id)).collect();
            assert_eq!(log, alone.log.iter().collect::<Vec<_>>(), "{id}");
            assert!(all.stdout.contains(&alone.stdout));
        }
    }
}
