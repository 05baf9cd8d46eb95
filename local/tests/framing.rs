//! Responses on a connection that is kept: each one begins where the client expects it, whatever a
//! function responds.

use minilambda_local::{HttpRequest, Lambda, Server};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

struct Client {
    reader: BufReader<TcpStream>,
}

struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Response {
    fn all(&self, name: &str) -> Vec<&str> {
        let headers = self.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        headers.map(|(_, value)| &**value).collect()
    }
}

impl Client {
    fn new(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Self { reader: BufReader::new(stream) }
    }

    fn send(&mut self, line: &str, host: &str, body: &str) {
        let head = format!(
            "{line} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        self.reader.get_mut().write_all(format!("{head}{body}").as_bytes()).unwrap();
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).unwrap();
        line.trim_end_matches(['\r', '\n']).to_owned()
    }

    /// Reads a response as RFC 9112 says, and nothing more.
    fn receive(&mut self, is_head: bool) -> Response {
        let line = self.line();
        let status = line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
        let Some(status) = status else { panic!("{line:?} is no status line") };
        let mut headers = Vec::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(": ") else { break };
            headers.push((name.to_owned(), value.to_owned()));
        }
        let mut response = Response { status, headers, body: String::new() };
        let length = response.all("content-length").first().map(|length| length.parse().unwrap());
        let mut bytes = Vec::new();
        if is_head || (100..200).contains(&status) || status == 204 || status == 304 {
            assert!(is_head || length.is_none(), "{status} with a length");
            assert!(is_head || response.all("transfer-encoding").is_empty(), "{status} in chunks");
        } else if response.all("transfer-encoding") == ["chunked"] {
            loop {
                let size = usize::from_str_radix(&self.line(), 16).unwrap();
                let mut chunk = vec![0; size];
                self.reader.read_exact(&mut chunk).unwrap();
                assert_eq!(self.line(), "");
                bytes.extend(chunk);
                if size == 0 {
                    break;
                }
            }
        } else {
            bytes = vec![0; length.expect("no length")];
            self.reader.read_exact(&mut bytes).unwrap();
        }
        response.body = String::from_utf8(bytes).unwrap();
        response
    }

    /// The next response on the connection is that of the next request.
    fn is_in_sync(&mut self) {
        self.send("GET /cookies", "web.localhost", "");
        let response = self.receive(false);
        assert_eq!((response.status, &*response.body), (200, "none"));
    }
}

fn server() -> (Lambda, Server) {
    let lambda = Lambda::example("functions");
    let server = lambda.serve(0).unwrap();
    (lambda, server)
}

/// A response as a function gives it, with its body.
fn told(status: &str, headers: &str) -> String {
    format!(r#"{{"statusCode":{status},"headers":{{{headers}}},"body":"a body"}}"#)
}

#[test]
fn a_status_without_a_body_keeps_the_connection_in_step() {
    let (_lambda, server) = server();
    let mut client = Client::new(&server);
    for (host, length) in [("as-told.localhost", 6), ("streamed-as-told.localhost", 20)] {
        for (status, sent, body) in [
            ("200", 200, true),
            ("204", 204, false),
            ("205", 205, false),
            ("304", 304, false),
            ("404", 404, true),
            ("599", 599, true),
            // What cannot be sent is the status of a function that fails.
            ("100", 502, true),
            ("101", 502, true),
            ("103", 502, true),
            ("199", 502, true),
            ("600", 502, true),
            ("99", 502, true),
            ("1000", 502, true),
            ("70000", 502, true),
            ("-1", 502, true),
            ("0", 502, true),
            ("200.5", 502, true),
            ("\"304\"", 304, false),
            ("\"20 0\"", 502, true),
            ("[200]", 502, true),
        ] {
            client.send("POST /", host, &told(status, ""));
            let response = client.receive(false);
            assert_eq!(
                (response.status, !response.body.is_empty()),
                (sent, body),
                "{host} {status}"
            );
            assert!(sent != 502 || !response.body.contains("a body"), "{}", response.body);
            assert!(sent != 502 || response.all("x-local-reason")[0].contains("statusCode"));
            assert!(sent != 200 || response.body.len() == length, "{}", response.body);
            client.is_in_sync();
            client.send("HEAD /", host, &told(status, ""));
            assert_eq!(client.receive(true).status, sent, "{host} HEAD {status}");
            client.is_in_sync();
        }
    }
    // The Invoke API, and the page.
    for (line, status) in [
        ("GET /favicon.ico", 204),
        ("HEAD /", 200),
        ("POST /2015-03-31/functions/count/invocations", 200),
        ("GET /nothing", 404),
    ] {
        client.send(line, "127.0.0.1", "null");
        assert_eq!(client.receive(line.starts_with("HEAD")).status, status, "{line}");
        client.is_in_sync();
    }
}

#[test]
fn a_client_that_is_refused_sees_why_whatever_it_still_sends() {
    let (_lambda, server) = server();
    let body = "x".repeat(5_000_000);
    for (line, more, status) in [
        ("POST /", "Origin: http://evil.example\r\n", "403"),
        ("POST me@evil", "", "400"),
        ("POST /", "Content-Length: 1\r\n", "400"),
    ] {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let length = body.len();
        let head = format!(
            "{line} HTTP/1.1\r\nHost: as-told.localhost\r\n{more}Content-Length: {length}\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        assert!(response.starts_with(&format!("HTTP/1.1 {status} ")), "{line}: {response}");
    }
    // A client that asks first does not send it.
    let mut stream = TcpStream::connect(server.address()).unwrap();
    let head = b"POST / HTTP/1.1\r\nHost: as-told.localhost\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n";
    stream.write_all(head).unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    assert!(response.starts_with("HTTP/1.1 413 "), "{response}");
}

#[test]
fn no_header_of_a_function_moves_the_end_of_its_response() {
    let (_lambda, server) = server();
    let mut client = Client::new(&server);
    for host in ["as-told.localhost", "streamed-as-told.localhost"] {
        for header in [
            r#""content-length":"3""#,
            r#""Content-Length":300000"#,
            r#""transfer-encoding":"chunked""#,
            r#""Transfer-Encoding":"identity""#,
            r#""connection":"close""#,
            r#""connection":"upgrade","upgrade":"h2c""#,
            r#""keep-alive":"timeout=1""#,
            r#""te":"trailers","trailer":"a""#,
            r#""transfer-encoding ":"chunked""#,
            r#"" content-length":"1""#,
            r#""content-length:":"1""#,
            r#""transfer-encoding: chunked, a":"b""#,
            r#""a\r\ncontent-length":"1""#,
            r#""a":"b\r\ncontent-length: 1\r\n\r\nHTTP/1.1 200 OK""#,
            r#""a":"b\ncontent-length: 1""#,
            r#""a":"b\u0000""#,
            r#""":"empty""#,
            r#""ä":"not ascii","x":"ä""#,
        ] {
            client.send("POST /", host, &told("200", header));
            let response = client.receive(false);
            assert_eq!(response.status, 200);
            assert!(response.body.starts_with("a body"), "{header}: {}", response.body);
            assert!(response.all("content-length").len() < 2, "{header}");
            for name in ["connection", "upgrade", "keep-alive", "te", "trailer"] {
                assert!(response.all(name).is_empty(), "{header}");
            }
            client.is_in_sync();
        }
        let header = r#""X-Amzn-RequestId":"mine","x-amzn-requestid":"too""#;
        client.send("POST /", host, &told("200", header));
        let ids = client.receive(false);
        assert!(matches!(*ids.all("x-amzn-requestid"), [id] if id.len() == 36), "{host}");
    }
}

#[test]
fn a_client_of_http_1_0_gets_a_stream_without_chunks() {
    let (_lambda, server) = server();
    for line in ["GET /slow HTTP/1.0", "GET /slow HTTP/1.1\r\nConnection: close"] {
        let mut stream = TcpStream::connect(server.address()).unwrap();
        let head = format!("{line}\r\nHost: streamed-web.localhost\r\n\r\n");
        stream.write_all(head.as_bytes()).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let is_old = line.ends_with("1.0");
        assert_eq!(head.contains("chunked"), !is_old, "{head}");
        assert!(!is_old || body == "first second", "{body}");
    }
}

#[test]
fn a_test_without_a_socket_gets_no_body_either() {
    let lambda = Lambda::example("functions");
    let post = |handler: &str, status: &str| {
        let request = HttpRequest::new("POST", "/").header("content-type", "application/json");
        lambda.http(handler).send(request.body(told(status, ""))).unwrap()
    };
    for handler in ["as-told", "streamed-as-told"] {
        for (status, has_body) in [("200", true), ("204", false), ("205", false), ("304", false)] {
            let response = post(handler, status);
            assert_eq!(response.status.to_string(), status);
            assert_eq!(!response.body.is_empty(), has_body, "{handler} {status}");
        }
        let response = post(handler, "100");
        assert_eq!(response.status, 502, "{handler}");
    }
}
