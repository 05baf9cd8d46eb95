//! Instructions by function, of the start and of an invocation, and the system calls of the start.
//! Only on demand: `make bench ONLY=profile`.

use crate::contenders::{self, Contender, Field, OURS};
use crate::counts;
use crate::plan::{self, Plan};
use crate::table::{Report, number};
use std::collections::HashMap;
use std::process::Command;

const LENGTHS: (usize, usize) = (100, 300);

pub fn measure(field: &Field, _: &Plan, report: &mut Report) -> Result<(), String> {
    let host = contenders::host()?;
    let folder = "target/bench/profile";
    let mut build = contenders::cargo_build("ours", "ours", "", &host);
    build.env("CARGO_TARGET_DIR", folder).env("CARGO_PROFILE_RELEASE_STRIP", "none");
    contenders::output(build.env("CARGO_PROFILE_RELEASE_DEBUG", "line-tables-only"))?;
    let path = contenders::absolute(&format!("{folder}/{host}/release/ours"))?;
    let ours = Contender { name: OURS, command: vec![path], handler: "echo", baseline: "" };

    let event = (plan::SMALL)();
    let by_function = |times| -> Result<HashMap<String, f64>, String> {
        let file = counts::callgrind(&ours, &[(&event, times)], &[])?;
        let mut annotate = Command::new("callgrind_annotate");
        Ok(functions(&contenders::output(annotate.args([
            "--threshold=100",
            "--auto=no",
            "--tree=none",
            &file,
        ]))?))
    };
    top(report, "Instructions of the start, by function", by_function(0)?, 1.0);
    let few = by_function(LENGTHS.0)?;
    let mut many = by_function(LENGTHS.1)?;
    for (function, count) in few {
        *many.entry(function).or_default() -= count;
    }
    let times = (LENGTHS.1 - LENGTHS.0) as f64;
    top(report, "Instructions of an invocation, by function", many, times);
    let ours = field.echo.iter().find(|contender| contender.name == OURS).unwrap_or(&ours);
    let calls = counts::trace(ours, &[])?;
    report.note(&format!("System calls of the start:\n\n```\n{calls}```"));
    Ok(())
}

/// Lines such as `1,234 ( 5.6%)  file.rs:function [program]`.
fn functions(annotated: &str) -> HashMap<String, f64> {
    let mut functions = HashMap::new();
    for line in annotated.lines() {
        let Some((count, rest)) = line.trim().split_once(" (") else { continue };
        let Ok(count) = count.replace(',', "").parse::<f64>() else { continue };
        let Some((_, name)) = rest.split_once(')') else { continue };
        // The path of the file is left out: the function's name says enough.
        let name = name.split(" [").next().unwrap_or(name).trim();
        let name =
            name.split_once(".rs:").or(name.split_once(".c:")).map_or(name, |(_, name)| name);
        *functions.entry(name.trim_start_matches("???:").to_owned()).or_default() += count;
    }
    functions.remove("PROGRAM TOTALS");
    functions
}

fn top(report: &mut Report, title: &str, functions: HashMap<String, f64>, times: f64) {
    let mut rows: Vec<(String, f64)> = functions.into_iter().collect();
    rows.sort_by(|a, b| b.1.total_cmp(&a.1));
    let total: f64 = rows.iter().map(|(_, count)| count).sum();
    let row = |(name, count): &(String, f64)| {
        let name: String = name.chars().take(110).collect();
        vec![name, number(Some(count / times), 0), number(Some(100.0 * count / total), 1)]
    };
    let rows: Vec<_> = rows.iter().take(45).map(row).collect();
    report.table(title, &["", "instructions", "%"], &rows);
}
