//! Sizes of the programs, numbers of dependencies, and build times.

use crate::contenders::{self, Contender, Field};
use crate::plan::Plan;
use crate::table::{NONE, Report, number};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

pub fn measure(field: &Field, plan: &Plan, report: &mut Report) -> Result<(), String> {
    one(&field.echo, "Size of a program that echoes bytes", report);
    let sizes: Vec<_> = field.echo.iter().filter_map(size).collect();
    report.chart("Binary, MB", sizes.iter().map(|(who, bytes, _)| (who.name, bytes / 1e6)));
    let rows = [
        ("minilambda", "ours", "ours", ""),
        ("minilambda with events", "ours", "ours-typed", "events"),
        ("the to-do application", "ours", "ours-http", "http"),
        ("lambda_runtime", "official", "official", ""),
        ("lambda_runtime with aws_lambda_events (SQS)", "official", "official-typed", "events"),
        ("the to-do application, lambda_http with axum", "official", "official-http", "http"),
    ]
    .map(|(name, package, program, features)| {
        let crates = [
            crates(package, features, "normal")?,
            crates(package, features, "normal,no-proc-macro")?,
        ];
        let (clean, again) =
            if plan.quick { (None, None) } else { build_times(package, program, features)? };
        let [all, linked] = crates.map(|count| count.to_string());
        Ok(vec![name.to_owned(), all, linked, number(clean, 1), number(again, 1)])
    })
    .into_iter()
    .collect::<Result<Vec<_>, String>>()?;
    report.table(
        "Crates in the tree, and release builds of the program, static",
        &["", "crates", "linked in", "clean build, s", "after a change of the program, s"],
        &rows,
    );
    if plan.quick {
        report.note(&format!("{NONE}: builds are timed in the full run only."));
    }
    Ok(())
}

pub fn one(contenders: &[Contender], title: &str, report: &mut Report) {
    let rows = contenders
        .iter()
        .filter_map(size)
        .map(|(who, bytes, zip)| vec![who.name.to_owned(), number(Some(bytes), 0), number(zip, 0)]);
    report.table(title, &["", "bytes", "zip"], &rows.collect::<Vec<_>>());
}

fn size(contender: &Contender) -> Option<(&Contender, f64, Option<f64>)> {
    let binary = contender.binary()?;
    let bytes = fs::metadata(binary).ok()?.len() as f64;
    Some((contender, bytes, zipped(binary)))
}

fn zipped(path: &Path) -> Option<f64> {
    let output = Command::new("zip").args(["-q", "-9", "-j", "-"]).arg(path).output().ok()?;
    Some(output.stdout.len() as f64)
}

/// Counts the crates in the tree, without the program itself.
fn crates(package: &str, features: &str, edges: &str) -> Result<usize, String> {
    let tree = contenders::output(Command::new("cargo").args([
        "tree",
        "--manifest-path",
        "benches/Cargo.toml",
        "--package",
        package,
        "--features",
        features,
        "--edges",
        edges,
        "--no-dedupe",
        "--prefix",
        "none",
    ]))?;
    let names: BTreeSet<&str> =
        tree.lines().map(|line| line.trim_end_matches(" (*)").trim()).collect();
    Ok(names.len() - 1)
}

/// Returns the seconds of a clean build, and of another after the program's source was touched.
fn build_times(
    package: &str,
    program: &str,
    features: &str,
) -> Result<(Option<f64>, Option<f64>), String> {
    let host = contenders::host()?;
    let folder = "target/bench/clean";
    let build = || {
        let start = Instant::now();
        let mut command = contenders::cargo_build(package, program, features, &host);
        contenders::output(command.env("CARGO_TARGET_DIR", folder))?;
        Ok::<f64, String>(start.elapsed().as_secs_f64())
    };
    let _ = fs::remove_dir_all(folder);
    let clean = build()?;
    let parent = if package == "official" { "peers/official" } else { package };
    let source = match program {
        "ours-http" => "examples/todo.rs".to_owned(),
        _ => format!("benches/{parent}/src/bin/{program}.rs"),
    };
    contenders::output(Command::new("touch").arg(source))?;
    let again = build()?;
    let _ = fs::remove_dir_all(folder);
    Ok((Some(clean), Some(again)))
}
