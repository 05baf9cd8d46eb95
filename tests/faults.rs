//! Faults between the runtime and the service at every step: nothing hangs, spins or panics, no
//! event gets two responses, and the log says why each process ends.
//!
//! The results are published in docs/FAULTS.md, which this test writes if `FAULTS=write` is set.
//! `FAULT=text` runs only the faults whose names contain the string.

#[path = "support/fault_replies.rs"]
mod fault_replies;
#[path = "support/fault_table.rs"]
mod fault_table;
#[path = "support/faulty_api.rs"]
mod faulty_api;
mod support;

use fault_table::{Case, Place, Then, cases};
use faulty_api::{At, FaultyApi, Seen};
use minilambda_local::script::Step;
use std::fmt::Write as _;
use std::io::{Read, Write as _};
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, thread};
use support::program::example;

/// Longer than any case takes on a slow machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Most cases wait most of their time.
const AT_ONCE: usize = 12;

/// Without optimisation some 20 ms are usual; the kernel counts in hundredths of a second.
const MAX_CPU_MS: u64 = 500;

/// For tens of MB that are read before they exceed a limit.
const MAX_CPU_MS_FOR_FLOODS: u64 = 10_000;

/// How a program ended.
struct Outcome {
    code: Option<i32>,
    log: String,
    cpu_ms: u64,
    seen: Vec<Seen>,
    connections: usize,
}

#[test]
fn every_fault_at_every_step_ends_as_it_should() {
    let mut cases = cases();
    if let Ok(only) = env::var("FAULT") {
        cases.retain(|case| case.fault.contains(&only));
    }
    let next = AtomicUsize::new(0);
    let wrong = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let outcome = run(case);
                    for what in check(case, &outcome) {
                        let (fault, place, log) = (case.fault, case.place.name(), &outcome.log);
                        let place = format!("{place} ({})", times(case));
                        let lines: Vec<_> = outcome.seen.iter().map(|seen| &*seen.line).collect();
                        wrong.lock().unwrap().push(format!(
                            "{fault}, at {place}: {what}\n  {}\n  {}",
                            lines.join("\n  "),
                            log.trim_end().replace('\n', "\n  ")
                        ));
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    if cfg!(feature = "shutdown") && env::var_os("FAULT").is_none() {
        compare_with_the_published(&table(&cases));
    }
}

// ---- running

fn run(case: &Case) -> Outcome {
    let api = FaultyApi::start(case.at, case.times, case.script.clone(), case.event.clone());
    if case.at == At::Next(0) {
        api.refuse();
    }
    let mut command = example("bootstrap-for-tests");
    command.env("AWS_LAMBDA_RUNTIME_API", api.address()).env("_HANDLER", case.place.handler());
    let (variable, value) = case.place.variable();
    command.env("RUST_LOG", "minilambda=debug").env(variable, value);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    api.program_is(child.id());
    let mut stderr = child.stderr.take().unwrap();
    let log = thread::spawn(move || {
        let mut log = Vec::new();
        stderr.read_to_end(&mut log).map(|_| String::from_utf8_lossy(&log).into_owned())
    });
    let cpu_ms = wait(&mut child);
    let code = child.wait().unwrap().code();
    let log = log.join().unwrap().unwrap();
    Outcome { code, log, cpu_ms, seen: api.seen(), connections: api.connections() }
}

/// Waits for the program's end, and returns its CPU time, which is known only until its exit status
/// is read.
fn wait(child: &mut Child) -> u64 {
    let start = Instant::now();
    loop {
        let line = fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
        // The program's name, in parentheses, may contain anything.
        let fields: Vec<_> = line.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks = |index: usize| fields[index].parse::<u64>().unwrap();
        if fields[0] == "Z" {
            return (ticks(11) + ticks(12)) * 10;
        }
        if start.elapsed() > PATIENCE {
            child.kill().unwrap();
        }
        thread::sleep(Duration::from_millis(2));
    }
}

// ---- invariants

fn check(case: &Case, outcome: &Outcome) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut must = |holds: bool, what: &str| {
        if !holds {
            wrong.push(what.to_owned());
        }
    };
    let log = &outcome.log;
    must(outcome.code == Some(1), &format!("ended with {:?}", outcome.code));
    must(!log.contains("panicked"), "a panic");
    let flood = case.script.iter().any(|act| matches!(act, Step::SendForever(_)));
    let limit = if flood { MAX_CPU_MS_FOR_FLOODS } else { MAX_CPU_MS };
    must(outcome.cpu_ms < limit, &format!("{} ms of CPU time", outcome.cpu_ms));
    must(outcome.seen.len() <= 10, &format!("{} requests", outcome.seen.len()));
    must(outcome.connections <= 10, &format!("{} connections", outcome.connections));

    let posts = |id: usize| {
        let place = format!("/invocation/{id}/");
        let lines = outcome.seen.iter().filter(|seen| seen.line.contains(&place));
        lines.cloned().collect::<Vec<_>>()
    };
    let counts = [1, 2, 3].map(|id| posts(id).len());
    must(counts.iter().all(|count| *count <= 1), &format!("posted twice: {counts:?}"));
    let failed = posts(2).iter().any(|seen| seen.line.contains("/2/error"));
    let is_repeated = case.times > 1;
    let from_first = case.times > 2;
    let expected: &[[usize; 3]] = match (case.then, case.place) {
        (Then::EndsNext, _) if from_first => &[[1, 0, 0]],
        (Then::EndsNext, _) => &[[1, 1, 0]],
        (Then::AskedAgain, _) | (Then::Ends, Place::Event) if from_first => &[[0, 0, 0]],
        (Then::AskedAgain, _) if is_repeated => &[[1, 0, 0]],
        (Then::Ends, Place::Response | Place::Failure | Place::Stream) if from_first => {
            &[[1, 0, 0]]
        }
        (Then::Lost, _) if is_repeated => &[counts], // at most one each
        (_, Place::InitError) | (Then::Ends, Place::Restoring) => &[[0, 0, 0]],
        (Then::Lost, _) => &[[1, 1, 1], [1, 0, 1]],
        (Then::AskedAgain, _) => &[[1, 0, 1]],
        (Then::Ends, Place::Event | Place::Asking) => &[[1, 0, 0]],
        (Then::Ends, Place::Connecting) => &[[0, 0, 0], [1, 0, 0]],
        (Then::Ends, _) => &[[1, 1, 0]],
        _ => &[[1, 1, 1]],
    };
    must(expected.contains(&counts), &format!("posts: {counts:?}"));
    let errors = case.then == Then::Truncated;
    if counts[1] == 1 && case.place.handler() != "error" {
        must(failed == errors, "an error for a response, or a response for an error");
    }
    if case.then == Then::Unnoticed && case.event.len() > 1_000_000 {
        let bytes = posts(2).first().and_then(|seen| seen.bytes).unwrap_or(0);
        must(bytes > case.event.len(), &format!("{bytes} bytes arrived"));
    }

    let (told, _) = log_line(case);
    if is_repeated && matches!(case.then, Then::Refused(_)) {
        let refused = log.lines().filter(|line| line.contains("was rejected")).count();
        must(refused == case.times.min(3), &format!("{refused} rejections are logged"));
    }
    let lines: Vec<_> = log
        .lines()
        .filter(|line| !line.contains("that was all") && !line.contains("the warehouse is"))
        .collect();
    if told.is_empty() {
        let usual = |line: &&&str| line.starts_with("DEBUG ") || line.contains("NoSuchHandler");
        let lines = lines.iter().filter(|line| !usual(line));
        must(lines.count() == 0, "more in the log than is expected");
    } else {
        let line = lines.iter().find(|line| told.iter().all(|part| line.contains(part)));
        must(line.is_some(), &format!("no {told:?} in the log"));
    }
    wrong
}

/// The parts that the log must contain, and how they are published.
fn log_line(case: &Case) -> (Vec<&'static str>, String) {
    let post = match case.place {
        Place::InitError => "/init/error",
        place if place.handler() == "error" => "/2/error",
        _ => "/2/response",
    };
    let event = matches!(case.place, Place::Connecting | Place::Asking | Place::Event);
    // The result for the second event is published; the others are the same.
    let post = if case.times > 1 { post.trim_start_matches("/2") } else { post };
    let then = match case.then {
        Then::AskedAgain if case.times > 1 => Then::Ends,
        then => then,
    };
    match then {
        Then::Unnoticed => (vec![], String::new()),
        Then::EndsNext => {
            let text = "asking for the next event failed";
            (vec![text], format!("`{text}: …`"))
        }
        Then::AskedAgain => {
            let text = "the connection to the Runtime API was stale";
            (vec!["DEBUG ", text], format!("`{text}` (debug)"))
        }
        Then::Truncated => {
            let text = "Runtime.TruncatedEvent: the event did not arrive completely";
            (vec![text], format!("`{text}: …`"))
        }
        Then::Lost => {
            let text = "failed, and may or may not have arrived";
            (vec!["POST ", post, text], format!("`POST … {text}: …`"))
        }
        Then::Refused(status) => (
            vec!["POST ", post, "was rejected: ", status],
            format!("`POST … was rejected: {status} …`"),
        ),
        Then::NotRegistered => {
            let text = "no extension was registered";
            (vec!["WARN ", text], format!("`{text}, …`"))
        }
        Then::Ends if case.place == Place::Restoring => {
            let text = "waiting for the restore failed";
            (vec![text], format!("`{text}: …`"))
        }
        Then::Ends if event => {
            let text = "asking for the next event failed";
            (vec![text], format!("`{text}: …`"))
        }
        Then::Ends => (vec!["POST ", post, "failed: 50"], "`POST … failed: 50x …`".to_owned()),
    }
}

// ---- the published table

fn table(cases: &[Case]) -> String {
    let mut rows: Vec<(&str, &str, Vec<Place>, String)> = Vec::new();
    for case in cases {
        let (_, log) = log_line(case);
        let end = format!("{} | {log}", what_happens(case));
        let same = |other: &&Case| other.fault == case.fault && other.place == case.place;
        let ends = cases.iter().filter(same).map(|other| (what_happens(other), log_line(other).1));
        let is_always_same = ends.clone().all(|other| Some(other) == ends.clone().next());
        let is_repeated = cases.iter().filter(same).any(|other| other.times > 1);
        let times = if is_always_same && is_repeated { "any" } else { times(case) };
        let row = rows
            .iter_mut()
            .find(|(fault, often, _, row)| (*fault, *often, &**row) == (case.fault, times, &*end));
        match row {
            Some((_, _, places, _)) => places.push(case.place),
            None => rows.push((case.fault, times, vec![case.place], end)),
        }
    }
    // The same fault at other steps is below.
    let order: Vec<_> = rows.iter().map(|(fault, ..)| *fault).collect();
    rows.sort_by_key(|(fault, ..)| order.iter().position(|other| other == fault));
    let mut text = include_str!("support/faults.head.md").to_owned();
    text.push_str(
        "\n| fault | times | step | what happens | in the log |\n|---|---|---|---|---|\n",
    );
    for (fault, times, places, end) in rows {
        let mut names: Vec<_> = places.iter().map(|place| place.name()).collect();
        names.dedup();
        writeln!(text, "| {fault} | {times} | {} | {end} |", names.join(", ")).unwrap();
    }
    writeln!(text, "\n{} cases.", cases.len()).unwrap();
    text
}

/// How often the fault happens.
fn times(case: &Case) -> &'static str {
    match case.times {
        1 => "1",
        2 => "2 in a row",
        _ => "always",
    }
}

fn what_happens(case: &Case) -> &'static str {
    match case.then {
        Then::AskedAgain if case.times > 1 => "the process ends with status 1",
        _ if case.place == Place::InitError => "the process ends with status 1, as it would anyway",
        Then::NotRegistered => "all events get responses; Lambda may not announce its shutdown",
        Then::Unnoticed => "all events get responses",
        Then::AskedAgain => "/next is asked once more, on a new connection",
        Then::Truncated => "the event is reported as failed, and the next is served",
        Then::Lost | Then::Refused(_) => "the response is not sent again; the next event is served",
        Then::Ends | Then::EndsNext => "the process ends with status 1",
    }
}

fn compare_with_the_published(text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/FAULTS.md");
    if env::var("FAULTS").is_ok_and(|what| what == "write") {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        return fs::File::create(path).unwrap().write_all(text.as_bytes()).unwrap();
    }
    let published = fs::read_to_string(path).unwrap_or_default();
    assert!(
        published == text,
        "docs/FAULTS.md differs from the results; write it with: \
         FAULTS=write cargo test --all-features every_fault"
    );
}
