//! Counts that are equal in every run: system calls and instructions.

use crate::bootstrap::Bootstrap;
use crate::contenders::{Contender, GO, ZIG};
use std::fs;
use std::process::{Command, Stdio};

/// An event, and the two numbers of times that it is sent.
pub struct Runs<'a> {
    /// An event that is sent once before.
    pub first: Option<String>,
    pub event: &'a str,
    pub lengths: (usize, usize),
}

impl Runs<'_> {
    /// Returns the count for one invocation: the difference of two runs, divided.
    fn difference(
        &self,
        count: impl Fn(&[(&str, usize)]) -> Result<f64, String>,
    ) -> Result<f64, String> {
        let (few, many) = self.lengths;
        let first = self.first.iter().map(|first| (&**first, 1));
        let count = |times| count(&first.clone().chain([(self.event, times)]).collect::<Vec<_>>());
        Ok((count(many)? - count(few)?) / (many - few) as f64)
    }
}

/// Counts the system calls of one invocation, or of the start if there are no runs.
pub fn system_calls(contender: &Contender, runs: Option<&Runs>) -> Result<Option<f64>, String> {
    if !is_there("strace") {
        return Ok(None);
    }
    // A resumed call was counted when it began. Signals and exits are not calls.
    let is_call =
        |line: &&str| line.contains('(') && !line.contains(" resumed>") && !line.contains(" --- ");
    let count = |events: &[(&str, usize)]| {
        trace(contender, events).map(|text| text.lines().filter(is_call).count() as f64)
    };
    match runs {
        Some(runs) => runs.difference(count).map(Some),
        None => count(&[]).map(Some),
    }
}

/// Traces a run with strace. Each event is sent the given number of times.
pub fn trace(contender: &Contender, events: &[(&str, usize)]) -> Result<String, String> {
    let path = scratch("strace");
    let tool = ["strace", "-f", "-qq", "-o", &path];
    let started = Bootstrap::start_under(contender, &tool, &[], 1)?;
    send(&started, events)?;
    let traced = started.first_child().unwrap_or(started.pid());
    started.end(traced);
    fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))
}

/// Counts the instructions in user space of one invocation.
pub fn instructions(contender: &Contender, runs: &Runs) -> Result<Option<f64>, String> {
    // Under valgrind neither of the two asks for an event.
    if [GO, ZIG].contains(&contender.name) || !is_there("valgrind") {
        return Ok(None);
    }
    instructions_with(contender, runs, &[]).map(Some)
}

/// The same with more variables. Valgrind has to be there.
pub fn instructions_with(
    contender: &Contender,
    runs: &Runs,
    variables: &[(&str, &str)],
) -> Result<f64, String> {
    runs.difference(|events| {
        let path = callgrind(contender, events, variables)?;
        let text = fs::read_to_string(&path).map_err(|error| format!("{path}: {error}"))?;
        let total = text.lines().find_map(|line| line.strip_prefix("totals: "));
        total.and_then(|total| total.trim().parse().ok()).ok_or(format!("{path} has no total"))
    })
}

/// Runs a contender under callgrind, and returns the path of its output.
pub fn callgrind(
    contender: &Contender,
    events: &[(&str, usize)],
    variables: &[(&str, &str)],
) -> Result<String, String> {
    let path = scratch("callgrind");
    let file = format!("--callgrind-out-file={path}");
    // Otherwise a waiting thread may never run.
    let tool = ["valgrind", "--quiet", "--tool=callgrind", "--fair-sched=try", &file];
    let started = Bootstrap::start_under(contender, &tool, variables, 1)?;
    send(&started, events)?;
    let pid = started.pid();
    started.end(pid);
    Ok(path)
}

fn send(bootstrap: &Bootstrap, events: &[(&str, usize)]) -> Result<(), String> {
    for (event, times) in events {
        bootstrap.invoke(event, *times)?;
    }
    Ok(())
}

pub fn is_there(tool: &str) -> bool {
    let quiet = |command: &mut Command| {
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
    };
    quiet(Command::new(tool).arg("--version"))
}

/// The path is absolute, because the tools run in another folder.
fn scratch(tool: &str) -> String {
    let folder = std::env::current_dir().unwrap_or_default().join("target/bench");
    folder.join(format!("{tool}.out")).to_string_lossy().into_owned()
}
