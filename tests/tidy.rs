//! Invariants of the sources: layers, and which names may be used where.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// The Rust files below a folder: path from the project's root, and text.
fn sources(folder: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(root).unwrap().display().to_string(), text));
            }
        }
    }
    assert!(!found.is_empty());
    found
}

/// The places outside `allowed` (files, or folders with a slash) that contain one of the words,
/// comments excluded.
fn places(folder: &str, words: &[&str], allowed: &[&str]) -> Vec<String> {
    let mut places = Vec::new();
    for (path, text) in sources(folder) {
        if allowed.iter().any(|allowed| path.starts_with(allowed)) {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            let code = line.split("//").next().unwrap();
            for word in words.iter().filter(|word| code.contains(**word)) {
                places.push(format!("{path}:{}: {word}", number + 1));
            }
        }
    }
    places
}

/// The layers of `src/`: each imports only from those before it. `environment` imports nothing.
const LAYERS: [&str; 16] = [
    "environment",
    "calendar",
    "backtrace",
    "error",
    "panics",
    "json",
    "context",
    "invocation",
    "logging",
    "response_stream",
    "handler",
    "http",
    "api",
    "lifecycle",
    "cli",
    "runtime",
];

/// The layers of `aws/src/`.
const LAYERS_OF_AWS: [&str; 25] = [
    "environment",
    "error",
    "date",
    "url",
    "xml",
    "response",
    "sign",
    "failure",
    "limits",
    "http",
    "request",
    "attempts",
    "profile",
    "endpoint",
    "credentials",
    "service",
    "rest",
    "signer",
    "catalog",
    "dynamodb",
    "s3",
    "parameters",
    "extension",
    "metrics",
    "trace",
];

/// The layers of `local/src/`.
const LAYERS_OF_LOCAL: [&str; 41] = [
    "lock",
    "terminal",
    "clock",
    "ids",
    "glob",
    "target",
    "wire",
    "script",
    "fault",
    "error",
    "json",
    "event_stream",
    "http",
    "log",
    "invocation",
    "variables",
    "settings",
    "guardian",
    "process",
    "listener",
    "instance",
    "runtime_api",
    "supervisor",
    "table",
    "pool",
    "queue",
    "front_end",
    "policy",
    "authorizer",
    "gateway",
    "client",
    "lambda",
    "samples",
    "journal",
    "watch",
    "project",
    "server",
    "env_file",
    "caller_options",
    "tool",
    "main",
];

/// The layers of the folder `local/src/server/`, below its `mod.rs`.
const LAYERS_OF_SERVER: [&str; 8] =
    ["access", "output", "kept", "site", "documents", "http", "invoke_api", "page"];

/// The names after each `crate::`, or `super::`, in a source: `crate::a::B` and `crate::{a, B}`.
fn imports(text: &str, root: &str) -> Vec<String> {
    let code: Vec<_> = text.lines().map(|line| line.split("//").next().unwrap()).collect();
    let code = code.concat().replace("$crate::", ""); // a macro imports where it is called
    let mut names = Vec::new();
    for import in code.split(root).skip(1) {
        let word = |text: &str| {
            let end = text.find(|c: char| !c.is_alphanumeric() && c != '_');
            text[..end.unwrap_or(text.len())].to_owned()
        };
        match import.strip_prefix('{') {
            None => names.push(word(import)),
            Some(group) => {
                let mut depth = 0;
                let mut start = true;
                for (at, c) in group.char_indices() {
                    if depth == 0 && start && !c.is_whitespace() {
                        names.push(word(&group[at..]));
                    }
                    start = c == ',' || (start && c.is_whitespace());
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        _ => {}
                    }
                }
            }
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

/// The layer of each name that `lib.rs` exports.
fn exports() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("src/lib.rs")).unwrap();
    let mut layers = BTreeMap::new();
    for line in text.lines().filter_map(|line| line.strip_prefix("pub use ")) {
        let layer = line.split("::").next().unwrap();
        let names = line.rsplit("::").next().unwrap().trim_matches(['{', '}', ';']);
        for name in names.split(", ") {
            let name = name.trim_end_matches("};").rsplit(' ').next().unwrap();
            layers.insert(name.to_owned(), layer.to_owned());
        }
    }
    layers
}

#[test]
fn imports_go_one_way() {
    let exports = exports();
    assert_eq!(exports["Context"], "context");
    assert_eq!(
        imports("use crate::{Error, a::{b, C}, d};\ncrate::e::f();", "crate::"),
        ["Error", "a", "d", "e"]
    );
    let count = check_layers("src/", &LAYERS, &exports);
    assert!(count > 50, "the test finds the imports");
    let count = check_layers("aws/src/", &LAYERS_OF_AWS, &BTreeMap::new());
    assert!(count > 50, "the test finds the imports");
    let count = check_layers("local/src/", &LAYERS_OF_LOCAL, &BTreeMap::new());
    assert!(count > 50, "the test finds the imports");
    let count = check_layers("local/src/server/", &LAYERS_OF_SERVER, &BTreeMap::new());
    assert!(count > 5, "the test finds the imports");
}

/// Checks each import of a folder, and returns how many there are.
fn check_layers(folder: &str, layers: &[&str], exports: &BTreeMap<String, String>) -> usize {
    let rank = |layer: &str| layers.iter().position(|name| *name == layer);
    let mut count = 0;
    let root = if folder.ends_with("src/") { "crate::" } else { "super::" };
    for (path, text) in sources(folder) {
        let layer = path.trim_start_matches(folder).trim_end_matches(".rs");
        let layer = layer.split('/').next().unwrap();
        if layer == "lib" || layer == "mod" || layer == "fuzzing" || layer.ends_with("_tests") {
            continue;
        }
        let own = rank(layer).unwrap_or_else(|| panic!("{path} is in no layer"));
        for name in imports(&text, root) {
            // A macro belongs to the layer of its file; all others are named after a layer or exported.
            let target = exports.get(&name).map_or(&*name, |layer| &**layer);
            let Some(target) = rank(target) else { panic!("{path}: unknown {name}") };
            assert!(target <= own, "{path} imports {name} from a higher layer");
            count += 1;
        }
    }
    count
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
fn the_runtime_knows_no_event_type() {
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
    for folder in ["events/src", "http/src", "local/src", "aws/src"] {
        assert_eq!(places(folder, &["unsafe "], &[]), [""; 0]);
    }
}

/// `tests/state.rs` shows that none of it goes from one event to the next.
#[test]
fn all_state_of_the_process_is_known() {
    let known = [
        "src/environment.rs: SECOND", // which of the two texts is written next
        "src/environment.rs: TEXTS",
        "src/invocation.rs: OF_PROCESS",
        "src/invocation.rs: OF_THREAD",
        "src/json/spelling.rs: IS_LOCAL", // set once
        "src/logging/mod.rs: IS_OURS",    // set once
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
    for folder in ["src", "events/src", "local/src", "aws/src"] {
        assert_eq!(places(folder, &words, &[]), [""; 0]);
    }
    // There a panic is a compile error.
    assert_eq!(places("http/src", &words, &["http/src/check.rs"]), [""; 0]);
}

#[test]
fn no_source_is_longer_than_one_reads_in_a_sitting() {
    for folder in ["src", "events/src", "http/src", "local", "aws", "examples", "benches/meter/src"]
    {
        for (path, text) in sources(folder) {
            assert!(text.lines().count() <= 400, "{path}");
        }
    }
}

/// Cargo has no way to share them: these are separate workspaces.
#[test]
fn the_release_profiles_are_equal() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let profile = |file: &str| {
        let text = fs::read_to_string(root.join(file)).unwrap();
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
}

/// The tables of attacks, one for each crate that has one: attack, expected, test.
#[test]
fn each_test_that_a_table_of_attacks_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folders = ["src", "tests", "events", "http", "local", "aws"];
    let sources: String =
        folders.iter().flat_map(|folder| sources(folder)).map(|it| it.1).collect();
    let tables = fs::read_dir(root.join("docs")).unwrap().map(|entry| entry.unwrap().path());
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
