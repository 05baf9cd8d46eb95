//! The function of the tests of configurations, connections and invocations: what it
//! calls, and what it is when others call it.

use minilambda::{Context, Error, Handler, ResponseStream, handler};
use minilambda_aws::appconfig::Configuration;
use minilambda_aws::flags::Flags;
use minilambda_aws::lambda::Function;
use minilambda_aws::websocket::{Connections, Delivery};
use minilambda_aws::{LAMBDA, extension, object};
use minilambda_events::apigateway::websocket::Request;
use miniserde::Deserialize;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;
use std::{str, thread};

static HANDLERS: &[(&str, Handler)] = &[
    ("configuration", handler!(configuration)),
    ("flags", handler!(flags)),
    ("agent", handler!(agent)),
    ("connections", handler!(connections)),
    ("invoke", handler!(invoke)),
    ("stream", handler!(stream)),
    ("double", handler!(double)),
    ("fail", handler!(fail)),
    ("panic", handler!(panics)),
    ("pages", Handler::streaming(pages)),
    ("broken", Handler::streaming(broken)),
];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

/// The code and the message of an error, and whose it is.
fn told(error: &minilambda_aws::Error) -> String {
    let whose = if error.is_of_function() { "function" } else { "service" };
    format!("{whose} {}: {}", error.code(), error.message())
}

// ---- configurations

static FEATURES: Configuration = Configuration::new("shop", "a/b", "features");

#[derive(Deserialize)]
struct Reads {
    /// How many, one after the other.
    count: usize,
    pause_ms: u64,
    /// How many at once, before.
    threads: usize,
    /// How long to wait before all of them.
    delay_ms: Option<u64>,
}

fn configuration(reads: Reads, _: &Context) -> Result<Vec<String>, Error> {
    thread::sleep(Duration::from_millis(reads.delay_ms.unwrap_or_default()));
    let read = || FEATURES.text().unwrap_or_else(|error| told(&error));
    let mut texts: Vec<String> = thread::scope(|scope| {
        let threads: Vec<_> = (0..reads.threads).map(|_| scope.spawn(read)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    for _ in 0..reads.count {
        texts.push(read());
        thread::sleep(Duration::from_millis(reads.pause_ms));
    }
    Ok(texts)
}

static FLAGS: Flags = Flags::new(Configuration::new("shop", "prod", "flags")).path("shop.flags");

fn flags(reads: Reads, _: &Context) -> Result<Vec<bool>, Error> {
    let context = object! { "tier": "premium" };
    let flags = (0..reads.count).map(|_| {
        thread::sleep(Duration::from_millis(reads.pause_ms));
        FLAGS.is_on("discount", &context, true)
    });
    Ok(flags.collect())
}

fn agent(names: [String; 3], _: &Context) -> Result<String, Error> {
    let [application, environment, profile] = names;
    let result = extension::configuration(&application, &environment, &profile);
    Ok(result
        .map_or_else(|error| told(&error), |bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

// ---- connections

fn connections(request: Request, context: &Context) -> Result<Vec<String>, Error> {
    let connections = match Connections::of(&request.request_context) {
        Ok(connections) => connections.within(context),
        Err(error) => return Ok(vec![told(&error)]),
    };
    let id = &request.request_context.connection_id;
    let sent = |delivery| match delivery {
        Delivery::Sent => "sent".to_owned(),
        Delivery::Gone => "gone".to_owned(),
    };
    let told = |error| told(&error);
    let source = |found: Option<minilambda_aws::websocket::Connection>| {
        found.map_or("gone".to_owned(), |found| {
            found.identity.and_then(|identity| identity.source_ip).unwrap_or_default()
        })
    };
    Ok(vec![
        connections.post(id, "Übergröße").map_or_else(told, sent),
        connections.post_json(id, &object! { "text": "dinner" }).map_or_else(told, sent),
        connections.get(id).map_or_else(told, source),
        connections.delete(id).map_or_else(told, |()| "deleted".to_owned()),
    ])
}

// ---- invocations

#[derive(Deserialize)]
struct Invoke {
    function: String,
    qualifier: Option<String>,
    kind: Option<String>,
    execution: Option<String>,
    number: u64,
}

fn invoke(asked: Invoke, context: &Context) -> Result<String, Error> {
    let mut function = Function::new(&asked.function).client(LAMBDA.client().within(context));
    if let Some(qualifier) = &asked.qualifier {
        function = function.qualifier(qualifier);
    }
    if let Some(name) = &asked.execution {
        function = function.execution_name(name);
    }
    let result = match asked.kind.as_deref() {
        Some("async") => function.send(&asked.number).map(|()| "accepted".to_owned()),
        Some("check") => function.dry_run().map(|()| "there".to_owned()),
        _ => function.call::<_, u64>(&asked.number).map(|number| number.to_string()),
    };
    Ok(result.unwrap_or_else(|error| format!("{} ({:?})", told(&error), error.outcome())))
}

fn stream(asked: Invoke, _: &Context) -> Result<String, Error> {
    let mut written = Vec::new();
    let result = Function::new(&asked.function).call_to(&asked.number, &mut written);
    let end = result.map_or_else(|error| told(&error), |()| "complete".to_owned());
    Ok(format!(
        "{} bytes {:x?} {end}",
        written.len(),
        written.iter().map(|it| u64::from(*it)).sum::<u64>()
    ))
}

fn double(number: u64, _: &Context) -> Result<u64, Error> {
    log::info!("doubled {number}");
    Ok(number * 2)
}

fn fail(number: u64, _: &Context) -> Result<u64, Error> {
    Err(Error::new("ThrottlingException", format!("no {number}")))
}

fn panics(number: u64, _: &Context) -> Result<u64, Error> {
    panic!("there is no {number}")
}

/// As many pages of 100,000 bytes as the event says.
fn pages(event: Vec<u8>, _: &Context, out: &mut ResponseStream) -> Result<(), Error> {
    let count: usize = str::from_utf8(&event)?.parse()?;
    for page in 0..count {
        out.write_all(&vec![u8::try_from(page)?; 100_000])?;
    }
    Ok(())
}

fn broken(event: Vec<u8>, context: &Context, out: &mut ResponseStream) -> Result<(), Error> {
    pages(event, context, out)?;
    out.flush()?;
    Err(Error::new("OutOfPaper", "the pages are over"))
}
