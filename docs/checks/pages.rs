//! The lists of pages, the links between them, and the length of their lines.

use super::figures::code_lines;
use super::{cells, files, read, root};
use std::fs;

/// The summary is the list of the pages. Those that are compiled are the same, in its order, and
/// no page is missing.
#[test]
fn the_list_of_pages_has_every_page() {
    let summary = read("docs/guide/SUMMARY.md");
    let pages: Vec<_> =
        summary.lines().filter_map(|line| line.strip_prefix("- ")).map(link).collect();
    let paths: Vec<_> = pages.iter().map(|(_, file)| format!("guide/{file}")).collect();
    assert_eq!(paths, crate::COMPILED[1..]);

    let mut there: Vec<_> = files("docs/guide", "md").into_iter().map(|(path, _)| path).collect();
    there.retain(|path| !["README.md", "SUMMARY.md"].iter().any(|other| path.ends_with(other)));
    assert_eq!(there.len(), pages.len(), "{there:?}");
    for (title, file) in pages {
        let heading = format!("# {title}");
        let page = read(&format!("docs/guide/{file}"));
        assert_eq!(page.lines().next(), Some(&*heading), "{file}");
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

/// Code, tables and lines that end with a link may be longer.
#[test]
fn no_line_of_prose_is_over_100_characters() {
    let mut long = Vec::new();
    for (page, text) in files(".", "md") {
        let mut is_code = false;
        for (number, line) in text.lines().enumerate() {
            let begin = line.trim_start();
            is_code ^= begin.starts_with("```");
            // Nothing can be after the link.
            let ends_with_link = line
                .rsplit_once(')')
                .is_some_and(|(link, end)| link.contains("](") && end.len() < 2);
            let may_be_long = is_code || begin.starts_with('|') || ends_with_link;
            if !may_be_long && line.chars().count() > 100 {
                long.push(format!("{page}:{}", number + 1));
            }
        }
    }
    assert!(long.is_empty(), "over 100 characters: {long:#?}");
}

/// Markdown shows them as they are: `build.rs` takes what only a test needs from comments.
#[test]
fn no_block_of_code_has_hidden_lines() {
    let mut shown = Vec::new();
    let mut hidden = 0;
    for (page, text) in files(".", "md") {
        let name = page.strip_prefix("docs/").unwrap_or(&page);
        let is_compiled = crate::COMPILED.contains(&name);
        let mut is_rust = false;
        for (number, line) in text.lines().enumerate() {
            if line.starts_with("```") {
                is_rust = line.starts_with("```rust");
            } else if is_rust && (line == "#" || line.starts_with("# ")) {
                shown.push(format!("{page}:{}", number + 1));
            } else if line == "<!-- hidden" {
                assert!(is_compiled, "{page}:{}: no test compiles this page", number + 1);
                hidden += 1;
            }
        }
    }
    assert!(shown.is_empty(), "put into a comment, as docs/build.rs says: {shown:#?}");
    assert!(hidden > 15, "the test finds the comments: {hidden}");
}

/// In a table a `|` ends a cell, even within code, and what is too much is not shown.
#[test]
fn each_row_of_a_table_has_the_cells_of_its_head() {
    let mut wrong = Vec::new();
    let mut count = 0;
    for (page, text) in files(".", "md") {
        let mut is_code = false;
        let mut head = None;
        for (number, line) in text.lines().enumerate() {
            is_code ^= line.trim_start().starts_with("```");
            if is_code || !line.starts_with('|') {
                head = None;
                continue;
            }
            let cells = line.trim_end_matches('|').replace("\\|", "").matches('|').count();
            count += 1;
            if *head.get_or_insert(cells) != cells {
                wrong.push(format!("{page}:{}", number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "more or fewer cells than the head: {wrong:#?}");
    assert!(count > 1000, "the test finds the tables: {count}");
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

/// Modules of the gallery, from the line on that takes something from their program.
#[test]
fn the_pages_show_the_gallery_as_it_is() {
    for (page, module) in
        [("tables", "notes/src/notes.rs"), ("calling-http", "worker/src/carrier.rs")]
    {
        let module = read(&format!("examples/gallery/{module}"));
        let rest = module.split_once("\nuse crate::").and_then(|(_, rest)| rest.split_once('\n'));
        let (_, shown) = rest.expect("it takes something from its program");
        assert!(read(&format!("docs/guide/{page}.md")).contains(shown), "{page}.md shows another");
    }
}

/// The README's table of the gallery has every project, with its lines of code.
#[test]
fn the_gallery_has_as_many_lines_as_the_readme_says() {
    let readme = read("README.md");
    let projects = fs::read_dir(root().join("examples/gallery")).unwrap();
    let mut count = 0;
    for project in projects.map(|project| project.unwrap().file_name().into_string().unwrap()) {
        let folder = format!("examples/gallery/{project}");
        let lines: usize =
            files(&format!("{folder}/src"), "rs").iter().map(|(_, text)| code_lines(text)).sum();
        let begin = format!("| [{project}]({folder}/README.md) |");
        let row = readme.lines().find(|line| line.starts_with(&begin));
        let row = row.unwrap_or_else(|| panic!("README.md has no row {begin}"));
        assert_eq!(cells(row)[2], lines.to_string(), "{project}");
        count += 1;
    }
    assert!(count > 4, "the test finds the projects");
}

#[test]
fn the_list_of_tests_is_complete() {
    let list = read("tests/README.md");
    let crates = ["events", "http", "aws", "durable", "local"].map(|it| format!("{it}/tests"));
    for folder in crates.iter().map(|it| &**it).chain(["tests"]) {
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
