//! The lists of pages, the links between them, and the length of their lines.

use super::{cells, files, read, root};
use std::fs;

/// The README's table, the summary and the pages that are compiled are the same, in one order, and
/// no page is missing.
#[test]
fn each_list_of_pages_has_every_page() {
    let (readme, summary) = (read("README.md"), read("docs/guide/SUMMARY.md"));
    let table = readme.split_once("## The guide").unwrap().1;
    let rows = table.lines().filter(|line| line.starts_with("| [")).map(|row| cells(row)[0]);
    let of_readme: Vec<_> =
        rows.map(link).take_while(|(_, path)| path.starts_with("docs/guide/")).collect();
    let of_summary: Vec<_> =
        summary.lines().filter_map(|line| line.strip_prefix("- ")).map(link).collect();
    let of_summary: Vec<_> =
        of_summary.into_iter().map(|(title, file)| (title, format!("docs/guide/{file}"))).collect();
    let of_readme: Vec<_> =
        of_readme.into_iter().map(|(title, file)| (title, file.to_owned())).collect();
    assert_eq!(of_readme, of_summary);
    let compiled: Vec<_> =
        crate::COMPILED.iter().skip(1).map(|path| format!("docs/{path}")).collect();
    assert_eq!(of_summary.iter().map(|(_, path)| path.clone()).collect::<Vec<_>>(), compiled);

    let mut pages: Vec<_> = files("docs/guide", "md").into_iter().map(|(path, _)| path).collect();
    pages.retain(|path| !["README.md", "SUMMARY.md"].iter().any(|other| path.ends_with(other)));
    assert_eq!(pages.len(), compiled.len(), "{pages:?}");
    for (title, path) in of_summary {
        let heading = format!("# {title}");
        assert_eq!(read(&path).lines().next(), Some(&*heading), "{path}");
    }
}

/// Title and target of `[title](target)`.
fn link(text: &str) -> (&str, &str) {
    let (title, target) = text.trim_start_matches('[').split_once("](").unwrap();
    (title, target.split(')').next().unwrap())
}

/// Links between pages, and to files of the repository.
#[test]
fn no_link_is_broken() {
    let mut count = 0;
    for (page, text) in files(".", "md") {
        let folder = root().join(&page).parent().unwrap().to_owned();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            // The crates are on docs.rs from their first release on, and the guide is here.
            let is_own = link.contains("docs.rs/minilambda");
            assert!(!is_own, "{page}: {link}: link to the guide or the sources instead");
            if link.contains("://") {
                continue;
            }
            count += 1;
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { root().join(&page) } else { folder.join(file) };
            assert!(target.exists(), "{page}: {link}");
            if !anchor.is_empty() {
                let target = fs::read_to_string(target).unwrap();
                assert!(anchors(&target).contains(&anchor.to_owned()), "{page}: {link}");
            }
        }
    }
    assert!(count > 100, "{count}: the test finds the links");
}

fn anchors(text: &str) -> Vec<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let heading = |line: &str| {
        let kept = line.trim_start_matches('#').trim().to_lowercase();
        let kept = kept.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
        kept.collect::<String>().replace(' ', "-")
    };
    headings.map(heading).collect()
}

/// Code, tables and lines with a link may be longer.
#[test]
fn no_line_of_prose_is_over_100_characters() {
    let mut long = Vec::new();
    for (page, text) in files(".", "md") {
        let mut is_code = false;
        for (number, line) in text.lines().enumerate() {
            let begin = line.trim_start();
            is_code ^= begin.starts_with("```");
            let may_be_long = is_code || begin.starts_with('|') || line.contains("](");
            if !may_be_long && line.chars().count() > 100 {
                long.push(format!("{page}:{}", number + 1));
            }
        }
    }
    assert!(long.is_empty(), "over 100 characters: {long:#?}");
}

#[test]
fn each_entry_of_the_design_is_a_question() {
    let design = read("docs/DESIGN.md");
    let entries: Vec<_> = design.split("\n- **").skip(1).collect();
    assert!(entries.len() > 80, "the test finds the entries");
    for entry in entries {
        let question = entry.split("**").next().unwrap();
        assert!(question.ends_with('?'), "docs/DESIGN.md: {question}");
    }
}

/// The first program that a reader sees is the same everywhere. The template adds a second handler
/// and tests, and is formatted with rustfmt's defaults.
#[test]
fn the_first_program_is_one() {
    let program = |page: &str, begin: &str, end: &str| {
        let text = read(page);
        let text = text.split_once(begin).unwrap_or_else(|| panic!("{page} has no program")).1;
        text.split(end).next().unwrap().to_owned()
    };
    let of_readme = program("README.md", "```rust,no_run\n", "```");
    assert_eq!(program("docs/guide/first-function.md", "```rust,no_run\n", "```"), of_readme);
    assert_eq!(program("examples/order.rs", "\n\n", "\0"), of_readme);
    let of_docs = program("src/lib.rs", "//! ```no_run\n", "//! ```");
    let of_docs: String = of_docs
        .lines()
        .map(|line| line.trim_start_matches("//!").strip_prefix(' ').unwrap_or_default())
        .flat_map(|line| [line, "\n"])
        .collect();
    assert_eq!(of_docs, of_readme);

    // Without what rustfmt decides.
    let compact = |text: &str| {
        let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        text.replace(",}", "}").replace(",)", ")")
    };
    let template = compact(&read("examples/template/src/main.rs"));
    let parts: Vec<_> = of_readme.split("\n\n").skip(2).collect();
    assert!(parts.len() == 5, "{parts:?}");
    for part in parts {
        // The template's tests need more derives.
        let part = part.split_once("]\n").map_or(part, |(_, rest)| rest);
        assert!(template.contains(&compact(part)), "not in the template: {part}");
    }
}

#[test]
fn the_list_of_tests_is_complete() {
    let list = read("tests/README.md");
    for folder in ["tests", "events/tests", "http/tests", "aws/tests", "local/tests"] {
        let heading = format!("`{folder}/`\n");
        let parts: Vec<_> = list
            .split("\n## ")
            .filter_map(|part| part.split_once('\n'))
            .filter(|(title, _)| format!("{title}\n").ends_with(&heading))
            .map(|(_, text)| text)
            .collect();
        assert!(!parts.is_empty(), "tests/README.md has no part for {folder}");
        let mut names: Vec<_> = fs::read_dir(root().join(folder))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.retain(|name| name != "README.md" && !name.starts_with("__"));
        for name in &names {
            let is_listed = parts.iter().any(|part| part.contains(&format!("`{name}`")));
            assert!(is_listed, "tests/README.md does not list {folder}/{name}");
        }
        for named in parts.iter().flat_map(|part| part.split('`').skip(1).step_by(2)) {
            let is_test = named.ends_with(".rs") && !named.contains('/');
            assert!(!is_test || names.iter().any(|name| name == named), "{folder} has no {named}");
        }
    }
}
