//! Cross-origin requests, as browsers send them.

use minilambda_http::{Api, Cors, Failure, Request, Response, get, post, put};

static CORS: Cors = Cors::new(&["https://a.example", "https://b.example"])
    .headers(&["Content-Type", "Authorization"])
    .expose(&["ETag"])
    .max_age(60)
    .credentials();
static API: Api =
    Api::new(&[get("/todos", todos), put("/todos", todos)]).cors(&CORS).before(&[refuse]);

static OPEN: Api = Api::new(&[get("/todos", todos)]).cors(&ALL);
static ALL: Cors = Cors::new(&["*"]);

fn todos(_: &Request) -> Result<Response, Failure> {
    Ok(Response::text(200, "tea").with_header("vary", "Accept"))
}

fn refuse(request: &Request) -> Option<Response> {
    request.header("authorization").is_none().then(|| Response::problem(401, "who are you?"))
}

fn preflight(path: &str, origin: &str) -> Response {
    let request = Request::with_method("OPTIONS", path).header("Origin", origin);
    API.call(request.header("Access-Control-Request-Method", "PUT"))
}

#[test]
fn a_preflight_does_not_call_the_function_before() {
    let response = preflight("/todos", "https://b.example");
    assert_eq!(response.status(), 204);
    for (name, value) in [
        ("access-control-allow-origin", "https://b.example"),
        ("access-control-allow-methods", "GET, PUT, HEAD, OPTIONS"),
        ("access-control-allow-headers", "Content-Type, Authorization"),
        ("access-control-allow-credentials", "true"),
        ("access-control-max-age", "60"),
        ("vary", "Origin"),
    ] {
        assert_eq!(response.header(name), Some(value), "{name}");
    }
}

#[test]
fn another_origin_gets_no_permission() {
    for origin in ["https://c.example", "https://a.example.evil", "https://A.example", "null"] {
        let response = preflight("/todos", origin);
        assert_eq!(response.header("access-control-allow-origin"), None, "{origin}");
        assert_eq!(response.header("access-control-allow-credentials"), None, "{origin}");
    }
}

#[test]
fn each_response_has_the_headers_also_an_error() {
    let from = |path: &str| Request::get(path).header("origin", "https://a.example");
    let allowed = |response: &Response| {
        response.header("access-control-allow-origin") == Some("https://a.example")
    };
    let response = API.call(from("/todos").header("authorization", "x"));
    assert!(response.status() == 200 && allowed(&response), "{response:?}");
    assert_eq!(response.header("access-control-expose-headers"), Some("ETag"));
    let vary: Vec<_> = response.headers().get_all("vary").iter().collect();
    assert_eq!(vary, ["Accept", "Origin"]);
    let refused = API.call(from("/todos"));
    assert!(refused.status() == 401 && allowed(&refused), "{refused:?}");
    let missing = API.call(from("/none").header("authorization", "x"));
    assert!(missing.status() == 404 && allowed(&missing), "{missing:?}");
    // A preflight of a path without a route is a request like any other, and the browser can read
    // its response.
    let refused = preflight("/none", "https://a.example");
    assert!(refused.status() == 401 && allowed(&refused), "{refused:?}");
    // A cache must separate responses by origin, even one for a request without an origin.
    let plain = API.call(Request::get("/todos").header("authorization", "x"));
    assert_eq!(plain.header("access-control-allow-origin"), None);
    assert_eq!(plain.headers().get_all("vary").iter().count(), 2);
}

#[test]
fn all_origins_are_allowed_with_an_asterisk() {
    let response = OPEN.call(Request::get("/todos").header("origin", "https://any.example"));
    assert_eq!(response.header("access-control-allow-origin"), Some("*"));
    assert_eq!(response.header("vary"), Some("Accept"));
    let preflight =
        Request::with_method("OPTIONS", "/todos").header("origin", "https://any.example");
    let preflight = OPEN.call(preflight.header("access-control-request-method", "GET"));
    assert_eq!(preflight.header("access-control-allow-origin"), Some("*"));
    assert_eq!(preflight.header("vary"), None);
}

/// Otherwise a cache keeps the response without the header, and gives it to a page of another
/// origin.
#[test]
fn a_response_to_a_request_without_an_origin_can_be_cached() {
    static OPEN: Cors = Cors::new(&["*"]).expose(&["ETag"]);
    static API: Api = Api::new(&[get("/todos", todos)]).cors(&OPEN);
    for path in ["/todos", "/none", "/%ff"] {
        for request in [Request::get(path), Request::get(path).header("origin", "Jörg")] {
            let response = API.call(request);
            assert_eq!(response.header("access-control-allow-origin"), Some("*"), "{path}");
            assert_eq!(response.header("access-control-expose-headers"), Some("ETag"), "{path}");
        }
    }
}

/// Also that to an invalid request, and to one whose function panics.
#[test]
fn each_response_passes_cors_and_the_function_after() {
    static MARKED: Api = Api::new(&[
        get("/todos", todos),
        get("/panics", |_| panic!("a secret")),
        post("/todos", todos),
    ])
    .cors(&CORS)
    .before(&[|request| {
        assert!(request.header("x-before").is_none(), "a secret");
        None
    }])
    .after(|request, response| {
        assert!(request.header("x-after").is_none(), "a secret");
        response.with_header("x-mark", format!("{} {}", request.method(), request.path()))
    });
    let get = |path: &str| Request::get(path).header("origin", "https://a.example");
    for (request, status, mark) in [
        (get("/todos"), 200, "GET /todos"),
        (get("/none"), 404, "GET /none"),
        (get("/panics"), 500, "GET /panics"),
        (get("/todos").header("x-before", "1"), 500, "GET /todos"),
        (get("/%ff"), 400, "GET /"),
        (get("/todos").header("a b", "1"), 400, "GET /todos"),
        (get("/todos").header("x", "a\nb").header("y", "z"), 400, "GET /todos"),
        (
            Request::with_method("a b", "/todos").header("origin", "https://a.example"),
            400,
            "INVALID /todos",
        ),
    ] {
        let response = MARKED.call(request.clone());
        assert_eq!(response.status(), status, "{request:?}");
        let origin = response.header("access-control-allow-origin");
        assert_eq!(origin, Some("https://a.example"), "{request:?}");
        assert_eq!(response.header("x-mark"), Some(mark), "{request:?}");
    }
    for path in ["/todos", "/%ff"] {
        let response = MARKED.call(get(path).header("x-after", "1"));
        assert_eq!(response.status(), 500, "{path}");
        let origin = response.header("access-control-allow-origin");
        assert_eq!(origin, Some("https://a.example"), "{path}");
    }
    let event = r#"{"httpMethod":"POST","path":"/todos","headers":{"origin":"https://a.example"},
        "body":"?","isBase64Encoded":true,"requestContext":{}}"#;
    let response = MARKED.serve(event.into(), &minilambda::Context::default()).unwrap();
    let response = String::from_utf8(response).unwrap();
    for part in [
        r#""statusCode":400"#,
        r#""access-control-allow-origin":"https://a.example""#,
        r#""x-mark":"POST /todos""#,
        r#""vary":"Origin""#,
    ] {
        assert!(response.contains(part), "{response} lacks {part}");
    }
}

#[test]
fn a_preflight_of_a_path_without_a_route_reaches_the_fallback() {
    static API: Api =
        Api::new(&[get("/todos", todos)]).cors(&CORS).before(&[refuse]).fallback(|request| {
            Ok(Response::text(200, format!("{} {}", request.method(), request.path())))
        });
    let preflight = |path: &str| {
        let request = Request::with_method("OPTIONS", path).header("Origin", "https://a.example");
        request.header("Access-Control-Request-Method", "PUT")
    };
    let response = API.call(preflight("/none").header("authorization", "x"));
    assert_eq!(response.body(), b"OPTIONS /none");
    for request in [preflight("/none").header("authorization", "x"), preflight("/none")] {
        let response = API.call(request);
        let origin = response.header("access-control-allow-origin");
        assert_eq!(origin, Some("https://a.example"), "{response:?}");
        assert_eq!(response.header("vary"), Some("Origin"));
    }
}

/// Origins and names that are accepted. `tests/compile_errors.rs` has those that are not.
#[test]
fn origins_of_any_scheme_host_and_port_can_be_named() {
    static CORS: Cors = Cors::new(&[
        "http://localhost:3000",
        "http://localhost:443",
        "https://a.example:80",
        "https://a.example:65535",
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
        "https://xn--bcher-kva.example",
        "capacitor://localhost",
        "chrome-extension://abcdefghijklmnop",
        "null",
    ])
    .headers(&["*", "X-Api-Key"]);
    static API: Api = Api::new(&[get("/todos", todos)]).cors(&CORS);
    for origin in ["http://localhost:3000", "http://[::1]:8080", "null", "capacitor://localhost"] {
        let response = API.call(Request::get("/todos").header("origin", origin));
        assert_eq!(response.header("access-control-allow-origin"), Some(origin));
    }
}
