//! Each copy of the page is run in a project, and gives what the page has shown.

#[path = "support/copying.rs"]
mod copying;
#[path = "support/projects.rs"]
mod projects;
#[path = "support/running.rs"]
mod running;
mod support;

use copying::{copies, node, run, said, text};
use miniserde::json::{self, Value};
use projects::project;
use running::{Tool, start, target};
use std::fs;
use std::path::Path;
use std::process::Command;
use support::{request, tool};

/// A field of a document, through several levels.
fn at<'a>(document: &'a Value, path: &[&str]) -> &'a Value {
    path.iter().fold(document, |document, name| match document {
        Value::Object(object) => object.get(*name).unwrap_or(&Value::Null),
        _ => &Value::Null,
    })
}

fn string(document: &Value, path: &[&str]) -> String {
    match at(document, path) {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

fn ask(tool: &Tool, head: &str, body: &str) -> Value {
    let got = request(tool.address(), head, body.as_bytes());
    assert_eq!(got.status, 200, "{head}: {}", got.text());
    json::from_str(&got.text()).unwrap()
}

/// Runs a handler as the page's button does.
fn press(tool: &Tool, handler: &str, form: &str, body: &str) -> Value {
    let done = ask(tool, &format!("POST /local/run?handler={handler}&as={form}"), body);
    at(&done, &["run"]).clone()
}

/// Sends the caller of HTTP requests, as the page does.
fn set_caller(tool: &Tool, caller: &str, identity: &str, front_end: &str) {
    let identity = json::to_string(identity);
    let settings = format!(
        r#"{{"timeout":2.5,"memory":256,"workers":0,"freeze":true,"frontEnd":"{front_end}","caller":"{caller}","identity":{identity}}}"#
    );
    ask(tool, "POST /local/settings", &settings);
}

/// The runs of a day, each with what it ends with.
fn runs(tool: &Tool) -> Vec<(Value, &'static str)> {
    let event = |handler, event| press(tool, handler, "event", event);
    let http = |form| press(tool, "shop.http", "http", form);
    let mut runs = vec![
        (event("shop.order", r#"{"id":"it's $HOME","items":[{"name":"cup","count":6}]}"#), ""),
        (
            event("shop.order", r#"{"id":"A-1","items":[{"name":"cup","count":"six"}]}"#),
            "Function.InvalidEvent",
        ),
        (event("shop.echo", "[\n  1,\n  \"two \\\" lines\"\n]\n"), ""),
        // It has its variable from the file.
        (event("shop.table", "null"), ""),
        (
            http(
                r#"{"method":"GET","target":"/seen?x=1&y=a%20b&x=2","headers":[["Accept","text/plain"],["X-Own","it's"],["cookie","a=1; b=2"],["user-agent","me"]],"body":"","isBase64":false}"#,
            ),
            "200",
        ),
        (
            http(
                r#"{"method":"POST","target":"/seen","headers":[["content-type","application/json"]],"body":"{\"a\":[1,{\"b\":\"c\"}]}","isBase64":false}"#,
            ),
            "200",
        ),
        (
            http(
                r#"{"method":"PUT","target":"/seen","headers":[["content-type","application/octet-stream"]],"body":"AAH/gIA=","isBase64":true}"#,
            ),
            "200",
        ),
        (
            http(
                r#"{"method":"PATCH","target":"/seen","headers":[],"body":"a=1&b=@/etc/passwd","isBase64":false}"#,
            ),
            "200",
        ),
        (
            http(r#"{"method":"DELETE","target":"/seen","headers":[],"body":"","isBase64":false}"#),
            "200",
        ),
        (
            http(r#"{"method":"GET","target":"/picture","headers":[],"body":"","isBase64":false}"#),
            "200",
        ),
        (http(r#"{"method":"GET","target":"/me","headers":[],"body":"","isBase64":false}"#), "401"),
        (
            http(r#"{"method":"GET","target":"/nothing","headers":[],"body":"","isBase64":false}"#),
            "404",
        ),
        (
            http(r#"{"method":"GET","target":"/broken","headers":[],"body":"","isBase64":false}"#),
            "500",
        ),
    ];
    set_caller(tool, "claims", r#"{"sub":"it's me"}"#, "rest-api");
    runs.push((
        http(r#"{"method":"GET","target":"/me","headers":[],"body":"","isBase64":false}"#),
        "200",
    ));
    set_caller(tool, "token", "", "http-api");
    // The function does not get this one.
    runs.push((
        http(r#"{"method":"GET","target":"/me","headers":[],"body":"","isBase64":false}"#),
        "401",
    ));
    runs
}

/// What the page has shown: the status and the body, or the payload.
fn shown(run: &Value) -> (String, String) {
    let http = at(run, &["http"]);
    if matches!(at(run, &["request"]), Value::Null) {
        return (String::new(), string(run, &["payload", "text"]));
    }
    let body = match string(http, &["body", "text"]) {
        text if text.is_empty() => string(http, &["body", "base64"]),
        text => text,
    };
    (string(http, &["status"]), body)
}

/// The status and the body that `curl -i` has written, the body as the page has it.
fn of_curl(output: &[u8]) -> (String, String) {
    use base64::Engine;
    let end = output.windows(4).position(|end| end == b"\r\n\r\n").unwrap();
    let (head, body) = output.split_at(end);
    let status = String::from_utf8_lossy(head).split(' ').nth(1).unwrap().to_owned();
    let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    let body = &body[4..];
    let body = String::from_utf8(body.to_vec()).unwrap_or_else(|_| encode(body));
    (status, body)
}

/// Runs the copied tests in the project. Returns what cargo says, and whether they have passed.
fn cargo_test(folder: &Path, tests: &[String]) -> (String, bool) {
    fs::write(folder.join("tests/copied.rs"), tests.join("\n\n")).unwrap();
    let output = Command::new("cargo")
        .args(["test", "--quiet", "--test", "copied"])
        .current_dir(folder)
        .env("CARGO_TARGET_DIR", target())
        .env_remove("RUSTFLAGS")
        .output()
        .unwrap();
    (said(&output), output.status.success())
}

#[test]
fn each_copy_of_a_run_gives_the_same_result() {
    let (Some(node), Some(aws)) = (node(), tool("aws")) else { return };
    let folder = project("copies-project");
    let arguments = ["--env-file", "local.env", "--timeout", "2.5", "--memory", "256"];
    let tool = start(&folder, &arguments);
    let runs = runs(&tool);
    set_caller(&tool, "nobody", "", "function-url");
    let state = ask(&tool, "GET /local/state", "");
    let site = copying::object([
        ("port", at(&state, &["port"]).clone()),
        ("program", at(&state, &["build", "program"]).clone()),
        ("settings", at(&state, &["settings"]).clone()),
    ]);
    let copies_as = |kind: &str| {
        let wanted = runs.iter().map(|(run, _)| [text(kind), run.clone(), site.clone()]);
        copies(node, wanted.collect())
    };
    let path = aws.parent().unwrap().display();
    let with_aws = format!("export PATH=\"{path}:$PATH\"\n");
    let with_cargo = format!("export CARGO_TARGET_DIR='{}'; unset RUSTFLAGS\n", target().display());
    let (curl, invoke, make) =
        (copies_as("curl"), copies_as("aws lambda invoke"), copies_as("make run"));
    for (index, (done, end)) in runs.iter().enumerate() {
        let (status, body) = shown(done);
        let failure = string(done, &["failure", "type"]);
        let is_http = !status.is_empty();
        assert_eq!(if is_http { &status } else { &failure }, end, "{}", json::to_string(done));
        // With the settings that it was run with.
        let through = at(done, &["through"]);
        match &*string(through, &["caller"]) {
            "" | "nobody" => set_caller(&tool, "nobody", "", "function-url"),
            "token" => set_caller(&tool, "token", "", "http-api"),
            kind => set_caller(&tool, kind, &string(through, &["identity"]), "rest-api"),
        }
        let output = run(&curl[index]);
        let got = if is_http {
            of_curl(&output.stdout)
        } else {
            (String::new(), String::from_utf8_lossy(&output.stdout).into_owned())
        };
        assert_eq!(got, (status.clone(), body), "{}\n{}", curl[index], said(&output));
        if matches!(at(done, &["refused"]), Value::Bool(true)) {
            continue; // there is no event
        }
        let payload = string(done, &["payload", "text"]);
        let got = said(&run(&format!("{with_aws}{}", invoke[index])));
        assert!(
            got.starts_with(&payload),
            "{payload} is not what comes of {}\n{got}",
            invoke[index]
        );
        let output = run(&format!("{with_cargo}{}", make[index]));
        assert!(make[index].contains("make --no-print-directory -C"), "{}", make[index]);
        let got = said(&output);
        if failure.is_empty() {
            let printed = String::from_utf8_lossy(&output.stdout);
            assert_eq!(printed.trim(), payload.trim(), "{}\n{got}", make[index]);
        } else {
            // The frames may be others.
            let payload = payload.split(",\"stackTrace\"").next().unwrap();
            assert!(got.contains(payload), "{}\n{got}", make[index]);
        }
    }
    drop(tool);

    // The tests, each with a name of its own.
    let tests = copies_as("#[test]");
    assert!(tests[3].contains(r#"env!("CARGO_BIN_EXE_shop")"#), "{}", tests[3]);
    let (got, has_passed) = cargo_test(&folder, &tests);
    assert!(has_passed && got.contains(&format!("{} passed", tests.len())), "{got}");
    // They say so if the result is another one.
    let wrong: Vec<_> = tests
        .iter()
        .map(|test| test.replacen("None);", "None);\n    assert!(done.text().is_empty());", 1))
        .map(|test| test.replacen("status, ", "status + 1, ", 1))
        .collect();
    let (got, has_passed) = cargo_test(&folder, &wrong);
    // That of the failure has no such line.
    assert!(!has_passed && got.contains(" 1 passed;"), "{got}");
}
