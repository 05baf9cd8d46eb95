//! The compiler's messages for a wrong handler or a wrong table of routes say what is wrong.

use miniserde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const CASES: [(&str, &str, &[&str]); 8] = [
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
        &["`&String` cannot be decoded from JSON"],
    ),
    (
        "no_deserialize",
        "struct Order; fn f(_: Order, _: &Context) -> Result<String, Error> { Ok(String::new()) }",
        &[
            "`Order` cannot be decoded from JSON",
            "add `#[derive(miniserde::Deserialize)]` to the type",
            "serde's derive of the same name is another trait",
            "nor is a `Serde<T>` whose `T` derives serde's",
            "a type with serde's derive is read as `minilambda::Serde<Order>`",
            "read by `event.detail.decode::<Serde<T>>()`",
        ],
    ),
    (
        "no_serialize",
        "struct Receipt; fn f(_: String, _: &Context) -> Result<Receipt, Error> { Ok(Receipt) }",
        &[
            "`Receipt` cannot be encoded as JSON",
            "add `#[derive(miniserde::Serialize)]` to the type",
            "a type with serde's derive is written as `minilambda::Serde<Receipt>`",
            "`Serde<Option<T>>`, not `Option<Serde<T>>`",
        ],
    ),
    (
        "no_decode",
        "struct Order; fn f(_: String, _: &Context) -> Result<String, Error> {
             minilambda::decode::<Order>(b\"{}\").map(|_| String::new())
         }",
        &["`Order` cannot be decoded from JSON"],
    ),
    (
        "unknown_type",
        "fn f(_: String, _: &Context) -> Result<String, Error> {
             minilambda::decode(b\"{}\")?;
             Ok(String::new())
         }",
        &["`!` cannot be decoded from JSON", "write which type is read: `let order: Order = …`"],
    ),
    (
        "no_context",
        "fn f(_: String) -> Result<String, Error> { Ok(String::new()) }",
        &["expected function that takes 2 arguments"],
    ),
];

/// Tables of routes, and the compiler's message.
const ROUTES: [(&str, &str, &str); 37] = [
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
    ("colon", r#"&[get("/a/:id", f)]"#, "a parameter is written {name}, not :name"),
    ("colon_in_a_table", r#"&[nest("/:a", &[])]"#, "a parameter is written {name}, not :name"),
    ("asterisk", r#"&[get("/a/*", f)]"#, "the rest of a path is written {name*}"),
    ("asterisk_and_name", r#"&[get("/a/*rest", f)]"#, "the rest of a path is written {name*}"),
    ("asterisk_in_braces", r#"&[get("/a/{*rest}", f)]"#, "the name of a parameter has letters"),
    ("plus", r#"&[get("/a/{rest+}", f)]"#, "the name of a parameter has letters"),
    ("optional", r#"&[get("/a/{b?}", f)]"#, "the name of a parameter has letters"),
    ("type", r#"&[get("/a/{b:u32}", f)]"#, "the name of a parameter has letters"),
    ("blank_name", r#"&[get("/a/{ }", f)]"#, "the name of a parameter has letters"),
    ("query", r#"&[get("/a?x=1", f)]"#, "a path has no query"),
    ("fragment", r#"&[get("/a#x", f)]"#, "a path has no query, no fragment"),
    ("blank", r#"&[get("/a b", f)]"#, "a path has no query, no fragment, no blanks"),
    ("angle_brackets", r#"&[get("/a/<b>", f)]"#, "a path has no query"),
    ("encoded", r#"&[get("/a%20b", f)]"#, "a path is compared decoded"),
    ("dots", r#"&[get("/a/../b", f)]"#, "clients remove `.` and `..` from a path"),
    ("twice", r#"&[get("/a/{b}/{b}", f)]"#, "two parameters of the same name"),
    ("twice_as_the_rest", r#"&[get("/{b}/a/{b*}", f)]"#, "two parameters of the same name"),
    (
        "twice_in_tables",
        r#"&[nest("/{a}", &[nest("/b", &[get("/{c}/{a*}", f)])])]"#,
        "a parameter is twice in /{a}/b/{c}/{a*}",
    ),
    (
        "twice_in_two_tables",
        r#"&[nest("/{a}", &[nest("/{a}", &[get("/", f)])])]"#,
        "a parameter is twice in /{a}/{a}/",
    ),
    ("small_method", r#"&[route("get", "/", f)]"#, "must be in capital letters: GET"),
    ("mixed_method", r#"&[route("Get", "/", f)]"#, "must be in capital letters: GET"),
    ("no_method", r#"&[route("", "/", f)]"#, "must be in capital letters: GET"),
    ("two_methods", r#"&[route("GET,PUT", "/", f)]"#, "must be in capital letters: GET"),
    ("all_methods", r#"&[route("*", "/", f)]"#, "must be in capital letters: GET"),
    ("any_method", r#"&[route("ANY", "/", f)]"#, "a route has one method: ANY is none"),
    ("base_slash", r#"&[]).base_path("/a/""#, "must not end with a slash"),
    ("base_encoded", r#"&[]).base_path("/caf%C3%A9""#, "a path is compared decoded"),
    ("base_parameter", r#"&[]).base_path("/{a}""#, "a base path must not have parameters"),
];

/// What is allowed to pages of other origins, and the compiler's message.
const CORS: [(&str, &str, &str); 23] = [
    ("slash", r#"new(&["https://a.example/"])"#, "an origin has no path, not even a slash"),
    ("path", r#"new(&["https://a.example/a"])"#, "an origin has no path"),
    ("wildcard", r#"new(&["https://*.a.example"])"#, "an origin has no wildcard"),
    ("wildcard_port", r#"new(&["http://localhost:*"])"#, "an origin has no wildcard"),
    ("capital", r#"new(&["https://A.example"])"#, "browsers send an origin in small letters"),
    ("capital_scheme", r#"new(&["HTTPS://a.example"])"#, "an origin in small letters"),
    ("usual_port", r#"new(&["https://a.example:443"])"#, "browsers leave out the usual port"),
    ("usual_port_of_http", r#"new(&["http://a.example:80"])"#, "leave out the usual port"),
    ("two", r#"new(&["https://a.example, https://b.example"])"#, "each origin is a separate entry"),
    (
        "two_with_a_blank",
        r#"new(&["https://a.example https://b.example"])"#,
        "each origin is a separate entry",
    ),
    ("second", r#"new(&["https://a.example", "b.example"])"#, "an origin begins with a scheme"),
    ("empty", r#"new(&[""])"#, "an origin begins with a scheme"),
    ("no_host", r#"new(&["https://"])"#, "an origin has a host"),
    (
        "user",
        r#"new(&["https://me@a.example"])"#,
        "an origin is a scheme, a host and perhaps a port",
    ),
    ("port", r#"new(&["https://a.example:65536"])"#, "the port of an origin is a number"),
    ("dots_in_v6", r#"new(&["http://[::ffff:1.2.3.4]"])"#, "an origin is a scheme, a host"),
    ("not_ascii", r#"new(&["https://bücher.example"])"#, "browsers send an origin in ASCII"),
    ("all", r#"new(&["*"]).credentials()"#, "`*` is not allowed"),
    ("null", r#"new(&["null"]).credentials()"#, "`null` is not allowed"),
    (
        "all_headers",
        r#"new(&[]).headers(&["A", "*"]).credentials()"#,
        "credentials need named headers",
    ),
    ("all_headers_last", r#"new(&[]).credentials().headers(&["*"])"#, "need named headers"),
    ("all_exposed", r#"new(&[]).credentials().expose(&["*"])"#, "credentials need named headers"),
    (
        "names",
        r#"new(&[]).headers(&["Content-Type, ETag"])"#,
        "a header's name must not have blanks",
    ),
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
fn a_body_that_is_no_json_gets_a_message_that_says_what_is_wrong() {
    let program = "use minilambda_http::*;\nstruct Order;\n\
                   fn main() { let _ = Response::json(200, &Order); }\n\
                   fn f(request: &Request) -> Result<Order, Response> { request.json() }\n";
    let messages = vec!["`Order` cannot be encoded as JSON", "`Order` cannot be decoded from JSON"];
    check("compile-errors-body", "minilambda-http", "http", &[("body", program.into(), messages)]);
}

#[test]
fn an_origin_that_no_browser_sends_is_a_compile_error() {
    let programs = CORS.map(|(name, cors, message)| {
        let program = format!(
            "use minilambda_http::*;\nstatic CORS: Cors = Cors::{cors};\n\
             static API: Api = Api::new(&[]).cors(&CORS);\n\
             fn main() {{ let _ = API.call(Request::get(\"/\")); }}\n"
        );
        (name, program, vec![message])
    });
    check("compile-errors-cors", "minilambda-http", "http", &programs);
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

#[test]
fn the_macros_work_with_renamed_dependencies() {
    let program = "\
        static API: api::Api = api::Api::new(&[]);\n\
        static HANDLERS: &[(&str, runtime::Handler)] = &[(\"a\", api::http!(API)), \
        (\"b\", api::http_stream!(API)), (\"c\", runtime::handler!(f))];\n\
        fn f(_: u8, _: &runtime::Context) -> Result<u8, runtime::Error> { Ok(1) }\n\
        fn main() -> std::process::ExitCode { runtime::run(HANDLERS) }\n";
    let project = project(
        "renamed",
        "api = { package = \"minilambda-http\", path = \"ROOT/http\" }\n\
         runtime = { package = \"minilambda\", path = \"ROOT\" }\n",
    );
    fs::write(project.join("src/main.rs"), program).unwrap();
    let output = check_of(&project).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Builds programs that depend on a crate. Each must fail with its messages.
fn check(name: &str, package: &str, folder: &str, programs: &[(&str, String, Vec<&str>)]) {
    let project = project(name, &format!("{package} = {{ path = \"ROOT/{folder}\" }}\n"));
    fs::create_dir_all(project.join("src/bin")).unwrap();
    for (name, program, _) in programs {
        fs::write(project.join(format!("src/bin/{name}.rs")), program).unwrap();
    }
    let messages_of = check_all(&project);
    for (name, _, messages) in programs {
        let text = messages_of.get(*name).unwrap_or_else(|| panic!("{name} compiles"));
        for message in messages {
            assert!(text.contains(message), "{name} lacks {message:?}:\n{text}");
        }
    }
}

/// An empty project with dependencies. `ROOT` in them is this workspace.
fn project(name: &str, dependencies: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let project = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(project.join("src")).unwrap();
    let manifest =
        "[package]\nname = \"compile-errors\"\nedition = \"2024\"\n[workspace]\n[dependencies]\n";
    let dependencies = dependencies.replace("ROOT", &root.display().to_string());
    fs::write(project.join("Cargo.toml"), format!("{manifest}{dependencies}")).unwrap();
    // The versions that this test itself was built with are there without a network.
    fs::copy(root.join("Cargo.lock"), project.join("Cargo.lock")).unwrap();
    project
}

/// A check of all programs of a project. The projects share what they are built of.
fn check_of(project: &Path) -> Command {
    let mut check = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    check.args(["check", "--offline", "--quiet", "--bins", "--keep-going"]).current_dir(project);
    check.env("CARGO_TARGET_DIR", project.with_file_name("compile-errors-target"));
    check
}

/// The compiler's messages for each program of a project, none of which compiles.
fn check_all(project: &Path) -> BTreeMap<String, String> {
    let output = check_of(project).arg("--message-format=json").output().unwrap();
    let mut messages = BTreeMap::<String, String>::new();
    for line in output.stdout.split(|byte| *byte == b'\n') {
        let line: Option<Line> = minilambda::decode(line).ok();
        if let Some(Line { target: Some(target), message: Some(message) }) = line {
            messages.entry(target.name).or_default().push_str(&message.rendered);
        }
    }
    assert!(!messages.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    messages
}

/// A line of cargo's, of which some have a message of the compiler.
#[derive(Deserialize)]
struct Line {
    target: Option<Target>,
    message: Option<Message>,
}

#[derive(Deserialize)]
struct Target {
    name: String,
}

#[derive(Deserialize)]
struct Message {
    rendered: String,
}
