//! The same events under three hosts: a Runtime API that records, AWS's emulator, and
//! minilambda-local. What a caller gets is the same, except where the table says so.

#[path = "support/emulator.rs"]
mod emulator;
mod support;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use emulator::Emulator;
use minilambda_local::Lambda;
use miniserde::json::{self, Value};
use std::time::Duration;
use support::failure::header_type;
use support::fake_api::{FakeApi, Reply};
use support::program::{path_of, serve};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Host {
    Recorder,
    Emulator,
    Local,
}

/// What comes of an event for its caller.
#[derive(Clone, Debug, PartialEq)]
enum Outcome {
    Response(String),
    /// The `errorType` and the `errorMessage`.
    Failure(String, String),
    /// The host does not start the function.
    Refused(String),
}

/// An expected outcome. Of a message these parts are there.
#[derive(Clone, Copy)]
enum Expected {
    Response(&'static str),
    Bytes(usize),
    Failure(&'static str, &'static [&'static str]),
    Refused(&'static [&'static str]),
}

struct Story {
    handler: &'static str,
    event: &'static str,
    expected: Expected,
    /// The hosts with another outcome.
    except: &'static [(Host, Expected)],
    /// A part of the log.
    logged: &'static str,
}

const fn story(handler: &'static str, event: &'static str, expected: Expected) -> Story {
    Story { handler, event, expected, except: &[], logged: "" }
}

const fn failure(
    handler: &'static str,
    event: &'static str,
    kind: &'static str,
    message: &'static [&'static str],
) -> Story {
    Story { logged: kind, ..story(handler, event, Expected::Failure(kind, message)) }
}

const STORIES: &[Story] = &[
    story("echo", "{\"a\":1}", Expected::Response("{\"a\":1}")),
    story("panic-or-echo", "\"Übergröße, 日本 🦀\"", Expected::Response("\"Übergröße, 日本 🦀\"")),
    failure("error", "\"OutOfStock\"", "OutOfStock", &["the warehouse is \"closed\" – até amanhã"]),
    failure("panic-or-echo", "\"panic\"", "Function.Panic", &["the panic that was asked for"]),
    failure("sleep-ms", "\"hush-1\"", "Function.InvalidEvent", &["expected an integer"]),
    failure(
        "order",
        r#"{"id":"hush-1","items":[{"name":"hush-2","count":"hush-3"}]}"#,
        "Function.InvalidEvent",
        &["at .items[0].count:"],
    ),
    story("of-size", "6291556", Expected::Bytes(6_291_556)),
    failure("of-size", "6291557", "Function.ResponseSizeTooLarge", &["6291557", "6291556"]),
    story("stream", "\"\"", Expected::Response("première second")),
    failure("stream", "\"early-error\"", "TooEarly", &["before the first byte"]),
    Story {
        // It buffers a stream, and does not read the trailers.
        except: &[(Host::Emulator, Expected::Response("première"))],
        ..failure("stream", "\"error\"", "TooLate", &["the rest is lost – désolé"])
    },
    story(
        "panic-or-echo",
        r#""\u00dcbergr\u00f6\u00dfe \ud83e\udd80""#,
        Expected::Response("\"Übergröße 🦀\""),
    ),
    Story {
        // It reads the table, and starts no program that would fail.
        except: &[(Host::Local, Expected::Refused(&["ordre", "echo, value, order, context"]))],
        logged: "",
        ..failure(
            "ordre",
            "{}",
            "Runtime.NoSuchHandler",
            &["did you mean \"order\"?", "echo, value, order, context"],
        )
    },
];

/// Reads the error document, if it is one.
fn outcome(body: &str) -> Outcome {
    let Ok(Value::Object(document)) = json::from_str(body) else {
        return Outcome::Response(body.to_owned());
    };
    let text = |name: &str| match document.get(name) {
        Some(Value::String(text)) => Some(text.clone()),
        _ => None,
    };
    match (text("errorType"), text("errorMessage")) {
        (Some(kind), Some(message)) => Outcome::Failure(kind, message),
        _ => Outcome::Response(body.to_owned()),
    }
}

/// The outcomes of an event that comes twice, and the log.
type Done = (Vec<Outcome>, String);

fn under_recorder(handler: &str, event: &str) -> Done {
    let api = FakeApi::start([Reply::event("1", event), Reply::event("2", event)], []);
    let ended = serve(&api, handler);
    let outcomes = api.posts().into_iter().map(|post| {
        if let Some(document) = post.header("lambda-runtime-function-error-body") {
            let document = BASE64_STANDARD.decode(document).unwrap();
            return outcome(&String::from_utf8(document).unwrap());
        }
        let found = outcome(&post.text());
        let is_error = post.path.ends_with("/error");
        assert_eq!(matches!(found, Outcome::Failure(..)), is_error, "{}", post.path);
        if let Outcome::Failure(kind, _) = &found {
            let names = [kind.clone(), format!("Function.{kind}")];
            assert!(names.iter().any(|name| name == header_type(&post)), "{kind}");
        }
        found
    });
    (outcomes.collect(), ended.stderr)
}

fn under_emulator(handler: &str, event: &str) -> Option<Done> {
    let mut emulator = Emulator::start("bootstrap-for-tests", handler)?;
    let outcomes = (0..2).map(|_| outcome(&emulator.invoke(event).body)).collect();
    let log = emulator.end();
    let starts = log.matches("INIT START").count();
    assert!(starts == 1 || handler == "ordre", "{handler}: one process serves both: {log}");
    Some((outcomes, log))
}

fn under_local(handler: &str, event: &str) -> Done {
    let program = path_of("bootstrap-for-tests");
    let lambda = Lambda::builder(program).timeout(Duration::from_secs(60)).build();
    let mut log = String::new();
    let outcomes = (0..2).map(|_| match lambda.invoke(handler, event) {
        Ok(done) => {
            log.push_str(&done.log.join("\n"));
            let failure = done.failure.as_ref();
            let failed = |it: &minilambda_local::FunctionError| {
                Outcome::Failure(it.kind.clone(), it.message.clone())
            };
            failure.map_or_else(|| Outcome::Response(done.text()), failed)
        }
        Err(error) => Outcome::Refused(error.to_string()),
    });
    (outcomes.collect(), log)
}

#[test]
fn a_caller_gets_the_same_from_each_host() {
    for story in STORIES {
        let Story { handler, event, .. } = story;
        let hosts = [
            (Host::Recorder, Some(under_recorder(handler, event))),
            (Host::Emulator, under_emulator(handler, event)),
            (Host::Local, Some(under_local(handler, event))),
        ];
        for (host, done) in hosts {
            let Some((outcomes, log)) = done else { continue };
            let except = story.except.iter().find(|(other, _)| *other == host);
            let expected = except.map_or(story.expected, |(_, expected)| *expected);
            let place = format!("{host:?}: {handler} {event}");
            let is_init = handler == &"ordre" && host == Host::Recorder;
            assert_eq!(outcomes.len(), if is_init { 1 } else { 2 }, "{place}: {log}");
            for found in &outcomes {
                check(found, expected, &place);
            }
            assert!(log.contains(story.logged) && !log.contains("hush"), "{place}: {log}");
        }
    }
}

fn check(found: &Outcome, expected: Expected, place: &str) {
    let has = |text: &str, parts: &[&str]| {
        assert!(parts.iter().all(|part| text.contains(part)), "{place}: {text}");
        assert!(!text.contains("hush"), "{place}: {text}");
    };
    match (found, expected) {
        (Outcome::Response(text), Expected::Response(told)) => assert_eq!(text, told, "{place}"),
        (Outcome::Response(text), Expected::Bytes(told)) => assert_eq!(text.len(), told, "{place}"),
        (Outcome::Failure(kind, message), Expected::Failure(told, parts)) => {
            assert_eq!(kind, told, "{place}: {message}");
            has(message, parts);
        }
        (Outcome::Refused(message), Expected::Refused(parts)) => has(message, parts),
        _ => panic!("{place}: {:.300}", format!("{found:?}")),
    }
}
