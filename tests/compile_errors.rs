//! The compiler's messages for a wrong handler say what is wrong in the words of this crate.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

const CASES: [(&str, &str, &[&str]); 6] = [
    (
        "async",
        "async fn f(_: String, _: &Context) -> Result<String, Error> { Ok(String::new()) }",
        &["is not a handler", "a plain function, not an async one"],
    ),
    (
        "foreign_error",
        "fn f(_: String, _: &Context) -> Result<String, std::io::Error> { Ok(String::new()) }",
        &["is not a handler", "Result<R, minilambda::Error>"],
    ),
    (
        "event_by_reference",
        "fn f(_: &String, _: &Context) -> Result<String, Error> { Ok(String::new()) }",
        &["the event `&String` cannot be decoded from JSON"],
    ),
    (
        "no_deserialize",
        "struct Order; fn f(_: Order, _: &Context) -> Result<String, Error> { Ok(String::new()) }",
        &[
            "the event `Order` cannot be decoded from JSON",
            "add `#[derive(miniserde::Deserialize)]` to the type",
            "serde's derive of the same name is another trait",
        ],
    ),
    (
        "no_serialize",
        "struct Receipt; fn f(_: String, _: &Context) -> Result<Receipt, Error> { Ok(Receipt) }",
        &[
            "the response `Receipt` cannot be encoded as JSON",
            "add `#[derive(miniserde::Serialize)]` to the type",
        ],
    ),
    (
        "no_context",
        "fn f(_: String) -> Result<String, Error> { Ok(String::new()) }",
        &["expected function that takes 2 arguments"],
    ),
];

#[test]
fn a_wrong_handler_gets_a_message_that_says_what_is_wrong() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let project = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile-errors");
    fs::create_dir_all(project.join("src/bin")).unwrap();
    let manifest = format!(
        "[package]\nname = \"compile-errors\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         minilambda = {{ path = {root:?} }}\n"
    );
    fs::write(project.join("Cargo.toml"), manifest).unwrap();
    // The versions that this test itself was built with are there without a network.
    fs::copy(root.join("Cargo.lock"), project.join("Cargo.lock")).unwrap();
    for (name, function, _) in CASES {
        let program = format!(
            "use minilambda::{{Context, Error, Handler, handler}};\n{function}\n\
             static HANDLERS: &[(&str, Handler)] = &[(\"f\", handler!(f))];\n\
             fn main() {{ let _ = minilambda::run(HANDLERS); }}\n"
        );
        fs::write(project.join(format!("src/bin/{name}.rs")), program).unwrap();
    }
    for (name, _, messages) in CASES {
        let mut check = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        check.args(["check", "--offline", "--quiet", "--bin", name]).current_dir(&project);
        let output = check.env("CARGO_TARGET_DIR", project.join("target")).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{name} compiles");
        for message in messages {
            assert!(text.contains(message), "{name} lacks {message:?}:\n{text}");
        }
    }
}
