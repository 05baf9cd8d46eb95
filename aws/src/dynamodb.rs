//! Tables of Amazon DynamoDB, with types of your own as items and keys.
//!
//! ```no_run
//! use minilambda::Error;
//! use minilambda_aws::dynamodb::{self, Table};
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
//!         Err(error) if dynamodb::is_condition_failed(&error) => log::info!("it is there already"),
//!         other => other?,
//!     }
//!     let order: Option<Order> = table.get(&Key { id: &order.id })?;
//!     log::info!("{:?}", order.map(|order| order.pieces));
//!     Ok(())
//! }
//! ```
//!
//! All other actions, such as `UpdateItem` and `TransactWriteItems`, are called with
//! [`DYNAMODB.call`](crate::DYNAMODB); [`to_item`] and [`item`] convert.
//!
//! See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/>.

use crate::{Client, DYNAMODB, Empty};
use minilambda::{Context, Error};
use minilambda_events::Map;
pub use minilambda_events::dynamodb::{AttributeValue, item, to_item};
use miniserde::{Deserialize, Serialize};

/// An item or a key.
pub type Item = Map<AttributeValue>;

/// A table.
#[derive(Clone, Copy, Debug)]
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

/// Whether the condition of a write did not hold.
#[must_use]
pub fn is_condition_failed(error: &Error) -> bool {
    error.kind() == "ConditionalCheckFailedException"
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

    /// Keeps the requests inside the time that an invocation has left.
    pub fn within(self, context: &Context) -> Self {
        Self { client: self.client.within(context), ..self }
    }

    /// Reads the item with a key.
    ///
    /// # Errors
    /// Those of [`Service::call`](crate::Service::call), or if the item does not match the type.
    pub fn get<T: Deserialize>(&self, key: &(impl Serialize + ?Sized)) -> Result<Option<T>, Error> {
        let input = KeyInput { table: self.name, key: to_item(key)? };
        let output: GetOutput = self.client.call("GetItem", &input)?;
        output.item.map(|found| item(&found)).transpose()
    }

    /// Writes an item, in place of the one with the same key. It may be sent twice, with the same effect.
    ///
    /// # Errors
    /// Those of [`Service::call`](crate::Service::call), or if it cannot be written as an item.
    pub fn put(&self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        self.put_item(to_item(value)?, None).map(drop)
    }

    /// Writes an item if a condition holds, such as `attribute_not_exists(id)`. It is sent again only if
    /// it was refused: after a response that was lost, the condition would not hold any more.
    ///
    /// # Errors
    /// Those of [`put`](Self::put); see [`is_condition_failed`].
    pub fn put_if(&self, condition: &str, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        self.put_item(to_item(value)?, Some(condition)).map(drop)
    }

    fn put_item(&self, item: Item, condition: Option<&str>) -> Result<Empty, Error> {
        let mut input = Fields::new(self.name);
        input.item("Item", item);
        match condition {
            None => self.client.idempotent().call("PutItem", &input),
            Some(condition) => {
                input.text("ConditionExpression", condition);
                self.client.call("PutItem", &input)
            }
        }
    }

    /// Deletes the item with a key, if it is there. It may be sent twice, with the same effect.
    ///
    /// # Errors
    /// Those of [`Service::call`](crate::Service::call).
    pub fn delete(&self, key: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        let input = KeyInput { table: self.name, key: to_item(key)? };
        self.client.idempotent().call("DeleteItem", &input).map(|Empty {}| ())
    }

    /// Begins a query by a condition on the key and its values: `table.query("id = :id", &values)`,
    /// where `values` has a field for each name with a colon, without it.
    ///
    /// # Errors
    /// If the values cannot be written as an item.
    pub fn query(
        &self,
        condition: &str,
        values: &(impl Serialize + ?Sized),
    ) -> Result<Query<'a>, Error> {
        let values = to_item(values)?.into_iter().map(|(name, value)| (format!(":{name}"), value));
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
        Ok(Query { table: *self, input })
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

    /// Reads at most so many items for a page.
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

    /// Reads one page: at most 1 MB, or [`limit`](Self::limit) items. The key is where the next page
    /// begins; `None` after the last one.
    ///
    /// # Errors
    /// Those of [`Service::call`](crate::Service::call), or if an item does not match the type.
    pub fn page<T: Deserialize>(&self) -> Result<(Vec<T>, Option<Item>), Error> {
        let output: QueryOutput = self.table.client.call("Query", &self.input.fields())?;
        let items = output.items.iter().map(item).collect::<Result<_, _>>()?;
        Ok((items, output.last.filter(|key| !key.is_empty())))
    }

    /// Reads all pages.
    ///
    /// # Errors
    /// Those of [`page`](Self::page).
    pub fn all<T: Deserialize>(mut self) -> Result<Vec<T>, Error> {
        let mut items = Vec::new();
        loop {
            let (mut page, next) = self.page()?;
            items.append(&mut page);
            match next {
                Some(key) => self.input.start = Some(key),
                None => return Ok(items),
            }
        }
    }
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
