//! A process that is measured: started for an API of its own, and ended.

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
    /// Connections that it holds.
    pub workers: usize,
    /// From before its start to its first wish for an event.
    pub cold: Duration,
}

impl Bootstrap {
    pub fn start(contender: &Contender) -> Result<Self, String> {
        Self::start_under(contender, &[], &[], 1)
    }

    /// The same under a tool, the words of whose command line come first, with further variables,
    /// and as many connections as are asked for.
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

    /// Keeps it and this program on a core each. Where the system puts the two, on one core or on two,
    /// is chance otherwise, and makes a cycle of 20 µs or of 90.
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

    /// The most memory it has had, and what it has now, in KB.
    pub fn memory_kb(&self) -> (u64, u64) {
        let text = read(&format!("/proc/{}/status", self.pid()));
        let of = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().trim_end_matches(" kB").parse().ok()
        };
        (of("VmHWM:").unwrap_or(0), of("VmRSS:").unwrap_or(0))
    }

    /// The time that its threads have had a processor: the first field of `schedstat`, in ns.
    pub fn cpu(&self) -> Duration {
        let tasks = fs::read_dir(format!("/proc/{}/task", self.pid()));
        let threads = tasks.into_iter().flatten().flatten();
        let of = |path: &Path| read(&path.join("schedstat").to_string_lossy());
        let first = |text: String| text.split_ascii_whitespace().next()?.parse::<u64>().ok();
        Duration::from_nanos(threads.filter_map(|thread| first(of(&thread.path()))).sum())
    }

    /// Asks the process itself, not the tool above it, to end; and waits.
    pub fn end(mut self, pid: u32) {
        // The standard library can only kill, and what valgrind has counted would be lost.
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

/// Takes back what `keep_apart` did to this program, whose children it would pass to.
pub fn use_all_cores() {
    set_cores("0-1023", std::process::id());
}

/// Where it cannot be done, or there is only one core, nothing changes.
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

/// What Lambda sets; and that Python leaves nothing in the folder, which is read-only there.
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
