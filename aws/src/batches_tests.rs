//! What becomes of the entries of a batch, by what the service says of each.

use crate::batches::{
    Capacity, Entry, Order, Refusal, Reply, Unsent, by_id, message_problem, send_all,
};
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

const CAPACITY: Capacity =
    Capacity { entries: 3, bytes: 100, entry_bytes: 80, order: Order::Groups };

fn refusal(code: &str, is_final: bool) -> Option<Refusal> {
    Some(Refusal::new(code.to_owned(), Some("the reason".to_owned()), is_final))
}

/// Sends entries to a service that responds as `service` says for each, by its size. Returns the
/// sizes of each request.
fn send(
    entries: &[Sized],
    deadline: Deadline,
    service: impl Fn(usize, usize) -> Option<Refusal>,
) -> (Result<(), Unsent>, Vec<Vec<usize>>) {
    send_in(Order::Groups, entries, deadline, service)
}

fn send_in(
    order: Order,
    entries: &[Sized],
    deadline: Deadline,
    service: impl Fn(usize, usize) -> Option<Refusal>,
) -> (Result<(), Unsent>, Vec<Vec<usize>>) {
    let requests = RefCell::new(Vec::new());
    let capacity = Capacity { order, ..CAPACITY };
    let result = send_all("TEST Send", deadline, capacity, entries, |chunk| {
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

/// A queue may have a lower limit than the usual one.
#[test]
fn a_request_that_is_too_long_is_sent_in_parts() {
    let send = |limit: usize, code: &'static str, group: Option<&'static str>| {
        let requests = RefCell::new(Vec::new());
        let entries = [30, 30, 30, 40, 50, 20].map(|bytes| Sized(group, bytes));
        let result = send_all("TEST Send", Deadline::default(), CAPACITY, &entries, |chunk| {
            let sizes: Vec<_> = chunk.iter().map(|entry| entry.1).collect();
            requests.borrow_mut().push(sizes.clone());
            if sizes.iter().sum::<usize>() > limit {
                let reason = "Total size of the entries in the request is over the limit.";
                let refused = Error::with_outcome("", reason, Outcome::Refused);
                return Err(refused.with_code(code.to_owned()));
            }
            Ok(chunk.iter().map(|_| None).collect())
        });
        (result, requests.into_inner())
    };
    for code in [
        "BatchRequestTooLong",
        "AWS.SimpleQueueService.BatchRequestTooLong",
        "BatchRequestTooLongException",
        "ValidationException",
    ] {
        let (result, requests) = send(60, code, Some("a"));
        assert!(result.is_ok(), "{code}");
        let expected = [vec![30, 30, 30], vec![30, 30], vec![30], vec![40], vec![50], vec![20]];
        assert_eq!(requests, expected, "{code}");
    }
    // One that is too long alone is refused, and what comes after it in its group is not sent.
    let (result, requests) = send(35, "BatchRequestTooLong", Some("a"));
    assert_eq!(
        requests[..6],
        [vec![30, 30, 30], vec![30, 30], vec![30], vec![30], vec![30], vec![40]]
    );
    let lost = |code: &str| code.to_owned();
    let expected =
        [(3, lost("BatchRequestTooLong")), (4, lost("Aws.NotSent")), (5, lost("Aws.NotSent"))];
    assert_eq!(unsent(result), expected);
    let (result, requests) = send(35, "BatchRequestTooLong", None);
    assert_eq!(requests[6..], [[50], [20]], "the others are sent");
    let expected = [3, 4].map(|index| (index, lost("BatchRequestTooLong")));
    assert_eq!(unsent(result), expected);
    let (result, requests) = send(60, "AccessDenied", Some("a"));
    assert_eq!((requests.len(), unsent(result).len()), (1, 6));
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
fn a_message_without_a_text_or_with_a_gap_has_a_problem() {
    let has_problem = |body: &str, name: &str, value: &str| {
        message_problem(body, &[(name.to_owned(), value.to_owned())]).is_some()
    };
    assert!(message_problem("a", &[]).is_none() && message_problem("", &[]).is_some());
    assert!(!has_problem("a", "b", "c"));
    assert!(has_problem("", "b", "c") && has_problem("a", "", "c") && has_problem("a", "b", ""));
}

#[test]
fn what_the_service_could_not_take_is_sent_again_and_nothing_else() {
    let entries = [1, 2, 3, 4].map(|bytes| Sized(None, bytes));
    let service = |number, bytes| match (number, bytes) {
        // By the key of the topic: SNS calls that a fault of the sender.
        (1, 1) => refusal("KMSThrottling", true),
        (1 | 2, 3) => refusal("Throttled", false),
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

/// The first and the last of a request are throttled, the one between them is not.
#[test]
fn an_entry_is_not_sent_again_after_a_later_one_of_its_group() {
    let entries = [1, 2, 3, 4].map(|bytes| Sized(Some("a"), bytes));
    let throttled = |number, bytes| {
        let is_throttled = number == 1 && [1, 3].contains(&bytes);
        is_throttled.then(|| refusal("Throttled", false)).flatten()
    };
    let (result, requests) = send(&entries, Deadline::default(), throttled);
    assert_eq!(requests, [[1, 2, 3]]);
    let text = result.as_ref().unwrap_err().to_string();
    assert!(
        text.ends_with(
            "the reason; it is not sent again, because a later one of its group was accepted"
        ),
        "{text}"
    );
    let expected = [(0, "Throttled"), (2, "Aws.NotSent"), (3, "Aws.NotSent")];
    assert_eq!(unsent(result), expected.map(|(index, code)| (index, code.to_owned())));
    // In strict order it is sent before the others.
    let (result, requests) = send_in(Order::Strict, &entries, Deadline::default(), |number, _| {
        (number == 1).then(|| refusal("Throttled", false)).flatten()
    });
    assert!(result.is_ok());
    assert_eq!(requests, [[1], [1], [2], [3], [4]]);
    let groups = ["a", "b", "a", "b", "c"].map(|group| Sized(Some(group), 1));
    let (_, requests) = send_in(Order::Strict, &groups, Deadline::default(), |_, _| None);
    assert_eq!(requests, [vec![1, 1], vec![1, 1, 1]]);
    // In a queue without order, groups hold back nothing.
    let (result, requests) = send_in(Order::Any, &entries, Deadline::default(), throttled);
    assert!(result.is_ok());
    assert_eq!(requests, [vec![1, 2, 3], vec![1, 3], vec![4]]);
}

#[test]
fn as_one_error_the_outcome_is_that_of_all_entries() {
    let entries = [1, 2].map(|bytes| Sized(None, bytes));
    for (refused, outcome) in [(0..2, Outcome::Refused), (1..2, Outcome::Unknown)] {
        let refuse = |_, bytes: usize| {
            refused.contains(&(bytes - 1)).then(|| refusal("Malformed", true)).flatten()
        };
        let (result, _) = send(&entries, Deadline::default(), refuse);
        let unsent = result.unwrap_err();
        let text = unsent.to_string();
        let error = Error::from(unsent);
        assert_eq!((error.code(), error.outcome()), ("Malformed", outcome));
        assert_eq!(error.to_string(), text);
    }
}

#[test]
fn after_a_request_that_failed_nothing_is_sent() {
    let entries = [60, 61, 62].map(|bytes| Sized(None, bytes));
    let result =
        send_all("TEST Send", Deadline::default(), CAPACITY, &entries, |chunk| match chunk[0].1 {
            60 => Ok(vec![None]),
            _ => Err(Error::with_outcome("Lost", "", Outcome::Unknown)),
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
    let result = send_all("TEST Send", Deadline::default(), CAPACITY, &entries, |_| Ok(vec![None]));
    assert_eq!(unsent(result).len(), 2);
}

#[test]
fn the_code_says_whether_an_entry_is_sent_again() {
    let reply = |code: &str| Reply { code: Some(code.to_owned()), ..Reply::default() };
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
    // Without an error and without an id it may have been accepted.
    let text = r#"[{"EventId":"1"},{"SequenceNumber":"2","ErrorCode":""},{"RecordId":"3"},
        {},{"ErrorMessage":"why"},{"ErrorCode":""}]"#;
    let outcomes = Reply::outcomes(miniserde::json::from_str(text).unwrap());
    let unknown = outcomes.iter().map(|refusal| {
        refusal.as_ref().is_some_and(|it| it.is_final && it.error.outcome() == Outcome::Unknown)
    });
    assert_eq!(unknown.collect::<Vec<_>>(), [false, false, false, true, true, true]);
    assert!(outcomes[..3].iter().all(Option::is_none));
}
