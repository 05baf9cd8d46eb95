//! Cross-origin requests, as browsers send them.

use minilambda_http::{Api, Cors, Failure, Request, Response, get, put};

static CORS: Cors = Cors::new(&["https://a.example", "https://b.example"])
    .headers(&["Content-Type", "Authorization"])
    .expose(&["ETag"])
    .max_age(60)
    .credentials();
static API: Api =
    Api::new(&[get("/todos", todos), put("/todos", todos)]).cors(&CORS).before(refuse);

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
fn a_preflight_is_answered_without_the_function_before() {
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
    // A preflight for a path without a route is not found, and the browser can read that.
    assert_eq!(preflight("/none", "https://a.example").status(), 404);
    // Without an origin a cache must still keep apart what differs by origin.
    let plain = API.call(Request::get("/todos").header("authorization", "x"));
    assert_eq!(plain.header("access-control-allow-origin"), None);
    assert_eq!(plain.headers().get_all("vary").iter().count(), 2);
}

#[test]
fn all_origins_are_allowed_with_an_asterisk() {
    let response = OPEN.call(Request::get("/todos").header("origin", "https://any.example"));
    assert_eq!(response.header("access-control-allow-origin"), Some("*"));
    assert_eq!(response.header("vary"), Some("Accept"));
}
