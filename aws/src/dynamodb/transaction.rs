//! Transactions: several writes, of which all or none are carried out.

use crate::catalog::DYNAMODB;
use crate::client::{Client, Empty};
use crate::dynamodb::{Expression, Table, Update, Write};
use crate::environment::token;
use crate::error::Error;
use crate::object;
use crate::object::Object;

use minilambda::ToJson;

/// Up to 100 writes of items, in any tables of a region, of which all or none are carried out.
///
/// ```no_run
/// use minilambda_aws::dynamodb::{Table, Transaction, expression};
/// use minilambda_aws::{Error, object};
///
/// fn order(id: &str, item: &str) -> Result<(), Error> {
///     let (orders, stock) = (Table::new("orders"), Table::new("stock"));
///     let take = stock.update(&object! { "id": item }).add("pieces", -1);
///     let result = Transaction::new()
///         .put_if("attribute_not_exists(id)", &orders, &object! { "id": id, "item": item })
///         .update(take.when(expression("pieces > :none").value("none", 0)))
///         .send();
///     if let Err(error) = &result {
///         // One reason for each write, in their order.
///         let codes = error.cancellation_reasons().into_iter().map(|reason| reason.code);
///         log::info!("nothing was ordered: {:?}", codes.collect::<Vec<_>>());
///     }
///     result
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Transaction<'a> {
    client: Client<'a>,
    writes: Vec<Write<'a>>,
    token: String,
}

impl Default for Transaction<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> Transaction<'a> {
    /// A transaction without a write, in the region of the function.
    pub fn new() -> Self {
        Self { client: DYNAMODB.client(), writes: Vec::new(), token: token() }
    }

    /// Uses a client with other choices. Those of the tables are not used.
    pub fn client(self, client: Client<'a>) -> Self {
        Self { client, ..self }
    }

    /// Sets the token by which DynamoDB recognises a transaction that is sent twice within ten
    /// minutes, of at most 36 characters. If it is not set, it is a random one.
    pub fn token(self, token: &str) -> Self {
        Self { token: token.to_owned(), ..self }
    }

    /// Writes an item.
    pub fn put(self, table: &Table<'a>, item: &(impl ToJson + ?Sized)) -> Self {
        self.with(Write::new("Put", table, item))
    }

    /// Writes an item if a condition holds.
    pub fn put_if(
        self,
        condition: impl Into<Expression>,
        table: &Table<'a>,
        item: &(impl ToJson + ?Sized),
    ) -> Self {
        self.with(Write::new("Put", table, item).when(condition))
    }

    /// Updates an item.
    pub fn update(self, update: Update<'a>) -> Self {
        self.with(update.write())
    }

    /// Deletes an item.
    pub fn delete(self, table: &Table<'a>, key: &(impl ToJson + ?Sized)) -> Self {
        self.with(Write::new("Delete", table, key))
    }

    /// Deletes an item if a condition holds.
    pub fn delete_if(
        self,
        condition: impl Into<Expression>,
        table: &Table<'a>,
        key: &(impl ToJson + ?Sized),
    ) -> Self {
        self.with(Write::new("Delete", table, key).when(condition))
    }

    /// Requires a condition of an item that the transaction does not write.
    pub fn check(
        self,
        condition: impl Into<Expression>,
        table: &Table<'a>,
        key: &(impl ToJson + ?Sized),
    ) -> Self {
        self.with(Write::new("ConditionCheck", table, key).when(condition))
    }

    fn with(mut self, write: Write<'a>) -> Self {
        self.writes.push(write);
        self
    }

    /// Sends the transaction. It is repeated if its response was lost: by its token it is carried
    /// out once.
    ///
    /// # Errors
    /// `TransactionCanceledException` with a reason for each write, in
    /// [`Error::cancellation_reasons`]; [`Error::is_condition_failed`] if a condition did not hold.
    /// Those of [`Client::call`](crate::Client::call).
    pub fn send(&self) -> Result<(), Error> {
        let what = "DYNAMODB TransactWriteItems";
        let mut actions = Vec::new();
        for write in &self.writes {
            let fields = write.fields(None).map_err(|error| error.of_request(what))?;
            actions.push(Object::from_iter([(write.kind, fields)]));
        }
        let input = object! { "TransactItems": actions, "ClientRequestToken": &self.token };
        self.client.clone().idempotent().call("TransactWriteItems", &input).map(|Empty {}| ())
    }
}
