//! Requests for tests of handlers, with all that a front end sets.

use minilambda::Context;
use minilambda_http::{Api, Failure, FrontEnd, Request, Response, patch};

static API: Api = Api::new(&[patch("/pets/{id}", show)]);

fn show(request: &Request) -> Result<Response, Failure> {
    let id: u8 = request.param("id")?;
    let (ip, host) = (request.client_ip().unwrap_or("none"), request.host().unwrap_or("none"));
    let left = request.context().time_left().map_or(0, |left| left.as_secs());
    let context = &request.context().request_id;
    Ok(Response::text(200, format!("{id} {ip} {host} {context} {}", left > 3000)))
}

fn text(response: &Response) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}

#[test]
fn a_request_has_an_address_a_host_and_a_context() {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let mut context = Context::default();
    context.request_id = "1-2-3".to_owned();
    context.deadline_ms = Some(i64::try_from(now.as_millis()).unwrap() + 3_600_000);
    let request = Request::patch("/pets/7");
    assert_eq!(text(&API.call(request.clone())), "7 127.0.0.1 localhost  false");
    let request = request.client_ip("203.0.113.9").host("pets.example").context(context);
    assert_eq!(text(&API.call(request)), "7 203.0.113.9 pets.example 1-2-3 true");
}

#[test]
fn a_handler_is_called_without_an_api() -> Result<(), Failure> {
    let request = Request::patch("/?a=1").param("id", "7").host("pets.example");
    let request = request.header("x-a", "b").authorizer("sub", "ada").json(&[1.5_f32, 0.1]);
    let built = request.build();
    assert_eq!((built.method().as_str(), built.path(), built.route()), ("PATCH", "/", ""));
    assert_eq!((built.query("a")?, built.header("x-a")), (Some(1), Some("b")));
    assert_eq!((built.authorizer("sub"), built.body()), (Some("ada"), &b"[1.5,0.1]"[..]));
    let facts: Vec<_> = built.authorizer_fields().view().fields().into_iter().flatten().collect();
    assert_eq!(facts.len(), 1, "{facts:?}");
    assert_eq!(built.front_end(), FrontEnd::FunctionUrl);
    assert_eq!(text(&show(&built)?), "7 127.0.0.1 pets.example  false");
    // As in an API, a parameter that is missing is an error of the program.
    let missing = show(&Request::patch("/").build());
    assert!(matches!(missing, Err(Failure::Response(response)) if response.status() == 500));
    Ok(())
}

#[test]
fn debug_prints_nothing_that_a_client_has_sent() {
    let request = Request::get("/secret?secret=secret").header("secret", "secret");
    let request =
        request.body("text/secret", "secret").authorizer("secret", "secret").host("secret");
    let text = format!("{:?}", request.build());
    assert_eq!(text, r#"Request { front_end: FunctionUrl, method: GET, route: "", .. }"#);
}
