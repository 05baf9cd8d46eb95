//! Ends programs if this process ends without doing so, by SIGKILL or a crash: nothing outlives it, not
//! even a program that is frozen.

use rustix::process::Pid;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// Reads `+ GROUP` and `- GROUP`. At the end of its input, which is the end of this process, it kills the
/// groups that are left.
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

    pub fn add(&self, group: Pid) {
        self.tell('+', group);
    }

    pub fn remove(&self, group: Pid) {
        self.tell('-', group);
    }

    /// Without a shell nothing is guarded.
    fn tell(&self, sign: char, group: Pid) {
        let mut shell = self.shell.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, input)) = &mut *shell {
            let line = format!("{sign} {}\n", group.as_raw_nonzero());
            let _ = input.write_all(line.as_bytes());
        }
    }
}

impl Drop for Guardian {
    fn drop(&mut self) {
        let shell = self.shell.get_mut().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((mut child, input)) = shell {
            drop(input);
            let _ = child.wait();
        }
    }
}
