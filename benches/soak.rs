//! Invocations through the real loop: two million with 1 and 8 workers, of which a few fail, and
//! 100,000 with 1, 8 and 64 workers, in which handlers panic in every way and log from threads, and
//! the service misbehaves. Memory and descriptors must not grow after the first tenth (with faults,
//! the first half), and every event must get exactly one response.
//!
//! Run by `make soak`. An argument is the number of invocations; `faults` runs only the second
//! part. This program is both sides: with `AWS_LAMBDA_RUNTIME_API` in its environment it is the
//! function, otherwise the service, which starts the function and observes it through /proc.

use minilambda::{Context, Error, Handler, ResponseStream, handler};
use minilambda_local::{script, wire};
use miniserde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{env, fs, io, thread};

const INVOCATIONS: usize = 2_000_000;
const INVOCATIONS_WITH_FAULTS: usize = 100_000;
const ERROR_EVERY: usize = 100;
const PANIC_EVERY: usize = 1_000;
/// The first events, which are not counted. Every second one fails. After them the allocator has
/// all the memory that failures need in each worker's thread.
const WARM: usize = 500_000;
const CLOSE_EVERY: usize = 10_000;

/// The allocator may take a few more pages for each worker. A leak takes far more.
const MAX_GROWTH_KB: usize = 256;
const MAX_GROWTH_KB_PER_WORKER: usize = 64;

/// One run.
struct Plan {
    handler: &'static str,
    workers: usize,
    warm: usize,
    invocations: usize,
    /// Whether handlers panic in every way and the service misbehaves.
    has_faults: bool,
}

fn main() -> ExitCode {
    if env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        return minilambda::run(&[
            ("work", handler!(work)),
            ("faults", handler!(faults)),
            ("stream", Handler::streaming(stream)),
        ]);
    }
    // Cargo adds `--bench`.
    let count = env::args().find_map(|argument| argument.parse().ok());
    let mut plans = Vec::new();
    if !env::args().any(|argument| argument == "faults") {
        let plan = |workers| Plan {
            handler: "work",
            workers,
            warm: WARM,
            invocations: count.unwrap_or(INVOCATIONS),
            has_faults: false,
        };
        plans.extend([1, 8].map(plan));
    }
    for handler in ["faults", "stream"] {
        let invocations = count.unwrap_or(INVOCATIONS_WITH_FAULTS);
        plans.extend([1, 8, 64].map(|workers| Plan {
            handler,
            workers,
            warm: invocations / 10,
            invocations,
            has_faults: true,
        }));
    }
    let results: Vec<_> = plans.iter().map(soak).collect();
    if results.into_iter().all(|fine| fine) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

// ---- the function

#[derive(Deserialize, Serialize)]
struct Work {
    number: usize,
    names: Vec<String>,
    note: Option<String>,
}

fn work(mut work: Work, context: &Context) -> Result<Work, Error> {
    let warming = work.number < WARM;
    if work.number % PANIC_EVERY == 0 || warming && work.number % 4 == 0 {
        std::panic::panic_any("asked for");
    }
    if work.number % ERROR_EVERY == 0 || warming && work.number % 4 == 2 {
        return Err(Error::new("AskedFor", format!("number {}", work.number)));
    }
    work.note = Some(context.request_id.clone());
    Ok(work)
}

/// A payload whose `Drop` panics.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        std::panic::panic_any("dropped");
    }
}

/// Fails in every way, depending on the event's number.
fn faults(work: Work, context: &Context) -> Result<Work, Error> {
    match work.number % 23 {
        1 => std::panic::panic_any("asked for"),
        3 if work.number % 7 == 0 => std::panic::panic_any(Bomb),
        5 => drop(std::panic::catch_unwind(|| std::panic::panic_any("caught"))),
        7 => {
            let joined = thread::spawn(|| std::panic::panic_any("in a thread")).join();
            joined.unwrap_or_else(|payload| std::panic::resume_unwind(payload));
        }
        9 => return Err(Error::new("AskedFor", "an error")),
        11 => thread::scope(|scope| {
            scope.spawn(|| {
                context.attach_to_thread();
                log::info!("in a thread");
            });
        }),
        13 => print!("without a line feed"),
        _ => {}
    }
    Ok(Work { note: Some(context.request_id.clone()), ..work })
}

/// Streams the event back, or fails before, between or after the parts.
fn stream(event: Vec<u8>, context: &Context, out: &mut ResponseStream) -> Result<(), Error> {
    let work: Work = minilambda::decode(&event)?;
    let fails = |when: usize| work.number % 19 == when;
    if fails(1) {
        return Err(Error::new("AskedFor", "before the stream"));
    }
    write!(out, "{{\"note\":\"{}\"}}", context.request_id)?;
    out.flush()?;
    if fails(3) {
        std::panic::panic_any("in the stream");
    }
    if fails(5) {
        return Err(Error::new("AskedFor", "in the stream"));
    }
    out.write_all(&[b' '; 1000])?;
    Ok(())
}

// ---- the service

struct Counts {
    events: AtomicUsize,
    responses: AtomicUsize,
    errors: AtomicUsize,
    /// Whether each event has a response.
    responded: Mutex<Vec<bool>>,
    doubled: AtomicUsize,
}

fn soak(plan: &Plan) -> bool {
    let Plan { handler, workers, warm, invocations, has_faults } = *plan;
    let all = warm + invocations;
    let counts = Arc::new(Counts {
        events: AtomicUsize::new(0),
        responses: AtomicUsize::new(0),
        errors: AtomicUsize::new(0),
        responded: Mutex::new(vec![false; all + 1]),
        doubled: AtomicUsize::new(0),
    });
    let shared = Arc::clone(&counts);
    let serve = move |stream| drop(serve(stream, &shared, all, has_faults));
    let server = wire::Acceptor::start(serve).unwrap();
    let start = Instant::now();
    let mut function = Command::new(env::current_exe().unwrap())
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", server.address().to_string())
        .env("AWS_LAMBDA_MAX_CONCURRENCY", workers.to_string())
        .env("_HANDLER", handler)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    println!(
        "{handler}, {workers} worker(s), {invocations} invocations\n{:>12} {:>9} {:>5}",
        "served", "RSS kB", "fds"
    );
    let mut samples = Vec::new();
    for tenth in 1..=10 {
        let until = warm + invocations * tenth / 10;
        while counts.events.load(Ordering::SeqCst) < until {
            assert!(function.try_wait().unwrap().is_none(), "the function has ended");
            thread::sleep(Duration::from_millis(2));
        }
        let sample = sample(&function);
        println!("{:>12} {:>9} {:>5}", until - warm, sample.0, sample.1);
        samples.push(sample);
    }
    let took = start.elapsed();
    let responded =
        || counts.responses.load(Ordering::SeqCst) + counts.errors.load(Ordering::SeqCst);
    while responded() < all && start.elapsed() < took + Duration::from_secs(5) {
        thread::sleep(Duration::from_millis(10)); // the last ones are on their way
    }
    function.kill().unwrap();
    function.wait().unwrap();
    let (responses, errors) =
        (counts.responses.load(Ordering::SeqCst), counts.errors.load(Ordering::SeqCst));
    // With faults, 64 workers take half of the run until each has failed in every way.
    let first = samples[if has_faults { samples.len() / 2 } else { 0 }];
    let end = samples[samples.len() - 1];
    let may_grow = MAX_GROWTH_KB + if has_faults { MAX_GROWTH_KB_PER_WORKER * workers } else { 0 };
    let grown = end.0 > first.0 + may_grow || end.1 > first.1 + usize::from(has_faults) * 2;
    let responded = counts.responded.lock().unwrap();
    let lost = responded.iter().skip(1).filter(|responded| !**responded).count();
    let doubled = counts.doubled.load(Ordering::SeqCst);
    println!(
        "{responses} responses and {errors} errors in {took:.1?}, {:.0} a second; lost {lost}, \
         doubled {doubled}; {}\n",
        f64::from(u32::try_from(all).unwrap()) / took.as_secs_f64(),
        if grown { "IT GREW" } else { "no growth" }
    );
    assert_eq!((lost, doubled), (0, 0), "each event has one response");
    !grown
}

/// Returns the memory in kB, and the smallest number of descriptors of a few measurements: a
/// connection that is being replaced counts twice for a moment.
fn sample(process: &Child) -> (usize, usize) {
    let look = |()| {
        thread::sleep(Duration::from_millis(2));
        let status = fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let kb = line.split_whitespace().next().unwrap().parse().unwrap();
        let descriptors = fs::read_dir(format!("/proc/{}/fd", process.id())).unwrap().count();
        (kb, descriptors)
    };
    let looks = [(); 5].map(look);
    (looks.iter().map(|look| look.0).min().unwrap(), looks.iter().map(|look| look.1).min().unwrap())
}

/// What the service does instead of responding well.
#[derive(Clone, Copy, PartialEq)]
enum Fault {
    None,
    /// Closes the connection after a response, without announcing it.
    Close,
    /// Closes it after an event or a response, as announced.
    Announce,
    /// 100 Continue before the response.
    Continue,
    /// Sends each byte on its own.
    Slowly,
    /// Rejects the response.
    Reject,
    /// Cuts an event off.
    CutOff,
}

impl Fault {
    /// Some requests have a fault, depending on the number of the event.
    fn of(number: usize, is_event: bool) -> Self {
        match number.wrapping_mul(2_654_435_761) >> 7 & 0xff {
            0..=3 if !is_event => Self::Close,
            4..=7 => Self::Announce,
            8..=11 => Self::Continue,
            12..=13 => Self::Slowly,
            14..=17 if !is_event => Self::Reject,
            18..=19 if is_event => Self::CutOff,
            _ => Self::None,
        }
    }
}

fn serve(stream: TcpStream, counts: &Counts, all: usize, has_faults: bool) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    loop {
        let (line, body) = request(&mut reader)?;
        let is_event = line.starts_with("GET");
        let number = if is_event {
            counts.events.fetch_add(1, Ordering::SeqCst) + 1
        } else {
            let number = line.split('/').nth(4).and_then(|id| id.parse().ok());
            note_response(counts, number.ok_or(io::ErrorKind::InvalidData)?, &line, &body)
        };
        if number > all {
            thread::park(); // the function is killed while it waits
        }
        let fault = if has_faults { Fault::of(number, is_event) } else { Fault::None };
        let status = if fault == Fault::Reject { "410 Gone" } else { "202 Accepted" };
        let mut response = if is_event { event(number) } else { empty(status) };
        match fault {
            Fault::Continue => {
                response = [b"HTTP/1.1 100 Continue\r\n\r\n", &*response].concat();
            }
            Fault::Announce => {
                let text = String::from_utf8_lossy(&response);
                response = text.replacen("\r\n", "\r\nConnection: close\r\n", 1).into_bytes();
            }
            Fault::CutOff => response.truncate(response.len() - 5),
            _ => {}
        }
        if fault == Fault::Slowly {
            response.chunks(1).try_for_each(|byte| writer.write_all(byte))?;
        } else {
            writer.write_all(&response)?;
        }
        let closes = !has_faults && !is_event && number % CLOSE_EVERY == 0;
        if closes || matches!(fault, Fault::Close | Fault::Announce | Fault::CutOff) {
            return Ok(());
        }
    }
}

/// Counts the response to an event, whose number is returned.
fn note_response(counts: &Counts, number: usize, line: &str, body: &str) -> usize {
    let is_error = line.ends_with("/error");
    assert!(is_error || body.contains("\"note\":\""), "{body}");
    let counter = if is_error { &counts.errors } else { &counts.responses };
    counter.fetch_add(1, Ordering::SeqCst);
    if std::mem::replace(&mut counts.responded.lock().unwrap()[number], true) {
        counts.doubled.fetch_add(1, Ordering::SeqCst);
    }
    number
}

fn event(number: usize) -> Vec<u8> {
    let event = format!("{{\"number\":{number},\"names\":[\"cup\",\"pot\"],\"note\":null}}");
    let trace_id = format!("Root=1-5bef4de7-{number:024x};Sampled=1");
    let headers = [("Lambda-Runtime-Trace-Id", &*trace_id)];
    script::event(&number.to_string(), &headers, event.as_bytes())
}

fn empty(status: &str) -> Vec<u8> {
    wire::response(status, &[], b"")
}

fn request(reader: &mut impl BufRead) -> io::Result<(String, String)> {
    let (mut line, mut body) = (String::new(), Vec::new());
    let framing =
        wire::read_head(reader, &mut line, |_, _| {})?.ok_or(io::ErrorKind::UnexpectedEof)?;
    wire::read_body(reader, framing, usize::MAX, &mut body)?;
    Ok((line, String::from_utf8_lossy(&body).into_owned()))
}
