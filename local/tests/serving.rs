//! The server: the Invoke API, HTTP through each front end, and who may ask.

mod support;

use minilambda_local::{FrontEnd, HttpRequest, Lambda, Server};
use std::time::{Duration, Instant};
use std::{fs, thread};
use support::{Received, request};

struct Site {
    server: Server,
    _lambda: Lambda,
}

fn site() -> Site {
    let lambda = Lambda::builder(Lambda::path_of_example("functions"))
        .timeout(Duration::from_secs(20))
        .retry_delays([Duration::from_millis(50), Duration::from_millis(50)])
        .build();
    Site { server: lambda.serve(0).unwrap(), _lambda: lambda }
}

impl Site {
    fn ask(&self, head: &str, body: impl AsRef<[u8]>) -> Received {
        request(self.server.address(), head, body.as_ref())
    }

    fn invoke(&self, name: &str, headers: &str, event: impl AsRef<[u8]>) -> Received {
        self.ask(&format!("POST /2015-03-31/functions/{name}/invocations\n{headers}"), event)
    }

    fn http(&self, line: &str, headers: &str, body: impl AsRef<[u8]>) -> Received {
        self.ask(&format!("{line}\nHost: web.localhost\n{headers}"), body)
    }
}

// ---- the Invoke API

#[test]
fn a_function_is_invoked_by_name_and_by_arn() {
    let site = site();
    for name in [
        "order",
        "order:$LATEST",
        "arn:aws:lambda:eu-central-1:123456789012:function:order",
        "arn%3Aaws%3Alambda%3Aeu-central-1%3A123456789012%3Afunction%3Aorder%3Alive",
        "123456789012:function:order",
    ] {
        let got = site.invoke(name, "", r#"{"id":"A-1","pieces":7}"#);
        assert_eq!((got.status, &*got.text()), (200, "\"7 pieces\""), "{name}");
        assert_eq!(got.header("X-Amz-Executed-Version"), Some("$LATEST"));
        assert_eq!(got.header("X-Amz-Function-Error"), None);
        assert_eq!(got.header("X-Amz-Log-Result"), None);
    }
}

#[test]
fn a_failure_and_the_log_are_in_headers() {
    let site = site();
    let got = site.invoke("fail", "X-Amz-Log-Type: Tail", "\"OutOfStock\"");
    assert_eq!((got.status, got.header("X-Amz-Function-Error")), (200, Some("Unhandled")));
    assert!(got.text().contains("\"errorType\":\"OutOfStock\""));
    assert!(got.header("X-Amz-Log-Result").is_some_and(|log| log.len() > 100));
    // The log of a large record is cut at its beginning.
    let event = format!("{{\"id\":\"{}\",\"pieces\":1}}", "x".repeat(5000));
    let got = site.invoke("order", "X-Amz-Log-Type: Tail", event);
    assert_eq!(got.header("X-Amz-Log-Result").unwrap().len(), 5464); // 4 KB in base64
}

#[test]
fn events_are_accepted_and_repeated_and_dry_runs_run_nothing() {
    let site = site();
    let event = "X-Amz-Invocation-Type: Event";
    let got = site.invoke("count", event, "null");
    assert_eq!((got.status, got.text()), (202, String::new()));
    // Another event before its end would have a program of its own.
    let end = format!("END RequestId: {}", got.header("x-amzn-RequestId").unwrap());
    let start = Instant::now();
    while !site.ask("GET /local/state", "").text().contains(&end) {
        assert!(start.elapsed() < Duration::from_secs(10));
        thread::sleep(Duration::from_millis(10));
    }
    assert_eq!(site.invoke("count", "", "null").text(), "2");
    let dry = "X-Amz-Invocation-Type: DryRun";
    assert_eq!(site.invoke("count", dry, "null").status, 204);
    assert_eq!(site.invoke("count", dry, "{").status, 400);
    assert_eq!(site.invoke("nobody", dry, "null").status, 404);
    assert_eq!(site.invoke("nobody", event, "null").status, 404);
    let got = site.invoke("count", "X-Amz-Invocation-Type: Later", "null");
    assert_eq!(got.header("x-amzn-ErrorType"), Some("ValidationException"));
    // Streams have two types of the three.
    let path = "POST /2021-11-15/functions/count/response-streaming-invocations";
    let counted = site.invoke("count", "", "null").text().parse::<u32>().unwrap();
    assert_eq!(site.ask(&format!("{path}\n{dry}"), "null").status, 204);
    let got = site.ask(&format!("{path}\n{event}"), "null");
    assert_eq!(got.header("x-amzn-ErrorType"), Some("ValidationException"), "{}", got.text());
    assert_eq!(site.invoke("count", "", "null").text(), (counted + 1).to_string());

    // Three attempts, under the same request id.
    let got = site.invoke("fail", event, "\"Again\"");
    let id = got.header("x-amzn-RequestId").unwrap().to_owned();
    let attempts = || {
        let state = site.ask("GET /local/state", "").text();
        state.matches(&format!("START RequestId: {id}")).count()
    };
    let start = Instant::now();
    while attempts() < 3 {
        assert!(start.elapsed() < Duration::from_secs(10));
        thread::sleep(Duration::from_millis(10));
    }
    thread::sleep(Duration::from_millis(200));
    assert_eq!(attempts(), 3);
}

#[test]
fn what_is_refused_is_refused_as_aws_does() {
    let site = site();
    let large = format!("\"{}\"", "x".repeat(7_000_000));
    let half = format!("\"{}\"", "x".repeat(1_048_576));
    // A string in base64, of more bytes than Lambda takes.
    let long = format!("X-Amz-Client-Context: Inh4{}eHgi", "eHh4".repeat(900));
    for (name, headers, event, status, kind) in [
        ("nobody", "", "{}", 404, "ResourceNotFoundException"),
        ("order", "", "{", 400, "InvalidRequestContentException"),
        ("order", "", &large, 413, "RequestTooLargeException"),
        ("order", "X-Amz-Invocation-Type: Event", &half, 413, "RequestTooLargeException"),
        ("order", "X-Amz-Client-Context: ???", "{}", 400, "InvalidRequestContentException"),
        // "a", a zero byte, and an object that ends in the middle
        ("order", "X-Amz-Client-Context: YQ==", "{}", 400, "InvalidRequestContentException"),
        ("order", "X-Amz-Client-Context: AA==", "{}", 400, "InvalidRequestContentException"),
        ("order", "X-Amz-Client-Context: eyJh", "{}", 400, "InvalidRequestContentException"),
        ("order", &long, "{}", 400, "InvalidRequestContentException"),
        ("order", "X-Amz-Tenant-Id: a;b", "{}", 400, "InvalidParameterValueException"),
        ("order:", "", "{}", 400, "InvalidParameterValueException"),
    ] {
        let got = site.invoke(name, headers, event);
        assert_eq!((got.status, got.header("x-amzn-ErrorType")), (status, Some(kind)), "{got:?}");
        assert!(got.text().contains("\"Message\":\""), "{}", got.text());
    }
    assert_eq!(site.ask("POST /2015-03-31/functions/order/other", "").status, 404);
    assert_eq!(site.ask("GET /elsewhere", "").status, 404);
}

#[test]
fn the_context_gets_what_the_caller_sends() {
    let site = site();
    let headers = "X-Amz-Client-Context: eyJjdXN0b20iOiJibHVlIn0=\nX-Amz-Tenant-Id: blue";
    let got = site.invoke("context", headers, "null").text();
    assert!(got.contains("\"client\":\"blue\"") && got.contains("\"tenant\":\"blue\""), "{got}");
    // A line feed between the fields, and a control character in a string: {\n"custom":"b<DEL>ü"}
    let headers = "X-Amz-Client-Context: ewoiY3VzdG9tIjoiYn/DvCJ9";
    let got = site.invoke("context", headers, "null");
    assert!(got.text().contains("\"client\":\"b\u{7f}ü\""), "{} {}", got.head, got.text());
}

#[test]
fn functions_are_listed_and_described() {
    let site = site();
    let got = site.ask("GET /2015-03-31/functions/", "").text();
    assert!(got.contains("\"FunctionName\":\"echo\"") && got.contains("\"web\""), "{got}");
    let got = site.ask("GET /2015-03-31/functions/order", "").text();
    assert!(got.contains("\"Configuration\"") && got.contains("\"Timeout\":20"), "{got}");
    assert_eq!(site.ask("GET /2015-03-31/functions/nobody", "").status, 404);
}

#[test]
fn a_stream_is_sent_in_messages_as_it_comes() {
    let site = site();
    let path = "POST /2021-11-15/functions/stream/response-streaming-invocations";
    let got = site.ask(path, "\"second\"");
    assert_eq!(got.header("Content-Type"), Some("application/vnd.amazon.eventstream"));
    assert!(got.parts >= 2, "{} parts", got.parts);
    let text = got.text();
    for part in ["PayloadChunk", "first ", "\"second\"", "InvokeComplete"] {
        assert!(text.contains(part), "{part}");
    }
}

// ---- HTTP

#[test]
fn a_browser_sees_what_it_would_see_deployed() {
    let site = site();
    let got = site.http("GET /cookies", "Cookie: seen=yes; other=1", "");
    assert_eq!((got.status, &*got.text()), (200, "yes"));
    assert!(
        got.head.contains("set-cookie: a=1\r\n") && got.head.contains("set-cookie: b=2; Secure")
    );
    let got = site.http("GET /picture", "", "");
    assert_eq!(got.body, [0x89, b'P', b'N', b'G', 0, 0xff]);
    assert_eq!(got.header("content-type"), Some("image/png"));
    assert!(got.header("x-amzn-requestid").is_some());
    let body = [0, 1, 2, 0xff, 0xfe];
    let got = site.http("POST /echo", "Content-Type: application/x-own", body);
    assert_eq!(
        (got.body.as_slice(), got.header("content-type")),
        (&body[..], Some("application/x-own"))
    );
    assert_eq!(site.http("GET /nowhere", "", "").status, 404);
    let got = site.http("HEAD /", "", "");
    assert_eq!((got.status, got.body.len()), (200, 0));
    let got = site.ask("GET /\nHost: nobody.localhost", "");
    assert_eq!(got.status, 404);
    assert!(got.text().contains("the handlers are: echo, "), "{}", got.text());
}

#[test]
fn a_stream_reaches_the_client_as_it_is_written() {
    let site = site();
    let start = Instant::now();
    let got = site.ask("GET /slow\nHost: streamed-web.localhost", "");
    assert!(start.elapsed() >= Duration::from_millis(200));
    assert_eq!((got.status, &*got.text()), (200, "first second(end)"));
    assert!(got.parts >= 2 && got.head.contains("set-cookie: b=2"), "{got:?}");
    let got = site.ask("GET /\nHost: broken-stream.localhost", "");
    assert_eq!(got.text(), "first "); // and no end
}

#[test]
fn each_front_end_gives_the_same_response_and_its_own_errors() {
    let lambda = Lambda::example("functions");
    for front_end in FrontEnd::ALL {
        // A REST API sends and decodes base64 of these types only.
        let client = lambda.http("web").front_end(front_end).binary_media_types(["*/*"]);
        let response = client.get("/cookies").unwrap();
        assert_eq!((response.status, &*response.text()), (200, "none"), "{front_end:?}");
        let keeps_apart = !matches!(
            front_end,
            FrontEnd::LoadBalancer | FrontEnd::LatticeV1 | FrontEnd::LatticeV2
        );
        if keeps_apart {
            assert_eq!(response.cookies(), ["a=1", "b=2; Secure"], "{front_end:?}");
        }
        let response = client.get("/picture").unwrap();
        assert_eq!(response.body, [0x89, b'P', b'N', b'G', 0, 0xff], "{front_end:?}");
        let body = [0, 0xff, 1];
        let sent = HttpRequest::new("POST", "/echo").body(body);
        assert_eq!(client.send(sent).unwrap().body, body, "{front_end:?}");
        let posted = client.post("/echo", &vec![1]).unwrap();
        assert_eq!(posted.header("Content-Type"), Some("application/json"));
    }
    for (front_end, status, body) in [
        (FrontEnd::FunctionUrl, 502, "Internal Server Error"),
        (FrontEnd::HttpApi, 500, "Internal Server Error"),
        (FrontEnd::RestApi, 502, "Internal server error"),
        (FrontEnd::LoadBalancer, 502, "502 Bad Gateway"),
    ] {
        let response = lambda.http("exit").front_end(front_end).get("/").unwrap();
        assert_eq!(response.status, status, "{front_end:?}");
        assert!(response.text().contains(body));
        assert!(response.invocation.error_type().is_some());
        assert!(response.header("x-local-reason").is_some());
    }
    // A response that is no HTTP response: only payload format 2.0 infers one.
    let echoed = lambda.http("echo").patch("/a", &17).unwrap();
    assert_eq!((echoed.status, echoed.header("content-type")), (200, Some("application/json")));
    let refused = lambda.http("echo").front_end(FrontEnd::RestApi).get("/a").unwrap();
    assert_eq!((refused.status, echoed.text().contains("\"PATCH\"")), (502, true));
}

#[test]
fn a_rest_api_damages_bodies_whose_types_are_not_in_its_list() {
    let lambda = Lambda::example("functions");
    let rest = lambda.http("web").front_end(FrontEnd::RestApi);
    let png = [0x89, b'P', 0xff];
    let post = |client: &minilambda_local::HttpClient| {
        let request = HttpRequest::new("POST", "/echo").header("Content-Type", "image/png");
        client.send(request.header("Accept", "image/png").body(png)).unwrap()
    };
    let damaged = post(&rest);
    assert_eq!(damaged.text(), "\u{fffd}P\u{fffd}");
    assert!(damaged.invocation.has_logged("binaryMediaTypes"), "{:?}", damaged.invocation.log);
    assert!(!post(&rest).invocation.has_logged("binaryMediaTypes"), "it is said once");
    let listed = rest.clone().binary_media_types(["image/*"]);
    let got = post(&listed);
    assert_eq!((&*got.body, got.header("x-local-reason")), (&png[..], None));
    // A response in base64 is decoded if the client accepts such a type.
    let base64 = listed.get("/picture").unwrap();
    assert_eq!(base64.text(), "iVBORwD/");
    assert!(base64.header("x-local-reason").unwrap().contains("stays in base64"));
    let decoded = listed.header("Accept", "image/png").get("/picture").unwrap();
    assert_eq!(decoded.body, [0x89, b'P', b'N', b'G', 0, 0xff]);
    // Text is text.
    let text = rest.post("/echo", &vec![1]).unwrap();
    assert_eq!(text.header("content-type"), Some("application/json"));
}

// ---- who may ask

#[test]
fn pages_of_other_sites_run_nothing() {
    let site = site();
    let run = "POST /2015-03-31/functions/count/invocations";
    for headers in [
        "Origin: http://evil.example",
        "Origin: null",
        "Host: evil.example",
        "Sec-Fetch-Site: cross-site",
    ] {
        assert_eq!(site.ask(&format!("{run}\n{headers}"), "null").status, 403, "{headers}");
    }
    assert_eq!(site.http("GET /", "Origin: http://evil.example", "").status, 403);
    assert_eq!(site.ask("POST /local/run?handler=count\nHost: a.evil.example", "null").status, 403);
    assert_eq!(site.ask("GET /local/news\nHost: evil.example", "").status, 403);
    assert_eq!(site.ask(run, "null").text(), "1");
}

#[test]
fn the_page_loads_nothing_and_runs_only_its_script() {
    let site = site();
    let got = site.ask("GET /", "");
    let policy = got.header("Content-Security-Policy").unwrap();
    assert!(policy.starts_with("default-src 'none'") && policy.contains("script-src 'nonce-"));
    let text = got.text();
    assert!(!text.contains("NONCE") && !text.contains("/*STYLE*/") && !text.contains("/*SCRIPT*/"));
    for word in
        ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "src=\"http"]
    {
        assert!(!text.contains(word), "{word}");
    }
    assert_ne!(policy, site.ask("GET /", "").header("Content-Security-Policy").unwrap());
}

#[test]
fn lambdas_limits_are_those_of_the_page() {
    let site = site();
    let page = site.ask("GET /", "").text();
    assert!(page.contains("max=\"5400\"") && page.contains("max=\"32768\""));
    let set = |timeout: &str, memory: &str, workers: &str| {
        let settings = format!(
            r#"{{"timeout":{timeout},"memory":{memory},"workers":{workers},"freeze":true,"frontEnd":"alb"}}"#
        );
        let got = site.ask("POST /local/settings", settings);
        (got.status, got.text())
    };
    for (timeout, memory, workers) in [
        ("1800", "32768", "0"),
        ("5400", "10241", "2"),
        ("0.001", "1", "64"),
        ("900.5", "128", "0"),
        ("null", "null", "0"),
    ] {
        let (status, text) = set(timeout, memory, workers);
        assert_eq!(status, 200, "{timeout} {memory} {workers}: {text}");
    }
    for (timeout, memory, workers, told) in [
        ("1801", "128", "0", "1800 seconds, 5400 with several events at once"),
        ("5401", "128", "2", "5400"),
        ("0", "128", "0", "0.001"),
        ("-1", "128", "0", "0.001"),
        ("3", "32769", "0", "from 1 to 32768 MB"),
        ("3", "0", "0", "from 1 to 32768 MB"),
        ("3", "128", "65", "from 0 to 64"),
        ("3", "128", "1.5", "from 0 to 64"),
        ("\"3\"", "128", "0", "the timeout is not a number"),
    ] {
        let (status, text) = set(timeout, memory, workers);
        assert!(status == 400 && text.contains(told), "{timeout} {memory} {workers}: {text}");
    }
}

// ---- what it costs

#[test]
#[cfg(target_os = "linux")]
fn ten_thousand_invocations_leave_nothing_behind() {
    let site = site();
    let figures = || {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let kb = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        let kb: i64 = kb.trim().trim_end_matches(" kB").parse().unwrap();
        let files = fs::read_dir("/proc/self/fd").unwrap().count();
        (kb, files)
    };
    let invoke = |count: usize| {
        for _ in 0..count {
            assert_eq!(site.invoke("echo", "", "{\"a\":1}").status, 200);
        }
    };
    invoke(1000); // until the history is full
    let (kb_before, files_before) = figures();
    invoke(9000);
    let (kb, files) = figures();
    // Other tests of this process run meanwhile.
    assert!(kb - kb_before < 60_000, "{kb_before} kB, then {kb} kB");
    assert!(files < files_before + 200, "{files_before} files, then {files}");
}
