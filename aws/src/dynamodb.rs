//! Tables of Amazon DynamoDB, with your own types as items and keys.
//!
//! ```no_run
//! use minilambda_aws::Error;
//! use minilambda_aws::dynamodb::Table;
//! use miniserde::{Deserialize, Serialize};
//!
//! #[derive(Deserialize, Serialize)]
//! struct Order {
//!     id: String,
//!     pieces: u32,
//! }
//!
//! #[derive(Serialize)]
//! struct Key<'a> {
//!     id: &'a str,
//! }
//!
//! fn create(order: &Order) -> Result<(), Error> {
//!     let table = Table::new("orders");
//!     match table.put_if("attribute_not_exists(id)", order) {
//!         Err(error) if error.is_condition_failed() => log::info!("it is there already"),
//!         other => other?,
//!     }
//!     let order: Option<Order> = table.get(&Key { id: &order.id })?;
//!     log::info!("{:?}", order.map(|order| order.pieces));
//!     Ok(())
//! }
//! ```
//!
//! All other actions, such as `UpdateItem` and `TransactWriteItems`, are called with
//! [`DYNAMODB.client().call`](crate::Client::call); [`to_item`] and [`from_item`] convert. An
//! [`Item`] is taken as it is wherever an item, a key or values are expected, and an
//! [`AttributeValue`] wherever a value is.
//!
//! See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/>.

use crate::catalog::DYNAMODB;
use crate::error::Error;
use crate::limits::Circle;
use crate::service::{Client, Empty};
use minilambda::Context;
use minilambda_events::Map;
pub use minilambda_events::dynamodb::{AttributeValue, from_item, to_item};
use miniserde::{Deserialize, Serialize};

/// An item or a key.
pub type Item = Map<AttributeValue>;

/// A table.
#[derive(Clone, Debug)]
#[must_use]
pub struct Table<'a> {
    name: &'a str,
    client: Client<'a>,
}

/// A query, and the page that is read next.
#[derive(Clone, Debug)]
#[must_use]
pub struct Query<'a> {
    table: Table<'a>,
    input: QueryInput<'a>,
}

#[derive(Clone, Debug)]
struct QueryInput<'a> {
    table: &'a str,
    condition: String,
    values: Item,
    names: Map,
    index: Option<String>,
    filter: Option<String>,
    limit: Option<u32>,
    is_descending: bool,
    is_consistent: bool,
    start: Option<Item>,
}

/// Converts an item; an error is one of the request that would have had it.
fn encoded(value: &(impl Serialize + ?Sized), what: &str) -> Result<Item, Error> {
    to_item(value).map_err(|error| Error::invalid(error.message()).of_request(what))
}

fn decoded<T: Deserialize>(found: &Item, what: &str) -> Result<T, Error> {
    from_item(found).map_err(|error| Error::invalid_response(error.message()).of_request(what))
}

#[derive(Serialize)]
struct KeyInput<'a> {
    #[serde(rename = "TableName")]
    table: &'a str,
    #[serde(rename = "Key")]
    key: Item,
}

#[derive(Deserialize)]
struct GetOutput {
    #[serde(rename = "Item")]
    item: Option<Item>,
}

#[derive(Deserialize)]
struct QueryOutput {
    #[serde(rename = "Items")]
    items: Vec<Item>,
    #[serde(rename = "LastEvaluatedKey")]
    last: Option<Item>,
}

impl<'a> Table<'a> {
    /// A table of this name, in the region of the function.
    pub fn new(name: &'a str) -> Self {
        Self { name, client: DYNAMODB.client() }
    }

    /// Uses a client with other choices, such as `DYNAMODB.client().region("eu-west-1")`.
    pub fn client(self, client: Client<'a>) -> Self {
        Self { client, ..self }
    }

    /// Keeps the requests inside the time that an invocation has left.
    pub fn within(self, context: &Context) -> Self {
        Self { client: self.client.within(context), ..self }
    }

    /// Reads the item with a key.
    ///
    /// # Errors
    /// Those of [`Client::call`](crate::Client::call), or if the item does not match the type.
    pub fn get<T: Deserialize>(&self, key: &(impl Serialize + ?Sized)) -> Result<Option<T>, Error> {
        let what = "DYNAMODB GetItem";
        let input = KeyInput { table: self.name, key: encoded(key, what)? };
        let output: GetOutput = self.client.call("GetItem", &input)?;
        output.item.map(|found| decoded(&found, what)).transpose()
    }

    /// Writes an item, in place of the one with the same key. It may be sent twice, with the same
    /// effect.
    ///
    /// # Errors
    /// Those of [`Client::call`](crate::Client::call), or if it cannot be written as an item.
    pub fn put(&self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        self.put_item(encoded(value, "DYNAMODB PutItem")?, None)
    }

    /// Writes an item if a condition holds, such as `attribute_not_exists(id)`. It is sent again
    /// only if it was refused: after a response that was lost, the condition would not hold any
    /// more.
    ///
    /// # Errors
    /// Those of [`put`](Self::put); see
    /// [`Error::is_condition_failed`](crate::Error::is_condition_failed).
    pub fn put_if(&self, condition: &str, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        self.put_item(encoded(value, "DYNAMODB PutItem")?, Some(condition))
    }

    fn put_item(&self, item: Item, condition: Option<&str>) -> Result<(), Error> {
        let mut input = Fields::new(self.name);
        input.item("Item", item);
        let mut client = self.client.clone();
        match condition {
            None => client = client.idempotent(),
            Some(condition) => input.text("ConditionExpression", condition),
        }
        client.call("PutItem", &input).map(|Empty {}| ())
    }

    /// Deletes the item with a key, if it is there. It may be sent twice, with the same effect.
    ///
    /// # Errors
    /// Those of [`Client::call`](crate::Client::call).
    pub fn delete(&self, key: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        let input = KeyInput { table: self.name, key: encoded(key, "DYNAMODB DeleteItem")? };
        self.client.clone().idempotent().call("DeleteItem", &input).map(|Empty {}| ())
    }

    /// Begins a query by a condition on the key and its values: `table.query("id = :id", &values)`,
    /// where `values` has a field for each name with a colon; it may be without it.
    ///
    /// # Errors
    /// If the values cannot be written as an item.
    pub fn query(
        &self,
        condition: &str,
        values: &(impl Serialize + ?Sized),
    ) -> Result<Query<'a>, Error> {
        let values = encoded(values, "DYNAMODB Query")?.into_iter();
        let values =
            values.map(|(name, value)| (format!(":{}", name.trim_start_matches(':')), value));
        let input = QueryInput {
            table: self.name,
            condition: condition.to_owned(),
            values: values.collect(),
            names: Map([].into()),
            index: None,
            filter: None,
            limit: None,
            is_descending: false,
            is_consistent: false,
            start: None,
        };
        Ok(Query { table: self.clone(), input })
    }
}

impl Query<'_> {
    /// Reads an index instead of the table.
    pub fn index(mut self, name: &str) -> Self {
        self.input.index = Some(name.to_owned());
        self
    }

    /// Leaves out items that were read and do not match.
    pub fn filter(mut self, expression: &str) -> Self {
        self.input.filter = Some(expression.to_owned());
        self
    }

    /// Sets the name of an attribute that an expression calls `#placeholder`.
    pub fn name(mut self, placeholder: &str, name: &str) -> Self {
        self.input.names.insert(placeholder.to_owned(), name.to_owned());
        self
    }

    /// Reads at most this many items for a page.
    pub fn limit(mut self, items: u32) -> Self {
        self.input.limit = Some(items);
        self
    }

    /// Reads from the last key to the first.
    pub fn descending(mut self) -> Self {
        self.input.is_descending = true;
        self
    }

    /// Reads what was written before, at twice the price.
    pub fn consistent(mut self) -> Self {
        self.input.is_consistent = true;
        self
    }

    /// Begins after the item with this key, as [`page`](Self::page) returns it.
    pub fn after(mut self, key: Item) -> Self {
        self.input.start = Some(key);
        self
    }

    /// Reads one page: at most 1 MB, or [`limit`](Self::limit) items. The key is where the next
    /// page begins; `None` after the last one.
    ///
    /// # Errors
    /// Those of [`Client::call`](crate::Client::call), or if an item does not match the type.
    pub fn page<T: Deserialize>(&self) -> Result<(Vec<T>, Option<Item>), Error> {
        let output: QueryOutput = self.table.client.call("Query", &self.input.fields())?;
        let what = "DYNAMODB Query";
        let items = output.items.iter().map(|found| decoded(found, what));
        let next = output.last.filter(|key| !key.is_empty());
        if next.is_some() && next == self.input.start {
            return Err(in_a_circle());
        }
        Ok((items.collect::<Result<_, _>>()?, next))
    }

    /// Reads all pages.
    ///
    /// # Errors
    /// Those of [`page`](Self::page).
    pub fn all<T: Deserialize>(mut self) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        let mut circle = Circle::new();
        loop {
            let (mut page, next) = self.page()?;
            items.append(&mut page);
            let Some(key) = next else { return Ok(items) };
            if circle.is_closed_by(&key) {
                return Err(in_a_circle());
            }
            self.input.start = Some(key);
        }
    }
}

fn in_a_circle() -> Error {
    let reason = "the page leads to itself: its key came before";
    Error::invalid_response(reason).of_request("DYNAMODB Query")
}

impl QueryInput<'_> {
    fn fields(&self) -> Fields {
        let mut fields = Fields::new(self.table);
        fields.text("KeyConditionExpression", &self.condition);
        fields.item("ExpressionAttributeValues", self.values.clone());
        if !self.names.is_empty() {
            fields.add("ExpressionAttributeNames", Field::Names(self.names.clone()));
        }
        if let Some(index) = &self.index {
            fields.text("IndexName", index);
        }
        if let Some(filter) = &self.filter {
            fields.text("FilterExpression", filter);
        }
        if let Some(limit) = self.limit {
            fields.add("Limit", Field::Number(limit));
        }
        if self.is_descending {
            fields.add("ScanIndexForward", Field::Bool(false));
        }
        if self.is_consistent {
            fields.add("ConsistentRead", Field::Bool(true));
        }
        if let Some(start) = &self.start {
            fields.item("ExclusiveStartKey", start.clone());
        }
        fields
    }
}

/// The fields of an input that are set; DynamoDB refuses null.
struct Fields(Map<Field>);

impl Serialize for Fields {
    fn begin(&self) -> miniserde::ser::Fragment<'_> {
        self.0.begin()
    }
}

enum Field {
    Text(String),
    Number(u32),
    Bool(bool),
    Names(Map),
    Item(Item),
}

impl Serialize for Field {
    fn begin(&self) -> miniserde::ser::Fragment<'_> {
        match self {
            Self::Text(text) => text.begin(),
            Self::Number(number) => number.begin(),
            Self::Bool(value) => value.begin(),
            Self::Names(names) => names.begin(),
            Self::Item(item) => item.begin(),
        }
    }
}

impl Fields {
    fn new(table: &str) -> Self {
        let mut fields = Self(Map([].into()));
        fields.text("TableName", table);
        fields
    }

    fn add(&mut self, name: &str, field: Field) {
        self.0.insert(name.to_owned(), field);
    }

    fn text(&mut self, name: &str, text: &str) {
        self.add(name, Field::Text(text.to_owned()));
    }

    fn item(&mut self, name: &str, item: Item) {
        self.add(name, Field::Item(item));
    }
}
