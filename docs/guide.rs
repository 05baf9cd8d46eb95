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
