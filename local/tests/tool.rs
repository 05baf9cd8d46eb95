//! The tool's variables and callers: what Lambda reserves, the file of variables, commands with it,
//! and HTTP requests that have claims.

mod support;

use minilambda_local::{ErrorKind, Lambda};
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Lines, Read};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use std::{fs, thread};
use support::{Received, request};

/// A folder of a test's own, with a file of variables.
fn folder(name: &str, variables: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("local.env"), variables).unwrap();
    folder
}

fn tool(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_minilambda-local"));
    command.current_dir(folder).env_remove("AWS_REGION");
    command
}

fn output(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = tool(folder).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (status.code(), text(&stdout), text(&stderr))
}

#[test]
fn a_builder_refuses_what_lambda_reserves() {
    for (name, value) in [
        ("_HANDLER", "other"),
        ("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:1"),
        ("AWS_LAMBDA_FUNCTION_NAME", "x"),
        ("LAMBDA_TASK_ROOT", "/"),
        ("A", "one letter"),
        ("WITH-DASH", "x"),
        ("NUL", "a\0b"),
    ] {
        let program = Lambda::path_of_example("functions");
        let lambda = Lambda::builder(program).env("TABLE", "orders").env(name, value).build();
        let error = lambda.invoke("environment", "null").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidSettings, "{name}");
        assert!(error.to_string().contains(name), "{error}");
        assert!(lambda.handlers().is_err() && lambda.http("web").get("/").is_err());
    }
}

#[test]
fn a_builder_sets_the_rest_and_the_region_is_the_functions() {
    let lambda = Lambda::builder(Lambda::path_of_example("functions"))
        .env("PATH", "/opt/own")
        .env("TZ", "Europe/Berlin")
        .env("AWS_ACCESS_KEY_ID", "none")
        .env("AWS_REGION", "us-west-2")
        .build();
    let done = lambda.invoke("environment", "null").unwrap();
    let variables: BTreeMap<String, String> = done.json().unwrap();
    for (name, value) in [
        ("PATH", "/opt/own"),
        ("TZ", "Europe/Berlin"),
        ("AWS_ACCESS_KEY_ID", "none"),
        ("AWS_REGION", "us-west-2"),
        ("AWS_DEFAULT_REGION", "us-west-2"),
    ] {
        assert_eq!(variables[name], value, "{name}");
    }
    let arn = lambda.invoke("context", "null").unwrap().text();
    assert!(arn.contains("arn:aws:lambda:us-west-2:"), "{arn}");
}

#[test]
fn a_file_with_a_reserved_name_ends_the_tool_with_the_place() {
    let folder = folder("reserved", "TABLE=orders\n\n# the handler\n_HANDLER=other\n");
    let program = Lambda::path_of_example("functions");
    let program = program.to_str().unwrap();
    for arguments in [
        &[program, "--port", "0", "--env-file", "local.env"][..],
        &["--env-file", "local.env", "--run", "true"],
    ] {
        let (code, _, said) = output(&folder, arguments);
        assert_eq!(code, Some(1), "{said}");
        assert!(said.contains("local.env:4: _HANDLER is reserved"), "{said}");
    }
    let (code, _, said) = output(&folder, &["--env-file", "nowhere.env", "--run", "true"]);
    assert!(code == Some(1) && said.contains("cannot read nowhere.env"), "{said}");
}

#[test]
fn a_command_gets_the_same_variables_as_functions() {
    let text = "# a comment\nGREETING=Good morning\nQUOTED=\"two  blanks\"\nAWS_REGION=us-east-1\n";
    let folder = folder("command", text);
    let print = "echo \"$GREETING|$QUOTED|$AWS_REGION|$1\"; exit 7";
    let arguments = ["--env-file", "local.env", "--run", "sh", "-c", print, "sh", "--port"];
    let (code, printed, said) = output(&folder, &arguments);
    assert_eq!(
        (code, &*printed),
        (Some(7), "Good morning|two  blanks|us-east-1|--port\n"),
        "{said}"
    );
    let (code, _, said) = output(&folder, &["--run", "no-such-program"]);
    assert!(code == Some(1) && said.contains("cannot start no-such-program"), "{said}");
}

/// In place of cargo: it writes down how it was called.
const WRITER: &str = "#!/bin/sh\n(env; echo \"CARGO_ARGUMENTS=$*\") >part\nmv part variables\n";

/// `cargo run` describes the tool's package to it. If a cargo that the tool starts got this, `make
/// run` and `make local` would compile `ring` again, and all that depends on it, each time.
#[test]
fn a_cargo_that_the_tool_starts_is_like_one_of_a_shell() {
    let folder = folder("package", "");
    let cargo = folder.join("cargo");
    fs::write(&cargo, WRITER).unwrap();
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(folder.join("Cargo.toml"), "").unwrap();
    let cargo = cargo.to_str().unwrap();
    let build = ["--package", "a", "--features", "b,c", "--release", "--port", "0"];
    for arguments in [&build[..], &["--run", cargo]] {
        let _ = fs::remove_file(folder.join("variables"));
        let mut process = tool(&folder)
            .args(arguments)
            .envs([("CARGO", cargo), ("CARGO_PKG_NAME", "local"), ("CARGO_PKG_VERSION", "9")])
            .envs([("CARGO_MANIFEST_DIR", "/local"), ("CARGO_MANIFEST_PATH", "/local/Cargo.toml")])
            .env("CARGO_BUILD_JOBS", "2")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let start = Instant::now();
        let variables = loop {
            if let Ok(variables) = fs::read_to_string(folder.join("variables")) {
                break variables;
            }
            assert!(
                start.elapsed() < Duration::from_secs(20),
                "{arguments:?}: cargo is not started"
            );
            thread::sleep(Duration::from_millis(20));
        };
        let _ = process.kill();
        process.wait().unwrap();
        let of_cargo: Vec<&str> =
            variables.lines().filter(|line| line.starts_with("CARGO_")).collect();
        assert!(of_cargo.contains(&"CARGO_BUILD_JOBS=2"), "{arguments:?}: {of_cargo:?}");
        let line =
            "CARGO_ARGUMENTS=build --message-format=json --package a --features b,c --release";
        assert_eq!(of_cargo.contains(&line), arguments == build, "{of_cargo:?}");
        let is_of_package =
            |line: &&str| line.starts_with("CARGO_PKG_") || line.starts_with("CARGO_MANIFEST_");
        assert!(!of_cargo.iter().any(is_of_package), "{arguments:?}: {of_cargo:?}");
    }
}

/// The tool while it serves.
struct Served {
    process: Child,
    address: SocketAddr,
    said: Arc<Mutex<String>>,
}

impl Served {
    fn start(folder: &Path, example: &str, arguments: &[&str]) -> Self {
        Self::run(tool(folder).arg(Lambda::path_of_example(example)).args(arguments))
    }

    fn run(command: &mut Command) -> Self {
        let mut process = command
            .args(["--port", "0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout: Box<dyn Read + Send> = Box::new(process.stdout.take().unwrap());
        let mut lines = BufReader::new(stdout).lines();
        let url = lines.next().expect("the tool says nothing").unwrap();
        let said = Arc::new(Mutex::new(String::new()));
        let keep = |lines: Lines<BufReader<Box<dyn Read + Send>>>| {
            let keeper = Arc::clone(&said);
            thread::spawn(move || {
                for line in lines.map_while(Result::ok) {
                    *keeper.lock().unwrap() += &(line + "\n");
                }
            });
        };
        keep(lines);
        keep(BufReader::new(Box::new(process.stderr.take().unwrap()) as Box<_>).lines());
        let address = url.trim_start_matches("http://").parse().unwrap();
        Self { process, address, said }
    }

    /// Sends a GET to a function, with headers.
    fn get(&self, path: &str, headers: &str) -> Received {
        request(self.address, &format!("GET {path}\nHost: api.localhost\n{headers}"), b"")
    }

    fn environment(&self) -> String {
        let head = "POST /2015-03-31/functions/environment/invocations";
        request(self.address, head, b"null").text()
    }

    fn wait_until(&self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !is_so(self) {
            let said = self.said.lock().unwrap().clone();
            assert!(start.elapsed() < Duration::from_secs(20), "{what}: {said}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn has_said(&self, text: &str) -> bool {
        self.said.lock().unwrap().contains(text)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_change_of_the_file_restarts_the_programs_and_a_wrong_one_does_not() {
    let folder = folder("changed", "TABLE=orders\nGONE=soon\nAWS_REGION=us-east-1\n");
    let tool = Served::start(&folder, "functions", &["--env-file", "local.env"]);
    let first = tool.environment();
    for part in ["\"TABLE\":\"orders\"", "\"GONE\":\"soon\"", "\"AWS_REGION\":\"us-east-1\""] {
        assert!(first.contains(part), "{first}");
    }
    fs::write(folder.join("local.env"), "TABLE=customers\n").unwrap();
    tool.wait_until("the change", |tool| tool.environment().contains("customers"));
    let second = tool.environment();
    assert!(!second.contains("GONE") && second.contains("\"AWS_REGION\":\"eu-central-1\""));
    tool.wait_until("the word", |tool| tool.has_said("local.env has changed: the programs start"));

    fs::write(folder.join("local.env"), "TABLE=hidden\n_HANDLER=x\n").unwrap();
    tool.wait_until("the error", |tool| tool.has_said("local.env:2: _HANDLER is reserved"));
    tool.wait_until("the rest", |tool| tool.has_said("what was read before stays"));
    assert!(tool.environment().contains("customers"));
    assert!(!tool.has_said("hidden"));
    fs::remove_file(folder.join("local.env")).unwrap();
    tool.wait_until("its absence", |tool| tool.has_said("cannot read local.env"));
    assert!(tool.environment().contains("customers"));
    fs::write(folder.join("local.env"), "TABLE=again\n").unwrap();
    tool.wait_until("its return", |tool| tool.environment().contains("again"));
}

/// A project whose program is built already: cargo is a script that says so.
#[test]
fn the_files_of_a_project_are_read_also_if_they_are_made_later() {
    let folder = folder("later", "");
    for name in ["local.env", "functions.conf", "sources.conf"] {
        let _ = fs::remove_file(folder.join(name));
    }
    fs::write(folder.join("Cargo.toml"), "").unwrap();
    let program = Lambda::path_of_example("functions");
    let cargo = folder.join("cargo");
    let artifact = format!(
        r#"{{"reason":"compiler-artifact","target":{{"name":"a"}},"executable":"{}"}}"#,
        program.display()
    );
    fs::write(&cargo, format!("#!/bin/sh\necho '{artifact}'\n")).unwrap();
    fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
    let served = Served::run(tool(&folder).env("CARGO", &cargo));
    assert!(served.environment().contains("_HANDLER") && !served.environment().contains("TABLE"));
    fs::write(folder.join("local.env"), "TABLE=orders\n").unwrap();
    served.wait_until("the variables", |it| it.environment().contains("\"TABLE\":\"orders\""));
    fs::write(folder.join("functions.conf"), "[environment]\nname own-name\nmemory 200\n").unwrap();
    served.wait_until("the name", |it| it.environment().contains("own-name"));
    assert!(served.environment().contains("\"AWS_LAMBDA_FUNCTION_MEMORY_SIZE\":\"200\""));
    let state = request(served.address, "GET /local/state", b"").text();
    assert!(
        state.contains(
            r#""fileLimits":{"":{"memory":128,"timeout":3.0},"environment":{"memory":200}}"#
        ),
        "{state}"
    );
    fs::write(folder.join("sources.conf"), "[echo]\nschedule rate(1 second)\n").unwrap();
    served.wait_until("the source", |it| it.has_said("echo: REPORT "));
    // They are there at the next start.
    drop(served);
    let served = Served::run(tool(&folder).env("CARGO", &cargo));
    let environment = served.environment();
    assert!(environment.contains("orders") && environment.contains("own-name"), "{environment}");
}

// ---- callers

#[test]
fn a_request_to_the_tool_has_the_claims_of_an_option() {
    let folder = folder("claims", "");
    fs::write(folder.join("user.json"), "{\"sub\":\"user-18\"}").unwrap();
    for (claims, user) in [("{\"sub\":\"user-17\"}", "user-17"), ("user.json", "user-18")] {
        let tool = Served::start(&folder, "guarded", &["--claims", claims]);
        let got = tool.get("/me", "");
        assert_eq!((got.status, &*got.text()), (200, user));
    }
    let iam = ["--iam", "{\"userArn\":\"arn:aws:iam::123456789012:user/till\"}"];
    let tool = Served::start(&folder, "guarded", &iam);
    assert!(tool.get("/all", "").text().contains("user/till"));
}

#[test]
fn a_request_to_the_tool_has_the_claims_of_its_own_token() {
    let folder = folder("token", "");
    let tool = Served::start(&folder, "guarded", &["--token-claims"]);
    assert_eq!(tool.get("/me", "").status, 401);
    // {"sub":"user-17"}
    let token = "Authorization: Bearer e30.eyJzdWIiOiJ1c2VyLTE3In0.c2ln";
    assert_eq!(tool.get("/me", token).text(), "user-17");
    tool.wait_until("the warning", |tool| tool.has_said("NOTHING of it is verified"));
}

#[test]
fn a_handler_decides_about_requests_to_the_tool_until_the_page_changes_it() {
    let folder = folder("authorizer", "");
    let options = ["--authorizer", "gate", "--front-end", "rest-api", "--identity-source", "x-key"];
    let tool = Served::start(&folder, "guarded", &options);
    assert_eq!(tool.get("/all", "").status, 401);
    let got = tool.get("/all", "X-Key: policy");
    assert!(got.text().contains("\"tenant\":\"blue\""), "{got:?}");
    let got = tool.get("/all", "X-Key: other");
    assert_eq!((got.status, &*got.text()), (500, "{\"message\":null}"));
    assert!(got.header("x-local-reason").unwrap().contains("gate failed: NoSuchToken"));

    let settings = |caller: &str, identity: &str, front_end: &str| {
        let body = format!(
            r#"{{"timeout":3,"memory":128,"workers":0,"freeze":true,"frontEnd":"{front_end}","caller":"{caller}","identity":"{identity}"}}"#
        );
        request(tool.address, "POST /local/settings", body.as_bytes())
    };
    // The same handler keeps the options.
    assert_eq!(settings("authorizer", "gate", "rest-api").status, 200);
    assert_eq!(tool.get("/all", "X-Key: policy").status, 200);
    // A name that there is not is in the log, too: the client sees another function's name.
    assert_eq!(settings("authorizer", "gat", "rest-api").status, 200);
    assert_eq!(tool.get("/all", "Authorization: policy").status, 404);
    tool.wait_until("the missing authorizer", |tool| {
        tool.has_said("function:gat; the handlers are")
    });
    let user = r#"{\"sub\":\"user-17\"}"#;
    assert_eq!(settings("claims", user, "http-api").status, 200);
    assert_eq!(tool.get("/me", "").text(), "user-17");
    for (caller, identity, front_end, told) in [
        ("claims", user, "function-url", "function-url does not have callers with claims"),
        ("claims", "[]", "http-api", "not a JSON object"),
        ("iam", "[]", "http-api", "not a JSON object"),
        ("authorizer", "", "http-api", "which handler"),
        ("somebody", "", "http-api", "no caller of the kind"),
    ] {
        let got = settings(caller, identity, front_end);
        assert!(got.status == 400 && got.text().contains(told), "{caller} {}", got.text());
    }
    assert_eq!(settings("nobody", "", "function-url").status, 200);
    assert_eq!(tool.get("/me", "").status, 401);
}

#[test]
fn callers_that_cannot_be_are_errors_at_the_start() {
    let folder = folder("callers", "");
    let program = Lambda::path_of_example("guarded");
    let run = |arguments: &[&str]| {
        let program = [program.to_str().unwrap(), "--port", "0"];
        let (code, _, said) = output(&folder, &[&program, arguments].concat());
        assert!(code.is_some_and(|code| code > 0), "{said}");
        said
    };
    assert!(run(&["--claims", "{\"sub\""]).contains("the claims are not a JSON object"));
    assert!(run(&["--claims", "nowhere.json"]).contains("cannot read nowhere.json"));
    let url = ["--token-claims", "--front-end", "function-url"];
    assert!(run(&url).contains("function-url does not have an authorizer that reads tokens"));
    assert!(run(&["--claims", "{}", "--iam", "{}"]).contains("only one of"));
}
