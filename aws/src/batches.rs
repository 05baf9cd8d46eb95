//! Actions with many entries: cut into requests, repeated where the service has failed, and reported entry by
//! entry where not.

use crate::attempts;
use crate::error::{Error, Outcome};
use crate::limits::Deadline;
use minilambda::__private::ErrorKind;
use miniserde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;

/// Entries that were not accepted, or of which it is not known.
///
/// `?` makes it a [`minilambda::Error`] whose kind is the code of the first one's error.
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

impl std::error::Error for Unsent {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.entries.first()?.error.0.code)
    }
}

/// What a service accepts in one request.
#[derive(Clone, Copy)]
pub(crate) struct Capacity {
    pub entries: usize,
    /// Of all entries of a request.
    pub bytes: usize,
    /// Of one entry.
    pub entry_bytes: usize,
}

/// An entry that was not accepted in a request that was.
pub(crate) struct Refusal {
    error: Error,
    /// Whether the entry itself is at fault, so that it is not sent again.
    is_final: bool,
}

impl Refusal {
    pub fn new(code: String, message: Option<String>, is_final: bool) -> Self {
        let error = Error::with_outcome("", message.unwrap_or_default(), Outcome::Refused);
        Self { error: error.with_code(code), is_final }
    }
}

/// What `PutEvents`, `PutRecords` and `PutRecordBatch` say of an entry.
#[derive(Deserialize)]
pub(crate) struct Reply {
    #[serde(rename = "ErrorCode")]
    code: Option<String>,
    #[serde(rename = "ErrorMessage")]
    message: Option<String>,
}

impl Reply {
    /// They do not say who is at fault: it is known by the code.
    pub fn outcomes(replies: Vec<Self>) -> Outcomes {
        let refusal = |Self { code, message }| {
            let mut refusal = Refusal::new(code.filter(|code| !code.is_empty())?, message, true);
            let code = refusal.error.code();
            let is_services =
                code.starts_with("Internal") || code.starts_with("ServiceUnavailable");
            refusal.is_final = !(is_services || refusal.error.is_throttled());
            Some(refusal)
        };
        replies.into_iter().map(refusal).collect()
    }
}

/// The id of an entry in its request, which has no others with the same.
pub(crate) fn id(index: usize) -> String {
    index.to_string()
}

/// The outcomes of so many entries by their ids, in any order. Nobody knows what became of one that has none.
pub(crate) fn by_id(
    count: usize,
    outcomes: impl Iterator<Item = (String, Option<Refusal>)>,
) -> Outcomes {
    let mut found: BTreeMap<_, _> = outcomes.collect();
    let unknown = || {
        let reason = "the response does not say what became of it";
        let error = Error::with_outcome("Aws.InvalidResponse", reason, Outcome::Unknown);
        Some(Refusal { error, is_final: true })
    };
    (0..count).map(|index| found.remove(&id(index)).unwrap_or_else(unknown)).collect()
}

/// What has become of the entries of a request, in their order.
pub(crate) type Outcomes = Vec<Option<Refusal>>;

/// One kind of entry.
pub(crate) trait Entry {
    /// How many bytes of a request it takes, as the service counts them.
    fn bytes(&self) -> usize;

    /// Those with the same group stay in order: after one that was not accepted, no other is sent.
    fn group(&self) -> Option<&str> {
        None
    }
}

/// Sends all entries, in as few requests as they fit in, one after the other.
///
/// What the service could not take is sent again, twice at most, after a delay. If a whole request fails,
/// the entries after it are not sent.
pub(crate) fn send_all<E: Entry>(
    what: &'static str,
    deadline: Deadline,
    capacity: Capacity,
    entries: &[E],
    send: impl Fn(&[&E]) -> Result<Outcomes, Error>,
) -> Result<(), Unsent> {
    let mut batch = Batch { what, deadline, entries, unsent: Vec::new(), broken: BTreeMap::new() };
    let mut rest: Vec<usize> = (0..entries.len()).collect();
    rest.retain(|index| batch.fits(*index, capacity));
    let mut rest = &rest[..];
    while !rest.is_empty() {
        let count = batch.count(rest, capacity);
        let (chunk, after) = rest.split_at(count);
        rest = after;
        if let Err(error) = batch.send(chunk, &send) {
            let reason = "it was not sent: a request before it has failed";
            let skipped = Error::new(error, reason).of_request(what);
            batch.refuse(rest, &skipped);
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
    entries: &'a [E],
    unsent: Vec<UnsentEntry>,
    /// The groups of entries that were not accepted, and the first of them.
    broken: BTreeMap<&'a str, usize>,
}

impl<'a, E: Entry> Batch<'a, E> {
    fn entry(&self, index: usize) -> Option<&'a E> {
        self.entries.get(index)
    }

    /// An entry that no request can hold is not sent.
    fn fits(&mut self, index: usize, capacity: Capacity) -> bool {
        let bytes = self.entry(index).map_or(0, Entry::bytes);
        let limit = capacity.entry_bytes;
        if bytes > limit {
            let reason = format!("it has {bytes} bytes, and at most {limit} are accepted");
            let error = Error::invalid(reason).of_request(self.what);
            self.refuse(&[index], &error);
        }
        bytes <= limit
    }

    /// How many of the entries go into the next request: one at least.
    fn count(&self, rest: &[usize], capacity: Capacity) -> usize {
        let mut bytes = 0;
        let sizes = rest.iter().map(|index| self.entry(*index).map_or(0, Entry::bytes));
        let fitting = sizes.take_while(|size| {
            bytes += size;
            bytes <= capacity.bytes
        });
        fitting.take(capacity.entries).count().max(1)
    }

    /// Sends a request, and what it leaves again. An error is the code of the request's.
    fn send(
        &mut self,
        chunk: &[usize],
        send: impl Fn(&[&E]) -> Result<Outcomes, Error>,
    ) -> Result<(), &'static str> {
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
                    return Ok(());
                }
                Err(error) => {
                    self.refuse(&chunk, &error.without_body());
                    return Err("Aws.NotSent");
                }
            };
            let refused = chunk.iter().copied().zip(outcomes);
            let refused: Vec<_> =
                refused.filter_map(|(index, refusal)| Some((index, refusal?))).collect();
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
        Ok(())
    }

    fn leave_broken_groups(&mut self, chunk: &mut Vec<usize>) {
        let is_broken = |index: &usize| {
            let group = self.entry(*index).and_then(Entry::group);
            group.and_then(|group| self.broken.get(group)).is_some_and(|first| first < index)
        };
        let (left, kept): (Vec<_>, Vec<_>) = chunk.iter().partition(|index| is_broken(index));
        let reason = "it was not sent: an entry of its group before it was not accepted";
        self.refuse(&left, &Error::new("Aws.NotSent", reason).of_request(self.what));
        *chunk = kept;
    }

    fn refuse(&mut self, indexes: &[usize], error: &Error) {
        for &index in indexes {
            if let Some(group) = self.entry(index).and_then(Entry::group) {
                let first = self.broken.entry(group).or_insert(index);
                *first = index.min(*first);
            }
            self.unsent.push(UnsentEntry { index, error: error.clone() });
        }
    }
}

impl Error {
    fn with_code(mut self, code: String) -> Self {
        self.0.code = ErrorKind::new(code);
        self
    }

    fn without_body(mut self) -> Self {
        self.0.body = Vec::new();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::{Capacity, Entry, Refusal, Reply, Unsent, by_id, send_all};
    use crate::error::{Error, Outcome};
    use crate::limits::Deadline;
    use std::cell::RefCell;
    use std::time::Duration;

    /// A group and a size.
    struct Sized(Option<&'static str>, usize);

    impl Entry for Sized {
        fn bytes(&self) -> usize {
            self.1
        }

        fn group(&self) -> Option<&str> {
            self.0
        }
    }

    const CAPACITY: Capacity = Capacity { entries: 3, bytes: 100, entry_bytes: 80 };

    fn refusal(code: &str, is_final: bool) -> Option<Refusal> {
        Some(Refusal::new(code.to_owned(), Some("the reason".to_owned()), is_final))
    }

    /// Sends entries to a service that responds as `service` says for each, by its size. Returns the sizes of
    /// each request.
    fn send(
        entries: &[Sized],
        deadline: Deadline,
        service: impl Fn(usize, usize) -> Option<Refusal>,
    ) -> (Result<(), Unsent>, Vec<Vec<usize>>) {
        let requests = RefCell::new(Vec::new());
        let result = send_all("TEST Send", deadline, CAPACITY, entries, |chunk| {
            requests.borrow_mut().push(chunk.iter().map(|entry| entry.1).collect());
            let number = requests.borrow().len();
            Ok(chunk.iter().map(|entry| service(number, entry.1)).collect())
        });
        (result, requests.into_inner())
    }

    fn unsent(result: Result<(), Unsent>) -> Vec<(usize, String)> {
        let unsent = result.expect_err("something is not sent");
        let entries = unsent.entries().iter();
        entries.map(|entry| (entry.index, entry.error.code().to_owned())).collect()
    }

    #[test]
    fn requests_are_as_full_as_they_may_be() {
        let entries = [10, 20, 30, 60, 50, 50, 1].map(|bytes| Sized(None, bytes));
        let (result, requests) = send(&entries, Deadline::default(), |_, _| None);
        assert!(result.is_ok());
        assert_eq!(requests, [vec![10, 20, 30], vec![60], vec![50, 50], vec![1]]);
        let (result, requests) = send(&[], Deadline::default(), |_, _| None);
        assert!(result.is_ok() && requests.is_empty());
    }

    #[test]
    fn what_is_too_large_is_not_sent_and_the_rest_is() {
        let entries = [80, 81, 20].map(|bytes| Sized(None, bytes));
        let (result, requests) = send(&entries, Deadline::default(), |_, _| None);
        assert_eq!(requests, [[80, 20]]);
        let error = result.expect_err("one is too large");
        assert_eq!(
            error.to_string(),
            "TEST Send: 1 of 3 entries were not accepted; entry 1: Aws.InvalidRequest: it has 81 \
             bytes, and at most 80 are accepted"
        );
        assert_eq!(error.entries()[0].error.outcome(), Outcome::NotSent);
        // `?` in a handler.
        assert_eq!(minilambda::Error::from(error).kind(), "Aws.InvalidRequest");
    }

    #[test]
    fn what_the_service_could_not_take_is_sent_again_and_nothing_else() {
        let entries = [1, 2, 3, 4].map(|bytes| Sized(None, bytes));
        let service = |number, bytes| match (number, bytes) {
            (1, 1 | 3) | (2, 3) => refusal("Throttled", false),
            (1, 2) => refusal("Malformed", true),
            _ => None,
        };
        let (result, requests) = send(&entries, Deadline::default(), service);
        assert_eq!(requests, [vec![1, 2, 3], vec![1, 3], vec![3], vec![4]]);
        assert_eq!(unsent(result), [(1, "Malformed".to_owned())]);
        // Three times at most, and not beyond a deadline.
        let (result, requests) =
            send(&entries[..1], Deadline::default(), |_, _| refusal("Throttled", false));
        assert_eq!((unsent(result).len(), requests.len()), (1, 3));
        let over = Deadline::after(Duration::ZERO);
        let (result, requests) = send(&entries[..1], over, |_, _| refusal("Throttled", false));
        assert_eq!((unsent(result).len(), requests.len()), (1, 1));
    }

    #[test]
    fn no_entry_overtakes_one_of_its_group_that_was_not_accepted() {
        let group = |name, bytes| Sized(Some(name), bytes);
        let entries = [
            group("a", 1),
            group("b", 2),
            Sized(None, 3),
            group("b", 4),
            group("a", 5),
            group("a", 90),
            group("a", 6),
        ];
        let service = |_, bytes| (bytes == 2).then(|| refusal("Refused", true)).flatten();
        let (result, requests) = send(&entries, Deadline::default(), service);
        // Of group a, what is before the one that is too large is sent.
        assert_eq!(requests, [vec![1, 2, 3], vec![5]]);
        let codes = unsent(result);
        let codes: Vec<_> = codes.iter().map(|(index, code)| (*index, &**code)).collect();
        let expected =
            [(1, "Refused"), (3, "Aws.NotSent"), (5, "Aws.InvalidRequest"), (6, "Aws.NotSent")];
        assert_eq!(codes, expected);
    }

    #[test]
    fn after_a_request_that_failed_nothing_is_sent() {
        let entries = [60, 61, 62].map(|bytes| Sized(None, bytes));
        let result = send_all("TEST Send", Deadline::default(), CAPACITY, &entries, |chunk| {
            match chunk[0].1 {
                60 => Ok(vec![None]),
                _ => Err(Error::with_outcome("Lost", "", Outcome::Unknown)),
            }
        });
        let unsent = result.expect_err("the second request fails");
        let outcomes: Vec<_> =
            unsent.entries().iter().map(|entry| (entry.index, entry.error.outcome())).collect();
        assert_eq!(outcomes, [(1, Outcome::Unknown), (2, Outcome::NotSent)]);
    }

    #[test]
    fn an_entry_without_an_outcome_may_have_been_accepted() {
        let outcomes = [("1", None), ("7", None)].map(|(id, outcome)| (id.to_owned(), outcome));
        let outcomes = by_id(2, outcomes.into_iter());
        let refused: Vec<_> = outcomes
            .iter()
            .map(|refusal| refusal.as_ref().map(|refusal| refusal.error.outcome()))
            .collect();
        assert_eq!(refused, [Some(Outcome::Unknown), None]);
        // A response with another number of entries.
        let entries = [1, 2].map(|bytes| Sized(None, bytes));
        let result =
            send_all("TEST Send", Deadline::default(), CAPACITY, &entries, |_| Ok(vec![None]));
        assert_eq!(unsent(result).len(), 2);
    }

    #[test]
    fn the_code_says_whether_an_entry_is_sent_again() {
        let reply = |code: &str| Reply { code: Some(code.to_owned()), message: None };
        let is_final = |code: &str| {
            let outcomes = Reply::outcomes(vec![reply(code)]);
            outcomes[0].as_ref().map(|refusal| refusal.is_final)
        };
        for code in [
            "InternalFailure",
            "InternalException",
            "ThrottlingException",
            "ProvisionedThroughputExceededException",
            "ServiceUnavailableException",
        ] {
            assert_eq!(is_final(code), Some(false), "{code}");
        }
        for code in ["MalformedDetail", "NotAuthorizedForSourceException", "InvalidArgument"] {
            assert_eq!(is_final(code), Some(true), "{code}");
        }
        assert_eq!(is_final(""), None);
    }
}
