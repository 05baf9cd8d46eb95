//! Items as they are, shared parameters, the extension at a cold start, signatures for others, and
//! spans.

#[path = "support/service.rs"]
mod service;

use minilambda_aws::otel;
use minilambda_local::script::Step;
use minilambda_local::wire::{self, Acceptor};
use service::{Service, error, fine, respond};
use std::fs::File;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, UdpSocket};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

#[test]
fn items_keys_and_values_of_typed_values_are_taken_as_they_are() {
    let item = r#"{"id":{"S":"a"},"tags":{"SS":["new"]},"data":{"B":"AQI="}}"#;
    let service = Service::start(vec![
        fine(),
        respond("200 OK", &[], format!("{{\"Item\":{item}}}")),
        respond("200 OK", &[], format!("{{\"Items\":[{item}]}}")),
    ]);
    let done = service.any().build().invoke("table", "{}").unwrap();
    assert_eq!(done.text(), "\"true true\"", "{:#?}", done.log);
    let requests = service.requests();
    for (request, part) in requests.iter().zip([
        r#""Item":{"data":{"B":"AQI="},"id":{"S":"a"},"tags":{"SS":["new"]}}"#,
        r#""Key":{"id":{"S":"a"}}"#,
        r#""ExpressionAttributeValues":{":id":{"S":"a"}}"#,
    ]) {
        assert!(request.contains(part), "{part}: {request}");
    }
}

#[test]
fn twelve_threads_that_need_a_parameter_send_one_request() {
    let value = wire::response("200 OK", &[], br#"{"Parameter":{"Value":"orders"}}"#);
    let service =
        Service::start(vec![vec![Step::Wait(Duration::from_millis(500)), Step::Send(value)]]);
    let (told, count) = service.send("parameters", "{}");
    assert_eq!((told.matches("done: orders").count(), count), (12, 1), "{told}");
    // An error is shared, and not kept.
    let failure = wire::response("400 Bad", &[], br#"{"__type":"ParameterNotFound"}"#);
    let service =
        Service::start(vec![vec![Step::Wait(Duration::from_millis(500)), Step::Send(failure)]]);
    let (told, count) = service.send("parameters", "{}");
    assert_eq!((told.matches("ParameterNotFound").count(), count), (12, 1), "{told}");
}

/// A response that was on its way while the value was changed is not kept.
#[test]
fn a_value_that_is_changed_while_it_is_read_is_read_again() {
    let named = |value: &str| {
        format!(r#"{{"Parameters":[{{"Name":"/a/b","Selector":"","Value":"{value}"}}]}}"#)
    };
    let one = |value: &str| format!(r#"{{"Parameter":{{"Value":"{value}"}}}}"#);
    let secret = |value: &str| format!(r#"{{"SecretString":"{value}"}}"#);
    let responses: [&dyn Fn(&str) -> String; 4] = [&named, &named, &one, &secret];
    let scripts = responses.into_iter().flat_map(|response| {
        let [old, new] = ["old", "new"].map(|value| respond("200 OK", &[], response(value)));
        let old = [vec![Step::Wait(Duration::from_millis(300))], old].concat();
        [old, fine(), new]
    });
    let service = Service::start(scripts.collect());
    let (told, count) = service.send("changes", "{}");
    assert_eq!((&*told, count), ("done: new new new new", 12));
}

#[test]
fn the_extension_is_asked_until_it_is_ready() {
    let starting = respond("400 Bad Request", &[], "not ready to serve traffic, please wait");
    let missing = respond("400 Bad Request", &[], "ParameterNotFound");
    let parameter = respond("200 OK", &[], r#"{"Parameter":{"Value":"orders"}}"#);
    let secret = respond("200 OK", &[], r#"{"SecretString":"s"}"#);
    let service = Service::start(vec![
        starting.clone(),
        starting.clone(),
        missing,
        starting,
        parameter,
        secret,
    ]);
    let port = service.address.port().to_string();
    let lambda = service.lambda().env("PARAMETERS_SECRETS_EXTENSION_HTTP_PORT", port);
    let lambda = lambda.env("AWS_CONTAINER_AUTHORIZATION_TOKEN", "of-the-container").build();
    let done = lambda.invoke("extension", r#"{"parameter":"a","secret":"b"}"#).unwrap();
    let got: Vec<String> = done.json().unwrap();
    assert_eq!((&*got[0], &*got[1]), ("orders", "s"), "{got:?}");
    assert!(got[2].contains("status 400: ParameterNotFound"), "{}", got[2]);
    let requests = service.requests();
    assert_eq!(requests.len(), 6);
    // As with SnapStart, where there is no AWS_SESSION_TOKEN.
    let token = "x-aws-parameters-secrets-token: of-the-container\n";
    assert!(requests.iter().all(|request| request.contains(token)), "{requests:#?}");
}

#[test]
fn any_request_is_signed_for_another_client() {
    let service = Service::start(vec![fine()]);
    let sign = |url: &str, name: &str, seconds: &str| {
        let event =
            format!(r#"{{"url":{url:?},"service":"{name}","region":"eu-central-1"{seconds}}}"#);
        service.any().build().invoke("signed", event).unwrap().json::<String>().unwrap()
    };
    let url = "https://db.example:5432/?Action=connect&DBUser=ada%20b";
    let token = sign(url, "rds-db", r#","seconds":900"#);
    let start = "done: https://db.example:5432/?Action=connect&DBUser=ada%20b&X-Amz-Algorithm=AWS4-HMAC-SHA256&";
    assert!(token.starts_with(start), "{token}");
    assert!(
        token.contains("rds-db%2Faws4_request") && token.contains("X-Amz-Expires=900"),
        "{token}"
    );
    for seconds in ["0", "604801"] {
        let told = sign(url, "rds-db", &format!(r#","seconds":{seconds}"#));
        assert!(told.contains("one second to seven days"), "{told}");
    }
    let headers = sign("https://abc.lambda-url.eu-central-1.on.aws/a?b=c", "lambda", "");
    assert!(
        headers.contains("authorization") && headers.contains("/eu-central-1/lambda/aws4_request"),
        "{headers}"
    );
    for url in ["https://a b/", "ftp://a/", "https://ada@a/", "https://a/\u{e9}"] {
        assert!(sign(url, "lambda", "").starts_with("Aws.InvalidRequest"), "{url}");
    }
}

#[test]
fn an_endpoint_is_signed_as_it_is_sent_or_refused() {
    let service = Service::start(vec![fine()]);
    let port = service.address.port();
    let read = |url: &str| {
        let lambda = service.any().env("AWS_ENDPOINT_URL", url).build();
        let event = r#"{"service":"dynamodb","action":"GetItem","input":{}}"#;
        lambda.invoke("action", event).unwrap().json::<String>().unwrap()
    };
    assert_eq!(read(&format!("http://localhost:{port}/base/")), "done: ");
    let request = service.requests()[0].clone();
    assert!(
        request.starts_with("POST /base/")
            && request.contains(&format!("host: localhost:{port}\n")),
        "{request}"
    );
    for url in [
        format!("http://ada:hunter2@localhost:{port}"),
        format!("http://localhost:{port}/?a=b"),
        format!("http://localhost:{port}#a"),
        format!(" http://localhost:{port}"),
        format!("HTTP://localhost:{port}"),
        format!("http://LOCALHOST:{port}"),
        format!("localhost:{port}"),
        "http://localhost:port".to_owned(),
    ] {
        let told = read(&url);
        assert!(
            told.starts_with("Aws.InvalidRequest: DYNAMODB GetItem: AWS_ENDPOINT_URL"),
            "{url}: {told}"
        );
        assert!(!told.contains("hunter2") && told.ends_with("[NotSent]"), "{told}");
    }
    assert_eq!(service.requests().len(), 1);
}

#[test]
fn a_span_that_fails_is_a_fault_with_its_annotations() {
    let daemon = UdpSocket::bind("127.0.0.1:0").unwrap();
    daemon.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let service = Service::start(vec![error("500", "X")]);
    let address = daemon.local_addr().unwrap();
    let lambda = service
        .any()
        .env("AWS_XRAY_DAEMON_ADDRESS", format!("tcp:127.0.0.1:9 udp:{address}"))
        .build();
    let server = lambda.serve(0).unwrap();
    let head = format!(
        "POST /2015-03-31/functions/spans/invocations HTTP/1.1\r\nHost: {0}\r\nX-Amzn-Trace-Id: \
         Root=1-5f84c7a1-0123456789abcdef01234567;Parent=00000000000000aa;Sampled=1\r\n\
         Content-Length: 2\r\nConnection: close\r\n\r\n{{}}",
        server.address()
    );
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(head.as_bytes()).unwrap();
    let response = io::read_to_string(&mut stream).unwrap();
    assert!(response.ends_with("\"Err(\\\"no\\\") 3\""), "{response}");
    let receive = || {
        let mut bytes = [0; 4096];
        let count = daemon.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..count].to_vec()).unwrap()
    };
    let (failed, fine) = (receive(), receive());
    assert!(
        failed.contains("\"fault\":true") && failed.contains("\"name\":\"failed\""),
        "{failed}"
    );
    assert!(
        failed.contains(r#""annotations":{"order_id":"A-1","pieces":7.0}"#)
            || failed.contains(r#""annotations":{"order_id":"A-1","pieces":7}"#),
        "{failed}"
    );
    assert!(fine.contains("\"fault\":false") && !fine.contains("annotations"), "{fine}");
    // What is repeated is not sent again, but what is new has its parent.
    let (step, around) = (receive(), receive());
    assert!(step.contains("\"name\":\"step\"") && around.contains("\"name\":\"around\""));
    let field = |text: &str, name: &str| {
        let object: miniserde::json::Object =
            miniserde::json::from_str(text.split_once('\n').unwrap().1).unwrap();
        miniserde::json::to_string(&object[name])
    };
    assert_eq!(field(&step, "parent_id"), field(&around, "id"));
}

/// A proxy that brings every connection to one address, and what it was asked.
fn proxy(to: SocketAddr) -> (Acceptor, Arc<Mutex<Vec<String>>>) {
    let asked = Arc::<Mutex<Vec<String>>>::default();
    let heads = Arc::clone(&asked);
    let acceptor = Acceptor::start(move |mut client| {
        let (mut head, mut byte) = (Vec::new(), [0]);
        while !head.ends_with(b"\r\n\r\n") && client.read(&mut byte).unwrap() > 0 {
            head.extend(byte);
        }
        heads.lock().unwrap().push(String::from_utf8(head).unwrap());
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").unwrap();
        let server = TcpStream::connect(to).unwrap();
        for (mut from, mut to) in
            [(client.try_clone().unwrap(), server.try_clone().unwrap()), (server, client)]
        {
            thread::spawn(move || io::copy(&mut from, &mut to));
        }
    });
    (acceptor.unwrap(), asked)
}

#[test]
fn a_proxy_is_asked_for_the_connection_except_for_hosts_that_are_listed() {
    let service = Service::start(vec![fine()]);
    let (acceptor, asked) = proxy(service.address);
    let address = acceptor.address();
    let event = r#"{"service":"dynamodb","action":"GetItem","input":{}}"#;
    let read = |endpoint: &str, except: &str| {
        let lambda = service
            .any()
            .env("AWS_ENDPOINT_URL", endpoint)
            .env("http_proxy", format!("http://ada:hunter2@{address}/"))
            .env("no_proxy", except);
        lambda.build().invoke("action", event).unwrap().json::<String>().unwrap()
    };
    assert_eq!(read("http://aws.invalid:8000", ""), "done: ");
    assert_eq!(read(&format!("http://{}", service.address), ""), "done: ");
    let told = read("http://aws.invalid:8000", "other, .invalid");
    assert!(told.starts_with("Aws.NotSent") && told.contains("aws.invalid"), "{told}");
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].starts_with("CONNECT aws.invalid:8000 HTTP/1.1\r\n"), "{}", asked[0]);
    assert!(asked[0].contains("proxy-authorization: Basic YWRhOmh1bnRlcjI=\r\n"), "{}", asked[0]);
}

/// `SnapStart` restores copies of a process. Tokens and owners are made as these ids are.
#[test]
fn copies_of_a_process_have_different_ids() {
    fn id() -> String {
        otel::span("copied", otel::traceparent).unwrap_or_default()
    }
    fn id_of_a_copy() -> String {
        let mut command = Command::new("true");
        let say = || {
            let mut out = File::options().write(true).open("/dev/stdout")?;
            out.write_all(id().as_bytes())
        };
        // SAFETY: no other thread of this test has a lock that this takes.
        #[allow(unsafe_code, reason = "nothing else copies a process")]
        unsafe {
            command.pre_exec(say)
        };
        let output = command.stdout(Stdio::piped()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    }
    let ids = [id(), id_of_a_copy(), id_of_a_copy(), id_of_a_copy(), id()];
    for (at, id) in ids.iter().enumerate() {
        assert!(id.len() == 55 && !ids[..at].contains(id), "{ids:?}");
    }
}
