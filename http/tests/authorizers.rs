//! What authorizers and IAM have found out about the caller, in each form in which it comes.

use minilambda::Context;
use minilambda_http::{Api, Failure, Request, Response, get};
use miniserde::{Deserialize, json};

static API: Api = Api::new(&[get("/echo/a", show)]);

/// Responds with the fact that the query names.
fn show(request: &Request) -> Result<Response, Failure> {
    let name: String = request.query("name")?.unwrap_or_default();
    Ok(Response::text(200, request.authorizer(&name).unwrap_or("none")))
}

#[derive(Deserialize)]
struct Received {
    #[serde(rename = "statusCode")]
    status: u16,
    body: String,
}

fn body(response: &[u8]) -> String {
    let received: Received = json::from_str(std::str::from_utf8(response).unwrap()).unwrap();
    assert_eq!(received.status, 200, "{}", received.body);
    received.body
}

fn text(event: impl Into<Vec<u8>>) -> String {
    body(&API.serve(event.into(), &Context::default()).unwrap())
}

#[test]
fn a_text_of_an_authorizer_under_a_known_name_is_kept() {
    let event = |context: &str, name: &str| {
        format!(
            r#"{{"httpMethod":"GET","path":"/echo/a","requestContext":{{"authorizer":{context}}},
            "queryStringParameters":{{"name":"{name}"}}}}"#
        )
    };
    for name in ["claims", "lambda", "iam", "jwt"] {
        let context = format!(r#"{{"{name}":"text","sub":"ada"}}"#);
        assert_eq!(text(event(&context, name)), "text");
        assert_eq!(text(event(&context, "sub")), "ada");
        // Of another authorizer's fields, too.
        let context = format!(r#"{{"lambda":{{"{name}":"text","sub":"ada"}}}}"#);
        assert_eq!(text(event(&context, name)), "text", "{context}");
        assert_eq!(text(event(&context, "sub")), "ada", "{context}");
    }
    for context in [
        r#"{"jwt":{"claims":"text","scopes":["a"]}}"#,
        r#"{"jwt":"a","claims":"text"}"#,
        r#"{"lambda":7,"claims":"text"}"#,
        r#"{"lambda":{"claims":"text"}}"#,
    ] {
        assert_eq!(text(event(context, "claims")), "text", "{context}");
    }
    assert_eq!(text(event(r#"{"lambda":{"iam":{"sub":"x"}},"sub":"ada"}"#, "sub")), "ada");
    assert_eq!(text(event(r#""text""#, "sub")), "none");
    assert_eq!(text(event(r#"{"jwt":{"claims":{"scopes":"x"},"scopes":"y"}}"#, "scopes")), "y");
}

/// A REST API and VPC Lattice have them elsewhere, and next to what the client says of itself.
#[test]
fn what_iam_has_checked_has_one_form() {
    let rest = |identity: &str, name: &str| {
        text(format!(
            r#"{{"httpMethod":"GET","path":"/echo/a","requestContext":{{"authorizer":null,
            "identity":{{"accountId":"1","caller":"C","user":"U","sourceIp":"203.0.113.7","apiKey":"k",
            "userAgent":"arn:aws:iam::1:user/liar",{identity}}}}},
            "queryStringParameters":{{"name":"{name}"}}}}"#
        ))
    };
    let lattice = |kind: &str, name: &str| {
        text(format!(
            r#"{{"method":"GET","path":"/echo/a?name={name}","requestContext":{{
            "serviceArn":"x","identity":{{"sourceVpcArn":"vpc","principal":"arn:a","principalOrgID":"o",
            "type":{kind},"sessionName":"s","x509SubjectCn":"till"}}}}}}"#
        ))
    };
    for (name, expected) in
        [("userArn", "arn:a"), ("accountId", "1"), ("callerId", "C"), ("userId", "U")]
    {
        assert_eq!(rest(r#""userArn":"arn:a""#, name), expected, "{name}");
        assert_eq!(rest(r#""userArn":null"#, name), "none", "{name}");
    }
    for (name, expected) in [
        ("userArn", "arn:a"),
        ("principalOrgId", "o"),
        ("sessionName", "s"),
        ("x509SubjectCn", "till"),
    ] {
        assert_eq!(lattice(r#""AWS_IAM""#, name), expected, "{name}");
        assert_eq!(lattice("null", name), "none", "{name}");
    }
    for name in ["userAgent", "apiKey", "sourceIp", "caller", "user"] {
        assert_eq!(rest(r#""userArn":"arn:a""#, name), "none", "{name}");
    }
}

/// An HTTP API passes on what a Lambda authorizer has returned as it is, a REST API as texts.
#[test]
fn a_number_and_a_boolean_of_an_authorizer_are_text() {
    let event = |name: &str| {
        format!(
            r#"{{"rawPath":"/echo/a","rawQueryString":"name={name}",
            "requestContext":{{"http":{{"method":"GET"}},"authorizer":{{"lambda":{{"isBanned":true,
            "isAdmin":false,"tenant":18446744073709551615,"debt":-7,"rate":0.5,"roles":["a"],
            "limits":{{}},"none":null,"sub":"ada"}}}}}}}}"#
        )
    };
    for (name, expected) in [
        ("isBanned", "true"),
        ("isAdmin", "false"),
        ("tenant", "18446744073709551615"),
        ("debt", "-7"),
        ("rate", "0.5"),
        ("sub", "ada"),
        ("roles", "none"),
        ("limits", "none"),
        ("none", "none"),
    ] {
        assert_eq!(text(event(name)), expected, "{name}");
    }
}

#[test]
fn a_null_of_an_authorizer_says_nothing() {
    static FACTS: Api = Api::new(&[get("/", |request| {
        Ok(Response::text(200, request.authorizer_fields().to_string()))
    })]);
    let serve = |event: String| body(&FACTS.serve(event.into(), &Context::default()).unwrap());
    for (context, facts) in [
        // An HTTP API with payload format 1.0 and no authorizer.
        (r#"{"claims":null,"scopes":null}"#, "null"),
        (r#"{"lambda":null}"#, "null"),
        (r#"{"jwt":null,"iam":null}"#, "null"),
        (r#"{"jwt":{"claims":{"scopes":"x"},"scopes":null}}"#, r#"{"scopes":"x"}"#),
        (r#"{"jwt":{"claims":{"a":"x"},"scopes":["y"]}}"#, r#"{"a":"x","scopes":["y"]}"#),
        (r#"{"iam":{"userArn":"x","cognitoIdentity":null}}"#, r#"{"userArn":"x"}"#),
    ] {
        let event = format!(
            r#"{{"httpMethod":"GET","path":"/","requestContext":{{"authorizer":{context},
            "identity":{{"userArn":null,"type":null}}}}}}"#
        );
        assert_eq!(serve(event), facts, "{context}");
    }
}

#[test]
fn no_claim_hides_the_others() {
    let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
    let large = format!("[{}0]", r#"{"":0},"#.repeat(500_000));
    for odd in [&deep, &large, "1e300", "{}", "null"] {
        let event = format!(
            r#"{{"httpMethod":"GET","path":"/echo/a","requestContext":{{"authorizer":{{"claims":{{
            "odd":{odd},"sub":"ada"}}}}}},"queryStringParameters":{{"name":"sub"}}}}"#
        );
        assert_eq!(text(event), "ada");
    }
}
