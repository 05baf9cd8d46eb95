//! Actions with many entries: cut into requests, repeated where the service has failed, and
//! reported entry by entry where not.

use crate::attempts;
use crate::error::{Error, Outcome};
use crate::limits::Deadline;
use miniserde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Entries that were not accepted, or of which it is not known.
///
/// `?` makes it an [`Error`], or a [`minilambda::Error`], whose code or kind is that of the first
/// one's error.
#[derive(Clone)]
pub struct Unsent {
    what: &'static str,
    total: usize,
    entries: Vec<UnsentEntry>,
}

/// An entry that was not accepted.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct UnsentEntry {
    /// Its place among all entries, from 0.
    pub index: usize,
    /// Why, and [whether it may have been accepted after all](Error::outcome).
    pub error: Error,
}

impl Unsent {
    /// The entries, in their order. There is one at least.
    #[must_use]
    pub fn entries(&self) -> &[UnsentEntry] {
        &self.entries
    }
}

impl fmt::Display for Unsent {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let Self { what, total, entries } = self;
        write!(f, "{what}: {} of {total} entries were not accepted", entries.len())?;
        match entries.first() {
            Some(UnsentEntry { index, error }) => {
                write!(f, "; entry {index}: {}: {}", error.code(), error.message())
            }
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Unsent {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// With the code of the first entry. Its outcome is that of all entries if none was accepted and
/// it is the same for each, and unknown otherwise.
impl From<Unsent> for Error {
    fn from(unsent: Unsent) -> Self {
        let outcomes = unsent.entries.iter().map(|entry| entry.error.outcome());
        let (mut outcomes, first) = (outcomes, unsent.entries.first());
        let outcome = first.map_or(Outcome::Unknown, |entry| entry.error.outcome());
        let is_of_all =
            unsent.entries.len() == unsent.total && outcomes.all(|other| other == outcome);
        let outcome = if is_of_all { outcome } else { Outcome::Unknown };
        let code = first.map(|entry| entry.error.code().to_owned()).unwrap_or_default();
        Self::with_outcome("", unsent.to_string(), outcome).with_code(code)
    }
}

impl std::error::Error for Unsent {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.entries.first()?.error.0.code)
    }
}

/// What a service accepts in one request.
#[derive(Clone, Copy)]
pub(crate) struct Capacity {
    pub entries: usize,
    /// The most bytes of a request.
    pub bytes: usize,
    /// The most bytes of an entry.
    pub entry_bytes: usize,
    pub order: Order,
}

/// Which entries stay in order.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// None.
    Any,
    /// Those with the same group: after one that was not accepted, no other is sent. But the
    /// service may accept a later one of the same request.
    Groups,
    /// The same, and a request has at most one entry of a group.
    Strict,
}

impl Order {
    /// That of a queue or a topic, whose name ends with `.fifo` if it has an order.
    pub fn of(name: &str, is_strict: bool) -> Self {
        match name.strip_suffix(".fifo") {
            Some(_) if is_strict => Self::Strict,
            Some(_) => Self::Groups,
            None => Self::Any,
        }
    }
}

/// An entry that was not accepted in a request that was.
pub(crate) struct Refusal {
    pub error: Error,
    /// Whether the entry itself is at fault, so that it is not sent again.
    pub is_final: bool,
}

impl Refusal {
    /// One that is throttled is sent again, even if the service calls that a fault of the sender.
    pub fn new(code: String, message: Option<String>, is_final: bool) -> Self {
        let error = Error::with_outcome("", message.unwrap_or_default(), Outcome::Refused);
        let error = error.with_code(code);
        Self { is_final: is_final && !error.is_throttled(), error }
    }

    /// The entry may have been accepted.
    pub fn unknown() -> Self {
        let reason = "the response does not say whether it was accepted";
        let error = Error::with_outcome("Aws.InvalidResponse", reason, Outcome::Unknown);
        Self { error, is_final: true }
    }
}

/// What `PutEvents`, `PutRecords` and `PutRecordBatch` say of an entry: an error, or the id that it
/// has now.
#[derive(Default, Deserialize)]
pub(crate) struct Reply {
    #[serde(rename = "ErrorCode")]
    pub code: Option<String>,
    #[serde(rename = "ErrorMessage")]
    pub message: Option<String>,
    #[serde(rename = "EventId")]
    pub event_id: Option<String>,
    #[serde(rename = "SequenceNumber")]
    pub sequence_number: Option<String>,
    #[serde(rename = "RecordId")]
    pub record_id: Option<String>,
}

impl Reply {
    /// They do not say who is at fault: it is known by the code.
    pub fn outcomes(replies: Vec<Self>) -> Outcomes {
        let refusal = |reply: Self| {
            let Self { code, message, event_id, sequence_number, record_id } = reply;
            let Some(code) = code.filter(|code| !code.is_empty()) else {
                let has_id = event_id.or(sequence_number).or(record_id).is_some();
                return if has_id { None } else { Some(Refusal::unknown()) };
            };
            let is_services =
                code.starts_with("Internal") || code.starts_with("ServiceUnavailable");
            Some(Refusal::new(code, message, !is_services))
        };
        replies.into_iter().map(refusal).collect()
    }
}

/// The id of an entry in its request, which has no others with the same.
pub(crate) fn id(index: usize) -> String {
    index.to_string()
}

/// The outcomes of this many entries by their ids, in any order. The outcome of one that is not
/// named is unknown.
pub(crate) fn by_id(
    count: usize,
    outcomes: impl Iterator<Item = (String, Option<Refusal>)>,
) -> Outcomes {
    // Of an entry that is named twice the last counts: the caller has the failures there.
    let mut found: BTreeMap<_, _> = outcomes.collect();
    let unknown = || Some(Refusal::unknown());
    (0..count).map(|index| found.remove(&id(index)).unwrap_or_else(unknown)).collect()
}

/// The outcomes of the entries of a request, in their order.
pub(crate) type Outcomes = Vec<Option<Refusal>>;

/// One kind of entry.
pub(crate) trait Entry {
    /// How many bytes of a request it takes, as the service counts them.
    fn bytes(&self) -> usize;

    /// Why it is not sent, if it cannot be.
    fn problem(&self) -> Option<Error> {
        None
    }

    /// In which order it stays, if there is one.
    fn group(&self) -> Option<&str> {
        None
    }
}

/// Why a service would refuse a message, perhaps with the whole request.
pub(crate) fn message_problem(body: &str, attributes: &[(String, String)]) -> Option<Error> {
    if body.is_empty() {
        return Some(Error::invalid("the message is empty: it has one byte at least"));
    }
    let has_gap = attributes.iter().any(|(name, value)| name.is_empty() || value.is_empty());
    let reason = "an attribute has no name or an empty value: leave it out";
    has_gap.then(|| Error::invalid(reason))
}

/// How many bytes a message counts, at SQS as at SNS: its body, and the name, the type and the
/// value of each attribute.
pub(crate) fn message_bytes(body: &str, attributes: &[(String, String)]) -> usize {
    let attributes = attributes.iter();
    let attributes = attributes.map(|(name, value)| name.len() + "String".len() + value.len());
    body.len() + attributes.sum::<usize>()
}

/// Sends all entries, in as few requests as they fit in, one after the other.
///
/// What the service could not take is sent again, twice at most, after a delay. If a whole request
/// fails, the entries after it are not sent.
pub(crate) fn send_all<E: Entry>(
    what: &'static str,
    deadline: Deadline,
    capacity: Capacity,
    entries: &[E],
    send: impl Fn(&[&E]) -> Result<Outcomes, Error>,
) -> Result<(), Unsent> {
    let (unsent, broken) = (Vec::new(), BTreeMap::new());
    let mut batch = Batch { what, deadline, capacity, entries, unsent, broken };
    let mut rest: Vec<usize> = (0..entries.len()).collect();
    rest.retain(|index| batch.can_be_sent(*index));
    let mut rest = &rest[..];
    while !rest.is_empty() {
        let count = batch.count(rest);
        let (chunk, after) = rest.split_at(count);
        rest = after;
        if !batch.send(chunk, &send) {
            batch.skip(rest);
            break;
        }
    }
    batch.unsent.sort_by_key(|entry| entry.index);
    if batch.unsent.is_empty() {
        return Ok(());
    }
    Err(Unsent { what, total: entries.len(), entries: batch.unsent })
}

struct Batch<'a, E> {
    what: &'static str,
    deadline: Deadline,
    capacity: Capacity,
    entries: &'a [E],
    unsent: Vec<UnsentEntry>,
    /// The groups of entries that were not accepted, and the first of them.
    broken: BTreeMap<&'a str, usize>,
}

impl<'a, E: Entry> Batch<'a, E> {
    fn entry(&self, index: usize) -> Option<&'a E> {
        self.entries.get(index)
    }

    fn group(&self, index: usize) -> Option<&'a str> {
        self.entry(index).and_then(Entry::group).filter(|_| self.capacity.order != Order::Any)
    }

    /// An entry that no request can hold is not sent.
    fn can_be_sent(&mut self, index: usize) -> bool {
        let entry = self.entry(index);
        let (bytes, limit) = (entry.map_or(0, Entry::bytes), self.capacity.entry_bytes);
        let too_large = (bytes > limit).then(|| {
            Error::invalid(format!("it has {bytes} bytes, and at most {limit} are accepted"))
        });
        let problem = entry.and_then(Entry::problem).or(too_large);
        if let Some(problem) = &problem {
            self.refuse(&[index], &problem.clone().of_request(self.what));
        }
        problem.is_none()
    }

    /// How many of the entries go into the next request: one at least.
    fn count(&self, rest: &[usize]) -> usize {
        let (mut bytes, mut groups) = (0, BTreeSet::new());
        let is_strict = self.capacity.order == Order::Strict;
        let fitting = rest.iter().take_while(|index| {
            bytes += self.entry(**index).map_or(0, Entry::bytes);
            let group = self.group(**index).filter(|_| is_strict);
            bytes <= self.capacity.bytes && group.is_none_or(|group| groups.insert(group))
        });
        fitting.take(self.capacity.entries).count().max(1)
    }

    /// Sends a request, and what it leaves again. Returns whether those after it may be sent.
    fn send(&mut self, chunk: &[usize], send: &dyn Fn(&[&E]) -> Result<Outcomes, Error>) -> bool {
        let mut chunk = chunk.to_vec();
        for attempt in 1.. {
            self.leave_broken_groups(&mut chunk);
            if chunk.is_empty() {
                break;
            }
            let entries: Vec<_> = chunk.iter().filter_map(|index| self.entry(*index)).collect();
            let outcomes = match send(&entries) {
                Ok(outcomes) if outcomes.len() == entries.len() => outcomes,
                Ok(_) => {
                    let reason = "the response does not name each entry once";
                    self.refuse(&chunk, &Error::invalid_response(reason).of_request(self.what));
                    return true;
                }
                // A queue, or a region, whose limit is lower than the usual one.
                Err(error) if error.is_too_long() && chunk.len() > 1 => {
                    let bytes: usize = entries.iter().map(|entry| entry.bytes()).sum();
                    self.capacity.bytes = bytes / 2;
                    let (first, second) = chunk.split_at(chunk.len().div_ceil(2));
                    if self.send(first, send) {
                        return self.send(second, send);
                    }
                    self.skip(second);
                    return false;
                }
                Err(error) => {
                    // One that is too long alone is at fault itself: the others may be accepted.
                    let goes_on = error.is_too_long();
                    self.refuse(&chunk, &error.without_body());
                    return goes_on;
                }
            };
            let mut accepted = BTreeMap::new();
            let mut refused = Vec::new();
            for (index, outcome) in chunk.iter().copied().zip(outcomes) {
                match (outcome, self.group(index)) {
                    (Some(refusal), _) => refused.push((index, refusal)),
                    (None, Some(group)) => drop(accepted.insert(group, index)),
                    (None, None) => {}
                }
            }
            for (index, refusal) in &mut refused {
                let last = self.group(*index).and_then(|group| accepted.get(group));
                if last.is_some_and(|last| last > index) && !refusal.is_final {
                    refusal.is_final = true;
                    let reason =
                        "; it is not sent again, because a later one of its group was accepted";
                    refusal.error.0.message.push_str(reason);
                }
            }
            let is_last = refused.iter().all(|(_, refusal)| refusal.is_final)
                || !attempts::wait(attempts::THROTTLED_DELAY, attempt, self.deadline);
            chunk.clear();
            for (index, refusal) in refused {
                if refusal.is_final || is_last {
                    self.refuse(&[index], &refusal.error.of_request(self.what));
                } else {
                    chunk.push(index);
                }
            }
        }
        true
    }

    fn skip(&mut self, rest: &[usize]) {
        let reason = "it was not sent: a request before it has failed";
        self.refuse(rest, &Error::new("Aws.NotSent", reason).of_request(self.what));
    }

    fn leave_broken_groups(&mut self, chunk: &mut Vec<usize>) {
        let is_broken = |index: &usize| {
            self.group(*index)
                .and_then(|group| self.broken.get(group))
                .is_some_and(|first| first < index)
        };
        let (left, kept): (Vec<_>, Vec<_>) = chunk.iter().partition(|index| is_broken(index));
        let reason = "it was not sent: an entry of its group before it was not accepted";
        self.refuse(&left, &Error::new("Aws.NotSent", reason).of_request(self.what));
        *chunk = kept;
    }

    fn refuse(&mut self, indexes: &[usize], error: &Error) {
        for &index in indexes {
            if let Some(group) = self.group(index) {
                let first = self.broken.entry(group).or_insert(index);
                *first = index.min(*first);
            }
            self.unsent.push(UnsentEntry { index, error: error.clone() });
        }
    }
}

impl Error {
    fn without_body(mut self) -> Self {
        self.0.body = Vec::new();
        self
    }
}
