//! The path of a request: its rest, its last slash, its base path, and parameters.

use minilambda_http::{Api, Failure, Request, RequestBuilder, Response, Route, get, nest};
use std::path::Path;

static API: Api = Api::new(&[
    get("/", route_of),
    get("/files", route_of),
    get("/files/{path*}", rest),
    get("/one/{name}", one),
    get("/join/{path*}", join),
    nest("/table/{a}", TABLE),
    get("/unknown/{id}", unknown),
    get("/café/{a}", route_of),
])
.base_path("/boutique/café")
.fallback(fallback);

static TABLE: &[Route] = &[get("/", route_of), get("/{b*}", rest)];

fn route_of(request: &Request) -> Result<Response, Failure> {
    Ok(Response::text(200, request.route()))
}

fn rest(request: &Request) -> Result<Response, Failure> {
    let last = request.params().last().map(|(_, value)| value);
    Ok(Response::text(200, last.unwrap_or("none")))
}

fn one(request: &Request) -> Result<Response, Failure> {
    Ok(Response::text(200, request.param::<String>("name")?))
}

fn join(request: &Request) -> Result<Response, Failure> {
    let path = Path::new("/files").join(request.relative_path("path")?);
    Ok(Response::text(200, path.display().to_string()))
}

fn unknown(request: &Request) -> Result<Response, Failure> {
    let id: u8 = request.param("idd")?;
    Ok(Response::text(200, id.to_string()))
}

fn fallback(request: &Request) -> Result<Response, Failure> {
    Ok(Response::text(404, format!("nothing at {} for {}", request.path(), request.route())))
}

fn get_of(request: RequestBuilder) -> (u16, String) {
    let response = API.call(request);
    (response.status().as_u16(), String::from_utf8(response.body().to_vec()).unwrap())
}

#[test]
fn the_rest_of_a_path_is_not_empty_and_keeps_its_last_slash() {
    for (path, expected) in [
        ("/files/a", "a"),
        ("/files/a/", "a/"),
        ("/files/a//", "a//"),
        ("/files/a/b", "a/b"),
        ("/files/a//b", "a//b"),
        ("/files/a/b/", "a/b/"),
        ("/files/a%2Fb/", "a/b/"),
        ("/files/a/%2Fb", "a//b"),
        ("/files/%20", " "),
        ("/files/100%25", "100%"),
        ("/files/100%", "100%"),
        ("/files/..%2F..%2Fetc", "../../etc"),
        ("/table/1/a/", "a/"),
        ("/boutique/caf%C3%A9/files/a/", "a/"),
    ] {
        assert_eq!(get_of(Request::get(path)), (200, expected.to_owned()), "{path}");
    }
}

#[test]
fn a_rest_that_would_be_an_absolute_path_is_not_found() {
    for path in [
        "/files//",
        "/files///",
        "/files//a",
        "/files//etc/passwd",
        "/files/%2F",
        "/files/%2Fetc/passwd",
        "/files/%2F%2Fetc",
        "/table/1//",
        "/table/1//a",
        "/table//a",
        "//files/a",
    ] {
        assert_eq!(get_of(Request::get(path)).0, 404, "{path}");
    }
}

#[test]
fn elsewhere_a_last_slash_is_ignored() {
    for (path, expected) in [
        ("", "/"),
        ("/", "/"),
        ("//", "/"),
        ("/files", "/files"),
        ("/files/", "/files"),
        ("/table/1", "/table/{a}"),
        ("/table/1/", "/table/{a}"),
        ("/caf%C3%A9/1", "/café/{a}"),
        ("/boutique/caf%C3%A9", "/"),
        ("/boutique/caf%C3%A9/", "/"),
    ] {
        assert_eq!(get_of(Request::get(path)), (200, expected.to_owned()), "{path}");
    }
    assert_eq!(get_of(Request::get("/one/a/")), (200, "a".to_owned()));
    assert_eq!(get_of(Request::get("/one//")).0, 404);
    assert_eq!(get_of(Request::get("/none/")).1, "nothing at /none for ");
    assert_eq!(get_of(Request::get("/boutique/cafe/files")).0, 404);
}

#[test]
fn a_relative_path_stays_below_the_folder() {
    for (path, expected) in [
        ("/join/a", "/files/a"),
        ("/join/a/", "/files/a"),
        ("/join/a/b.txt", "/files/a/b.txt"),
        ("/join/a%2Fb", "/files/a/b"),
        ("/join/...", "/files/..."),
        ("/join/.hidden", "/files/.hidden"),
        ("/join/a..b", "/files/a..b"),
        ("/join/%C3%A9%20", "/files/é "),
    ] {
        assert_eq!(get_of(Request::get(path)), (200, expected.to_owned()), "{path}");
    }
    for path in [
        "/join/..",
        "/join/../",
        "/join/%2E%2E",
        "/join/a/..",
        "/join/a/../../b",
        "/join/..%2F..%2Fetc%2Fpasswd",
        "/join/.",
        "/join/a/./b",
        "/join/a//b",
        "/join/a//",
        "/join/a%00b",
        "/join/%2Fetc%2Fpasswd",
    ] {
        assert_eq!(get_of(Request::get(path)).0, 404, "{path}");
    }
}

/// The path is known and the parameter is not: the program is wrong, not the client.
#[test]
fn a_name_that_the_route_does_not_have_is_an_error_of_the_program() {
    static WRONG: Api = Api::new(&[get("/{a*}", |request| {
        Ok(Response::text(200, request.relative_path("b")?.display().to_string()))
    })]);
    for path in ["/unknown/7", "/unknown/seven"] {
        let (status, body) = get_of(Request::get(path));
        assert_eq!(status, 500, "{path}");
        assert!(!body.contains("idd"), "{body}");
    }
    assert_eq!(WRONG.call(Request::get("/a")).status(), 500);
}

#[test]
fn a_base_path_is_removed_by_whole_segments() {
    for (path, expected) in [
        ("/boutique/café/files/a", "/files/a"),
        ("/boutique/caf%C3%A9/files/%2Fa", "/files//a"),
        ("/boutique/café", "/"),
        ("/boutique/café/", "/"),
        ("/boutique/café/boutique/café", "/boutique/café"),
        ("/boutique", "/boutique"),
        ("/boutique/caféine", "/boutique/caféine"),
        ("/boutique%2Fcafé/a", "/boutique/café/a"),
        ("/boutique%2Fcafé", "/boutique/café"),
        ("/boutique/café%2Fa", "/boutique/café/a"),
        ("//boutique/café", "//boutique/café"),
    ] {
        static PATH: Api = Api::new(&[]).base_path("/boutique/café").fallback(show);
        fn show(request: &Request) -> Result<Response, Failure> {
            Ok(Response::text(200, request.path()))
        }
        let response = PATH.call(Request::get(path));
        assert_eq!(String::from_utf8_lossy(response.body()), expected, "{path}");
    }
}
