//! Measures bootstraps side by side, from the root of the repository: `make bench`.
//!
//! All programs serve the same events in turns, so that load of the machine affects them equally.
//! No figure is a condition to pass.
//!
//! `QUICK=1` measures little, to test the benchmark itself. `ONLY=cold,memory` runs some of the
//! parts. Both write no file. `meter guard` compares counts of instructions with those that are
//! kept: `make guard`. `meter event NAME` prints an event.

mod api;
mod bootstrap;
mod chart;
mod cold;
mod contenders;
mod counts;
mod decoding;
mod growth;
mod guard;
mod history;
mod http;
mod invocations;
mod memory;
mod plan;
mod profile;
mod sizes;
mod table;

use contenders::Field;
use plan::Plan;
use std::process::ExitCode;
use std::{env, fs};
use table::Report;

type Part = fn(&Field, &Plan, &mut Report) -> Result<(), String>;

const LEGEND: &str = "# Beside the baseline and the official runtime

Measured by `make bench`, which writes this file. Bootstraps serve the same events from one Runtime
API on loopback in turn, round after round. The baseline is a bare loop in C that parses next to
nothing, with the C library of the program it is compared with. `lambda_runtime` is the official
runtime, on a tokio of one thread (which ratios are taken to) and as `#[tokio::main]` makes it; it
echoes a `RawValue`. Python reads and writes the JSON, as its runtime always does. Go and Zig are
loops on their standard libraries, which echo bytes: their runtimes for Lambda are on no registry.
All programs but Python's are static, and those in Rust built with the same profile. For cycles the
API has one core and the bootstrap another. Instructions are those of user space, by callgrind;
calls, by strace.";

const HISTORY: &str = "docs/BENCHMARK-HISTORY.md";

const ON_DEMAND: &str = "profile";

const PARTS: [(&str, Part); 10] = [
    ("cold", cold::measure),
    ("invocations", invocations::measure),
    ("memory", memory::measure),
    ("http", http::measure),
    ("sizes", sizes::measure),
    ("decoding", decoding::measure),
    ("payloads", growth::payloads),
    ("workers", growth::workers),
    ("table", growth::handlers),
    (ON_DEMAND, profile::measure),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let result = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["guard"] => guard::check(),
        ["guard", "update"] => guard::update(),
        ["event", name] => event(name),
        _ => bench(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("bench: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Prints an event, for other benchmarks.
fn event(name: &str) -> Result<(), String> {
    let text = match name {
        "small" => (plan::SMALL)(),
        "create-to-do" => plan::create_to_do(),
        "read-to-do" => plan::read_to_do(),
        "durable-replay" => documents::durable_replay(),
        _ => return Err(format!("there is no event {name}")),
    };
    print!("{text}");
    Ok(())
}

fn bench() -> Result<(), String> {
    let set = |name: &str| env::var(name).ok().filter(|text| !text.is_empty());
    let plan = if set("QUICK").is_some() { plan::QUICK } else { plan::FULL };
    let only = set("ONLY");
    let wanted = |part: &str| match &only {
        Some(only) => only.split(',').any(|name| name == part),
        None => part != ON_DEMAND,
    };
    let field = contenders::build(plan.quick)?;
    let mut report = Report::default();
    report.note(LEGEND);
    report.note(&machine());
    for line in &field.missing {
        report.note(&format!("Left out: {line}"));
    }
    for (name, measure) in PARTS.iter().filter(|(name, _)| wanted(name)) {
        eprintln!("measuring: {name}");
        measure(&field, &plan, &mut report)?;
    }
    report.note(&load());
    report.text.truncate(report.text.trim_end().len());
    println!("{}", report.text);
    if !plan.quick && only.is_none() {
        write("docs/BENCHMARK.md", &(report.text + "\n"))?;
        write("docs/benchmark.svg", &chart::draw(&report.bars))?;
        let text = fs::read_to_string(HISTORY).ok();
        let run = format!("{}, {}", said("date", "--iso-8601"), model());
        write(HISTORY, &history::add(text, &run, &report.bars))?;
    }
    Ok(())
}

fn write(path: &str, text: &str) -> Result<(), String> {
    let _ = fs::create_dir("docs");
    fs::write(path, text).map_err(|error| format!("{path}: {error}"))
}

/// Describes the machine, the system and the compilers in one line.
fn machine() -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!(
        "{}, {cores} cores, Linux {}; {}; {}; {}. {}",
        model(),
        read("/proc/sys/kernel/osrelease").trim(),
        said("rustc", "--version"),
        said("cc", "--version"),
        said("date", "--iso-8601"),
        load()
    )
}

fn model() -> String {
    let text = read("/proc/cpuinfo");
    let line = text.lines().find(|line| line.starts_with("model name")).unwrap_or_default();
    line.split_once(':').map_or(String::new(), |(_, model)| model.trim().to_owned())
}

/// Returns the first line that a command prints.
fn said(command: &str, argument: &str) -> String {
    let text = contenders::output(std::process::Command::new(command).arg(argument));
    text.unwrap_or_default().lines().next().unwrap_or_default().to_owned()
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

fn load() -> String {
    let text = read("/proc/loadavg");
    let three: Vec<&str> = text.split(' ').take(3).collect();
    format!("Load average: {}.", three.join(" "))
}
