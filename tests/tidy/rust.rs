//! Rust sources as text: which part is a comment, and which modules a path names.

use std::fs;
use std::path::Path;

/// The project's folder.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below a folder: path from the project's root, and text.
pub fn sources(folder: &str) -> Vec<(String, String)> {
    let mut folders = vec![root().join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(root()).unwrap().display().to_string(), text));
            }
        }
    }
    assert!(!found.is_empty());
    found.sort();
    found
}

/// The kinds of text in a source.
#[derive(Clone, Copy, PartialEq)]
pub enum Part {
    Code,
    /// With its quotation marks.
    Literal,
    /// With its slashes.
    Comment,
}

/// A source with everything but the wanted parts replaced by spaces; lines stay lines.
pub fn only(text: &str, wanted: &[Part]) -> String {
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (part, length) = next_part(rest, result.ends_with(is_word));
        let (piece, after) = rest.split_at(length);
        if wanted.contains(&part) {
            result.push_str(piece);
        } else {
            result.extend(piece.chars().map(|c| if c == '\n' { c } else { ' ' }));
        }
        rest = after;
    }
    result
}

pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The first part of a text, and its length. After a letter an `r` starts no raw string.
fn next_part(text: &str, is_after_word: bool) -> (Part, usize) {
    let to = |end: Option<usize>| end.unwrap_or(text.len());
    if text.starts_with("//") {
        return (Part::Comment, to(text.find('\n')));
    }
    if text.starts_with("/*") {
        return (Part::Comment, to(text.find("*/").map(|end| end + 2)));
    }
    if text.starts_with('"') {
        return (Part::Literal, quoted(text, '"'));
    }
    let raw = text.strip_prefix('r').filter(|_| !is_after_word);
    let raw = raw.or_else(|| text.strip_prefix("br").filter(|_| !is_after_word));
    if let Some(raw) = raw {
        let marks: String = raw.chars().take_while(|c| *c == '#').collect();
        if raw[marks.len()..].starts_with('"') {
            let start = text.len() - raw.len() + marks.len() + 1;
            let end = text[start..].find(&format!("\"{marks}"));
            return (Part::Literal, to(end.map(|end| start + end + 1 + marks.len())));
        }
    }
    if let Some(inner) = text.strip_prefix('\'') {
        // A lifetime has no second quotation mark.
        let is_char = inner.starts_with('\\') || inner.chars().nth(1) == Some('\'');
        if is_char {
            return (Part::Literal, quoted(text, '\''));
        }
    }
    let first = text.chars().next().map_or(0, char::len_utf8);
    let next = text[first..].find(['/', '"', '\'', 'r', 'b']);
    (Part::Code, to(next.map(|next| first + next)))
}

/// The length of a literal that starts and ends with `mark`.
fn quoted(text: &str, mark: char) -> usize {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == mark && !is_escaped {
            return at + 1;
        }
        is_escaped = c == '\\' && !is_escaped;
    }
    text.len()
}

/// The paths of a `use` tree at the start of a text: `a::{b, c::D as E}` is `a::b` and `a::c::D`,
/// with the names that they get. A path of an expression is such a tree, too.
pub fn paths(text: &str) -> Vec<(Vec<String>, String)> {
    let mut found = Vec::new();
    read_tree(text, &mut Vec::new(), &mut found);
    found
}

/// Returns what follows the tree.
fn read_tree<'t>(
    text: &'t str,
    path: &mut Vec<String>,
    found: &mut Vec<(Vec<String>, String)>,
) -> &'t str {
    let text = text.trim_start();
    if let Some(mut rest) = text.strip_prefix('{') {
        loop {
            rest = read_tree(rest, &mut path.clone(), found).trim_start();
            match rest.strip_prefix(',') {
                Some(next) if !next.trim_start().starts_with('}') => rest = next,
                Some(next) => return next.trim_start().strip_prefix('}').unwrap_or(next),
                None => return rest.strip_prefix('}').unwrap_or(rest),
            }
        }
    }
    let (word, rest) = text.split_at(text.find(|c| !is_word(c)).unwrap_or(text.len()));
    if !word.is_empty() {
        path.push(word.to_owned());
        if let Some(rest) = rest.strip_prefix("::") {
            return read_tree(rest, path, found);
        }
    }
    let alias = rest.trim_start().strip_prefix("as ").filter(|_| rest.starts_with(' '));
    let end = alias.and_then(|alias| alias.find(|c| !is_word(c)));
    let name = match (alias, end) {
        (Some(alias), Some(end)) => alias[..end].to_owned(),
        // `a::{self}` is called `a`.
        _ if word == "self" && path.len() > 1 => path[path.len() - 2].clone(),
        _ => word.to_owned(),
    };
    path.retain(|word| word != "self");
    found.push((path.clone(), name));
    match (alias, end) {
        (Some(alias), Some(end)) => &alias[end..],
        _ => rest.strip_prefix('*').unwrap_or(rest),
    }
}

#[test]
fn a_comment_starts_neither_in_a_string_nor_in_a_char() {
    let source = "let a = \"http://x\\\"//\"; // one\nlet b = ('\"', '\\'', 'x'); // \"two\"\n\
                  /* three\n*/ let c = r#\"\"//\"#; let d: &'a str = for_r(\"//\");";
    let comments = only(source, &[Part::Comment]);
    let words: Vec<_> = comments.split_whitespace().collect();
    assert_eq!(words, ["//", "one", "//", "\"two\"", "/*", "three", "*/"]);
    let code = only(source, &[Part::Code]);
    assert!(code.contains("let d: &'a str = for_r(    );"), "{code}");
    assert_eq!(code.lines().count(), source.lines().count());
}

#[test]
fn a_tree_of_imports_is_read() {
    let read = |text| -> Vec<_> {
        paths(text).into_iter().map(|(path, name)| format!("{} {name}", path.join("::"))).collect()
    };
    assert_eq!(
        read("a::{self, B as C,\n d::{E, f::*},}, G"),
        ["a a", "a::B C", "a::d::E E", "a::d::f "]
    );
    assert_eq!(read("a::b(c)"), ["a::b b"]);
    assert_eq!(read("super::{a, b}; x"), ["super::a a", "super::b b"]);
}
