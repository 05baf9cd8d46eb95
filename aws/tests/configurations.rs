//! Configurations of AppConfig: with services that follow scripts, as moto has none.

#[path = "support/service.rs"]
mod service;

use service::{Service, error, fine, respond};
use std::time::Duration;

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

/// The next request comes after a second at the earliest, and after a day at the latest.
#[test]
fn an_interval_that_is_none_is_no_request_for_each_read() {
    let first =
        |interval: &str| respond("200 OK", &[(POLL, "second"), (INTERVAL, interval)], "one");
    for interval in ["0", "-1", "", "18446744073709551615", "99999999999999999999"] {
        let service = Service::start(vec![session(), first(interval)]);
        let lambda = service.of("aws-calls").build();
        let event = r#"{"count":5,"pause_ms":1,"threads":0}"#;
        let texts: Vec<String> = lambda.invoke("configuration", event).unwrap().json().unwrap();
        assert_eq!((texts.len(), service.requests().len()), (5, 2), "{interval}");
    }
}

/// All that need it get the error of one request, which is not sent again for each question.
#[test]
fn a_configuration_that_was_never_read_is_an_error_of_each_that_needs_it() {
    let service = Service::start(vec![error("404 Not Found", "ResourceNotFoundException")]);
    let lambda = service.of("aws-calls").build();
    let event = r#"{"count":20,"pause_ms":0,"threads":3}"#;
    for _ in 0..2 {
        let texts: Vec<String> = lambda.invoke("configuration", event).unwrap().json().unwrap();
        assert_eq!(texts, ["service ResourceNotFoundException: the reason"; 23]);
        assert_eq!(service.requests().len(), 1, "{:?}", lines(&service));
    }
}

/// The error of an invocation that had no time to ask is not that of the next one.
#[test]
fn an_invocation_without_time_keeps_no_error_for_the_next_one() {
    let service = Service::start(vec![
        session(),
        respond("200 OK", &[(POLL, "second"), (INTERVAL, "60")], "one"),
    ]);
    let lambda = service.of("aws-calls").timeout(Duration::from_secs(2)).build();
    let late = r#"{"count":1,"pause_ms":0,"threads":0,"delay_ms":1850}"#;
    let texts: Vec<String> = lambda.invoke("configuration", late).unwrap().json().unwrap();
    assert!(texts[0].starts_with("service Aws.NotSent: "), "{texts:?}");
    let event = r#"{"count":1,"pause_ms":0,"threads":0}"#;
    let texts: Vec<String> = lambda.invoke("configuration", event).unwrap().json().unwrap();
    assert_eq!(texts, ["one"]);
}

#[test]
fn flags_follow_the_configuration_and_stay_if_a_new_one_is_invalid() {
    let document = |value: &str| {
        format!(
            r#"{{"shop":{{"flags":{{"discount":{{"default":false,"rules":{{"r":{{"when_match":true,
            "conditions":[{{"action":"EQUALS","key":"tier","value":{value}}}]}}}}}}}}}}}}"#
        )
    };
    let next = |token: &str, document: &str| {
        respond("200 OK", &[(POLL, token), (INTERVAL, "1")], document)
    };
    let service = Service::start(vec![
        session(),
        next("second", &document("\"premium\"")),
        next("third", r#"{"shop":{"flags":{"discount":{"default":"hunter2"}}}}"#),
        next("fourth", &document("\"basic\"")),
    ]);
    let lambda = service.of("aws-calls").build();
    let event = r#"{"count":12,"pause_ms":300,"threads":0}"#;
    let done = lambda.invoke("flags", event).unwrap();
    let mut flags: Vec<bool> = done.json().unwrap();
    flags.dedup();
    assert_eq!(flags, [true, false], "{:#?}", done.log);
    let reason = "the flags stay as they were: the document of flags: \"discount\": \
        default is not true or false";
    assert!(done.has_logged(reason), "{:#?}", done.log);
    assert!(!done.has_logged("hunter2"), "{:#?}", done.log);
    // Flags that were never read are what the program says.
    let service = Service::start(vec![error("404 Not Found", "ResourceNotFoundException")]);
    let lambda = service.of("aws-calls").build();
    let done = lambda.invoke("flags", r#"{"count":9,"pause_ms":0,"threads":0}"#).unwrap();
    assert_eq!(done.json::<Vec<bool>>().unwrap(), [true; 9]);
    let warnings = done.log.iter().filter(|line| line.contains("the flag \"discount\" is true"));
    assert_eq!(warnings.count(), 1, "{:#?}", done.log);
    assert_eq!(service.requests().len(), 1, "one request for all questions");
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

/// `examples/production.rs` has everything around a handler.
#[test]
fn the_example_of_production_serves_orders_with_and_without_what_is_around_it() {
    let gifts = r#"{"gifts":{"default":false,"rules":{"more than two":{"when_match":true,
        "conditions":[{"action":"KEY_GREATER_THAN_VALUE","key":"pieces","value":2}]}}}}"#;
    let flags = respond("200 OK", &[(POLL, "second"), (INTERVAL, "600")], gifts);
    let service = Service::start(vec![session(), flags]);
    let collector = Service::start(vec![fine(), fine()]);
    let endpoint = format!("http://{}", collector.address);
    let lambda =
        service.of("production").env("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint).freeze(false).build();
    let order = |event: &str| lambda.invoke("shop.order", event).unwrap();
    let done = order(r#"{"type":"books","id":"A-1","pieces":3}"#);
    assert_eq!(done.text(), r#"{"order":"A-1","pieces":3,"gift":"bookmark"}"#);
    for text in [r#""Pieces":3"#, r#""ColdStart":1"#, r#""Handler":"#] {
        assert!(done.has_logged(text), "{text}: {:#?}", done.log);
    }
    assert!(!done.has_logged("being packed"), "{:#?}", done.log);
    let done = order(r#"{"type":"books","id":"A-2","pieces":0}"#);
    assert_eq!(done.error_type(), Some("EmptyOrder"));
    for text in ["being packed", "A-2", "orders", r#""Failures":1"#] {
        assert!(done.has_logged(text), "{text}: {:#?}", done.log);
    }
    let spans = collector.requests();
    assert!(spans.len() == 2 && spans[0].contains("shop.pieces"), "{spans:#?}");
    assert!(spans[1].contains("EmptyOrder"), "{spans:#?}");
    assert_eq!(service.requests().len(), 2);

    // Neither a configuration nor a collector.
    let service = Service::start(vec![error("403 Forbidden", "AccessDeniedException")]);
    let lambda =
        service.of("production").env("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1").build();
    let done = lambda.invoke("shop.order", r#"{"type":"voucher","id":"A-3"}"#).unwrap();
    assert_eq!(done.text(), r#"{"order":"A-3","pieces":1}"#, "{:#?}", done.log);
    assert!(done.has_logged("the flags are not read yet"), "{:#?}", done.log);
}
