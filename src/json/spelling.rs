//! Finds a field whose name differs from one of the type only in case or separators.
//!
//! A required field makes an error, which says so. An `Option` is `None` in silence: on Lambda
//! nothing is lost for it, and locally a warning says so.

use super::path::{path_of, plain_name};
use super::probe::is_ignored;
use super::scan::{Result, Scanner};
use miniserde::de::Map;
use std::borrow::Cow;
use std::sync::atomic::{AtomicBool, Ordering};

static IS_LOCAL: AtomicBool = AtomicBool::new(false);

/// Warns of such names from now on, for a program that runs locally.
pub(crate) fn warn_of_names() {
    IS_LOCAL.store(true, Ordering::Relaxed);
}

/// The warnings of a text, for a program that runs locally.
pub(super) struct Warnings(Vec<String>);

impl Warnings {
    const MAX: usize = 10;

    /// Returns nothing on Lambda.
    pub(super) fn if_local() -> Option<Self> {
        IS_LOCAL.load(Ordering::Relaxed).then(|| Self(Vec::new()))
    }

    /// Checks an object, at this byte, that has a field which its type ignores.
    #[cold]
    pub(super) fn check(&mut self, text: &str, start: usize, map: &mut dyn Map) {
        let mut found = Vec::new();
        let mut present = Vec::new();
        let _ = Scanner::at(text, start).fields(|_, key| {
            if map.key(&key).is_ok_and(|visitor| is_ignored(visitor)) {
                found.extend(other_spelling(&key, map).map(|field| (key.clone(), field)));
            }
            present.push(key);
            Ok(false)
        });
        found.retain(|(_, field)| !present.contains(&Cow::from(&**field)));
        for (name, field) in found {
            let fact = format!(
                "the event has `{name}`, the type has no such field but `{field}` is absent: write \
                 #[serde(rename = \"{name}\")] on it"
            );
            let is_new = !self.0.iter().any(|warning| warning.starts_with(&fact));
            if is_new && self.0.len() < Self::MAX {
                let path = path_of(text, start);
                let place = if path.is_empty() { path } else { format!(" (at {path})") };
                self.0.push(fact + &place);
            }
        }
    }

    pub(super) fn log(&self) {
        self.0.iter().for_each(|warning| log::warn!("{warning}"));
    }
}

/// Warns, locally, if a text that was written has a name twice in an object.
pub(super) fn warn_of_repeated_names(text: &[u8]) {
    if !IS_LOCAL.load(Ordering::Relaxed) {
        return;
    }
    let text = std::str::from_utf8(text).unwrap_or_default();
    let mut repeated = None;
    let _ = find_repeated(&mut Scanner::new(text), &mut repeated, 0);
    if let Some(name) = repeated.as_deref().and_then(plain_name) {
        log::warn!(
            "the response has the field `{name}` twice in an object: two fields of its type have \
             this name, and readers take either"
        );
    }
}

fn find_repeated<'a>(
    scanner: &mut Scanner<'a>,
    repeated: &mut Option<Cow<'a, str>>,
    depth: usize,
) -> Result<()> {
    const MAX_DEPTH: usize = 64;
    let mut names = std::collections::BTreeSet::new();
    match scanner.next() {
        b'{' if depth < MAX_DEPTH => scanner.fields(|scanner, name| {
            if let Some(name) = names.replace(name) {
                repeated.get_or_insert(name);
            }
            find_repeated(scanner, repeated, depth + 1).map(|()| true)
        }),
        b'[' if depth < MAX_DEPTH => {
            scanner.expect(b'[')?;
            let mut more = scanner.next() != b']';
            while more {
                find_repeated(scanner, repeated, depth + 1)?;
                more = scanner.skip_byte(b',');
            }
            scanner.expect(b']')
        }
        _ => scanner.skip_value(),
    }
}

/// Returns a field of the type whose name differs only in case or separators.
fn other_spelling(key: &str, map: &mut dyn Map) -> Option<String> {
    let name = plain_name(key)?;
    let mut has = |field: &String| map.key(field).is_ok_and(|visitor| !is_ignored(visitor));
    spellings(name).into_iter().find(|field| field != name && has(field))
}

/// Says which `rename` is missing, if the type has a field of the same name in another case.
pub(super) fn rename_hint(name: &str, map: &mut dyn Map) -> Option<String> {
    let field = other_spelling(name, map)?;
    Some(format!(
        "; the type has the field {field}: write #[serde(rename = \"{name}\")] on it, because \
         miniserde ignores rename_all"
    ))
}

/// Returns the spellings of a name in the usual conventions.
pub(super) fn spellings(name: &str) -> [String; 5] {
    let words = words(name);
    let capitalized = |word: &String| {
        let (first, rest) = word.split_at(word.len().min(1));
        first.to_ascii_uppercase() + rest
    };
    let pascal: String = words.iter().map(capitalized).collect();
    let camel =
        words.iter().take(1).cloned().chain(words.iter().skip(1).map(capitalized)).collect();
    [words.join("_"), camel, pascal, words.join("-"), words.concat()]
}

/// Splits a name into its words, in lower case: `an_a`, `anA`, `AnA` and `an-a` have the same two.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut is_start = true;
    let mut was_lower = false;
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            if is_start || (c.is_ascii_uppercase() && was_lower) {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.push(c.to_ascii_lowercase());
            }
        }
        is_start = !c.is_ascii_alphanumeric();
        was_lower = c.is_ascii_lowercase() || c.is_ascii_digit();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::spellings;

    #[test]
    fn a_name_has_its_spellings() {
        for name in ["an_order_id", "anOrderId", "AnOrderId", "an-order-id", "AN_ORDER_ID"] {
            let expected = ["an_order_id", "anOrderId", "AnOrderId", "an-order-id", "anorderid"];
            assert_eq!(spellings(name), expected, "{name}");
        }
    }
}
