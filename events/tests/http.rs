//! What is read from HTTP requests by calls, the same for each source.

use minilambda::{Error, ToJson};
use minilambda_events::{Map, OneOrMany, alb, apigateway, iam};
use miniserde::{Deserialize, json};
use std::fs;

fn data<T: Deserialize>(name: &str) -> T {
    let file = format!("{}/../data/{name}.json", env!("CARGO_MANIFEST_DIR"));
    json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn a_rest_request_is_read_by_calls() {
    let request: apigateway::rest::Request = data("apigateway-rest");
    assert_eq!(request.header("user-AGENT"), Some("curl/8.5.0"));
    assert_eq!((request.query("tag"), request.query("page")), (Some("black"), None));
    assert_eq!(request.path_parameter("id"), Some("42"));
    assert_eq!(request.body_json::<Map<json::Value>>().unwrap().len(), 2);
    assert!(request.request_context.claim("sub").is_none());

    let request: apigateway::rest::Request = data("apigateway-rest-iam");
    assert_eq!(request.body_bytes().unwrap(), b"\x89PNG\r\n\x1a\n");
    assert!(request.body_json::<Map>().is_err());

    let request: apigateway::rest::Request = data("apigateway-http-1");
    assert!(
        request.request_context.claim("sub").and_then(minilambda_events::JsonRef::as_str).is_some()
    );
    assert_eq!(request.body_bytes().unwrap(), b"");
}

#[test]
fn a_header_is_found_where_only_all_values_are_sent() {
    let text = r#"{"resource":"/","path":"/","httpMethod":"GET","requestContext":{},
        "multiValueHeaders":{"Accept":["text/html","*/*"]}}"#;
    let request: apigateway::rest::Request = json::from_str(text).unwrap();
    assert_eq!(request.header("accept"), Some("text/html"));
}

/// Beside the lists of all values, AWS sends the last one of each.
#[test]
fn of_several_values_it_is_the_first() {
    let values = r#""headers":{"X-A":"3"},"multiValueHeaders":{"x-a":["1","2","3"],"empty":[]},
        "queryStringParameters":{"a":"3","b":"4"},
        "multiValueQueryStringParameters":{"a":["1","2","3"],"b":[]}"#;
    let alb = format!(
        r#"{{"httpMethod":"GET","path":"/","requestContext":{{"elb":{{"targetGroupArn":"x"}}}},{values}}}"#
    );
    let rest = format!(
        r#"{{"resource":"/","path":"/","httpMethod":"GET","requestContext":{{}},{values}}}"#
    );
    let alb: alb::Request = json::from_str(&alb).unwrap();
    let rest: apigateway::rest::Request = json::from_str(&rest).unwrap();
    assert_eq!((alb.header("X-A"), rest.header("X-A")), (Some("1"), Some("1")));
    assert_eq!((alb.query("a"), rest.query("a")), (Some("1"), Some("1")));
    assert_eq!((alb.header("empty"), rest.query("b")), (None, Some("4")));
    // `with_header` and `with_query` replace all values.
    let alb = alb.with_header("x-A", "5").with_query("a", "6");
    let rest = rest.with_header("x-A", "5").with_query("a", "6");
    assert_eq!((alb.header("X-A"), rest.header("X-A")), (Some("5"), Some("5")));
    assert_eq!((alb.query("a"), rest.query("a")), (Some("6"), Some("6")));
}

#[test]
fn an_http_request_is_read_by_calls() {
    let request: apigateway::http::Request = data("apigateway-http");
    assert_eq!(request.header("X-Forwarded-Port"), Some("443"));
    assert_eq!(request.cookie("theme"), Some("dark"));
    assert_eq!((request.cookie("dark"), request.query("tag")), (None, Some("black,small")));
    assert_eq!(request.path_parameter("id"), Some("42"));
    assert!(request.request_context.claim("exp").is_some());

    let request: apigateway::http::Request = data("function-url");
    assert_eq!(request.body_bytes().unwrap(), b"photo=42");
    assert_eq!((request.path_parameter("id"), request.cookie("")), (None, None));
    assert!(request.request_context.claim("exp").is_none());
}

#[test]
fn a_request_to_a_load_balancer_is_read_alike_with_one_value_and_several() {
    let one: alb::Request = data("alb");
    let several: alb::Request = data("alb-multi-value");
    assert_eq!(one.header("User-Agent"), Some("curl/8.5.0"));
    assert_eq!(several.header("User-Agent"), Some("till/4.2"));
    assert_eq!((one.query("limit"), several.query("tag")), (Some("10"), Some("black")));
    assert_eq!((one.query("tag"), several.query("limit")), (None, None));
}

#[test]
fn a_message_and_the_requests_of_authorizers_are_read_by_calls() {
    let request: apigateway::websocket::Request = data("apigateway-websocket-message");
    assert_eq!(request.body_json::<Map>().unwrap()["action"], "say");
    assert_eq!((request.header("Host"), request.query("room")), (None, None));
    let request: apigateway::authorizer::HttpRequest = data("apigateway-authorizer-http");
    assert_eq!(
        (request.header("X-Tenant"), request.query("key")),
        (Some("blue"), Some("open-sesame"))
    );
}

#[test]
fn the_events_of_a_connection_are_made_without_json() {
    use apigateway::websocket::Request;
    let connect = Request::new("$connect", "c-1").with_query("room", "tea");
    let say = Request::new("say", "c-1").with_body(r#"{"action":"say"}"#);
    let disconnect = Request::new("$disconnect", "c-1");
    assert_eq!((connect.query("room"), connect.header("Host")), (Some("tea"), None));
    assert_eq!(say.body_json::<Map>().unwrap()["action"], "say");
    for (event, kind) in [(connect, "CONNECT"), (say, "MESSAGE"), (disconnect, "DISCONNECT")] {
        assert_eq!(event.request_context.event_type, kind);
        let text = json::to_string(&event);
        assert_eq!(json::from_str::<Request>(&text).unwrap(), event, "{text}");
    }
}

/// Requests that AWS did not send like this, but which others have put down.
#[test]
fn a_member_more_tells_a_request_from_another() {
    let connection = r#""connectionId":"a","eventType":"CONNECT","routeKey":"$connect""#;
    for (context, more, rest, websocket, authorizer) in [
        ("", "", true, false, false),
        (connection, "", false, true, false),
        ("", r#","type":"REQUEST","methodArn":"a""#, false, false, true),
    ] {
        let text = format!(
            r#"{{"resource":"/","path":"/","httpMethod":"GET","requestContext":{{{context}}}{more}}}"#
        );
        assert_eq!(json::from_str::<apigateway::rest::Request>(&text).is_ok(), rest, "{text}");
        let taken = json::from_str::<apigateway::websocket::Request>(&text).is_ok();
        assert_eq!(taken, websocket, "{text}");
        let taken = json::from_str::<apigateway::authorizer::Request>(&text).is_ok();
        assert_eq!(taken, authorizer, "{text}");
    }
}

#[test]
fn a_policy_of_one_statement_is_written_as_it_came() {
    for text in [
        r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":["*"]}}"#,
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotAction":[],"NotResource":""}]}"#,
        r#"{"Statement":[]}"#,
    ] {
        assert_eq!(json::to_string(&json::from_str::<iam::Policy>(text).unwrap()), text);
    }
    for text in [r#"{"Statement":{}}"#, r#"{"Statement":"*"}"#, r#"{"Statement":null}"#] {
        assert!(json::from_str::<iam::Policy>(text).is_err(), "{text}");
    }
    let many: OneOrMany = vec!["a".to_owned(), "b".to_owned()].into();
    let policy = iam::Policy::new(iam::Statement::allow("execute-api:Invoke", many));
    assert_eq!(policy.statement[0].resource.as_deref().map(<[_]>::len), Some(2));
}

/// miniserde's types can always be written; those of another library may not.
#[test]
fn a_body_that_cannot_be_written_is_status_500() {
    struct Odd;
    impl ToJson for Odd {
        fn to_json(&self, _: Vec<u8>) -> Result<Vec<u8>, Error> {
            Err(Error::new("Odd", "it cannot be written"))
        }
    }
    let response = apigateway::http::Response::json(201, &Odd);
    assert_eq!((response.status_code, response.body.as_deref()), (500, Some("")));
    let response = alb::Response::json(201, &1);
    assert_eq!((response.status_code, response.body.as_deref()), (201, Some("1")));
}
