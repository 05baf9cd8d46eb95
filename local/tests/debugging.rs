//! Programs in a debugger: those that the tool starts, and those that the user starts.
#![cfg(target_os = "linux")]

#[path = "support/running.rs"]
mod running;
mod support;

use minilambda_local::Lambda;
use running::{Tool, is_ignored, start};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, thread};
use support::skip::skip;
use support::{Received, request};

fn folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

fn program() -> String {
    Lambda::path_of_example("functions").display().to_string()
}

fn invoke(address: SocketAddr, name: &str, event: &str) -> Received {
    let head = format!("POST /2015-03-31/functions/{name}/invocations");
    request(address, &head, event.as_bytes())
}

/// The process of the line that says how to attach to it.
fn attachable(tool: &Tool) -> i32 {
    let line = tool.wait_for_line("gdb -p ");
    line.trim().rsplit(' ').next().unwrap().parse().unwrap()
}

fn signal(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

fn wait_until(what: &str, is_true: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_true() {
        assert!(start.elapsed() < Duration::from_secs(60), "{what}");
        thread::sleep(Duration::from_millis(10));
    }
}

/// Whether a process runs, and is no zombie.
fn runs(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

#[test]
fn a_program_that_is_debugged_waits_for_its_event_and_has_no_time_limit() {
    let mut tool = start(folder(), &[&program(), "--timeout", "0.1", "--debug", "sleep"]);
    let address = tool.address();
    let pid = attachable(&tool);
    for part in ["sleep: process ", "without a time limit", "lldb -p ", "'request':'attach','pid':"]
    {
        tool.wait_for_line(part);
    }
    // It is the program that gets the event, and it is not frozen.
    thread::sleep(Duration::from_millis(100));
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    assert!(!stat.contains(") T "), "{stat}");
    let first = thread::spawn(move || invoke(address, "sleep", "1000"));
    tool.wait_for_line("asleep for 1000 ms");
    // There is one program, and the debugger may have stopped it.
    let second = invoke(address, "sleep", "1");
    assert!(second.status == 429 && second.text().contains("debugged"), "{}", second.text());
    assert_eq!(first.join().unwrap().text(), "1000");
    assert!(runs(pid));
    // The others have their limit.
    assert!(invoke(address, "stream", "1").header("X-Amz-Function-Error").is_some());
    tool.wait_for_line("Task timed out after 0.10 seconds");
    // After its end there is another one.
    signal(pid, Signal::KILL);
    wait_until("there is no other program", || attachable(&tool) != pid);
    let pid = attachable(&tool);
    assert_eq!(invoke(address, "sleep", "200").text(), "200");
    // An interrupt from the keyboard ends all of it at once, with an event that would go on.
    let last = thread::spawn(move || invoke(address, "sleep", "60000").status);
    tool.wait_for_line("asleep for 60000 ms");
    let interrupt = if is_ignored(Signal::INT) { Signal::TERM } else { Signal::INT };
    signal(tool.process.id().try_into().unwrap(), interrupt);
    let interrupted = Instant::now();
    let mut status = None;
    while status.is_none() && interrupted.elapsed() < Duration::from_secs(60) {
        thread::sleep(Duration::from_millis(10));
        status = tool.process.try_wait().unwrap();
    }
    assert!(status.is_some(), "the tool goes on after {interrupt:?}");
    wait_until("the program goes on", || !runs(pid));
    assert!(interrupted.elapsed() < Duration::from_secs(10), "{:?}", interrupted.elapsed());
    assert!(last.join().is_err(), "an event of a tool that has ended has a response");
}

#[test]
fn a_handler_that_there_is_not_is_said_and_an_init_that_fails_is_not_repeated() {
    let tool = start(folder(), &[&program(), "--debug", "nobody"]);
    let line = tool.wait_for_line("--debug nobody: ");
    assert!(line.contains("the handlers are: echo, "), "{line}");
    let env = folder().join("debug.env");
    fs::write(&env, "INIT=exit\n").unwrap();
    let env = env.to_str().unwrap();
    let tool = start(folder(), &[&program(), "--debug", "echo", "--env-file", env]);
    attachable(&tool);
    thread::sleep(Duration::from_millis(700));
    assert_eq!(tool.said.lock().unwrap().matches("gdb -p ").count(), 1);
    assert!(invoke(tool.address(), "echo", "1").text().contains("Runtime.ExitError"));
}

/// A program with debug information, and the commands that set a breakpoint in its handler.
fn debuggee() -> (String, String) {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/debuggee.rs");
    let program = folder().join(format!("debuggee-{}", thread::current().name().unwrap()));
    let mut rustc = Command::new("rustc");
    rustc.args(["-g", "--edition", "2024", "-o"]).args([&program, &source]);
    assert!(rustc.status().unwrap().success());
    let source = fs::read_to_string(source).unwrap();
    let line = source.lines().position(|line| line.starts_with("fn double(")).unwrap() + 2;
    (program.display().to_string(), format!("break debuggee.rs:{line}"))
}

/// A command line of gdb with commands, for a shell. `None` if the test is to be skipped.
fn gdb(commands: &[&str], arguments: &str) -> Option<String> {
    if Command::new("gdb").arg("--version").output().is_err() {
        skip("there is no gdb: apt-get install gdb");
        return None;
    }
    let commands: Vec<_> = commands.iter().map(|command| format!("-ex '{command}'")).collect();
    Some(format!("gdb -nx -batch {} {arguments}", commands.join(" ")))
}

fn in_shell(variables: &str, command: &str) -> Child {
    let script = format!("unset DEBUGINFOD_URLS; {variables}; exec {command}");
    Command::new("sh").args(["-c", &script]).stdout(Stdio::piped()).spawn().unwrap()
}

#[test]
fn gdb_stops_at_a_breakpoint_of_a_program_that_waits() {
    let scope = fs::read_to_string("/proc/sys/kernel/yama/ptrace_scope").unwrap_or_default();
    if !matches!(scope.trim(), "" | "0") && !rustix::process::geteuid().is_root() {
        return skip("gdb may not attach to a program: sudo sysctl kernel.yama.ptrace_scope=0");
    }
    let (program, place) = debuggee();
    let tool = start(folder(), &[&program, "--timeout", "0.2", "--debug", "double"]);
    let (address, pid) = (tool.address(), attachable(&tool).to_string());
    let commands = [&*place, "continue", "backtrace 1", "shell sleep 1", "delete", "detach"];
    let Some(gdb) = gdb(&commands, &format!("-p {pid}")) else { return };
    let mut gdb = in_shell("true", &gdb);
    let mut said = String::new();
    let mut event = None;
    for line in BufReader::new(gdb.stdout.take().unwrap()).lines().map_while(Result::ok) {
        said += &(line.clone() + "\n");
        if line.starts_with("Breakpoint 1 at") {
            let send = move || invoke(address, "double", "21");
            event = Some((thread::spawn(send), Instant::now()));
        }
    }
    gdb.wait().unwrap();
    assert!(said.contains("Breakpoint 1, debuggee::double"), "{said}");
    let (event, sent) = event.unwrap();
    assert_eq!(event.join().unwrap().text(), "42");
    assert!(sent.elapsed() > Duration::from_secs(1), "it has not stopped");
}

/// The variables that the tool prints for a handler, as a shell takes them.
fn variables(tool: &Tool, handler: &str) -> String {
    tool.wait_for_line(&format!("_HANDLER={handler} ")).trim().to_owned()
}

#[test]
fn a_program_that_is_started_by_hand_gets_the_events_of_its_handler() {
    let arguments = ["--timeout", "0.1", "--apis-only", "sleep", "--apis-only", "shop.context"];
    let tool = start(folder(), &arguments);
    let address = tool.address();
    let sleep = variables(&tool, "sleep");
    // They can be kept: nothing in them is made up.
    let again = start(folder(), &arguments);
    let without_port = |line: &str| {
        let words = line.split(' ').filter(|word| !word.starts_with("AWS_LAMBDA_RUNTIME_API="));
        words.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(without_port(&sleep), without_port(&variables(&again, "sleep")));
    drop(again);
    tool.wait_for_line("\"_HANDLER\": \"shop.context\"");
    // An event may be there before the program. It has no time limit.
    let first = thread::spawn(move || invoke(address, "sleep", "300"));
    thread::sleep(Duration::from_millis(200));
    let mut program_of_user = in_shell(&sleep, &program());
    assert_eq!(first.join().unwrap().text(), "300");
    // Changed settings do not end it.
    let settings = r#"{"timeout":3,"memory":256,"workers":0,"freeze":true,"frontEnd":"alb"}"#;
    let changed = request(address, "POST /local/settings", settings.as_bytes());
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_eq!(invoke(address, "sleep", "1").text(), "1");
    // It ends in the middle of an event, as when a debugger is stopped; the next one goes on.
    let lost = thread::spawn(move || invoke(address, "sleep", "60000"));
    tool.wait_for_line("START RequestId");
    thread::sleep(Duration::from_millis(300));
    let waiting = invoke(address, "sleep", "1");
    assert!(waiting.status == 429, "{}", waiting.text());
    program_of_user.kill().unwrap();
    program_of_user.wait().unwrap();
    let mut program_of_user = in_shell(&sleep, &program());
    assert!(lost.join().unwrap().text().contains("Runtime.ResponseLost"));
    assert_eq!(invoke(address, "sleep", "2").text(), "2");
    let _ = program_of_user.kill();
    let _ = program_of_user.wait();
    // Each handler has its own, with the names of its function.
    let mut other = in_shell(&variables(&tool, "shop.context"), &program());
    let got = invoke(address, "shop-context", "null").text();
    assert!(got.contains("function:shop-context\"") && got.contains("shop-context\""), "{got}");
    let _ = other.kill();
    let _ = other.wait();
    assert_eq!(invoke(address, "order", "{}").status, 404);
}

/// Asks the Runtime API of a program that the user starts, without a connection that stays.
fn ask(api: &str, line: &str, body: &str) -> TcpStream {
    let mut stream = TcpStream::connect(api).unwrap();
    let length = body.len();
    write!(stream, "{line} HTTP/1.1\r\nHost: {api}\r\nContent-Length: {length}\r\n\r\n{body}")
        .unwrap();
    stream
}

#[test]
fn a_program_that_fails_or_goes_is_followed_by_the_next_one() {
    let tool = start(folder(), &["--apis-only", "shop.context"]);
    let address = tool.address();
    let variables = variables(&tool, "shop.context");
    let api = variables.split("AWS_LAMBDA_RUNTIME_API=").nth(1).unwrap();
    let api = api.split(' ').next().unwrap();
    // One that fails at its start, for a variable is missing.
    let error = r#"{"errorType":"Shop.NoTable","errorMessage":"TABLE is not set"}"#;
    let mut failed = ask(api, "POST /2018-06-01/runtime/init/error", error);
    tool.wait_for_line("failed at its start: Shop.NoTable: TABLE is not set; events wait");
    assert!(failed.read(&mut [0; 9]).unwrap() > 0);
    // More programs than there may be connections, each of which is ended while it waits.
    for _ in 0..2 {
        for _ in 0..200 {
            drop(ask(api, "GET /2018-06-01/runtime/invocation/next", ""));
        }
        thread::sleep(Duration::from_millis(700));
    }
    // The next one is not refused: it waits.
    let mut next = ask(api, "GET /2018-06-01/runtime/invocation/next", "");
    next.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    let mut bytes = [0; 200];
    let read = next.read(&mut bytes);
    assert!(read.is_err(), "{}", String::from_utf8_lossy(&bytes));
    drop(next);
    let first = thread::spawn(move || invoke(address, "shop-context", "null"));
    tool.wait_for_line("START RequestId");
    let got = invoke(address, "shop-context", "null");
    assert_eq!(got.status, 429);
    assert!(got.text().contains("waits for its program: start it with"), "{}", got.text());
    let mut program_of_user = in_shell(&variables, &program());
    let got = first.join().unwrap().text();
    assert!(got.contains("function:shop-context\""), "{got}");
    let _ = program_of_user.kill();
    let _ = program_of_user.wait();
}

#[test]
fn the_events_of_several_workers_end_with_a_program_that_is_gone() {
    let tool = start(folder(), &["--apis-only", "sleep", "--workers", "2"]);
    let address = tool.address();
    let variables = variables(&tool, "sleep");
    let mut program_of_user = in_shell(&variables, &program());
    assert_eq!(invoke(address, "sleep", "1").text(), "1");
    let lost = [(); 2].map(|()| thread::spawn(move || invoke(address, "sleep", "60000")));
    wait_until("both events are not there", || {
        tool.said.lock().unwrap().matches("START RequestId").count() == 3
    });
    // The program waits for them, and gets them at once.
    thread::sleep(Duration::from_millis(300));
    program_of_user.kill().unwrap();
    program_of_user.wait().unwrap();
    for lost in lost {
        let got = lost.join().unwrap().text();
        assert!(got.contains("closed its connection before it responded"), "{got}");
    }
    let mut program_of_user = in_shell(&variables, &program());
    assert_eq!(invoke(address, "sleep", "1").text(), "1");
    let _ = program_of_user.kill();
    let _ = program_of_user.wait();
}

#[test]
fn a_durable_function_is_started_by_hand() {
    let functions = folder().join("durable.conf");
    fs::write(&functions, "[script]\nname scripts\ndurable 60 1\n").unwrap();
    let program = Lambda::path_of_example("durable-script").display().to_string();
    let file = ["--functions", functions.to_str().unwrap()];
    for said in [&file[..], &["--durable", "script"]] {
        let tool = start(folder(), &[said, &["--apis-only", "script"]].concat());
        let mut program_of_user = in_shell(&variables(&tool, "script"), &program);
        let got = invoke(tool.address(), "script:live", "[]");
        assert!(got.header("X-Amz-Durable-Execution-Arn").is_some(), "{said:?}: {}", got.head);
        assert_eq!(got.status, 200, "{}", got.text());
        let name = if said == file { "function:scripts:" } else { "function:script:" };
        assert!(got.head.contains(name), "{}", got.head);
        let _ = program_of_user.kill();
        let _ = program_of_user.wait();
    }
}

/// A change of the names is seen without a new start of the tool.
#[test]
fn a_function_has_its_new_name_when_the_file_has_changed() {
    let functions = folder().join("changing.conf");
    fs::write(&functions, "[shop.context]\nname first\n[shop.contxt]\nmemory 256\n").unwrap();
    let tool = start(folder(), &[&program(), "--functions", functions.to_str().unwrap()]);
    // Deploying would refuse it.
    let unknown = "changing.conf, line 3: the program has no handler shop.contxt; it has: ";
    assert!(tool.wait_for_line(unknown).contains("shop.context, "));
    assert!(invoke(tool.address(), "first", "null").text().contains("\"function\":\"first\""));
    fs::write(&functions, "[shop.context]\nname second\n").unwrap();
    tool.wait_for_line("changing.conf has changed: the programs start again with its names");
    assert!(invoke(tool.address(), "second", "null").text().contains("function:second\""));
    assert_eq!(invoke(tool.address(), "first", "null").status, 404);
    fs::write(&functions, "[shop.context]\nname second\n\n[other]\n").unwrap();
    tool.wait_for_line("changing.conf, line 4: the program has no handler other; it has: ");
    fs::write(&functions, "[shop.context]\nname a.b\n").unwrap();
    tool.wait_for_line("changing.conf has changed: what was read before stays");
    assert_eq!(invoke(tool.address(), "second", "null").status, 200);
}

#[test]
fn a_program_that_gdb_has_started_stops_at_a_breakpoint() {
    let (program, place) = debuggee();
    let tool = start(folder(), &["--timeout", "0.2", "--apis-only", "double"]);
    let address = tool.address();
    let commands = [&*place, "run", "backtrace 1", "delete", "continue"];
    let Some(gdb) = gdb(&commands, &program) else { return };
    let event = thread::spawn(move || invoke(address, "double", "4"));
    let mut gdb = in_shell(&variables(&tool, "double"), &gdb);
    assert_eq!(event.join().unwrap().text(), "8");
    let _ = gdb.kill();
    let said = std::io::read_to_string(gdb.stdout.take().unwrap()).unwrap();
    let _ = gdb.wait();
    assert!(said.contains("Breakpoint 1, debuggee::double"), "{said}");
}
