//! Limits the memory of miniserde's `Value`, which takes up to a hundred times its text.
//!
//! Its objects are B-trees whose smallest node has room for eleven fields. It cannot be smaller, so
//! what it takes is estimated before it is allocated. Only `Value` is counted, wherever it is in
//! the type: a list or a map of `Value`s is, and a `Vec<u64>` or a `Vec<BTreeMap<String, String>>`
//! is not. The size of a typed value is the user's choice. A `Value` that is a field of a struct
//! has its place there.

use super::probe::is_value;
use crate::environment::function_memory;
use miniserde::de::Visitor;
use miniserde::json::Value;

/// A text of this size takes no more than half of the smallest function, at up to 128 bytes for
/// each byte.
const SMALL_TEXT: usize = (64 << 20) / 128;

const ELEMENT: usize = size_of::<Value>();
/// A leaf of a B-tree, as the allocator rounds it, and an inner node.
const LEAF: usize = 11 * (size_of::<String>() + ELEMENT) + 24;
const INNER: usize = LEAF + 12 * size_of::<usize>();
/// The smallest piece of memory that an allocator gives.
const TEXT: usize = 32;

/// What `Value`s may still take.
#[derive(Clone)]
pub(super) struct Budget {
    bytes: usize,
    left: usize,
}

impl Budget {
    /// Returns no budget for a text that is so short that it needs none.
    pub(super) fn for_text(text: &str) -> Option<Self> {
        if text.len() <= SMALL_TEXT {
            return None;
        }
        Some(Self::new(function_memory() / 2, text))
    }

    /// Returns a budget for a text that might exceed it, if serde held all of it without types.
    #[cfg(feature = "serde")]
    pub(super) fn for_untyped(text: &str) -> Option<Self> {
        let budget = Self::for_text(text)?;
        let count = |byte| text.bytes().filter(|other| *other == byte).count();
        let most = [
            count(b'{').saturating_mul(LEAF + 4 * ELEMENT + 2 * TEXT),
            count(b'[').saturating_mul(4 * ELEMENT + TEXT),
            count(b',').saturating_mul(LEAF / 5 + 2 * ELEMENT + 2 * TEXT),
        ];
        let most = most.into_iter().fold(0, usize::saturating_add);
        (most > budget.left).then_some(budget)
    }

    fn new(bytes: usize, text: &str) -> Self {
        // Strings take their text.
        Self { bytes, left: bytes.saturating_sub(text.len()) }
    }

    /// Counts an element before it is read: the `count`th of a list, which is a `Value` or not.
    pub(super) fn has_element(
        &mut self,
        list_is_value: bool,
        count: usize,
        element: &mut dyn Visitor,
        is_text: bool,
    ) -> bool {
        if !list_is_value && !is_value(element) {
            return true;
        }
        // A list grows from four to the double.
        let slots = if count == 1 { 4 } else { 2 };
        self.spend(slots * ELEMENT + if is_text { TEXT } else { 0 })
    }

    /// Counts a field before its value is read: the `count`th of a `Value`, or of a map of them.
    pub(super) fn has_field(&mut self, count: usize, is_text: bool) -> bool {
        let node = match count {
            1 => LEAF,
            2..=11 => 0,
            12 => LEAF + INNER,
            // Splitting leaves six fields in a leaf.
            _ => LEAF / 5,
        };
        self.spend(node + TEXT + if is_text { TEXT } else { 0 })
    }

    /// Counts a value that serde holds without a type.
    #[cfg(feature = "serde")]
    pub(super) fn has_untyped(&mut self, bytes: usize, is_text: bool) -> bool {
        self.spend(bytes + if is_text { TEXT } else { 0 })
    }

    fn spend(&mut self, bytes: usize) -> bool {
        let left = self.left.checked_sub(bytes);
        self.left = left.unwrap_or_default();
        left.is_some()
    }

    #[cold]
    pub(super) fn refusal(&self, held: &str, instead: &str) -> String {
        format!(
            "{held} it would take more than {} MB, half of AWS_LAMBDA_FUNCTION_MEMORY_SIZE (without \
             it 64 MB); use {instead}",
            self.bytes >> 20
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::parser::parse_within;
    use super::super::path::path_of;
    use super::super::probe::is_value;
    use super::Budget;
    use crate::decode;
    use miniserde::Deserialize;
    use miniserde::json::{self, Object, Value};
    use std::collections::{BTreeMap, HashMap};

    fn list(element: &str, bytes: usize) -> String {
        let count = bytes / (element.len() + 1);
        format!("[{}{element}]", format!("{element},").repeat(count))
    }

    /// Where a value is refused that may take 2 MB, the 32nd part of a small function's.
    fn place<T: Deserialize>(text: &str) -> String {
        let budget = Budget::new(2 << 20, text);
        let Err(error) = parse_within::<T>(text, Some(budget)) else { return "none".to_owned() };
        let what = "as miniserde's Value it would take more than 2 MB";
        assert!(error.what.starts_with(what), "{}", error.what);
        path_of(text, error.at)
    }

    #[test]
    fn a_value_is_recognised_by_its_size_and_by_what_it_takes() {
        fn check<T: Deserialize>() -> bool {
            is_value(T::begin(&mut None))
        }
        assert!(check::<Value>() && check::<Option<Value>>() && check::<Option<Option<Value>>>());
        assert!(!check::<String>() && !check::<Vec<Value>>() && !check::<Option<[u64; 3]>>());
        assert!(!check::<BTreeMap<String, Value>>() && !check::<u8>() && !check::<Box<Value>>());
    }

    #[derive(Deserialize)]
    struct Event {
        detail: Option<Value>,
        list: Option<Vec<Value>>,
        map: Option<BTreeMap<String, Value>>,
        numbers: Option<Vec<u64>>,
        records: Option<Vec<Record>>,
    }

    #[derive(Deserialize)]
    struct Record {
        a: Option<Value>,
        b: Option<Value>,
        tags: Option<BTreeMap<String, String>>,
    }

    #[test]
    fn a_value_that_would_take_too_much_is_refused() {
        let object = list(r#"{"":0}"#, 40_625);
        let names: Vec<_> = (0..18_000).map(|at| format!(r#""{at}":0,"#)).collect();
        let names = names.concat();
        let texts = [
            object.clone(),
            list("[]", 100_000),
            list("[0]", 46_875),
            list("0", 68_750),
            list(r#""""#, 68_750),
            list(r#"{"":{"":{"":0}}}"#, 40_625),
            list(r#"{"a":"b","c":"d"}"#, 62_500),
            format!("{{{names}\"\":0}}"),
        ];
        for text in &texts {
            assert!(place::<Value>(text) != "none", "{}", &text[..40]);
            let event = format!(r#"{{"numbers":[1],"detail":{text}}}"#);
            assert!(place::<Event>(&event).starts_with(".detail"), "{}", &text[..40]);
            assert_eq!(place::<Record>(&event), "none", "it is ignored");
        }
        let (list, map) = (&texts[3], &texts[7]);
        for list in [list, &object] {
            assert!(place::<Event>(&format!(r#"{{"list":{list}}}"#)).starts_with(".list"));
        }
        assert_eq!(place::<Event>(&format!(r#"{{"map":{map}}}"#)), ".map");
        assert_eq!(place::<Vec<Option<Value>>>(list), "");
        assert!(place::<Box<Value>>(&object) != "none");
    }

    #[test]
    fn a_small_map_of_values_in_a_list_is_counted_too() {
        let text = list(r#"{"7":0}"#, 40_625);
        assert!(place::<Vec<Object>>(&text) != "none");
        assert!(place::<Vec<HashMap<String, Value>>>(&text) != "none");
        assert!(place::<Vec<Option<BTreeMap<u8, Option<Value>>>>>(&text) != "none");
        assert!(place::<Vec<Box<Value>>>(&text) != "none");
        assert_eq!(place::<Vec<BTreeMap<String, u64>>>(&text), "none");
    }

    #[test]
    fn what_is_counted_is_read_as_it_came() {
        let rest = " ".repeat(600_000);
        let text = r#"{"a":null,"b":1,"a":[{"":null,"c":null}],"d":null}"#;
        let with_rest = format!("{text}{rest}");
        let read = |text: &str| {
            let maps: BTreeMap<String, Option<Value>> = decode(text.as_bytes()).unwrap();
            let object: Object = decode(text.as_bytes()).unwrap();
            json::to_string(&maps) + &json::to_string(&object)
        };
        assert_eq!(read(&with_rest), read(text));
        let record: Record = decode(with_rest.as_bytes()).unwrap();
        assert!(matches!((record.a, record.b), (Some(Value::Array(_)), Some(Value::Number(_)))));
    }

    #[test]
    fn without_the_variable_a_value_may_take_64_mb() {
        let text = list(r#"{"":0}"#, 1_300_000);
        let error = decode::<Value>(text.as_bytes()).err().unwrap();
        assert!(error.message().contains("would take more than 64 MB"), "{}", error.message());
        assert!(decode::<Vec<BTreeMap<String, u64>>>(text.as_bytes()).is_ok());
        assert!(decode::<Value>(list(r#"{"":0}"#, 500_000).as_bytes()).is_ok());
    }

    #[test]
    fn what_takes_less_is_read() {
        let text = list(r#"{"":0}"#, 15_625);
        assert_eq!(place::<Value>(&text), "none");
        let record =
            r#"{"name":"a name of some length","values":[1,2,3,4],"a":{"b":true},"c":null}"#;
        assert_eq!(place::<Value>(&list(record, 62_500)), "none");
        let text = format!(r#"{{"detail":"{}"}}"#, "x".repeat(180_000));
        assert_eq!(place::<Event>(&text), "none");
    }

    #[test]
    fn what_is_no_value_may_be_as_large_as_it_likes() {
        let numbers = format!(r#"{{"numbers":{}}}"#, list("0", 78_125));
        assert_eq!(place::<Event>(&numbers), "none");
        assert_eq!(place::<Vec<u64>>(&list("0", 78_125)), "none");
        assert_eq!(place::<Vec<Vec<u8>>>(&list("[]", 100_000)), "none");
        let records = list(r#"{"a":null,"b":null,"tags":{"":""}}"#, 78_125);
        assert_eq!(place::<Event>(&format!(r#"{{"records":{records}}}"#)), "none");
        let records = list(r#"{"a":0,"b":""}"#, 78_125);
        let event = format!(r#"{{"records":{records}}}"#);
        assert_eq!(place::<Event>(&event), "none", "a field has its place in the struct");
        let Event { detail, list, map, records, numbers } = decode(event.as_bytes()).unwrap();
        assert!(detail.is_none() && list.is_none() && map.is_none() && numbers.is_none());
        let last = records.unwrap().pop().unwrap();
        assert!(last.a.is_some() && last.b.is_some() && last.tags.is_none());
        assert!(decode::<Object>(b"{}").is_ok());
    }
}
