//! Connections without end, without threads and without descriptors: the servers go on.

#[path = "support/running.rs"]
mod running;
mod support;

use minilambda_local::{Lambda, Server};
use running::{Tool, start};
use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, thread};
use support::request;

fn server() -> (Lambda, Server) {
    let lambda = Lambda::example("functions");
    let server = lambda.serve(0).unwrap();
    (lambda, server)
}

fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// Waits for the end of a connection, and returns what came before.
fn rest_of(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes); // a reset is an end, too
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn a_head_that_comes_byte_by_byte_has_ten_seconds_in_all() {
    let (lambda, server) = server();
    let environment = lambda.invoke("environment", "null").unwrap().text();
    let of_program = environment.split("RUNTIME_API\":\"").nth(1).unwrap();
    let of_program = of_program.split('"').next().unwrap().parse().unwrap();
    thread::scope(|scope| {
        for address in [server.address(), of_program] {
            // With a head that never ends, with nothing, and with the second head of a connection.
            for (first, slow) in
                [("", true), ("", false), ("GET /x HTTP/1.1\r\nHost: %\r\n\r\n", true)]
            {
                scope.spawn(move || {
                    let mut stream = connect(address);
                    let first = first.replace('%', &address.to_string());
                    stream.write_all(first.as_bytes()).unwrap();
                    let start = Instant::now();
                    let mut writer = stream.try_clone().unwrap();
                    thread::spawn(move || {
                        let head = "GET / HTTP/1.1\r\na: ".bytes().chain(std::iter::repeat(b'x'));
                        for byte in head.take(if slow { 1000 } else { 0 }) {
                            if writer.write_all(&[byte]).is_err() {
                                return;
                            }
                            thread::sleep(Duration::from_millis(200));
                        }
                    });
                    rest_of(&mut stream);
                    let took = start.elapsed();
                    let expected = Duration::from_secs(9)..Duration::from_secs(20);
                    assert!(expected.contains(&took), "{address} {first:?} {slow}: {took:?}");
                });
            }
        }
    });
    assert_eq!(lambda.invoke("environment", "null").unwrap().report.init, None);
}

#[test]
fn the_257th_connection_is_refused_and_the_next_ones_are_served() {
    let (_lambda, server) = server();
    let mut open: Vec<_> = (0..256).map(|_| connect(server.address())).collect();
    let start = Instant::now();
    // A connection counts from its acceptance, which is soon.
    let refused = loop {
        let mut one = connect(server.address());
        one.write_all(format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", server.address()).as_bytes())
            .unwrap();
        let mut head = [0; 12];
        one.read_exact(&mut head).unwrap();
        if head.starts_with(b"HTTP/1.1 503") {
            break rest_of(&mut one);
        }
        assert!(start.elapsed() < Duration::from_secs(5), "it is served");
    };
    assert!(refused.contains("256 connections are open"), "{refused}");
    open.truncate(200);
    let start = Instant::now();
    while request(server.address(), "GET /favicon.ico", b"").status == 503 {
        assert!(start.elapsed() < Duration::from_secs(5), "it is refused for ever");
    }
    // Those that were open before are served as well.
    for stream in &mut open {
        let head = format!("GET /favicon.ico HTTP/1.1\r\nHost: {}\r\n\r\n", server.address());
        stream.write_all(head.as_bytes()).unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).unwrap();
        assert!(head.starts_with(b"HTTP/1.1 204"));
    }
}

// ---- what the machine does not give

fn tool(name: &str) -> (Tool, Pid) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::create_dir_all(&folder).unwrap();
    let program = Lambda::path_of_example("functions");
    let tool = start(&folder, &[program.to_str().unwrap(), "--timeout", "20"]);
    let id = Pid::from_raw(tool.process.id().try_into().unwrap()).unwrap();
    (tool, id)
}

fn invoke(tool: &Tool) -> (u16, String) {
    let got = request(tool.address(), "POST /2015-03-31/functions/echo/invocations", b"\"a\"");
    (got.status, got.text())
}

fn wait_until(what: &str, is_true: impl Fn() -> bool) {
    let start = Instant::now();
    while !is_true() {
        assert!(start.elapsed() < Duration::from_secs(20), "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// The processor time of a process, in ticks of 10 ms.
fn ticks(id: Pid) -> u64 {
    let stat = fs::read_to_string(format!("/proc/{}/stat", id.as_raw_nonzero())).unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

#[test]
#[cfg(target_os = "linux")]
fn without_descriptors_the_tool_waits_and_says_so() {
    let (tool, id) = tool("without-descriptors");
    assert_eq!(invoke(&tool).0, 200);
    let limit = |most| {
        prlimit(
            Some(id),
            Resource::Nofile,
            Rlimit { current: Some(most), ..getrlimit(Resource::Nofile) },
        )
    };
    let before = limit(40).unwrap();
    let open: Vec<_> = (0..60).map(|_| connect(tool.address())).collect();
    wait_until("nothing is said", || tool.has_said("cannot accept a connection: "));
    let used = ticks(id);
    thread::sleep(Duration::from_secs(1));
    let used = ticks(id) - used;
    assert!(used < 30, "{used} ticks of 100: it spins");
    let said = tool.said.lock().unwrap().matches("cannot accept a connection").count();
    assert_eq!(said, 1, "once in a while");
    drop(open);
    limit(before.current.unwrap()).unwrap();
    wait_until("it is not served again", || invoke(&tool) == (200, "\"a\"".to_owned()));
}

#[test]
#[cfg(target_os = "linux")]
fn without_threads_a_connection_is_refused_and_the_next_is_served() {
    let (tool, id) = tool("without-threads");
    assert_eq!(invoke(&tool).0, 200);
    let status = fs::read_to_string(format!("/proc/{}/status", id.as_raw_nonzero())).unwrap();
    let size = status.lines().find_map(|line| line.strip_prefix("VmSize:")).unwrap();
    let size: u64 = size.trim().trim_end_matches(" kB").parse().unwrap();
    let limit = |most| prlimit(Some(id), Resource::As, Rlimit { current: most, maximum: None });
    // The stack of a thread takes 2 MB of it.
    let before = limit(Some((size + 512) * 1024)).unwrap();
    let got = request(tool.address(), "GET /favicon.ico", b"");
    // The threads of earlier connections may have left their stacks.
    let mut open = Vec::new();
    let start = Instant::now();
    while !tool.has_said("there is no thread") {
        assert!(start.elapsed() < Duration::from_secs(20), "{} {open:?}", got.status);
        open.push(connect(tool.address()));
        thread::sleep(Duration::from_millis(20));
    }
    // It may have been the first one.
    let text = open.last_mut().map_or_else(|| format!("{}{}", got.head, got.text()), rest_of);
    assert!(text.starts_with("HTTP/1.1 503") && text.contains("there is no thread"), "{text}");
    drop(open);
    limit(before.current).unwrap();
    wait_until("it is not served again", || invoke(&tool) == (200, "\"a\"".to_owned()));
}
