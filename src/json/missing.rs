//! Explains an object that lacks a field of its type.

use super::event_kind;
use super::path::plain_name;
use super::probe::{ParseError, is_ignored, is_required, takes_everything};
use super::scan::Scanner;
use super::spelling::rename_hint;
use miniserde::de::{Map, Visitor};

/// Explains an object, at this byte, that lacks a field. miniserde cannot tell which, so the fields
/// that are there are listed, and those that the type does not have.
#[cold]
pub(super) fn missing_field(text: &str, start: usize, map: &mut dyn Map) -> ParseError {
    let (mut present, mut unknown) = (Names::default(), Names::default());
    let mut hint = None;
    let _ = Scanner::at(text, start).fields(|_, key| {
        present.add(&key);
        if map.key(&key).is_ok_and(|visitor| is_ignored(visitor)) {
            unknown.add(&key);
            hint = hint.take().or_else(|| rename_hint(&key, map));
        }
        Ok(false)
    });
    let aws = event_kind::REQUIRED_FIELDS;
    let missing = missing_names(text, start, map, aws, is_required)
        .or_else(|| missing_names(text, start, map, aws, takes_everything));
    let is_unnamed = missing.is_none();
    let missing = missing.map_or_else(String::new, |names| format!(": {names}"));
    let mut message = format!("a required field is missing{missing}; the object ");
    match (present.count, unknown.count) {
        (0, _) => message.push_str("is empty"),
        (_, 0) => message.extend(["has ", &*present.list]),
        (all, none) if all == none => {
            message.extend(["has ", &*present.list, "; the type has none of them"]);
        }
        _ => message.extend(["has ", &*present.list, "; the type does not have ", &*unknown.list]),
    }
    if let Some(names) = missing_names(text, start, map, USUAL_FIELDS, is_required) {
        message.extend(["; the type requires ", &*names]);
    }
    message.push_str(&hint.unwrap_or_default());
    ParseError { at: start, what: message, is_unnamed }
}

/// Lists the names of the object at this byte, and returns the first of them that is wanted. There
/// is no list if no object is there.
#[cfg(feature = "serde")]
pub(super) fn names_of(
    text: &str,
    start: usize,
    is_wanted: impl Fn(&str) -> bool,
) -> (Option<String>, Option<String>) {
    let (mut names, mut wanted) = (Names::default(), None);
    let found = Scanner::at(text, start).fields(|_, key| {
        names.add(&key);
        let name = plain_name(&key).filter(|name| wanted.is_none() && is_wanted(name));
        wanted = name.map(str::to_owned).or(wanted.take());
        Ok(false)
    });
    let list = match (found, names.count) {
        (Err(_), _) => None,
        (_, 0) => Some("is empty".to_owned()),
        _ => Some(format!("has {}", names.list)),
    };
    (list, wanted)
}

/// Names that users give to fields, in addition to those of AWS. Probing them costs microseconds,
/// and only for an error; a name that is not here cannot be found.
const USUAL_FIELDS: &str = "\
    action active address age amount author category city code color comment content count country \
    created createdAt created_at currency customer customerId customer_id date description done \
    due email enabled file firstName first_name from item itemId item_id items kind label language \
    lastName last_name lat level limit lon note number order orderId order_id owner page password \
    phone price priority product productId product_id quantity query reason role score size sku \
    subject tags task text time title to token total unit updated user user_id weight year zip";

/// Lists the fields of these names that the type has and the object has not. The object is read
/// once.
fn missing_names(
    text: &str,
    start: usize,
    map: &mut dyn Map,
    names: &'static str,
    is_wanted: fn(&mut dyn Visitor) -> bool,
) -> Option<String> {
    let mut is_candidate =
        |name: &&str| map.key(name).is_ok_and(|visitor| !is_ignored(visitor) && is_wanted(visitor));
    let mut absent: Vec<&str> = names.split(' ').filter(&mut is_candidate).collect();
    if absent.is_empty() {
        return None;
    }
    let _ = Scanner::at(text, start).fields(|_, key| {
        absent.retain(|name| key != *name);
        Ok(false)
    });
    let mut list = Names::default();
    for name in absent {
        list.add(name);
    }
    (list.count > 0).then_some(list.list)
}

/// A list of names, cut after some.
#[derive(Default)]
struct Names {
    list: String,
    count: usize,
}

impl Names {
    fn add(&mut self, key: &str) {
        const MAX_NAMES: usize = 12;
        if self.count < MAX_NAMES {
            if self.count > 0 {
                self.list.push_str(", ");
            }
            self.list.push_str(plain_name(key).unwrap_or("(a key)"));
        } else if self.count == MAX_NAMES {
            self.list.push_str(", \u{2026}");
        }
        self.count += 1;
    }
}

#[cfg(test)]
mod tests {
    use crate::decode;
    use miniserde::Deserialize;
    use miniserde::json::Value;
    use std::collections::BTreeMap;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only its decoding is of interest")]
    struct Draft {
        title: String,
        zone: u8,
        #[serde(rename = "body")]
        text: Option<String>,
    }

    fn refused<T: Deserialize>(text: &str) -> String {
        let error = decode::<T>(text.as_bytes()).err().unwrap();
        error.message().replace("the JSON does not match its type", "")
    }

    #[test]
    fn a_missing_field_is_named_if_it_has_a_usual_name_and_the_type_always() {
        assert_eq!(
            refused::<Draft>(r#"{"alpha":"s3cret"}"#),
            ": a required field is missing; the object has alpha; the type has none of them; \
             the type requires title; see the definition of Draft"
        );
        assert_eq!(
            refused::<Draft>(r#"{"title":"s3cret"}"#),
            ": a required field is missing; the object has title; see the definition of Draft"
        );
        // It is there, with an escape in its name.
        assert_eq!(
            refused::<Draft>(r#"{"t\u0069tle":"s3cret"}"#),
            refused::<Draft>(r#"{"title":"s3cret"}"#)
        );
        assert_eq!(
            refused::<Draft>(r#"{"title":"s3cret","alpha":1,"body":null}"#),
            ": a required field is missing; the object has title, alpha, body; the type does not \
             have alpha; see the definition of Draft"
        );
        assert_eq!(
            refused::<Vec<Draft>>("[{}]"),
            " at [0]: a required field is missing; the object is empty; the type requires title; \
             see the type of [0] in Vec<Draft>"
        );
        assert_eq!(
            refused::<BTreeMap<String, Option<Draft>>>(r#"{"a":{"alpha":1,"beta":2}}"#),
            " at .a: a required field is missing; the object has alpha, beta; the type has none of \
             them; the type requires title; see the type of .a in BTreeMap<String, Option<Draft>>"
        );
    }

    #[derive(Deserialize)]
    #[allow(dead_code, reason = "only its decoding is of interest")]
    struct Detailed {
        detail: Value,
        zone: u8,
        body: Option<String>,
    }

    /// A field of any type may be the missing one, and an `Option` is not.
    #[test]
    fn an_option_is_never_named_as_missing() {
        let message = refused::<Detailed>(r#"{"zone":1}"#);
        assert!(message.contains("is missing: detail; the object has zone"), "{message}");
        let message = refused::<Detailed>(r#"{"detail":1}"#);
        assert!(message.contains("is missing; the object has detail; see"), "{message}");
    }

    #[test]
    fn what_is_no_missing_field_does_not_name_the_type() {
        assert_eq!(refused::<Draft>("[]"), ": expected an object, found a list");
        assert!(!refused::<Draft>(r#"{"title":1}"#).contains("Draft"));
        assert!(!refused::<Draft>(r#"{"title":"a"#).contains("Draft"));
    }
}
