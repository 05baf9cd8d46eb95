//! Limits the memory of miniserde's `Value`, which takes up to a hundred times its text.
//!
//! Its objects are B-trees whose smallest node has room for eleven fields. It cannot be smaller, so what it takes
//! is estimated before it is allocated. Only `Value` is counted, wherever it is in the type: a list in a
//! list of `Value`s is, and a `Vec<u64>` or a `Vec<BTreeMap<String, String>>` is not. The size of a typed
//! value is the user's choice.

use miniserde::de::Visitor;
use miniserde::json::Value;

/// No text takes more than this for each of its bytes.
const MAX_RATIO: usize = 128;

/// Half of Lambda's smallest function.
const DEFAULT_BYTES: usize = 64 << 20;

const ELEMENT: usize = size_of::<Value>();
/// A leaf of a B-tree, as the allocator rounds it, and an inner node.
const LEAF: usize = 11 * (size_of::<String>() + ELEMENT) + 24;
const INNER: usize = LEAF + 12 * size_of::<usize>();
/// The smallest piece of memory that an allocator gives.
const TEXT: usize = 32;

/// Structs have less fields of type `Value`, so more fields are those of a map.
const MAX_STRUCT: usize = 64;

/// What `Value`s may still take.
pub(super) struct Budget {
    bytes: usize,
    left: usize,
}

impl Budget {
    /// Returns no budget for a text that is so short that it needs none.
    pub(super) fn for_text(text: &str) -> Option<Self> {
        if text.len() <= DEFAULT_BYTES / MAX_RATIO {
            return None;
        }
        let memory = std::env::var("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").ok();
        let half = memory.and_then(|mb| mb.parse::<usize>().ok()?.checked_mul(1 << 19));
        let bytes = half.unwrap_or(DEFAULT_BYTES);
        // Strings take their text.
        Some(Self { bytes, left: bytes.saturating_sub(text.len()) })
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

    /// Counts a field before its value is read: the `count`th of an object, which is a `Value` or not.
    pub(super) fn has_field(
        &mut self,
        object_is_value: bool,
        count: usize,
        field: &mut dyn Visitor,
        is_text: bool,
    ) -> bool {
        if !object_is_value && (count <= MAX_STRUCT || !is_value(field)) {
            return true;
        }
        let node = match count {
            1 => LEAF,
            2..=11 => 0,
            12 => LEAF + INNER,
            // Splitting leaves six fields in a leaf.
            _ => LEAF / 5,
        };
        self.spend(node + TEXT + if is_text { TEXT } else { 0 })
    }

    fn spend(&mut self, bytes: usize) -> bool {
        let left = self.left.checked_sub(bytes);
        self.left = left.unwrap_or_default();
        left.is_some()
    }

    #[cold]
    pub(super) fn refusal(&self) -> String {
        format!(
            "as miniserde's Value it would take more than {} MB, half of \
             AWS_LAMBDA_FUNCTION_MEMORY_SIZE (without it 64 MB); use a type with the fields that are \
             needed, or Json of minilambda-events",
            self.bytes >> 20
        )
    }
}

/// Whether a visitor builds a `Value`, or an `Option` of it. Visitors have no names, but they have the size
/// of what they build, and a `Value` takes everything.
pub(super) fn is_value(visitor: &mut dyn Visitor) -> bool {
    size_of_val(visitor) == size_of::<Option<Value>>()
        && visitor.null().is_ok()
        && visitor.boolean(false).is_ok()
        && visitor.float(0.5).is_ok()
        && visitor.string("").is_ok()
        && visitor.seq().is_ok()
        && visitor.map().is_ok()
}

#[cfg(test)]
mod tests {
    use super::is_value;
    use crate::decode;
    use miniserde::Deserialize;
    use miniserde::json::{Object, Value};
    use std::collections::BTreeMap;

    fn list(element: &str, bytes: usize) -> String {
        let count = bytes / (element.len() + 1);
        format!("[{}{element}]", format!("{element},").repeat(count))
    }

    /// What a value refuses: the place.
    fn place<T: Deserialize>(text: &str) -> String {
        let Err(error) = decode::<T>(text.as_bytes()) else { return "none".to_owned() };
        let (_, message) = error.message().split_once("its type").unwrap();
        let (place, what) = message.split_once(": ").unwrap();
        assert!(what.starts_with("as miniserde's Value it would take more than 64 MB"), "{what}");
        place.to_owned()
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
        let object = list(r#"{"":0}"#, 1_300_000);
        let names: Vec<_> = (0..600_000).map(|at| format!(r#""{at}":0,"#)).collect();
        let names = names.concat();
        let texts = [
            object.clone(),
            list("[]", 3_200_000),
            list("[0]", 1_500_000),
            list("0", 2_200_000),
            list(r#""""#, 2_200_000),
            list(r#"{"":{"":{"":0}}}"#, 1_300_000),
            list(r#"{"a":"b","c":"d"}"#, 2_000_000),
            format!("{{{names}\"\":0}}"),
        ];
        for text in &texts {
            assert!(place::<Value>(text) != "none", "{}", &text[..40]);
            let event = format!(r#"{{"numbers":[1],"detail":{text}}}"#);
            assert!(place::<Event>(&event).starts_with(" at .detail"), "{}", &text[..40]);
            assert_eq!(place::<Record>(&event), "none", "it is ignored");
        }
        let (list, map) = (&texts[3], &texts[7]);
        for list in [list, &object] {
            assert!(place::<Event>(&format!(r#"{{"list":{list}}}"#)).starts_with(" at .list"));
        }
        assert_eq!(place::<Event>(&format!(r#"{{"map":{map}}}"#)), " at .map");
        assert_eq!(place::<Vec<Option<Value>>>(list), "");
        assert!(place::<Box<Value>>(&object) != "none");
    }

    #[test]
    fn what_takes_less_is_read() {
        let text = list(r#"{"":0}"#, 500_000);
        assert_eq!(place::<Value>(&text), "none");
        let record =
            r#"{"name":"a name of some length","values":[1,2,3,4],"a":{"b":true},"c":null}"#;
        assert_eq!(place::<Value>(&list(record, 2_000_000)), "none");
        let text = format!(r#"{{"detail":"{}"}}"#, "x".repeat(6_000_000));
        assert_eq!(place::<Event>(&text), "none");
    }

    #[test]
    fn what_is_no_value_may_be_as_large_as_it_likes() {
        let numbers = format!(r#"{{"numbers":{}}}"#, list("0", 2_500_000));
        assert_eq!(place::<Event>(&numbers), "none");
        assert_eq!(place::<Vec<u64>>(&list("0", 2_500_000)), "none");
        assert_eq!(place::<Vec<Vec<u8>>>(&list("[]", 3_200_000)), "none");
        let records = list(r#"{"a":null,"b":null,"tags":{"":""}}"#, 2_500_000);
        assert_eq!(place::<Event>(&format!(r#"{{"records":{records}}}"#)), "none");
        let records = list(r#"{"a":0,"b":""}"#, 2_500_000);
        let event = format!(r#"{{"records":{records}}}"#);
        assert_eq!(place::<Event>(&event), "none", "a field has its place in the struct");
        let Event { detail, list, map, records, numbers } = decode(event.as_bytes()).unwrap();
        assert!(detail.is_none() && list.is_none() && map.is_none() && numbers.is_none());
        let last = records.unwrap().pop().unwrap();
        assert!(last.a.is_some() && last.b.is_some() && last.tags.is_none());
        assert!(decode::<Object>(b"{}").is_ok());
    }
}
