//! The invariants of the sources: what must not stand where.

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
fn the_runtime_knows_no_event_type_and_the_events_no_runtime() {
    assert_eq!(places("src", &["minilambda_events"], &[]), [""; 0]);
    assert_eq!(places("events/src", &["minilambda::"], &[]), [""; 0]);
    let manifest =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("events/Cargo.toml"));
    assert!(!manifest.unwrap().contains("minilambda = "));
}

#[test]
fn there_is_one_file_with_unsafe_code() {
    let found = places("src", &["unsafe "], &[]);
    assert!(found.iter().all(|place| place.starts_with("src/environment.rs")), "{found:?}");
    assert_eq!(places("src", &["allow(unsafe_code"], &[]).len(), 1);
    assert_eq!(places("events/src", &["unsafe"], &[]), [""; 0]);
}

#[test]
fn nothing_ends_the_process_in_the_middle_or_panics_by_design() {
    let words =
        ["process::exit", "process::abort", "todo!", "unimplemented!", "unreachable!", "panic!("];
    for folder in ["src", "events/src"] {
        assert_eq!(places(folder, &words, &[]), [""; 0]);
    }
}

#[test]
fn no_source_is_longer_than_one_reads_in_a_sitting() {
    for folder in ["src", "events/src", "examples", "benches/meter/src"] {
        for (path, text) in sources(folder) {
            assert!(text.lines().count() <= 400, "{path}");
        }
    }
}
