//! The programs that are compared, and how each is built: release, with LTO, static if possible.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

/// A program that is measured.
#[derive(Clone, Debug)]
pub struct Contender {
    pub name: &'static str,
    pub command: Vec<String>,
    pub handler: &'static str,
    /// The baseline with the same C library.
    pub baseline: &'static str,
}

impl Contender {
    /// Returns the executable, if the contender is one file.
    pub fn binary(&self) -> Option<&Path> {
        (self.command.len() == 1).then(|| Path::new(&self.command[0]))
    }
}

pub const BASELINE: &str = "baseline, glibc";
pub const BASELINE_MUSL: &str = "baseline, musl";
pub const OURS: &str = "minilambda, glibc";
pub const OURS_MUSL: &str = "minilambda, musl";
pub const GO: &str = "Go, net/http";
pub const ZIG: &str = "Zig, std.http";
/// The faster of the official runtime's two programs, to which ratios are calculated.
pub const OFFICIAL: &str = "lambda_runtime, 1 thread";

const NOT_WITH_QUICK: &str = "not with QUICK";

/// All contenders, and which ones are missing.
pub struct Field {
    /// Programs that respond with the event's bytes.
    pub echo: Vec<Contender>,
    /// Programs that respond with the number of messages of an SQS batch.
    pub typed: Vec<Contender>,
    /// The to-do application.
    pub http: Vec<Contender>,
    /// Programs that echo several events at once.
    pub workers: Vec<Contender>,
    /// A program with a table of handlers, whose length is set by a variable.
    pub table: Contender,
    /// The program that compares JSON libraries.
    pub decoding: String,
    pub missing: Vec<String>,
}

/// `quick` leaves out those that take long to build.
pub fn build(quick: bool) -> Result<Field, String> {
    let host = host()?;
    let musl_target = host.replace("-gnu", "-musl");
    let mut missing = Vec::new();
    let rust = |name, package, program, features, baseline| -> Result<Contender, String> {
        let path = cargo(package, program, features, &host)?;
        Ok(Contender { name, command: vec![path], handler: "echo", baseline })
    };
    let ours = rust(OURS, "ours", "ours", "", BASELINE)?;
    let mut echo = vec![c("cc", BASELINE, "baseline-glibc")?];
    match c("musl-gcc", BASELINE_MUSL, "baseline-musl") {
        Ok(baseline) => echo.push(baseline),
        Err(why) => missing.push(format!("{BASELINE_MUSL}: {why} (Debian's package musl-tools)")),
    }
    echo.push(ours.clone());
    let musl = |command| Contender {
        name: OURS_MUSL,
        command: vec![command],
        handler: "echo",
        baseline: BASELINE_MUSL,
    };
    match env::var("OURS_MUSL") {
        Ok(path) if !path.is_empty() => echo.push(musl(absolute(&path)?)),
        _ if installed(&musl_target) => echo.push(musl(cargo("ours", "ours", "", &musl_target)?)),
        _ => missing.push(format!(
            "{OURS_MUSL}: rustup target add {musl_target}, or OURS_MUSL=PATH of a build of benches/ours"
        )),
    }
    if quick {
        missing.push(format!("lambda_runtime: {NOT_WITH_QUICK}"));
    } else {
        echo.push(rust(OFFICIAL, "official", "official", "", BASELINE)?);
        echo.push(rust("lambda_runtime, default", "official", "official-threads", "", BASELINE)?);
    }
    match if quick { Err(NOT_WITH_QUICK.to_owned()) } else { python() } {
        Ok(python) => echo.push(python),
        Err(why) => missing.push(format!("awslambdaric: {why}")),
    }
    let others: [(_, fn() -> _); 2] = [(GO, go), (ZIG, zig)];
    for (name, build) in others {
        match if quick { Err(NOT_WITH_QUICK.to_owned()) } else { build() } {
            Ok(path) => {
                echo.push(Contender {
                    name,
                    command: vec![path],
                    handler: "echo",
                    baseline: BASELINE,
                });
            }
            Err(why) => missing.push(format!("{name}: {why}")),
        }
    }
    let mut typed = vec![rust(OURS, "ours", "ours-typed", "events", BASELINE)?];
    let mut http = vec![
        rust(OURS, "ours", "ours-http", "http", BASELINE)?,
        rust("without routes, glibc", "ours", "ours-http-by-hand", "http", BASELINE)?,
    ];
    let mut workers = vec![ours];
    workers.extend(echo.iter().find(|contender| contender.name == OURS_MUSL).cloned());
    if !quick {
        typed.push(rust(OFFICIAL, "official", "official-typed", "events", BASELINE)?);
        http.push(rust(OFFICIAL, "official", "official-http", "http", BASELINE)?);
        workers.push(rust("lambda_runtime", "official", "official-workers", "workers", BASELINE)?);
    }
    let todo = |contender| Contender { handler: "todo.http", ..contender };
    let http = http.into_iter().map(todo).collect();
    let table = rust(OURS, "ours", "ours-table", "", BASELINE)?;
    let decoding =
        if quick { not_optimised("decoding")? } else { cargo("decoding", "decoding", "", &host)? };
    Ok(Field { echo, typed, http, workers, table, decoding, missing })
}

/// Returns rustc's target triple of this machine.
pub fn host() -> Result<String, String> {
    let text = output(Command::new("rustc").arg("-vV"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(line.ok_or("rustc names no host")?.to_owned())
}

fn installed(target: &str) -> bool {
    let libraries =
        output(Command::new("rustc").args(["--print", "target-libdir", "--target", target]));
    libraries.is_ok_and(|path| Path::new(path.trim()).is_dir())
}

fn package_build(package: &str) -> Command {
    let mut command = Command::new(env::var("CARGO").unwrap_or("cargo".to_owned()));
    command.args(["build", "--quiet", "--manifest-path", "benches/Cargo.toml"]);
    command.args(["--package", package]);
    command
}

/// Returns a command that builds a package of `benches` with the flags of `scripts/build`.
pub fn cargo_build(package: &str, program: &str, features: &str, target: &str) -> Command {
    let mut command = package_build(package);
    command.args(["--release", "--bin", program, "--features", features, "--target", target]);
    command.env(
        "CARGO_ENCODED_RUSTFLAGS",
        "-Ctarget-feature=+crt-static\x1f-Crelocation-model=static",
    );
    command
}

/// Builds a program, and returns its path.
pub fn cargo(package: &str, program: &str, features: &str, target: &str) -> Result<String, String> {
    eprintln!("building {program} for {target}");
    output(
        cargo_build(package, program, features, target).env("CARGO_TARGET_DIR", "target/bench"),
    )?;
    absolute(&format!("target/bench/{target}/release/{program}"))
}

/// Builds a program where the tests have built most of its crates, and returns its path.
fn not_optimised(package: &str) -> Result<String, String> {
    output(package_build(package).env("CARGO_TARGET_DIR", "target"))?;
    absolute(&format!("target/debug/{package}"))
}

fn c(compiler: &str, name: &'static str, file: &str) -> Result<Contender, String> {
    let path = format!("target/bench/{file}");
    let options = ["-O2", "-flto", "-static", "-no-pie", "-s", "-o"];
    output(Command::new(compiler).args(options).args([&path, "benches/peers/baseline.c"]))?;
    Ok(Contender { name, command: vec![absolute(&path)?], handler: "echo", baseline: name })
}

/// The official runtime for Python, started as in AWS's images.
fn python() -> Result<Contender, String> {
    let python = fetched("awslambdaric")? + "/bin/python3";
    let command = [&python, "-m", "awslambdaric", "echo.echo"].map(str::to_owned).to_vec();
    Ok(Contender { name: "awslambdaric (Python)", command, handler: "echo", baseline: BASELINE })
}

/// A loop on Go's standard library. The official runtime for Go is on no registry that the tests
/// use.
fn go() -> Result<String, String> {
    let tool = fetched("go")?;
    let path = absolute("target/bench")? + "/echo-go";
    let mut build = Command::new(&tool);
    build.current_dir("benches/peers/go");
    build.env("GOTOOLCHAIN", "local").env("CGO_ENABLED", "0");
    build.env("GOCACHE", absolute("target/bench")? + "/go-cache");
    output(build.args(["build", "-trimpath", "-ldflags", "-s -w", "-o", &path, "."]))?;
    Ok(path)
}

/// A loop on Zig's standard library.
fn zig() -> Result<String, String> {
    let tool = fetched("zig")?;
    let folder = absolute("target/bench")?;
    let options = ["-O", "ReleaseFast", "-fstrip", "--name", "echo-zig", "--cache-dir"];
    let mut build = Command::new(tool);
    build.args(["build-exe", "benches/peers/zig/main.zig"]).args(options);
    build.args([folder.clone() + "/zig-cache", format!("-femit-bin={folder}/echo-zig")]);
    output(&mut build)?;
    Ok(folder + "/echo-zig")
}

/// Returns the path of a tool that only tests need.
fn fetched(tool: &str) -> Result<String, String> {
    let path = output(Command::new("tests/tools/fetch").arg(tool))?;
    // The link would hide where the rest of the tool is.
    let path = fs::canonicalize(path.trim()).map_err(|error| format!("{tool}: {error}"))?;
    Ok(path.to_string_lossy().into_owned())
}

pub fn absolute(path: &str) -> Result<String, String> {
    let path: PathBuf = fs::canonicalize(path).map_err(|error| format!("{path}: {error}"))?;
    Ok(path.to_string_lossy().into_owned())
}

/// Returns what a command prints, if it succeeds.
pub fn output(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("{name}: {error}"))?;
    if !output.status.success() {
        return Err(format!("{name} failed: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
