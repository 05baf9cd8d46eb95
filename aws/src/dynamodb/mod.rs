//! Tables of Amazon DynamoDB, with your own types as items and keys.
//!
//! ```no_run
//! use minilambda_aws::Error;
//! use minilambda_aws::dynamodb::{Table, expression};
//! use miniserde::{Deserialize, Serialize};
//!
//! #[derive(Deserialize, Serialize)]
//! struct Order {
//!     id: String,
//!     pieces: u32,
//!     status: String,
//! }
//!
//! #[derive(Serialize)]
//! struct Key<'a> {
//!     id: &'a str,
//! }
//!
//! fn ship(order: &Order) -> Result<(), Error> {
//!     let table = Table::new("orders");
//!     table.put_if("attribute_not_exists(id)", order)?;
//!     let key = Key { id: &order.id };
//!     let update = table.update(&key).set("status", "shipped").add("version", 1);
//!     match update.when(expression("status = :new").value("new", "new")).returning_new() {
//!         Err(error) if error.is_condition_failed() => log::info!("it has been shipped"),
//!         other => return other.map(|order: Order| log::info!("shipped {}", order.pieces)),
//!     }
//!     let order: Option<Order> = table.get(&key)?;
//!     # let _ = order;
//!     Ok(())
//! }
//! ```
//!
//! # Names and values in expressions
//!
//! An expression has names of attributes and placeholders of values, such as `:new`. Each name is
//! sent as a placeholder, so none is a reserved word. [`expression`] sets the values of a
//! condition; updates, queries and scans have methods for it too. Values are anything that can be
//! written as JSON, [`Set`], [`Bytes`], or an [`AttributeValue`].
//!
//! # Items
//!
//! An item is a struct, or an [`Item`] for any attributes. [`to_item`] and [`from_item`] convert
//! one into the other. A field that is `None` is not written.
//!
//! See <https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/>.

mod batch;
mod cursor;
mod expression;
mod item;
mod query;
mod snapshot;
mod transaction;
mod update;

pub use cursor::Cursor;
pub use expression::{Expression, expression};
pub use item::{Item, from_item, to_item, to_value};
pub use minilambda_events::dynamodb::{AttributeValue, Bytes, Set};
pub use query::{Items, Page, Query};
pub use snapshot::Snapshot;
pub use transaction::Transaction;
pub use update::Update;

use crate::catalog::DYNAMODB;
use crate::client::Client;
use crate::error::Error;
use crate::object;
use crate::object::Object;
use expression::Substitutes;
use item::{Typed, decoded, directly, encoded};
use minilambda::{Context, FromJson, ToJson};
use miniserde::Deserialize;

/// A table.
#[derive(Clone, Debug)]
#[must_use]
pub struct Table<'a> {
    name: &'a str,
    client: Client<'a>,
    is_consistent: bool,
    attributes: Option<&'a str>,
}

#[derive(Deserialize)]
struct ItemOutput<I> {
    #[serde(rename = "Item")]
    item: Option<I>,
}

#[derive(Deserialize)]
struct AttributesOutput {
    #[serde(rename = "Attributes")]
    attributes: Option<Item>,
}

/// A write of one item: alone, or as a part of a transaction.
#[derive(Clone, Debug)]
struct Write<'a> {
    /// `Put`, `Delete`, `Update` or, in a transaction, `ConditionCheck`.
    kind: &'static str,
    table: Table<'a>,
    /// The item of a `Put`, or the key.
    item: Item,
    update: Option<String>,
    condition: Option<String>,
    substitutes: Substitutes,
}

impl<'a> Write<'a> {
    fn new(kind: &'static str, table: &Table<'a>, item: &(impl ToJson + ?Sized)) -> Self {
        let mut substitutes = Substitutes::default();
        let item = to_item(item).map_err(|error| substitutes.refuse(error)).unwrap_or_default();
        let table = table.clone();
        Self { kind, table, item, update: None, condition: None, substitutes }
    }

    fn when(mut self, condition: impl Into<Expression>) -> Self {
        self.condition = Some(self.substitutes.merge(condition.into()));
        self
    }

    fn what(&self) -> String {
        format!("DYNAMODB {}Item", self.kind)
    }

    /// The fields of the request, or of the action in a transaction.
    fn fields<'b>(&'b self, returned: Option<&'b str>) -> Result<Object<'b>, Error> {
        let (names, values) = self.substitutes.finish(&self.what())?;
        let (item, key) =
            if self.kind == "Put" { (Some(&self.item), None) } else { (None, Some(&self.item)) };
        Ok(object! {
            "TableName": self.table.name,
            "Item": item,
            "Key": key,
            "UpdateExpression": &self.update,
            "ConditionExpression": &self.condition,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "ReturnValues": returned,
            "ReturnValuesOnConditionCheckFailure":
                self.substitutes.returns_item.then_some("ALL_OLD"),
        })
    }

    /// Sends it alone. `is_repeatable` says whether it has the same effect twice; with a condition
    /// it has not, because after the first time the condition may not hold any more.
    fn send(&self, returned: Option<&str>, is_repeatable: bool) -> Result<Option<Item>, Error> {
        let client = self.table.client.clone();
        let is_repeatable = is_repeatable && self.condition.is_none();
        let client = if is_repeatable { client.idempotent() } else { client };
        let action = format!("{}Item", self.kind);
        let output: AttributesOutput = client.call(&action, &self.fields(returned)?)?;
        Ok(output.attributes.filter(|attributes| !attributes.is_empty()))
    }

    /// Sends it alone, and returns the item as it was before.
    fn replace<T: FromJson>(&self) -> Result<Option<T>, Error> {
        let old = self.send(Some("ALL_OLD"), false)?;
        old.map(|old| decoded(&old, &self.what())).transpose()
    }
}

impl<'a> Table<'a> {
    /// A table of this name, in the region of the function.
    pub fn new(name: &'a str) -> Self {
        Self { name, client: DYNAMODB.client(), is_consistent: false, attributes: None }
    }

    /// Uses a client with other choices, such as `DYNAMODB.client().region("eu-west-1")`.
    pub fn client(self, client: Client<'a>) -> Self {
        Self { client, ..self }
    }

    /// See [`Client::until_the_end`].
    pub(crate) fn until_the_end(self) -> Self {
        Self { client: self.client.until_the_end(), ..self }
    }

    /// Keeps the requests inside the time that an invocation has left.
    pub fn within(self, context: &Context) -> Self {
        Self { client: self.client.within(context), ..self }
    }

    /// Reads everything that was written before, at twice the price: in `get`, `get_all`, queries
    /// and scans, but not in global secondary indexes, which have no such reads.
    pub fn consistent(self) -> Self {
        Self { is_consistent: true, ..self }
    }

    /// Reads only some attributes, such as `id, address.city`: in `get`, `get_all`, queries and
    /// scans. The price stays that of whole items.
    pub fn attributes(self, names: &'a str) -> Self {
        Self { attributes: Some(names), ..self }
    }

    /// Reads the item with a key.
    ///
    /// # Errors
    /// Those of [`Client::call`](crate::Client::call), or if the item does not match the type.
    pub fn get<T: FromJson>(&self, key: &(impl ToJson + ?Sized)) -> Result<Option<T>, Error> {
        let what = "DYNAMODB GetItem";
        let mut substitutes = Substitutes::default();
        let attributes = self.attributes.map(|names| substitutes.paths(names));
        let (names, _) = substitutes.finish(what)?;
        let input = object! {
            "TableName": self.name,
            "Key": encoded(key, what)?,
            "ConsistentRead": self.is_consistent.then_some(true),
            "ProjectionExpression": attributes,
            "ExpressionAttributeNames": names,
        };
        let text = self.client.call_text("GetItem", &input)?;
        if let Some(ItemOutput::<Typed<T>> { item }) = directly::<T, _>(&text) {
            return Ok(item.and_then(Typed::into_inner));
        }
        let output: ItemOutput<Item> = self.client.output("GetItem", &text)?;
        output.item.map(|found| decoded(&found, what)).transpose()
    }

    /// Writes an item, in place of the one with the same key. It may be sent twice, with the same
    /// effect.
    ///
    /// # Errors
    /// Those of [`Client::call`](crate::Client::call), or if it cannot be written as an item.
    pub fn put(&self, item: &(impl ToJson + ?Sized)) -> Result<(), Error> {
        Write::new("Put", self, item).send(None, true).map(drop)
    }

    /// Writes an item, and returns the one that it has replaced. It is sent again only if it was
    /// refused: after a response that was lost, the old item would be the new one.
    ///
    /// # Errors
    /// Those of [`put`](Self::put), or if the old item does not match the type.
    pub fn put_returning<T: FromJson>(
        &self,
        item: &(impl ToJson + ?Sized),
    ) -> Result<Option<T>, Error> {
        Write::new("Put", self, item).replace()
    }

    /// Writes an item if a condition holds, such as `attribute_not_exists(id)`, or an
    /// [`expression`] with values. It is sent again only if it was refused: after a response that
    /// was lost, the condition would not hold any more.
    ///
    /// # Errors
    /// Those of [`put`](Self::put); see
    /// [`Error::is_condition_failed`](crate::Error::is_condition_failed).
    pub fn put_if(
        &self,
        condition: impl Into<Expression>,
        item: &(impl ToJson + ?Sized),
    ) -> Result<(), Error> {
        Write::new("Put", self, item).when(condition).send(None, false).map(drop)
    }

    /// Deletes the item with a key, if there is one. It may be sent twice, with the same effect.
    ///
    /// # Errors
    /// Those of [`Client::call`](crate::Client::call).
    pub fn delete(&self, key: &(impl ToJson + ?Sized)) -> Result<(), Error> {
        Write::new("Delete", self, key).send(None, true).map(drop)
    }

    /// Deletes the item with a key, and returns it; `None` if there was none. It is sent again only
    /// if it was refused: after a response that was lost, there would be none.
    ///
    /// # Errors
    /// Those of [`delete`](Self::delete), or if the item does not match the type.
    pub fn delete_returning<T: FromJson>(
        &self,
        key: &(impl ToJson + ?Sized),
    ) -> Result<Option<T>, Error> {
        Write::new("Delete", self, key).replace()
    }

    /// Deletes the item with a key if a condition holds: `attribute_exists(id)` for one that has to
    /// be there. It is sent again only if it was refused.
    ///
    /// # Errors
    /// Those of [`delete`](Self::delete); see
    /// [`Error::is_condition_failed`](crate::Error::is_condition_failed).
    pub fn delete_if(
        &self,
        condition: impl Into<Expression>,
        key: &(impl ToJson + ?Sized),
    ) -> Result<(), Error> {
        Write::new("Delete", self, key).when(condition).send(None, false).map(drop)
    }

    /// Begins an update of the item with a key, which creates the item if there is none.
    pub fn update(&self, key: &(impl ToJson + ?Sized)) -> Update<'a> {
        Update::new(Write::new("Update", self, key))
    }

    /// Begins a query by a condition on the key:
    /// `table.query("user = :user").value("user", "ada")`.
    pub fn query(&self, condition: impl Into<Expression>) -> Query<'a> {
        Query::new(self, Some(condition.into()))
    }

    /// Begins a scan, which reads the whole table or index.
    pub fn scan(&self) -> Query<'a> {
        Query::new(self, None)
    }
}
