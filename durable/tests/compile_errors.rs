//! The compiler's messages for wrong durable functions say what is wrong.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

const CASES: [(&str, &str, &[&str]); 7] = [
    (
        "context_of_another",
        "fn f(_: (), durable: &Durable) -> Result<()> {
            durable.map(\"m\", &[1], When::ALL_ARE_OVER, |_, _| durable.step(\"s\", |_| Ok(())))?;
            Ok(())
        }",
        &[
            "a branch cannot use this: branches run in several threads",
            "a branch uses the context that it gets",
        ],
    ),
    (
        "context_around_a_named_branch",
        "fn f(_: (), durable: &Durable) -> Result<()> {
            let branches: [minilambda_durable::Named<()>; 1] =
                [(\"a\", &|_| durable.step(\"s\", |_| Ok(())))];
            durable.parallel(\"p\", &branches, When::ALL_ARE_OVER).map(drop)
        }",
        // What the guide's page of troubleshooting and the documentation of `Named` quote.
        &["`Cell<u32>` cannot be shared between threads safely", "within the type `Durable<'_>`"],
    ),
    (
        "lost_wait",
        "fn f(durable: &Durable) -> std::result::Result<(), Error> {
            durable.wait(\"w\", std::time::Duration::ZERO)?;
            Ok(())
        }",
        &["`?` couldn't convert the error: `Stop: std::error::Error` is not satisfied"],
    ),
    (
        "operation_in_a_step",
        "fn f(_: (), durable: &Durable) -> Result<()> {
            durable.step(\"s\", |_| { durable.step(\"t\", |_| Ok(()))?; Ok(()) })
        }",
        &["`?` couldn't convert the error: `Stop: std::error::Error` is not satisfied"],
    ),
    (
        "async",
        "async fn f(_: (), _: &Durable<'_>) -> Result<()> { Ok(()) }
        static HANDLER: Handler = durable!(f);",
        &["is not a durable function", "a plain function, not an async one"],
    ),
    (
        "foreign_error",
        "fn f(_: (), _: &Durable) -> std::result::Result<(), Error> { Ok(()) }
        static HANDLER: Handler = durable!(f);",
        &[
            "is not a durable function",
            "it returns `minilambda_durable::Result<R>`",
            "the input `E` is `minilambda::FromJson` and the result `R` is `minilambda::ToJson`",
        ],
    ),
    (
        "no_deserialize",
        "struct Order; fn f(_: Order, _: &Durable) -> Result<()> { Ok(()) }
        static HANDLER: Handler = durable!(f);",
        &[
            "`Order` cannot be decoded from JSON",
            "FromJson` is not implemented for `Order`",
            "add `#[derive(miniserde::Deserialize)]`",
            "read as `minilambda::Serde<Order>`, with the feature `serde` of minilambda",
        ],
    ),
];

/// The library of this crate that was built last.
fn library(folder: &Path) -> PathBuf {
    let is_it = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("libminilambda_durable-") && name.ends_with(".rlib")
    };
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let age = |path: &PathBuf| {
        path.metadata().and_then(|it| it.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
    };
    files.filter(is_it).max_by_key(age).expect("the library was built for this test")
}

#[test]
fn a_wrong_durable_function_gets_a_message_that_says_what_is_wrong() {
    let program = std::env::current_exe().unwrap();
    let folder = program.parent().unwrap();
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (name, code, messages) in CASES {
        let source = scratch.join(format!("durable_{name}.rs"));
        let program = format!(
            "#![allow(unused, reason = \"a case is about its errors\")]\n\
             use minilambda_durable::{{Durable, Result, When, durable}};\n\
             use minilambda_durable::__private::{{Error, Handler}};\n{code}\nfn main() {{}}\n"
        );
        std::fs::write(&source, program).unwrap();
        let mut rustc = Command::new(std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into()));
        rustc.args(["--edition=2024", "--emit=metadata", "--crate-type=bin", "--out-dir"]);
        rustc.arg(scratch).arg("-L").arg(format!("dependency={}", folder.display()));
        rustc.arg("--extern").arg(format!("minilambda_durable={}", library(folder).display()));
        let output = rustc.arg(&source).output().unwrap();
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{name} compiles");
        for message in messages {
            assert!(text.contains(message), "{name} lacks {message:?}:\n{text}");
        }
    }
}
