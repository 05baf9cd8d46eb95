//! The project: it is built by cargo, and built again when one of its files changes.

use crate::clock;
use crate::guardian::Guardian;
use crate::journal::{Build, Journal};
use crate::json;
use crate::lock::{lock, unpoisoned};
use crate::log::{Lines, Log};
use crate::pool::Pool;
use crate::terminal;
use crate::watch::Files;
use miniserde::json::{Object, Value};
use std::io::{self, BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

/// The interval at which the files are checked.
const INTERVAL: Duration = Duration::from_millis(200);

/// The most bytes of one message of cargo.
const MAX_MESSAGE_BYTES: u64 = 8 * 1024 * 1024;

#[derive(Debug)]
pub(crate) struct Project {
    /// The options of `cargo build`.
    pub options: Vec<String>,
    pub folder: PathBuf,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
enum State {
    Building,
    Ready,
    Failed(String),
}

impl Project {
    pub fn new(options: Vec<String>, folder: PathBuf) -> Arc<Self> {
        let state = Mutex::new(State::Building);
        Arc::new(Self { options, folder, state, changed: Condvar::new() })
    }

    /// Waits for the end of a build. Returns the compiler's messages if there is no program.
    pub fn wait(&self) -> Result<(), String> {
        let state = lock(&self.state);
        let is_building = |state: &mut State| matches!(state, State::Building);
        let state = unpoisoned(self.changed.wait_while(state, is_building));
        match &*state {
            State::Failed(messages) => Err(format!("the project does not build:\n\n{messages}")),
            _ => Ok(()),
        }
    }

    fn set(&self, state: State) {
        *lock(&self.state) = state;
        self.changed.notify_all();
    }

    /// Builds now and after each change of a file, until the process ends.
    pub fn follow(self: &Arc<Self>, lambda: &Arc<Pool>, journal: &Arc<Journal>) {
        let (project, lambda, journal) =
            (Arc::clone(self), Arc::clone(lambda), Arc::clone(journal));
        thread::spawn(move || {
            let mut files = Files::default();
            loop {
                let start = SystemTime::now();
                project.build_once(&lambda, &journal);
                let is_built = matches!(*lock(&project.state), State::Ready);
                files.follow(&project.folder, &lambda.settings().program, is_built);
                while !files.have_changed_since(start) {
                    thread::sleep(INTERVAL);
                }
                // An editor may write several files, or one in two steps.
                thread::sleep(Duration::from_millis(50));
            }
        });
    }

    fn build_once(&self, lambda: &Arc<Pool>, journal: &Journal) {
        self.set(State::Building);
        journal.set_build(Build::Running { progress: "starting cargo".to_owned() });
        let start = Instant::now();
        let result = self.build(lambda.guardian(), journal).and_then(|program| {
            lambda.configure(|settings| settings.program = program);
            lambda.handlers().map_err(|error| error.to_string().into())
        });
        match result {
            Ok(handlers) => {
                let took = start.elapsed();
                let names = handlers.join(", ");
                terminal::say(format_args!("built in {:.1} s: {names}", took.as_secs_f64()));
                self.set(State::Ready);
                journal.set_build(Build::Done { took, at_ms: clock::ms(clock::now()) });
            }
            Err(Unbuilt { messages, is_said }) => {
                if !is_said {
                    terminal::say(messages.trim_end());
                }
                terminal::say("not built; waiting for a change");
                self.set(State::Failed(messages.clone()));
                journal.set_build(Build::Failed { messages });
            }
        }
    }

    /// Returns the program, or the messages of cargo and the compiler.
    fn build(&self, guardian: &Arc<Guardian>, journal: &Journal) -> Result<PathBuf, Unbuilt> {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(&cargo);
        command.args(["build", "--message-format=json"]).args(&self.options);
        command.current_dir(&self.folder);
        remove_package(&mut command);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // With the compilers that it starts it ends with the tool.
        let mut group = guardian.spawn(&mut command).map_err(|error| {
            format!("cannot start {}: {error}; is Rust installed?", cargo.to_string_lossy())
        })?;
        let pipes = (group.child.stdout.take(), group.child.stderr.take());
        let (Some(stdout), Some(stderr)) = pipes else {
            return Err("cargo has no output".to_owned().into());
        };
        let (output, said) = thread::scope(|scope| {
            let output = thread::Builder::new()
                .spawn_scoped(scope, || {
                    Output::read(BufReader::new(stdout), |text| terminal::say(text))
                })
                .map_err(|error| format!("cannot start a thread: {error}"))?;
            let mut said = Log::default();
            each_line(stderr, |line| {
                terminal::say(&line);
                if let Some(progress) = line.strip_prefix("   Compiling ") {
                    let name = progress.split(' ').next().unwrap_or_default();
                    journal.set_build(Build::Running { progress: format!("compiling {name}") });
                } else if !line.starts_with("    ") {
                    said.push(line);
                }
            });
            Ok::<_, String>((output.join().unwrap_or_default(), text_of(said)))
        })?;
        let status = group.wait().map_err(|error| error.to_string())?;
        if status.success() {
            return Ok(choose(&output.programs)?);
        }
        let errors = text_of(output.errors);
        let messages = if errors.is_empty() { said } else { errors };
        Err(Unbuilt { messages, is_said: true })
    }
}

/// Why there is no program.
struct Unbuilt {
    messages: String,
    /// Whether the terminal has the messages already: cargo's are shown while it runs.
    is_said: bool,
}

impl From<String> for Unbuilt {
    fn from(messages: String) -> Self {
        Self { messages, is_said: false }
    }
}

/// Removes the variables with which `cargo run` describes the package of this program. A build
/// script that watches them, such as that of `ring`, would otherwise run again after each change
/// between a cargo that this program starts and one that a shell starts, and all that depends on it
/// would be compiled again.
pub(crate) fn remove_package(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let bytes = name.as_encoded_bytes();
        if bytes.starts_with(b"CARGO_PKG_") || bytes.starts_with(b"CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
}

/// Reads lines to the end, whatever bytes they are of. Of a line, as of a function's, 64 KB are
/// kept.
fn each_line(mut text: impl Read, mut on_line: impl FnMut(String)) {
    let (mut lines, mut found) = (Lines::default(), Vec::new());
    let mut bytes = [0; 16 * 1024];
    loop {
        match text.read(&mut bytes) {
            Ok(0) => break,
            Ok(count) => {
                lines.push(bytes.get(..count).unwrap_or_default(), &mut found);
                found.drain(..).for_each(&mut on_line);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => break,
        }
    }
    lines.finish().into_iter().for_each(on_line);
}

fn text_of(mut log: Log) -> String {
    log.take().iter().flat_map(|line| [line, "\n"]).collect()
}

fn choose(programs: &[(String, PathBuf)]) -> Result<PathBuf, String> {
    match programs {
        [(_, program)] => Ok(program.clone()),
        [] => {
            Err("there is no binary in this project; choose an example with --example NAME"
                .to_owned())
        }
        programs => {
            let names: Vec<_> = programs.iter().map(|(name, _)| &**name).collect();
            Err(format!(
                "there are several binaries; choose one with --bin NAME: {}",
                names.join(", ")
            ))
        }
    }
}

/// The output of cargo.
#[derive(Default)]
struct Output {
    programs: Vec<(String, PathBuf)>,
    errors: Log,
}

impl Output {
    /// Reads what cargo says, and passes on what is for the user. See
    /// <https://doc.rust-lang.org/cargo/reference/external-tools.html#json-messages>.
    fn read(mut messages: impl BufRead, say: impl Fn(&str)) -> Self {
        let mut output = Self::default();
        let mut line = Vec::new();
        loop {
            line.clear();
            // The rest of a message that is longer is no object.
            match (&mut messages).take(MAX_MESSAGE_BYTES).read_until(b'\n', &mut line) {
                Ok(0) | Err(_) => return output,
                Ok(_) => {}
            }
            let Some(message) = json::parse_object(&line) else { continue };
            match json::string(&message, "reason") {
                Some("compiler-message") => {
                    if let Some(rendered) = rendered_error(&message, &say) {
                        each_line(rendered.as_bytes(), |line| output.errors.push(line));
                    }
                }
                Some("compiler-artifact") => output.programs.extend(program(&message)),
                _ => {}
            }
        }
    }
}

fn rendered_error(message: &Object, say: impl Fn(&str)) -> Option<String> {
    let Some(Value::Object(message)) = message.get("message") else { return None };
    let rendered = json::string(message, "rendered")?;
    say(rendered.trim_end());
    let is_error = json::string(message, "level").is_some_and(|level| level.starts_with("error"));
    is_error.then(|| rendered.to_owned())
}

fn program(message: &Object) -> Option<(String, PathBuf)> {
    let path = json::string(message, "executable")?;
    let Some(Value::Object(target)) = message.get("target") else { return None };
    Some((json::string(target, "name")?.to_owned(), path.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn the_output_of_cargo_has_programs_and_errors() {
        let lines = r#"
{"reason":"compiler-message","message":{"rendered":"warning: unused\n","level":"warning"}}
{"reason":"compiler-message","message":{"rendered":"error[E0425]: no x\n","level":"error"}}
{"reason":"compiler-artifact","target":{"name":"shop"},"executable":"/a/shop"}
{"reason":"compiler-artifact","target":{"name":"lib"},"executable":null}
{"reason":"build-finished","success":false}"#;
        let said = RefCell::new(String::new());
        let output = Output::read(lines.as_bytes(), |text| said.borrow_mut().push_str(text));
        assert_eq!(*said.borrow(), "warning: unusederror[E0425]: no x");
        assert_eq!(text_of(output.errors), "error[E0425]: no x\n");
        assert_eq!(output.programs, [("shop".to_owned(), PathBuf::from("/a/shop"))]);
    }

    #[test]
    fn of_what_cargo_says_a_bounded_part_is_kept() {
        let error = |text: &str| {
            let rendered = json::quoted(text);
            format!(
                r#"{{"reason":"compiler-message","message":{{"rendered":{rendered},"level":"error"}}}}"#
            )
        };
        let long = "x".repeat(200_000);
        let most = usize::try_from(MAX_MESSAGE_BYTES).unwrap();
        let messages = [
            error("the first error"),
            "no message".to_owned(),
            error(&long),
            error(&"Q".repeat(most)),
            error(&"z\n".repeat(2_000_000)),
            error("the last error"),
        ];
        let mut bytes = b"\xff is not UTF-8\n".to_vec();
        bytes.extend(messages.join("\n").into_bytes());
        let errors = text_of(Output::read(&*bytes, |_| {}).errors);
        assert!(errors.starts_with("the first error\nxxx"), "{}", errors.get(..99).unwrap());
        assert!(errors.ends_with("the last error\n") && errors.contains("64 KB are kept"));
        assert!(errors.len() < 1_200_000 && !errors.contains('Q'), "{} bytes", errors.len());
    }
}
