//! Programs under a debugger: one that is started here and waits to be attached to, and one that
//! the user starts.

use crate::error::Error;
use crate::instance::Instance;
use crate::json;
use crate::pool::Pool;
use crate::server::Site;
use crate::terminal;
use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

/// The interval at which it is checked that there is a program.
const INTERVAL: Duration = Duration::from_millis(200);

/// Where Linux says who may attach to a process.
const PTRACE_SCOPE: &str = "/proc/sys/kernel/yama/ptrace_scope";

/// Keeps a program of a handler ready, without a time limit, and says how to attach to it.
pub(crate) fn keep_ready(function: String, site: Arc<Site>) -> Result<(), Error> {
    let keep = move || {
        let mut last: Option<Arc<Instance>> = None;
        let mut said = String::new();
        loop {
            thread::sleep(INTERVAL);
            // A broken build is said where it is built.
            let Ok(()) = site.wait_for_program() else { continue };
            match ready(&site.lambda, &function, last.as_ref()) {
                Ok(Some(instance)) => {
                    say_how_to_attach(&instance);
                    last = Some(instance);
                    said.clear();
                }
                Ok(None) => said.clear(),
                Err(error) => {
                    let error = error.to_string();
                    if error != said {
                        terminal::say(format_args!("--debug {function}: {error}"));
                        said = error;
                    }
                }
            }
        }
    };
    thread::Builder::new().spawn(keep).map(drop).map_err(Error::no_thread)
}

/// Returns the program of a function, if it is another one than before.
fn ready(
    lambda: &Pool,
    function: &str,
    last: Option<&Arc<Instance>>,
) -> Result<Option<Arc<Instance>>, Error> {
    let handler = lambda.find(function)?;
    if lambda.settings().debugged.as_ref() != Some(&handler) {
        lambda.configure(|settings| settings.debugged = Some(handler.clone()));
    }
    // One that fails at its start is not started again until something changes.
    let settings = lambda.settings();
    let has_hope =
        |last: &Arc<Instance>| !Arc::ptr_eq(&last.settings, &settings) || last.is_initialised();
    let instance = lambda.ready(&handler, last.is_none_or(has_hope))?;
    Ok(instance.filter(|instance| last.is_none_or(|last| !Arc::ptr_eq(last, instance))))
}

fn say_how_to_attach(instance: &Instance) {
    let Some(pid) = instance.pid() else { return };
    terminal::print(format_args!(
        "{}: process {pid} waits for its event, without a time limit. To attach a debugger, one of\n    \
         gdb -p {pid}\n    lldb -p {pid}\n    \
         code --open-url \"vscode://vadimcn.vscode-lldb/launch/config?{{'request':'attach','pid':{pid}}}\"",
        instance.handler
    ));
    let scope = fs::read_to_string(PTRACE_SCOPE).unwrap_or_default();
    if !matches!(scope.trim(), "" | "0") && !rustix::process::geteuid().is_root() {
        terminal::print(
            "This system lets a debugger attach only to what it has started. Either permit it until the \
             next start of the system, with\n    \
             sudo sysctl kernel.yama.ptrace_scope=0\n\
             or start the program in the debugger: --apis-only instead of --debug.",
        );
    }
}

/// Serves the Runtime API for a program that the user starts, and says with which variables.
pub(crate) fn serve_by_hand(lambda: &Pool, handler: &str, port: u16) -> Result<(), Error> {
    let address = lambda.adopt(handler, port)?;
    let variables = variables(lambda, handler, address);
    let in_shell: Vec<_> = variables.iter().map(|(k, v)| format!("{k}={}", in_shell(v))).collect();
    let in_json =
        variables.iter().map(|(k, v)| format!("{}: {}", json::quoted(k), json::quoted(v)));
    let in_json: Vec<_> = in_json.collect();
    terminal::print(format_args!(
        "{handler} waits for a program that you start with these variables, in a shell\n    \
         export {}\nor in launch.json of VS Code\n    \"env\": {{{}}}",
        in_shell.join(" "),
        in_json.join(", ")
    ));
    Ok(())
}

/// The variables without which a program is not as on Lambda. Those of the user are in a file.
fn variables(lambda: &Pool, handler: &str, address: SocketAddr) -> Vec<(String, String)> {
    let settings = lambda.settings();
    let mut variables = settings.environment_of(handler, &address.to_string());
    // Of the machine, or others at the next start of this tool.
    let is_other = |name: &str| {
        matches!(name, "PATH" | "LANG" | "TZ" | "LAMBDA_TASK_ROOT" | "LAMBDA_RUNTIME_DIR")
            || matches!(name, "AWS_LAMBDA_METADATA_API" | "AWS_LAMBDA_METADATA_TOKEN")
            || name == "AWS_LAMBDA_LOG_STREAM_NAME"
    };
    variables.retain(|(name, _)| !is_other(name) && !settings.environment.contains_key(name));
    variables
}

/// A text as one word of a POSIX shell.
fn in_shell(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}
