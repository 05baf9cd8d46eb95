//! Two million invocations through the real loop, with one worker and with eight: memory and
//! descriptors must not grow from a tenth of the way to its end.
//!
//! Run by `make soak`. This program is both sides: with `AWS_LAMBDA_RUNTIME_API` in its environment
//! it is the function, else the service, which starts the function and looks at it through /proc.
//! Some events fail and some panic, and now and then the service closes a connection.

use minilambda::{Context, Error, Handler, handler};
use miniserde::{Deserialize, Serialize};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, io, thread};

const INVOCATIONS: usize = 2_000_000;
const ERROR_EVERY: usize = 100;
const PANIC_EVERY: usize = 1_000;
/// Events that come first and are not counted; every second fails, in one way or the other. It
/// takes that many until the allocator has all the memory for failures, in each worker's thread, that
/// it will ever take: a million failures more add nothing to it.
const WARM: usize = 500_000;
const CLOSE_EVERY: usize = 10_000;

/// The allocator may take one more page for each worker; what leaks takes far more.
const MAX_GROWTH_KB: usize = 256;

fn main() -> ExitCode {
    if env::var_os("AWS_LAMBDA_RUNTIME_API").is_some() {
        return minilambda::run(&[
            ("work", handler!(work)),
            ("raw", Handler::raw(|event, _| Ok(event))),
        ]);
    }
    // Cargo gives `--bench`.
    let count = env::args().find_map(|argument| argument.parse().ok()).unwrap_or(INVOCATIONS);
    let results = [1, 8].map(|workers| soak(workers, count));
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

// ---- the service

#[derive(Default)]
struct Counts {
    events: AtomicUsize,
    responses: AtomicUsize,
    errors: AtomicUsize,
}

fn soak(workers: usize, invocations: usize) -> bool {
    let all = WARM + invocations;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let counts = Arc::new(Counts::default());
    let shared = Arc::clone(&counts);
    // Ends with this process.
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let counts = Arc::clone(&shared);
            thread::spawn(move || serve(stream, &counts, all));
        }
    });
    let start = Instant::now();
    let mut function = Command::new(env::current_exe().unwrap())
        .env_clear()
        .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
        .env("AWS_LAMBDA_MAX_CONCURRENCY", workers.to_string())
        .env("_HANDLER", "work")
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    println!(
        "{workers} worker(s), {invocations} invocations\n{:>12} {:>9} {:>5}",
        "served", "RSS kB", "fds"
    );
    let mut samples = Vec::new();
    for tenth in 1..=10 {
        let until = WARM + invocations * tenth / 10;
        while counts.events.load(Ordering::SeqCst) < until {
            assert!(function.try_wait().unwrap().is_none(), "the function has ended");
            thread::sleep(Duration::from_millis(2));
        }
        let sample = sample(&function);
        println!("{:>12} {:>9} {:>5}", until - WARM, sample.0, sample.1);
        samples.push(sample);
    }
    let took = start.elapsed();
    let answered =
        || counts.responses.load(Ordering::SeqCst) + counts.errors.load(Ordering::SeqCst);
    while answered() < all && start.elapsed() < 2 * took {
        thread::sleep(Duration::from_millis(10)); // the last ones are on their way
    }
    function.kill().unwrap();
    function.wait().unwrap();
    let (responses, errors) =
        (counts.responses.load(Ordering::SeqCst), counts.errors.load(Ordering::SeqCst));
    let (first, last) = (samples[0], samples[samples.len() - 1]);
    let grown = last.0 > first.0 + MAX_GROWTH_KB || last.1 > first.1;
    let complete = responses + errors == all;
    println!(
        "{responses} responses and {errors} errors in {took:.1?}, {:.0} a second: {}\n",
        f64::from(u32::try_from(all).unwrap()) / took.as_secs_f64(),
        if grown { "IT GREW" } else { "no growth" }
    );
    assert!(complete, "an answer for each event");
    !grown
}

/// Memory in kB, and the number of descriptors, the least of a few looks: a connection that is
/// being replaced is there twice for a moment.
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

fn serve(stream: TcpStream, counts: &Counts, all: usize) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    loop {
        let (line, body) = request(&mut reader)?;
        let mut answer = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n".to_vec();
        let mut close = false;
        if line.starts_with("GET") {
            let number = counts.events.fetch_add(1, Ordering::SeqCst) + 1;
            if number > all {
                thread::park(); // the function is killed while it waits
            }
            let event =
                format!("{{\"number\":{number},\"names\":[\"cup\",\"pot\"],\"note\":null}}");
            answer = format!(
                "HTTP/1.1 200 OK\r\nLambda-Runtime-Aws-Request-Id: {number}\r\n\
                 Lambda-Runtime-Deadline-Ms: 4102444800000\r\n\
                 Lambda-Runtime-Trace-Id: Root=1-5bef4de7-{number:024x};Sampled=1\r\n\
                 Content-Length: {}\r\n\r\n{event}",
                event.len()
            )
            .into_bytes();
        } else if line.contains("/error ") {
            counts.errors.fetch_add(1, Ordering::SeqCst);
        } else {
            assert!(body.contains("\"note\":\""), "{body}");
            let count = counts.responses.fetch_add(1, Ordering::SeqCst);
            close = count % CLOSE_EVERY == 0;
        }
        writer.write_all(&answer)?;
        if close {
            return Ok(());
        }
    }
}

fn request(reader: &mut impl BufRead) -> io::Result<(String, String)> {
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let (first, mut length) = (line.clone(), 0);
    while !line.trim_end().is_empty() {
        line.clear();
        reader.read_line(&mut line)?;
        let (name, value) = line.split_once(':').unwrap_or_default();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().map_err(io::Error::other)?;
        }
    }
    if first.is_empty() {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((first, String::from_utf8_lossy(&body).into_owned()))
}
