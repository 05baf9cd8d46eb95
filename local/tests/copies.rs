//! "Copy as" of the page: each copy is run by a shell or by the compiler, with hostile events.

mod support;

use minilambda_local::{Lambda, Server};
use miniserde::json::{self, Array, Value};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::{env, fs};
use support::skip::skip;
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

fn node() -> Option<&'static str> {
    let is_there = Command::new("node").arg("--version").output().is_ok();
    if !is_there {
        skip("there is no node: apt-get install nodejs");
    }
    is_there.then_some("node")
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

fn array(values: impl IntoIterator<Item = Value>) -> Value {
    Value::Array(values.into_iter().collect::<Array>())
}

/// Makes the copies as the page does. Each one is asked for by its kind, handler, event, port and
/// run.
fn copies(node: &str, wanted: Vec<[Value; 5]>) -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut child = Command::new(node)
        .args([folder.join("tests/page/copies.mjs"), folder.join("page/copies.js")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let wanted = array(wanted.into_iter().map(array));
    child.stdin.take().unwrap().write_all(json::to_string(&wanted).as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    json::from_str(&String::from_utf8(output.stdout).unwrap()).unwrap()
}

fn copy(node: &str, kind: &str, handler: &str, event: &str, port: u16) -> String {
    let port = Value::Number(json::Number::U64(port.into()));
    copies(node, vec![[text(kind), text(handler), text(event), port, Value::Null]]).remove(0)
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
        let request = json::to_string(
            &[("method", hostile), ("path", &format!("/{hostile}")), ("body", hostile)]
                .into_iter()
                .collect::<std::collections::BTreeMap<_, _>>(),
        );
        let headers = format!(
            "{{\"headers\":{{\"x-a\":{},{}:\"b\"}}",
            json::to_string(hostile),
            json::to_string(&format!("@{hostile}"))
        );
        let request = format!("{headers},{}", &request[1..]);
        for (kind, event) in [
            ("aws lambda invoke", hostile),
            ("curl", hostile),
            ("bootstrap", hostile),
            ("curl, as HTTP", &request),
        ] {
            let port = Value::Number(json::Number::U64(9000));
            wanted.push([text(kind), text(hostile), text(event), port, Value::Null]);
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

            let (argv, _) = recorded(shell, &folder, &texts[1]);
            assert_eq!((argv.len(), after(&argv, "--data-raw")), (4, *hostile));
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

fn run(copy: &str) -> Output {
    let mut command = Command::new("sh");
    command.args(["-c", copy]).env("NO_PROXY", "*").stdin(Stdio::null());
    for (name, _) in env::vars().filter(|(name, _)| name.to_ascii_lowercase().ends_with("_proxy")) {
        command.env_remove(name);
    }
    command.output().unwrap()
}

fn said(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    format!("{out}{}", String::from_utf8_lossy(&output.stderr))
}

#[test]
fn curl_sends_the_event_and_no_file() {
    let Some(node) = node() else { return };
    let (_lambda, server) = server();
    let port = server.address().port();
    for event in
        ["{\"a\":\"it's $HOME `id` \\n \\\\ 💥\"}", "\"@/etc/passwd\"", "[\n  1,\n  -2\n]\n", "-1"]
    {
        let output = run(&copy(node, "curl", "echo", event, port));
        assert_eq!(String::from_utf8_lossy(&output.stdout), event, "{}", said(&output));
    }
    // What is no event is refused, and no file is sent in its place.
    let got = said(&run(&copy(node, "curl", "echo", "@/etc/passwd", port)));
    assert!(got.contains("not JSON") && !got.contains("root:"), "{got}");
    let got = said(&run(&copy(node, "curl", "../a?b", "1", port)));
    assert!(got.contains("function:../a?b"), "{got}");
}

#[test]
fn curl_sends_the_request_as_the_event_has_it() {
    let Some(node) = node() else { return };
    let (_lambda, server) = server();
    let port = server.address().port();
    let ask = |request: &str| said(&run(&copy(node, "curl, as HTTP", "echo", request, port)));
    let event = ask(
        r#"{"method":"PATCH","path":"/a b/%2e/../c[1]{2}?d=e f&g='h'#i","headers":{"X-A":"it's; $HOME","x-b":"",
        "content-type":"text/plain","host":"evil.example","content-length":"9","x-c":"d\r\nx-d: e"},"body":"@/etc/passwd\n'"}"#,
    );
    for part in [
        r#""method":"PATCH""#,
        r#""rawPath":"/a%20b/%2e/../c[1]%7B2%7D""#,
        r#""rawQueryString":"d=e%20f&g='h'%23i""#,
        r#""x-a":"it's; $HOME""#,
        r#""x-b":"""#,
        r#""x-c":"d x-d: e""#,
        r#""content-type":"text/plain""#,
        &format!(r#""host":"echo.localhost:{port}""#),
        r#""body":"@/etc/passwd\n'""#,
    ] {
        assert!(event.contains(part), "{part} is not in {event}");
    }
    assert!(!event.contains("\"x-d\""), "{event}");
    // Events of the front ends.
    let event = ask(
        r#"{"version":"2.0","rawPath":"/v2","rawQueryString":"a=%20","cookies":["b=1","c=2"],"headers":{"x-forwarded-for":"1.2.3.4"},
        "requestContext":{"http":{"method":"POST"}},"body":"AAH/","isBase64Encoded":true}"#,
    );
    for part in [r#""rawPath":"/v2""#, "a=%20", r#"["b=1","c=2"]"#, "\"body\":\"AAH/\""] {
        assert!(event.contains(part), "{part} is not in {event}");
    }
    assert!(!event.contains("1.2.3.4") && !event.contains("x-www-form-urlencoded"), "{event}");
    let event = ask(
        r#"{"httpMethod":"DELETE","path":"/v1","multiValueQueryStringParameters":{"a":["b c","d"]},
        "multiValueHeaders":{"X-A":["1"]},"body":null}"#,
    );
    for part in [r#""method":"DELETE""#, r#""rawQueryString":"a=b%20c&a=d""#, r#""x-a":"1""#] {
        assert!(event.contains(part), "{part} is not in {event}");
    }
    // Whatever a path is, the request goes to this machine. HEAD does not wait for a body.
    for path in ["@evil.example/", ".evil.example/", "http://evil.example/", "//evil.example/"] {
        let event = ask(&format!(r#"{{"method":"GET","path":"{path}"}}"#));
        assert!(event.contains(&format!("\"host\":\"echo.localhost:{port}\"")), "{event}");
    }
    assert!(ask(r#"{"method":"HEAD","path":"/","body":"a"}"#).starts_with("HTTP/1.1 200"));
    let refused = ask(r#"{"method":"GET;touch x;#","path":"/"}"#);
    assert!(refused.starts_with("HTTP/1.1 400"), "{refused}");
    let body = ask(
        r#"{"method":"POST","path":"/","headers":{"content-type":"text/plain"},"body":"a\u0000b"}"#,
    );
    assert!(body.contains(r#""body":"a\u0000b""#) || body.contains("\"body\":\"YQBi\""), "{body}");
}

#[test]
fn the_aws_cli_sends_the_event() {
    let (Some(node), Some(aws)) = (node(), tool("aws")) else { return };
    let (_lambda, server) = server();
    for event in ["{\"a\":\"it's $HOME \\n 💥\"}", "\"file:///etc/passwd\"", "-1"] {
        let text = copy(node, "aws lambda invoke", "echo", event, server.address().port());
        let path = aws.parent().unwrap().display();
        let setting = "AWS_ACCESS_KEY_ID=a AWS_SECRET_ACCESS_KEY=b AWS_DEFAULT_REGION=eu-central-1";
        let got = said(&run(&format!("export {setting} PATH=\"{path}:$PATH\"; {text}")));
        assert!(got.contains(event) && got.contains("\"StatusCode\": 200"), "{got}");
    }
}

// ---- the test

#[test]
fn the_compiler_takes_every_test_and_the_event_is_the_same() {
    let Some(node) = node() else { return };
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("copies-rust");
    fs::create_dir_all(&folder).unwrap();
    let run = |hostile: &str| {
        let payload = [("text".to_owned(), text(hostile))].into_iter().collect();
        let fields = [("payload".to_owned(), Value::Object(payload))];
        Value::Object(fields.into_iter().collect())
    };
    let wanted = HOSTILE.iter().enumerate().map(|(number, hostile)| {
        let handler = format!("{number}.{hostile}");
        [text("#[test]"), text(&handler), text(hostile), Value::Null, run(hostile)]
    });
    let tests = copies(node, wanted.collect());
    assert!(tests[3].contains("fn _3_GET_touch_x_responds()"), "{}", tests[3]);
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
        .env("CARGO_BIN_EXE_NAME", "a")
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
