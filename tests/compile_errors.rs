//! The compiler's messages for a wrong handler or a wrong table of routes say what is wrong.

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

/// Tables of routes, and the compiler's message.
const ROUTES: [(&str, &str, &str); 9] = [
    (
        "equal_routes",
        r#"&[get("/a/{x}", f), get("/a", f), get("/a/{y}", f)]"#,
        "two routes serve the same requests: GET /a/{x} and /a/{y}",
    ),
    (
        "equal_in_a_table",
        r#"&[get("/a/{x}/b", f), nest("/a", &[nest("/{y}", &[post("/b", f), get("/b", f)])])]"#,
        "two routes serve the same requests: GET /a/{x}/b and /a/{y}/b",
    ),
    (
        "equal_roots",
        r#"&[nest("/a", &[get("/", f)]), get("/a", f)]"#,
        "two routes serve the same requests: GET /a/ and /a",
    ),
    ("no_slash", r#"&[get("a", f)]"#, "the path of a route must begin with a slash"),
    ("slash_at_the_end", r#"&[get("/a/", f)]"#, "must not end with a slash or have two in a row"),
    ("part_of_a_segment", r#"&[get("/a{b}", f)]"#, "a parameter must be a whole segment"),
    ("no_name", r#"&[get("/{}", f)]"#, "a parameter must be a whole segment"),
    ("rest_first", r#"&[get("/{a*}/b", f)]"#, "must be the last segment of a path"),
    ("rest_of_a_table", r#"&[nest("/{a*}", &[])]"#, "must not end with {name*}"),
];

#[test]
fn a_wrong_table_of_routes_is_a_compile_error() {
    let programs = ROUTES.map(|(name, routes, message)| {
        let program = format!(
            "use minilambda_http::*;\nstatic API: Api = Api::new({routes});\n\
             fn f(_: &Request) -> Result<Response, Failure> {{ Ok(Response::empty(204)) }}\n\
             fn main() {{ let _ = API.call(Request::get(\"/\")); }}\n"
        );
        (name, program, vec![message])
    });
    check("compile-errors-http", "minilambda-http", "http", &programs);
}

#[test]
fn a_wrong_handler_gets_a_message_that_says_what_is_wrong() {
    let programs = CASES.map(|(name, function, messages)| {
        let program = format!(
            "use minilambda::{{Context, Error, Handler, handler}};\n{function}\n\
             static HANDLERS: &[(&str, Handler)] = &[(\"f\", handler!(f))];\n\
             fn main() {{ let _ = minilambda::run(HANDLERS); }}\n"
        );
        (name, program, messages.to_vec())
    });
    check("compile-errors", "minilambda", ".", &programs);
}

/// Builds programs that depend on a crate. Each must fail with its messages.
fn check(project: &str, package: &str, folder: &str, programs: &[(&str, String, Vec<&str>)]) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let project = Path::new(env!("CARGO_TARGET_TMPDIR")).join(project);
    fs::create_dir_all(project.join("src/bin")).unwrap();
    let manifest = format!(
        "[package]\nname = \"compile-errors\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n\
         {package} = {{ path = \"{}\" }}\n",
        root.join(folder).display()
    );
    fs::write(project.join("Cargo.toml"), manifest).unwrap();
    // The versions that this test itself was built with are there without a network.
    fs::copy(root.join("Cargo.lock"), project.join("Cargo.lock")).unwrap();
    for (name, program, _) in programs {
        fs::write(project.join(format!("src/bin/{name}.rs")), program).unwrap();
    }
    for (name, _, messages) in programs {
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
