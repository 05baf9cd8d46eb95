//! Copies of the page, made by its own script, and the shell that runs them.
#![allow(dead_code, reason = "each test uses a part")]

use crate::support::skip::skip;
use miniserde::json::{self, Array, Value};
use std::env;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};

pub fn node() -> Option<&'static str> {
    let is_there = Command::new("node").arg("--version").output().is_ok();
    if !is_there {
        skip("there is no node: apt-get install nodejs");
    }
    is_there.then_some("node")
}

pub fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}

pub fn array(values: impl IntoIterator<Item = Value>) -> Value {
    Value::Array(values.into_iter().collect::<Array>())
}

pub fn object<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Object(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
}

pub fn data(bytes: &str) -> Value {
    object([("text", text(bytes))])
}

/// A copy that is asked for: its kind, the run, and what the page knows of the program.
pub type Wanted = [Value; 3];

/// Makes the copies as the page does.
pub fn copies(node: &str, wanted: Vec<Wanted>) -> Vec<String> {
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

/// Runs a copy in a shell, which reads it: an argument of its own could be too long.
pub fn run(copy: &str) -> Output {
    let mut command = Command::new("sh");
    command.env("NO_PROXY", "*").stdin(Stdio::piped());
    for (name, _) in env::vars().filter(|(name, _)| name.to_ascii_lowercase().ends_with("_proxy")) {
        command.env_remove(name);
    }
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut shell = command.spawn().unwrap();
    shell.stdin.take().unwrap().write_all(copy.as_bytes()).unwrap();
    shell.wait_with_output().unwrap()
}

pub fn said(output: &Output) -> String {
    let out = String::from_utf8_lossy(&output.stdout);
    format!("{out}{}", String::from_utf8_lossy(&output.stderr))
}
