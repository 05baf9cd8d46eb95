//! The program of the tests of idempotency. Each run of its function adds a line to the file
//! `RUNS`.

use minilambda::{Context, Error, FromJson, Handler, ToJson, handler};
use minilambda_aws::DYNAMODB;
use minilambda_aws::idempotency::Once;
use minilambda_events::{Json, batch, sqs};
use miniserde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use std::{env, process, thread};

static HANDLERS: &[(&str, Handler)] = &[
    ("once", handler!(once)),
    ("batch", handler!(batch)),
    ("nothing", handler!(nothing)),
    ("many", handler!(many)),
    ("unwritable", handler!(unwritable)),
    ("outside", handler!(outside)),
];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize)]
struct Event {
    key: String,
    payload: String,
    work: String,
    ms: Option<u64>,
    settings: Option<Vec<String>>,
}

#[derive(Deserialize, Serialize)]
struct Response {
    number: usize,
    text: String,
}

/// Does the work, and returns how often it was done.
fn work(event: &Event) -> Result<Response, Error> {
    let path = env::var("RUNS")?;
    let mut file = OpenOptions::new().append(true).create(true).open(&path)?;
    file.write_all(b".")?;
    thread::sleep(Duration::from_millis(event.ms.unwrap_or_default()));
    let number = std::fs::read(&path)?.len();
    match &*event.work {
        "fail" => Err(Error::new("Work", "it has failed")),
        "panic" => panic!("it has panicked"),
        "be killed" => be_killed(&path),
        "quotes" => Ok(Response { number, text: "\"".repeat(150_000) }),
        "large" => Ok(Response { number, text: "x".repeat(400_000) }),
        _ => Ok(Response { number, text: event.payload.clone() }),
    }
}

/// Writes the id of this process to a file, and waits.
fn be_killed(runs: &str) -> ! {
    let file = Path::new(runs).with_extension("pid");
    std::fs::write(file, format!("{}\n", process::id())).unwrap();
    loop {
        thread::sleep(Duration::from_secs(60));
    }
}

fn once(event: Event, context: &Context) -> Result<Response, Error> {
    let mut once = Once::new("done").operation("work");
    for setting in event.settings.iter().flatten() {
        once = match &**setting {
            "cached" => once.cached(),
            "without" => once.or_without(),
            "second" => once.keep_for(Duration::from_secs(1)),
            "other" => once.operation("other"),
            "west" => once.client(DYNAMODB.client().region("eu-west-1")),
            _ => once.in_progress_for(Duration::from_millis(300)),
        };
    }
    // Its fields have another order in each process.
    let payload = ["a", "b", "c", "d", "e"].map(|name| (name.to_owned(), event.payload.clone()));
    let payload = HashMap::from(payload);
    let left = Duration::from_millis(event.ms.unwrap_or_default());
    let mut response = once.run(&event.key, &payload, || {
        let response = work(&event)?;
        while event.work.starts_with("late") && context.time_left().is_some_and(|it| it > left) {
            thread::sleep(Duration::from_millis(5));
        }
        if event.work == "late failure" { Err(Error::new("Work", "late")) } else { Ok(response) }
    })?;
    response.text.truncate(20);
    Ok(response)
}

/// 2 MB of JSON.
struct Many;

impl ToJson for Many {
    fn to_json(&self, _: Vec<u8>) -> Result<Vec<u8>, Error> {
        Ok(format!("[{}0]", r#"{"":0},"#.repeat(300_000)).into_bytes())
    }
}

fn many(_: Json, _: &Context) -> Result<u8, Error> {
    Once::new("done").run("a", &Many, || Ok(1))
}

/// A response whose type panics when it is written.
struct Unwritable;

impl ToJson for Unwritable {
    fn to_json(&self, _: Vec<u8>) -> Result<Vec<u8>, Error> {
        panic!("as asked")
    }
}

impl FromJson for Unwritable {
    fn from_json(_: &[u8]) -> Result<Self, Error> {
        Ok(Self)
    }
}

fn unwritable(key: String, _: &Context) -> Result<(), Error> {
    Once::new("done").run(&key, &(), || Ok(Unwritable)).map(drop)
}

fn batch(event: sqs::Event, _: &Context) -> Result<batch::Response, Error> {
    let once = Once::new("done").operation("work");
    Ok(event.each(|message| {
        let event: Event = message.body_json()?;
        once.run(&event.key, &message.body, || work(&event)).map(drop)
    }))
}

/// The same in a thread that belongs to no invocation if several are served at once.
fn outside(key: String, context: &Context) -> Result<(), Error> {
    thread::scope(|threads| threads.spawn(|| nothing(key, context)).join())
        .map_err(|_| Error::new("Thread", "it has panicked"))?
}

/// A function without a response and without a payload.
fn nothing(key: String, _: &Context) -> Result<(), Error> {
    Once::new("done").run(&key, &(), || Ok(()))
}
