//! Updates of single attributes.

use crate::dynamodb::item::{decoded, to_value};
use crate::dynamodb::{AttributeValue, Expression, Write};
use crate::error::Error;
use minilambda::{FromJson, ToJson};

/// An update of an item, which [`send`](Self::send) or one of the others sends.
///
/// ```no_run
/// use minilambda_aws::dynamodb::{Table, expression};
/// use minilambda_aws::{Error, object};
///
/// # fn main() -> Result<(), Error> {
/// let update = Table::new("notes").update(&object! { "id": "7" });
/// let update = update.set("title", "Cups").add("version", 1).remove("draft");
/// update.when(expression("version = :old").value("old", 3)).send()
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Update<'a> {
    write: Write<'a>,
    /// The parts of each clause, in the order of [`CLAUSES`].
    clauses: [Vec<String>; 4],
    is_repeatable: bool,
}

const CLAUSES: [&str; 4] = ["SET", "REMOVE", "ADD", "DELETE"];
const SET: usize = 0;
const REMOVE: usize = 1;
const ADD: usize = 2;
const DELETE: usize = 3;

/// Whether a path is that of an element of a list. Where there is none with its index, DynamoDB
/// adds one at the end: a second time it is a second one.
fn is_element(path: &str) -> bool {
    path.ends_with(']')
}

/// Whether a value is that of `None` or of an empty set.
fn is_nothing(value: &Result<AttributeValue, Error>) -> bool {
    matches!(value, Ok(AttributeValue::Null(_)))
}

impl<'a> Update<'a> {
    pub(super) fn new(write: Write<'a>) -> Self {
        Self { write, clauses: Default::default(), is_repeatable: true }
    }

    /// Sets an attribute, or a part of one such as `address.city` or `lines[0]`. `None` and an
    /// empty set remove it: [`put`](crate::dynamodb::Table::put) does not write them either. An
    /// element of a list becomes null. [`set_to`](Self::set_to) writes null elsewhere.
    pub fn set(self, path: &str, value: impl ToJson) -> Self {
        let value = to_value(&value);
        if is_nothing(&value) && !is_element(path) {
            return self.remove(path);
        }
        self.assign(path, str::to_owned, value)
    }

    /// Sets an attribute if the item has none of this name. `None` and an empty set do nothing.
    pub fn set_if_absent(self, path: &str, value: impl ToJson) -> Self {
        let (mut this, value) = (self, to_value(&value));
        if is_nothing(&value) && !is_element(path) {
            return this;
        }
        let name = this.write.substitutes.path(path);
        this.assign(path, |value| format!("if_not_exists({name}, {value})"), value)
    }

    /// Adds elements at the end of a list, which is created if there is none.
    pub fn append(self, path: &str, elements: &[impl ToJson]) -> Self {
        let mut this = self;
        let name = this.write.substitutes.path(path);
        let empty = this.write.substitutes.own_value(Ok(AttributeValue::L(Vec::new())));
        this.is_repeatable = false;
        let appended =
            |value: &str| format!("list_append(if_not_exists({name}, {empty}), {value})");
        let elements = elements.iter().map(to_value).collect::<Result<_, _>>();
        this.assign(path, appended, elements.map(AttributeValue::L))
    }

    fn assign(
        mut self,
        path: &str,
        text: impl Fn(&str) -> String,
        value: Result<AttributeValue, Error>,
    ) -> Self {
        let value = self.write.substitutes.own_value(value);
        let assignment = format!("{} = {}", self.write.substitutes.path(path), text(&value));
        self.is_repeatable &= !is_element(path);
        self.clauses[SET].push(assignment);
        self
    }

    /// Sets an attribute to an expression, such as `price * :factor`, `other` or
    /// `if_not_exists(count, :zero) + :step`.
    pub fn set_to(mut self, path: &str, expression: impl Into<Expression>) -> Self {
        let path = self.write.substitutes.path(path);
        let expression = self.write.substitutes.merge(expression.into());
        self.clauses[SET].push(format!("{path} = {expression}"));
        self.is_repeatable = false;
        self
    }

    /// Adds to a number, or to a set. What is not there is 0 or the empty set. `None` and an empty
    /// set do nothing.
    pub fn add(mut self, path: &str, value: impl ToJson) -> Self {
        self.is_repeatable = false;
        self.clause(ADD, path, to_value(&value))
    }

    /// Removes elements from a set. `None` and an empty set do nothing.
    pub fn delete(self, path: &str, set: impl ToJson) -> Self {
        self.clause(DELETE, path, to_value(&set))
    }

    fn clause(mut self, clause: usize, path: &str, value: Result<AttributeValue, Error>) -> Self {
        if is_nothing(&value) {
            return self;
        }
        let value = self.write.substitutes.own_value(value);
        let part = format!("{} {value}", self.write.substitutes.path(path));
        if let Some(parts) = self.clauses.get_mut(clause) {
            parts.push(part);
        }
        self
    }

    /// Removes an attribute, or an element of a list.
    pub fn remove(mut self, path: &str) -> Self {
        let path = self.write.substitutes.path(path);
        // A second time there is another element in its place.
        self.is_repeatable &= !is_element(&path);
        self.clauses[REMOVE].push(path);
        self
    }

    /// Updates only if a condition holds: `attribute_exists(id)` if the item has to be there, or an
    /// [`expression`](crate::dynamodb::expression) with values.
    pub fn when(mut self, condition: impl Into<Expression>) -> Self {
        self.write = self.write.when(condition);
        self
    }

    /// Sets the value of a placeholder, as [`Expression::value`] does.
    pub fn value(mut self, placeholder: &str, value: impl ToJson) -> Self {
        self.write.substitutes.value(placeholder, &value);
        self
    }

    /// Sets the name of an attribute, as [`Expression::name`] does.
    pub fn name(mut self, placeholder: &str, name: &str) -> Self {
        self.write.substitutes.name(placeholder, name);
        self
    }

    /// Sends the update. It is repeated after a response that was lost only if it would have the
    /// same effect twice: without a condition, without `add`, `append` and `set_to`, and without
    /// elements of lists.
    ///
    /// # Errors
    /// Those of [`Client::call`](crate::Client::call); see
    /// [`Error::is_condition_failed`](crate::Error::is_condition_failed).
    pub fn send(self) -> Result<(), Error> {
        let is_repeatable = self.is_repeatable;
        self.write().send(None, is_repeatable).map(drop)
    }

    /// Sends the update, and returns the item as it is now.
    ///
    /// # Errors
    /// Those of [`send`](Self::send), or if the item does not match the type.
    pub fn returning_new<T: FromJson>(self) -> Result<T, Error> {
        let is_repeatable = self.is_repeatable;
        let write = self.write();
        let new = write.send(Some("ALL_NEW"), is_repeatable)?;
        decoded(&new.unwrap_or_default(), &write.what())
    }

    /// Sends the update, and returns the item as it was before; `None` if there was none.
    ///
    /// # Errors
    /// Those of [`send`](Self::send), or if the item does not match the type.
    pub fn returning_old<T: FromJson>(self) -> Result<Option<T>, Error> {
        self.write().replace()
    }

    /// The update with the text of its clauses. Without any it creates an item that has its key
    /// only.
    pub(super) fn write(self) -> Write<'a> {
        let clauses = CLAUSES.iter().zip(&self.clauses).filter(|(_, parts)| !parts.is_empty());
        let clauses: Vec<_> =
            clauses.map(|(name, parts)| format!("{name} {}", parts.join(", "))).collect();
        Write { update: Some(clauses.join(" ")).filter(|text| !text.is_empty()), ..self.write }
    }
}
