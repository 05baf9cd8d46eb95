//! The names that the guide lists are those of the sources.

use super::claims::claims;
use super::{files, read};
use std::collections::BTreeSet;

const SOURCES: [&str; 6] = ["src", "events/src", "http/src", "aws/src", "durable/src", "local/src"];

/// The sources of the crates, without their tests and comments.
fn sources() -> Vec<(String, String)> {
    let all = SOURCES.iter().flat_map(|folder| files(folder, "rs"));
    all.filter(|(path, _)| !path.ends_with("tests.rs"))
        .map(|(path, text)| {
            let code = text.split("#[cfg(test)]\nmod ").next().unwrap();
            let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
            (path, lines.collect::<Vec<_>>().join("\n"))
        })
        .collect()
}

/// The literals of a source that look like the name of a variable, and all that are read as one.
fn variables(text: &str) -> Vec<&str> {
    let is_of_name = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let mut found = Vec::new();
    for (quote, _) in text.match_indices('"') {
        let (before, rest) = (&text[..quote], &text[quote + 1..]);
        let end = rest.find(|c| !is_of_name(c)).unwrap_or(rest.len());
        let name = &rest[..end];
        let is_read = ["variable(", "var(", "var_os("].iter().any(|call| before.ends_with(call));
        let is_of_cargo = before.ends_with("env!(") || name.starts_with("CARGO_");
        if rest[end..].starts_with('"')
            && !is_of_cargo
            && (is_read || name.trim_matches('_').contains('_'))
        {
            found.push(name);
        }
    }
    found
}

/// What a page has in backquotes.
fn quoted(text: &str) -> BTreeSet<&str> {
    text.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).collect()
}

#[test]
fn each_variable_that_is_read_is_on_the_page_of_variables() {
    // A caller, returned items, an operation and its end, positions in a stream.
    let no_variables = [
        "AWS_IAM",
        "ALL_NEW",
        "ALL_OLD",
        "CHAINED_INVOKE",
        "TIMED_OUT",
        "TRIM_HORIZON",
        "AFTER_SEQUENCE_NUMBER",
    ];
    let page = read("docs/guide/variables.md");
    let page = quoted(page.split("## Variables of make").next().unwrap());
    let sources = sources();
    // These have names of services, values of events and actions of rules.
    let folders = ["aws/src/catalog.rs", "aws/src/flags/", "events/", "durable/"];
    let others = |path: &str| folders.iter().any(|folder| path.starts_with(folder));
    let sources = sources.iter().filter(|(path, text)| !others(path) || text.contains("env::var"));
    let read: BTreeSet<_> = sources.flat_map(|(_, text)| variables(text)).collect();
    assert!(read.len() > 35, "the test finds the variables: {read:?}");
    let missing: Vec<_> =
        read.iter().filter(|name| !page.contains(*name) && !no_variables.contains(name)).collect();
    assert!(missing.is_empty(), "not on the page: {missing:?}");

    // Read by env_logger and by Rust's std; the last is one of a family.
    let by_others = ["RUST_LOG", "RUST_BACKTRACE", "AWS_ENDPOINT_URL_DYNAMODB"];
    let is_name = |text: &&&str| {
        text.contains('_') && text.chars().all(|c| c.is_ascii_uppercase() || c == '_')
    };
    let unread: Vec<_> = page
        .iter()
        .filter(is_name)
        .filter(|name| !read.contains(*name) && !by_others.contains(name))
        .collect();
    assert!(unread.is_empty(), "nothing reads {unread:?}");
}

/// Those with a default, which a user may change, and those that scripts read.
#[test]
fn each_variable_of_make_is_on_the_page_of_variables() {
    let is_name =
        |name: &&str| !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_');
    // The quick forms of what CI runs, and what is set by cargo or by the Makefile.
    let others = ["SECONDS", "SOAK", "CARGO_HOME", "CHECKOUT"];
    // Without a default.
    let mut there = BTreeSet::from(["PROJECT", "NAME", "ROLE"].map(str::to_owned));
    for file in ["Makefile", "examples/template/Makefile", "examples/template/project.mk"] {
        let text = read(file);
        let names =
            text.lines().filter_map(|line| line.split_once("?=")).map(|(name, _)| name.trim());
        there.extend(names.map(str::to_owned));
    }
    for file in ["scripts/build", "scripts/zip"] {
        let text = read(file);
        let names = text.split("${").skip(1).filter_map(|rest| rest.split_once(":-"));
        there.extend(names.map(|(name, _)| name).filter(is_name).map(str::to_owned));
    }
    there.retain(|name| !others.contains(&&**name));
    let page = read("docs/guide/variables.md");
    let listed = quoted(page.split_once("## Variables of make").unwrap().1);
    let listed: BTreeSet<_> = listed.into_iter().filter(is_name).map(str::to_owned).collect();
    assert_eq!(listed, there);
}

/// AWS's own kinds are claims.
#[test]
fn each_kind_of_error_that_the_guide_names_is_one() {
    let sources: String = sources().into_iter().map(|(_, text)| text).collect();
    let mut count = 0;
    for (page, text) in files("docs/guide", "md") {
        for kind in quoted(&text) {
            let Some((family, name)) = kind.split_once('.') else { continue };
            let is_kind = ["Runtime", "Function", "Sandbox", "Aws"].contains(&family)
                && name.chars().all(char::is_alphanumeric);
            if is_kind {
                let is_ours = sources.contains(&format!("\"{kind}\""));
                let is_claim =
                    claims().iter().any(|[claim, on, ..]| *on == page && claim.contains(kind));
                assert!(is_ours || is_claim, "{page}: nothing has the kind {kind}");
                count += 1;
            }
        }
    }
    assert!(count > 15, "{count}: the test finds the kinds");
}

/// A reader looks for the text that a program has printed.
#[test]
fn each_message_on_the_page_of_symptoms_is_one() {
    let sources: String = sources().into_iter().map(|(_, text)| text).collect();
    let sources = sources + &read("scripts/build");
    let page = read("docs/guide/troubleshooting.md");
    for message in [
        "there is no handler ",
        "the function cannot start because of the error ",
        "a required field is missing",
        "there is no C compiler for musl",
    ] {
        assert!(page.contains(&format!("`{message}")), "not on the page: {message}");
        assert!(sources.contains(message), "nothing prints: {message}");
    }
}
