//! Valid and invalid responses, and their form for each front end.

mod support;

use minilambda::Context;
use minilambda_http::{Api, Cors, Failure, Request, Response, get};
use support::FrontEnd::{
    LatticeV1, LatticeV2, LoadBalancer as Alb, LoadBalancerMultiValue as AlbMulti,
};
use support::{ALL, SIMPLE, Sent, event, received};

static API: Api = Api::new(&[
    get("/status/{status}", with_status),
    get("/cookies/{count}", cookies),
    get("/redirect", |request| {
        let to: String = request.query("to")?.unwrap_or_default();
        Ok(Response::redirect(302, &to))
    }),
    get("/many", many),
]);

fn with_status(request: &Request) -> Result<Response, Failure> {
    let response = Response::text(request.param("status")?, "a body");
    Ok(response.with_header("content-length", "6").with_header("etag", "7"))
}

fn cookies(request: &Request) -> Result<Response, Failure> {
    let count: u32 = request.param("count")?;
    Ok((0..count).fold(Response::empty(200), |it, n| it.with_cookie(format!("c{n}={n}"))))
}

/// More headers than a map can hold.
fn many(_: &Request) -> Result<Response, Failure> {
    let response = Response::empty(200);
    Ok((0..40_000).fold(response, |it, n| it.with_header(&*format!("x-{n}"), "1")))
}

#[test]
fn a_status_without_a_body_is_sent_without_one() {
    static AFTER: Api = Api::new(&[get("/", |_| Ok(Response::empty(204)))])
        .after(|_, _| Response::text(304, "added"));
    for path in ["/status/204", "/status/205", "/status/304"] {
        for front_end in ALL {
            let response =
                API.serve(event(front_end, &Sent { path, ..SIMPLE }), &Context::default());
            let received = received(front_end, &response.unwrap());
            assert_eq!(format!("/status/{}", received.status), path, "{front_end:?}");
            assert_eq!(received.body, b"", "{front_end:?} {path}");
            assert_eq!(
                received.headers,
                [("etag".to_owned(), "7".to_owned())],
                "{front_end:?} {path}"
            );
        }
        let response = API.call(Request::get(path));
        assert_eq!((response.body(), response.headers().len()), (&b""[..], 1), "{path}");
    }
    for path in ["/status/200", "/status/206", "/status/299", "/status/404", "/status/599"] {
        let response = API.call(Request::get(path));
        assert_eq!((response.body(), response.headers().len()), (&b"a body"[..], 3), "{path}");
    }
    // A body that `after` adds is one too.
    assert_eq!(AFTER.call(Request::get("/")).body(), b"");
}

/// 1xx are sent before a response and never end one.
#[test]
fn a_status_that_ends_no_response_is_an_error() {
    for status in [0, 1, 99, 100, 101, 103, 199, 600, 999, 1000, u16::MAX] {
        assert_eq!(Response::empty(status).status(), 500, "{status}");
        assert_eq!(Response::text(status, "a").status(), 500, "{status}");
        assert_eq!(Response::redirect(status, "/").status(), 500, "{status}");
        let problem = Response::problem(status, "a");
        assert_eq!(problem.status(), 500, "{status}");
        assert!(problem.body().starts_with(br#"{"status":500,"#), "{problem:?}");
    }
    for status in [200, 226, 299, 300, 418, 499, 500, 599] {
        assert_eq!(Response::empty(status).status(), status);
    }
}

#[test]
fn a_redirect_that_cannot_be_sent_is_an_error() {
    for to in [
        "/a%0D%0ASet-Cookie:%20a=1",
        "/a%0Ab",
        "/a%0Db",
        "%00",
        "a%7F",
        "",
        // A browser reads it as `//a.example`, which is another host.
        "/%09/a.example",
        "/%C2%85/a",
    ] {
        let response = API.call(Request::get(&format!("/redirect?to={to}")));
        assert_eq!(response.status(), 500, "{to}");
        assert_eq!(
            (response.header("location"), response.header("set-cookie")),
            (None, None),
            "{to}"
        );
        assert!(!String::from_utf8_lossy(response.body()).contains("a=1"));
    }
    for to in ["/a", "https://a.example/?b=c%23d", "/café"] {
        let response = Response::redirect(302, to);
        assert_eq!((response.status().as_u16(), response.header("location")), (302, Some(to)));
    }
}

#[test]
fn all_cookies_reach_the_client_of_a_load_balancer() {
    for (path, count) in
        [("/cookies/1", 1), ("/cookies/2", 2), ("/cookies/3", 3), ("/cookies/512", 512)]
    {
        let sent = Sent { path, ..SIMPLE };
        for front_end in ALL {
            let response = API.serve(event(front_end, &sent), &Context::default()).unwrap();
            let cookies = received(front_end, &response).cookies;
            let expected: Vec<_> = match front_end {
                LatticeV1 | LatticeV2 => vec![format!("c{0}={0}", count - 1)],
                _ => (0..count).map(|n| format!("c{n}={n}")).collect(),
            };
            assert_eq!(cookies, expected, "{front_end:?}");
        }
    }
    let one = API.serve(event(Alb, &Sent { path: "/cookies/1", ..SIMPLE }), &Context::default());
    assert!(
        String::from_utf8(one.unwrap()).unwrap().contains(r#""headers":{"set-cookie":"c0=0"}"#)
    );
    let two = API.serve(event(Alb, &Sent { path: "/cookies/2", ..SIMPLE }), &Context::default());
    let names = r#""headers":{"set-cookiE":"c0=0","set-cookie":"c1=1"}"#;
    assert!(String::from_utf8(two.unwrap()).unwrap().contains(names));
    // There are 512 spellings; the last cookies of more are sent.
    let more = API.serve(event(Alb, &Sent { path: "/cookies/600", ..SIMPLE }), &Context::default());
    let cookies = received(Alb, &more.unwrap()).cookies;
    assert_eq!((cookies.len(), &*cookies[0], &*cookies[511]), (512, "c88=88", "c599=599"));
}

#[test]
fn headers_that_cannot_be_sent_are_left_out() {
    let response = Response::empty(200)
        .with_header("", "1")
        .with_header("a b", "1")
        .with_header("a:b", "1")
        .with_header("a\r\nb", "1")
        .with_header("é", "1")
        .with_added_header("a\nb", "1")
        .with_header("x", "a\nb")
        .with_header("x", "\0")
        .with_cookie("a=1\r\nx: y")
        .with_header("x-name", "Jörg");
    assert_eq!(response.headers().len(), 1);
    assert_eq!(response.header("x-name"), Some("Jörg"));
    let response = Response::bytes(200, "text/plain\r\nx: y", "a");
    assert_eq!((response.headers().len(), response.body()), (0, &b"a"[..]));
}

/// A map holds 24,576 names: the next is left out, and the API's own headers too.
#[test]
fn a_response_with_too_many_headers_ends_nothing() {
    static CORS: Cors = Cors::new(&["*"]);
    static MANY: Api = Api::new(&[get("/many", many)]).cors(&CORS);
    for api in [&API, &MANY] {
        let response = api.call(Request::get("/many"));
        assert_eq!((response.status().as_u16(), response.headers().len()), (200, 24_576));
    }
}

/// The load balancer would respond with status 502, and log no reason.
#[test]
fn a_response_that_is_too_large_for_a_load_balancer_is_an_error() {
    static LARGE: Api = Api::new(&[get("/{bytes}", |request| {
        Ok(Response::text(200, "x".repeat(request.param("bytes")?)))
    })]);
    const MAX: usize = 1024 * 1024;
    for front_end in ALL {
        let serve = |path: &'static str| {
            LARGE.serve(event(front_end, &Sent { path, ..SIMPLE }), &Context::default())
        };
        let around = serve("/1").unwrap().len() - 1;
        let path = |bytes: usize| -> &'static str { format!("/{bytes}").leak() };
        assert_eq!(serve(path(MAX - around)).unwrap().len(), MAX, "{front_end:?}");
        let larger = serve(path(MAX + 1 - around));
        if matches!(front_end, Alb | AlbMulti) {
            let error = larger.unwrap_err();
            assert_eq!(error.kind(), "Function.ResponseSizeTooLarge");
            assert!(error.message().contains("1048577 bytes"), "{error}");
        } else {
            assert_eq!(larger.unwrap().len(), MAX + 1, "{front_end:?}");
        }
    }
}
