//! A function's program: its start, its log, its memory, its freeze and its end.

use crate::error::Error;
use crate::guardian::{self, Guardian};
use crate::lock::lock;
use crate::log::Lines;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::{Errno, ioctl_fionbio};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use std::fs;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};

/// The most bytes that Linux keeps in a pipe: what was written before a moment is in at most this
/// many. A program that writes without end is not waited for.
const MAX_PIPE_BYTES: usize = 1024 * 1024;

pub(crate) struct Process {
    pid: Pid,
    guardian: Arc<Guardian>,
    child: Mutex<State>,
    log: Mutex<Log>,
}

struct State {
    child: Child,
    exit: Option<ExitStatus>,
    is_frozen: bool,
}

/// The reading end of stdout and stderr.
struct Log {
    pipe: fs::File,
    parts: Lines,
}

impl Process {
    /// Starts a program.
    pub fn start(
        program: &Path,
        environment: Vec<(String, String)>,
        guardian: &Arc<Guardian>,
    ) -> Result<Self, Error> {
        let fail = |what: &str, error: std::io::Error| {
            Error::start(&format!("cannot start `{}`: {what}", program.display()), error)
        };
        // One pipe for both, so that the order of the lines is kept.
        let (read, write) = pipe().map_err(|error| fail("no pipe", error.into()))?;
        ioctl_fionbio(&read, true).map_err(|error| fail("no pipe", error.into()))?;
        let errors = write.try_clone().map_err(|error| fail("no pipe", error))?;
        let mut command = Command::new(absolute(program));
        command
            .env_clear()
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(write)
            .stderr(errors)
            // A terminal's ^C is not for it, and what it starts ends with it.
            .process_group(0);
        let mut child =
            guardian::start(&mut command).map_err(|error| fail("was it built?", error))?;
        let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else {
            let _ = child.kill();
            return Err(Error::start("cannot start the program", "it has no process id"));
        };
        guardian.add(pid);
        Ok(Self {
            pid,
            guardian: Arc::clone(guardian),
            child: Mutex::new(State { child, exit: None, is_frozen: false }),
            log: Mutex::new(Log { pipe: fs::File::from(read), parts: Lines::default() }),
        })
    }

    /// Waits for the end of the program, and ends what it has started.
    pub fn wait(&self) -> ExitStatus {
        // It is not reaped, so its id cannot be that of another process.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while matches!(waitid(WaitId::Pid(self.pid), options), Err(Errno::INTR)) {}
        let mut state = lock(&self.child);
        let _ = kill_process_group(self.pid, Signal::KILL);
        let exit = state.child.wait().unwrap_or_else(|_| ExitStatus::from_raw(0));
        state.exit = Some(exit);
        self.guardian.remove(self.pid);
        exit
    }

    pub fn id(&self) -> i32 {
        self.pid.as_raw_nonzero().get()
    }

    /// Sends a signal to the program and what it has started.
    fn signal(&self, signal: Signal) {
        let state = lock(&self.child);
        if state.exit.is_none() {
            let _ = kill_process_group(self.pid, signal);
        }
    }

    pub fn kill(&self) {
        self.signal(Signal::KILL);
    }

    pub fn terminate(&self) {
        self.thaw();
        self.signal(Signal::TERM);
    }

    pub fn freeze(&self) {
        self.set_frozen(true, Signal::STOP);
    }

    pub fn thaw(&self) {
        self.set_frozen(false, Signal::CONT);
    }

    fn set_frozen(&self, is_frozen: bool, signal: Signal) {
        let mut state = lock(&self.child);
        if state.exit.is_none() && state.is_frozen != is_frozen {
            let _ = kill_process_group(self.pid, signal);
            state.is_frozen = is_frozen;
        }
    }

    /// The most memory that it has had, in KiB. Known on Linux only.
    pub fn max_memory_kb(&self) -> Option<u64> {
        let state = lock(&self.child);
        if state.exit.is_some() {
            return None;
        }
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid)).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    }

    /// Reads what the program has written so far, and gives the complete lines as they are read.
    /// Returns whether there will be no more.
    pub fn read_log(&self, mut on_line: impl FnMut(String)) -> bool {
        let mut log = lock(&self.log);
        let Log { pipe, parts } = &mut *log;
        let mut bytes = [0; 16 * 1024];
        let mut lines = Vec::new();
        let mut left = MAX_PIPE_BYTES;
        let has_ended = loop {
            match pipe.read(&mut bytes) {
                Ok(0) => break true,
                Ok(count) => {
                    parts.push(bytes.get(..count).unwrap_or_default(), &mut lines);
                    lines.drain(..).for_each(&mut on_line);
                    left = left.saturating_sub(count);
                    if left == 0 {
                        break false;
                    }
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => break error.kind() != std::io::ErrorKind::WouldBlock,
            }
        };
        if has_ended {
            parts.finish().into_iter().for_each(on_line);
        }
        has_ended
    }

    /// The pipe, to wait for.
    pub fn log_pipe(&self) -> Option<OwnedFd> {
        lock(&self.log).pipe.try_clone().ok().map(OwnedFd::from)
    }
}

/// A pipe that other programs do not inherit.
#[cfg(not(target_vendor = "apple"))]
fn pipe() -> Result<(OwnedFd, OwnedFd), Errno> {
    rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)
}

#[cfg(target_vendor = "apple")]
fn pipe() -> Result<(OwnedFd, OwnedFd), Errno> {
    use rustix::io::{FdFlags, fcntl_setfd};
    let (read, write) = rustix::pipe::pipe()?;
    fcntl_setfd(&read, FdFlags::CLOEXEC)?;
    fcntl_setfd(&write, FdFlags::CLOEXEC)?;
    Ok((read, write))
}

/// Waits until a program writes to its log, or ends.
pub(crate) fn wait_for_log(pipe: &OwnedFd) {
    let mut ready = [PollFd::new(pipe, PollFlags::IN)];
    while poll(&mut ready, None) == Err(Errno::INTR) {}
}

/// A name without a slash would be looked up in `PATH`.
fn absolute(program: &Path) -> std::path::PathBuf {
    std::path::absolute(program).unwrap_or_else(|_| program.to_owned())
}

/// Describes the end of a program as AWS does.
pub(crate) fn describe(exit: ExitStatus) -> String {
    if exit.success() {
        return "Runtime exited without providing a reason".to_owned();
    }
    format!("Runtime exited with error: {}", exit_of(exit))
}

/// Describes an exit status.
pub(crate) fn exit_of(exit: ExitStatus) -> String {
    match (exit.code(), exit.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => format!("signal: {}", signal_name(signal)),
        (None, None) => "unknown".to_owned(),
    }
}

fn signal_name(signal: i32) -> String {
    match Signal::from_named_raw(signal) {
        Some(Signal::KILL) => "killed".to_owned(),
        Some(Signal::ABORT) => "aborted".to_owned(),
        Some(Signal::SEGV) => "segmentation fault".to_owned(),
        Some(Signal::BUS) => "bus error".to_owned(),
        Some(Signal::ILL) => "illegal instruction".to_owned(),
        Some(Signal::FPE) => "floating point exception".to_owned(),
        Some(Signal::TERM) => "terminated".to_owned(),
        Some(Signal::INT) => "interrupt".to_owned(),
        _ => format!("signal {signal}"),
    }
}
