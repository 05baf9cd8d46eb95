//! The same request through each front end gets the same response.

mod support;

use minilambda::Context;
use minilambda_http::{Api, Failure, Request, Response, get, post, route};
use miniserde::Serialize;
use support::FrontEnd::{
    FunctionUrl, LatticeV1, LatticeV2, LoadBalancer as Alb,
    LoadBalancerMultiValue as AlbMultiValue, RestApi as Rest,
};
use support::{ALL, FrontEnd, Received, SIMPLE, Sent, event, received};

static API: Api = Api::new(&[
    get("/echo/{rest*}", echo),
    post("/echo/{rest*}", echo),
    route("PURGE", "/echo/{rest*}", echo),
    get("/", root),
    get("/one/{id}", one),
    get("/binary", binary),
    get("/cookies", cookies),
    get("/large", large),
    get("/front-end", source),
    get("/caller", caller),
    get("/error", error),
    get("/panic", panics),
]);

#[derive(Serialize)]
struct Echo {
    method: String,
    path: String,
    rest: String,
    query: Vec<(String, String)>,
    header: Option<String>,
    all: Vec<String>,
    cookies: Vec<Option<String>>,
    body: Vec<u8>,
}

fn echo(request: &Request) -> Result<Response, Failure> {
    let values = request.headers().get_all("x-all").into_iter();
    let all: Vec<_> = values.map(|value| value.to_str().unwrap().to_owned()).collect();
    let query = request.query_pairs().map(|(k, v)| (k.to_owned(), v.to_owned()));
    let mut query: Vec<_> = query.collect();
    query.sort_by(|(a, _), (b, _)| a.cmp(b)); // some front ends send an object, which has no order
    let cookie = |name| request.cookie(name).map(str::to_owned);
    Ok(Response::json(
        200,
        &Echo {
            method: request.method().to_string(),
            path: request.path().to_owned(),
            rest: request.param("rest")?,
            query,
            header: request.header("X-Shop").map(str::to_owned),
            // Some front ends join, others keep.
            all: all.join(",").split(',').map(|it| it.trim().to_owned()).collect(),
            cookies: vec![cookie("a"), cookie("b")],
            body: request.body().to_vec(),
        },
    ))
}

fn root(_: &Request) -> Result<Response, Failure> {
    Ok(Response::text(200, "root"))
}

fn one(request: &Request) -> Result<Response, Failure> {
    Ok(Response::text(200, request.param::<String>("id")?))
}

fn binary(_: &Request) -> Result<Response, Failure> {
    Ok(Response::bytes(200, "image/png", [0x89, b'P', 0, 0xff]))
}

fn cookies(_: &Request) -> Result<Response, Failure> {
    let response = Response::empty(200).with_cookie("a=1; Secure").with_cookie("b=2");
    Ok(response.with_added_header("X-Two", "1").with_added_header("X-Two", "2"))
}

fn large(_: &Request) -> Result<Response, Failure> {
    Ok(Response::text(200, "x".repeat(6_000_000)))
}

fn source(request: &Request) -> Result<Response, Failure> {
    Ok(Response::text(200, format!("{:?} {:?}", request.front_end(), request.host().is_some())))
}

fn caller(request: &Request) -> Result<Response, Failure> {
    Ok(Response::text(200, request.authorizer("sub").unwrap_or("nobody")))
}

fn error(_: &Request) -> Result<Response, Failure> {
    Err(std::io::Error::other("a secret"))?
}

fn panics(_: &Request) -> Result<Response, Failure> {
    panic!("a secret")
}

fn serve(front_end: FrontEnd, sent: &Sent) -> Received {
    let response = API.serve(event(front_end, sent), &Context::default()).unwrap();
    received(front_end, &response)
}

/// The responses of all front ends, which must be equal.
fn everywhere(sent: &Sent) -> Received {
    let first = serve(Rest, sent);
    for front_end in ALL {
        assert_eq!(serve(front_end, sent), first, "{front_end:?}");
    }
    first
}

fn json_of(received: &Received) -> &str {
    std::str::from_utf8(&received.body).unwrap()
}

#[test]
fn a_path_is_decoded_once() {
    for (path, rest) in [
        ("/echo/a", "a"),
        ("/echo/a/", "a/"),
        ("/echo/caf%C3%A9", "café"),
        ("/echo/a+b", "a+b"),
        ("/echo/a%2Bb", "a+b"),
        ("/echo/100%25", "100%"),
        ("/echo/a%20b/c", "a b/c"),
    ] {
        let received = everywhere(&Sent { path, ..SIMPLE });
        assert!(json_of(&received).contains(&format!(r#""rest":"{rest}""#)), "{received:?}");
    }
    assert_eq!(everywhere(&Sent { path: "/", ..SIMPLE }).body, b"root");
}

/// An HTTP API decodes the path before it sends it, so `%2F` cannot be recognised there.
#[test]
fn an_encoded_slash_does_not_split_a_segment_where_the_front_end_keeps_it() {
    let sent = Sent { path: "/one/a%2Fb", ..SIMPLE };
    for front_end in [Rest, FunctionUrl, Alb, AlbMultiValue, LatticeV1, LatticeV2] {
        assert_eq!(serve(front_end, &sent).body, b"a/b", "{front_end:?}");
    }
    // Twice encoded: decoded once.
    let sent = Sent { path: "/one/a%252Fb", ..SIMPLE };
    for front_end in ALL {
        assert_eq!(serve(front_end, &sent).body, b"a%2Fb", "{front_end:?}");
    }
}

#[test]
fn a_query_is_decoded_once_and_keeps_what_is_repeated_or_empty() {
    let received = everywhere(&Sent { query: "q=green+tea&plus=%2B&e=&%C3%A9=1", ..SIMPLE });
    for (name, value) in [("q", "green tea"), ("plus", "+"), ("e", ""), ("é", "1")] {
        let pair = format!(r#"["{name}","{value}"]"#);
        assert!(json_of(&received).contains(&pair), "{received:?}");
    }
    let sent = Sent { query: "a=1&a=2&b", ..SIMPLE };
    for front_end in ALL {
        let received = serve(front_end, &sent);
        let expected = if front_end == Alb {
            r#""query":[["a","2"],["b",""]]"#
        } else {
            r#""query":[["a","1"],["a","2"],["b",""]]"#
        };
        assert!(json_of(&received).contains(expected), "{front_end:?}: {received:?}");
    }
}

#[test]
fn headers_and_cookies_are_found_in_any_case() {
    let sent = Sent {
        headers: &[("X-SHOP", "berlin"), ("x-all", "1"), ("x-all", "2")],
        cookies: &["a=1", "b=x=y"],
        ..SIMPLE
    };
    for front_end in ALL {
        // A load balancer sends the last one, unless several values are turned on.
        let all = if front_end == Alb { r#"["2"]"# } else { r#"["1","2"]"# };
        let expected = format!(r#""header":"berlin","all":{all},"cookies":["1","x=y"]"#);
        let received = serve(front_end, &sent);
        assert!(json_of(&received).contains(&expected), "{front_end:?}: {received:?}");
    }
}

#[test]
fn bodies_are_bytes_both_ways() {
    let received = everywhere(&Sent { method: "POST", body: &[0, 0xff, b'a'], ..SIMPLE });
    assert!(json_of(&received).contains(r#""body":[0,255,97]"#), "{received:?}");
    let received = everywhere(&Sent { method: "POST", ..SIMPLE });
    assert!(json_of(&received).contains(r#""body":[]"#), "{received:?}");
    let received = everywhere(&Sent { path: "/binary", ..SIMPLE });
    assert_eq!(received.body, [0x89, b'P', 0, 0xff]);
    assert_eq!(received.headers, [("content-type".to_owned(), "image/png".to_owned())]);
    // A load balancer takes 1 MB.
    for front_end in ALL.into_iter().filter(|it| !matches!(it, Alb | AlbMultiValue)) {
        let received = serve(front_end, &Sent { path: "/large", ..SIMPLE });
        assert_eq!(received.body.len(), 6_000_000, "{front_end:?}");
    }
}

#[test]
fn several_cookies_and_equal_headers_are_sent_where_the_front_end_can() {
    let sent = Sent { path: "/cookies", ..SIMPLE };
    for front_end in ALL {
        let received = serve(front_end, &sent);
        let expected: &[&str] = match front_end {
            LatticeV1 | LatticeV2 => &["b=2"],
            _ => &["a=1; Secure", "b=2"],
        };
        assert_eq!(received.cookies, expected, "{front_end:?}");
        let two: Vec<_> = received.headers.iter().map(|(_, value)| value.as_str()).collect();
        assert_eq!(two.join(", "), "1, 2", "{front_end:?}");
    }
}

#[test]
fn the_front_end_is_known_by_the_name_that_minilambda_local_has_for_it() {
    let sent = Sent { path: "/front-end", ..SIMPLE };
    for front_end in ALL {
        let body = String::from_utf8(serve(front_end, &sent).body).unwrap();
        assert!(body.starts_with(&format!("{front_end:?} ")), "{front_end:?}: {body}");
    }
}

/// The stage of an HTTP API is a part of the path in its events.
#[test]
fn the_stage_is_not_a_part_of_the_path() {
    let event = String::from_utf8(event(FrontEnd::HttpApi, &SIMPLE)).unwrap();
    let serve = |path: &str| {
        let event = event.replace("/echo/a", path).replace("$default", "test");
        let response = API.serve(event.into_bytes(), &Context::default()).unwrap();
        received(FrontEnd::HttpApi, &response)
    };
    let response = serve("/test/echo/a");
    assert!(json_of(&response).contains(r#""rest":"a""#), "{response:?}");
    assert_eq!(serve("/testone/5").status, 404, "a path that only begins like the stage");
    // An HTTP API decodes the path: the client has sent `%3F`.
    let response = serve("/test/echo/a?b=c");
    assert!(json_of(&response).contains(r#""rest":"a?b=c""#), "{response:?}");
}

#[test]
fn what_fails_tells_the_client_nothing() {
    for path in ["/error", "/panic"] {
        let received = everywhere(&Sent { path, ..SIMPLE });
        assert_eq!(received.status, 500);
        assert!(!json_of(&received).contains("secret"), "{received:?}");
    }
}

#[test]
fn the_api_responds_to_paths_without_a_route() {
    assert_eq!(everywhere(&Sent { path: "/nothing", ..SIMPLE }).status, 404);
    let received = everywhere(&Sent { path: "/binary", method: "POST", ..SIMPLE });
    let allow = ("allow".to_owned(), "GET, HEAD, OPTIONS".to_owned());
    assert!(received.status == 405 && received.headers.contains(&allow), "{received:?}");
    let received = everywhere(&Sent { path: "/binary", method: "OPTIONS", ..SIMPLE });
    assert!(received.status == 204 && received.headers.contains(&allow), "{received:?}");
    let received = everywhere(&Sent { path: "/binary", method: "HEAD", ..SIMPLE });
    assert!(received.status == 200 && received.body.is_empty(), "{received:?}");
    assert_eq!(everywhere(&Sent { method: "PURGE", ..SIMPLE }).status, 200);
}

#[test]
fn what_is_invalid_is_a_bad_request() {
    // AWS decodes the path of an HTTP API, so it is always UTF-8 there.
    let sent = Sent { path: "/echo/%ff", ..SIMPLE };
    for front_end in [Rest, FunctionUrl, Alb, AlbMultiValue, LatticeV1, LatticeV2] {
        let event = String::from_utf8(event(front_end, &Sent { path: "/echo/PATH", ..SIMPLE }));
        let event = event.unwrap().replace("/echo/PATH", sent.path);
        let response = API.serve(event.into_bytes(), &Context::default()).unwrap();
        assert_eq!(received(front_end, &response).status, 400, "{front_end:?}");
    }
    let event = String::from_utf8(event(Rest, &SIMPLE)).unwrap();
    let invalid = event.replace(r#""isBase64Encoded":false"#, r#""isBase64Encoded":true"#);
    let invalid = invalid.replace(r#""body":null"#, r#""body":"?""#);
    let response = API.serve(invalid.into_bytes(), &Context::default()).unwrap();
    assert_eq!(received(Rest, &response).status, 400);
}

/// As the test buttons of the consoles send them.
#[test]
fn null_and_missing_fields_are_accepted() {
    for event in [
        r#"{"httpMethod":"GET","path":"/","resource":"/","headers":null,"multiValueHeaders":null,
            "queryStringParameters":null,"multiValueQueryStringParameters":null,"pathParameters":null,
            "stageVariables":null,"requestContext":{"httpMethod":"GET","stage":"test-invoke-stage",
            "identity":{"sourceIp":"test-invoke-source-ip"}},"body":null,"isBase64Encoded":false}"#,
        r#"{"version":"2.0","rawPath":"/","requestContext":{"http":{"method":"GET"}}}"#,
        r#"{"httpMethod":"GET","path":"","requestContext":{"elb":{"targetGroupArn":"x"}}}"#,
        r#"{"raw_path":"/","method":"GET"}"#,
    ] {
        let response = API.serve(event.into(), &Context::default()).unwrap();
        assert_eq!(received(FunctionUrl, &response).body, b"root", "{event}");
    }
    let error = API.serve(b"{}".to_vec(), &Context::default()).unwrap_err();
    assert!(error.message().starts_with("the event is not an HTTP request"), "{error}");
}

#[test]
fn what_authorizers_say_has_one_form() {
    let rest = |authorizer: &str| {
        format!(
            r#"{{"httpMethod":"GET","path":"/caller","requestContext":{{"authorizer":{authorizer}}}}}"#
        )
    };
    let http = |authorizer: &str| {
        format!(
            r#"{{"rawPath":"/caller","requestContext":{{"http":{{"method":"GET"}},"authorizer":{authorizer}}}}}"#
        )
    };
    for event in [
        rest(r#"{"claims":{"sub":"ada"}}"#),
        rest(r#"{"sub":"ada","principalId":"x"}"#),
        http(r#"{"jwt":{"claims":{"sub":"ada"},"scopes":null}}"#),
        http(r#"{"lambda":{"sub":"ada"}}"#),
        http(r#"{"iam":{"sub":"ada"}}"#),
    ] {
        let response = API.serve(event.clone().into(), &Context::default()).unwrap();
        assert_eq!(received(FunctionUrl, &response).body, b"ada", "{event}");
    }
}

#[test]
fn the_client_and_the_event_itself_are_at_hand() {
    static CLIENT: Api = Api::new(&[get("/", client), get("/event", event_of_front_end)]);
    fn client(request: &Request) -> Result<Response, Failure> {
        let id = &request.context().request_id;
        let (ip, host) = (request.client_ip().unwrap_or("-"), request.host().unwrap_or("-"));
        Ok(Response::text(200, format!("{} {host} {ip} {id}", request.scheme())))
    }
    fn event_of_front_end(request: &Request) -> Result<Response, Failure> {
        let event: minilambda_events::alb::Request = request.event()?;
        Ok(Response::text(200, event.request_context.elb.target_group_arn))
    }
    let mut context = Context::default();
    context.request_id = "id-1".to_owned();
    for (event, expected) in [
        (
            r#"{"httpMethod":"GET","path":"/","requestContext":{"elb":{}},"headers":{"host":"a.example",
            "x-forwarded-proto":"http","x-forwarded-for":"6.6.6.6, 203.0.113.7"}}"#,
            "http a.example 203.0.113.7 id-1",
        ),
        (
            r#"{"rawPath":"/","headers":{"x-forwarded-for":"6.6.6.6"},"requestContext":
            {"domainName":"b.example","http":{"method":"GET","sourceIp":"203.0.113.8"}}}"#,
            "https b.example 203.0.113.8 id-1",
        ),
        (
            r#"{"httpMethod":"GET","path":"/","requestContext":{"identity":{"sourceIp":"203.0.113.9"}}}"#,
            "https - 203.0.113.9 id-1",
        ),
        (r#"{"method":"GET","raw_path":"/"}"#, "https - - id-1"),
    ] {
        let response = CLIENT.serve(event.into(), &context).unwrap();
        assert_eq!(String::from_utf8(received(FunctionUrl, &response).body).unwrap(), expected);
    }
    let sent = Sent { path: "/event", ..SIMPLE };
    for (front_end, status) in [(Alb, 200), (FunctionUrl, 500)] {
        let response = CLIENT.serve(event(front_end, &sent), &context).unwrap();
        assert_eq!(received(front_end, &response).status, status, "{front_end:?}");
    }
}
