//! One odd part of a request hides nothing else of it.

mod support;

use minilambda::Context;
use minilambda_http::{Api, Failure, Request, Response, StatusCode, get, post};
use miniserde::json::Value;
use support::{ALL, FrontEnd, SIMPLE, Sent, event, received};

static API: Api = Api::new(&[
    get("/echo/a", show),
    post("/json", |request| Ok(Response::json(200, &request.json::<Vec<u8>>()?))),
    post("/form", |request| {
        Ok(Response::text(200, request.form()?.get("a")?.unwrap_or("-".to_owned())))
    }),
    get("/accept", |request| {
        Ok(Response::text(200, request.accepts(&["application/json", "text/csv"])?))
    }),
]);

/// Responds with the part that the query names: a cookie, a header, …
fn show(request: &Request) -> Result<Response, Failure> {
    let name: String = request.query("name")?.unwrap_or_default();
    let what: String = request.query("what")?.unwrap_or_default();
    let text = match &*what {
        "cookie" => request.cookie(&name),
        "header" => request.header(&name),
        "ip" => request.client_ip(),
        "scheme" => Some(request.scheme()),
        "query" => request.query_pairs().last().map(|(_, value)| value),
        "cookies" => {
            let values = request.headers().get_all("cookie").iter();
            let values: Vec<_> =
                values.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
            return Ok(Response::text(200, values.join(" | ")));
        }
        _ => None,
    };
    Ok(Response::text(200, text.unwrap_or("none")))
}

fn serve(event: impl Into<Vec<u8>>) -> (u16, String) {
    let response = API.serve(event.into(), &Context::default()).unwrap();
    let received = received(FrontEnd::FunctionUrl, &response);
    (received.status, String::from_utf8(received.body).unwrap())
}

fn text(event: impl Into<Vec<u8>>) -> String {
    let (status, body) = serve(event);
    assert_eq!(status, 200, "{body}");
    body
}

#[test]
fn an_odd_cookie_hides_no_other() {
    for (cookies, name, expected) in [
        (&["session=abc", "name=Jörg"][..], "session", "abc"),
        (&["name=Jörg", "session=abc"], "session", "abc"),
        (&["session=abc", "name=Jörg"], "name", "Jörg"),
        (&["日本=語", "session=abc"], "日本", "語"),
        (&["flag", "=none", "", "==", "session=abc"], "session", "abc"),
        (&["a=\"b", "session=\"abc\"", "c=d\""], "session", "abc"),
        (&["a=\"b", "session=abc"], "a", "\"b"),
        (&["a=\"", "session=abc"], "a", "\""),
        (&["a=\"\""], "a", ""),
        (&["a=\"x=y\""], "a", "x=y"),
        (&["a=1", "a=2"], "a", "1"),
        (&["a=x=y"], "a", "x=y"),
        (&["session=abc"], "SESSION", "none"),
    ] {
        let query = format!("what=cookie&name={}", encoded(name));
        let sent = Sent { query: leaked(query), cookies, ..SIMPLE };
        for front_end in ALL {
            let response = API.serve(event(front_end, &sent), &Context::default()).unwrap();
            let body = received(front_end, &response).body;
            let body = String::from_utf8(body).unwrap();
            assert_eq!(body, expected, "{front_end:?}: {name} of {cookies:?}");
        }
    }
}

/// Clients of HTTP/2 may send each cookie as a header.
#[test]
fn cookies_are_found_in_each_of_several_headers() {
    let event = |lines: &str| {
        format!(
            r#"{{"httpMethod":"GET","path":"/echo/a","multiValueHeaders":{{"cookie":{lines}}},
            "queryStringParameters":{{"what":"cookie","name":"session"}},"requestContext":{{"elb":{{}}}}}}"#
        )
    };
    for lines in [r#"["name=Jörg","session=abc"]"#, r#"["session=abc; a=1","session=2"]"#] {
        assert_eq!(text(event(lines)), "abc");
    }
}

#[test]
fn the_cookies_of_a_function_url_arrive_once() {
    let event = |cookies: &str, header: &str| {
        format!(
            r#"{{"rawPath":"/echo/a","rawQueryString":"what=cookies",{cookies}"headers":{{"x":"y"{header}}},
            "requestContext":{{"http":{{"method":"GET"}},"domainName":"a.lambda-url.eu.on.aws"}}}}"#
        )
    };
    let list = r#""cookies":["a=1","b=2"],"#;
    for (cookies, header) in [
        (list, r#","cookie":"a=1; b=2""#),
        (list, r#","Cookie":"a=1; b=2""#),
        (list, ""),
        ("", r#","cookie":"a=1; b=2""#),
        (r#""cookies":[],"#, r#","cookie":"a=1; b=2""#),
        (r#""cookies":null,"#, r#","cookie":"a=1; b=2""#),
    ] {
        assert_eq!(text(event(cookies, header)), "a=1; b=2", "{cookies} {header}");
    }
}

#[test]
fn a_header_that_is_not_ascii_is_text() {
    for (value, expected) in [("Jörg", "Jörg"), ("a\tb", "a\tb"), ("日本語", "日本語"), ("", "")]
    {
        let sent = Sent { query: "what=header&name=X-Name", ..SIMPLE };
        for front_end in ALL {
            let event = String::from_utf8(event(front_end, &with_header(&sent, "PLACE"))).unwrap();
            let value = miniserde::json::to_string(value);
            let response = API
                .serve(event.replace(r#""PLACE""#, &value).into_bytes(), &Context::default())
                .unwrap();
            let body = String::from_utf8(received(front_end, &response).body).unwrap();
            assert_eq!(body, expected, "{front_end:?}");
        }
    }
    let json = |content_type| Request::post("/json").body(content_type, "[1]");
    for content_type in [
        "application/json; title=Jörg",
        "application/json; charset=\"utf-8\"",
        " application/json ",
        "application/json;",
        "application/json;;=",
    ] {
        assert_eq!(API.call(json(content_type)).body(), b"[1]", "{content_type}");
    }
    let form = "application/x-www-form-urlencoded; title=Jörg";
    assert_eq!(API.call(Request::post("/form").body(form, "a=%zz%")).body(), b"%zz%");
}

#[test]
fn the_weights_and_the_precision_decide() {
    let offered = ["application/json", "text/csv"];
    for (accept, expected) in [
        (None, Some("application/json")),
        (Some(""), Some("application/json")),
        (Some("*/*"), Some("application/json")),
        (Some("text/csv"), Some("text/csv")),
        (Some("TEXT/*"), Some("text/csv")),
        (Some("text/csv;q=0.5, application/json;q=0.4"), Some("text/csv")),
        (Some("application/*;q=0.1, */*;q=0.5"), Some("text/csv")),
        (Some("application/json;q=0, */*"), Some("text/csv")),
        (Some("image/png"), None),
        (Some("application/json;q=0"), None),
        (Some("nonsense"), None),
        (Some("application/json; charset=utf-8; Q=0.3, text/csv;q=.2"), Some("application/json")),
        // An entry that is malformed hides no other.
        (Some("application/json;q=1.5, text/csv;q=0.1"), Some("text/csv")),
        (Some("application/json;q=-1, text/csv;q=0.1"), Some("text/csv")),
        (Some("application/json;q=nan, text/csv;q=0.1"), Some("text/csv")),
        (Some("application/json;q=inf, text/csv;q=0.1"), Some("text/csv")),
        (Some("application/json;q=1e0, text/csv;q=0.1"), Some("text/csv")),
        (Some("application/json;q=high, text/csv;q=0.1"), Some("text/csv")),
        (Some("application/json;q=, text/csv;q=0.1"), Some("text/csv")),
        (Some("application/json;q, text/csv;q=0.1"), Some("text/csv")),
        (Some("application/json;q=1.000, text/csv;q=1.001"), Some("application/json")),
        (Some("*/json, application/, /json, json, ;q=1,, text/csv"), Some("text/csv")),
        (Some("Jörg/json, text/csv"), Some("text/csv")),
        (Some("text/csv;q=2"), None),
    ] {
        let request = accept.map_or(Request::get("/"), |it| Request::get("/").header("accept", it));
        let response = request.build().accepts(&offered).map_err(|response| response.status());
        assert_eq!(response, expected.ok_or(StatusCode::NOT_ACCEPTABLE), "{accept:?}");
    }
}

#[test]
fn a_malformed_entry_of_accept_hides_no_other() {
    for (accept, status) in [
        (&["Jörg/x", "text/csv"][..], 200),
        (&["text/html;q=Jörg", "text/csv"], 200),
        (&["application/json;q=2, text/csv"], 200),
        (&["application/json;q=-0.1, text/csv;q=0.001"], 200),
        (&["application/json;q=NaN, text/csv;q=0.001"], 200),
        (&["application/json;q=2"], 406),
    ] {
        let request =
            accept.iter().fold(Request::get("/accept"), |it, value| it.header("accept", value));
        let response = API.call(request);
        assert_eq!(response.status(), status, "{accept:?}");
        assert!(status == 406 || response.body() == b"text/csv", "{accept:?}");
    }
}

/// A load balancer with multi-value headers keeps the lines of the client and adds its own at the
/// end.
#[test]
fn a_client_cannot_choose_its_address() {
    for (headers, expected) in [
        (r#""multiValueHeaders":{"x-forwarded-for":["6.6.6.6","203.0.113.7"]}"#, "203.0.113.7"),
        (
            r#""multiValueHeaders":{"x-forwarded-for":["6.6.6.6, 7.7.7.7","8.8.8.8, 203.0.113.7"]}"#,
            "203.0.113.7",
        ),
        (
            r#""multiValueHeaders":{"X-Forwarded-For":["6.6.6.6","203.0.113.7:4444"]}"#,
            "203.0.113.7",
        ),
        (r#""headers":{"x-forwarded-for":"6.6.6.6,203.0.113.7"}"#, "203.0.113.7"),
        (r#""headers":{"x-forwarded-for":"6.6.6.6, 7.7.7.7:4444"}"#, "7.7.7.7"),
        (r#""headers":{"x-forwarded-for":"6.6.6.6, [2001:db8::1]:443"}"#, "2001:db8::1"),
        (r#""headers":{"x-forwarded-for":"[2001:db8::1]"}"#, "2001:db8::1"),
        (r#""headers":{"x-forwarded-for":"6.6.6.6, 2001:db8::1 "}"#, "2001:db8::1"),
        (r#""headers":{"x-forwarded-for":"::ffff:1.2.3.4"}"#, "::ffff:1.2.3.4"),
        // None of these is what a load balancer adds, and an earlier one is the client's.
        (r#""headers":{"x-forwarded-for":"6.6.6.6, "}"#, "none"),
        (r#""headers":{"x-forwarded-for":"6.6.6.6, unknown"}"#, "none"),
        (r#""headers":{"x-forwarded-for":"6.6.6.6, Jörg:1"}"#, "none"),
        (r#""headers":{"x-forwarded-for":"6.6.6.6, [::1"}"#, "none"),
        (r#""headers":{"x-forwarded-for":""}"#, "none"),
        (r#""multiValueHeaders":{"x-forwarded-for":["6.6.6.6",""]}"#, "none"),
        (r#""headers":{"forwarded":"for=6.6.6.6","x-real-ip":"6.6.6.6"}"#, "none"),
    ] {
        let query = if headers.contains("multi") {
            r#""multiValueQueryStringParameters":{"what":["ip"]}"#
        } else {
            r#""queryStringParameters":{"what":"ip"}"#
        };
        let event = format!(
            r#"{{"httpMethod":"GET","path":"/echo/a",{query},{headers},"requestContext":{{"elb":{{}}}}}}"#
        );
        assert_eq!(text(event), expected, "{headers}");
    }
}

/// As captures have it: with mutual TLS an HTTP API names a proxy of its own, and behind another
/// proxy API Gateway has a blank before the address.
#[test]
fn an_api_names_its_client_and_no_proxy_of_its_own() {
    for (source, forwarded, expected) in [
        ("203.0.113.7", "6.6.6.6", "203.0.113.7"),
        (" 203.0.113.7", "2001:db8::1, 203.0.113.7", "203.0.113.7"),
        ("2001:db8::7", "6.6.6.6", "2001:db8::7"),
        ("10.1.22.195:32554", "203.0.113.7", "203.0.113.7"),
        ("10.1.22.195:32554", "6.6.6.6, 203.0.113.7", "203.0.113.7"),
        ("[fd00::7]:32554", "6.6.6.6, 203.0.113.7", "203.0.113.7"),
        // The console's test button names none, and what the header has may be made up.
        ("test-invoke-source-ip", "6.6.6.6", "none"),
        ("", "6.6.6.6", "none"),
    ] {
        let headers = format!(r#""headers":{{"x-forwarded-for":"{forwarded}"}}"#);
        let source = format!(r#""sourceIp":"{source}""#);
        for event in [
            format!(
                r#"{{"rawPath":"/echo/a","rawQueryString":"what=ip",{headers},
                "requestContext":{{"http":{{"method":"GET",{source}}}}}}}"#
            ),
            format!(
                r#"{{"httpMethod":"GET","path":"/echo/a","queryStringParameters":{{"what":"ip"}},
                {headers},"requestContext":{{"identity":{{{source}}}}}}}"#
            ),
        ] {
            assert_eq!(text(&*event), expected, "{event}");
        }
    }
}

#[test]
fn the_scheme_is_one_of_two() {
    for (lines, expected) in [
        (&["https"][..], "https"),
        (&["http"], "http"),
        (&["HTTP"], "http"),
        (&["http", "https"], "https"),
        (&["https", "http"], "http"),
        (&["https, http"], "http"),
        (&["javascript:alert(1)"], "https"),
        (&["", "Jörg"], "https"),
        (&[], "https"),
    ] {
        let request = Request::get("/echo/a?what=scheme");
        let request = lines.iter().fold(request, |it, line| it.header("X-Forwarded-Proto", line));
        assert_eq!(API.call(request).body(), expected.as_bytes(), "{lines:?}");
    }
}

/// 6 MB of short fields would take 240 MB.
#[test]
fn a_form_of_many_fields_is_refused() {
    let form =
        |body: String| Request::post("/form").body("application/x-www-form-urlencoded", body);
    let response = API.call(form("b=1&".repeat(9_999) + "a=2"));
    assert_eq!((response.status().as_u16(), response.body()), (200, &b"2"[..]));
    for body in ["b=1&".repeat(10_000) + "a=2", "a&".repeat(3_000_000), "&".repeat(6_000_000)] {
        let response = API.call(form(body));
        assert_eq!(response.status(), 400);
        let body = String::from_utf8_lossy(response.body());
        assert!(body.contains("the form has more than 10000 fields"), "{body}");
    }
}

#[test]
fn an_empty_map_of_several_values_counts_as_absent() {
    for fields in [
        r#""queryStringParameters":{"what":"query","a":"1"},"multiValueQueryStringParameters":{}"#,
        r#""queryStringParameters":{"what":"query","a":"1"},"multiValueQueryStringParameters":null"#,
        r#""queryStringParameters":{"what":"query","a":"1"},"multiValueQueryStringParameters":{"a":[]}"#,
        r#""rawQueryString":"","queryStringParameters":{"what":"query","a":"query"}"#,
    ] {
        let event = format!(
            r#"{{"httpMethod":"GET","path":"/echo/a",{fields},"requestContext":{{"identity":{{}}}}}}"#
        );
        assert_eq!(text(event), "query", "{fields}");
    }
    let lattice = r#"{"method":"GET","path":"/echo/a?","queryStringParameters":{"what":["query"]},
        "requestContext":{"serviceArn":"x"}}"#;
    assert_eq!(text(lattice), "query");
    for context in [r#"{"elb":{}}"#, r#"{"identity":{}}"#] {
        let event = format!(
            r#"{{"httpMethod":"GET","path":"/echo/a","headers":{{"x-a":"1"}},"multiValueHeaders":{{}},
            "queryStringParameters":{{"what":"header","name":"x-a"}},"requestContext":{context}}}"#
        );
        let response = API.serve(event.into_bytes(), &Context::default()).unwrap();
        let Ok(Value::Object(response)) =
            miniserde::json::from_str(std::str::from_utf8(&response).unwrap())
        else {
            panic!("no object")
        };
        assert!(
            matches!(response.get("body"), Some(Value::String(body)) if body == "1"),
            "{context}"
        );
        // A load balancer without multi-value headers reads these only.
        assert!(matches!(response.get("headers"), Some(Value::Object(_))), "{context}");
    }
}

#[test]
fn what_is_invalid_gets_400_and_ends_nothing() {
    let many = |count: usize| {
        let names: Vec<_> = (0..count).map(|n| format!(r#""x-{n}":"1""#)).collect();
        format!(
            r#"{{"httpMethod":"GET","path":"/echo/a","headers":{{{}}},"requestContext":{{}}}}"#,
            names.join(",")
        )
    };
    assert_eq!(serve(many(24_576)).0, 200);
    for count in [24_577, 32_768, 40_000] {
        let (status, body) = serve(many(count));
        assert_eq!(status, 400, "{count}");
        assert!(body.contains("there are too many headers"), "{body}");
    }
    // Values of one name are no more names.
    let values = vec![r#""1""#; 40_000].join(",");
    let event = format!(
        r#"{{"httpMethod":"GET","path":"/echo/a","multiValueHeaders":{{"x":[{values}]}},"requestContext":{{}}}}"#
    );
    assert_eq!(serve(event).0, 200);
    for (name, value) in
        [("a b", "1"), ("", "1"), ("x", "a\nb"), ("x", "a\u{7f}"), ("x", "a\u{0}b")]
    {
        assert_eq!(API.call(Request::get("/echo/a").header(name, value)).status(), 400, "{name:?}");
    }
}

fn encoded(text: &str) -> String {
    let bytes: Vec<_> = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    bytes.concat()
}

fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

fn with_header(sent: &Sent, value: &'static str) -> Sent {
    let headers = Box::leak(Box::new([("X-Name", value)]));
    Sent { headers, query: sent.query, ..SIMPLE }
}
