//! Programs that read an item of DynamoDB, beside each other: `beside NAME=PATH...`; see
//! `tests/aws-beside`. A stub server responds at once, so that the programs' own time is seen.

use minilambda_local::{Lambda, wire};
use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

const ROUNDS: usize = 7;
const COLD: usize = 20;
const WARM: usize = 1000;

fn main() -> ExitCode {
    let programs: Vec<_> = env::args()
        .skip(1)
        .filter_map(|argument| argument.split_once('=').map(|(k, v)| (k.to_owned(), v.to_owned())))
        .collect();
    if programs.is_empty() {
        println!("usage: beside NAME=PATH...   (nothing was measured)");
        return ExitCode::SUCCESS;
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || serve(&stream));
        }
    });
    let mut figures: Vec<[Vec<f64>; 5]> = programs.iter().map(|_| Default::default()).collect();
    for _ in 0..ROUNDS {
        for ((_, path), columns) in programs.iter().zip(&mut figures) {
            for (column, figure) in columns.iter_mut().zip(measure(path, &url)) {
                column.push(figure);
            }
        }
    }
    println!("| {ROUNDS} rounds | start to /next | first event | GetItem, warm | CPU | memory |");
    println!("|---|---|---|---|---|---|");
    for ((name, _), columns) in programs.iter().zip(&mut figures) {
        let [start, first, warm, cpu, memory] = columns.each_mut().map(|column| median(column));
        println!(
            "| {name} | {start:.2} ms | {first:.2} ms | {warm:.0} µs | {cpu:.0} µs | {memory:.1} MB |"
        );
    }
    ExitCode::SUCCESS
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Milliseconds to the first request for an event and of the first event; microseconds of a warm one,
/// and of CPU time for each; the most memory, in MB.
fn measure(path: &str, url: &str) -> [f64; 5] {
    let lambda = Lambda::builder(path)
        .freeze(false)
        .memory_mb(1024)
        .timeout(Duration::from_secs(30))
        .env("AWS_ENDPOINT_URL", url)
        .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "secret")
        .start();
    let event = r#"{"id":"ada"}"#;
    let (mut starts, mut firsts) = (Vec::new(), Vec::new());
    for _ in 0..COLD {
        let done = lambda.invoke_cold("get", event).unwrap();
        assert_eq!(done.failure, None, "{:#?}", done.log);
        starts.push(done.report.init.unwrap_or_default().as_secs_f64() * 1e3);
        firsts.push(done.report.duration.as_secs_f64() * 1e3);
    }
    lambda.stop();
    lambda.invoke("get", event).unwrap();
    let before = cpu_of_children();
    let mut times = Vec::new();
    let mut memory = 0;
    for _ in 0..WARM {
        let start = Instant::now();
        let done = lambda.invoke("get", event).unwrap();
        times.push(done.report.duration.min(start.elapsed()).as_secs_f64() * 1e6);
        memory = done.report.max_memory_kb.unwrap_or(0);
    }
    lambda.stop(); // its time counts when it has ended
    let cpu = (cpu_of_children() - before) * 1e6 / f64::from(u32::try_from(WARM).unwrap());
    let memory = f64::from(u32::try_from(memory).unwrap()) / 1024.0;
    [median(&mut starts), median(&mut firsts), median(&mut times), cpu, memory]
}

/// Seconds of CPU time of the programs that have ended.
fn cpu_of_children() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks = |index: usize| fields[index].parse::<u32>().unwrap();
    f64::from(ticks(13) + ticks(14)) / 100.0
}

fn serve(mut stream: &TcpStream) {
    let body = br#"{"Item":{"id":{"S":"ada"},"name":{"S":"Ada"},"age":{"N":"36"}}}"#;
    let headers = [("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-RequestId", "1")];
    let response = wire::response("200 OK", &headers, body);
    let mut reader = BufReader::new(stream);
    let (mut line, mut bytes) = (String::new(), Vec::new());
    stream.set_nodelay(true).unwrap();
    while let Ok(Some(framing)) = wire::read_head(&mut reader, &mut line, |_, _| {}) {
        let limit = usize::MAX;
        if wire::read_body(&mut reader, framing, limit, &mut bytes, |_| {}, |_, _| {}).is_err()
            || stream.write_all(&response).is_err()
        {
            return;
        }
    }
}
