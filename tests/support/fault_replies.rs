//! Wrong replies of the service.

use super::fault_table::Then;
use super::faulty_api::FREEZE;
use minilambda_local::script::Step;
use std::time::Duration;

/// A reply: a head to which lines may be added, and a body.
pub struct Reply {
    status: &'static str,
    headers: &'static str,
    body: &'static str,
}

pub const EVENT: Reply =
    Reply { status: "200 OK", headers: "Lambda-Runtime-Aws-Request-Id: 2\r\n", body: "\"Fault\"" };
pub const ACCEPTED: Reply =
    Reply { status: "202 Accepted", headers: "", body: "{\"status\":\"OK\"}" };

pub const RESTORED: Reply = Reply { status: "200 OK", headers: "", body: "{\"status\":\"OK\"}" };
pub const REGISTERED: Reply = Reply {
    status: "200 OK",
    headers: "Lambda-Extension-Identifier: extension-1\r\n",
    body: "{\"functionName\":\"shop\"}",
};

impl Reply {
    /// Returns it with lines added to the head, and a body.
    fn with(&self, lines: &str, rest: &str) -> Vec<u8> {
        format!("HTTP/1.1 {}\r\n{}{lines}\r\n{rest}", self.status, self.headers).into_bytes()
    }

    fn whole(&self) -> Vec<u8> {
        self.with(&format!("Content-Length: {}\r\n", self.body.len()), self.body)
    }

    /// Returns its first bytes.
    fn part(&self, bytes: usize) -> Vec<u8> {
        self.whole()[..bytes].to_vec()
    }

    fn head(&self) -> Vec<u8> {
        self.part(self.whole().len() - self.body.len())
    }
}

/// The expected result, for an event and for the response to a POST.
pub type Outcomes = (Then, Then);

pub type Fault = (&'static str, Vec<Step>, Outcomes);

pub fn faults(reply: &Reply) -> Vec<Fault> {
    let lists = [cut(reply), framing(reply), heads(reply), statuses(reply), time(reply)];
    lists.into_iter().flatten().collect()
}

/// Connections that end too soon, or later than they should.
fn cut(reply: &Reply) -> Vec<Fault> {
    use Then::{AskedAgain, Ends, Lost, Truncated, Unnoticed};
    let closed = |bytes| vec![Step::ReadAll, Step::Send(bytes), Step::Close];
    let reset = |bytes| vec![Step::ReadAllButOne, Step::Send(bytes), Step::Reset];
    let all = reply.whole().len();
    let unfinished = (Ends, Lost);
    // Of a stream's reply the status is enough.
    let headless = (Truncated, Unnoticed);
    let closing = format!("Connection: close\r\nContent-Length: {}\r\n", reply.body.len());
    vec![
        ("closed before a byte", vec![Step::ReadAll, Step::Close], (AskedAgain, Lost)),
        ("reset before a byte", vec![Step::ReadAllButOne, Step::Reset], (AskedAgain, Lost)),
        ("closed within the status line", closed(reply.part(10)), unfinished),
        ("reset within the status line", reset(reply.part(10)), unfinished),
        ("closed within the head", closed(reply.part(30)), unfinished),
        ("reset within the head", reset(reply.part(30)), unfinished),
        ("closed behind the head", closed(reply.head()), headless),
        ("reset behind the head", reset(reply.head()), headless),
        ("closed within the body", closed(reply.part(all - 3)), headless),
        ("reset within the body", reset(reply.part(all - 3)), headless),
        ("closed behind the body, without a word", closed(reply.whole()), (Lost, Unnoticed)),
        (
            "closed behind the body, as announced",
            closed(reply.with(&closing, reply.body)),
            (Unnoticed, Unnoticed),
        ),
    ]
}

/// Ways to give the length of a body.
#[allow(clippy::too_many_lines, reason = "a list of faults")]
fn framing(reply: &Reply) -> Vec<Fault> {
    use Then::{Ends, Truncated, Unnoticed};
    let fine = (Unnoticed, Unnoticed);
    let broken = (Truncated, Unnoticed);
    let send = |bytes| vec![Step::ReadAll, Step::Send(bytes)];
    let close = |bytes| vec![Step::ReadAll, Step::Send(bytes), Step::Close];
    let chunked = |rest: &str| reply.with("Transfer-Encoding: chunked\r\n", rest);
    let (body, size) = (reply.body, reply.body.len());
    let length = |value: &str| reply.with(&format!("Content-Length: {value}\r\n"), body);
    let (one, rest) = body.split_at(1);
    let left = size - 1;
    let endless = |start: &str, line: &str| {
        vec![Step::ReadAll, Step::Send(chunked(start)), Step::SendForever(line.as_bytes().to_vec())]
    };
    vec![
        ("chunked", send(chunked(&format!("1\r\n{one}\r\n{left:X}\r\n{rest}\r\n0\r\n\r\n"))), fine),
        (
            "chunks with an extension",
            send(chunked(&format!("{size:x};a=\"b\"\r\n{body}\r\n0;c\r\n\r\n"))),
            fine,
        ),
        (
            "chunks with an extension of 40 bytes",
            send(chunked(&format!("{size:x};{}\r\n{body}\r\n0\r\n\r\n", "a".repeat(40)))),
            broken,
        ),
        (
            "chunks with trailers",
            send(chunked(&format!("{size:x}\r\n{body}\r\n0\r\nA: b\r\nC: d\r\n\r\n"))),
            fine,
        ),
        (
            "a chunk's size is no number",
            send(chunked(&format!("five\r\n{body}\r\n0\r\n\r\n"))),
            broken,
        ),
        (
            "a chunk's size is larger than 64 bits",
            send(chunked(&format!("{}\r\n", "f".repeat(17)))),
            broken,
        ),
        ("closed within a chunk", close(chunked(&format!("{size:x}\r\n{one}"))), broken),
        ("closed within a chunk's size", close(chunked("1")), broken),
        ("a chunk's size that never ends", endless("", "0"), broken),
        (
            "trailers that never end",
            endless("0\r\n", &format!("a: {}\r\n", "b".repeat(1000))),
            broken,
        ),
        (
            "chunks that never end",
            endless("", &format!("2000\r\n{}\r\n", "b".repeat(0x2000))),
            broken,
        ),
        (
            "a body without a length that never ends",
            vec![
                Step::ReadAll,
                Step::Send(reply.with("", body)),
                Step::SendForever(vec![b'x'; 1000]),
            ],
            (Truncated, Unnoticed),
        ),
        ("Content-Length too small", send(length(&left.to_string())), fine),
        ("Content-Length too large, then closed", close(length("99")), broken),
        ("Content-Length of an exabyte, then closed", close(length("1000000000000000000")), broken),
        ("Content-Length negative", send(length("-1")), (Ends, Unnoticed)),
        ("Content-Length a text", send(length("seven")), (Ends, Unnoticed)),
        (
            "Content-Length twice, and not the same",
            send(length("7\r\nContent-Length: 8")),
            (Ends, Unnoticed),
        ),
        ("no Content-Length, closed behind the body", close(reply.with("", body)), fine),
        (
            "no Content-Length, closed after a while",
            vec![
                Step::ReadAll,
                Step::Send(reply.with("", body)),
                Step::Wait(Duration::from_millis(300)),
                Step::Close,
            ],
            fine,
        ),
        (
            "no Content-Length, reset within the body",
            vec![
                Step::ReadAllButOne,
                Step::Send(reply.with("", body)),
                Step::Wait(Duration::from_millis(50)),
                Step::Reset,
            ],
            (Truncated, Unnoticed),
        ),
        (
            "Transfer-Encoding: identity, and Content-Length",
            send(
                reply.with(
                    &format!("Transfer-Encoding: identity\r\nContent-Length: {size}\r\n"),
                    body,
                ),
            ),
            fine,
        ),
        ("two replies at once", send([reply.whole(), reply.whole()].concat()), fine),
    ]
}

/// This many header lines, each with its own name.
fn different(count: usize) -> String {
    let lines: Vec<_> = (0..count).map(|number| format!("A-{number}: b\r\n")).collect();
    lines.concat()
}

/// Heads that are large, or none.
fn heads(reply: &Reply) -> Vec<Fault> {
    use Then::{Ends, Lost, Unnoticed};
    let fine = (Unnoticed, Unnoticed);
    let broken = (Ends, Lost);
    let send = |bytes: Vec<u8>| vec![Step::ReadAll, Step::Send(bytes)];
    let slowly = |bytes: Vec<u8>| vec![Step::ReadAll, Step::SendSlowly(bytes)];
    let garbage = |bytes: &[u8]| vec![Step::ReadAll, Step::Send(bytes.to_vec()), Step::Close];
    let padded = |lines: String| {
        let length = format!("Content-Length: {}\r\n", reply.body.len());
        reply.with(&(lines + &length), reply.body)
    };
    let text = String::from_utf8(reply.whole()).unwrap();
    vec![
        ("a head of 60 KiB", send(padded(format!("A: {}\r\n", "b".repeat(60 * 1024)))), fine),
        ("a head of over 64 KiB", send(padded(format!("A: {}\r\n", "b".repeat(64 * 1024)))), fine),
        (
            "a head of over 256 KiB",
            send(padded(format!("A: {}\r\n", "b".repeat(256 * 1024)))),
            broken,
        ),
        ("1000 headers", send(padded("A: b\r\n".repeat(1000))), fine),
        ("150 different headers", send(padded(different(150))), fine),
        ("1000 headers, byte by byte", slowly(padded("A: b\r\n".repeat(1000))), fine),
        ("200 KiB of headers", send(padded("A: 789012345678\r\n".repeat(12_000))), fine),
        (
            "headers that never end",
            vec![
                Step::ReadAll,
                Step::Send(reply.part(30)),
                Step::SendForever(b"\r\nA: b".to_vec()),
            ],
            broken,
        ),
        (
            "a head that never ends",
            vec![Step::ReadAll, Step::Send(reply.part(30)), Step::SendForever(b"a".to_vec())],
            broken,
        ),
        ("a text instead of HTTP", garbage(b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n"), broken),
        ("zeros instead of HTTP", garbage(&[0; 1000]), broken),
        ("TLS instead of HTTP", garbage(b"\x15\x03\x01\0\x02\x02\x16"), broken),
        ("a status that is no number", garbage(b"HTTP/1.1 abc\r\n\r\n"), broken),
        (
            "empty lines that never end",
            vec![Step::ReadAll, Step::SendForever(b"\r\n".to_vec())],
            broken,
        ),
        ("HTTP/1.0", send(text.replace("HTTP/1.1", "HTTP/1.0").into_bytes()), fine),
    ]
}

fn statuses(reply: &Reply) -> Vec<Fault> {
    use Then::{AskedAgain, Ends, Lost, Refused, Unnoticed};
    let fine = (Unnoticed, Unnoticed);
    let first = |line: &str| {
        vec![Step::ReadAll, Step::Send([line.as_bytes(), b"\r\n\r\n", &reply.whole()].concat())]
    };
    let status = |status: &str| {
        let text = format!("HTTP/1.1 {status}\r\nContent-Length: 3\r\n\r\nwhy");
        vec![Step::ReadAll, Step::Send(text.into_bytes())]
    };
    let bare = |status: &str| {
        vec![Step::ReadAll, Step::Send(format!("HTTP/1.1 {status}\r\n\r\n").into_bytes())]
    };
    let refused = |code| (Ends, Refused(code));
    vec![
        ("100 before the reply", first("HTTP/1.1 100 Continue"), fine),
        (
            "100 twice before the reply",
            first("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue"),
            fine,
        ),
        ("100 with headers before the reply", first("HTTP/1.1 100 Continue\r\nA: b"), fine),
        (
            "100, and then closed",
            vec![Step::ReadAll, Step::Send(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()), Step::Close],
            (AskedAgain, Lost),
        ),
        ("103 before the reply", first("HTTP/1.1 103 Early Hints\r\nLink: </a>"), fine),
        (
            "103 with 1000 headers before the reply",
            first(&format!("HTTP/1.1 103 Early Hints{}", "\r\nLink: </a>".repeat(1000))),
            fine,
        ),
        ("101", bare("101 Switching Protocols"), refused("101")),
        ("204 without a body", bare("204 No Content"), (Ends, Unnoticed)),
        ("204 with a length", bare("204 No Content\r\nContent-Length: 3"), (Ends, Unnoticed)),
        ("304 with a length", bare("304 Not Modified\r\nContent-Length: 3"), refused("304")),
        ("301", status("301 Moved\r\nLocation: /elsewhere"), refused("301")),
        ("304 without a body", bare("304 Not Modified"), refused("304")),
        ("400", status("400 Bad Request"), refused("400")),
        ("403", status("403 Forbidden"), refused("403")),
        ("404", status("404 Not Found"), refused("404")),
        ("410", status("410 Gone"), refused("410")),
        ("413", status("413 Too Large"), refused("413")),
        ("429", status("429 Too Many"), refused("429")),
        ("500", status("500 Container Error"), (Ends, Ends)),
        ("503", status("503 Unavailable"), (Ends, Ends)),
    ]
}

fn time(reply: &Reply) -> Vec<Fault> {
    use Then::{AskedAgain, EndsNext, Lost, Unnoticed};
    let fine = (Unnoticed, Unnoticed);
    let all = reply.whole();
    let (first, second) = all.split_at(all.len() - 5);
    let send = |bytes: &[u8]| Step::Send(bytes.to_vec());
    vec![
        ("byte by byte", vec![Step::ReadAll, Step::SendSlowly(all.clone())], fine),
        ("frozen before it", vec![Step::ReadAll, FREEZE, send(&all), Step::Thaw], fine),
        (
            "frozen within it",
            vec![Step::ReadAll, send(first), FREEZE, send(second), Step::Thaw],
            fine,
        ),
        ("frozen behind it", vec![Step::ReadAll, send(&all), FREEZE, Step::Thaw], fine),
        (
            "late bytes after it",
            vec![Step::ReadAll, send(&all), Step::Wait(Duration::from_millis(50)), send(b"late")],
            (Lost, EndsNext),
        ),
        (
            "frozen, and closed meanwhile",
            vec![Step::ReadAll, FREEZE, Step::Close, Step::Thaw],
            (AskedAgain, Lost),
        ),
    ]
}
