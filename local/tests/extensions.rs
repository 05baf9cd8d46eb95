//! Extensions beside a program, and the records of the Telemetry API.

mod support;

use minilambda_local::{Builder, ErrorKind, Lambda};
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};
use support::request;

/// A program with an extension, and the file that this writes.
fn lambda(mode: &str) -> (Builder, PathBuf) {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("extension-{mode}"));
    let _ = fs::remove_file(&out);
    let builder = Lambda::builder(Lambda::path_of_example("functions"))
        .extension(Lambda::path_of_example("noting-extension"))
        .env("EXTENSION", mode)
        .env("EXTENSION_OUT", out.display().to_string());
    (builder, out)
}

fn notes(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn an_extension_gets_the_events_and_the_records_of_its_program() {
    let (builder, out) = lambda("usual");
    let lambda = builder.build();
    let ids = [0, 1].map(|_| {
        let done = lambda.invoke("order", r#"{"id":"A-1","pieces":7}"#).unwrap();
        assert_eq!(done.text(), "\"7 pieces\"");
        done.request_id
    });
    let failed = lambda.invoke("fail", "\"Sold\"").unwrap();
    assert_eq!(failed.error_type(), Some("Sold"));
    drop(lambda);
    let said = notes(&out);
    // Without what is the runtime's.
    assert!(said.contains("handler false"), "{said}");
    let registered = "registered {\"accountId\":\"123456789012\",\"functionName\":\"order\"";
    assert!(said.contains(registered), "{said}");
    assert!(said.contains("subscribed HTTP/1.1 200 OK OK"), "{said}");
    for id in &ids {
        let line = said.lines().find(|line| line.starts_with("event ") && line.contains(id));
        let line = line.unwrap_or_else(|| panic!("no event {id} in {said}"));
        for part in
            ["\"eventType\":\"INVOKE\"", "function:order\"", "\"deadlineMs\":1", "\"tracing\":{"]
        {
            assert!(line.contains(part), "{part} is not in {line}");
        }
        for part in [
            format!(r#"{{"record":{{"requestId":"{id}","version":"$LATEST"}}"#),
            format!(r#""requestId":"{id}","status":"success"}},"time""#),
            format!(r#","requestId":"{id}","status":"success"}},"time""#),
            format!("INFO {id} functions: order A-1\\nof two lines"),
        ] {
            assert!(said.contains(&part), "{part} is not in {said}");
        }
    }
    for part in [
        r#""type":"platform.initStart""#,
        r#""type":"platform.initRuntimeDone""#,
        r#""type":"platform.initReport""#,
        r#""state":"Subscribed","types":["platform","function","extension"]"#,
        r#"{"events":["INVOKE","SHUTDOWN"],"name":"noting-extension","state":"Ready"}"#,
        r#"functions: the init hook","time""#,
        r#""type":"platform.start""#,
        r#""type":"platform.runtimeDone""#,
        r#""type":"platform.report""#,
        r#""billedDurationMs":"#,
        r#""status":"error"}"#,
        r#""eventType":"SHUTDOWN","shutdownReason":"spindown"}"#,
        "had the last report true",
    ] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    // A batch that was not accepted came again, and no record twice.
    let report = format!(r#""requestId":"{}","version":"$LATEST""#, ids[0]);
    assert_eq!(said.matches(&report).count(), 1, "{said}");
}

#[test]
fn an_event_is_over_when_the_extension_is_ready_and_its_output_is_in_the_log() {
    let (builder, out) = lambda("slow");
    let lambda = builder.build();
    for _ in 0..2 {
        let done = lambda.invoke("echo", "1").unwrap();
        assert_eq!(done.text(), "1");
        assert!(done.has_logged("the extension is ready"), "{:?}", done.log);
    }
    if cfg!(target_os = "linux") {
        // It is frozen with its program.
        let said = notes(&out);
        let pid = said.lines().find_map(|line| line.strip_prefix("process ")).unwrap();
        let start = Instant::now();
        while !fs::read_to_string(format!("/proc/{pid}/stat")).unwrap().contains(") T ") {
            assert!(start.elapsed() < Duration::from_secs(60), "it is not frozen");
            thread::sleep(Duration::from_millis(5));
        }
    }
    lambda.stop();
    let said = notes(&out);
    assert!(said.contains(r#""type":"extension""#) && said.contains("spindown"), "{said}");
}

#[test]
fn an_extension_that_fails_ends_the_event_of_its_program() {
    for (mode, kind, message) in [
        ("crash", "Extension.Crash", "the extension noting-extension has ended: exit status 3"),
        ("init-error", "Extension.InitError", "the extension noting-extension: Shop.NoKey"),
        ("init-error-stays", "Extension.InitError", "the extension noting-extension: Shop.NoKey"),
        ("exit-error-stays", "Extension.ExitError", "the extension noting-extension: Shop.NoKey"),
        ("crash-later", "Extension.Crash", "has ended: exit status 4"),
        ("hang", "Sandbox.Timedout", "Task timed out after 0.30 seconds"),
    ] {
        let (builder, out) = lambda(mode);
        let timeout = if mode == "hang" { 300 } else { 20_000 };
        let lambda = builder.timeout(Duration::from_millis(timeout)).build();
        for _ in 0..2 {
            let done = lambda.invoke("sleep", "100").unwrap();
            let failure = done.failure.or_else(|| {
                // The response was there before.
                let line = done.log.iter().find(|line| line.contains("Status: "))?;
                assert!(line.contains(if mode == "hang" { "timeout" } else { kind }), "{line}");
                assert!(done.log.iter().any(|line| line.contains(message)), "{:?}", done.log);
                None
            });
            if let Some(failure) = failure {
                assert_eq!(failure.kind, kind, "{mode}");
                assert!(failure.message.contains(message), "{mode}: {failure:?}");
            } else {
                assert_eq!(mode, "hang");
            }
        }
        // Each event had programs of its own.
        assert_eq!(notes(&out).matches("process ").count(), 2, "{mode}");
    }
}

#[test]
fn a_program_that_ends_ends_its_extension_with_the_reason() {
    let (builder, out) = lambda("reasons");
    let lambda = builder.timeout(Duration::from_millis(500)).build();
    let done = lambda.invoke("exit", "7").unwrap();
    assert_eq!(done.error_type(), Some("Runtime.ExitError"));
    let done = lambda.invoke("sleep", "60000").unwrap();
    assert_eq!(done.error_type(), Some("Sandbox.Timedout"));
    drop(lambda);
    let said = notes(&out);
    for part in [
        r#""shutdownReason":"failure""#,
        r#""shutdownReason":"timeout""#,
        r#""status":"timeout"}"#,
        r#""errorType":"Runtime.ExitError""#,
    ] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
}

/// As a client with a time limit does it, which asks again.
#[test]
fn an_event_is_not_lost_with_a_request_that_an_extension_has_given_up() {
    let (builder, out) = lambda("impatient");
    // Frozen it could not leave before the next event.
    let lambda = builder.timeout(Duration::from_secs(20)).freeze(false).build();
    let ids = [1, 2, 3].map(|number| {
        let done = lambda.invoke("echo", "1").unwrap();
        // The connections are closed before there is another event.
        let start = Instant::now();
        while notes(&out).matches("asks again").count() < number {
            assert!(start.elapsed() < Duration::from_secs(60), "it does not ask again");
            thread::sleep(Duration::from_millis(5));
        }
        assert_eq!(done.failure, None);
        assert!(!done.has_logged("timed out"), "{:?}", done.log);
        done.request_id
    });
    drop(lambda);
    let said = notes(&out);
    for id in ids {
        let events = said.lines().filter(|line| line.starts_with("event ") && line.contains(&id));
        assert_eq!(events.count(), 1, "{said}");
    }
    assert!(said.contains("\"shutdownReason\":\"spindown\""), "{said}");
}

#[test]
fn a_second_subscription_of_an_extension_replaces_the_first_one() {
    let (builder, out) = lambda("twice");
    let lambda = builder.build();
    let id = lambda.invoke("echo", "1").unwrap().request_id;
    drop(lambda);
    let said = notes(&out);
    assert!(!said.contains("for the first subscription"), "{said}");
    let start = format!(r#""requestId":"{id}","version":"$LATEST""#);
    assert_eq!(said.matches(&start).count(), 1, "{said}");
    // It gets what came before it.
    assert!(said.contains("platform.initStart"), "{said}");
}

#[test]
fn two_extensions_of_the_same_name_are_an_error() {
    let (builder, _) = lambda("same");
    let lambda = builder.extension("/other/noting-extension").build();
    let error = lambda.invoke("echo", "1").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidSettings);
    assert!(error.to_string().contains("the file name noting-extension"), "{error}");
}

#[test]
fn what_is_wrong_with_a_request_of_an_extension_is_said() {
    let (builder, out) = lambda("refusals");
    let lambda = builder.build();
    assert_eq!(lambda.invoke("echo", "1").unwrap().text(), "1");
    drop(lambda);
    let said = notes(&out);
    let mut refused = said.lines().filter(|line| line.starts_with("refused "));
    for (status, kind) in [
        ("403", "Extension.InvalidExtensionName"),
        ("403", "Extension.InvalidEventType"),
        ("403", "ShutdownEventNotSupportedForInternalExtension"),
        ("403", "Extension.UnknownExtensionIdentifier"),
        ("403", "Extension.MissingHeader"),
        ("403", "Extension.InvalidExtensionState"),
        ("400", "TCP is not built in"),
        ("403", "Extension.RegistrationClosed"),
        ("403", "Telemetry.SubscriptionClosed"),
    ] {
        let line = refused.next().unwrap_or_else(|| panic!("no {kind} in {said}"));
        assert!(line.contains(&format!(" {status} ")) && line.contains(kind), "{line}");
    }
}

#[test]
fn a_program_is_for_one_tenant() {
    let lambda = Lambda::example("functions");
    let server = lambda.serve(0).unwrap();
    let invoke = |name: &str, tenant: &str| {
        let header =
            if tenant.is_empty() { String::new() } else { format!("\nX-Amz-Tenant-Id: {tenant}") };
        let head = format!("POST /2015-03-31/functions/{name}/invocations{header}");
        request(server.address(), &head, b"null").text()
    };
    for (tenant, count) in [("a", "1"), ("a", "2"), ("b", "1"), ("", "1"), ("a", "3"), ("", "2")] {
        assert_eq!(invoke("count", tenant), count, "{tenant:?}");
    }
    for tenant in ["", &"x".repeat(257), "a\tb", "ä", "a;b"] {
        let head =
            format!("POST /2015-03-31/functions/count/invocations\nX-Amz-Tenant-Id: {tenant}");
        let got = request(server.address(), &head, b"null");
        assert_eq!(got.status, 400, "{tenant:?}: {}", got.text());
        assert!(got.text().contains("the tenant id is of 1 to 256 letters"), "{}", got.text());
    }
    assert!(invoke("context", "b").contains("\"tenant\":\"b\""));
    assert!(invoke("context", "").contains("\"tenant\":null"));
}

/// A program for each tenant: without an end there would be any number of them.
#[test]
fn programs_that_process_nothing_make_room_for_those_of_other_tenants() {
    let lambda = Lambda::builder(Lambda::path_of_example("functions")).max_programs(2).build();
    let server = lambda.serve(0).unwrap();
    let count = |tenant: &str| {
        let head =
            format!("POST /2015-03-31/functions/count/invocations\nX-Amz-Tenant-Id: {tenant}");
        request(server.address(), &head, b"null").text()
    };
    // The one that was used last stays.
    for (tenant, expected) in
        [("a", "1"), ("b", "1"), ("a", "2"), ("c", "1"), ("a", "3"), ("b", "1"), ("c", "1")]
    {
        assert_eq!(count(tenant), expected, "{tenant}");
    }
}
