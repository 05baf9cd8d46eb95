//! The spans that have ended, and sending them to the collector.

use super::encode;
use super::settings::{Settings, Target, settings};
use crate::environment::lock;
use crate::error::Error;
use crate::http::{self, Body, Message};
use crate::limits::{Deadline, Limits};
use miniserde::{Deserialize, json};
use std::collections::VecDeque;
use std::mem;
use std::sync::Mutex;
use std::time::{Duration, SystemTime};

/// The most spans that wait. The specification's default.
const MAX_SPANS: usize = 2048;

/// The most bytes of them.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// How long a collector that does not take spans is left alone: the time of each attempt is billed.
const PAUSE: Duration = Duration::from_secs(30);

/// More than a response has.
const MAX_RESPONSE_BYTES: u64 = 64 * 1024;

#[derive(Debug)]
struct Queue {
    /// As JSON, from the earliest end to the latest.
    spans: VecDeque<String>,
    bytes: usize,
    /// The spans for which there was no room since the last record that says so.
    dropped: usize,
    /// By the time of day: a freeze stops other clocks.
    failed_at: Option<SystemTime>,
}

static QUEUE: Mutex<Queue> =
    Mutex::new(Queue { spans: VecDeque::new(), bytes: 0, dropped: 0, failed_at: None });

impl Queue {
    /// If there is no room, the spans that have ended first are dropped: a span ends after those
    /// below it, so none loses its parent.
    fn push(&mut self, span: String) {
        self.bytes += span.len();
        self.spans.push_back(span);
        while self.spans.len() > MAX_SPANS || self.bytes > MAX_BYTES {
            let Some(first) = self.spans.pop_front() else { return };
            self.bytes -= first.len();
            self.dropped += 1;
        }
    }

    /// Takes the spans, and the number of those that were dropped, if they may be sent now.
    fn take(&mut self) -> Option<(VecDeque<String>, usize)> {
        if self.spans.is_empty() || self.is_paused() {
            return None;
        }
        self.bytes = 0;
        Some((mem::take(&mut self.spans), mem::take(&mut self.dropped)))
    }

    /// Keeps spans that were not sent, before those that have ended meanwhile, for a later time.
    fn give_back(&mut self, spans: VecDeque<String>) {
        self.failed_at = Some(SystemTime::now());
        let newer = mem::take(&mut self.spans);
        self.bytes = 0;
        spans.into_iter().chain(newer).for_each(|span| self.push(span));
    }

    fn is_paused(&self) -> bool {
        let age = self.failed_at.map(|time| time.elapsed());
        age.is_some_and(|age| age.is_ok_and(|age| age < PAUSE))
    }
}

/// Keeps a span until the next flush.
pub(super) fn push(span: String) {
    lock(&QUEUE).push(span);
}

/// The outcome of a request.
enum Sent {
    Taken {
        rejected: u64,
    },
    /// The same request may succeed later.
    Later(String),
    Refused(String),
}

/// Sends what has ended.
pub(super) fn flush() {
    let settings = settings();
    // No time is no failure of the collector's: the next invocation sends them.
    if Deadline::current().is_over() {
        return;
    }
    let taken = lock(&QUEUE).take();
    let Some((mut spans, dropped)) = taken else { return };
    if dropped > 0 {
        log::warn!("{dropped} spans were dropped: more ended than could be sent");
    }
    let count = spans.len();
    match send(settings, spans.make_contiguous()) {
        Sent::Taken { rejected: 0 } => lock(&QUEUE).failed_at = None,
        Sent::Taken { rejected } => {
            lock(&QUEUE).failed_at = None;
            log::warn!("the collector has rejected {rejected} of {count} spans");
        }
        Sent::Later(reason) => {
            let them = counted(count);
            log::warn!("{them} sent later, after {PAUSE:?} or more: {reason}");
            lock(&QUEUE).give_back(spans);
        }
        Sent::Refused(reason) => {
            lock(&QUEUE).failed_at = Some(SystemTime::now());
            log::warn!("{} lost: {reason}", counted(count));
        }
    }
}

fn counted(count: usize) -> String {
    if count == 1 { "1 span is".to_owned() } else { format!("{count} spans are") }
}

fn send(settings: &Settings, spans: &[String]) -> Sent {
    let Target { url, headers } = match &settings.target {
        Ok(target) => target,
        Err(error) => return Sent::Refused(error.message().to_owned()),
    };
    let limit = settings.timeout;
    let deadline = Deadline::current().or_earlier(Deadline::after(limit));
    let limits = Limits {
        connect: limit,
        head: limit,
        between: limit,
        max_response_bytes: MAX_RESPONSE_BYTES,
        deadline,
    };
    let body = encode::request(&settings.resource, spans);
    let body = Body::Bytes(body.as_bytes());
    let message = Message { method: "POST", url, headers, body, limits: limits.bounded() };
    match http::send(&message, None) {
        Ok(response) if (200..300).contains(&response.status) => {
            Sent::Taken { rejected: rejected(&response.body) }
        }
        Ok(response) => {
            let reason = format!("the collector has responded with status {}", response.status);
            match response.status {
                429 | 502 | 503 | 504 => Sent::Later(reason),
                _ => Sent::Refused(reason),
            }
        }
        Err(failure) => Sent::Later(described(&failure.error)),
    }
}

fn described(error: &Error) -> String {
    format!("{}: {}", error.code(), error.message())
}

/// The spans that the collector has not taken, of a response with a partial success.
fn rejected(body: &[u8]) -> u64 {
    #[derive(Deserialize)]
    struct Body {
        #[serde(rename = "partialSuccess")]
        partial_success: Option<PartialSuccess>,
    }
    #[derive(Deserialize)]
    struct PartialSuccess {
        /// 64 bits, so a text; some collectors send a number.
        #[serde(rename = "rejectedSpans")]
        rejected_spans: Option<json::Value>,
    }
    let body: Option<Body> = std::str::from_utf8(body).ok().and_then(|it| json::from_str(it).ok());
    let rejected = body.and_then(|body| body.partial_success?.rejected_spans);
    let text = match rejected {
        Some(json::Value::String(text)) => text,
        Some(json::Value::Number(number)) => number.to_string(),
        _ => return 0,
    };
    text.parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue(failed_at: Option<SystemTime>) -> Queue {
        Queue { spans: VecDeque::new(), bytes: 0, dropped: 0, failed_at }
    }

    #[test]
    fn the_queue_has_an_end_and_keeps_the_spans_that_ended_last() {
        let mut spans = queue(None);
        (0..MAX_SPANS + 7).for_each(|at| spans.push(at.to_string()));
        assert_eq!((spans.spans.len(), spans.dropped), (MAX_SPANS, 7));
        assert_eq!((&*spans.spans[0], &*spans.spans[MAX_SPANS - 1]), ("7", "2054"));
        let mut spans = queue(None);
        (0..9).for_each(|_| spans.push("x".repeat(MAX_BYTES / 8)));
        assert_eq!((spans.spans.len(), spans.dropped, spans.bytes), (8, 1, MAX_BYTES));
        spans.push("x".repeat(MAX_BYTES + 1));
        assert_eq!((spans.spans.len(), spans.dropped, spans.bytes), (0, 10, 0));
    }

    #[test]
    fn spans_that_were_not_sent_come_before_later_ones_after_a_pause() {
        let mut queue = Queue { dropped: 7, ..queue(None) };
        assert_eq!(queue.take(), None);
        queue.push("1".to_owned());
        let (spans, dropped) = queue.take().unwrap();
        assert_eq!((dropped, queue.dropped, queue.bytes), (7, 0, 0));
        queue.push("2".to_owned());
        queue.give_back(spans);
        assert_eq!(queue.take(), None, "it is paused");
        queue.failed_at = SystemTime::now().checked_sub(PAUSE);
        assert_eq!(queue.take(), Some((["1", "2"].map(str::to_owned).into(), 0)));
    }

    #[test]
    fn a_pause_has_an_end_although_the_clock_is_set_back() {
        let now = SystemTime::now();
        assert!(queue(Some(now)).is_paused());
        assert!(!queue(None).is_paused());
        assert!(!queue(now.checked_sub(PAUSE)).is_paused());
        assert!(!queue(now.checked_add(PAUSE)).is_paused());
    }

    #[test]
    fn rejected_spans_are_counted() {
        for (body, count) in [
            ("", 0),
            ("{}", 0),
            (r#"{"partialSuccess":{}}"#, 0),
            (r#"{"partialSuccess":{"rejectedSpans":"3","errorMessage":"x"}}"#, 3),
            (r#"{"partialSuccess":{"rejectedSpans":4}}"#, 4),
            (r#"{"partialSuccess":{"rejectedSpans":null}}"#, 0),
        ] {
            assert_eq!(rejected(body.as_bytes()), count, "{body}");
        }
    }
}
