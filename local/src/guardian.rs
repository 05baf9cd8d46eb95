//! Ends programs if this process ends without doing so, by SIGKILL or a crash: nothing outlives it,
//! not even a program that is frozen.

use crate::lock::{lock, unpoisoned};
use rustix::process::{Pid, Signal, kill_process_group};
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// Reads `+ GROUP` and `- GROUP`. At the end of its input, which is the end of this process, it
/// kills the groups that are left.
///
/// The kernel has `PR_SET_PDEATHSIG` for this, but it needs unsafe code, ends the program with the
/// thread that started it, and exists on Linux only.
const SCRIPT: &str = r#"
groups=" "
while read -r sign group; do
    case "$sign" in
        +) groups="$groups$group " ;;
        -) case "$groups" in *" $group "*) groups="${groups%% $group *} ${groups#* $group }" ;; esac ;;
    esac
done
for group in $groups; do kill -9 "-$group" 2>/dev/null; done
"#;

#[derive(Debug)]
pub(crate) struct Guardian {
    shell: Mutex<Option<(Child, ChildStdin)>>,
}

impl Guardian {
    pub fn start() -> Self {
        let child = Command::new("sh")
            .args(["-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A terminal's ^C is not for it.
            .process_group(0)
            .spawn();
        let shell = child.ok().and_then(|mut child| {
            let input = child.stdin.take()?;
            Some((child, input))
        });
        Self { shell: Mutex::new(shell) }
    }

    /// Starts a program in a group of its own, which ends with this process.
    pub fn spawn(self: &Arc<Self>, command: &mut Command) -> io::Result<Group> {
        let mut child = start(command.process_group(0))?;
        let Some(id) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else {
            let _ = child.kill();
            return Err(io::Error::other("it has no process id"));
        };
        self.add(id);
        Ok(Group { guardian: Arc::clone(self), id, child, has_ended: false })
    }

    pub fn add(&self, group: Pid) {
        self.tell('+', group);
    }

    pub fn remove(&self, group: Pid) {
        self.tell('-', group);
    }

    /// Without a shell nothing is guarded.
    fn tell(&self, sign: char, group: Pid) {
        if let Some((_, input)) = &mut *lock(&self.shell) {
            let line = format!("{sign} {}\n", group.as_raw_nonzero());
            let _ = input.write_all(line.as_bytes());
        }
    }
}

/// How long a program is waited for that is still being written.
const BUSY_LIMIT: Duration = Duration::from_secs(1);

/// Starts a program. While it is being written, or a process that is just starting has inherited
/// the file from the one that has written it, the system refuses that.
pub(crate) fn start(command: &mut Command) -> io::Result<Child> {
    let end = Instant::now() + BUSY_LIMIT;
    loop {
        match command.spawn() {
            Err(error)
                if error.kind() == io::ErrorKind::ExecutableFileBusy && Instant::now() < end =>
            {
                thread::sleep(Duration::from_millis(10));
            }
            result => return result,
        }
    }
}

/// A program that is waited for, and what it has started. It is killed with this value.
pub(crate) struct Group {
    guardian: Arc<Guardian>,
    id: Pid,
    pub child: Child,
    has_ended: bool,
}

impl Group {
    pub fn wait(mut self) -> io::Result<ExitStatus> {
        let status = self.child.wait();
        self.has_ended = true;
        status
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if !self.has_ended {
            // Before it is waited for: its id cannot be that of another group.
            let _ = kill_process_group(self.id, Signal::KILL);
            let _ = self.child.wait();
        }
        self.guardian.remove(self.id);
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        if let Some((mut child, input)) = unpoisoned(self.shell.get_mut()).take() {
            drop(input);
            let _ = child.wait();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn a_program_that_is_being_written_is_started_when_it_is_complete() {
        let path = std::env::temp_dir().join(format!("minilambda-busy-{}", crate::ids::hex(16)));
        fs::copy("/usr/bin/true", &path).unwrap();
        let written = fs::OpenOptions::new().append(true).open(&path).unwrap();
        if cfg!(target_os = "linux") {
            let error = Command::new(&path).spawn().unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::ExecutableFileBusy);
        }
        let writer = thread::spawn(move || {
            thread::sleep(Duration::from_millis(200));
            drop(written);
        });
        assert!(start(&mut Command::new(&path)).unwrap().wait().unwrap().success());
        writer.join().unwrap();
        fs::remove_file(path).unwrap();
    }
}
