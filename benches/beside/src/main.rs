//! Programs beside each other, as Lambda runs them. `benches/aws-beside` measures those that read
//! an item of DynamoDB: a stub server responds at once, so that the programs' own time is seen.
//! With `--lines`, any programs are measured, and each row of figures is a line; see
//! `benches/small`. `QUICK=1` only tests the benchmark.

use minilambda_local::Lambda;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use std::{env, fs, thread};

/// Some periods in which a part of a CPU is given.
const REST: Duration = Duration::from_millis(60);

/// What is measured, and how often.
struct Plan {
    rounds: usize,
    cold: usize,
    warm: usize,
    memory_mb: u32,
    /// Whether the program has a part of a CPU: it rests before a start, and the mean of warm
    /// events has the times that it waits.
    is_small: bool,
    /// The variables of the programs.
    env: Vec<(&'static str, String)>,
}

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let is_quick = env::var_os("QUICK").is_some_and(|quick| !quick.is_empty());
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => println!("usage: beside NAME=PATH...   (nothing was measured)"),
        ["--lines", memory_mb, url, ca, programs @ ..] => {
            let (rounds, cold, warm) = if is_quick { (1, 1, 5) } else { (5, 5, 100) };
            let mut env = variables(url);
            env.extend([("AWS_CA_BUNDLE", (*ca).to_owned()), ("SSL_CERT_FILE", (*ca).to_owned())]);
            let memory_mb = memory_mb.parse().expect("the memory is a number");
            lines(&Plan { rounds, cold, warm, memory_mb, is_small: true, env }, programs);
        }
        programs => {
            let server = documents::table::start().unwrap();
            let url = format!("http://{}", server.address());
            let (rounds, cold, warm) = if is_quick { (1, 1, 10) } else { (7, 20, 1000) };
            let env = variables(&url);
            let plan = Plan { rounds, cold, warm, memory_mb: 1024, is_small: false, env };
            report(&plan, programs);
        }
    }
    ExitCode::SUCCESS
}

fn variables(url: &str) -> Vec<(&'static str, String)> {
    [
        ("AWS_ENDPOINT_URL", url),
        ("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

/// A program that is measured.
struct Program<'a> {
    path: &'a str,
    handler: &'a str,
    first: &'a str,
    event: &'a str,
}

/// Measures the programs in turns, and returns the median of each figure.
fn medians(plan: &Plan, programs: &[Program]) -> Vec<[f64; 6]> {
    let mut figures: Vec<[Vec<f64>; 6]> = programs.iter().map(|_| Default::default()).collect();
    for _ in 0..plan.rounds {
        for (program, columns) in programs.iter().zip(&mut figures) {
            for (column, figure) in columns.iter_mut().zip(measure(program, plan)) {
                column.push(figure);
            }
        }
    }
    figures.iter_mut().map(|columns| columns.each_mut().map(|column| median(column))).collect()
}

/// Measures programs that are given as a path, a handler, the first event and the others, and
/// prints a line of figures for each.
fn lines(plan: &Plan, arguments: &[&str]) {
    fn program<'a>(row: &[&'a str]) -> Program<'a> {
        match *row {
            [path, handler, first, event] => Program { path, handler, first, event },
            _ => panic!("a program is a path, a handler and two events"),
        }
    }
    for figures in medians(plan, &arguments.chunks(4).map(program).collect::<Vec<_>>()) {
        println!("{}", figures.map(|figure| format!("{figure:.3}")).join(" "));
    }
}

/// Measures programs that read an item, and prints a table.
fn report(plan: &Plan, programs: &[&str]) {
    let programs: Vec<_> = programs.iter().filter_map(|program| program.split_once('=')).collect();
    let event = r#"{"id":"ada"}"#;
    let rows =
        programs.iter().map(|(_, path)| Program { path, handler: "get", first: event, event });
    println!(
        "| {} rounds | start to /next | first event | CPU until its end | GetItem, warm | CPU | memory |",
        plan.rounds
    );
    println!("|---|---|---|---|---|---|---|");
    for ((name, _), figures) in programs.iter().zip(medians(plan, &rows.collect::<Vec<_>>())) {
        let [start, first, first_cpu, warm, cpu, memory] = figures;
        println!(
            "| {name} | {start:.2} ms | {first:.2} ms | {first_cpu:.1} ms | {warm:.0} µs | {cpu:.0} µs \
             | {memory:.1} MB |"
        );
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Milliseconds to the first request for an event, of the first event, and of CPU time until its
/// end; microseconds of a warm event, and of CPU time for each; the most memory, in MB.
fn measure(program: &Program, plan: &Plan) -> [f64; 6] {
    let Program { path, handler, first, event } = *program;
    let mut builder = Lambda::builder(path)
        .freeze(false)
        .memory_mb(plan.memory_mb)
        .timeout(Duration::from_secs(30));
    for (name, value) in &plan.env {
        builder = builder.env(*name, value);
    }
    let lambda = builder.build();
    let (mut starts, mut firsts) = (Vec::new(), Vec::new());
    let mut first_cpus = Vec::new();
    for _ in 0..plan.cold {
        if plan.is_small {
            thread::sleep(REST);
        }
        let before = cpu_of_children();
        let done = lambda.invoke_cold(handler, first).unwrap();
        first_cpus.push((cpu_of_children() - before) * 1e3);
        assert_eq!(done.failure, None, "{:#?}", done.log);
        starts.push(done.report.init.unwrap_or_default().as_secs_f64() * 1e3);
        firsts.push(done.report.duration.as_secs_f64() * 1e3);
        lambda.stop();
    }
    lambda.invoke(handler, first).unwrap();
    let before = cpu_of_children();
    let mut times = Vec::new();
    let mut memory = 0;
    for _ in 0..plan.warm {
        let start = Instant::now();
        let done = lambda.invoke(handler, event).unwrap();
        assert_eq!(done.failure, None, "{:#?}", done.log);
        times.push(done.report.duration.min(start.elapsed()).as_secs_f64() * 1e6);
        memory = done.report.max_memory_kb.unwrap_or(0);
    }
    let warm = f64::from(u32::try_from(plan.warm).unwrap());
    let cpu = (cpu_of_children() - before) * 1e6 / warm;
    lambda.stop();
    let memory = f64::from(u32::try_from(memory).unwrap()) / 1024.0;
    let mean = times.iter().sum::<f64>() / warm;
    let [start, first, first_cpu, time] =
        [&mut starts, &mut firsts, &mut first_cpus, &mut times].map(|figures| median(figures));
    let time = if plan.is_small { mean } else { time };
    [start, first, first_cpu, time, cpu, memory]
}

/// Seconds of CPU time of the programs that run, with their threads: the children of this process,
/// of which the guardian of minilambda-local does nothing meanwhile.
fn cpu_of_children() -> f64 {
    let folders = |path: PathBuf| {
        fs::read_dir(path).into_iter().flatten().flatten().map(|entry| entry.path())
    };
    let read = |path: PathBuf| fs::read_to_string(path).unwrap_or_default();
    let parent = std::process::id().to_string();
    let children = folders("/proc".into()).filter(|process| {
        let stat = read(process.join("stat"));
        stat.rsplit(')').next().and_then(|fields| fields.split_whitespace().nth(1)) == Some(&parent)
    });
    let threads = children.flat_map(|process| folders(process.join("task")));
    let nanoseconds = threads
        .filter_map(|thread| read(thread.join("schedstat")).split(' ').next()?.parse::<f64>().ok());
    nanoseconds.sum::<f64>() / 1e9
}
