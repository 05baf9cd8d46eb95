//! Which route serves a request.

use minilambda_http::{
    Api, Failure, Request, Response, Route, delete, get, nest, patch, post, put, route,
};

/// Responds with the route, and with the parameters `a` and `b` if it has them.
fn show(request: &Request) -> Result<Response, Failure> {
    let parameter =
        |name| request.param::<String>(name).map_or(String::new(), |it| format!(" {it}"));
    Ok(Response::text(200, format!("{}{}{}", request.route(), parameter("a"), parameter("b"))))
}

fn number(request: &Request) -> Result<Response, Failure> {
    let number: u8 = request.param("a")?;
    Ok(Response::text(200, number.to_string()))
}

fn own_head(_: &Request) -> Result<Response, Failure> {
    Ok(Response::empty(200).with_header("x-own", "head"))
}

static INNER: &[Route] = &[get("/", show), get("/{b}", show), nest("/deep", DEEP)];
static DEEP: &[Route] = &[get("/{b*}", show), post("/only-post", show)];

static API: Api = Api::new(&[
    get("/{a*}", show),
    get("/{a}", show),
    get("/literal", show),
    get("/{a}/x", show),
    get("/literal/{b}", show),
    get("/{a}/{b}", show),
    get("/number/{a}", number),
    nest("/table/{a}", INNER),
    get("/head", show),
    route("HEAD", "/head", own_head),
    route("OPTIONS", "/options", show),
    post("/change", show),
    put("/change", show),
    patch("/change", show),
    delete("/change", show),
]);

fn body(request: minilambda_http::RequestBuilder) -> String {
    let response = API.call(request);
    assert_eq!(response.status(), 200, "{response:?}");
    String::from_utf8(response.body().to_vec()).unwrap()
}

#[test]
fn the_most_specific_route_serves_a_request() {
    for (path, expected) in [
        ("/literal", "/literal"),
        ("/literal/", "/literal"),
        ("/other", "/{a} other"),
        ("/literal/x", "/literal/{b} x"),
        ("/other/x", "/{a}/x other"),
        ("/other/y", "/{a}/{b} other y"),
        ("/other/y/z", "/{a*} other/y/z"),
        ("/a%2Fb", "/{a} a/b"),
        ("/a%2Fb/c/d", "/{a*} a/b/c/d"),
        ("/a/b//c", "/{a*} a/b//c"),
        ("/table/1", "/table/{a} 1"),
        ("/table/1/2", "/table/{a}/{b} 1 2"),
        ("/table/1/deep/2/3", "/table/{a}/deep/{b*} 1 2/3"),
        ("/number/255", "255"),
        ("/%7Ba%7D", "/{a} {a}"),
        ("/LITERAL", "/{a} LITERAL"),
    ] {
        assert_eq!(body(Request::get(path)), expected, "{path}");
    }
}

#[test]
fn what_cannot_be_parsed_is_not_found() {
    for path in ["/number/256", "/number/-1", "/number/one", "/number/%20"] {
        assert_eq!(API.call(Request::get(path)).status(), 404, "{path}");
    }
}

#[test]
fn a_method_that_the_path_does_not_have_gets_a_list_of_the_others() {
    let response = API.call(Request::get("/").header("x", "y"));
    assert_eq!(response.status(), 404, "the root has no route");
    for (method, path, status, allow) in [
        ("PATCH", "/literal", 405, "GET, HEAD, OPTIONS"),
        ("OPTIONS", "/literal", 204, "GET, HEAD, OPTIONS"),
        ("LOCK", "/change", 405, "GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS"),
        ("DELETE", "/table/1/deep/only-post", 405, "GET, POST, HEAD, OPTIONS"),
        ("DELETE", "/options", 405, "GET, OPTIONS, HEAD"),
    ] {
        let response = API.call(Request::with_method(method, path));
        let found = (response.status().as_u16(), response.header("allow").unwrap_or("none"));
        assert_eq!(found, (status, allow), "{method} {path}");
    }
    for method in ["POST", "PUT", "PATCH", "DELETE"] {
        assert_eq!(body(Request::with_method(method, "/change")), "/change");
    }
    assert_eq!(body(Request::with_method("OPTIONS", "/options")), "/options");
    assert_eq!(API.call(Request::with_method("bad method", "/literal")).status(), 400);
}

#[test]
fn head_has_the_headers_of_get_without_a_body() {
    let head = API.call(Request::with_method("HEAD", "/literal"));
    assert_eq!((head.status().as_u16(), head.body()), (200, &b""[..]));
    assert_eq!(head.header("content-type"), Some("text/plain; charset=utf-8"));
    let own = API.call(Request::with_method("HEAD", "/head"));
    assert_eq!(own.header("x-own"), Some("head"));
}

static AROUND: Api = Api::new(&[get("/open", show), get("/panics", panics)])
    .base_path("/shop/v1")
    .before(&[refuse])
    .after(mark)
    .fallback(missing);

fn panics(_: &Request) -> Result<Response, Failure> {
    panic!("a secret")
}

fn refuse(request: &Request) -> Option<Response> {
    assert!(request.query_pairs().all(|(name, _)| name != "panic"), "a secret");
    let is_closed = request.header("x-closed").is_some();
    is_closed.then(|| Response::problem(403, format!("closed: {}", request.route())))
}

fn mark(request: &Request, response: Response) -> Response {
    assert_ne!(request.header("x-after"), Some("panic"), "a secret");
    response.with_header("x-mark", request.method().as_str())
}

fn missing(request: &Request) -> Result<Response, Failure> {
    Ok(Response::text(404, format!("nothing at {}", request.path())))
}

#[test]
fn functions_before_and_after_see_each_request() {
    for (request, status, part) in [
        (Request::get("/open"), 200, "/open"),
        (Request::get("/shop/v1/open"), 200, "/open"),
        (Request::get("/shop/v1"), 404, "nothing at /"),
        (Request::get("/shop/v2/open"), 404, "nothing at /shop/v2/open"),
        (Request::get("/open").header("x-closed", "1"), 403, "closed: /open"),
        (Request::get("/none").header("x-closed", "1"), 403, "closed: "),
        (Request::post("/open"), 405, "does not have this method"),
        (Request::get("/panics"), 500, "the server has failed"),
        (Request::get("/open?panic"), 500, "the server has failed"),
    ] {
        let response = AROUND.call(request.clone());
        let body = String::from_utf8_lossy(response.body());
        assert_eq!(response.status(), status, "{request:?}");
        assert!(body.contains(part) && !body.contains("secret"), "{body}");
        assert!(response.header("x-mark").is_some(), "{request:?}");
    }
    let response = AROUND.call(Request::get("/open").header("x-after", "panic"));
    assert_eq!(response.status(), 500);
}

#[test]
fn forms_and_json_fail_with_their_statuses() {
    static FORM: Api = Api::new(&[post("/form", form), post("/json", json)]);
    fn form(request: &Request) -> Result<Response, Failure> {
        let form = request.form()?;
        let count: u8 = form.get("count")?.unwrap_or(1);
        let name: String = form.get("name")?.ok_or_else(|| Response::problem(400, "no name"))?;
        Ok(Response::text(200, format!("{count} {name} {}", form.iter().count())))
    }
    fn json(request: &Request) -> Result<Response, Failure> {
        Ok(Response::json(200, &request.json::<Vec<u8>>()?))
    }
    let urlencoded = "application/x-www-form-urlencoded; charset=UTF-8";
    for (path, media_type, body, status, part) in [
        ("/form", urlencoded, &b"name=green+tea&count=2&%C3%A9"[..], 200, "2 green tea 3"),
        ("/form", urlencoded, b"name=a&name=b", 200, "1 a 2"),
        ("/form", urlencoded, b"count=2", 400, "no name"),
        ("/form", urlencoded, b"count=many", 400, "the form's count"),
        ("/form", urlencoded, b"\xff", 400, "UTF-8"),
        ("/form", "text/plain", b"name=a", 415, urlencoded.split(';').next().unwrap()),
        ("/json", "Application/JSON;charset=utf-8", b"\xef\xbb\xbf[1]", 200, "[1]"),
        ("/json", "application/merge-patch+json", b"[1]", 200, "[1]"),
        ("/json", "application/json", b"[1,\"a secret\"]", 400, "at [1]: expected an integer"),
        ("/json", "application/json", b"[1", 400, "JSON"),
        ("/json", "application/json", b"", 400, "JSON"),
        ("/json", "text/plain", b"[1]", 415, "application/json"),
    ] {
        let response = FORM.call(Request::post(path).body(media_type, body));
        let text = String::from_utf8_lossy(response.body());
        assert_eq!(response.status(), status, "{media_type} {body:?}: {text}");
        assert!(text.contains(part) && !text.contains("secret"), "{media_type} {body:?}: {text}");
    }
    let response = FORM.call(Request::with_method("POST", "/json"));
    assert_eq!(response.status(), 415, "no content type");
}

#[test]
fn a_response_keeps_equal_headers_and_leaves_out_invalid_ones() {
    let response = Response::redirect(303, "/todos/1")
        .with_cookie("a=1")
        .with_cookie("b=2")
        .with_header("x-split", "a\r\nSet-Cookie: c=3")
        .with_header("no name", "1");
    assert_eq!(response.header("location"), Some("/todos/1"));
    assert_eq!(response.headers().get_all("set-cookie").iter().count(), 2);
    assert_eq!(response.headers().len(), 3);
    assert_eq!(Response::empty(99).status(), 500);
}
