//! The length of lines of prose. `docs/checks` has that of Markdown.

use crate::rust::{Part, only, root, sources};
use std::fs;
use std::path::Path;

/// The longest line of a comment. A table, a link or code may be longer.
const LONGEST: usize = 100;

const FOLDERS: [&str; 11] = [
    "src", "tests", "aws", "durable", "events", "http", "local", "examples", "benches", "fuzz",
    "docs",
];

/// Whether a line that ends in a comment is too long.
fn is_too_long(line: &str, comment: &str) -> bool {
    let text = comment.trim_start().trim_start_matches(['/', '!']).trim_start();
    let may_be_long = text.starts_with('|') || text.contains("://") || text.contains("](");
    !text.is_empty() && !may_be_long && line.chars().count() > LONGEST
}

#[test]
fn no_comment_has_a_line_of_over_100_characters() {
    let mut found = Vec::new();
    for (path, text) in FOLDERS.iter().flat_map(|folder| sources(folder)) {
        let comments = only(&text, &[Part::Comment]);
        let mut is_code = false;
        for (number, (line, comment)) in text.lines().zip(comments.lines()).enumerate() {
            let is_example = comment.trim_start_matches([' ', '/', '!']).starts_with("```");
            is_code = !comment.trim().is_empty() && is_code != is_example;
            if !is_code && is_too_long(line, comment) {
                found.push(format!("{path}:{}", number + 1));
            }
        }
    }
    assert!(found.is_empty(), "longer than {LONGEST}: {found:#?}");
}

/// Files of shell and Python, of make and of CI.
fn scripts() -> Vec<(String, String)> {
    let mut folders =
        ["tests", "scripts", "fuzz", "benches", "examples"].map(|it| root().join(it)).to_vec();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let is_built = ["target", "node_modules"].iter().any(|name| path.ends_with(name));
            if path.is_dir() {
                folders.extend((!is_built).then_some(path));
            } else if let Some(text) = script(&path) {
                found.push((path.strip_prefix(root()).unwrap().display().to_string(), text));
            }
        }
    }
    for path in [".ci/run", "Makefile"] {
        found.push((path.to_owned(), fs::read_to_string(root().join(path)).unwrap()));
    }
    found
}

fn script(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let is_script = text.starts_with("#!") || path.extension().is_some_and(|it| it == "py");
    is_script.then_some(text)
}

#[test]
fn no_comment_of_a_script_has_a_line_of_over_100_characters() {
    let scripts = scripts();
    assert!(scripts.len() > 20, "the test finds the scripts");
    let mut found = Vec::new();
    for (path, text) in scripts {
        for (number, line) in text.lines().enumerate() {
            let comment = line.trim_start().strip_prefix("# ");
            if comment.is_some_and(|comment| is_too_long(line, comment)) {
                found.push(format!("{path}:{}", number + 1));
            }
        }
    }
    assert!(found.is_empty(), "longer than {LONGEST}: {found:#?}");
}
