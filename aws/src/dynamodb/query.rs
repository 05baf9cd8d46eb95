//! Queries and scans: pages of items.

use crate::dynamodb::cursor::Cursor;
use crate::dynamodb::expression::Substitutes;
use crate::dynamodb::item::{Typed, decoded, directly};
use crate::dynamodb::{Expression, Item, Table};
use crate::error::Error;
use crate::limits::{Circle, Deadline, MAX_THREADS};
use crate::object;
use crate::object::Object;
use minilambda::{FromJson, ToJson};
use miniserde::Deserialize;
use std::thread;
use std::vec::IntoIter;

/// A query, or a scan, and the page that is read next.
///
/// ```no_run
/// use minilambda_aws::Error;
/// use minilambda_aws::dynamodb::{Page, Table};
/// use miniserde::Deserialize;
///
/// #[derive(Deserialize)]
/// struct Note {
///     title: String,
/// }
///
/// /// `after` is the text of a cursor, as the page before had it.
/// fn notes(user: &str, after: Option<&str>) -> Result<Page<Note>, Error> {
///     let table = Table::new("notes");
///     let query = table.query("user = :user").value("user", user).limit(20).descending();
///     match after {
///         Some(text) => query.after(text.parse()?).page(),
///         None => query.page(),
///     }
/// }
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Query<'a> {
    table: Table<'a>,
    /// `None` for a scan.
    condition: Option<String>,
    filter: Option<String>,
    attributes: Option<String>,
    substitutes: Substitutes,
    index: Option<String>,
    limit: Option<u32>,
    is_descending: bool,
    /// Scans only: the number of this part, and how many parts there are.
    segment: Option<(u32, u32)>,
    start: Option<Cursor>,
    /// Whether the program has set where it begins, perhaps by a text from outside.
    is_start_given: bool,
}

/// A page of items.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items: fewer than the limit if a filter has left some out, or none.
    pub items: Vec<T>,
    /// Where the next page begins; `None` after the last page.
    pub next: Option<Cursor>,
}

/// How DynamoDB refuses a cursor, as anything else of a request.
const REFUSALS: [&str; 2] = ["ValidationException", "SerializationException"];

#[derive(Deserialize)]
struct Output<I> {
    #[serde(rename = "Items")]
    items: Option<Vec<I>>,
    #[serde(rename = "LastEvaluatedKey")]
    last: Option<Item>,
}

#[derive(Deserialize)]
struct Counted {
    #[serde(rename = "Count")]
    count: Option<u64>,
    #[serde(rename = "LastEvaluatedKey")]
    last: Option<Item>,
}

impl<'a> Query<'a> {
    pub(super) fn new(table: &Table<'a>, condition: Option<Expression>) -> Self {
        let mut substitutes = Substitutes::default();
        Self {
            condition: condition.map(|condition| substitutes.merge(condition)),
            attributes: table.attributes.map(|names| substitutes.paths(names)),
            table: table.clone(),
            filter: None,
            substitutes,
            index: None,
            limit: None,
            is_descending: false,
            segment: None,
            start: None,
            is_start_given: false,
        }
    }

    /// Reads an index instead of the table.
    pub fn index(mut self, name: &str) -> Self {
        self.index = Some(name.to_owned());
        self
    }

    /// Leaves out items that were read and do not match.
    pub fn filter(mut self, condition: impl Into<Expression>) -> Self {
        self.filter = Some(self.substitutes.merge(condition.into()));
        self
    }

    /// Sets the value of a placeholder, as [`Expression::value`] does.
    pub fn value(mut self, placeholder: &str, value: impl ToJson) -> Self {
        self.substitutes.value(placeholder, &value);
        self
    }

    /// Sets the values of all placeholders, as [`Expression::values`] does.
    pub fn values(mut self, values: &(impl ToJson + ?Sized)) -> Self {
        self.substitutes.values(values);
        self
    }

    /// Sets the name of an attribute, as [`Expression::name`] does.
    pub fn name(mut self, placeholder: &str, name: &str) -> Self {
        self.substitutes.name(placeholder, name);
        self
    }

    /// Reads at most this many items for a page, and at least one.
    pub fn limit(mut self, items: u32) -> Self {
        if items == 0 {
            self.substitutes.refuse(Error::invalid("a page has at least one item: limit(0)"));
        }
        self.limit = Some(items);
        self
    }

    /// Reads from the last key to the first. A scan has no order.
    pub fn descending(mut self) -> Self {
        if self.condition.is_none() {
            self.substitutes.refuse(Error::invalid("a scan has no order"));
        }
        self.is_descending = true;
        self
    }

    /// Reads one of several parts of a scan, which other threads or functions read at the same
    /// time. Parts are counted from 0.
    pub fn segment(mut self, part: u32, parts: u32) -> Self {
        if self.condition.is_some() {
            self.substitutes.refuse(Error::invalid("only a scan has segments"));
        }
        self.segment = Some((part, parts));
        self
    }

    /// Begins where another page ended.
    pub fn after(self, cursor: Cursor) -> Self {
        Self { start: Some(cursor), is_start_given: true, ..self }
    }

    /// Goes on after the last key of a page.
    fn go_on_after(&mut self, last: Item) {
        self.start = Some(Cursor(last));
        self.is_start_given = false;
    }

    /// Reads one page: at most 1 MB, or [`limit`](Self::limit) items.
    ///
    /// # Errors
    /// Those of [`Client::call`](crate::Client::call), or if an item does not match the type;
    /// `Aws.InvalidCursor` if a query [`after`](Self::after) a cursor is refused.
    pub fn page<T: FromJson>(&self) -> Result<Page<T>, Error> {
        let text = self.read(None)?;
        let directly = directly::<T, Output<Typed<T>>>(&text);
        let (items, last) = if let Some(Output { items, last }) = directly {
            let items = items.map(|items| items.into_iter().filter_map(Typed::into_inner));
            (items.map(Iterator::collect).map(Ok), last)
        } else {
            let output: Output<Item> = self.table.client.output(self.action(), &text)?;
            let of_type = |found: &Item| decoded(found, &self.what());
            (output.items.map(|items| items.iter().map(of_type).collect()), output.last)
        };
        let last = last.filter(|key| !key.is_empty());
        if last.is_some() && last.as_ref() == self.start.as_ref().map(|Cursor(key)| key) {
            return Err(self.in_a_circle());
        }
        // Nothing is not "no items".
        let items = items.ok_or_else(|| self.without("Items"))??;
        Ok(Page { items, next: last.map(Cursor) })
    }

    /// Reads all items. With [`items`](Self::items) they are not in memory at the same time.
    ///
    /// # Errors
    /// Those of [`page`](Self::page).
    pub fn all<T: FromJson>(self) -> Result<Vec<T>, Error> {
        self.items().collect()
    }

    /// Returns an iterator over all items, which reads the next page when it needs it. It ends
    /// after an error.
    #[must_use]
    pub fn items<T: FromJson>(self) -> Items<'a, T> {
        Items { query: Some(self), page: Vec::new().into_iter(), circle: Circle::new() }
    }

    /// Reads all items of a scan with several threads, from 1 to 64, each of which reads a part of
    /// the table. The table has to have the capacity for it.
    ///
    /// # Errors
    /// Those of [`page`](Self::page).
    pub fn all_in_parallel<T: FromJson + Send>(self, threads: u32) -> Result<Vec<T>, Error> {
        // Only this thread knows the deadline of its invocation.
        let mut query = self;
        query.table.client = query.table.client.until(Deadline::current());
        let threads = threads.clamp(1, MAX_THREADS.into());
        let part = |part| query.clone().segment(part, threads).all();
        let all: Result<Vec<Vec<T>>, Error> = thread::scope(|scope| {
            let parts: Vec<_> = (0..threads)
                .map(|at| {
                    thread::Builder::new()
                        .spawn_scoped(scope, move || part(at))
                        .map_err(|error| Error::invalid(format!("cannot start a thread: {error}")))
                })
                .collect();
            let joined = parts.into_iter().map(|part| {
                part?.join().unwrap_or_else(|_| Err(Error::invalid("a thread has panicked")))
            });
            joined.collect()
        });
        Ok(all?.into_iter().flatten().collect())
    }

    /// Counts the items without reading them, at the same price.
    ///
    /// # Errors
    /// Those of [`Client::call`](crate::Client::call).
    pub fn count(mut self) -> Result<u64, Error> {
        let (mut count, mut circle) = (0_u64, Circle::new());
        loop {
            let text = self.read(Some("COUNT"))?;
            let output: Counted = self.table.client.output(self.action(), &text)?;
            count = count.saturating_add(output.count.ok_or_else(|| self.without("Count"))?);
            let last = output.last.filter(|key| !key.is_empty());
            let Some(last) = last else { return Ok(count) };
            if circle.is_closed_by(&last) {
                return Err(self.in_a_circle());
            }
            self.go_on_after(last);
        }
    }

    fn action(&self) -> &'static str {
        if self.condition.is_some() { "Query" } else { "Scan" }
    }

    fn what(&self) -> String {
        format!("DYNAMODB {}", self.action())
    }

    fn read(&self, select: Option<&str>) -> Result<Vec<u8>, Error> {
        match self.table.client.call_text(self.action(), &self.input(select)?) {
            Err(error) if self.is_start_given => Err(error.of_cursor(&REFUSALS)),
            result => result,
        }
    }

    fn without(&self, field: &str) -> Error {
        let reason = format!("the response has no {field}");
        Error::invalid_response(reason).of_request(&self.what())
    }

    fn in_a_circle(&self) -> Error {
        let reason = "the page leads to itself: its key came before";
        Error::invalid_response(reason).of_request(&self.what())
    }

    fn input<'b>(&'b self, select: Option<&'b str>) -> Result<Object<'b>, Error> {
        let (names, values) = self.substitutes.finish(&self.what())?;
        Ok(object! {
            "TableName": self.table.name,
            "IndexName": &self.index,
            "KeyConditionExpression": &self.condition,
            "FilterExpression": &self.filter,
            "ProjectionExpression": &self.attributes,
            "ExpressionAttributeNames": names,
            "ExpressionAttributeValues": values,
            "Select": select,
            "Limit": self.limit,
            "ScanIndexForward": self.is_descending.then_some(false),
            "ConsistentRead": self.table.is_consistent.then_some(true),
            "Segment": self.segment.map(|(part, _)| part),
            "TotalSegments": self.segment.map(|(_, parts)| parts),
            "ExclusiveStartKey": self.start.as_ref().map(|Cursor(key)| key),
        })
    }
}

/// The items of a query or a scan: see [`Query::items`].
#[derive(Debug)]
pub struct Items<'a, T> {
    /// `None` after the last page.
    query: Option<Query<'a>>,
    page: IntoIter<T>,
    circle: Circle<Item>,
}

impl<T: FromJson> Iterator for Items<'_, T> {
    type Item = Result<T, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(item) = self.page.next() {
                return Some(Ok(item));
            }
            let mut query = self.query.take()?;
            match query.page() {
                Ok(Page { next: Some(Cursor(key)), .. }) if self.circle.is_closed_by(&key) => {
                    return Some(Err(query.in_a_circle()));
                }
                Ok(Page { items, next }) => {
                    self.page = items.into_iter();
                    self.query = next.map(|Cursor(last)| {
                        query.go_on_after(last);
                        query
                    });
                }
                Err(error) => return Some(Err(error)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_query_cannot_be_is_refused_before_it_is_sent() {
        let table = Table::new("orders");
        let query = || table.query("id = :id").value("id", 1);
        for (query, reason) in [
            (query().limit(0), "limit(0)"),
            (query().segment(0, 2), "only a scan has segments"),
            (table.scan().descending(), "a scan has no order"),
        ] {
            let error = query.page::<u32>().unwrap_err();
            assert!(error.code() == "Aws.InvalidRequest" && error.was_not_sent(), "{error}");
            assert!(error.to_string().contains(reason), "{error}");
        }
    }
}
