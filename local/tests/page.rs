//! The tool in a project, and its page in a real browser: `page/steps.mjs` has the steps.

#[path = "support/projects.rs"]
mod projects;
#[path = "support/running.rs"]
mod running;
mod support;

use projects::project;
use running::start;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, fs, thread};
use support::skip::skip;
use support::{request, tool};

fn browser() -> Option<PathBuf> {
    let found = ["/usr/bin/chromium", "/usr/bin/google-chrome"].iter().map(PathBuf::from);
    let found = found.into_iter().find(|path| path.exists());
    if found.is_none() {
        skip("there is no chromium: apt-get install chromium");
    }
    found
}

#[test]
fn the_page_runs_functions_and_survives_a_broken_build() {
    let (Some(browser), Some(playwright)) = (browser(), tool("playwright")) else { return };
    let folder = project("page-project");
    let tool = start(&folder, &[]);
    let shots = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page-screenshots");
    fs::create_dir_all(&shots).unwrap();
    let modules = fs::canonicalize(playwright).unwrap();
    let modules = modules.ancestors().find(|path| path.ends_with("node_modules")).unwrap();
    let output = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page/steps.mjs"))
        .args([modules, &browser, &folder, &shots])
        .arg(&tool.url)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{errors}");
    // The terminal has the compiler's message once for each place.
    let terminal = tool.said.lock().unwrap().clone();
    let count = terminal.matches("error[E0425]: cannot find value `milliseconds`").count();
    assert_eq!(count, terminal.matches("not built; waiting for a change").count(), "{terminal}");
    assert_ne!(count, 0, "{terminal}");
    eprintln!("{said}screenshots are in {}", shots.display());
}

#[test]
fn the_page_shows_durable_executions() {
    let (Some(browser), Some(playwright)) = (browser(), tool("playwright")) else { return };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("page-durable");
    fs::create_dir_all(&folder).unwrap();
    let program = minilambda_local::Lambda::path_of_example("durable-script");
    let tool = start(&folder, &[program.to_str().unwrap(), "--time", "stop"]);
    let modules = fs::canonicalize(playwright).unwrap();
    let modules = modules.ancestors().find(|path| path.ends_with("node_modules")).unwrap();
    let output = Command::new("node")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page/durable.mjs"))
        .args([modules, &browser, &folder])
        .arg(&tool.url)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}{errors}");
    eprintln!("{said}screenshots are in {}", folder.display());
}

#[test]
fn the_options_are_obeyed_and_a_program_that_is_replaced_is_started_again() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("options");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("env"), "TABLE=orders\n# none\nPATH\n").unwrap();
    let program = folder.join("functions");
    let copy = || {
        let _ = fs::remove_file(&program); // a program that runs cannot be written
        fs::copy(minilambda_local::Lambda::path_of_example("functions"), &program).unwrap();
    };
    copy();
    let tool = start(
        &folder,
        &[
            "functions",
            "--http",
            "web=0",
            "--timeout",
            "0.3",
            "--memory",
            "64",
            "--env-file",
            "env",
            "--front-end",
            "rest-api",
            "--events",
            "own",
        ],
    );
    let address = |url: &str| url.trim_start_matches("http://").parse::<SocketAddr>().unwrap();
    let invoke = |name: &str, event: &str| {
        let head = format!("POST /2015-03-31/functions/{name}/invocations");
        request(address(&tool.url), &head, event.as_bytes()).text()
    };
    let environment = invoke("environment", "null");
    let path = format!("\"PATH\":\"{}\"", env::var("PATH").unwrap());
    for part in ["\"TABLE\":\"orders\"", "MEMORY_SIZE\":\"64\"", &path] {
        assert!(environment.contains(part), "{environment}");
    }
    assert!(invoke("sleep", "60000").contains("Task timed out after 0.30 seconds"));
    let start = Instant::now();
    let line = loop {
        let said = tool.said.lock().unwrap().clone();
        if let Some(line) = said.lines().find_map(|line| line.strip_suffix(": web")) {
            break line.to_owned();
        }
        assert!(start.elapsed() < Duration::from_secs(10), "{said}");
    };
    let got = request(address(&line), "GET /cookies", b"");
    assert_eq!((got.status, &*got.text()), (200, "none"));
    let state = request(address(&tool.url), "GET /local/state", b"").text();
    assert!(state.contains("\"frontEnd\":\"rest-api\"") && state.contains("\"keepsIn\":\"own\""));
    let head = "PUT /local/event?name=../evil";
    assert_eq!(request(address(&tool.url), head, b"{}").status, 400);

    invoke("count", "null");
    assert_eq!(invoke("count", "null"), "2");
    thread::sleep(Duration::from_millis(20)); // file times are coarse
    copy();
    let start = Instant::now();
    while invoke("count", "null") != "1" {
        assert!(start.elapsed() < Duration::from_secs(10), "it is not started again");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_wrong_command_line_and_a_wrong_folder_are_told() {
    let run = |folder: &Path, arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_minilambda-local"))
            .args(arguments)
            .current_dir(folder)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), told)
    };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let (code, told) = run(folder, &["--what"]);
    assert!(code == Some(2) && told.contains("--what") && told.contains("--help"), "{told}");
    assert_eq!(told.lines().count(), 2, "the usage hides the error: {told}");
    let (code, told) = run(&env::temp_dir(), &[]);
    assert!(code == Some(1) && told.contains("no Cargo.toml"), "{told}");
    let (code, told) = run(folder, &["no/such/file"]);
    assert!(code == Some(1) && told.contains("no file no/such/file"), "{told}");
    let (code, told) = run(folder, &["/etc/passwd"]);
    assert!(code == Some(1) && told.contains("/etc/passwd is no program: it is not"), "{told}");
    let (code, told) =
        run(folder, &[env!("CARGO_BIN_EXE_minilambda-local"), "--events", "/etc/passwd"]);
    assert!(code == Some(1) && told.contains("/etc/passwd is no folder"), "{told}");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let program = env!("CARGO_BIN_EXE_minilambda-local");
    let (code, told) = run(folder, &[program, "--port", &port]);
    assert!(
        code == Some(1) && told.contains(&format!("cannot listen on 127.0.0.1:{port}")),
        "{told}"
    );
    assert!(told.contains("--port"), "{told}");
    if cfg!(target_os = "linux") {
        let id = std::process::id();
        assert!(told.contains(&format!("process {id} in ")), "{told}");
    }
}
