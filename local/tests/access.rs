//! Who may ask, over raw sockets: the Runtime API of a program, functions, and the tool.

mod support;

use minilambda_local::{Lambda, Server};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use support::{Received, request};

/// The address of the Runtime API that the program of the handler `environment` has.
fn runtime_api(lambda: &Lambda) -> SocketAddr {
    let done = lambda.invoke("environment", "null").unwrap();
    let text = done.text();
    let address = text.split("\"AWS_LAMBDA_RUNTIME_API\":\"").nth(1).unwrap();
    address.split('"').next().unwrap().parse().unwrap()
}

#[test]
fn a_page_gets_no_event_and_responds_to_none() {
    let lambda = Lambda::example("functions");
    let api = runtime_api(&lambda);
    let port = api.port();
    let own = format!("Host: 127.0.0.1:{port}");
    let mut refused: Vec<String> = [
        "evil.example",
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f.1",
        "[::1]",
        "0.0.0.0",
    ]
    .iter()
    .map(|host| format!("Host: {host}:{port}"))
    .filter(|host| *host != own)
    .collect();
    refused.extend([
        "Host: evil.example".to_owned(),
        "Host: 127.0.0.1".to_owned(),
        format!("Host: 127.0.0.1:{}", port ^ 1),
        format!("Host: 127.0.0.1:{port}.evil.example"),
        format!("Host: me@127.0.0.1:{port}"),
        format!("{own}\n{own}"),
        format!("{own}\nHost: evil.example"),
        format!("{own}\nOrigin: http://evil.example"),
        format!("{own}\nOrigin: null"),
        format!("{own}\nOrigin: http://127.0.0.1:{port}"),
        format!("{own}\nSec-Fetch-Site: cross-site"),
        format!("{own}\nSec-Fetch-Site: same-site"),
        format!("{own}\nSec-Fetch-Site: none\nSec-Fetch-Mode: navigate"),
        "Host:".to_owned(),
    ]);
    let paths = [
        "GET /2018-06-01/runtime/invocation/next",
        "POST /2018-06-01/runtime/invocation/1-2-3/response",
        "POST /2018-06-01/runtime/invocation/1-2-3/error",
        "POST /2018-06-01/runtime/init/error",
        "POST /2018-06-01/runtime/restore/error",
        "GET /2018-06-01/runtime/restore/next",
        "POST /2020-01-01/extension/register",
        "GET /2020-01-01/extension/event/next",
        "GET /elsewhere",
    ];
    for path in paths {
        for headers in &refused {
            let got = request(api, &format!("{path}\n{headers}"), b"{}");
            assert_eq!(got.status, 403, "{path} with {headers}");
            assert!(got.text().contains(&format!("has to be 127.0.0.1:{port}")), "{}", got.text());
        }
        let (method, path) = path.split_once(' ').unwrap();
        let got = request(api, &format!("{method} http://evil.example{path}\n{own}"), b"{}");
        assert_eq!(got.status, 403, "{path} of another host");
    }
    // Nothing of it has reached the function, which goes on.
    let done = lambda.invoke("environment", "null").unwrap();
    assert_eq!((done.failure, done.report.init), (None, None));
}

#[test]
fn a_program_is_served_whatever_form_its_requests_have() {
    let lambda = Lambda::example("functions");
    let api = runtime_api(&lambda);
    let unknown = "2018-06-01/runtime/invocation/1-2-3/response";
    for (target, headers) in [
        (format!("/{unknown}"), String::new()),
        (format!("/{unknown}?a=b"), format!("host: {api}")),
        (format!("http://{api}/{unknown}"), format!("HOST: {api}")),
        (format!("/{unknown}"), format!("Host: {api}\nUser-Agent: a\nAccept: */*")),
    ] {
        let got = request(api, &format!("POST {target}\n{headers}"), b"{}");
        assert_eq!(got.status, 400, "{target}");
        assert!(got.text().contains("InvalidRequestID"), "{}", got.text());
    }
    assert_eq!(request(api, "GET /elsewhere", b"").status, 404);
    // A length that no machine has is no reason to end.
    for length in ["18446744073709551615", "9999999999999"] {
        let mut stream = TcpStream::connect(api).unwrap();
        let head =
            format!("POST /{unknown} HTTP/1.1\r\nHost: {api}\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        stream.shutdown(Shutdown::Write).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    }
    assert_eq!(lambda.invoke("environment", "null").unwrap().failure, None);
}

// ---- functions and the tool

struct Site {
    server: Server,
    _lambda: Lambda,
}

fn site() -> Site {
    let lambda = Lambda::example("functions");
    Site { server: lambda.serve(0).unwrap(), _lambda: lambda }
}

impl Site {
    fn ask(&self, head: &str, body: &str) -> Received {
        request(self.server.address(), head, body.as_bytes())
    }
}

const LOGIN: &str =
    "Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: document";

#[test]
fn a_login_leads_back_to_a_function() {
    let site = site();
    let function = |line: &str, headers: &str| {
        site.ask(&format!("{line}\nHost: web.localhost\n{headers}"), "a=b").status
    };
    for headers in [
        LOGIN.to_owned(),
        format!("{LOGIN}\nSec-Fetch-User: ?1"),
        "Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate".to_owned(),
    ] {
        assert_eq!(function("GET /cookies?code=1", &headers), 200, "{headers}");
    }
    // A form's POST has the origin of the other page; after some redirects it is null.
    for origin in ["https://bank.example", "null"] {
        let headers = format!("{LOGIN}\nOrigin: {origin}");
        assert_eq!(function("POST /echo", &headers), 200, "{origin}");
    }
    // What is no navigation of the window is refused as before.
    for headers in [
        "Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: cors\nOrigin: https://evil.example",
        "Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: no-cors",
        "Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: no-cors\nSec-Fetch-Dest: image",
        "Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: iframe",
        "Sec-Fetch-Site: cross-site\nSec-Fetch-Mode: navigate\nSec-Fetch-Dest: object",
        "Sec-Fetch-Site: cross-site",
        "Origin: https://evil.example",
        "Origin: http://localhost:5173\nOrigin: https://evil.example",
        "Sec-Fetch-Mode: websocket\nOrigin: https://evil.example",
    ] {
        assert_eq!(function("GET /cookies", headers), 403, "{headers}");
    }
    // With another name for this machine, a navigation is refused too.
    let got = site.ask(&format!("GET /cookies\nHost: web.evil.example\n{LOGIN}"), "");
    assert_eq!(got.status, 403);
}

#[test]
fn no_page_leads_to_the_tool() {
    let site = site();
    let host = format!("Host: {}", site.server.address());
    for line in [
        "GET /",
        "GET /local/state",
        "GET /local/news",
        "POST /local/run?handler=count",
        "POST /local/settings",
        "POST /local/clear",
        "PUT /local/event?name=a",
        "POST /2015-03-31/functions/count/invocations",
        "GET /2015-03-31/functions/",
        "POST /2021-11-15/functions/count/response-streaming-invocations",
    ] {
        for headers in [
            LOGIN.to_owned(),
            format!("{LOGIN}\nOrigin: https://evil.example"),
            format!("{LOGIN}\nOrigin: null"),
            format!("{LOGIN}\nOrigin: http://web.localhost:{}", site.server.address().port()),
            // A function on a port of its own is of the same site.
            "Sec-Fetch-Site: same-site\nSec-Fetch-Mode: no-cors".to_owned(),
            "Origin: http://127.0.0.1:1".to_owned(),
            "Origin: http://localhost".to_owned(),
        ] {
            assert_eq!(
                site.ask(&format!("{line}\n{host}\n{headers}"), "null").status,
                403,
                "{line}"
            );
        }
    }
    // No method but its own runs something, so a form or an image could not either.
    for line in ["GET /local/run?handler=count", "GET /local/clear", "POST /local/event?name=a"] {
        assert_eq!(site.ask(line, "").status, 404, "{line}");
    }
    let preflight = "Access-Control-Request-Method: POST\nOrigin: http://localhost:5173";
    let got = site.ask(&format!("OPTIONS /local/run\n{host}\n{preflight}"), "");
    assert_eq!((got.status, got.header("access-control-allow-origin")), (403, None));
    // The page itself, and a program.
    let own = format!("{host}\nSec-Fetch-Site: same-origin\nOrigin: {}", site.server.url());
    assert_eq!(site.ask(&format!("POST /local/run?handler=count\n{own}"), "null").status, 200);
    assert_eq!(site.ask(&format!("GET /\n{host}\nSec-Fetch-Site: none"), "").status, 200);
    let run = "POST /2015-03-31/functions/count/invocations";
    assert_eq!(site.ask(run, "null").text(), "2");
}

// ---- targets

#[test]
fn a_url_as_the_target_has_the_host() {
    let site = site();
    let address = site.server.address();
    let port = address.port();
    let status =
        |target: &str, host: &str| site.ask(&format!("GET {target}\nHost: {host}"), "").status;
    for (target, host) in [
        (format!("http://web.localhost:{port}/cookies"), format!("web.localhost:{port}")),
        (format!("http://web.localhost:{port}/cookies?a=b"), "127.0.0.1".to_owned()),
        ("HTTP://web.localhost/cookies".to_owned(), "evil.example".to_owned()),
        (format!("http://web.LOCALHOST:{port}/cookies"), "127.0.0.1".to_owned()),
        (format!("http://{address}/"), "web.localhost".to_owned()),
        (format!("http://web.localhost:{port}"), "web.localhost".to_owned()),
    ] {
        assert_eq!(status(&target, &host), 200, "{target}");
    }
    for (target, expected) in [
        ("http://evil.example/cookies", 403),
        ("http://web.localhost.evil.example/cookies", 403),
        ("http://web.localhost@evil.example/cookies", 400),
        ("http:///cookies", 400),
        ("ftp://web.localhost/cookies", 400),
        ("cookies", 400),
        ("*", 400),
        ("web.localhost:80", 400),
    ] {
        assert_eq!(status(target, "web.localhost"), expected, "{target}");
    }
    let hosts = format!("GET /cookies\nHost: web.localhost:{port}\nHost: web.localhost:{port}");
    assert_eq!(site.ask(&hosts, "").status, 400);
    // The function sees the host of the target.
    let event =
        site.ask(&format!("GET http://echo.localhost:{port}/a?b=c\nHost: web.localhost"), "");
    let text = event.text();
    assert!(text.contains(&format!("\"host\":\"echo.localhost:{port}\"")), "{text}");
    assert!(text.contains("\"rawPath\":\"/a\"") && !text.contains("web.localhost"), "{text}");
}
