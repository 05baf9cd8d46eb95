//! Counts of instructions that are kept in a file, so that a change that makes an event dearer is
//! seen: `make guard`.
//!
//! The counts depend on the compiler, on the C library that is linked in, and on valgrind, which
//! says what the processor can do. With others than those of the file nothing is compared.

use crate::contenders::{self, Contender, OURS};
use crate::counts::{self, Runs};
use crate::{plan, said};
use std::fmt::Write;
use std::fs;

const FILE: &str = "benches/instructions.txt";

/// How far a count may be from the one that is kept: above, or below without an update.
const TOLERANCE: f64 = 0.03;

const HEAD: &str = "\
# The instructions, in user space, that one event takes in a running process. Counted by callgrind, in
# programs that CI builds anyway: with `opt-level = 1` and without LTO, so they are twice those of
# docs/BENCHMARK.md. `make guard` compares them, and `make guard UPDATE=1` writes this file.
";

/// The number of events of the two runs whose difference counts.
const LENGTHS: (usize, usize) = (10, 40);

/// As long as one of a Lambda function.
const SESSION_TOKEN_BYTES: usize = 700;

/// An event of a program.
struct Guarded {
    name: &'static str,
    program: &'static str,
    features: &'static str,
    handler: &'static str,
    first: Option<fn() -> String>,
    event: fn() -> String,
}

const ALL: [Guarded; 4] = [
    Guarded {
        name: "hello",
        program: "ours-hello",
        features: "http",
        handler: "hello.order",
        first: None,
        event: plan::SMALL,
    },
    Guarded {
        name: "GET of a to-do",
        program: "ours-http",
        features: "http",
        handler: "todo.http",
        first: Some(plan::create_to_do),
        event: plan::read_to_do,
    },
    Guarded {
        name: "GetItem",
        program: "ours-aws",
        features: "aws",
        handler: "get",
        first: None,
        event: || r#"{"id":"ada"}"#.to_owned(),
    },
    Guarded {
        name: "durable replay",
        program: "ours-aws",
        features: "aws",
        handler: "steps",
        first: None,
        event: documents::durable_replay,
    },
];

/// Compares the counts with the file.
pub fn check() -> Result<(), String> {
    if !counts::is_there("valgrind") {
        return not_compared("valgrind is not installed");
    }
    let text = fs::read_to_string(FILE).map_err(|error| format!("{FILE}: {error}"))?;
    let kept = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.ok_or_else(|| format!("{FILE} has no line for {name}: make guard UPDATE=1"))
    };
    let mut others = Vec::new();
    for (name, here) in tools() {
        let there = kept(name)?;
        if there != here {
            others.push(format!("{name} is {here}, and {there} in {FILE}"));
        }
    }
    let mut changed = Vec::new();
    for (name, count) in count()? {
        let before: f64 =
            kept(name)?.parse().map_err(|_| format!("{FILE}: {name} is no number"))?;
        let change = count / before - 1.0;
        let line =
            format!("{name}: {count:.0} instructions, {before} before, {:+.1}%", change * 100.0);
        println!("{line}");
        if change.abs() > TOLERANCE {
            changed.push(line);
        }
    }
    if !others.is_empty() {
        return not_compared(&others.join("; "));
    }
    if changed.is_empty() {
        return Ok(());
    }
    Err(format!(
        "counts differ by more than {}%:\n{}\nIf that is meant, write them to {FILE}: make guard \
         UPDATE=1",
        TOLERANCE * 100.0,
        changed.join("\n")
    ))
}

/// Writes the counts to the file.
pub fn update() -> Result<(), String> {
    let mut text = HEAD.to_owned();
    for (name, version) in tools() {
        let _ = writeln!(text, "{name}: {version}");
    }
    for (name, count) in count()? {
        let _ = writeln!(text, "{name}: {count:.0}");
    }
    fs::write(FILE, &text).map_err(|error| format!("{FILE}: {error}"))?;
    print!("{text}");
    Ok(())
}

/// Says that nothing was compared, so that nobody overlooks it. It is no failure.
fn not_compared(why: &str) -> Result<(), String> {
    let line = "=".repeat(80);
    eprintln!("{line}\nguard: THE COUNTS ARE NOT COMPARED: {why}.\n{line}");
    Ok(())
}

/// What the counts depend on.
fn tools() -> [(&'static str, String); 4] {
    [
        ("rustc", said("rustc", "--version")),
        ("libc", said("ldd", "--version")),
        ("valgrind", said("valgrind", "--version")),
        ("architecture", std::env::consts::ARCH.to_owned()),
    ]
}

/// Counts the instructions of each event.
fn count() -> Result<Vec<(&'static str, f64)>, String> {
    let host = contenders::host()?;
    let table = documents::table::start().map_err(|error| error.to_string())?;
    let url = format!("http://{}", table.address());
    let token = "IQoJb3JpZ2luX2Vj".repeat(SESSION_TOKEN_BYTES / 16);
    let variables = [
        ("AWS_ENDPOINT_URL_DYNAMODB", &*url),
        ("AWS_ACCESS_KEY_ID", "ASIAEXAMPLEEXAMPLE12"),
        ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
        ("AWS_SESSION_TOKEN", &*token),
    ];
    let count = |guarded: &Guarded| {
        let path = contenders::cargo("ours", guarded.program, guarded.features, &host)?;
        let command = vec![path];
        let contender = Contender { name: OURS, command, handler: guarded.handler, baseline: "" };
        let event = (guarded.event)();
        let first = guarded.first.map(|first| first());
        let runs = Runs { first, event: &event, lengths: LENGTHS };
        Ok((guarded.name, counts::instructions_with(&contender, &runs, &variables)?))
    };
    ALL.iter().map(count).collect()
}
