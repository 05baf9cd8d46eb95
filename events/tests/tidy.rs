//! What the sources of events have to keep to, since miniserde would take the contrary in silence.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn here() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The files of events, one for each source: name and text.
fn sources() -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(here().join("src")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_file() && !["lib.rs", "error.rs"].contains(&&*name) {
            found.push((name, fs::read_to_string(&path).unwrap()));
        }
    }
    assert!(!found.is_empty());
    found
}

#[test]
fn each_source_says_what_it_is_and_names_aws_page_and_its_document() {
    for (name, text) in sources() {
        let header: String = text.lines().take_while(|line| line.starts_with("//!")).collect();
        let page = ["<https://docs.aws.amazon.com/", "<https://developer.amazon.com/"];
        assert!(page.iter().any(|page| header.contains(page)), "{name}: no page of AWS's");
        let documents: Vec<_> =
            header.split('`').filter(|word| word.starts_with("data/")).collect();
        assert!(!documents.is_empty(), "{name}: no document");
        for document in documents {
            assert!(Path::new(&here()).join("..").join(document).is_file(), "{name}: {document}");
        }
    }
}

#[test]
fn the_names_in_json_are_told_and_told_once() {
    for (name, text) in sources() {
        let mut rename = None;
        let mut names = BTreeSet::new();
        for (number, line) in text.lines().enumerate() {
            let place = format!("{name}:{}: {line}", number + 1);
            let line = line.trim();
            if line.contains("serde(") {
                let inner = line.strip_prefix("#[serde(rename = \"");
                let inner = inner.and_then(|rest| rest.strip_suffix("\")]"));
                assert!(inner.is_some(), "{place}: something else than one rename");
                rename = inner.map(str::to_owned);
            } else if line.starts_with("pub struct") || line.starts_with("pub enum") {
                names.clear();
            } else if let Some((field, _)) =
                line.strip_prefix("pub ").and_then(|line| line.split_once(": "))
            {
                if field.contains(['(', ' ']) {
                    continue;
                }
                assert!(!field.starts_with("r#"), "{place}: omit_absent! would write the r#");
                assert!(rename.is_some() || !field.contains('_'), "{place}: a rename is missing");
                let json = rename.take().unwrap_or_else(|| field.to_owned());
                assert!(names.insert(json), "{place}: the struct has the name in JSON twice");
            }
        }
    }
}

#[test]
fn each_type_can_be_cloned_shown_and_decoded() {
    for (name, text) in sources() {
        for line in text.lines().map(str::trim).filter(|line| line.starts_with("#[derive(")) {
            for wanted in ["Clone", "Debug"] {
                assert!(line.contains(wanted), "{name}: {line} lacks {wanted}");
            }
        }
    }
}

#[test]
fn no_file_is_longer_than_one_reads_in_a_sitting() {
    for folder in ["src", "src/values", "tests", "tests/documents"] {
        for entry in fs::read_dir(here().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "rs") {
                let lines = fs::read_to_string(&path).unwrap().lines().count();
                assert!(lines <= 400, "{}: {lines} lines", path.display());
            }
        }
    }
}
