//! What can be counted, and so is the same in every run: system calls and instructions.

use crate::bootstrap::Bootstrap;
use crate::contenders::Contender;
use std::fs;
use std::process::{Command, Stdio};

/// An event, and two numbers of times that it is sent.
pub struct Runs<'a> {
    pub event: &'a str,
    pub lengths: (usize, usize),
}

impl Runs<'_> {
    /// What one invocation takes of what a run takes.
    fn difference(&self, count: impl Fn(usize) -> Result<f64, String>) -> Result<f64, String> {
        let (few, many) = self.lengths;
        Ok((count(many)? - count(few)?) / (many - few) as f64)
    }
}

/// Of one invocation; or, without any, of the start.
pub fn system_calls(contender: &Contender, runs: Option<&Runs>) -> Result<Option<f64>, String> {
    if !is_there("strace") {
        return Ok(None);
    }
    let path = scratch("strace");
    let tool = ["strace", "-f", "-qq", "-o", &path];
    let count = |event: &str, times: usize| {
        let started = Bootstrap::start_under(contender, &tool, &[], 1)?;
        started.invoke(event, times)?;
        let traced = started.first_child().unwrap_or(started.pid());
        started.end(traced);
        // What is taken up again was counted when it began; signals and ends are no calls.
        let calls = |text: &str| {
            let is_call = |line: &&str| line.contains('(') && !line.contains(" resumed>");
            text.lines().filter(is_call).filter(|line| !line.contains(" --- ")).count()
        };
        fs::read_to_string(&path).map(|text| calls(&text) as f64).map_err(|error| error.to_string())
    };
    match runs {
        Some(runs) => runs.difference(|times| count(runs.event, times)).map(Some),
        None => count("", 0).map(Some),
    }
}

/// In user space, of one invocation.
pub fn instructions(contender: &Contender, runs: &Runs) -> Result<Option<f64>, String> {
    if !is_there("valgrind") {
        return Ok(None);
    }
    let path = scratch("callgrind");
    let file = format!("--callgrind-out-file={path}");
    // The scheduler is fair so that a waiting thread is not starved by one that spins.
    let tool = ["valgrind", "--quiet", "--tool=callgrind", "--fair-sched=try", &file];
    let count = |times: usize| {
        let started = Bootstrap::start_under(contender, &tool, &[], 1)?;
        started.invoke(runs.event, times)?;
        let pid = started.pid();
        started.end(pid);
        let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
        total.and_then(|total| total.trim().parse().ok()).ok_or(format!("{path} has no total"))
    };
    runs.difference(count).map(Some)
}

fn is_there(tool: &str) -> bool {
    let quiet = |command: &mut Command| {
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    };
    quiet(Command::new(tool).arg("--version"))
}

/// The path is absolute: the tools write where the bootstraps run.
fn scratch(tool: &str) -> String {
    let folder = std::env::current_dir().unwrap_or_default().join("target/bench");
    folder.join(format!("{tool}.out")).to_string_lossy().into_owned()
}
