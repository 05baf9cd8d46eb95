//! The code of the guide in `docs/guide/` and of the README, as documentation tests.

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

#[cfg(doctest)]
#[doc = include_str!("guide/first-function.md")]
pub struct FirstFunction;

#[cfg(doctest)]
#[doc = include_str!("guide/events.md")]
pub struct Events;

#[cfg(doctest)]
#[doc = include_str!("guide/http.md")]
pub struct Http;

#[cfg(doctest)]
#[doc = include_str!("guide/calling-aws.md")]
pub struct CallingAws;

#[cfg(doctest)]
#[doc = include_str!("guide/errors.md")]
pub struct Errors;

#[cfg(doctest)]
#[doc = include_str!("guide/batches.md")]
pub struct Batches;

#[cfg(doctest)]
#[doc = include_str!("guide/state.md")]
pub struct State;

#[cfg(doctest)]
#[doc = include_str!("guide/logging.md")]
pub struct Logging;

#[cfg(doctest)]
#[doc = include_str!("guide/testing.md")]
pub struct Testing;

#[cfg(doctest)]
#[doc = include_str!("guide/local.md")]
pub struct Local;

#[cfg(doctest)]
#[doc = include_str!("guide/deploying.md")]
pub struct Deploying;

#[cfg(doctest)]
#[doc = include_str!("guide/streaming.md")]
pub struct Streaming;

#[cfg(doctest)]
#[doc = include_str!("guide/managed-instances.md")]
pub struct ManagedInstances;

#[cfg(doctest)]
#[doc = include_str!("guide/performance.md")]
pub struct Performance;

#[cfg(doctest)]
#[doc = include_str!("guide/migrating.md")]
pub struct Migrating;

#[cfg(doctest)]
#[doc = include_str!("guide/limits.md")]
pub struct Limits;

#[cfg(test)]
mod tests {
    use std::fs;

    /// Every page is compiled above, and listed in the guide's README and in mdBook's summary.
    #[test]
    fn every_page_is_known() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/guide");
        let read = |name: &str| fs::read_to_string(format!("{folder}/{name}")).unwrap();
        let (readme, summary) = (read("README.md"), read("SUMMARY.md"));
        for file in fs::read_dir(folder).unwrap() {
            let name = file.unwrap().file_name().into_string().unwrap();
            if ["README.md", "SUMMARY.md"].contains(&&*name) {
                continue;
            }
            let is_compiled = include_str!("guide.rs").contains(&format!("\"guide/{name}\""));
            assert!(is_compiled && readme.contains(&name) && summary.contains(&name), "{name}");
        }
    }

    /// Links between pages, and to files of the repository.
    #[test]
    fn no_link_is_broken() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
        let pages = fs::read_dir(format!("{root}/docs/guide")).unwrap();
        let mut pages: Vec<_> = pages.map(|page| page.unwrap().path()).collect();
        pages.push(format!("{root}/README.md").into());
        for page in pages {
            let text = fs::read_to_string(&page).unwrap();
            for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
                if link.contains("://") {
                    continue;
                }
                let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
                let target =
                    if file.is_empty() { page.clone() } else { page.parent().unwrap().join(file) };
                assert!(target.exists(), "{}: {link}", page.display());
                if !anchor.is_empty() {
                    let target = fs::read_to_string(target).unwrap();
                    assert!(
                        anchors(&target).contains(&anchor.to_owned()),
                        "{}: {link}",
                        page.display()
                    );
                }
            }
        }
    }

    /// Statements about AWS, versions and other runtimes are listed with their sources in
    /// `claims.tsv`, so that checking them again begins in one place.
    #[test]
    fn each_claim_is_on_its_page_and_has_a_source() {
        let claims = claims();
        assert!(claims.len() > 40, "{}", claims.len());
        for [claim, page, source, checked] in &claims {
            let is_there = words(&read(page)).contains(&words(claim));
            assert!(is_there, "not on {page} any more: {claim}");
            let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../");
            let is_source =
                source.starts_with("https://") || fs::exists(format!("{root}{source}")).unwrap();
            assert!(is_source, "{claim}: {source}");
            let date = checked.split_once('-').map(|(year, month)| (year.parse(), month.parse()));
            assert!(matches!(date, Some((Ok(2026..), Ok(1..=12)))), "{claim}: {checked}");
        }
    }

    /// What the README says of other runtimes is a claim, unless it was measured.
    #[test]
    fn each_statement_about_other_runtimes_is_a_claim() {
        const MEASURED: [&str; 3] = ["a program that echoes", "start, to", "clean release build"];
        let claims = claims();
        let readme = read("README.md");
        let table = readme.split_once("| | minilambda |").unwrap().1;
        let rows: Vec<_> =
            table.lines().skip(2).take_while(|line| line.starts_with("| ")).collect();
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

    fn claims() -> Vec<[String; 4]> {
        let lines = include_str!("claims.tsv").lines().skip(1);
        let fields = |line: &str| line.split('\t').map(str::to_owned).collect::<Vec<_>>();
        lines.map(|line| fields(line).try_into().expect("four columns")).collect()
    }

    /// The text of a file of the repository.
    fn read(path: &str) -> String {
        fs::read_to_string(format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"))).unwrap()
    }

    /// The text without its line ends.
    fn words(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The blocks of lambda_runtime on the page are the files that are compiled.
    #[test]
    fn the_code_for_lambda_runtime_is_what_is_compiled() {
        let page = read("docs/guide/migrating.md");
        let blocks: Vec<_> = page.split("```rust,ignore\n").skip(1).collect();
        let blocks: Vec<_> =
            blocks.iter().map(|block| block.split("```").next().unwrap()).collect();
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../benches/peers/migrating/src");
        let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        let files: Vec<_> = files.filter(|path| !path.ends_with("lib.rs")).collect();
        let texts: Vec<_> = files.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
        assert!(blocks.len() == files.len() && files.len() > 5, "{files:?}");
        for block in blocks {
            assert!(texts.iter().any(|text| text == block), "not compiled: {block}");
        }
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
}
