//! What is sent after an asynchronous invocation: its record to a destination, or its event to a
//! dead-letter queue.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html>.

use super::attempts::{Attempts, Cause};
use crate::asynchronous::{Asynchronous, Target};
use crate::aws::{self, Endpoint, SQS, Service};
use crate::clock;
use crate::error::{Error, ErrorKind};
use crate::invocation::{Invocation, Request};
use crate::json::{self, array, number, object, text};
use crate::settings::{ACCOUNT, Settings};
use miniserde::json::Value;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::time::Duration;

const EVENTS: Service = Service {
    name: "events",
    variable: "AWS_ENDPOINT_URL_EVENTBRIDGE",
    version: "1.1",
    target: "AWSEvents",
};

/// The delays after attempts that have failed. There is no further attempt after them.
const DELAYS: [u64; 5] = [1, 2, 4, 8, 16];

/// The most bytes of the error's message that a dead letter has.
const MAX_MESSAGE_BYTES: usize = 1024;

/// The functions that call each other through destinations, before Lambda sees a loop.
pub(super) const MAX_HOPS: u8 = 16;

/// Something that is to be sent.
#[derive(Debug)]
pub(super) struct Delivery {
    /// The function of the event, and the id of its request.
    pub handler: String,
    pub id: String,
    pub target: Target,
    pub body: String,
    /// How many functions in a row were called by destinations.
    pub hops: u8,
    kind: Kind,
    failed: usize,
}

#[derive(Debug)]
enum Kind {
    Record {
        is_success: bool,
        function_arn: String,
    },
    /// With the names, types and values of its attributes.
    DeadLetter([(&'static str, &'static str, String); 3]),
}

/// The end of an event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    Success,
    Discarded(Cause),
}

/// Returns what is to be sent when an event is over, after an attempt with this result.
pub(super) fn after(
    wanted: &Asynchronous,
    end: End,
    (request, attempts): (&Request, &Attempts),
    result: &Result<Invocation, Error>,
    settings: &Settings,
) -> Vec<Delivery> {
    let is_success = end == End::Success;
    let destination = if is_success { &wanted.on_success } else { &wanted.on_failure };
    let letter = if is_success { &None } else { &wanted.dead_letter };
    if end == End::Discarded(Cause::NoFunction) {
        return Vec::new();
    }
    let of = |target: &Target, kind, body| Delivery {
        handler: request.handler.clone(),
        id: request.id.clone().unwrap_or_default(),
        target: target.clone(),
        body,
        hops: request.hops,
        kind,
        failed: 0,
    };
    let record = destination.as_ref().map(|target| {
        let function_arn = format!("{}:$LATEST", settings.arn(&request.handler));
        let body = record(end, request, attempts, result, &function_arn);
        of(target, Kind::Record { is_success, function_arn }, body)
    });
    let letter = letter.as_ref().map(|target| {
        let id = request.id.clone().unwrap_or_default();
        let (code, message) = error(result);
        let attributes = [
            ("RequestID", "String", id),
            ("ErrorCode", "Number", code.to_string()),
            ("ErrorMessage", "String", message),
        ];
        of(target, Kind::DeadLetter(attributes), event(request))
    });
    record.into_iter().chain(letter).collect()
}

/// The event as text. It is JSON: nothing else was accepted.
fn event(request: &Request) -> String {
    if request.event.is_empty() {
        return "{}".to_owned();
    }
    String::from_utf8_lossy(&request.event).into_owned()
}

/// The record of an invocation. The event and the response are in it as they are written.
fn record(
    end: End,
    request: &Request,
    attempts: &Attempts,
    result: &Result<Invocation, Error>,
    function_arn: &str,
) -> String {
    let condition = match end {
        End::Success => "Success",
        End::Discarded(Cause::TooOld) => "EventAgeExceeded",
        End::Discarded(_) => "RetriesExhausted",
    };
    let count = attempts.failed + usize::from(end == End::Success);
    let context = object([
        ("requestId", text(request.id.as_deref().unwrap_or_default())),
        ("functionArn", text(function_arn)),
        ("condition", text(condition)),
        ("approximateInvokeCount", number(count as u64)),
    ]);
    let mut record = format!(
        r#"{{"version":"1.0","timestamp":"{}","requestContext":{},"requestPayload":{}"#,
        clock::rfc3339(clock::now()),
        miniserde::json::to_string(&context),
        event(request)
    );
    // An event that is too old may have had no invocation at last.
    if let Ok(invocation) = result {
        let mut context =
            object([("statusCode", number(200)), ("executedVersion", text("$LATEST"))]);
        if let (Value::Object(fields), Some(_)) = (&mut context, &invocation.failure) {
            fields.insert("functionError".to_owned(), text("Unhandled"));
        }
        let context = miniserde::json::to_string(&context);
        let payload = if json::is_document(&invocation.payload) {
            invocation.text()
        } else if invocation.payload.is_empty() {
            "null".to_owned()
        } else {
            json::quoted(&invocation.text())
        };
        for part in [r#","responseContext":"#, &context, r#","responsePayload":"#, &payload] {
            record.push_str(part);
        }
    }
    record + "}"
}

/// The status and the message of an error, for a dead letter.
fn error(result: &Result<Invocation, Error>) -> (u16, String) {
    let (code, message) = match result {
        Ok(invocation) => {
            let failure = invocation.failure.as_ref();
            (200, failure.map(|failure| failure.message.clone()).unwrap_or_default())
        }
        Err(error) => {
            let code = if error.kind() == ErrorKind::Throttled { 429 } else { 500 };
            (code, error.to_string())
        }
    };
    // SQS takes no attribute that is empty, or has other control characters.
    let is_refused = |c: char| c.is_control() && !matches!(c, '\t' | '\n' | '\r');
    let mut message = message.replace(is_refused, " ");
    if message.is_empty() {
        message.push_str("Unknown");
    }
    let end =
        (0..=MAX_MESSAGE_BYTES.min(message.len())).rev().find(|end| message.is_char_boundary(*end));
    message.truncate(end.unwrap_or_default());
    (code, message)
}

impl Delivery {
    /// Writes to the log what becomes of it.
    pub fn note(&self, settings: &Settings, what: &str) {
        let kind = match self.kind {
            Kind::Record { .. } => "record",
            Kind::DeadLetter(_) => "dead letter",
        };
        let Self { handler, id, target, .. } = self;
        let line = format!("RequestId: {id} the {kind} for {target} {what}");
        settings.note_line(handler, &line);
    }

    /// Returns the time until the next attempt, after one that has failed.
    pub fn delay(&mut self) -> Option<Duration> {
        let delay = DELAYS.get(self.failed).map(|seconds| Duration::from_secs(*seconds));
        self.failed += 1;
        delay
    }

    /// Sends it to a service.
    pub fn send(&self, settings: &Settings) -> Result<(), String> {
        match &self.target {
            Target::Queue(name) => self.send_message(settings, name),
            Target::Topic(name) => self.publish(settings, name),
            Target::Bus(name) => self.put_event(settings, name),
            Target::Function(_) => Ok(()),
        }
    }

    fn attributes(&self) -> &[(&'static str, &'static str, String)] {
        match &self.kind {
            Kind::DeadLetter(attributes) => attributes,
            Kind::Record { .. } => &[],
        }
    }

    fn send_message(&self, settings: &Settings, name: &str) -> Result<(), String> {
        let url = aws::queue_url(settings, name)?;
        let attributes = self.attributes().iter().map(|(name, kind, value)| {
            let value = object([("DataType", text(*kind)), ("StringValue", text(&**value))]);
            ((*name).to_owned(), value)
        });
        let wanted = object([
            ("QueueUrl", text(url)),
            ("MessageBody", text(&*self.body)),
            ("MessageAttributes", Value::Object(attributes.collect())),
        ]);
        SQS.call(settings, "SendMessage", &wanted).map(drop)
    }

    fn publish(&self, settings: &Settings, name: &str) -> Result<(), String> {
        let endpoint = Endpoint::of(settings, "sns", "AWS_ENDPOINT_URL_SNS")?;
        let arn = format!("arn:aws:sns:{}:{ACCOUNT}:{name}", settings.region);
        let mut fields = vec![
            ("Action".to_owned(), "Publish"),
            ("Version".to_owned(), "2010-03-31"),
            ("TopicArn".to_owned(), &arn),
            ("Message".to_owned(), &self.body),
        ];
        for (number, (name, kind, value)) in (1..).zip(self.attributes()) {
            let field = |rest: &str| format!("MessageAttributes.entry.{number}.{rest}");
            fields.push((field("Name"), name));
            fields.push((field("Value.DataType"), kind));
            fields.push((field("Value.StringValue"), value));
        }
        let form = fields
            .iter()
            .map(|(name, value)| format!("{name}={}", utf8_percent_encode(value, NON_ALPHANUMERIC)))
            .collect::<Vec<_>>()
            .join("&");
        let kind = "Content-Type: application/x-www-form-urlencoded";
        let sent = endpoint.send("Publish", "POST /", &[kind], form.as_bytes());
        let command = format!("sns create-topic --name {name}");
        sent.map(drop).map_err(|message| endpoint.or_absent(message, &["NotFound"], &command))
    }

    fn put_event(&self, settings: &Settings, name: &str) -> Result<(), String> {
        let Kind::Record { is_success, function_arn } = &self.kind else { return Ok(()) };
        let end = if *is_success { "Success" } else { "Failure" };
        let entry = object([
            ("EventBusName", text(name)),
            ("Source", text("lambda")),
            ("DetailType", text(format!("Lambda Function Invocation Result - {end}"))),
            ("Resources", array([text(&**function_arn)])),
            ("Detail", text(&*self.body)),
        ]);
        let endpoint = EVENTS.endpoint(settings)?;
        let sent = EVENTS.call_at(&endpoint, "PutEvents", &object([("Entries", array([entry]))]));
        let command = format!("events create-event-bus --name {name}");
        let got =
            sent.map_err(|message| endpoint.or_absent(message, &["ResourceNotFound"], &command))?;
        let refused = match got.get("Entries") {
            Some(Value::Array(entries)) => entries.iter().find_map(|entry| match entry {
                Value::Object(entry) => json::string(entry, "ErrorMessage"),
                _ => None,
            }),
            _ => None,
        };
        refused.map_or(Ok(()), |message| Err(format!("PutEvents: {message}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::invocation::FunctionError;

    fn sent(
        end: End,
        event: &[u8],
        result: &Result<Invocation, Error>,
        attempts: &Attempts,
    ) -> Vec<String> {
        let queue = |name: &str| Some(Target::Queue(name.to_owned()));
        let wanted = Asynchronous {
            on_success: queue("good"),
            on_failure: queue("bad"),
            dead_letter: queue("dead"),
            ..Asynchronous::default()
        };
        let settings = Settings::new("program".into());
        let request = Request { id: Some("id-1".to_owned()), ..Request::new("shop.a", event) };
        let deliveries = after(&wanted, end, (&request, attempts), result, &settings);
        let shown = |it: Delivery| format!("{} {:?} {}", it.target, it.attributes(), it.body);
        deliveries.into_iter().map(shown).collect()
    }

    fn failed(message: &str, payload: &str) -> Result<Invocation, Error> {
        let document = json::error_document("Broken", message);
        let failure = Some(FunctionError::of(&document));
        Ok(Invocation { failure, ..Invocation::of_response(payload) })
    }

    #[test]
    fn a_record_has_what_aws_documents() {
        let attempts = Attempts { failed: 3, throttled: 2 };
        let exhausted = End::Discarded(Cause::Failed);
        let all = sent(exhausted, b"[1]", &failed("no", "{\"errorType\":\"Broken\"}"), &attempts);
        assert_eq!(all.len(), 2, "{all:?}");
        let (record, letter) = (&all[0], &all[1]);
        for part in [
            "the queue bad [] {\"version\":\"1.0\",\"timestamp\":\"2",
            r#""approximateInvokeCount":3,"condition":"RetriesExhausted""#,
            r#""functionArn":"arn:aws:lambda:eu-central-1:123456789012:function:shop-a:$LATEST""#,
            r#""requestId":"id-1"},"requestPayload":[1],"responseContext":{"#,
            r#""functionError":"Unhandled""#,
            r#","responsePayload":{"errorType":"Broken"}}"#,
        ] {
            assert!(record.contains(part), "{part} is not in {record}");
            assert!(json::parse_object(record.split_once(" [] ").unwrap().1.as_bytes()).is_some());
        }
        let attributes = r#"[("RequestID", "String", "id-1"), ("ErrorCode", "Number", "200"), ("ErrorMessage", "String", "no")]"#;
        assert_eq!(letter, &format!("the queue dead {attributes} [1]"));
        // It was throttled until it was too old.
        let busy = Err(Error::new(ErrorKind::Throttled, "Rate Exceeded."));
        let all = sent(End::Discarded(Cause::TooOld), b"", &busy, &Attempts::default());
        let record = &all[0];
        assert!(record.contains(r#""approximateInvokeCount":0,"condition":"EventAgeExceeded""#));
        assert!(record.ends_with(r#""requestPayload":{}}"#), "{record}");
        assert!(all[1].contains("\"429\"") && all[1].ends_with(" {}"), "{}", all[1]);
        let good = Ok(Invocation::of_response("no json"));
        let all = sent(End::Success, b"1", &good, &Attempts::default());
        assert_eq!(all.len(), 1);
        assert!(
            all[0].starts_with("the queue good") && all[0].ends_with(":\"no json\"}"),
            "{all:?}"
        );
        assert!(sent(End::Discarded(Cause::NoFunction), b"1", &busy, &attempts).is_empty());
    }

    #[test]
    fn the_message_of_a_dead_letter_is_one_that_sqs_takes() {
        for (message, expected) in [
            ("", "Unknown".to_owned()),
            ("a\u{0}b\nc\u{7f}", "a b\nc ".to_owned()),
            (&*"é".repeat(1000), "é".repeat(512)),
            (&*format!("a{}", "é".repeat(1000)), format!("a{}", "é".repeat(511))),
        ] {
            assert_eq!(error(&failed(message, "")), (200, expected));
        }
    }

    #[test]
    fn a_delivery_is_tried_six_times() {
        let end = End::Discarded(Cause::Failed);
        let wanted = Asynchronous {
            on_failure: Some(Target::Bus("default".to_owned())),
            ..Asynchronous::default()
        };
        let settings = Settings::new("program".into());
        let request = Request::new("a", b"1");
        let of = (&request, &Attempts::default());
        let mut all = after(&wanted, end, of, &failed("no", ""), &settings);
        let delays: Vec<_> = std::iter::from_fn(|| all[0].delay()).take(10).collect();
        assert_eq!(delays.iter().map(Duration::as_secs).collect::<Vec<_>>(), DELAYS);
        assert!(all[0].send(&settings).unwrap_err().contains("set AWS_ENDPOINT_URL"));
    }
}
