//! Any JSON value, with equality, in little memory.

mod build;
mod tree;
mod view;

use crate::Error;
use miniserde::Serialize;
use miniserde::json::{Number, Object, Value};
use miniserde::ser::Fragment;
use std::fmt;
use tree::Tree;
pub use view::{JsonFields, JsonItems, JsonRef, Sorted};

/// Any JSON value, which can be read, compared and written. The default is null.
///
/// It takes about as much memory as its text, and at most eight times as much while it is read.
/// miniserde's `Value` takes up to a hundred times its text, so use this one for data from outside.
///
/// It is built from other values with `into`, or as a whole: `Json::new(&value)`.
///
/// ```
/// use minilambda_events::Json;
///
/// let json: Json = minilambda::decode(br#"{"name":"cup","sizes":[1,2]}"#)?;
/// assert_eq!(json.get("name").and_then(|name| name.as_str()), Some("cup"));
/// assert_eq!(json.path("sizes.1").and_then(|size| size.as_u64()), Some(2));
/// for (name, value) in json.fields().into_iter().flatten() {
///     println!("{name} is {value}");
/// }
/// # Ok::<(), minilambda_events::Error>(())
/// ```
#[derive(Clone)]
pub struct Json {
    /// See [`tree`]. It is empty for null.
    tree: String,
}

/// Returns the value of a tree that is complete.
fn from_tree(tree: String) -> Json {
    Json { tree }
}

impl Json {
    /// The value null.
    pub const NULL: Self = Self { tree: String::new() };

    /// Creates the value of anything that can be written as JSON. A number that is not finite
    /// becomes null.
    ///
    /// ```
    /// use minilambda_events::Json;
    ///
    /// assert_eq!(Json::new(&vec![Some(1), None]).to_string(), "[1,null]");
    /// ```
    #[must_use]
    pub fn new(value: &dyn Serialize) -> Self {
        let mut tree = Tree::default();
        tree.value(value);
        tree.into()
    }

    /// Returns the value as a reference, as those within it are.
    #[must_use]
    pub fn view(&self) -> JsonRef<'_> {
        JsonRef(&self.tree)
    }

    /// Returns a field of an object. It reads the fields before it.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<JsonRef<'_>> {
        self.view().get(name)
    }

    /// Returns an element of a list. It reads the elements before it.
    #[must_use]
    pub fn at(&self, index: usize) -> Option<JsonRef<'_>> {
        self.view().at(index)
    }

    /// Returns the value at a path of names and indexes, such as `items.0.name`.
    #[must_use]
    pub fn path(&self, path: &str) -> Option<JsonRef<'_>> {
        self.view().path(path)
    }

    /// Returns a list's elements.
    #[must_use]
    pub fn items(&self) -> Option<JsonItems<'_>> {
        self.view().items()
    }

    /// Returns an object's fields, in the order in which they came. Each name comes once.
    #[must_use]
    pub fn fields(&self) -> Option<JsonFields<'_>> {
        self.view().fields()
    }

    /// Sets a field of an object. Any other value becomes an object with this field. Setting many
    /// fields is quicker with `collect`.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Self>) {
        let fields = self.fields().into_iter().flatten();
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_json()));
        *self = fields.chain([(name.into(), value.into())]).collect();
    }

    /// Decodes the value.
    ///
    /// ```
    /// use minilambda_events::Json;
    /// use miniserde::Deserialize;
    ///
    /// #[derive(Deserialize)]
    /// struct Index {
    ///     name: String,
    /// }
    ///
    /// let json: Json = miniserde::json::from_str(r#"{"name":"items"}"#)?;
    /// assert_eq!(json.decode::<Index>().map(|index| index.name).ok().as_deref(), Some("items"));
    /// # Ok::<(), miniserde::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the value does not match the type.
    pub fn decode<T: minilambda::FromJson>(&self) -> Result<T, Error> {
        self.view().decode()
    }

    /// Whether it is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.view().is_null()
    }

    /// Returns true or false.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        self.view().as_bool()
    }

    /// Returns a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.view().as_str()
    }

    /// Returns a number.
    #[must_use]
    pub fn as_number(&self) -> Option<Number> {
        self.view().as_number()
    }

    /// Returns an integer of zero or more.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.view().as_u64()
    }

    /// Returns an integer.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.view().as_i64()
    }

    /// Returns any number as a float, which is the nearest one if it is an integer of more than 53
    /// bits.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        self.view().as_f64()
    }
}

impl Default for Json {
    fn default() -> Self {
        Self::NULL
    }
}

/// A tree is ASCII and the strings that it was given.
impl From<Tree> for Json {
    fn from(Tree(mut bytes): Tree) -> Self {
        bytes.shrink_to_fit();
        from_tree(String::from_utf8(bytes).unwrap_or_default())
    }
}

macro_rules! from_values {
    ($($value:ty),*) => {$(
        impl From<$value> for Json {
            fn from(value: $value) -> Self {
                Self::new(&value)
            }
        }
    )*};
}
from_values!(Value, Object, bool, u8, u16, u32, u64, usize, i8, i16, i32, i64, f64, String, &str);

impl From<JsonRef<'_>> for Json {
    fn from(value: JsonRef<'_>) -> Self {
        value.to_json()
    }
}

/// If a name comes twice, the last value counts.
impl<K: Into<String>, V: Into<Json>> FromIterator<(K, V)> for Json {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(fields: I) -> Self {
        let mut tree = Tree::default();
        let start = tree.open(b'o');
        for (name, value) in fields {
            tree.key(&name.into());
            tree.copy(&value.into().tree);
        }
        tree.finish_object(start);
        tree.into()
    }
}

/// Numbers are equal if they are of the same kind and have the same value: `1` is not `1.0`. The
/// order of an object's fields does not count.
impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.view() == other.view()
    }
}

impl Serialize for Json {
    fn begin(&self) -> Fragment<'_> {
        self.view().fragment()
    }
}

/// Writes JSON.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}

/// Writes JSON.
impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.view())
    }
}

#[cfg(test)]
mod tests {
    use super::Json;
    use miniserde::json::{self, Number, Object, Value};

    fn read(text: &str) -> Json {
        minilambda::decode(text.as_bytes()).unwrap()
    }

    #[test]
    fn any_value_is_kept_and_compared() {
        let texts = [
            "null",
            "true",
            "false",
            "1",
            "-1",
            "1.0",
            "0.5",
            "-0.0",
            "18446744073709551615",
            "-9223372036854775808",
            "1.5777777777770001",
            "5e-324",
            "\"\"",
            "\"é\"",
            "[]",
            "[1,[null],{}]",
            "{}",
            r#"{"":""}"#,
            r#"{"a":null,"b":{"c":[1,"2"]}}"#,
            r#"{"z":1,"a":{"y":[{}],"b":2}}"#,
        ];
        for (at, text) in texts.iter().enumerate() {
            let value = read(text);
            assert_eq!(value.to_string(), *text);
            assert_eq!(json::to_string(&value), *text);
            assert_eq!(format!("{value:?}"), *text);
            for (other_at, other) in texts.iter().enumerate() {
                assert_eq!(value == read(other), at == other_at, "{text} {other}");
            }
            let built: Json = json::from_str::<Value>(text).unwrap().into();
            assert_eq!(built, read(&json::to_string(&json::from_str::<Value>(text).unwrap())));
            assert_eq!(read(&format!("[{text}]")).at(0).unwrap().to_json(), value);
        }
    }

    #[test]
    fn lengths_of_any_size_are_kept() {
        for length in [0, 1, 63, 64, 127, 128, 4095, 4096, 16_383, 16_384, 300_000] {
            let (text, list) = ("é".repeat(length), vec![length; length]);
            let json = Json::from_iter([
                (text.clone(), Json::new(&text)),
                ("l".to_owned(), Json::new(&list)),
            ]);
            assert_eq!(json.get(&text).unwrap().as_str(), Some(&*text));
            assert_eq!(json.get("l").unwrap().items().unwrap().count(), length);
            assert_eq!(read(&json.to_string()), json);
        }
    }

    #[test]
    fn the_order_of_fields_is_kept_and_does_not_count() {
        let (a, b) = (r#"{"z":[{"b":1,"a":2}],"y":{}}"#, r#"{"y":{},"z":[{"a":2,"b":1}]}"#);
        assert_eq!(read(a), read(b));
        assert_eq!((read(a).to_string(), read(b).to_string()), (a.to_owned(), b.to_owned()));
        assert_ne!(read(r#"{"a":1,"b":2}"#), read(r#"{"b":1,"a":2}"#));
        assert_ne!(read("[1,2]"), read("[2,1]"));
        assert_ne!(read(r#"{"a":1}"#), read(r#"{"a":1,"b":2}"#));
        assert_ne!(read(r#"{"":1}"#), read("[1]"));
        assert_ne!(read("{}"), read("[]"));
        assert_eq!(read("[0.0]"), read("[-0.0]"));
    }

    #[test]
    fn of_a_field_that_comes_twice_the_last_one_counts() {
        for (text, kept) in [
            (r#"{"a":1,"a":2}"#, r#"{"a":2}"#),
            (r#"{"a":1,"b":3,"a":2}"#, r#"{"b":3,"a":2}"#),
            (
                r#"{"b":{"c":1,"c":[7]},"a":0,"b":{"c":2,"c":3},"a":1,"a":4}"#,
                r#"{"b":{"c":3},"a":4}"#,
            ),
            (r#"{"":0,"":1}"#, r#"{"":1}"#),
            (r#"{"\u0061":0,"a":1}"#, r#"{"a":1}"#),
        ] {
            assert_eq!(read(text).to_string(), kept);
            assert_eq!(read(&format!("[{text},{text}]")).to_string(), format!("[{kept},{kept}]"));
        }
        let many: Vec<_> = (0..10_000).map(|at| format!(r#""{}":{at}"#, at % 97)).collect();
        let json = read(&format!("{{{},\"end\":0}}", many.join(",")));
        assert_eq!(json.fields().unwrap().count(), 98);
        assert_eq!(json.get("5").unwrap().as_u64(), Some(9997 - 9997 % 97 + 5));
    }

    #[test]
    fn values_are_found_by_name_index_and_path() {
        let json =
            read(r#"{"a":[{"b":null,"0":"zero"},true,-7,0.5],"a.b":1,"n":18446744073709551615}"#);
        assert_eq!(json.path("a.0.0").unwrap().as_str(), Some("zero"));
        assert_eq!(json.path("a.1").unwrap().as_bool(), Some(true));
        assert_eq!(json.path("a.2").unwrap().as_i64(), Some(-7));
        assert_eq!(json.path("a.2").unwrap().as_u64(), None);
        assert_eq!(json.path("a.3").unwrap().as_f64(), Some(0.5));
        assert_eq!(json.get("n").unwrap().as_i64(), None);
        assert!(json.path("a.0.b").unwrap().is_null());
        assert_eq!(json.get("a.b").unwrap().as_u64(), Some(1));
        for path in ["", "b", "a.b", "a.4", "a.-1", "a.+1", "a.0.b.c", "n.0", "a.1."] {
            assert!(json.path(path).is_none(), "{path}");
        }
        assert!(
            json.as_str().is_none()
                && json.items().is_none()
                && json.get("n").unwrap().fields().is_none()
        );
        let names: Vec<_> = json.fields().unwrap().map(|(name, _)| name).collect();
        assert_eq!(names, ["a", "a.b", "n"]);
        assert_eq!(json.get("a").unwrap().decode::<Vec<Json>>().unwrap()[2], Json::from(-7));
        let error = json.decode::<Vec<u8>>().unwrap_err();
        assert!(error.message().starts_with("the value: the JSON does not match"), "{error:?}");
    }

    #[test]
    fn it_is_built_from_values() {
        assert!(
            Json::default().is_null() && Json::new(&()).is_null() && Json::new(&f64::NAN).is_null()
        );
        let mut json = Json::from("text");
        json.set("a", 1);
        json.set("b", "x".to_owned());
        json.set("a", Value::Bool(true));
        assert_eq!(json.to_string(), r#"{"b":"x","a":true}"#);
        let mut object = Object::new();
        object.insert("k".to_owned(), Value::Number(Number::I64(-3)));
        assert_eq!(Json::from(object).path("k").unwrap().as_i64(), Some(-3));
        assert_eq!(Json::new(&-0_i64), Json::from(0_u8));
    }

    /// A parser without its own limit is no harm.
    #[test]
    fn deep_nesting_is_read_and_dropped() {
        let text = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
        let json: Json = json::from_str(&text).unwrap();
        assert_eq!(json, json.clone());
        assert!(json.at(0).unwrap().items().is_some());
        assert_eq!(json.to_string(), text);
        assert_eq!(Json::new(&json), json);
        let other: Json = json::from_str(&text.replace("[]", "[1]")).unwrap();
        assert_ne!(json, other);
        let mut object = Json::from_iter([("z", other.clone()), ("a", json.clone())]);
        object.set("a", other);
        assert_eq!(object.get("a"), object.get("z"));
        assert_ne!(object.get("a").unwrap(), json.view());
    }
}
