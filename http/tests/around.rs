//! Functions before and around routes, their order, and what they hand to the route.

use minilambda::{Context, Handler};
use minilambda_http::{
    Api, Around, Before, BodyStream, Failure, Next, Request, RequestBuilder, Response, Route, get,
    http, http_stream, nest, stream,
};
use std::io::Write;
use std::sync::Mutex;

/// What was called, in order.
#[derive(Default)]
struct Trail(Mutex<Vec<&'static str>>);

/// Notes a call in the request itself.
fn note(request: &Request, name: &'static str) {
    if request.data_if_set::<Trail>().is_none() {
        request.set(Trail::default());
    }
    request.data_if_set::<Trail>().unwrap().0.lock().unwrap().push(name);
}

fn trail(request: &Request) -> String {
    request.data_if_set::<Trail>().map_or(String::new(), |it| it.0.lock().unwrap().join(" "))
}

macro_rules! before {
    ($($name:ident)*) => {$(
        fn $name(request: &Request) -> Option<Response> {
            note(request, stringify!($name));
            let refuses = request.header("refuse") == Some(stringify!($name));
            refuses.then(|| Response::problem(403, concat!("refused by ", stringify!($name))))
        }
    )*};
}
before! { api_1 api_2 outer_1 outer_2 inner_1 route_1 }

macro_rules! around {
    ($($name:ident)*) => {$(
        fn $name(request: &Request, next: Next) -> Result<Response, Failure> {
            note(request, concat!("(", stringify!($name)));
            let result = next.run(request);
            note(request, ")");
            result
        }
    )*};
}
around! { api_around outer_around_1 outer_around_2 route_around }

fn serve(request: &Request) -> Result<Response, Failure> {
    note(request, "function");
    assert!(request.header("panic").is_none(), "as asked");
    if request.header("fail").is_some() {
        return Err("as asked".into());
    }
    Ok(Response::text(200, "served"))
}

fn serve_stream(request: &Request, out: &mut BodyStream) -> Result<(), Failure> {
    note(request, "function");
    write!(out, "streamed")?;
    Ok(())
}

fn add_trail(request: &Request, response: Response) -> Response {
    response.with_header("X-Trail", trail(request))
}

const OUTER: &[Before] = &[outer_1, outer_2];
const OUTER_AROUND: &[Around] = &[outer_around_1, outer_around_2];
static INNER: &[Route] = &[
    get("/plain", serve),
    get("/route", serve).before(&[route_1]).around(&[route_around]),
    stream("/stream", serve_stream),
];
static MIDDLE: &[Route] = &[nest("/inner", INNER).before(&[inner_1]), get("/plain", serve)];
static API: Api = Api::new(&[
    get("/plain", serve),
    nest("/outer", MIDDLE).before(OUTER).around(OUTER_AROUND),
    nest("/other", &[get("/plain", serve)]).before(&[route_1]),
])
.before(&[api_1, api_2])
.around(&[api_around])
.after(add_trail);

fn trail_of(request: RequestBuilder) -> (u16, String) {
    let response = API.call(request);
    let trail = response.header("x-trail").unwrap_or_default().to_owned();
    (response.status().as_u16(), trail)
}

#[test]
fn they_are_called_from_the_outside_to_the_inside_in_the_order_of_their_lists() {
    for (path, status, expected) in [
        ("/plain", 200, "api_1 api_2 (api_around function )"),
        (
            "/outer/plain",
            200,
            "api_1 api_2 (api_around outer_1 outer_2 (outer_around_1 (outer_around_2 function ) ) )",
        ),
        (
            "/outer/inner/plain",
            200,
            "api_1 api_2 (api_around outer_1 outer_2 (outer_around_1 (outer_around_2 inner_1 \
             function ) ) )",
        ),
        (
            "/outer/inner/route",
            200,
            "api_1 api_2 (api_around outer_1 outer_2 (outer_around_1 (outer_around_2 inner_1 \
             route_1 (route_around function ) ) ) )",
        ),
        (
            "/outer/inner/stream",
            200,
            "api_1 api_2 (api_around outer_1 outer_2 (outer_around_1 (outer_around_2 inner_1 \
             function ) ) )",
        ),
        ("/other/plain", 200, "api_1 api_2 (api_around route_1 function )"),
        ("/outer/none", 404, "api_1 api_2 (api_around )"),
        ("/none", 404, "api_1 api_2 (api_around )"),
    ] {
        assert_eq!(trail_of(Request::get(path)), (status, expected.to_owned()), "{path}");
    }
}

#[test]
fn a_refusal_keeps_everything_further_inside_from_running() {
    for (name, expected) in [
        ("api_1", "api_1"),
        ("api_2", "api_1 api_2"),
        ("outer_1", "api_1 api_2 (api_around outer_1 )"),
        ("outer_2", "api_1 api_2 (api_around outer_1 outer_2 )"),
        (
            "inner_1",
            "api_1 api_2 (api_around outer_1 outer_2 (outer_around_1 (outer_around_2 inner_1 ) ) )",
        ),
    ] {
        for path in ["/outer/inner/route", "/outer/inner/stream"] {
            let request = Request::get(path).header("refuse", name);
            assert_eq!(trail_of(request), (403, expected.to_owned()), "{name} {path}");
        }
    }
}

/// Also HEAD, which the routes for GET serve.
#[test]
fn no_method_passes_the_functions_of_a_table() {
    for method in ["GET", "HEAD"] {
        let request =
            Request::with_method(method, "/outer/inner/plain").header("refuse", "outer_1");
        assert_eq!(trail_of(request).0, 403, "{method}");
    }
    for (method, status) in [("POST", 405), ("OPTIONS", 204)] {
        let request = Request::with_method(method, "/outer/inner/plain");
        let (got, trail) = trail_of(request);
        assert_eq!((got, &*trail), (status, "api_1 api_2 (api_around )"), "{method}");
    }
}

fn forgive(request: &Request, next: Next) -> Result<Response, Failure> {
    match next.run(request) {
        Err(Failure::Error(error)) => Ok(Response::text(503, error.kind().to_owned())),
        result => result,
    }
}

fn panic_before(_: &Request) -> Option<Response> {
    panic!("before")
}

#[test]
fn a_panic_or_an_error_is_a_failure_that_the_outer_functions_see() {
    static FORGIVING: Api =
        Api::new(&[get("/", serve), nest("/panic", &[get("/", serve)]).before(&[panic_before])])
            .around(&[forgive, api_around]);
    for (request, kind) in [
        (Request::get("/").header("panic", "1"), "Function.Panic"),
        (Request::get("/panic"), "Function.Panic"),
        (Request::get("/").header("fail", "1"), "Error"),
    ] {
        let response = FORGIVING.call(request);
        assert_eq!(response.status(), 503);
        assert!(response.body().ends_with(kind.as_bytes()), "{kind}");
    }
    assert_eq!(API.call(Request::get("/plain").header("panic", "1")).status(), 500);
}

fn instead(request: &Request, next: Next) -> Result<Response, Failure> {
    if request.header("skip").is_some() {
        return Ok(Response::text(202, "instead"));
    }
    next.run(request).map(|response| response.with_header("X-Around", "1"))
}

#[test]
fn it_can_respond_itself_and_change_the_response() {
    static API: Api = Api::new(&[get("/a", serve), stream("/s", serve_stream)]).around(&[instead]);
    static STREAMED: Handler = http_stream!(API);
    for path in ["/a", "/s"] {
        let response = API.call(Request::get(path).header("skip", "1"));
        assert_eq!((response.status().as_u16(), response.body()), (202, &b"instead"[..]));
    }
    assert_eq!(API.call(Request::get("/a")).header("x-around"), Some("1"));
    for (path, skip, end) in [("/s", "no", "streamed"), ("/s", "skip", "instead")] {
        let event = include_str!("../../data/function-url.json")
            .replace(r#""rawPath": "/thumbnails""#, &format!(r#""rawPath": "{path}""#))
            .replace(r#""method": "POST""#, r#""method": "GET""#)
            .replace(r#""headers": {"#, &format!(r#""headers": {{"{skip}": "1","#));
        let response = STREAMED.call(event, &Context::default()).unwrap();
        let written = String::from_utf8_lossy(&response).into_owned();
        assert!(written.starts_with("{\"statusCode\":20"), "{written}");
        assert!(written.ends_with(end), "{written}");
    }
}

/// The client must not take a part of a stream for all of it.
#[test]
fn a_stream_that_breaks_is_an_error_whatever_a_function_around_it_returns() {
    fn breaks(request: &Request, out: &mut BodyStream) -> Result<(), Failure> {
        write!(out, "a part")?;
        out.flush()?;
        assert!(request.query::<String>("panic")?.is_none(), "as asked");
        Err("as asked".into())
    }
    fn unavailable(request: &Request, next: Next) -> Result<Response, Failure> {
        Ok(next.run(request).unwrap_or_else(|_| Response::problem(503, "later")))
    }
    static API: Api = Api::new(&[stream("/s", breaks)]).around(&[unavailable]);
    static STREAMED: Handler = http_stream!(API);
    for query in ["", "panic=1"] {
        let event = include_str!("../../data/function-url.json")
            .replace(r#""rawPath": "/thumbnails""#, r#""rawPath": "/s""#)
            .replace(r#""rawQueryString": ""#, &format!(r#""rawQueryString": "{query}&"#))
            .replace(r#""method": "POST""#, r#""method": "GET""#);
        let error = STREAMED.call(event, &Context::default()).unwrap_err();
        assert_eq!(error.kind(), "Function.StreamBegun", "{query}");
    }
    // Nothing was sent, as without a stream.
    assert_eq!(API.call(Request::get("/s")).status(), 503);
}

/// A middleware of the runtime around an API gets the event of the front end.
#[test]
fn the_runtimes_middleware_is_around_an_api_too() {
    fn shorten(
        event: Vec<u8>,
        context: &Context,
        next: minilambda::Next,
    ) -> Result<Vec<u8>, minilambda::Error> {
        assert!(event.starts_with(b"{"));
        let response = next.run(event, context)?;
        Ok(response.into_iter().take(14).collect())
    }
    static API: Api = Api::new(&[get("/thumbnails", serve)]);
    static HANDLER: Handler = http!(API).around(&[shorten]);
    let event = include_str!("../../data/function-url.json");
    assert_eq!(HANDLER.call(event, &Context::default()).unwrap(), b"{\"statusCode\":");
}

#[derive(Clone, Debug, PartialEq)]
struct User {
    name: String,
}

#[derive(PartialEq, Debug)]
struct Tenant(usize);

fn log_in(request: &Request) -> Option<Response> {
    let Some(name) = request.header("authorization").and_then(|it| it.strip_prefix("Bearer "))
    else {
        return Some(Response::problem(401, "who are you?"));
    };
    request.set(User { name: name.to_owned() });
    None
}

fn find_tenant(request: &Request) -> Option<Response> {
    let user = request.data::<User>();
    match user {
        Ok(user) => request.set(Tenant(user.name.len())),
        Err(response) => return Some(response),
    }
    None
}

fn me(request: &Request) -> Result<Response, Failure> {
    let (user, tenant) = (request.data::<User>()?, request.data::<Tenant>()?);
    Ok(Response::text(200, format!("{} of {}", user.name, tenant.0)))
}

static ACCOUNTS: Api =
    Api::new(&[nest("/me", &[get("/", me)]).before(&[find_tenant]), get("/open", me)])
        .before(&[log_in]);

#[test]
fn what_a_function_sets_reaches_the_route_by_its_type() {
    let ada = || Request::get("/me").header("authorization", "Bearer Ada");
    assert_eq!(ACCOUNTS.call(ada()).body(), b"Ada of 3");
    assert_eq!(ACCOUNTS.call(Request::get("/me")).status(), 401);
    // No function has set the tenant: the program is wrong, and not the client.
    let open = Request::get("/open").header("authorization", "Bearer Ada");
    assert_eq!(ACCOUNTS.call(open).status(), 500);
    // Nothing goes from one request to the next.
    assert_eq!(
        ACCOUNTS.call(Request::get("/me").header("authorization", "Bearer Bo")).body(),
        b"Bo of 2"
    );
}

#[test]
fn the_value_that_was_set_last_counts_and_earlier_ones_stay_valid() {
    let request = Request::get("/").data(Tenant(1));
    let request = request.build();
    let first = request.data::<Tenant>().unwrap();
    for number in 2..=1000 {
        request.set(Tenant(number));
        request.set(User { name: number.to_string() });
    }
    assert_eq!((first, request.data::<Tenant>().unwrap()), (&Tenant(1), &Tenant(1000)));
    assert_eq!(request.data_if_set::<User>().unwrap().name, "1000");
    assert!(request.data_if_set::<String>().is_none());
}

#[test]
fn a_handler_is_tested_with_the_data_that_it_needs() {
    let request = Request::get("/me").data(User { name: "Ada".to_owned() }).data(Tenant(7));
    assert_eq!(me(&request.build()).unwrap().body(), b"Ada of 7");
    assert_eq!(me(&request.clone().build()).unwrap().body(), b"Ada of 7");
}

#[test]
fn the_facts_of_an_authorizer_become_a_type() {
    #[derive(miniserde::Deserialize)]
    struct Claims {
        sub: String,
    }
    fn by_claims(request: &Request) -> Option<Response> {
        let claims = request.authorizer_fields().decode::<Claims>();
        let Ok(claims) = claims else { return Some(Response::problem(403, "no claims")) };
        request.set(User { name: claims.sub });
        None
    }
    fn name(request: &Request) -> Result<Response, Failure> {
        Ok(Response::text(200, request.data::<User>()?.name.clone()))
    }
    static API: Api = Api::new(&[get("/name", name)]).before(&[by_claims]);
    let request = Request::get("/name").authorizer("sub", "user-17");
    assert_eq!(API.call(request).body(), b"user-17");
    assert_eq!(API.call(Request::get("/name")).status(), 403);
}

#[test]
fn several_threads_may_add_and_read() {
    let builder = Request::get("/");
    let request = builder.build();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let request = &request;
            scope.spawn(move || {
                for _ in 0..500 {
                    request.set(Tenant(thread));
                    assert!(request.data_if_set::<Tenant>().is_some());
                }
            });
        }
    });
}

/// Otherwise the functions of the first list, such as one that authorises, would not be called.
#[test]
fn a_second_list_does_not_take_the_place_of_the_first() {
    use std::panic::catch_unwind;
    static NONE: Api = Api::new(&[]);
    assert!(catch_unwind(|| NONE.before(&[api_1]).around(&[api_around])).is_ok());
    assert!(catch_unwind(|| NONE.before(&[api_1]).before(&[api_2])).is_err());
    assert!(catch_unwind(|| NONE.around(&[api_around]).around(&[instead])).is_err());
    assert!(catch_unwind(|| get("/", serve).before(&[api_1]).before(&[api_2])).is_err());
    assert!(catch_unwind(|| get("/", serve).around(&[instead]).around(&[instead])).is_err());
}
