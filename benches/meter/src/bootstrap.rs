//! A process that is measured, with a Runtime API of its own.

use crate::api::Api;
use crate::contenders::Contender;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running bootstrap that has asked for its first event.
pub struct Bootstrap {
    pub api: Api,
    child: Child,
    /// The number of its connections.
    pub workers: usize,
    /// From before its start to its first request for an event.
    pub cold: Duration,
}

impl Bootstrap {
    pub fn start(contender: &Contender) -> Result<Self, String> {
        Self::start_under(contender, &[], &[], 1)
    }

    /// Starts it under a tool, with more variables, and waits for the given number of connections.
    pub fn start_under(
        contender: &Contender,
        tool: &[&str],
        variables: &[(&str, &str)],
        workers: usize,
    ) -> Result<Self, String> {
        let cannot = |error| format!("{} cannot be started: {error}", contender.name);
        let api = Api::start().map_err(cannot)?;
        let words: Vec<&str> =
            tool.iter().copied().chain(contender.command.iter().map(String::as_str)).collect();
        let mut command = Command::new(words[0]);
        command.args(&words[1..]).env_clear().current_dir("benches/peers/python");
        command.envs(lambda_environment()).env("_HANDLER", contender.handler);
        command.env("AWS_LAMBDA_RUNTIME_API", api.address());
        command.envs(variables.iter().copied());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let start = Instant::now();
        let child = command.spawn().map_err(cannot)?;
        let mut this = Self { api, child, workers, cold: Duration::ZERO };
        let asked = this.api.wait(workers).map_err(|why| format!("{}: {why}", contender.name))?;
        this.cold = asked - start;
        Ok(this)
    }

    pub fn invoke(&self, event: &str, times: usize) -> Result<Vec<crate::api::Turn>, String> {
        self.api.invoke(event, times, self.workers)
    }

    /// Binds it and this program to a core each. Otherwise they share a core by chance, and a cycle
    /// takes 20 or 90 µs.
    pub fn keep_apart(&self) {
        set_cores("0", std::process::id());
        set_cores("1", self.pid());
    }

    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Page faults so far, minor and major: fields 10 and 12 of `/proc/PID/stat`.
    pub fn page_faults(&self) -> u64 {
        let text = read(&format!("/proc/{}/stat", self.pid()));
        let behind_name = text.rsplit_once(')').map_or("", |(_, rest)| rest);
        let fields: Vec<&str> = behind_name.split_ascii_whitespace().collect();
        [7, 9].iter().filter_map(|index| fields.get(*index)?.parse::<u64>().ok()).sum()
    }

    /// Returns the peak memory and the present memory, in KB.
    pub fn memory_kb(&self) -> (u64, u64) {
        let text = read(&format!("/proc/{}/status", self.pid()));
        let of = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().trim_end_matches(" kB").parse().ok()
        };
        (of("VmHWM:").unwrap_or(0), of("VmRSS:").unwrap_or(0))
    }

    /// Returns the CPU time of its threads: the first field of `schedstat`, in ns.
    pub fn cpu(&self) -> Duration {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.pid()));
        let threads = tasks.into_iter().flatten().flatten();
        let of = |path: &Path| read(&path.join("schedstat").to_string_lossy());
        let first = |text: String| text.split_ascii_whitespace().next()?.parse::<u64>().ok();
        Duration::from_nanos(threads.filter_map(|thread| first(of(&thread.path()))).sum())
    }

    /// Sends SIGTERM to the process itself, not to the tool above it, and waits.
    pub fn end(mut self, pid: u32) {
        // The standard library can only send SIGKILL, which would lose valgrind's counts.
        let _ = Command::new("sh").args(["-c", "kill $0", &pid.to_string()]).status();
        let start = Instant::now();
        while self.child.try_wait().is_ok_and(|status| status.is_none()) {
            if start.elapsed() > Duration::from_secs(20) {
                let _ = self.child.kill();
            }
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// The process under strace.
    pub fn first_child(&self) -> Option<u32> {
        let pid = self.pid();
        read(&format!("/proc/{pid}/task/{pid}/children"))
            .split_ascii_whitespace()
            .next()?
            .parse()
            .ok()
    }
}

/// Undoes `keep_apart` for this program. Its children would inherit the binding.
pub fn use_all_cores() {
    set_cores("0-1023", std::process::id());
}

/// If that fails, or there is only one core, nothing changes.
fn set_cores(cores: &str, pid: u32) {
    let mut command = Command::new("taskset");
    command.args(["--all-tasks", "--cpu-list", "--pid", cores, &pid.to_string()]);
    let _ = command.stdout(Stdio::null()).stderr(Stdio::null()).status();
}

impl Drop for Bootstrap {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// The variables that Lambda sets, and one that keeps Python from writing to its folder.
fn lambda_environment() -> [(&'static str, &'static str); 9] {
    [
        ("PATH", "/usr/local/bin:/usr/bin:/bin"),
        ("LANG", "en_US.UTF-8"),
        ("PYTHONDONTWRITEBYTECODE", "1"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_LAMBDA_FUNCTION_NAME", "hello"),
        ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128"),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "/aws/lambda/hello"),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "2026/01/01/[$LATEST]8476a536e9f411e8"),
    ]
}
