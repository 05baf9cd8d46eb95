//! Batches: many items of a table in few requests.

use crate::dynamodb::expression::Substitutes;
use crate::dynamodb::item::{Typed, decoded, directly, encoded};
use crate::dynamodb::{Item, Table};
use crate::error::{Error, Outcome};
use crate::object;
use crate::object::Object;
use minilambda::__private::to_text;
use minilambda::{FromJson, ToJson};
use minilambda_events::{Json, Map};
use miniserde::Deserialize;
use std::collections::BTreeSet;
use std::time::Duration;

/// The most keys of a `BatchGetItem`.
const MAX_KEYS: usize = 100;

/// The most items of a `BatchWriteItem`.
const MAX_ITEMS: usize = 25;

/// The longest delay before what was left is sent the first time; it doubles each time.
const FIRST_DELAY: Duration = Duration::from_millis(50);

/// How often in a row DynamoDB may leave everything: the delays are then 6 s together at most.
const MAX_ROUNDS: u32 = 8;

#[derive(Deserialize)]
struct GetOutput<I> {
    #[serde(rename = "Responses")]
    items: Option<Map<Vec<I>>>,
    #[serde(rename = "UnprocessedKeys")]
    left: Option<Map<Json>>,
}

#[derive(Deserialize)]
struct WriteOutput {
    #[serde(rename = "UnprocessedItems")]
    left: Option<Map<Json>>,
}

impl Table<'_> {
    /// Reads the items with these keys, 100 in a request. Their order is any, and keys without an
    /// item are skipped. What DynamoDB leaves unprocessed is asked for again, with delays.
    ///
    /// # Errors
    /// Those of [`get`](Self::get); `Aws.Unprocessed` if DynamoDB goes on to leave keys.
    pub fn get_all<T: FromJson>(
        &self,
        keys: impl IntoIterator<Item = impl ToJson>,
    ) -> Result<Vec<T>, Error> {
        let what = "DYNAMODB BatchGetItem";
        let mut substitutes = Substitutes::default();
        let attributes = self.attributes.map(|names| substitutes.paths(names));
        let (names, _) = substitutes.finish(what)?;
        let mut unique = Vec::new();
        let mut known = BTreeSet::new();
        for key in keys {
            let key = encoded(&key, what)?;
            // DynamoDB refuses a key that comes twice.
            if known.insert(to_text(&key)) {
                unique.push(key);
            }
        }
        let mut found = Vec::new();
        for keys in unique.chunks(MAX_KEYS) {
            let request = object! {
                "Keys": keys,
                "ConsistentRead": self.is_consistent.then_some(true),
                "ProjectionExpression": &attributes,
                "ExpressionAttributeNames": names,
            };
            self.until_all_is_done("BatchGetItem", Json::new(&request), |text| {
                // Nothing is not "no items".
                let none =
                    || Error::invalid_response("the response has no Responses").of_request(what);
                if let Some(GetOutput::<Typed<T>> { items, left }) = directly::<T, _>(text) {
                    let items = items.ok_or_else(none)?.into_iter().flat_map(|(_, items)| items);
                    found.extend(items.filter_map(Typed::into_inner));
                    return Ok(left);
                }
                let output: GetOutput<Item> = self.client.output("BatchGetItem", text)?;
                for item in output.items.ok_or_else(none)?.values().flatten() {
                    found.push(decoded(item, what)?);
                }
                Ok(output.left)
            })?;
        }
        Ok(found)
    }

    /// Writes items, 25 in a request, each in place of the one with the same key. What DynamoDB
    /// leaves unprocessed is sent again, with delays. After an error some of the items may be
    /// written; to write all again does no harm. No two items may have the same key.
    ///
    /// # Errors
    /// Those of [`put`](Self::put); `Aws.Unprocessed` if DynamoDB goes on to leave items.
    pub fn put_all(&self, items: impl IntoIterator<Item = impl ToJson>) -> Result<(), Error> {
        self.write_all(items, "PutRequest", "Item")
    }

    /// Deletes the items with these keys, 25 in a request, like [`put_all`](Self::put_all).
    ///
    /// # Errors
    /// Those of [`put_all`](Self::put_all).
    pub fn delete_all(&self, keys: impl IntoIterator<Item = impl ToJson>) -> Result<(), Error> {
        self.write_all(keys, "DeleteRequest", "Key")
    }

    fn write_all(
        &self,
        items: impl IntoIterator<Item = impl ToJson>,
        request: &str,
        field: &str,
    ) -> Result<(), Error> {
        let mut items = items.into_iter();
        loop {
            let mut batch = Vec::new();
            for item in items.by_ref().take(MAX_ITEMS) {
                let item = encoded(&item, "DYNAMODB BatchWriteItem")?;
                batch.push(Object::from_iter([(request, Object::from_iter([(field, item)]))]));
            }
            if batch.is_empty() {
                return Ok(());
            }
            let batch = Json::new(&batch);
            self.until_all_is_done("BatchWriteItem", batch, |text| {
                let output: WriteOutput = self.client.output("BatchWriteItem", text)?;
                Ok(output.left)
            })?;
        }
    }

    /// Sends a request for this table, and what is left of it until nothing is. `take` reads that,
    /// and the rest, in the text of an output.
    fn until_all_is_done(
        &self,
        action: &str,
        request: Json,
        mut take: impl FnMut(&[u8]) -> Result<Option<Map<Json>>, Error>,
    ) -> Result<(), Error> {
        let client = self.client.clone().idempotent();
        let mut left: Map<Json> = [(self.name, request)].into();
        let mut round = 0;
        loop {
            let before = to_text(&left);
            let text = client.call_text(action, &object! { "RequestItems": &left })?;
            left = take(&text)?.unwrap_or_default();
            if left.is_empty() {
                return Ok(());
            }
            round = if to_text(&left).len() < before.len() { 1 } else { round + 1 };
            let delay = FIRST_DELAY * 2_u32.pow(round - 1);
            if round == MAX_ROUNDS || !client.pauses(delay) {
                let reason = "DynamoDB has left a part of the batch, again and again: the table's \
                              capacity is used up";
                let error = Error::with_outcome("Aws.Unprocessed", reason, Outcome::Unknown);
                return Err(error.of_request(&format!("DYNAMODB {action}")));
            }
        }
    }
}
