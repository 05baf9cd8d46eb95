//! Every document in `data/`, decoded into its type and into all others, whole and damaged.
//!
//! What a type takes and what it refuses is in `taken/DOCUMENT.txt`, so that a change of it
//! is seen. `UPDATE=1 cargo test -p minilambda-events --test documents` writes these files again;
//! read the difference.

mod row;
mod table;
mod tree;

use miniserde::json::{self, Number, Value};
use row::{Row, document};
use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};
use table::{OF_ENVELOPE, OF_EXAMPLES, SAME_SHAPE, TABLE};
use tree::{
    Step, escaped, key_written_twice, members_twice, paths, removed, replaced, same, shown,
};

/// Each document with its type.
fn documents() -> impl Iterator<Item = (&'static Row, &'static str, Value)> {
    TABLE.iter().flat_map(|row| row.documents.iter().map(move |name| (row, *name, document(name))))
}

/// Whether the type takes the value; then it has to write it back as it was sent.
fn takes(row: &Row, value: &Value, what: &str) -> bool {
    let text = json::to_string(value);
    let Some(back) = (row.there_and_back)(&text) else { return false };
    assert!(
        same(value, &json::from_str(&back).unwrap()),
        "{}: {what}: it came as {text}, and is written as {back}",
        row.name()
    );
    true
}

#[test]
fn each_document_fits_its_type_and_is_written_as_it_came() {
    for (row, name, value) in documents() {
        assert!(takes(row, &value, name), "{} does not take data/{name}.json", row.name());
    }
}

/// Of two fields with the same rename both are written, and JSON's readers take either.
#[test]
fn no_key_is_written_twice() {
    for (row, name, value) in documents() {
        let text = (row.there_and_back)(&json::to_string(&value)).unwrap();
        assert_eq!(key_written_twice(&text), None, "{} data/{name}.json", row.name());
    }
    let twice = |text| key_written_twice(text);
    assert_eq!(twice(r#"{"a":{"b":1},"c":[{"a":"b\\"},{"a":2}],"b":"\"a"}"#), None);
    assert_eq!(twice(r#"{"a":1,"b":[],"a":2}"#).as_deref(), Some("a"));
    assert_eq!(twice(r#"[{"x":{"é":1,"é":2}}]"#).as_deref(), Some("é"));
}

#[test]
fn each_document_is_in_the_table() {
    let listed: BTreeSet<_> = documents().map(|(_, name, _)| name.to_owned()).collect();
    for entry in fs::read_dir(row::data()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap();
        assert!(
            listed.contains(name) || OF_EXAMPLES.contains(&name),
            "{} has no line in tests/documents/table.rs",
            path.display()
        );
    }
}

#[test]
fn an_event_is_refused_by_the_types_of_other_events() {
    let listed = |document: &str, name: &str| {
        let (start, envelope) = OF_ENVELOPE;
        SAME_SHAPE.iter().any(|pair| pair.document == document && pair.taken_by == name)
            || (document.starts_with(start) && name == envelope)
    };
    for pair in SAME_SHAPE {
        assert!(documents().any(|(_, name, _)| name == pair.document), "{}", pair.document);
        assert!(TABLE.iter().any(|row| row.name() == pair.taken_by), "{}", pair.taken_by);
        assert!(!pair.why.is_empty());
    }
    for (owner, name, value) in documents().filter(|(row, _, _)| row.is_event) {
        let text = json::to_string(&value);
        for other in TABLE.iter().filter(|row| row.is_event && row.name() != owner.name()) {
            // A document may be listed for several types, as one that is right for each.
            let expected = listed(name, &other.name()) || other.documents.contains(&name);
            let taken = (other.there_and_back)(&text).is_some();
            assert!(
                !taken || expected,
                "{} takes data/{name}.json: require a field that only one of them has, or add a \
                 line with the reason to SAME_SHAPE in tests/documents/table.rs",
                other.name()
            );
            assert!(
                taken || !expected,
                "{} does not take data/{name}.json, as tests/documents/table.rs says",
                other.name()
            );
        }
    }
}

#[test]
fn an_error_names_the_field_that_an_event_lacks() {
    let mut count = 0;
    for (row, name, value) in documents().filter(|(row, ..)| row.is_event) {
        for path in paths(&value) {
            let (Some(rest), Some(Step::Key(key))) = (removed(&value, &path), path.last()) else {
                continue;
            };
            let Some(message) = (row.error)(&json::to_string(&rest)) else { continue };
            let lists = message.split("a required field is missing: ").nth(1);
            let lists = lists.and_then(|rest| rest.split("; ").next()).unwrap_or_default();
            let is_named = lists.split(", ").any(|missing| missing == key);
            // These decode themselves, from a map of any fields.
            let is_derived = (!shown(&path).starts_with("request.") || !name.starts_with("alexa"))
                && name != "cloudwatch-dashboard-describe"
                && !message.contains("Keys.")
                && !message.contains("Image.");
            let is_derived = is_derived && message.contains("a required field is missing");
            assert!(
                is_named || !is_derived,
                "data/{name}.json without {}: {message}\nis {key} in REQUIRED_FIELDS of \
                 src/json/event_kind.rs?",
                shown(&path)
            );
            count += usize::from(is_named);
        }
    }
    assert!(count > 100, "{count}");
}

#[test]
fn what_is_taken_of_a_damaged_document_is_known() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/documents/taken");
    let mut changed = Vec::new();
    for (row, name, value) in documents() {
        let found = taken(row, &value);
        let file = folder.join(name).with_extension("txt");
        if env::var_os("UPDATE").is_some() {
            fs::write(&file, &found).unwrap();
        } else if fs::read_to_string(&file).unwrap_or_default() != found {
            changed.push(format!("{}: now\n{found}", file.display()));
        }
    }
    assert!(
        changed.is_empty(),
        "{}\nif that is intended: UPDATE=1 cargo test -p minilambda-events --test documents",
        changed.join("\n")
    );
}

/// What a type takes and refuses of a document that is changed in one place:
///
/// - `required`: it may not be absent, nor null; `not null`, `not absent`: only the one;
/// - `number or text`: it may be either;
/// - `checked text`: not every text is taken;
/// - `values alike`: the object is a map, and takes no field of another kind.
fn taken(row: &Row, whole: &Value) -> String {
    let mut lines = BTreeSet::new();
    for path in paths(whole) {
        let place = shown(&path);
        let takes = |value: &Value, what| takes(row, value, &format!("{place}: {what}"));
        let takes_here = |by: Value, what| takes(&replaced(whole, &path, by), what);
        let mut note = |what: &str| lines.insert(format!("{what:<14}  {place}\n"));

        if let Some(rest) = removed(whole, &path) {
            match (takes(&rest, "removed"), takes_here(Value::Null, "null")) {
                (false, false) => drop(note("required")),
                (true, false) => drop(note("not null")),
                (false, true) => drop(note("not absent")),
                (true, true) => {}
            }
        }
        match tree::at(&mut whole.clone(), &path) {
            Value::Number(number) => {
                if takes_here(Value::String(number.to_string()), "a text") {
                    note("number or text");
                }
                for number in hard_numbers() {
                    takes_here(Value::Number(number), "another number");
                }
            }
            Value::String(text) => {
                if let Ok(Value::Number(number)) = json::from_str(text) {
                    if takes_here(Value::Number(number), "a number") {
                        note("number or text");
                    }
                }
                let fits = |text: &&str| takes_here(Value::String((*text).into()), "another text");
                if !HARD_TEXTS.iter().all(fits) {
                    note("checked text");
                }
            }
            Value::Object(object) => {
                let mut more = object.clone();
                more.insert("unknown".to_owned(), json::from_str(r#"{"a":[{}]}"#).unwrap());
                let text = json::to_string(&replaced(whole, &path, Value::Object(more)));
                if (row.there_and_back)(&text).is_none() {
                    note("values alike");
                }
            }
            _ => {}
        }
    }
    lines.into_iter().collect()
}

const HARD_TEXTS: &[&str] =
    &["", "né 𝄞 \u{0}\u{1f}\u{7f}\u{feff}\"\\/\u{2028}", "18446744073709551616"];

fn hard_numbers() -> [Number; 5] {
    [
        Number::U64(12_345_678_901_234_567), // no float is equal
        Number::U64(u64::MAX),
        Number::I64(i64::MIN),
        Number::F64(0.5),
        Number::F64(1e300),
    ]
}

#[test]
fn escapes_and_members_that_stand_twice_change_nothing() {
    for (row, name, value) in documents() {
        let plain = (row.there_and_back)(&json::to_string(&value));
        for text in [escaped(&value), members_twice(&value)] {
            assert_eq!((row.there_and_back)(&text), plain, "{} {name}", row.name());
        }
    }
}

#[test]
fn a_text_that_is_no_document_is_refused() {
    for row in TABLE {
        for text in ["", "null", "true", "17", "\"\"", "[[]]", "{", "\u{feff}{}", "{}{}"] {
            assert!((row.there_and_back)(text).is_none(), "{} takes {text}", row.name());
        }
        if row.is_event {
            assert!((row.there_and_back)("{}").is_none(), "{} takes an empty object", row.name());
        }
    }
}

#[test]
fn any_json_is_kept_as_far_as_it_is_said() {
    for (text, kept) in [
        ("0", "0"),
        ("1.0", "1.0"),
        ("1e3", "1000.0"),
        ("12345678901234567", "12345678901234567"),
        ("-123456789012345678", "-123456789012345678"),
        ("18446744073709551615", "18446744073709551615"),
        ("18446744073709551616", "1.8446744073709552e+19"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("1480641523.477", "1480641523.477"),
        ("{\"b\":1,\"a\":2,\"b\":3}", "{\"a\":2,\"b\":3}"),
    ] {
        assert_eq!(json::to_string(&json::from_str::<Value>(text).unwrap()), kept);
    }
}

#[test]
fn the_tools_of_these_tests_do_what_they_say() {
    let value: Value = json::from_str(r#"{"a":[{"b":1,"c":null}],"d":"né\n"}"#).unwrap();
    let all: Vec<_> = paths(&value).iter().map(|path| shown(path)).collect();
    assert_eq!(all, ["(all)", "a", "a[]", "a[].b", "a[].c", "d"]);
    let twice = r#"{"a":[{"b":1,"b":1,"c":null,"c":null}],"a":[{"b":1,"b":1,"c":null,"c":null}],"d":"né\n","d":"né\n"}"#;
    assert_eq!(members_twice(&value), twice);
    let letters = r#"{"\u0061":[{"\u0062":1,"\u0063":null}],"\u0064":"\u006E\u00E9\n"}"#;
    assert_eq!(escaped(&value), letters);
    assert_eq!(escaped(&Value::String("𝄞".to_owned())), r#""\uD834\uDD1E""#);
    let path = [Step::Key("a".to_owned()), Step::Index(0), Step::Key("c".to_owned())];
    assert!(same(&value, &removed(&value, &path).unwrap()));
    assert!(!same(&value, &removed(&value, &path[..1]).unwrap()));
    assert!(removed(&value, &path[..2]).is_none() && removed(&value, &[]).is_none());
}
