//! Parameters, secrets and configurations: with moto, and with services that follow scripts.

#[path = "../../local/tests/support/mod.rs"]
mod local_support;
#[path = "support/moto.rs"]
mod moto;
#[path = "support/service.rs"]
mod service;

use moto::{StandIn, lambda};
use service::{Service, error, respond};
use std::collections::BTreeMap;

const PREPARE: &str = "ssm = client('ssm')
for n in range(23):
    ssm.put_parameter(Name=f'/shop/{n:02}', Value=f'value {n}', Type='SecureString')
ssm.put_parameter(Name='/shop/deep/er', Value='ü', Type='String')
ssm.put_parameter(Name='/shopping', Value='another', Type='String')
ssm.put_parameter(Name='/place', Value='{\"city\": \"Berlin\"}', Type='String')
ssm.put_parameter(Name='/bytes', Value='AP8B\\n', Type='String')
client('secretsmanager').create_secret(Name='key', SecretBinary=b'\\xff\\x00')
client('secretsmanager').create_secret(Name='plain', SecretString='hunter2')
print('prepared')";

#[test]
fn parameters_are_read_by_path_by_names_as_json_and_as_bytes() {
    let Some(moto) = StandIn::moto() else { return };
    moto.python(PREPARE);
    let lambda = lambda("aws-calls", &moto.url()).build();
    let done = lambda.invoke("parameters", "null").unwrap();
    assert_eq!(done.failure, None, "{:#?}", done.log);
    let mut got: BTreeMap<String, String> = done.json().unwrap();
    let mut take = |name: &str| got.remove(name).unwrap();
    let numbers = [11, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1];
    let all: Vec<_> = numbers.iter().map(|number| format!("value {number}")).collect();
    assert_eq!(take("all"), all.join(","));
    assert_eq!((&*take("city"), &*take("bytes")), ("Berlin", "([0, 255, 1], [255, 0])"));
    for (name, expected) in [
        ("text", "service Aws.InvalidResponse: the parameter /place is not base64"),
        ("binary", "service Aws.InvalidResponse: the secret key is binary, and has no text"),
        ("plain", "service Aws.InvalidResponse: the secret plain is a text, and not binary"),
    ] {
        assert_eq!(take(name), expected);
    }
    let wrong = take("wrong");
    assert!(wrong.contains("the parameter /place: ") && !wrong.contains("Berlin"), "{wrong}");
    // The rest is the path: all its pages, at any depth, and no neighbour.
    let mut expected: BTreeMap<_, _> =
        (0..23).map(|n| (format!("/shop/{n:02}"), format!("value {n}"))).collect();
    expected.insert("/shop/deep/er".to_owned(), "ü".to_owned());
    assert_eq!(got, expected);

    let done = lambda.invoke("missing", "null").unwrap();
    let expected = "true service ParameterNotFound: there are no parameters /neither, /nowhere";
    assert_eq!(done.json::<String>().unwrap(), expected);
}

#[test]
fn a_parameter_that_is_set_is_read_again_and_botocore_sees_it() {
    let Some(moto) = StandIn::moto() else { return };
    moto.python(PREPARE);
    let done = lambda("aws-calls", &moto.url()).build().invoke("set", "null").unwrap();
    assert_eq!(done.failure, None, "{:#?}", done.log);
    let got: Vec<String> = done.json().unwrap();
    assert_eq!(got, ["value 1", "value 1", "[2, 1, 1]", "new one", "new one"]);
    let seen = moto.python(
        "ssm = client('ssm')
for name in ['/shop/01', '/other/new', '/other/secure']:
    p = ssm.get_parameter(Name=name, WithDecryption=True)['Parameter']
    print(p['Type'], p['Value'])",
    );
    assert_eq!(seen, "SecureString new one\nString ü & ö\nSecureString hidden");
}

/// Twelve names are two requests; those that are known are in none.
#[test]
fn parameters_are_asked_for_by_tens_and_once() {
    let page = |names: &[&str]| {
        let parameters: Vec<_> = names
            .iter()
            .map(|name| format!(r#"{{"Name":"{name}","Value":"v","ARN":"arn:x:{name}"}}"#))
            .collect();
        respond("200 OK", &[], format!(r#"{{"Parameters":[{}]}}"#, parameters.join(",")))
    };
    let service = Service::start(vec![page(&["/shop/01"]), page(&["/shop/02"])]);
    let lambda = service.of("aws-calls").build();
    for (time, expected) in [(1, 1), (2, 2)] {
        let done = lambda.invoke("missing", "null").unwrap();
        assert!(done.text().contains("/neither"), "{}", done.text());
        assert_eq!(service.requests().len(), expected);
        let request = service.requests().pop().unwrap();
        assert_eq!(request.contains("/shop/01"), time == 1, "{request}");
        assert!(request.contains("/shop/02") && request.contains("WithDecryption"), "{request}");
    }
}

/// The service returns names without what selects a version.
#[test]
fn versions_labels_and_arns_are_found_in_the_response() {
    let page = r#"{"Parameters":[
        {"Name":"/a","ARN":"arn:x:parameter/a","Selector":":old","Value":"by label"},
        {"Name":"/a","ARN":"arn:x:parameter/a","Value":"now"},
        {"Name":"/a","ARN":"arn:x:parameter/a","Selector":":3","Value":"third"},
        {"Name":"/b","ARN":"arn:y:parameter/b","Value":"shared"}]}"#;
    let service = Service::start(vec![respond("200 OK", &[], page)]);
    let names = r#"["/a","/a:3","arn:y:parameter/b","arn:x:parameter/a:old"]"#;
    let done = service.of("aws-calls").build().invoke("selected", names).unwrap();
    assert_eq!(done.text(), r#""now,third,shared,by label""#, "{:#?}", done.log);
}

#[test]
fn the_pages_of_a_path_that_lead_in_a_circle_have_an_end() {
    let page = respond("200 OK", &[], r#"{"Parameters":[],"NextToken":"again"}"#);
    let service = Service::start(vec![page]);
    let done = service.of("aws-calls").build().invoke("parameters", "null").unwrap();
    let failure = done.failure.clone().unwrap();
    assert_eq!(failure.kind, "Aws.InvalidResponse", "{:#?}", done.log);
    assert!(failure.message.contains("have no end"), "{}", failure.message);
    assert!(service.requests().len() < 5);
}

const POLL: &str = "Next-Poll-Configuration-Token";
const INTERVAL: &str = "Next-Poll-Interval-In-Seconds";

fn session() -> Vec<minilambda_local::script::Step> {
    respond("201 Created", &[], r#"{"InitialConfigurationToken":"first/="}"#)
}

fn lines(service: &Service) -> Vec<String> {
    let requests = service.requests().into_iter();
    requests.map(|text| text.lines().next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn a_configuration_is_kept_until_the_service_permits_another_request() {
    let service = Service::start(vec![
        session(),
        respond("200 OK", &[(POLL, "second"), (INTERVAL, "1")], "one"),
        // Nothing has changed.
        respond("200 OK", &[(POLL, "third"), (INTERVAL, "1")], ""),
        respond("200 OK", &[(POLL, "fourth"), (INTERVAL, "60")], "two"),
        error("500 Late", "Never"),
    ]);
    let lambda = service.of("aws-calls").build();
    let event = r#"{"count":12,"pause_ms":300,"threads":8}"#;
    let texts: Vec<String> = lambda.invoke("configuration", event).unwrap().json().unwrap();
    assert_eq!(texts[..8], ["one"; 8], "threads share a request");
    assert_eq!((&*texts[8], texts.last().map(|it| &**it)), ("one", Some("two")), "{texts:?}");
    assert_eq!(
        lines(&service),
        [
            "POST /configurationsessions",
            "GET /configuration?configuration_token=first%2F%3D",
            "GET /configuration?configuration_token=second",
            "GET /configuration?configuration_token=third",
        ]
    );
    let start = service.requests().swap_remove(0);
    assert!(
        start.contains(
            r#"{"ApplicationIdentifier":"shop","EnvironmentIdentifier":"a/b","ConfigurationProfileIdentifier":"features"}"#
        ),
        "{start}"
    );
}

#[test]
fn a_configuration_stays_if_it_cannot_be_read_again_and_a_session_that_is_over_is_begun_again() {
    let service = Service::start(vec![
        session(),
        respond("200 OK", &[(POLL, "second"), (INTERVAL, "1")], "one"),
        error("403 Forbidden", "AccessDeniedException"),
        // Without a token there is another session.
        session(),
        respond("200 OK", &[(POLL, "third"), (INTERVAL, "1")], "two"),
        error("400 Bad Request", "BadRequestException"),
        session(),
        respond("200 OK", &[(POLL, "fourth"), (INTERVAL, "60")], "three"),
    ]);
    let lambda = service.of("aws-calls").build();
    let event = r#"{"count":14,"pause_ms":300,"threads":0}"#;
    let done = lambda.invoke("configuration", event).unwrap();
    let mut texts: Vec<String> = done.json().unwrap();
    texts.dedup();
    assert_eq!(texts, ["one", "two", "three"]);
    assert!(done.has_logged("the configuration features stays as it was"), "{:#?}", done.log);
    assert_eq!(service.requests().len(), 8, "{:?}", lines(&service));
}

#[test]
fn a_configuration_that_was_never_read_is_an_error_of_each_that_needs_it() {
    let service = Service::start(vec![error("404 Not Found", "ResourceNotFoundException")]);
    let lambda = service.of("aws-calls").build();
    let event = r#"{"count":1,"pause_ms":0,"threads":3}"#;
    let texts: Vec<String> = lambda.invoke("configuration", event).unwrap().json().unwrap();
    assert_eq!(texts, ["service ResourceNotFoundException: the reason"; 4]);
}

#[test]
fn the_agent_of_appconfig_is_asked_on_this_machine() {
    let service = Service::start(vec![
        respond("200 OK", &[], r#"{"discount":{"enabled":true}}"#),
        respond("404 Not Found", &[], "no such profile"),
    ]);
    let port = service.address.port().to_string();
    let lambda = service.of("aws-calls").env("AWS_APPCONFIG_EXTENSION_HTTP_PORT", port).build();
    let ask = |names: &str| lambda.invoke("agent", names).unwrap().json::<String>().unwrap();
    assert_eq!(ask(r#"["shop","a/b","fe atures"]"#), r#"{"discount":{"enabled":true}}"#);
    let refused = ask(r#"["shop","prod","x"]"#);
    let expected = "service Aws.Extension: the agent of AppConfig, x: status 404: no such profile";
    assert_eq!(refused, expected);
    let invalid = ask(r#"["shop","..","x"]"#);
    assert!(invalid.contains("Aws.InvalidRequest: a name in environments is empty"), "{invalid}");
    let requests = service.requests();
    assert_eq!(requests.len(), 2);
    let line = "GET /applications/shop/environments/a%2Fb/configurations/fe%20atures\n";
    assert!(requests[0].starts_with(line), "{}", requests[0]);
    assert!(!requests[0].contains("a-token"), "the agent needs no credentials");
}
