//! Statements about others, with their sources in `docs/claims.tsv`.

use super::{read, root, words};
use std::fs;

/// Statements about AWS, versions and other runtimes are listed with their sources in
/// `claims.tsv`, so that checking them again begins in one place.
#[test]
fn each_claim_is_on_its_page_and_has_a_source() {
    let claims = claims();
    assert!(claims.len() > 40, "{}", claims.len());
    for [claim, page, source, checked] in &claims {
        let is_there = words(&read(page)).contains(&words(claim));
        assert!(is_there, "not on {page} any more: {claim}");
        let is_source = source.starts_with("https://") || root().join(source).exists();
        assert!(is_source, "{claim}: {source}");
        let date = checked.split_once('-').map(|(year, month)| (year.parse(), month.parse()));
        assert!(matches!(date, Some((Ok(2026..), Ok(1..=12)))), "{claim}: {checked}");
    }
}

/// What the README says of other runtimes is a claim, unless it was measured.
#[test]
fn each_statement_about_other_runtimes_is_a_claim() {
    const MEASURED: [&str; 4] =
        ["a program that echoes", "start, to", "clean release build", "first read of DynamoDB"];
    let claims = claims();
    let readme = read("README.md");
    let table = readme.split_once("| | minilambda |").unwrap().1;
    let rows: Vec<_> = table.lines().skip(2).take_while(|line| line.starts_with("| ")).collect();
    assert!(rows.len() > 10, "{rows:?}");
    for row in rows {
        if MEASURED.iter().any(|name| row[2..].starts_with(name)) {
            continue;
        }
        let cells: Vec<_> = row.trim_matches([' ', '|']).split(" | ").collect();
        let others = cells[2..].join(" | ");
        let is_claim = claims.iter().any(|[claim, ..]| claim.contains(&others));
        assert!(is_claim, "docs/claims.tsv has no source for: {others}");
    }
}

pub(super) fn claims() -> Vec<[String; 4]> {
    let lines = include_str!("../claims.tsv").lines().skip(1);
    let fields = |line: &str| line.split('\t').map(str::to_owned).collect::<Vec<_>>();
    lines.map(|line| fields(line).try_into().expect("four columns")).collect()
}

/// The blocks of lambda_runtime on the page are the files that are compiled.
#[test]
fn the_code_for_lambda_runtime_is_what_is_compiled() {
    let page = read("docs/guide/migrating.md");
    let blocks: Vec<_> = page.split("```rust,ignore\n").skip(1).collect();
    let blocks: Vec<_> = blocks.iter().map(|block| block.split("```").next().unwrap()).collect();
    let files = fs::read_dir(root().join("benches/peers/migrating/src"))
        .unwrap()
        .map(|file| file.unwrap().path());
    let files: Vec<_> = files.filter(|path| !path.ends_with("lib.rs")).collect();
    let texts: Vec<_> = files.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    assert!(blocks.len() == files.len() && files.len() > 5, "{files:?}");
    for block in blocks {
        assert!(texts.iter().any(|text| text == block), "not compiled: {block}");
    }
}
