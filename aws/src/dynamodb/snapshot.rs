//! Transactional reads: several items as they were at one point in time.

use crate::catalog::DYNAMODB;
use crate::client::Client;
use crate::dynamodb::Table;
use crate::dynamodb::expression::Substitutes;
use crate::dynamodb::item::{Item, encoded};
use crate::error::Error;
use crate::object;
use crate::object::Object;
use minilambda::ToJson;
use miniserde::Deserialize;

const WHAT: &str = "DYNAMODB TransactGetItems";

/// Reads up to 100 items, in any tables of a region, as they were at one point in time: no
/// transaction is carried out between them.
///
/// ```no_run
/// use minilambda_aws::dynamodb::{Snapshot, Table, from_item};
/// use minilambda_aws::{Error, object};
/// use miniserde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Account {
///     cents: i64,
/// }
///
/// fn sum(one: &str, other: &str) -> Result<i64, Error> {
///     let accounts = Table::new("accounts");
///     let keys = [one, other].map(|id| object! { "id": id });
///     let snapshot = keys.iter().fold(Snapshot::new(), |it, key| it.get(&accounts, key));
///     let mut sum = 0;
///     for item in snapshot.send()?.iter().flatten() {
///         sum += from_item::<Account>(item)?.cents;
///     }
///     Ok(sum)
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Snapshot<'a> {
    client: Client<'a>,
    reads: Vec<Read<'a>>,
}

#[derive(Clone, Debug)]
struct Read<'a> {
    table: Table<'a>,
    key: Result<Item, Error>,
}

#[derive(Deserialize)]
struct Output {
    #[serde(rename = "Responses")]
    responses: Vec<Found>,
}

#[derive(Deserialize)]
struct Found {
    #[serde(rename = "Item")]
    item: Option<Item>,
}

impl Default for Snapshot<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> Snapshot<'a> {
    /// A transaction without a read, in the region of the function.
    pub fn new() -> Self {
        Self { client: DYNAMODB.client(), reads: Vec::new() }
    }

    /// Uses a client with other choices. Those of the tables are not used.
    pub fn client(self, client: Client<'a>) -> Self {
        Self { client, ..self }
    }

    /// Reads the item with a key, or its attributes that the table is set to.
    pub fn get(mut self, table: &Table<'a>, key: &(impl ToJson + ?Sized)) -> Self {
        self.reads.push(Read { table: table.clone(), key: encoded(key, WHAT) });
        self
    }

    /// Sends the transaction. Returns the items in the order of the reads; `None` for a key without
    /// an item.
    ///
    /// # Errors
    /// `TransactionCanceledException` with a reason for each read, in
    /// [`Error::cancellation_reasons`], if another transaction writes one of the items. Those of
    /// [`Client::call`](crate::Client::call).
    pub fn send(&self) -> Result<Vec<Option<Item>>, Error> {
        let mut reads = Vec::new();
        for Read { table, key } in &self.reads {
            let mut substitutes = Substitutes::default();
            let attributes = table.attributes.map(|names| substitutes.paths(names));
            let (names, _) = substitutes.finish(WHAT)?;
            let get = object! {
                "TableName": table.name,
                "Key": key.as_ref().map_err(Clone::clone)?,
                "ProjectionExpression": attributes,
                "ExpressionAttributeNames": names.cloned(),
            };
            reads.push(Object::from_iter([("Get", get)]));
        }
        let input = object! { "TransactItems": reads };
        let output: Output = self.client.call("TransactGetItems", &input)?;
        if output.responses.len() != self.reads.len() {
            let reason = "the response does not have one entry for each read";
            return Err(Error::invalid_response(reason).of_request(WHAT));
        }
        let items = output.responses.into_iter().map(|found| found.item);
        Ok(items.map(|item| item.filter(|item| !item.is_empty())).collect())
    }
}
