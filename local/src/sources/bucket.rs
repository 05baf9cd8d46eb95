//! A bucket of S3 that sends its notifications: to a queue that is made for it and polled, since
//! stand-ins for AWS run no functions. The function is invoked asynchronously, as by S3.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/with-s3.html>.

use super::messages::{self, MAX_MESSAGES};
use super::notification::{self, Notification};
use super::removal::Made;
use super::{PAUSE, Running};
use crate::aws::{Endpoint, SQS};
use crate::clock;
use crate::json::{self, object, text};
use crate::settings::{ACCOUNT, Settings};
use miniserde::json::{Object, Value};
use std::thread;
use std::time::{Duration, Instant};

/// The time after which the configuration of the bucket is looked at again: the stand-in may have
/// been started again, or another program may have replaced it.
const AGAIN: Duration = Duration::from_secs(10);

/// The families of events, as the first words of their names.
const FAMILIES: [&str; 10] = [
    "ObjectCreated",
    "ObjectRemoved",
    "ObjectRestore",
    "ReducedRedundancyLostObject",
    "Replication",
    "LifecycleExpiration",
    "LifecycleTransition",
    "IntelligentTiering",
    "ObjectTagging",
    "ObjectAcl",
];

/// A bucket with what it notifies of.
#[derive(Clone, Debug, Hash, PartialEq)]
pub(super) struct Bucket {
    pub name: String,
    notification: Notification,
}

impl Bucket {
    pub fn parse(value: &str) -> Result<Self, String> {
        let mut words = value.split_whitespace();
        let name = words.next().ok_or(
            "a bucket is bucket NAME, with events such as ObjectCreated:*, prefix TEXT and suffix TEXT",
        )?;
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-_".contains(c);
        if !(3..=63).contains(&name.len()) || !name.chars().all(is_name) {
            return Err("a bucket has 3 to 63 small letters, digits, . and -".to_owned());
        }
        let mut notification = Notification::default();
        while let Some(word) = words.next() {
            let place = match word {
                "prefix" => &mut notification.prefix,
                "suffix" => &mut notification.suffix,
                event => {
                    notification.events.push(parse_event(event)?);
                    continue;
                }
            };
            let value = words.next().ok_or_else(|| format!("{word} is followed by a text"))?;
            if place.replace(value.to_owned()).is_some() {
                return Err(format!("{word} is there twice"));
            }
        }
        if notification.events.is_empty() {
            notification.events.push("ObjectCreated:*".to_owned());
        }
        notification.events.sort();
        notification.events.dedup();
        Ok(Self { name: name.to_owned(), notification })
    }

    /// Takes the notifications until the source has ended. `name` is that of its queue.
    pub fn follow(&self, running: &Running, name: &str) {
        let mut said = String::new();
        let mut made = None;
        while running.wait_for_handler(&mut said).is_some() {
            if let Err(message) = self.poll(running, name, &mut made, &mut said) {
                running.say_once(&mut said, &format!("the bucket {}: {message}", self.name));
                thread::sleep(PAUSE);
            }
        }
        if let Err(message) = running.removal.release(name, made.as_ref()) {
            running.say(&format!(
                "the bucket {}: its notification and the queue {name} stay: {message}",
                self.name
            ));
        }
    }

    /// Sets the notification, and takes its messages for a while.
    fn poll(
        &self,
        running: &Running,
        name: &str,
        made: &mut Option<Made>,
        said: &mut String,
    ) -> Result<(), String> {
        let settings = running.site.lambda.settings();
        let endpoints = Made {
            name: name.to_owned(),
            bucket: self.name.clone(),
            s3: Endpoint::of(&settings, "s3", "AWS_ENDPOINT_URL_S3")?,
            sqs: Endpoint::of(&settings, "sqs", SQS.variable)?,
        };
        let endpoints = made.insert(endpoints);
        let url = running.removal.guard(endpoints, || self.set(&settings, endpoints))?;
        let events = self.notification.events.join(" ");
        running.say_once(said, &format!("the bucket {} sends {events}", self.name));
        let end = Instant::now() + AGAIN;
        while running.goes_on() && Instant::now() < end {
            if running.site.wait_for_program().is_err() {
                return Ok(());
            }
            let settings = running.site.lambda.settings();
            let received = messages::receive(&settings, &url, MAX_MESSAGES, None)?;
            accept(running, &settings, &url, &received)?;
        }
        Ok(())
    }

    /// Makes the queue, and sets the notification. Returns the URL of the queue.
    fn set(&self, settings: &Settings, made: &Made) -> Result<String, String> {
        // Nothing is made for a bucket that there is not.
        let configuration = notification::find(&made.s3, &self.name).map_err(|message| {
            let command = format!("s3 mb s3://{}", self.name);
            made.s3.or_absent(message, &["NoSuchBucket"], &command)
        })?;
        let found =
            SQS.call(settings, "CreateQueue", &object([("QueueName", text(&*made.name))]))?;
        let url = json::string(&found, "QueueUrl").ok_or("its queue has no URL")?;
        let names = json::array([text("QueueArn")]);
        let wanted = object([("QueueUrl", text(url)), ("AttributeNames", names)]);
        let got = SQS.call(settings, "GetQueueAttributes", &wanted)?;
        let arn = match got.get("Attributes") {
            Some(Value::Object(attributes)) => json::string(attributes, "QueueArn"),
            _ => None,
        };
        let arn = arn.ok_or("its queue has no ARN")?;
        let Made { name, bucket, s3, .. } = made;
        notification::set(s3, bucket, &configuration, name, arn, &self.notification)?;
        Ok(url.to_owned())
    }
}

/// Hands the events to the queue of asynchronous invocations, and deletes their messages.
fn accept(
    running: &Running,
    settings: &Settings,
    url: &str,
    received: &[Object],
) -> Result<(), String> {
    let mut handles = Vec::new();
    let mut refused = Ok(());
    for message in received {
        let body = json::string(message, "Body").unwrap_or_default();
        if let Some(event) = event(body, settings) {
            let request = running.request(&event);
            if let Err(error) = running.site.queue.accept(&running.site.lambda, request) {
                // Its message is visible again later.
                refused = Err(format!("an event comes again: {error}"));
                continue;
            }
        }
        handles.extend(json::string(message, "ReceiptHandle"));
    }
    messages::delete(settings, url, &handles)
        .map_err(|message| format!("events that were taken come again: {message}"))?;
    refused
}

/// The name of an event, without `s3:`.
fn parse_event(word: &str) -> Result<String, String> {
    let name = word.strip_prefix("s3:").unwrap_or(word);
    let (family, kind) = name.split_once(':').map_or((name, None), |(one, two)| (one, Some(two)));
    let is_plain = |kind: &str| {
        kind == "*" || (!kind.is_empty() && kind.chars().all(|c| c.is_ascii_alphabetic()))
    };
    if !FAMILIES.contains(&family) || !kind.is_none_or(is_plain) {
        return Err(format!(
            "{word} is no event and no option of a bucket: events are such as ObjectCreated:*, \
             options prefix and suffix"
        ));
    }
    Ok(name.to_owned())
}

/// The event of a message, as Lambda gets it: with what a stand-in leaves out. `None` if it is the
/// one with which S3 tests a notification, or none of S3.
fn event(body: &str, settings: &Settings) -> Option<String> {
    let mut event = json::parse_object(body.as_bytes())?;
    let Some(Value::Array(records)) = event.get_mut("Records") else { return None };
    for record in records.iter_mut() {
        if let Value::Object(record) = record {
            complete(record, settings);
        }
    }
    Some(miniserde::json::to_string(&event))
}

fn complete(record: &mut Object, settings: &Settings) {
    let principal = |id: &str| object([("principalId", text(id))]);
    let address = object([("sourceIPAddress", text("127.0.0.1"))]);
    let ids = object([("x-amz-request-id", text("LOCAL")), ("x-amz-id-2", text("LOCAL"))]);
    for (name, value) in [
        ("awsRegion", text(&*settings.region)),
        ("userIdentity", principal(&format!("AWS:{ACCOUNT}"))),
        ("requestParameters", address),
        ("responseElements", ids),
    ] {
        record.entry(name.to_owned()).or_insert(value);
    }
    let is_removal =
        json::string(record, "eventName").is_some_and(|name| name.contains("ObjectRemoved:"));
    let Some(Value::Object(s3)) = record.get_mut("s3") else { return };
    if let Some(Value::Object(bucket)) = s3.get_mut("bucket") {
        bucket.entry("ownerIdentity".to_owned()).or_insert_with(|| principal(ACCOUNT));
    }
    let Some(Value::Object(found)) = s3.get_mut("object") else { return };
    if is_removal {
        // What is gone has no size.
        found.remove("size");
    }
    if let Some(Value::String(key)) = found.get_mut("key") {
        // S3 leaves these two as they are.
        *key = key.replace("%2F", "/").replace("%2A", "*");
    }
    let sequencer = || text(format!("{:018X}", clock::now().as_nanos()));
    found.entry("sequencer".to_owned()).or_insert_with(sequencer);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_completed_and_the_test_of_s3_is_none() {
        let settings = Settings::new("program".into());
        let record = |name: &str| {
            format!(
                r#"{{"Records":[{{"eventName":"{name}","s3":{{"bucket":{{"name":"b"}},
                "object":{{"key":"a%2Fb%2A+c%2B","size":3}}}}}}]}}"#
            )
        };
        let got = event(&record("ObjectCreated:Put"), &settings).unwrap();
        for part in [
            r#""key":"a/b*+c%2B""#,
            r#""size":3"#,
            "\"sequencer\":\"00",
            r#""userIdentity":{"principalId":"AWS:123456789012"}"#,
            r#""ownerIdentity":{"principalId":"123456789012"}"#,
            "\"sourceIPAddress\"",
            "\"x-amz-request-id\"",
            r#""awsRegion":"eu-central-1""#,
        ] {
            assert!(got.contains(part), "{part} is not in {got}");
        }
        let removed = event(&record("ObjectRemoved:Delete"), &settings).unwrap();
        assert!(!removed.contains("size"), "{removed}");
        for body in [r#"{"Service":"Amazon S3","Event":"s3:TestEvent"}"#, "", "[]", "{\"a\":"] {
            assert_eq!(event(body, &settings), None, "{body}");
        }
    }

    #[test]
    fn a_line_names_the_events_and_the_keys() {
        let bucket =
            Bucket::parse("photos s3:ObjectRemoved:Delete ObjectCreated:* prefix in/ suffix .é");
        let notification = bucket.unwrap().notification;
        assert_eq!(notification.events, ["ObjectCreated:*", "ObjectRemoved:Delete"]);
        assert_eq!(notification.prefix.as_deref(), Some("in/"));
        assert_eq!(notification.suffix.as_deref(), Some(".é"));
        assert_eq!(Bucket::parse("photos").unwrap().notification.events, ["ObjectCreated:*"]);
        for (line, said) in [
            ("", "a bucket is bucket NAME"),
            ("ab", "3 to 63"),
            ("a/b?c", "3 to 63"),
            ("Photos", "3 to 63"),
            ("photos ObjectEaten:*", "ObjectEaten:* is no event and no option"),
            ("photos ObjectCreated:<b>", "no event"),
            ("photos created", "created is no event"),
            ("photos prefix", "prefix is followed by a text"),
            ("photos suffix a suffix b", "suffix is there twice"),
        ] {
            let error = Bucket::parse(line).unwrap_err();
            assert!(error.contains(said), "{line}: {error}");
        }
    }
}
