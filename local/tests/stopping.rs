//! The tool alone is stopped, as an editor's button does it: nothing that it has started goes on.
#![cfg(target_os = "linux")]

#[path = "support/running.rs"]
mod running;
mod support;

use running::{is_ignored, start};
use rustix::process::{Pid, Signal, kill_process};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use std::{fs, thread};

/// A project whose build script goes on for a minute, after it has written its id.
fn project() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("slow-build");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("src")).unwrap();
    let manifest =
        "[package]\nname = \"slow-build\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[workspace]\n";
    fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    fs::write(folder.join("src/main.rs"), "fn main() {}\n").unwrap();
    let script = "fn main() {\n    \
                  std::fs::write(\"id.part\", std::process::id().to_string()).unwrap();\n    \
                  std::fs::rename(\"id.part\", \"id\").unwrap();\n    \
                  std::thread::sleep(std::time::Duration::from_secs(60));\n}\n";
    fs::write(folder.join("build.rs"), script).unwrap();
    folder
}

/// The processes that are in the same group, without zombies.
fn members(group: &str) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let stats = processes.filter_map(|entry| fs::read_to_string(entry.path().join("stat")).ok());
    let is_member = |stat: &String| {
        let mut fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        fields.next() != Some("Z") && fields.nth(1) == Some(group)
    };
    stats.filter(is_member).collect()
}

fn wait_until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_build_ends_with_the_tool() {
    let folder = project();
    for signal in [Signal::TERM, Signal::INT, Signal::HUP, Signal::KILL] {
        if is_ignored(signal) {
            println!("SKIPPED {signal:?}: this test was started by a program that ignores it");
            continue;
        }
        let _ = fs::remove_file(folder.join("id"));
        let mut tool = start(&folder, &[]);
        let id =
            wait_until("there is no build script", || fs::read_to_string(folder.join("id")).ok());
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
        let group = stat.rsplit(')').next().unwrap().split_whitespace().nth(2).unwrap().to_owned();
        // Cargo and the build script, and not the tool or this test.
        let names = members(&group).join("");
        assert!(names.contains("(cargo)") && names.contains("(build-script"), "{names}");
        assert!(!names.contains("(minilambda-loc"), "{names}");
        let of_tool = Pid::from_raw(tool.process.id().try_into().unwrap()).unwrap();
        kill_process(of_tool, signal).unwrap();
        wait_until(&format!("the tool goes on after {signal:?}"), || {
            tool.process.try_wait().unwrap()
        });
        wait_until(&format!("a build goes on after {signal:?}"), || {
            members(&group).is_empty().then_some(())
        });
    }
}
