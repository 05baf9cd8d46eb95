//! Nothing of the user's runs before `before` has let a request pass.

use minilambda_http::{
    Api, BodyStream, Cors, Failure, Request, RequestBuilder, Response, Route, get, nest, put,
    route, stream,
};
use std::io::Write;

static CORS: Cors = Cors::new(&["https://shop.example"]).credentials();

static ROUTES: &[Route] = &[
    get("/pets", secret),
    put("/pets", secret),
    get("/options", secret),
    route("OPTIONS", "/options", secret),
    nest("/nested", &[route("OPTIONS", "/{rest*}", secret), get("/pets", secret)]),
    stream("/stream", secret_stream),
];
static GUARDED: Api = Api::new(ROUTES).cors(&CORS).before(&[refuse]).fallback(secret);
static WITHOUT_FALLBACK: Api = Api::new(ROUTES).cors(&CORS).before(&[refuse]);
static WITHOUT_CORS: Api = Api::new(ROUTES).before(&[refuse]).fallback(secret);
static PANICS: Api =
    Api::new(ROUTES).cors(&CORS).before(&[|_| panic!("a secret")]).fallback(secret);

fn secret(_: &Request) -> Result<Response, Failure> {
    Ok(Response::text(200, "a secret"))
}

fn secret_stream(_: &Request, out: &mut BodyStream) -> Result<(), Failure> {
    out.write_all(b"a secret")?;
    Ok(())
}

fn refuse(request: &Request) -> Option<Response> {
    let is_known = request.header("authorization") == Some("open-sesame");
    (!is_known).then(|| Response::problem(401, "who are you?"))
}

/// A request that looks like a browser's preflight.
fn preflight(method: &str, path: &str) -> RequestBuilder {
    Request::with_method(method, path)
        .header("Origin", "https://evil.example")
        .header("Access-Control-Request-Method", "PUT")
}

#[test]
fn a_request_that_looks_like_a_preflight_does_not_pass_the_function_before() {
    for path in [
        "/",
        "/none",
        "/pets/1",
        "/options",
        "/options/",
        "/nested/a",
        "/nested/pets",
        "/%6fptions",
    ] {
        for api in [&GUARDED, &WITHOUT_FALLBACK, &WITHOUT_CORS] {
            let response = api.call(preflight("OPTIONS", path));
            assert_eq!(response.status(), 401, "{path}");
        }
        let response = PANICS.call(preflight("OPTIONS", path));
        assert_eq!(response.status(), 500, "{path}");
        let known = preflight("OPTIONS", path).header("authorization", "open-sesame");
        assert_eq!(GUARDED.call(known).body(), b"a secret", "{path}");
    }
}

#[test]
fn only_the_api_itself_responds_without_the_function_before() {
    for path in ["/pets", "/pets/", "/stream", "/%70ets"] {
        for api in [&GUARDED, &WITHOUT_FALLBACK, &PANICS] {
            let response = api.call(preflight("OPTIONS", path));
            assert_eq!(response.status(), 204, "{path}");
            assert_eq!(response.body(), b"", "{path}");
        }
        // Without CORS there are no preflights.
        assert_eq!(WITHOUT_CORS.call(preflight("OPTIONS", path)).status(), 401, "{path}");
    }
}

#[test]
fn no_method_and_no_form_of_a_path_passes_the_function_before() {
    for method in ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "options", "PURGE"] {
        for path in ["/pets", "//pets", "/pets//", "/PETS", "/none", "/stream", "/nested", ""] {
            for api in [&GUARDED, &WITHOUT_FALLBACK, &WITHOUT_CORS] {
                let response = api.call(Request::with_method(method, path));
                assert_eq!(response.status(), 401, "{method} {path}");
                let is_head = method == "HEAD";
                assert_eq!(response.body().is_empty(), is_head, "{method} {path}");
            }
            // A preflight is OPTIONS, in capital letters.
            if method != "OPTIONS" {
                let response = GUARDED.call(preflight(method, path));
                assert_eq!(response.status(), 401, "{method} {path}");
            }
        }
    }
}

#[test]
fn a_half_of_a_preflight_is_no_preflight() {
    for name in ["Origin", "Access-Control-Request-Method"] {
        let half = Request::with_method("OPTIONS", "/pets").header(name, "PUT");
        assert_eq!(GUARDED.call(half).status(), 401, "{name}");
    }
}
