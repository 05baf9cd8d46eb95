//! A figure has one source, and the pages repeat it as `figures.tsv` says: what was measured is in
//! the tables of `docs/BENCHMARK.md` and `docs/BENCHMARK-SMALL.md`, and limits are constants.

use super::{cells, files, read, words};

/// Each line has a page, a text on it with `{}` for the figure, the source, and where it is there:
/// in the benchmark's tables `heading; row; column; divisor; decimals`, elsewhere the text around
/// it.
#[test]
fn each_figure_is_that_of_its_source() {
    let lines = include_str!("../figures.tsv").lines().skip(1);
    let mut count = 0;
    let mut wrong = Vec::new();
    for line in lines {
        let [page, text, source, place] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("no four columns: {line}")
        };
        let is_in_table = place.contains("; ");
        let figure =
            if is_in_table { measured(source, place) } else { constant(&read(source), place) };
        let Some(figure) = figure else {
            wrong.push(format!("{source} has no {place}"));
            continue;
        };
        let expected = text.replace("{}", &figure);
        if !words(&read(page)).contains(&expected) {
            wrong.push(format!("{page} should say: {expected}"));
        }
        count += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(count > 30, "{count}");
}

fn measured(source: &str, place: &str) -> Option<String> {
    let [heading, row, column, divisor, decimals] = place.split("; ").collect::<Vec<_>>()[..]
    else {
        panic!("not five parts: {place}")
    };
    let report = read(source);
    let part = report.split_once(&format!("\n## {heading}"))?.1;
    let mut rows = part.lines().skip_while(|line| !line.starts_with('|'));
    let column = cells(rows.next()?).iter().position(|name| *name == column)?;
    let row =
        rows.take_while(|line| line.starts_with('|')).map(cells).find(|cells| cells[0] == row)?;
    let figure: f64 = row[column].replace(',', "").parse().ok()?;
    let decimals = decimals.parse().ok()?;
    Some(with_commas(&format!("{:.decimals$}", figure / divisor.parse::<f64>().ok()?)))
}

/// What a family adds to a program is measured, and each module that a program calls has a row.
#[test]
fn each_family_of_calls_has_its_size() {
    let script = read("benches/aws-sizes");
    let names = script.lines().filter_map(|line| line.strip_prefix("    \"")?.strip_suffix("\","));
    let names: Vec<_> = names.filter_map(|line| line.split_once("\": \"")).collect();
    let guide = read("docs/guide/calling-aws.md");
    let part = guide.split_once("## The size of each family").unwrap().1;
    let part = part.split("\n#").next().unwrap();
    let rows: Vec<_> = part.lines().filter(|line| line.starts_with("| `")).map(cells).collect();
    let rows: Vec<_> = rows.iter().map(|cells| cells[0]).collect();
    assert_eq!(rows, names.iter().map(|(_, name)| *name).collect::<Vec<_>>());
    let modules = read("aws/src/lib.rs");
    let modules =
        modules.lines().filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    for module in modules.filter(|module| *module != "credentials") {
        let name = format!("`{module}`");
        assert!(rows.iter().any(|row| row.starts_with(&name)), "{name} has no size");
    }
}

/// The digits, dots, `_` and commas at `{}`.
fn constant(text: &str, place: &str) -> Option<String> {
    let (before, after) = place.split_once("{}")?;
    let found = text.match_indices(before).find_map(|(at, _)| {
        let rest = &text[at + before.len()..];
        let end = rest.find(|c: char| !c.is_ascii_digit() && !"._,".contains(c))?;
        (end > 0 && rest[end..].starts_with(after)).then(|| &rest[..end])
    })?;
    Some(with_commas(&found.replace(['_', ','], "")))
}

/// `6291556` as `6,291,556`.
fn with_commas(figure: &str) -> String {
    let (whole, rest) = figure.split_once('.').unwrap_or((figure, ""));
    let mut text = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    if rest.is_empty() { text } else { format!("{text}.{rest}") }
}

/// Within a fifth: the table need not change with every line.
#[test]
fn code_that_replaces_a_library_has_as_many_lines_as_design_says() {
    let design = read("docs/DESIGN.md");
    let part = design.split_once("## Code that replaces a library").unwrap().1;
    let part = part.split_once("\n## ").unwrap().0;
    let rows: Vec<_> = part.lines().filter(|line| line.starts_with("| `")).map(cells).collect();
    assert!(rows.len() > 5, "the test finds the table");
    for row in rows {
        let texts = row[0].split(", ").map(|name| name.trim_matches('`')).flat_map(|name| {
            let folder = name.strip_suffix('/').map(|folder| files(folder, "rs"));
            folder.unwrap_or_else(|| vec![(name.to_owned(), read(name))])
        });
        let lines: usize = texts.map(|(_, text)| code_lines(&text)).sum();
        let said: usize = row[2].replace(',', "").parse().unwrap();
        assert!(lines.abs_diff(said) * 5 <= said, "{}: {said}, but it has {lines}", row[0]);
    }
}

/// The lines before the tests that are neither blank nor comments.
pub(super) fn code_lines(text: &str) -> usize {
    let code = text.split("#[cfg(test)]").next().unwrap_or_default();
    let is_code = |line: &&str| !line.is_empty() && !line.starts_with("//");
    code.lines().map(str::trim).filter(is_code).count()
}
