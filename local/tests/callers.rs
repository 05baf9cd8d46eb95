//! HTTP requests in the shape of each front end: with a caller, which is claims, IAM or a Lambda
//! authorizer, with a trace, within limits, and of functions that stream.

use minilambda_local::{Authorizer, ErrorKind, FrontEnd, HttpRequest, HttpResponse, Lambda};
use std::collections::BTreeMap;
use std::time::Duration;

use FrontEnd::{
    FunctionUrl, HttpApi, HttpApiV1, LatticeV1, LatticeV2, LoadBalancer, LoadBalancerMultiValue,
    RestApi,
};

const CLAIMS: &str = r#"{"sub":"user-17","exp":1773353665,"admin":true,"scope":"pets/read pets/write","groups":["a","b"]}"#;

/// {"sub":"user-17","scope":"pets/read"}
const TOKEN: &str = "Bearer e30.eyJzdWIiOiJ1c2VyLTE3Iiwic2NvcGUiOiJwZXRzL3JlYWQifQ.bm9uZQ";

fn lambda() -> Lambda {
    Lambda::example("guarded")
}

#[track_caller]
fn assert_has(response: &HttpResponse, parts: &[&str]) {
    assert_eq!(response.status, 200, "{}", response.text());
    let text = response.text();
    for part in parts {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}

fn reason(response: &HttpResponse) -> &str {
    response.header("x-local-reason").unwrap_or_default()
}

// ---- claims

#[test]
fn a_route_for_users_is_reached_with_claims() {
    let lambda = lambda();
    assert_eq!(lambda.http("api").get("/me").unwrap().status, 401);
    let client = lambda.http("api").claims(CLAIMS);
    // A function URL has no claims, so this is an HTTP API.
    assert_eq!(client.get("/me").unwrap().text(), "user-17");
    for front_end in [HttpApi, HttpApiV1, RestApi] {
        let response = client.clone().front_end(front_end).get("/me").unwrap();
        assert_eq!((response.status, &*response.text()), (200, "user-17"), "{front_end:?}");
    }
}

#[test]
fn claims_are_texts_in_the_form_of_each_api() {
    let lambda = lambda();
    let client = lambda.http("api").claims(CLAIMS);
    for front_end in [HttpApi, HttpApiV1] {
        let response = client.clone().front_end(front_end).get("/all").unwrap();
        let expected = [
            r#""exp":"1773353665""#,
            r#""admin":"true""#,
            r#""groups":"[a b]""#,
            r#""scopes":["pets/read","pets/write"]"#,
        ];
        assert_has(&response, &expected);
    }
    let response = client.clone().front_end(RestApi).get("/all").unwrap();
    assert_has(&response, &[r#""exp":"1773353665""#, r#""admin":"true""#, r#""groups":"a,b""#]);
    assert!(!response.text().contains("scopes"));
    // Without a scope there is the field, as on AWS. The function returns its event.
    let lambda = Lambda::example("functions");
    let response = lambda.http("echo").claims(r#"{"sub":"a"}"#).get("/all").unwrap();
    assert_has(&response, &[r#""scopes":null"#]);
}

#[test]
fn a_load_balancer_gives_claims_in_its_headers() {
    let lambda = lambda();
    for front_end in [LoadBalancer, LoadBalancerMultiValue] {
        let client = lambda.http("api").front_end(front_end).claims(r#"{"sub":"user-17"}"#);
        // What the client sends under these names is replaced.
        let client = client.header("X-Amzn-Oidc-Identity", "somebody");
        let response = client.get("/data").unwrap();
        assert_has(&response, &["user-17 ey", ".eyJzdWIiOiJ1c2VyLTE3In0=."]);
    }
}

#[test]
fn claims_that_are_no_object_and_front_ends_without_them_are_errors() {
    let lambda = lambda();
    let kind = |client: minilambda_local::HttpClient| client.get("/me").unwrap_err().kind();
    for claims in ["", "user-17", "[]", "{\"sub\":"] {
        assert_eq!(kind(lambda.http("api").claims(claims)), ErrorKind::InvalidSettings, "{claims}");
    }
    assert_eq!(kind(lambda.http("api").iam("{\"arn\":\"a\"}")), ErrorKind::InvalidSettings);
    for front_end in [FunctionUrl, LatticeV1, LatticeV2] {
        let client = lambda.http("api").claims(CLAIMS).front_end(front_end);
        assert_eq!(kind(client), ErrorKind::InvalidSettings, "{front_end:?}");
        let client = lambda.http("api").front_end(front_end).authorizer("gate");
        assert_eq!(kind(client), ErrorKind::InvalidSettings, "{front_end:?}");
    }
    let sources = Authorizer::new("gate").identity_sources(["$context.path"]);
    let client = lambda.http("api").authorizer(sources);
    assert_eq!(kind(client), ErrorKind::InvalidSettings);
}

#[test]
fn the_claims_of_the_requests_own_token_are_not_verified_and_the_log_says_so() {
    let lambda = lambda();
    for front_end in [HttpApi, HttpApiV1, RestApi] {
        let client = lambda.http("api").front_end(front_end).token_claims();
        let response = client.clone().header("Authorization", TOKEN).get("/me").unwrap();
        assert_eq!((response.status, &*response.text()), (200, "user-17"), "{front_end:?}");
        assert!(response.invocation.has_logged("NOTHING of it is verified"));
        let again = client.clone().header("Authorization", TOKEN).get("/me").unwrap();
        assert!(!again.invocation.has_logged("verified"), "it is said once");
        for token in ["", "Bearer", "Bearer a.b.c", "Basic dTpw"] {
            let response = client.clone().header("Authorization", token).get("/me").unwrap();
            assert_eq!(response.status, 401, "{token}");
            assert_eq!(response.text(), r#"{"message":"Unauthorized"}"#);
        }
        let response = client.get("/me").unwrap();
        assert_eq!(response.status, 401);
        assert!(reason(&response).contains("no header authorization"), "{}", reason(&response));
        let challenge = response.header("www-authenticate");
        assert_eq!(challenge.is_some(), front_end != RestApi);
    }
    // A preflight has no token.
    let preflight = HttpRequest::new("OPTIONS", "/me")
        .header("Origin", "https://shop.example")
        .header("Access-Control-Request-Method", "GET");
    assert_ne!(lambda.http("api").token_claims().send(preflight).unwrap().status, 401);
}

// ---- IAM

#[test]
fn a_user_of_iam_is_where_each_front_end_has_it() {
    let lambda = lambda();
    let given = r#"{"userArn":"arn:aws:iam::210987654321:user/till","userId":"AIDATILL"}"#;
    let client = lambda.http("api").iam(given);
    for front_end in [FunctionUrl, HttpApi] {
        let response = client.clone().front_end(front_end).get("/all").unwrap();
        let expected = [
            r#""userArn":"arn:aws:iam::210987654321:user/till""#,
            r#""accountId":"210987654321""#,
            r#""userId":"AIDATILL""#,
            r#""callerId":"AIDATILL""#,
        ];
        assert_has(&response, &expected);
    }
    for front_end in [HttpApiV1, RestApi] {
        let response = client.clone().front_end(front_end).get("/identity").unwrap();
        let expected = [
            r#""userArn":"arn:aws:iam::210987654321:user/till""#,
            r#""user":"AIDATILL""#,
            r#""caller":"AIDATILL""#,
            r#""sourceIp":"127.0.0.1""#,
        ];
        assert_has(&response, &expected);
    }
    let response = client.front_end(LatticeV2).get("/identity").unwrap();
    let arn = r#""principal":"arn:aws:iam::210987654321:user/till""#;
    assert_has(&response, &[arn, r#""type":"AWS_IAM""#]);
}

#[test]
fn an_identity_pool_of_cognito_is_a_part_of_iam() {
    let lambda = lambda();
    let pool = r#"{"cognitoIdentity":{"amr":["authenticated","login.example"],"identityId":"eu-central-1:1","identityPoolId":"eu-central-1:2"}}"#;
    let client = lambda.http("api").iam(pool);
    let response = client.clone().front_end(HttpApi).get("/all").unwrap();
    assert_has(&response, &[r#""identityId":"eu-central-1:1""#, r#""amr":["authenticated""#]);
    let response = client.front_end(RestApi).get("/identity").unwrap();
    let expected = [
        r#""cognitoIdentityId":"eu-central-1:1""#,
        r#""cognitoIdentityPoolId":"eu-central-1:2""#,
        r#""cognitoAuthenticationType":"authenticated""#,
        r#""cognitoAuthenticationProvider":"login.example""#,
    ];
    assert_has(&response, &expected);
}

// ---- Lambda authorizers

#[test]
fn another_handler_decides_and_its_context_goes_to_the_function() {
    let lambda = lambda();
    let send = |front_end, token| {
        let client = lambda.http("api").front_end(front_end).authorizer("gate");
        client.header("Authorization", token).get("/all").unwrap()
    };
    let context = r#""tenant":"blue""#;
    for token in ["simple", "policy"] {
        let response = send(HttpApi, token);
        assert_has(
            &response,
            &[context, r#""limit":10"#, r#""admin":false"#, r#""type":"REQUEST""#],
        );
        assert_has(&response, &["/$default/GET/all", r#""body":false"#]);
        assert!(!response.text().contains("principalId"));
    }
    let response = send(HttpApiV1, "policy");
    assert_has(&response, &[context, r#""principalId":"user-17""#, r#""limit":10"#]);
    let response = send(RestApi, "Bearer policy");
    let texts = [r#""principalId":"user-17""#, r#""limit":"10""#, r#""admin":"false""#];
    assert_has(&response, &texts);
    assert_has(&response, &[context, r#""type":"TOKEN""#, "/local/GET/all"]);
    let client = lambda.http("api").front_end(RestApi);
    let client = client.authorizer(Authorizer::new("gate").of_request());
    let response = client.header("Authorization", "policy").get("/all").unwrap();
    assert_has(&response, &[context, r#""type":"REQUEST""#]);
}

#[test]
fn a_refusal_is_that_of_api_gateway() {
    let lambda = lambda();
    let send = |front_end, method, token: Option<&str>| {
        let client = lambda.http("api").front_end(front_end).authorizer("gate");
        let mut request = HttpRequest::new(method, "/all");
        if let Some(token) = token {
            request = request.header("Authorization", token);
        }
        client.send(request).unwrap()
    };
    let explicit =
        r#"{"Message":"User is not authorized to access this resource with an explicit deny"}"#;
    let implicit = r#"{"Message":"User is not authorized to access this resource"}"#;
    let unauthorized = r#"{"message":"Unauthorized"}"#;
    let forbidden = r#"{"message":"Forbidden"}"#;
    for (front_end, method, token, status, body) in [
        (RestApi, "GET", None, 401, unauthorized),
        (RestApi, "GET", Some(""), 401, unauthorized),
        (RestApi, "GET", Some("unauthorized"), 401, unauthorized),
        (RestApi, "DELETE", Some("policy"), 403, explicit),
        (RestApi, "POST", Some("policy"), 403, implicit),
        (RestApi, "GET", Some("odd"), 500, r#"{"message":null}"#),
        (RestApi, "GET", Some("simple"), 500, r#"{"message":null}"#),
        (RestApi, "GET", Some("other"), 500, r#"{"message":null}"#),
        (HttpApi, "GET", None, 401, unauthorized),
        (HttpApi, "GET", Some("unauthorized"), 401, unauthorized),
        (HttpApi, "GET", Some("no"), 403, forbidden),
        (HttpApi, "DELETE", Some("policy"), 403, forbidden),
        (HttpApi, "POST", Some("policy"), 403, forbidden),
        (HttpApi, "GET", Some("odd"), 500, r#"{"message":"Internal Server Error"}"#),
        (HttpApi, "GET", Some("other"), 500, r#"{"message":"Internal Server Error"}"#),
        (HttpApiV1, "GET", Some("simple"), 500, r#"{"message":"Internal Server Error"}"#),
        (HttpApiV1, "POST", Some("policy"), 403, forbidden),
    ] {
        let response = send(front_end, method, token);
        let case = format!("{front_end:?} {method} {token:?}: {}", response.text());
        assert_eq!((response.status, &*response.text()), (status, body), "{case}");
        assert!(!reason(&response).is_empty(), "{case}");
    }
    let response = send(HttpApi, "GET", Some("other"));
    assert!(response.invocation.failure.is_some(), "the authorizer's invocation is there");
}

#[test]
fn a_decision_is_kept_for_the_same_identity_sources() {
    let lambda = lambda();
    let count = |response: &HttpResponse| {
        let text = response.text();
        let rest = text.split("\"count\":").nth(1).unwrap_or_default().to_owned();
        rest.trim_matches('"').split([',', '}', '"']).next().unwrap_or_default().to_owned()
    };
    let client = lambda.http("api").authorizer("gate");
    let simple = client.clone().header("Authorization", "simple");
    assert_eq!(count(&simple.get("/a").unwrap()), "1");
    assert_eq!(count(&simple.get("/b").unwrap()), "1");
    let policy = client.clone().header("Authorization", "policy");
    assert_eq!(count(&policy.get("/a").unwrap()), "2");
    // The policy is kept, and decides about each method.
    assert_eq!(policy.delete("/a").unwrap().status, 403);
    assert_eq!(count(&policy.get("/a").unwrap()), "2");
    // What fails is not kept.
    let broken = client.header("Authorization", "other");
    assert!(broken.get("/a").unwrap().invocation.failure.is_some());
    assert!(broken.get("/a").unwrap().invocation.failure.is_some());

    // Two sources, of which one differs; then none are kept, and then nothing identifies.
    let two =
        Authorizer::new("gate").identity_sources(["authorization", "$request.querystring.key"]);
    let client = lambda.http("api").authorizer(two).header("Authorization", "simple");
    assert_eq!(client.get("/a").unwrap().status, 401);
    assert_eq!(count(&client.get("/a?key=1").unwrap()), "5");
    assert_eq!(count(&client.get("/a?key=2").unwrap()), "6");
    assert_eq!(count(&client.get("/b?key=1").unwrap()), "5");
    for authorizer in [
        Authorizer::new("gate").ttl(Duration::ZERO),
        Authorizer::new("gate").identity_sources([""; 0]),
    ] {
        let client = lambda.http("api").authorizer(authorizer).header("Authorization", "simple");
        assert_ne!(count(&client.get("/a").unwrap()), count(&client.get("/a").unwrap()));
    }
    // It is not longer than this.
    let short = Authorizer::new("gate").ttl(Duration::from_millis(1));
    let client = lambda.http("api").authorizer(short).header("Authorization", "simple");
    let first = count(&client.get("/a").unwrap());
    std::thread::sleep(Duration::from_millis(5));
    assert_ne!(first, count(&client.get("/a").unwrap()));
}

#[test]
fn an_authorizer_that_the_program_does_not_have_is_an_error() {
    let lambda = lambda();
    let client = lambda.http("api").authorizer("nobody").header("Authorization", "simple");
    assert_eq!(client.get("/a").unwrap_err().kind(), ErrorKind::NoSuchHandler);
}

// ---- what each front end adds and takes

#[test]
fn each_event_has_a_trace_and_that_of_http_is_the_requests() {
    let lambda = Lambda::example("functions");
    let variables = lambda.invoke("environment", "null").unwrap();
    let variables: BTreeMap<String, String> = variables.json().unwrap();
    assert!(variables["_X_AMZN_TRACE_ID"].starts_with("Root=1-"), "{variables:?}");
    for front_end in FrontEnd::ALL {
        let client = lambda.http("web").front_end(front_end);
        let traces = |sent: &str| {
            let request = HttpRequest::new("GET", "/trace").header("X-Amzn-Trace-Id", sent);
            let request = if sent.is_empty() { HttpRequest::new("GET", "/trace") } else { request };
            let text = client.send(request).unwrap().text();
            let (of_request, of_context) = text.split_once('|').expect(&text);
            (of_request.to_owned(), of_context.to_owned())
        };
        let (of_request, of_context) = traces("");
        assert!(of_context.starts_with(&format!("{of_request};Parent=")), "{front_end:?}");
        assert!(of_context.ends_with(";Sampled=0"), "{of_context}");
        let sent = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1";
        assert_eq!(traces(sent), (sent.to_owned(), sent.to_owned()));
    }
}

#[test]
fn a_load_balancer_takes_a_megabyte_and_the_last_of_several_headers() {
    let lambda = Lambda::example("functions");
    let balancers = [LoadBalancer, LoadBalancerMultiValue];
    for front_end in balancers {
        let client = lambda.http("as-told").front_end(front_end);
        let post = |length: usize| {
            let told = format!(r#"{{"statusCode":200,"body":"{}"}}"#, "x".repeat(length));
            client
                .send(HttpRequest::new("POST", "/").header("Content-Type", "text/plain").body(told))
        };
        assert_eq!(post(1_000_000).unwrap().status, 200, "{front_end:?}");
        let error = post(1_048_576).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::EventTooLarge, "{error}");
    }
    let request = HttpRequest::new("GET", "/?a=1&a=2").header("A", "1").header("a", "2");
    let event = String::from_utf8(request.event(LoadBalancer)).unwrap();
    assert!(event.contains(r#""a":"2""#) && !event.contains("\"a\":\"1\""), "{event}");
}

/// It takes the bytes of a stream for the response of a function, which `http_stream!` writes then.
#[test]
fn a_front_end_that_cannot_stream_gets_the_response_of_a_function() {
    let lambda = Lambda::example("functions");
    for front_end in FrontEnd::ALL {
        let get = |handler, path| lambda.http(handler).front_end(front_end).get(path).unwrap();
        let response = get("streamed-web", "/slow");
        assert_eq!((response.status, &*response.text()), (200, "first second"), "{front_end:?}");
        let response = get("stream", "/");
        let reason = response.header("x-local-reason");
        match front_end {
            FunctionUrl => assert_eq!((response.status, reason), (200, None)),
            // It needs a head.
            RestApi => {
                assert_eq!(response.status, 500);
                assert_eq!(reason, Some("the response ends within its head"));
            }
            _ => {
                let expected = Some("the response is not an object with a statusCode");
                assert_eq!(reason, expected, "{front_end:?}");
            }
        }
    }
}
