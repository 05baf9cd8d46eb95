//! Items as your own types, with the error of this crate.

use crate::error::Error;
use minilambda::__private::decode_or;
use minilambda::{FromJson, ToJson};
pub(super) use minilambda_events::__private::Typed;
use minilambda_events::dynamodb as events;
use minilambda_events::{Map, dynamodb::AttributeValue};
use miniserde::Deserialize;

/// An item or a key.
pub type Item = Map<AttributeValue>;

/// Converts an item to your type.
///
/// ```
/// use minilambda_aws::Error;
/// use minilambda_aws::dynamodb::{Item, from_item, to_item};
/// use miniserde::{Deserialize, Serialize};
///
/// #[derive(Deserialize, Serialize)]
/// struct Order {
///     id: String,
///     pieces: u32,
/// }
///
/// fn doubled(item: &Item) -> Result<Item, Error> {
///     let order: Order = from_item(item)?;
///     to_item(&Order { pieces: 2 * order.pieces, ..order })
/// }
///
/// let item = to_item(&Order { id: "A-1".to_owned(), pieces: 3 })?;
/// assert_eq!(from_item::<Order>(&doubled(&item)?)?.pieces, 6);
/// # Ok::<(), Error>(())
/// ```
///
/// In a handler of a stream, the functions of `minilambda_events` do the same.
///
/// # Errors
/// `Aws.InvalidResponse` if it does not match the type.
pub fn from_item<T: FromJson>(item: &Item) -> Result<T, Error> {
    events::from_item(item).map_err(|error| Error::invalid_response(error.message()))
}

/// Converts a struct or a map to an item. A field that is `None` is not written.
///
/// # Errors
/// `Aws.InvalidRequest` if DynamoDB has no such item: a number that is not finite, for example.
pub fn to_item(value: &(impl ToJson + ?Sized)) -> Result<Item, Error> {
    events::to_item(value).map_err(|error| Error::invalid(error.message()))
}

/// Converts any value to that of an attribute.
///
/// # Errors
/// Those of [`to_item`].
pub fn to_value(value: &(impl ToJson + ?Sized)) -> Result<AttributeValue, Error> {
    events::to_value(value).map_err(|error| Error::invalid(error.message()))
}

/// Converts an item; an error is one of the request that would have had it.
pub(super) fn encoded(value: &(impl ToJson + ?Sized), what: &str) -> Result<Item, Error> {
    to_item(value).map_err(|error| error.of_request(what))
}

/// Reads an output whose items become values of type `T` without items in between. `None`: they
/// have to be read as items, of which an error speaks.
pub(super) fn directly<T: FromJson, O: Deserialize>(text: &[u8]) -> Option<O> {
    Typed::<T>::is_possible().then(|| decode_or(text, |_| ()).ok()).flatten()
}

pub(super) fn decoded<T: FromJson>(found: &Item, what: &str) -> Result<T, Error> {
    from_item(found).map_err(|error| error.of_request(what))
}
