//! An extension for the tests: it writes down its events and the records that it gets.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;
use std::{env, process, thread};

/// Writes a line to the file of the test, in one piece.
fn note(line: &str) {
    let path = env::var("EXTENSION_OUT").unwrap();
    let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(format!("{line}\n").as_bytes()).unwrap();
}

/// Sends a request to the API. Returns the head and the body of the response.
fn ask(line: &str, headers: &str, body: &str) -> (String, String) {
    let address = env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let mut stream = TcpStream::connect(&address).unwrap();
    let length = body.len();
    let head = format!(
        "{line} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}Content-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(body.as_bytes()).unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_default();
    (head.to_owned(), body.to_owned())
}

fn register(name: &str, events: &str) -> (String, String) {
    let headers =
        format!("Lambda-Extension-Name: {name}\r\nLambda-Extension-Accept-Feature: accountId\r\n");
    ask("POST /2020-01-01/extension/register", &headers, &format!("{{\"events\":[{events}]}}"))
}

/// Asks for an event, and leaves before it comes.
fn abandon(header: &str) {
    let address = env::var("AWS_LAMBDA_RUNTIME_API").unwrap();
    let mut stream = TcpStream::connect(&address).unwrap();
    let line = "GET /2020-01-01/extension/event/next HTTP/1.1";
    write!(stream, "{line}\r\nHost: {address}\r\n{header}\r\n").unwrap();
}

fn subscribe(id: &str, protocol: &str, port: u16, timeout: u32) -> (String, String) {
    let body = format!(
        r#"{{"schemaVersion":"2025-01-29","types":["platform","function","extension"],
            "buffering":{{"maxItems":1000,"maxBytes":262144,"timeoutMs":{timeout}}},
            "destination":{{"protocol":"{protocol}","URI":"http://sandbox.localdomain:{port}/"}}}}"#
    );
    let id = if id.is_empty() { id } else { &format!("Lambda-Extension-Identifier: {id}\r\n") };
    ask("PUT /2022-07-01/telemetry", id, &body)
}

/// Accepts batches of records; the first one only when it comes again.
fn accept(listener: &TcpListener) {
    for (number, stream) in listener.incoming().enumerate() {
        let mut stream = stream.unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            if let Some(value) = line.strip_prefix("Content-Length: ") {
                length = value.trim().parse().unwrap();
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let status = if number == 0 { "500 Try Again" } else { "200 OK" };
        if number > 0 {
            note(&format!("records {}", String::from_utf8(body).unwrap()));
        }
        let response = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(response.as_bytes()).unwrap();
    }
}

fn main() {
    let mode = env::var("EXTENSION").unwrap_or_default();
    let path = env::args().next().unwrap();
    let name = Path::new(&path).file_name().unwrap().to_str().unwrap();
    note(&format!("process {}", process::id()));
    note(&format!("handler {}", env::var("_HANDLER").is_ok()));
    if mode == "crash" {
        process::exit(3);
    }
    let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    if mode == "refusals" {
        for (head, body) in [
            register("", ""),
            register(name, "\"SLEEP\""),
            register("thread", "\"SHUTDOWN\""),
            subscribe("nobody", "HTTP", 1, 25),
            subscribe("", "HTTP", 1, 25),
        ] {
            note(&format!("refused {} {body}", first(&head)));
        }
    }
    let (head, body) = register(name, "\"INVOKE\",\"SHUTDOWN\"");
    note(&format!("registered {body}"));
    let id = head.lines().find_map(|line| line.strip_prefix("Lambda-Extension-Identifier: "));
    let header = format!("Lambda-Extension-Identifier: {}\r\n", id.unwrap());
    let error = format!("{header}Lambda-Extension-Function-Error-Type: Shop.NoKey\r\n");
    if mode.starts_with("init-error") {
        ask("POST /2020-01-01/extension/init/error", &error, "");
        if mode == "init-error" {
            process::exit(1);
        }
    }
    if mode == "twice" {
        // The second subscription replaces this one before its first batch is due.
        let other = TcpListener::bind("127.0.0.1:0").unwrap();
        subscribe(id.unwrap(), "HTTP", other.local_addr().unwrap().port(), 30_000);
        thread::spawn(move || other.accept().map(|_| note("a batch for the first subscription")));
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || accept(&listener));
    if mode == "refusals" {
        for (head, body) in [register(name, ""), subscribe(id.unwrap(), "TCP", port, 25)] {
            note(&format!("refused {} {body}", first(&head)));
        }
    }
    let (head, body) = subscribe(id.unwrap(), "HTTP", port, 25);
    note(&format!("subscribed {} {body}", first(&head)));
    loop {
        let (_, event) = ask("GET /2020-01-01/extension/event/next", &header, "");
        note(&format!("event {event}"));
        if event.contains("SHUTDOWN") {
            let path = env::var("EXTENSION_OUT").unwrap();
            let records = fs::read_to_string(path).unwrap();
            note(&format!("had the last report {}", records.contains("platform.report")));
            return;
        }
        match &*mode {
            "slow" => {
                thread::sleep(Duration::from_millis(200));
                println!("the extension is ready");
            }
            "crash-later" => process::exit(4),
            "exit-error-stays" => {
                ask("POST /2020-01-01/extension/exit/error", &error, "");
            }
            "hang" => thread::sleep(Duration::from_secs(60)),
            // Not before the first event, which may be there already: what is given up while an
            // event is sent is lost.
            "impatient" => {
                (0..5).for_each(|_| abandon(&header));
                note("asks again");
            }
            "refusals" => {
                for (head, body) in [register("late", ""), subscribe(id.unwrap(), "HTTP", port, 25)]
                {
                    note(&format!("refused {} {body}", first(&head)));
                }
            }
            _ => {}
        }
    }
}
