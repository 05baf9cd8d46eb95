//! "Copy as" of the page: each copy is run by a shell or by the compiler, with hostile events.

#[path = "support/copying.rs"]
mod copying;
mod support;

use copying::{array, copies, data, node, object, run, said, text};
use minilambda_local::{Lambda, Server};
use miniserde::json::{self, Value};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};
use support::tool;

/// Texts that would do something if they were not quoted.
const HOSTILE: [&str; 40] = [
    "",
    " ",
    "plain",
    "GET;touch x;#",
    "'; touch x; '",
    "\"; touch x; \"",
    "$(touch x)",
    "`touch x`",
    "${PATH}",
    "a\ntouch x\n",
    "\n\n",
    "\\'; touch x #",
    "'\\''",
    "''",
    "\\",
    "\\\\n\\t\\0",
    "&& touch x",
    "| touch x",
    "> x",
    "< x",
    "# touch x",
    "@/etc/passwd",
    "<(touch x)",
    "-o x",
    "--output=x",
    "-",
    "--",
    "!!",
    "* ? [a-z] {a,b} ~",
    "%s %n %%",
    "file:///etc/passwd",
    "fileb:///etc/passwd",
    "zwölf 💥 \u{4f60}",
    "\u{3}\ntouch x\n",
    "\u{1b}[201~\ntouch x\n",
    "\r\ntouch x\r\n",
    "a\tb\u{7f}\u{7f}\u{8}c",
    "\u{9b}31m \u{202e}abc\u{2066}",
    "{\"a\":\"it's \\\"quoted\\\" \\n\"}",
    "EOF\n\"###\"##################",
];

/// A server for a program that is there.
fn site(port: u16) -> Value {
    let program = object([
        ("path", text("bootstrap")),
        ("name", text("bootstrap")),
        ("isExample", Value::Bool(false)),
        ("project", Value::Null),
        ("envFile", Value::Null),
        ("tool", text("minilambda-local")),
    ]);
    let number = |number| Value::Number(json::Number::U64(number));
    let settings = object([("limits", object([])), ("workers", number(0))]);
    object([("port", number(port.into())), ("program", program), ("settings", settings)])
}

/// The run of a handler on an event, with a response.
fn run_of(handler: &str, event: &str, response: &str) -> Value {
    object([
        ("id", text("6d2dc49c-e9f7-40a1-aa75-104bc29ee415")),
        ("handler", text(handler)),
        ("event", data(event)),
        ("payload", data(response)),
        ("failure", Value::Null),
        ("request", Value::Null),
    ])
}

/// The run of a handler on a request: its method, target, headers and body.
fn run_of_request(
    handler: &str,
    [method, target, body]: [&str; 3],
    headers: &[(&str, &str)],
) -> Value {
    let headers = headers.iter().map(|(name, value)| array([text(name), text(value)]));
    let request = object([
        ("method", text(method)),
        ("target", text(target)),
        ("headers", array(headers)),
        ("body", data(body)),
    ]);
    object([("handler", text(handler)), ("event", data("{}")), ("request", request)])
}

fn copy(node: &str, kind: &str, run: Value, port: u16) -> String {
    copies(node, vec![[text(kind), run, site(port)]]).remove(0)
}

/// A folder with commands that write down how they were called.
fn recorders(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("bin")).unwrap();
    for command in ["curl", "aws", "bootstrap"] {
        let path = folder.join("bin").join(command);
        let script = "#!/bin/sh\nprintf '%s\\0' \"$@\" >\"$RECORD/argv\"\ncat >\"$RECORD/stdin\"\n";
        fs::write(&path, script).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

/// Runs a copy in an empty folder, which has to stay empty, and returns the arguments and the input
/// of its command.
fn recorded(shell: &str, folder: &Path, copy: &str) -> (Vec<String>, String) {
    // A terminal obeys control characters even within quotes.
    assert!(!copy.contains(|c: char| c.is_control() && c != '\n'), "{copy:?}");
    let (work, record) = (folder.join("work"), folder.join("record"));
    for folder in [&work, &record] {
        fs::create_dir_all(folder).unwrap();
    }
    let path = format!("{}:{}", folder.join("bin").display(), env::var("PATH").unwrap());
    let status = Command::new(shell)
        .args(["-c", copy])
        .current_dir(&work)
        .env("PATH", path)
        .env("RECORD", &record)
        .stdin(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "{copy}");
    assert_eq!(fs::read_dir(&work).unwrap().count(), 0, "{copy}");
    let read = |name: &str| fs::read_to_string(record.join(name)).unwrap();
    let argv = read("argv");
    let argv = argv.split_terminator('\0').map(str::to_owned).collect();
    let input = read("stdin");
    fs::remove_dir_all(record).unwrap();
    (argv, input)
}

fn after<'a>(argv: &'a [String], name: &str) -> &'a str {
    let place = argv.iter().position(|word| word == name);
    &argv[place.unwrap_or_else(|| panic!("no {name} in {argv:?}")) + 1]
}

#[test]
fn no_text_of_an_event_means_anything_to_the_shell() {
    let Some(node) = node() else { return };
    let folder = recorders("copies-argv");
    let mut wanted = Vec::new();
    for hostile in HOSTILE {
        let event = run_of(hostile, hostile, "");
        let name = format!("@{hostile}");
        let headers = [("x-a", hostile), (&*name, "b")];
        let request = run_of_request(hostile, [hostile, &format!("/{hostile}"), hostile], &headers);
        for (kind, run) in [
            ("aws lambda invoke", &event),
            ("curl", &event),
            ("make run", &event),
            ("curl", &request),
        ] {
            wanted.push([text(kind), run.clone(), site(9000)]);
        }
    }
    let texts = copies(node, wanted);
    let shells = ["sh", "bash"]
        .into_iter()
        .filter(|shell| Command::new(shell).args(["-c", ":"]).status().is_ok());
    for shell in shells {
        for (hostile, texts) in HOSTILE.iter().zip(texts.chunks(4)) {
            let (argv, input) = recorded(shell, &folder, &texts[0]);
            assert_eq!(input, *hostile);
            let name = argv.iter().find_map(|word| word.strip_prefix("--function-name="));
            assert_eq!(name.unwrap_or_else(|| after(&argv, "--function-name")), *hostile);
            assert_eq!(after(&argv, "--payload"), "fileb:///dev/stdin");

            let (argv, input) = recorded(shell, &folder, &texts[1]);
            assert_eq!((argv.len(), after(&argv, "--data-binary"), &*input), (4, "@-", *hostile));
            assert!(argv[3].starts_with("http://127.0.0.1:9000/2015-03-31/functions/"));

            let (argv, input) = recorded(shell, &folder, &texts[2]);
            assert_eq!(
                (argv, input),
                (vec![(*hostile).to_owned(), "-".to_owned()], (*hostile).to_owned())
            );

            let (argv, _) = recorded(shell, &folder, &texts[3]);
            assert_eq!(after(&argv, "-X"), *hostile);
            if !hostile.is_empty() {
                assert_eq!(after(&argv, "--data-raw"), *hostile);
            }
            let url = argv.last().unwrap();
            assert!(url.starts_with("http://") && url.contains(".localhost:9000/"), "{url}");
            assert!(url.bytes().all(|byte| byte.is_ascii_graphic()), "{url}");
            assert!(!argv.iter().any(|word| word.starts_with('@') && word != hostile), "{argv:?}");
        }
    }
}

// ---- the commands themselves

fn server() -> (Lambda, Server) {
    let lambda = Lambda::example("functions");
    let server = lambda.serve(0).unwrap();
    (lambda, server)
}

#[test]
fn curl_sends_the_event_and_no_file() {
    let Some(node) = node() else { return };
    let (_lambda, server) = server();
    let port = server.address().port();
    let invoke =
        |handler: &str, event: &str| run(&copy(node, "curl", run_of(handler, event, ""), port));
    let large = format!("\"{}\"", "x".repeat(300_000));
    for event in [
        "{\"a\":\"it's $HOME `id` \\n \\\\ 💥\"}",
        "\"@/etc/passwd\"",
        "[\n  1,\n  -2\n]\n",
        "-1",
        &large,
    ] {
        let output = invoke("echo", event);
        assert_eq!(String::from_utf8_lossy(&output.stdout), event, "{}", said(&output));
    }
    // What is no event is refused, and no file is sent in its place.
    let got = said(&invoke("echo", "@/etc/passwd"));
    assert!(got.contains("not JSON") && !got.contains("root:"), "{got}");
    let got = said(&invoke("../a?b", "1"));
    assert!(got.contains("function:../a?b"), "{got}");
}

#[test]
fn curl_sends_the_request_as_it_was() {
    let Some(node) = node() else { return };
    let (_lambda, server) = server();
    let port = server.address().port();
    let ask = |request: [&str; 3], headers: &[(&str, &str)]| {
        said(&run(&copy(node, "curl", run_of_request("echo", request, headers), port)))
    };
    let event = ask(
        ["PATCH", "/a b/%2e/../c[1]{2}?d=e f&g='h'#i", "@/etc/passwd\n'"],
        &[
            ("X-A", "it's; $HOME"),
            ("x-b", ""),
            ("x-a", "twice"),
            ("cookie", "b=1; c=2"),
            ("content-type", "text/plain"),
            ("host", "evil.example"),
            ("content-length", "9"),
            ("x-c", "d\r\nx-d: e"),
        ],
    );
    for part in [
        r#""method":"PATCH""#,
        r#""rawPath":"/a%20b/%2e/../c[1]%7B2%7D""#,
        r#""rawQueryString":"d=e%20f&g='h'%23i""#,
        r#""x-a":"it's; $HOME,twice""#,
        r#""x-b":"""#,
        r#""x-c":"d x-d: e""#,
        r#""cookies":["b=1","c=2"]"#,
        r#""content-type":"text/plain""#,
        &format!(r#""host":"echo.localhost:{port}""#),
        r#""body":"@/etc/passwd\n'""#,
    ] {
        assert!(event.contains(part), "{part} is not in {event}");
    }
    for part in ["\"x-d\"", "\"user-agent\"", "\"accept\""] {
        assert!(!event.contains(part), "{part} is in {event}");
    }
    // Whatever a path is, the request goes to this machine. HEAD does not wait for a body.
    for path in ["@evil.example/", ".evil.example/", "http://evil.example/", "//evil.example/"] {
        let event = ask(["GET", path, ""], &[]);
        assert!(event.contains(&format!("\"host\":\"echo.localhost:{port}\"")), "{event}");
    }
    assert!(ask(["HEAD", "/", "a"], &[]).starts_with("HTTP/1.1 200"));
    let refused = ask(["GET;touch x;#", "/", ""], &[]);
    assert!(refused.starts_with("HTTP/1.1 400"), "{refused}");
    let plain = [("content-type", "text/plain")];
    let body = ask(["POST", "/", "a\0b"], &plain);
    assert!(body.contains(r#""body":"a\u0000b""#) || body.contains("\"body\":\"YQBi\""), "{body}");
    let long = "x".repeat(300_000);
    assert!(ask(["POST", "/", &long], &plain).contains(&long));
}

#[test]
fn the_aws_cli_sends_the_event() {
    let (Some(node), Some(aws)) = (node(), tool("aws")) else { return };
    let (_lambda, server) = server();
    for event in ["{\"a\":\"it's $HOME \\n 💥\"}", "\"file:///etc/passwd\"", "-1"] {
        let port = server.address().port();
        let text = copy(node, "aws lambda invoke", run_of("echo", event, ""), port);
        let path = aws.parent().unwrap().display();
        // Without a region and credentials, which the user need not have.
        let unset =
            "AWS_REGION AWS_DEFAULT_REGION AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_PROFILE";
        let got = said(&run(&format!("unset {unset}; export PATH=\"{path}:$PATH\"; {text}")));
        assert!(got.contains(event) && got.contains("\"StatusCode\": 200"), "{got}");
    }
}

// ---- the test

#[test]
fn the_compiler_takes_every_test_and_the_event_is_the_same() {
    let Some(node) = node() else { return };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("copies-rust");
    fs::create_dir_all(&folder).unwrap();
    let wanted = HOSTILE.iter().enumerate().map(|(number, hostile)| {
        let handler = format!("{number}.{hostile}");
        [text("#[test]"), run_of(&handler, hostile, hostile), site(9000)]
    });
    let tests = copies(node, wanted.collect());
    assert!(tests[3].contains("fn _3_GET_touch_x_responds_6d2dc49c()"), "{}", tests[3]);
    // In place of the crate: what a test is given comes back, in a form that this test can read.
    let stub = r#"
mod minilambda_local {
    pub struct Lambda;
    pub struct Done { pub failure: Option<()>, text: String }
    impl Lambda {
        pub fn new(_: &str) -> Self { Self }
        pub fn invoke(&self, handler: &str, event: &str) -> Result<Done, ()> {
            println!("{handler:?} {event:?}");
            Ok(Done { failure: None, text: event.to_owned() })
        }
    }
    impl Done { pub fn text(&self) -> String { self.text.clone() } }
}
"#;
    let source = folder.join("copies.rs");
    fs::write(&source, format!("{stub}\n{}\n", tests.join("\n"))).unwrap();
    let program = folder.join("copies");
    let output = Command::new("rustc")
        .args(["--test", "--edition", "2024", "-o"])
        .args([&program, &source])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", said(&output));
    let output = Command::new(program).args(["--nocapture", "--test-threads=1"]).output().unwrap();
    let got = said(&output);
    assert!(output.status.success(), "{got}");
    for (number, hostile) in HOSTILE.iter().enumerate() {
        let line = format!("{:?} {hostile:?}", format!("{number}.{hostile}"));
        assert!(got.contains(&line), "{line} is not in {got}");
    }
}
