//! Writes your own types as Amazon DynamoDB items.
//!
//! See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html>;
//! an example of an item is in `data/dynamodb.json`.

use crate::dynamodb::decode::MAX_DEPTH;
use crate::dynamodb::mark::{BYTES, SET, VALUE, with_mark};
use crate::dynamodb::plain;
use crate::dynamodb::value::AttributeValue;
use crate::{Error, Map};
use minilambda::__private::to_text;
use minilambda::ToJson;
use miniserde::ser::{self, Fragment};
use miniserde::{Serialize, json};

/// The most digits of a number.
const MAX_DIGITS: usize = 38;

/// Writes a struct or a map as an item: strings as `S`, numbers as `N`, lists as `L`, structs and
/// maps as `M`. A field that is `None` is omitted, as an index needs it; an element of a list is
/// `NULL`. An [`AttributeValue`] is taken as it is, and so is an item of them.
///
/// A [`Set`](crate::dynamodb::Set) is written as a set, [`Bytes`](crate::dynamodb::Bytes) as binary
/// data.
///
/// ```
/// use minilambda_events::dynamodb::{self, AttributeValue};
/// use miniserde::{Deserialize, Serialize, json};
///
/// #[derive(Debug, PartialEq, Deserialize, Serialize)]
/// struct Order {
///     id: String,
///     pieces: Vec<u32>,
///     note: Option<String>,
/// }
///
/// let order = Order { id: "A-1007".to_owned(), pieces: vec![1, 6], note: None };
/// let mut item = dynamodb::to_item(&order)?;
/// assert_eq!(json::to_string(&item), r#"{"id":{"S":"A-1007"},"pieces":{"L":[{"N":"1"},{"N":"6"}]}}"#);
/// assert_eq!(dynamodb::from_item::<Order>(&item)?, order);
/// item.insert("tags".to_owned(), AttributeValue::Ss(vec!["new".to_owned()]));
/// # Ok::<(), minilambda_events::Error>(())
/// ```
///
/// # Errors
/// If the value is no struct or map, if a number is not finite, or if it is nested more than 128
/// levels deep.
pub fn to_item<T: ToJson + ?Sized>(value: &T) -> Result<Map<AttributeValue>, Error> {
    with_mark(true, || match value.fragment() {
        Some(Fragment::Map(fields)) => map(fields, 0),
        Some(_) => Err(no_item()),
        None => match of_json(value)? {
            AttributeValue::M(item) => Ok(item),
            _ => Err(no_item()),
        },
    })
}

fn no_item() -> Error {
    invalid("an item is a struct or a map")
}

fn invalid(message: &str) -> Error {
    Error::new("InvalidItem", message)
}

fn map(mut fields: Box<dyn ser::Map + '_>, depth: usize) -> Result<Map<AttributeValue>, Error> {
    let mut map = Map::default();
    while let Some((name, field)) = fields.next() {
        if [VALUE, SET, BYTES].contains(&&*name) {
            let reason = "an item is a struct or a map, not a single value, and no name in it \
                          begins with a zero";
            return Err(invalid(reason));
        }
        if let Some(value) = value(field, depth + 1)? {
            map.insert(name.into_owned(), value);
        }
    }
    Ok(map)
}

/// Writes any value: one of an item, or one that an expression compares with. `None` is `NULL`.
///
/// # Errors
/// Those of [`to_item`].
pub fn to_value<T: ToJson + ?Sized>(of: &T) -> Result<AttributeValue, Error> {
    /// A value of miniserde's.
    struct Known<'a, T: ?Sized>(&'a T);

    impl<T: ToJson + ?Sized> Serialize for Known<'_, T> {
        fn begin(&self) -> Fragment<'_> {
            self.0.fragment().unwrap_or(Fragment::Null)
        }
    }

    if of.fragment().is_none() {
        return of_json(of);
    }
    Ok(with_mark(true, || value(&Known(of), 0))?.unwrap_or(AttributeValue::Null(true)))
}

/// Writes a value of another library, by way of its JSON.
fn of_json<T: ToJson + ?Sized>(value: &T) -> Result<AttributeValue, Error> {
    let text = value.to_json(Vec::new()).map_err(|error| invalid(error.message()))?;
    let value = plain::read(std::str::from_utf8(&text).unwrap_or_default())?;
    Ok(value.unwrap_or(AttributeValue::Null(true)))
}

/// `None` for null.
fn value(of: &dyn Serialize, depth: usize) -> Result<Option<AttributeValue>, Error> {
    if depth > MAX_DEPTH {
        return Err(invalid("the value is nested more than 128 levels deep"));
    }
    Ok(Some(match of.begin() {
        Fragment::Null => return Ok(None),
        Fragment::Bool(value) => AttributeValue::Bool(value),
        Fragment::Str(text) => AttributeValue::S(text.into_owned()),
        Fragment::U64(number) => AttributeValue::N(number.to_string()),
        Fragment::I64(number) => AttributeValue::N(number.to_string()),
        Fragment::F64(number) => AttributeValue::N(digits(number)?),
        Fragment::Seq(elements) => {
            let elements = list(elements, depth)?.into_iter();
            let elements = elements.map(|element| element.unwrap_or(AttributeValue::Null(true)));
            AttributeValue::L(elements.collect())
        }
        Fragment::Map(fields) => match marked(of) {
            Some(value) => value?,
            None => AttributeValue::M(map(fields, depth)?),
        },
    }))
}

fn list(
    mut elements: Box<dyn ser::Seq + '_>,
    depth: usize,
) -> Result<Vec<Option<AttributeValue>>, Error> {
    let mut list = Vec::new();
    while let Some(element) = elements.next() {
        list.push(value(element, depth + 1)?);
    }
    Ok(list)
}

/// Returns the value of what says what it is.
fn marked(of: &dyn Serialize) -> Option<Result<AttributeValue, Error>> {
    let Fragment::Map(mut fields) = of.begin() else { return None };
    let (name, itself) = fields.next()?;
    // A map from outside may have such a name too. It has it whether it is asked for a mark or not.
    if with_mark(false, || has_first(of, &name)) {
        return None;
    }
    match &*name {
        VALUE => {
            let text = with_mark(false, || to_text(itself));
            let value = json::from_str(&text);
            Some(value.map_err(|_| invalid("the value is nested too deep")))
        }
        SET => match with_mark(false, || itself.begin()) {
            Fragment::Seq(elements) => Some(list(elements, 0).and_then(set)),
            _ => None,
        },
        BYTES => match with_mark(false, || itself.begin()) {
            Fragment::Str(text) => Some(Ok(AttributeValue::B(text.into_owned().into()))),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a value is a map whose first field has this name.
fn has_first(of: &dyn Serialize, name: &str) -> bool {
    let Fragment::Map(mut fields) = of.begin() else { return false };
    fields.next().is_some_and(|(first, _)| first == name)
}

fn set(elements: Vec<Option<AttributeValue>>) -> Result<AttributeValue, Error> {
    let (mut texts, mut numbers, mut data) = (vec![], vec![], vec![]);
    for element in elements {
        match element {
            Some(AttributeValue::S(text)) => texts.push(text),
            Some(AttributeValue::N(digits)) => numbers.push(digits),
            Some(AttributeValue::B(bytes)) => data.push(bytes),
            _ => return Err(invalid("a set has strings, numbers or binary data")),
        }
    }
    match (texts.is_empty(), numbers.is_empty(), data.is_empty()) {
        (false, true, true) => Ok(AttributeValue::Ss(texts)),
        (true, false, true) => Ok(AttributeValue::Ns(numbers)),
        (true, true, false) => Ok(AttributeValue::Bs(data)),
        _ => Err(invalid("the elements of a set are of one type")),
    }
}

/// The shortest digits that are read as the same number.
fn digits(number: f64) -> Result<String, Error> {
    if !number.is_finite() {
        return Err(invalid("DynamoDB has no number that is not finite"));
    }
    let plain = number.to_string();
    Ok(if plain.len() <= MAX_DIGITS { plain } else { format!("{number:e}") })
}

#[cfg(test)]
mod tests {
    use super::to_item;
    use crate::dynamodb::AttributeValue;
    use crate::{Json, Map};
    use miniserde::{Serialize, json};

    #[derive(Serialize)]
    struct Node {
        child: Option<Box<Node>>,
    }

    #[test]
    fn each_kind_of_value_is_written() {
        #[derive(Serialize)]
        struct Inner {
            a: Option<bool>,
        }
        #[derive(Serialize)]
        struct Item {
            text: &'static str,
            integer: i64,
            large: u64,
            float: f64,
            tiny: f64,
            list: Vec<Option<u8>>,
            inner: Inner,
            map: Map<Vec<String>>,
            absent: Option<String>,
        }
        let item = Item {
            text: "",
            integer: -1,
            large: u64::MAX,
            float: 0.1,
            tiny: 1e-100,
            list: vec![Some(1), None],
            inner: Inner { a: None },
            map: [("k".to_owned(), vec![])].into_iter().collect(),
            absent: None,
        };
        assert_eq!(
            json::to_string(&to_item(&item).unwrap()),
            concat!(
                r#"{"float":{"N":"0.1"},"inner":{"M":{}},"integer":{"N":"-1"},"#,
                r#""large":{"N":"18446744073709551615"},"list":{"L":[{"N":"1"},{"NULL":true}]},"#,
                r#""map":{"M":{"k":{"L":[]}}},"text":{"S":""},"tiny":{"N":"1e-100"}}"#
            )
        );
    }

    #[test]
    fn attribute_values_are_taken_as_they_are() {
        #[derive(Serialize)]
        struct Item {
            id: String,
            tags: AttributeValue,
            more: Vec<AttributeValue>,
            inner: Map<AttributeValue>,
            none: Option<AttributeValue>,
            some: Option<AttributeValue>,
        }
        #[derive(Serialize)]
        struct Letters {
            #[serde(rename = "S")]
            s: u8,
        }
        let set = || AttributeValue::Ss(vec!["a".to_owned()]);
        let item = Item {
            id: "1".to_owned(),
            tags: set(),
            more: vec![AttributeValue::Null(true), AttributeValue::B("AA==".to_owned().into())],
            inner: [("n".to_owned(), AttributeValue::N("7".to_owned()))].into_iter().collect(),
            none: None,
            some: Some(set()),
        };
        let text = concat!(
            r#"{"id":{"S":"1"},"inner":{"M":{"n":{"N":"7"}}},"more":{"L":[{"NULL":true},{"B":"AA=="}]},"#,
            r#""some":{"SS":["a"]},"tags":{"SS":["a"]}}"#
        );
        let written = to_item(&item).unwrap();
        assert_eq!(json::to_string(&written), text);
        // An item is one already, and so is one by reference.
        assert_eq!(json::to_string(&to_item(&written).unwrap()), text);
        assert_eq!(json::to_string(&to_item(&&written).unwrap()), text);
        assert_eq!(super::super::from_item::<Map<AttributeValue>>(&written).unwrap(), written);
        assert!(to_item(&set()).is_err());
        // A struct of these names is one like all others.
        assert_eq!(json::to_string(&to_item(&Letters { s: 1 }).unwrap()), r#"{"S":{"N":"1"}}"#);
    }

    /// A map of an event is not taken for a value that says what it is.
    #[test]
    fn a_map_from_outside_is_a_map_or_refused_whatever_its_names() {
        for name in ["AttributeValue", "Set", "Bytes"] {
            for value in [r#"{"N":"1"}"#, r#"["a"]"#, r#""AA==""#] {
                let text = format!(r#"{{"a":{{"\u0000{name}":{value}}}}}"#);
                let from_outside: Json = json::from_str(&text).unwrap();
                let refused = to_item(&from_outside).unwrap_err();
                assert!(refused.message().contains("begins with a zero"), "{refused}");
                assert!(to_item(&[("b", &from_outside)].into_iter().collect::<Map<_>>()).is_err());
            }
        }
    }

    #[test]
    fn what_dynamodb_cannot_hold_is_an_error() {
        let map = |value: f64| [("a".to_owned(), value)].into_iter().collect::<Map<f64>>();
        assert!(to_item(&map(f64::NAN)).unwrap_err().message().contains("finite"));
        assert!(to_item(&map(f64::INFINITY)).is_err());
        assert!(to_item(&1).unwrap_err().message().contains("struct"));
        let nested = |depth: usize| {
            (0..depth).fold(Node { child: None }, |node, _| Node { child: Some(Box::new(node)) })
        };
        assert!(to_item(&nested(100)).is_ok());
        assert!(to_item(&nested(200)).is_err());
    }
}
