//! Doing things once, although events come twice: a table remembers what is done.
//!
//! Lambda and the services before it send an event again after an error, after a timeout, and now
//! and then without a reason. [`Once`] runs a function for the first of them, and returns its
//! response to all others.
//!
//! ```no_run
//! use minilambda::{Context, Error};
//! use minilambda_aws::idempotency::Once;
//! use miniserde::{Deserialize, Serialize};
//!
//! #[derive(Deserialize, Serialize)]
//! struct Order {
//!     id: String,
//!     cents: u64,
//! }
//!
//! #[derive(Deserialize, Serialize)]
//! struct Receipt {
//!     number: u64,
//! }
//!
//! fn pay(order: Order, _: &Context) -> Result<Receipt, Error> {
//!     Once::new("done").run(&order.id, &order, || charge(&order))
//! }
//!
//! fn charge(order: &Order) -> Result<Receipt, Error> {
//!     Ok(Receipt { number: order.cents })
//! }
//! ```
//!
//! In a batch the function is called for each record:
//! `event.each(|message| once.run(&message.message_id, &message.body, || send(message)))`.
//!
//! # The table
//!
//! Its partition key is `id`, a string; its time to live is the attribute `expiration`. The role
//! needs `dynamodb:PutItem`, `GetItem`, `UpdateItem` and `DeleteItem`. The attributes are those of
//! the [Powertools](https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/),
//! and `owner`; `id` is the name of the function and the hash of the key.
//!
//! # What happens when
//!
//! | | |
//! |---|---|
//! | the key is new, or its record has expired | the function runs; its response is kept for an hour |
//! | the key is empty | `Aws.InvalidRequest` |
//! | the key is done | its response is returned |
//! | the key is done, with another payload | `Aws.OtherPayload` |
//! | another worker is at it | `Aws.InProgress`; in a batch the record is reported as failed, and comes again |
//! | the worker died, or its time was over | after its invocation's deadline the next one takes over |
//! | the function fails or panics | the record is removed, so the event can be tried again |
//! | the response has over 390 KB, or cannot be written as JSON | it is returned; a later event with the key gets `Aws.NoResponseKept` |
//! | the table cannot be reached | the function does not run, unless [`or_without`](Once::or_without) is set |

use crate::catalog::DYNAMODB;
use crate::client::Client;
use crate::dynamodb::{Item, Table, expression, from_item};
use crate::environment::{lock, now, random, variable};
use crate::error::{Error, Outcome};
use crate::object;
use crate::sign::hash;
use minilambda::__private::{catch_panic, decode_or, time_left, to_text};
use minilambda::{FromJson, ToJson};
use minilambda_events::__private::Sorted;
use minilambda_events::Json;
use miniserde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

/// How long a response is kept, if nothing is set.
const KEPT: Duration = Duration::from_secs(3600);

/// How long a key is in progress outside of an invocation, as in a thread on managed instances that
/// is not attached to one: Lambda's longest timeout.
const IN_PROGRESS: Duration = Duration::from_secs(5400);

/// An item has 400 KB, with the names of its attributes.
const MAX_DATA_BYTES: usize = 390_000;

/// The most responses that are kept in memory, and the largest one.
const MAX_CACHED: usize = 256;
const MAX_CACHED_BYTES: usize = 64 * 1024;

/// The statuses of a record.
const STARTED: &str = "INPROGRESS";
const DONE: &str = "COMPLETED";

/// Responses by the place of the table and the id of their records.
static CACHE: Mutex<BTreeMap<(String, String), Record>> = Mutex::new(BTreeMap::new());

/// Runs functions once for each key: see the [module](self).
#[derive(Clone, Debug)]
#[must_use]
pub struct Once<'a> {
    table: Table<'a>,
    table_name: &'a str,
    /// Where the table is. Another account may have one of the same name.
    place: String,
    operation: Option<&'a str>,
    kept: Duration,
    in_progress: Option<Duration>,
    is_cached: bool,
    runs_without_table: bool,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
struct Record {
    id: String,
    status: String,
    /// In seconds since 1970.
    expiration: u64,
    /// In milliseconds since 1970.
    in_progress_expiration: Option<u64>,
    /// The response as JSON.
    data: Option<String>,
    /// The hash of the payload.
    validation: Option<String>,
    /// Which attempt has written it.
    owner: Option<String>,
}

impl<'a> Once<'a> {
    /// Remembers in the table of this name, in the region of the function.
    pub fn new(table: &'a str) -> Self {
        Self {
            table: Table::new(table),
            table_name: table,
            place: String::new(),
            operation: None,
            kept: KEPT,
            in_progress: None,
            is_cached: false,
            runs_without_table: false,
        }
        .client(DYNAMODB.client())
    }

    /// Uses a client with other choices.
    pub fn client(mut self, client: Client<'a>) -> Self {
        self.place = format!("{} {}", self.table_name, client.place_name());
        // Each write names its owner, so it has the same effect twice.
        self.table = self.table.client(client.idempotent()).consistent();
        self
    }

    /// Sets the name of what is done once, if a function does several things with the same keys. It
    /// is the name of the function if it is not set. Functions that share a table have the keys of
    /// an operation in common.
    pub fn operation(self, name: &'a str) -> Self {
        Self { operation: Some(name), ..self }
    }

    /// Sets how long a response is kept: an hour if it is not set. The services send an event again
    /// within six hours, SQS within 14 days.
    pub fn keep_for(self, time: Duration) -> Self {
        Self { kept: time, ..self }
    }

    /// Sets how long a key is in progress at most: until the deadline of the invocation if it is
    /// not set.
    pub fn in_progress_for(self, time: Duration) -> Self {
        Self { in_progress: Some(time), ..self }
    }

    /// Keeps responses in memory too, so a worker that gets an event twice needs no request: of 256
    /// keys, if they have at most 64 KB.
    pub fn cached(self) -> Self {
        Self { is_cached: true, ..self }
    }

    /// Runs the function although the table cannot be reached. It may run twice then.
    pub fn or_without(self) -> Self {
        Self { runs_without_table: true, ..self }
    }

    /// Runs a function if it was not run with this key before, and returns its response or the one
    /// that is kept. An empty key is refused: it would be that of all events without one. The
    /// payload is what has to be the same whenever the key is: of it a hash is kept. `&()` is no
    /// payload.
    ///
    /// # Errors
    /// Those of the function; `Aws.InvalidRequest` if the key is empty; `Aws.InProgress`,
    /// `Aws.OtherPayload` and `Aws.NoResponseKept`, see the [module](self); those of the table.
    /// `Aws.InvalidResponse` if the response that is kept does not match its type any more.
    pub fn run<T, E>(
        &self,
        key: &str,
        payload: &(impl ToJson + ?Sized),
        function: impl FnOnce() -> Result<T, E>,
    ) -> Result<T, E>
    where
        T: ToJson + FromJson,
        E: From<Error>,
    {
        let claim = match self.claim(key, payload) {
            Ok(Ok(claim)) => Some(claim),
            Ok(Err(record)) => return Ok(record.response()?),
            Err(error) if self.runs_without_table && !is_of_record(&error) => {
                log::warn!("{error}; the function runs without it, perhaps for a second time");
                None
            }
            Err(error) => return Err(error.into()),
        };
        let response = function()?;
        if let Some(claim) = claim {
            claim.complete(kept(&response));
        }
        Ok(response)
    }

    /// Returns a claim to the key, or the record of what is done.
    fn claim(
        &self,
        key: &str,
        payload: &(impl ToJson + ?Sized),
    ) -> Result<Result<Claim<'_>, Record>, Error> {
        if key.is_empty() {
            let reason = "the key is empty: choose one that each event has, such as the id of its \
                          message, or do not run what has no key";
            return Err(Error::invalid(reason).of_request("idempotency"));
        }
        let payload = payload.to_json(Vec::new());
        let payload = payload.map_err(|error| Error::invalid(error.message()))?;
        let function = variable("AWS_LAMBDA_FUNCTION_NAME").unwrap_or_default();
        let id = format!("{}#{}", self.operation.unwrap_or(&function), hash(key.as_bytes()));
        let time = now();
        let of_invocation = time_left().map(|(left, _)| left);
        let in_progress = self.in_progress.or(of_invocation).unwrap_or(IN_PROGRESS);
        let record = Record {
            id,
            status: STARTED.to_owned(),
            // Not before the function ends.
            expiration: time.saturating_add(in_progress).saturating_add(self.kept).as_secs(),
            in_progress_expiration: Some(millis(time.saturating_add(in_progress))),
            data: None,
            validation: Some(hash(&in_order(payload))),
            owner: Some(format!("{:016x}", random())),
        };
        let place = (self.place.clone(), record.id.clone());
        let known = lock(&CACHE).get(&place).filter(|_| self.is_cached).cloned();
        if let Some(known) = known.filter(|known| known.expiration > time.as_secs()) {
            return known.checked(&record).map(Err);
        }
        let free = expression(
            // A claim of this owner that is late must not replace what it has done.
            "attribute_not_exists(id) OR expiration < :now_s OR (status = :started \
             AND (owner = :owner OR in_progress_expiration < :now_ms))",
        );
        let free = free
            .value("now_s", time.as_secs())
            .value("now_ms", millis(time))
            .value("started", STARTED)
            .value("owner", &record.owner);
        match self.table.put_if(free.with_item(), &record) {
            Ok(()) => Ok(Ok(Claim { once: self, record, is_over: false })),
            Err(error) if error.is_condition_failed() => {
                let there = self.there(&record.id, error.item())?;
                let there = there.checked(&record)?;
                self.remember(&there);
                Ok(Err(there))
            }
            Err(error) => {
                // The claim may be there, without anybody who works on it: it is given back.
                let is_over = !error.may_have_been_carried_out();
                drop(Claim { once: self, record, is_over });
                Err(error)
            }
        }
    }

    /// The record that is there: as the error has it, or as it is read.
    fn there(&self, id: &str, item: Option<Item>) -> Result<Record, Error> {
        let item = match item {
            Some(item) => Some(item),
            None => self.table.get(&object! { "id": id })?,
        };
        // It may have been removed meanwhile: its function has failed.
        let item = item.ok_or_else(in_progress)?;
        from_item(&item).map_err(|error| error.of_request("the record of a key"))
    }

    fn remember(&self, record: &Record) {
        let length = record.data.as_ref().map_or(0, String::len);
        if !self.is_cached || length > MAX_CACHED_BYTES {
            return;
        }
        let mut cache = lock(&CACHE);
        if cache.len() >= MAX_CACHED {
            cache.clear();
        }
        cache.insert((self.place.clone(), record.id.clone()), record.clone());
    }
}

/// JSON with the fields of each object in the order of their names. That of a `HashMap` is another
/// one in each process, and that of a struct may be after a deploy.
fn in_order(json: Vec<u8>) -> Vec<u8> {
    let value: Option<Json> = decode_or(&json, |_| ()).ok();
    value.map_or(json, |value| to_text(&Sorted(value.view())).into_bytes())
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn in_progress() -> Error {
    let reason = "an event with the same key is in progress; send it again later";
    Error::refused("Aws.InProgress", reason)
}

/// Whether an error is one of the record or of its key, and not of a table that cannot be reached.
fn is_of_record(error: &Error) -> bool {
    const CODES: [&str; 4] =
        ["Aws.InProgress", "Aws.OtherPayload", "Aws.InvalidRequest", "Aws.InvalidResponse"];
    CODES.contains(&error.code())
}

impl Record {
    /// Returns the record if it is done, with the payload of a new one.
    fn checked(self, new: &Self) -> Result<Self, Error> {
        if self.validation.is_some() && self.validation != new.validation {
            let reason = "the key was used before, with another payload";
            return Err(Error::refused("Aws.OtherPayload", reason));
        }
        if self.status == DONE { Ok(self) } else { Err(in_progress()) }
    }

    fn response<T: FromJson>(&self) -> Result<T, Error> {
        let Some(data) = &self.data else {
            let reason = "the key is done, and its response was not kept: it was too large, or \
                          could not be written";
            return Err(Error::with_outcome("Aws.NoResponseKept", reason, Outcome::CarriedOut));
        };
        decode_or(data.as_bytes(), |message| {
            Error::invalid_response(format!("the response that is kept: {message}"))
        })
    }
}

/// A key that this worker has to itself. Dropped before it is complete, it is given back: the
/// function has failed, or panicked.
struct Claim<'a> {
    once: &'a Once<'a>,
    record: Record,
    is_over: bool,
}

/// The text of a response, unless its type cannot be written. A panic must not give the key back:
/// the work is done.
fn kept(response: &impl ToJson) -> Option<String> {
    let text = catch_panic(|| response.to_json(Vec::new()));
    let text = text.map_err(|error| log::error!("a response is not kept: {}", error.message()));
    String::from_utf8(text.ok()?).ok()
}

impl Claim<'_> {
    /// Keeps the response. What goes wrong here is logged only: the function has done its work.
    fn complete(mut self, response: Option<String>) {
        self.is_over = true;
        let time = now().saturating_add(self.once.kept).as_secs();
        DONE.clone_into(&mut self.record.status);
        self.record.expiration = time;
        self.record.data = response.filter(|data| data.len() <= MAX_DATA_BYTES);
        let Record { id, owner, data, .. } = &self.record;
        let table = self.once.table.clone().until_the_end();
        let update = table.update(&object! { "id": id });
        let update = update.set("status", DONE).set("expiration", time);
        let update = match data {
            Some(data) => update.set("data", data),
            None => update.remove("data"),
        };
        match update.when(expression("owner = :owner").value("owner", owner)).send() {
            Ok(()) => self.once.remember(&self.record),
            Err(error) if error.is_condition_failed() => {
                log::warn!("the function took longer than its key was in progress, and ran twice");
            }
            Err(error) => log::error!("a response is not kept, and may be computed again: {error}"),
        }
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let Record { id, owner, .. } = &self.record;
        let condition = expression("owner = :owner").value("owner", owner);
        let table = self.once.table.clone().until_the_end();
        match table.delete_if(condition, &object! { "id": id }) {
            Err(error) if !error.is_condition_failed() => {
                log::warn!("a key stays in progress until its time is over: {error}");
            }
            _ => {}
        }
    }
}
