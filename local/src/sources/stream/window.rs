//! A tumbling window: the state that a function passes from batch to batch of a shard, until the
//! window ends.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html>.

use crate::clock;
use crate::invocation::Invocation;
use crate::json::{self, object, text};
use miniserde::json::{Number, Object, Value};
use std::time::Duration;

/// The most bytes of a state. A window with a larger one ends.
const MAX_STATE_BYTES: usize = 1_048_576;

/// How long records are waited for after the end of a window. Lambda does it for two minutes.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether a window goes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Phase {
    Open,
    Final,
    /// Its state is too large.
    Early,
}

#[derive(Debug)]
pub(super) struct Window {
    /// In seconds since 1970.
    pub start: u64,
    seconds: u64,
    /// An object, as text.
    state: String,
    pub phase: Phase,
}

/// The beginning of the window of a record, by the time at which it was put into the stream.
pub(super) fn start(record: &Object, seconds: u64) -> u64 {
    let time = match record.get("dynamodb") {
        Some(Value::Object(change)) => change.get("ApproximateCreationDateTime"),
        _ => record.get("ApproximateArrivalTimestamp"),
    };
    let time = match time {
        Some(Value::Number(Number::U64(time))) => Duration::from_secs(*time),
        Some(Value::Number(Number::F64(time))) => {
            Duration::try_from_secs_f64(*time).unwrap_or_default()
        }
        _ => Duration::ZERO,
    };
    time.as_secs() / seconds * seconds
}

impl Window {
    pub fn new(start: u64, seconds: u64) -> Self {
        Self { start, seconds, state: "{}".to_owned(), phase: Phase::Open }
    }

    /// Whether no more records are waited for.
    pub fn is_over(&self, now: Duration) -> bool {
        now >= Duration::from_secs(self.start + self.seconds) + PATIENCE
    }

    pub fn is_large(&self) -> bool {
        self.state.len() > MAX_STATE_BYTES
    }

    /// Adds what a window has to the event of a shard.
    pub fn event(&self, event: &str, shard: &str, arn: &str) -> String {
        let time =
            |seconds| text(clock::rfc3339(Duration::from_secs(seconds)).replace(".000Z", "Z"));
        let period =
            object([("start", time(self.start)), ("end", time(self.start + self.seconds))]);
        let records = event.strip_suffix('}').unwrap_or(event);
        format!(
            r#"{records},"window":{},"state":{},"shardId":{},"eventSourceARN":{},"isFinalInvokeForWindow":{},"isWindowTerminatedEarly":{}}}"#,
            miniserde::json::to_string(&period),
            self.state,
            json::quoted(shard),
            json::quoted(arn),
            self.phase != Phase::Open,
            self.phase == Phase::Early
        )
    }

    /// Takes the state of a response. Without one it is a failure, as on Lambda.
    pub fn take_state(&mut self, invocation: &Invocation) -> Result<(), String> {
        let response = json::parse_object(&invocation.payload).unwrap_or_default();
        let Some(state @ Value::Object(_)) = response.get("state") else {
            return Err("the response has no object \"state\" for the window".to_owned());
        };
        self.state = miniserde::json::to_string(state);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_in_the_window_of_its_time() {
        for (record, expected) in [
            (r#"{"ApproximateArrivalTimestamp":1773350065.999}"#, 1_773_350_040),
            (r#"{"ApproximateArrivalTimestamp":1773350040}"#, 1_773_350_040),
            (r#"{"dynamodb":{"ApproximateCreationDateTime":1773350039}}"#, 1_773_349_920),
            (r#"{"ApproximateArrivalTimestamp":-1.5}"#, 0),
            ("{}", 0),
        ] {
            let record = json::parse_object(record.as_bytes()).unwrap();
            assert_eq!(start(&record, 120), expected);
        }
        let window = Window::new(1_773_350_040, 120);
        let at = |seconds: u64| window.is_over(Duration::from_secs(1_773_350_040 + seconds));
        assert_eq!([at(0), at(121), at(122)], [false, false, true]);
    }

    #[test]
    fn an_event_has_the_window_and_the_state_of_the_response_before() {
        let mut window = Window::new(1_773_350_040, 120);
        let event = window.event(r#"{"Records":[]}"#, "shard-1", "arn:s");
        let expected = concat!(
            r#"{"Records":[],"window":{"end":"2026-03-12T21:16:00Z","start":"2026-03-12T21:14:00Z"},"#,
            r#""state":{},"shardId":"shard-1","eventSourceARN":"arn:s","#,
            r#""isFinalInvokeForWindow":false,"isWindowTerminatedEarly":false}"#
        );
        assert_eq!(event, expected);
        let response = Invocation::of_response(r#"{"state":{"count":3},"batchItemFailures":[]}"#);
        assert_eq!(window.take_state(&response), Ok(()));
        window.phase = Phase::Final;
        let event = window.event(r#"{"Records":[]}"#, "shard-1", "arn:s");
        assert!(event.contains(r#""state":{"count":3}"#), "{event}");
        assert!(event.contains(r#""isFinalInvokeForWindow":true,"isWindowTerminatedEarly":false"#));
        for response in ["null", "{}", r#"{"state":null}"#, r#"{"state":1}"#, "["] {
            let taken = window.take_state(&Invocation::of_response(response));
            assert!(taken.is_err(), "{response}");
        }
        let large = format!(r#"{{"state":{{"text":"{}"}}}}"#, "a".repeat(MAX_STATE_BYTES));
        assert!(!window.is_large());
        assert_eq!(window.take_state(&Invocation::of_response(large)), Ok(()));
        assert!(window.is_large());
    }
}
