//! Rules of the sources of events, most of which miniserde would let pass in silence.

mod sources;

use sources::{files, here, sources};
use std::collections::BTreeSet;
use std::path::Path;

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

/// The name of a field or of an enum's variant that is alone on a line.
fn field_or_variant(line: &str) -> Option<&str> {
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let name = line.split_once(": ").map(|(name, _)| name).or_else(|| line.strip_suffix(','))?;
    let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_#".contains(&byte));
    (is_name && !name.is_empty()).then_some(name)
}

/// The places where the name in JSON is not said, or two fields of a struct have the same:
/// miniserde writes both, and reads one.
fn faulty_names(text: &str) -> Vec<String> {
    let (mut rename, mut names, mut faults) = (None, BTreeSet::new(), Vec::new());
    let mut is_type = false;
    for line in text.lines().map(str::trim) {
        if line.contains("serde(") {
            let inner = line.strip_prefix("#[serde(rename = \"");
            rename = inner.and_then(|rest| rest.strip_suffix("\")]")).map(str::to_owned);
            if rename.is_none() {
                faults.push(format!("something else than one rename: {line}"));
            }
        } else if ["pub struct", "struct", "pub enum", "enum"].iter().any(|it| line.starts_with(it))
        {
            names.clear();
            is_type = !line.ends_with(['}', ';']);
        } else if line == "}" {
            is_type = false;
        } else if let Some(field) = field_or_variant(line).filter(|_| is_type) {
            if field.starts_with("r#") {
                faults.push(format!("omit_absent! would write the r#: {line}"));
            }
            if rename.is_none() && field.contains('_') && line.starts_with("pub ") {
                faults.push(format!("a rename is missing: {line}"));
            }
            if !names.insert(rename.take().unwrap_or_else(|| field.to_owned())) {
                faults.push(format!("the type has the name in JSON twice: {line}"));
            }
        }
    }
    faults
}

#[test]
fn the_names_in_json_are_told_and_told_once() {
    for (name, text) in sources() {
        let code = text.split("#[cfg(test)]").next().unwrap();
        assert!(faulty_names(code).is_empty(), "{name}: {:?}", faulty_names(code));
    }
}

#[test]
fn a_name_that_is_told_twice_is_found() {
    let renamed = |name: &str, field: &str| format!("#[serde(rename = \"{name}\")]\n{field}\n");
    let in_type = |fields: &str| faulty_names(&format!("pub struct A {{\n{fields}}}\n")).len();
    let twice = renamed("x", "pub a: u8,") + &renamed("x", "pub b: u8,");
    assert_eq!(in_type(&twice), 1);
    assert_eq!(in_type(&(renamed("b", "pub a: u8,") + "pub b: u8,\n")), 1);
    assert_eq!(in_type(&(renamed("x", "a: u8,") + &renamed("x", "b: u8,"))), 1);
    assert_eq!(in_type(&(renamed("x", "A,") + &renamed("x", "B,"))), 1);
    assert_eq!(in_type(&(renamed("b", "a: u8,") + "pub c: u8,\npub b_c: u8,\n")), 1);
    assert_eq!(in_type(&(renamed("x", "pub a: u8,") + &renamed("y", "pub b: u8,"))), 0);
}

#[test]
fn each_public_type_can_be_cloned_compared_and_created() {
    for (name, text) in sources() {
        let code = text.split("#[cfg(test)]").next().unwrap();
        let lines: Vec<_> = code.lines().map(str::trim).collect();
        for (number, line) in
            lines.iter().enumerate().filter(|(_, line)| line.starts_with("#[derive("))
        {
            let is_item = |line: &&&str| ["struct ", "enum "].iter().any(|it| line.contains(it));
            let item = lines[number..].iter().filter(|line| !line.starts_with("//")).find(is_item);
            let Some(item) = item.filter(|line| line.starts_with("pub ")) else { continue };
            let is_struct = item.starts_with("pub struct");
            let type_name = item.split([' ', '<', '(']).nth(2).unwrap_or("");
            let is_printed = code.contains(&format!("impl fmt::Debug for {type_name} {{"));
            let wanted =
                ["Clone", "Debug", "PartialEq"].into_iter().chain(is_struct.then_some("Default"));
            for wanted in wanted.filter(|_| !line.contains("Copy")) {
                if wanted == "Debug" && is_printed {
                    continue; // it hides a secret
                }
                if wanted == "Default" && code.contains(&format!("Default for {type_name}<T>")) {
                    continue; // the derive would want it of the parameter
                }
                assert!(line.contains(wanted), "{name}:{}: {line} lacks {wanted}", number + 1);
            }
        }
    }
}

/// A struct that AWS sends may get more fields, so users cannot write it as a literal.
#[test]
fn structs_that_come_in_can_grow() {
    let is_response = |name: &str| {
        ["Response", "Result", "FailedItem", "Output"].iter().any(|word| name.contains(word))
    };
    for (name, text) in sources() {
        let lines: Vec<_> = text.lines().collect();
        for (number, line) in lines.iter().enumerate() {
            let Some(rest) = line.strip_prefix("pub struct ") else { continue };
            if rest.ends_with('{') && !is_response(rest) {
                let before = lines[number - 1];
                assert_eq!(before, "#[non_exhaustive]", "{name}:{}: {line}", number + 1);
            }
        }
    }
}

#[test]
fn each_public_item_is_documented() {
    for (name, text) in files() {
        let lines: Vec<_> = text.lines().map(str::trim).collect();
        for (number, line) in lines.iter().enumerate().filter(|(_, line)| !line.contains('$')) {
            let is_item = ["pub struct ", "pub enum ", "pub fn ", "pub const ", "pub type "]
                .iter()
                .any(|start| line.starts_with(start));
            if !is_item {
                continue;
            }
            let mut above = lines[..number].iter().rev();
            let doc = above.find(|line| !line.starts_with("#[")).unwrap();
            assert!(doc.starts_with("///"), "{name}:{}: {line}", number + 1);
        }
    }
}

/// Each type has one public path; `tests/tidy` of the project checks the order of the modules.
#[test]
fn types_have_one_path() {
    for (name, text) in files() {
        let may_reexport = name.starts_with("values/") || name == "lib.rs";
        // Its modules are private.
        if may_reexport || name == "dynamodb/mod.rs" {
            continue;
        }
        let found = text.lines().find(|line| line.starts_with("pub use"));
        assert_eq!(found, None, "{name}");
    }
}

#[test]
fn no_file_is_longer_than_400_lines() {
    for (name, text) in files() {
        assert!(text.lines().count() <= 400, "{name}");
    }
}
