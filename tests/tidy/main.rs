//! Invariants of the sources: layers, and which names may be used where.

mod layers;
mod prose;
mod rust;
mod targets;

use rust::{Part, only, root, sources};
use std::fs;

/// The places outside `allowed` (files, or folders with a slash) that contain one of the words,
/// comments excluded.
fn places(folder: &str, words: &[&str], allowed: &[&str]) -> Vec<String> {
    let mut places = Vec::new();
    for (path, text) in sources(folder) {
        if allowed.iter().any(|allowed| path.starts_with(allowed)) {
            continue;
        }
        let text = only(&text, &[Part::Code, Part::Literal]);
        for (number, code) in text.lines().enumerate() {
            for word in words.iter().filter(|word| code.contains(**word)) {
                places.push(format!("{path}:{}: {word}", number + 1));
            }
        }
    }
    places
}

#[test]
fn only_the_client_and_its_transport_know_ureq() {
    // The logger names it too, as a target whose records are not shown.
    assert_eq!(places("src", &["ureq"], &["src/http/", "src/logging/"]), [""; 0]);
}

#[test]
fn only_the_client_knows_urls_headers_and_statuses() {
    let words = ["2018-06-01", "lambda-runtime-", "Lambda-Runtime-", "/invocation", "/extension"];
    assert_eq!(places("src", &words, &["src/api/"]), [""; 0]);
}

#[test]
fn the_runtime_does_not_depend_on_the_event_types() {
    // The label of the crate's frames in a stack trace is the only mention.
    let words = ["minilambda_events", "minilambda_http"];
    assert_eq!(places("src", &words, &["src/backtrace.rs"]), [""; 0]);
    assert_eq!(places("events/src", &["minilambda_http"], &[]), [""; 0]);
}

#[test]
fn there_is_one_file_with_unsafe_code() {
    let found = places("src", &["unsafe "], &[]);
    assert!(found.iter().all(|place| place.starts_with("src/environment.rs")), "{found:?}");
    assert_eq!(places("src", &["allow(unsafe_code"], &[]).len(), 1);
    for folder in ["events/src", "http/src", "local/src", "aws/src", "durable/src"] {
        assert_eq!(places(folder, &["unsafe "], &[]), [""; 0]);
    }
}

/// `tests/state.rs` shows that none of it goes from one event to the next.
#[test]
fn all_state_of_the_process_is_known() {
    let known = [
        "src/api/metadata.rs: ZONE", // the place of the process, forgotten after a restore
        "src/chance.rs: SOURCE",     // the system's, opened once
        "src/environment.rs: SECOND", // which of the two texts is written next
        "src/environment.rs: TEXTS",
        "src/invocation.rs: IS_SILENT", // only while a durable function runs
        "src/invocation.rs: OF_PROCESS",
        "src/invocation.rs: OF_THREAD",
        "src/invocation.rs: OF_WORKERS",
        "src/json/spelling.rs: IS_LOCAL",   // set once
        "src/logging/keys.rs: EXTRAS",      // set once
        "src/logging/keys.rs: STATE",       // each entry has the id of its invocation
        "src/logging/logger.rs: INSTALLED", // set once
        "src/logging/logger.rs: IS_WARM",   // set by the first event
        "src/logging/mod.rs: IS_OURS",      // set once
        "src/panics.rs: IS_DISCARDING",
        "src/panics.rs: LAST_PANIC",
    ];
    let mut found = Vec::new();
    for (path, text) in sources("src") {
        for line in text.lines().map(str::trim).filter(|line| !line.starts_with("//")) {
            let line = line.trim_start_matches("pub(crate) ");
            if let Some(name) = line.strip_prefix("static ") {
                found.push(format!("{path}: {}", name.split(':').next().unwrap()));
            }
        }
    }
    found.sort();
    assert_eq!(found, known);
}

#[test]
fn nothing_ends_the_process_in_the_middle_or_panics_by_design() {
    let words =
        ["process::exit", "process::abort", "todo!", "unimplemented!", "unreachable!", "panic!("];
    for folder in ["src", "events/src", "local/src", "aws/src", "durable/src"] {
        assert_eq!(places(folder, &words, &[]), [""; 0]);
    }
    // There a panic is a compile error.
    assert_eq!(places("http/src", &words, &["http/src/check.rs"]), [""; 0]);
}

#[test]
fn no_source_is_longer_than_one_reads_in_a_sitting() {
    for folder in [
        "src",
        "events/src",
        "http/src",
        "local",
        "aws",
        "durable",
        "examples",
        "benches/meter/src",
    ] {
        for (path, text) in sources(folder) {
            assert!(text.lines().count() <= 400, "{path}");
        }
    }
}

/// Cargo has no way to share them: these are separate workspaces.
#[test]
fn the_release_profiles_are_equal() {
    let profile = |file: &str| {
        let text = fs::read_to_string(root().join(file)).unwrap();
        let sections = text.split("\n[").filter(|section| section.starts_with("profile.release"));
        let lines: Vec<_> = sections.flat_map(str::lines).map(str::to_owned).collect();
        let is_setting = |line: &String| {
            let is_default = line == "panic = \"unwind\"";
            !(line.is_empty() || line.starts_with('#') || is_default)
        };
        lines.into_iter().filter(is_setting).collect::<Vec<_>>()
    };
    let ours = profile("Cargo.toml");
    assert!(ours.len() > 5, "{ours:?}");
    assert_eq!(profile("benches/Cargo.toml"), ours);
    assert_eq!(profile("examples/template/Cargo.toml"), ours);
    // What calls AWS has a profile for TLS, too.
    let calling = profile("examples/template-fullstack/Cargo.toml");
    assert!(calling.starts_with(&ours[..5]) && calling.len() == 10, "{calling:?}");
    assert_eq!(profile("examples/template-durable/Cargo.toml"), calling);
    assert_eq!(profile("examples/postgres/Cargo.toml"), calling);
}

/// The tables of attacks, one for each crate that has one: attack, expected, test.
#[test]
fn each_test_that_a_table_of_attacks_names_is_there() {
    let folders = ["src", "tests", "events", "http", "local", "aws", "durable"];
    let sources: String =
        folders.iter().flat_map(|folder| sources(folder)).map(|it| it.1).collect();
    let tables = fs::read_dir(root().join("docs")).unwrap().map(|entry| entry.unwrap().path());
    let is_table = |path: &std::path::PathBuf| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("FAULTS-"))
    };
    let mut count = 0;
    for path in tables.filter(is_table) {
        let text = fs::read_to_string(&path).unwrap();
        let rows = text.lines().filter(|line| line.starts_with("| "));
        for row in rows.filter(|row| *row != "| attack | expected | test |") {
            let cells: Vec<_> = row.trim_matches('|').split(" | ").collect();
            let [_, _, tests] = &*cells else { panic!("{row} has no three cells") };
            let names: Vec<_> = tests.split('`').skip(1).step_by(2).collect();
            assert!(!names.is_empty(), "{row} names no test");
            for name in names {
                let is_there = sources.contains(&format!("fn {name}() {{"));
                assert!(is_there, "{}: there is no test {name}", path.display());
                count += 1;
            }
        }
    }
    assert!(count > 30, "the test finds the tables");
}

/// Types whose fields or variants are all public, and complete. A program matches each variant, or
/// writes each field that it means, and takes the others from a constant.
const COMPLETE: [&str; 11] = [
    "aws/src/client.rs: Empty",
    "aws/src/dynamodb/cursor.rs: Cursor",
    "aws/src/signer.rs: ToSign",
    "aws/src/websocket.rs: Delivery",
    "durable/src/batch.rs: Outcome",
    "durable/src/batch.rs: Batch",
    "durable/src/board.rs: When",
    "durable/src/retry.rs: Retry",
    "durable/src/step.rs: Check",
    "http/src/failure.rs: Failure",
    "src/json/serde_bridge/mod.rs: Serde",
];

/// `events/tests/tidy.rs` has the rule for those of AWS.
#[test]
fn a_public_type_can_grow_unless_it_is_complete() {
    let folders = ["aws/src", "durable/src", "http/src", "local/src", "src"];
    let mut found = Vec::new();
    for (path, text) in folders.iter().flat_map(|folder| sources(folder)) {
        let code = only(&text, &[Part::Code]);
        let mut lines = code.lines();
        let mut can_grow = false;
        while let Some(line) = lines.next() {
            let Some(item) = line.strip_prefix("pub struct ").or(line.strip_prefix("pub enum "))
            else {
                can_grow = line == "#[non_exhaustive]" || (can_grow && line != "}");
                continue;
            };
            let name = item.split(|c| !rust::is_word(c)).next().unwrap();
            let is_enum = line.starts_with("pub enum ");
            let is_complete = if item.ends_with('{') {
                let of_field = |line: &&str| line.starts_with("    ") && line.contains(": ");
                let mut fields = lines.by_ref().take_while(|line| *line != "}").filter(of_field);
                is_enum || fields.all(|line| line.starts_with("    pub "))
            } else {
                item.contains("(pub ") || item.ends_with("{}")
            };
            if is_complete && !can_grow {
                found.push(format!("{path}: {name}"));
            }
            can_grow = false;
        }
    }
    assert_eq!(found, COMPLETE);
}
