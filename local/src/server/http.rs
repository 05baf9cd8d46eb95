//! HTTP requests to a function, over a socket.

use super::output::Output;
use super::sending::{self, How, Sent};
use super::site::{Incoming, Site};
use crate::error::{Error, ErrorKind};
use crate::front_end::{self, FrontEnd, Head, Prelude};
use crate::journal::Asked;
use crate::supervisor::Part;
use std::io;
use std::sync::Arc;

pub(super) fn serve(out: &mut Output, site: &Site, incoming: &Incoming) -> io::Result<()> {
    let handler = incoming.function.as_deref().unwrap_or_default();
    if let Err(reason) = site.wait_for_program() {
        let text = ("Content-Type", "text/plain; charset=utf-8");
        return out.send("500 Build Failed", &[text], reason.as_bytes());
    }
    let found = site.lambda.find_host(handler);
    let handler = found.as_deref().unwrap_or(handler);
    let gateway = site.gateway();
    let front_end = gateway.front_end;
    let id = crate::ids::uuid();
    let asked = Asked { request: Arc::clone(&incoming.request), gateway };
    let mut stream =
        Stream { out, id: &id, front_end, prelude: None, has_begun: false, result: Ok(()) };
    let result = sending::send(site, handler, &asked, &id, How::default(), &mut |part| {
        stream.part(part);
    });
    let Stream { has_begun, result: written, .. } = stream;
    match result {
        Ok(Sent::Refused(head, body)) => send(out, &head, &id, &body),
        Ok(Sent::Ran(invocation)) if has_begun => {
            written?;
            // Without its last chunk the client sees that the stream was broken off.
            if invocation.failure.is_none() { out.end() } else { Err(io::ErrorKind::Other.into()) }
        }
        Ok(Sent::Ran(invocation)) => {
            let (head, body) = asked.gateway.response(&incoming.request, &invocation);
            send(out, &head, &id, &body)
        }
        Err(error) => {
            let (head, body) = failed(front_end, &error);
            send(out, &head, &id, &body)
        }
    }
}

fn failed(front_end: FrontEnd, error: &Error) -> (Head, Vec<u8>) {
    let (mut head, body) = front_end::refusal(front_end, &error.to_string());
    let text = |status| Head {
        status,
        headers: vec![("content-type".to_owned(), "text/plain; charset=utf-8".to_owned())],
    };
    match error.kind() {
        ErrorKind::NoSuchHandler => (text(404), format!("{error}\n").into_bytes()),
        ErrorKind::EventTooLarge => (text(413), format!("{error}\n").into_bytes()),
        ErrorKind::Throttled if front_end == FrontEnd::FunctionUrl => {
            head.status = 429;
            (head, body)
        }
        _ => (head, body),
    }
}

fn send(out: &mut Output, head: &Head, id: &str, body: &[u8]) -> io::Result<()> {
    let headers = headers(head, id);
    out.send(&status_line(head.status), &headers, body)
}

fn headers<'a>(head: &'a Head, id: &'a str) -> Vec<(&'a str, &'a str)> {
    const ID: &str = "x-amzn-requestid";
    // One of the function's would be a second one.
    let is_other = |(name, _): &&(String, String)| !name.eq_ignore_ascii_case(ID);
    let others = head.headers.iter().filter(is_other);
    let mut headers: Vec<_> = others.map(|(k, v)| (&**k, &**v)).collect();
    headers.push((ID, id));
    headers
}

fn status_line(status: u16) -> String {
    let reason = match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        301 => "Moved Permanently",
        302 => "Found",
        303 => "See Other",
        304 => "Not Modified",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        _ => "Status",
    };
    format!("{status} {reason}")
}

/// A response that is sent while it is written.
struct Stream<'a, 'b> {
    out: &'a mut Output<'b>,
    id: &'a str,
    front_end: FrontEnd,
    /// `None` if the response is sent when it is complete.
    prelude: Option<Prelude>,
    has_begun: bool,
    /// The result of writing to the client. The function goes on if the client has left.
    result: io::Result<()>,
}

impl Stream<'_, '_> {
    fn part(&mut self, part: Part) {
        match part {
            Part::Begin { content_type, is_streaming } => {
                let is_streamed = is_streaming && self.front_end.can_stream();
                self.prelude = is_streamed.then(|| Prelude::new(self.front_end, content_type));
            }
            // Each further attempt could wait as long as the first one.
            Part::Bytes(_) if self.result.is_err() => {}
            Part::Bytes(bytes) => self.result = self.bytes(bytes),
        }
    }

    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Some(prelude) = &mut self.prelude else { return Ok(()) };
        if self.has_begun {
            return if prelude.is_refused { Ok(()) } else { self.out.chunk(bytes) };
        }
        let Some((head, body)) = prelude.push(bytes) else { return Ok(()) };
        self.has_begun = true;
        self.out.begin(&status_line(head.status), &headers(&head, self.id))?;
        self.out.chunk(&body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::front_end::INTEGRATION;
    use std::net::{TcpListener, TcpStream};
    use std::time::{Duration, Instant};

    #[test]
    fn a_status_has_its_phrase() {
        for (status, line) in
            [(202, "202 Accepted"), (405, "405 Method Not Allowed"), (599, "599 Status")]
        {
            assert_eq!(status_line(status), line);
        }
    }

    #[test]
    fn a_client_that_reads_nothing_is_waited_for_once() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept().unwrap();
        let limit = Duration::from_millis(500);
        server.set_write_timeout(Some(limit)).unwrap();
        let mut out = Output::new(&server, "GET", false);
        let mut stream = Stream {
            out: &mut out,
            id: "",
            front_end: FrontEnd::FunctionUrl,
            prelude: None,
            has_begun: false,
            result: Ok(()),
        };
        stream.part(Part::Begin { content_type: "text/plain", is_streaming: true });
        let start = Instant::now();
        let part = vec![b'x'; 1024 * 1024];
        for _ in 0..100 {
            stream.part(Part::Bytes(&part));
        }
        assert!(stream.result.is_err());
        assert!(start.elapsed() < limit * 20, "{:?}", start.elapsed());
    }

    #[test]
    fn only_a_front_end_that_can_stream_begins_before_the_end() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (server, _) = listener.accept().unwrap();
        for front_end in FrontEnd::ALL {
            let out = &mut Output::new(&server, "GET", false);
            let (prelude, result) = (None, Ok(()));
            let mut stream = Stream { out, id: "", front_end, prelude, has_begun: false, result };
            stream.part(Part::Begin { content_type: INTEGRATION, is_streaming: true });
            stream.part(Part::Bytes(b"{}\0\0\0\0\0\0\0\0first"));
            let can_stream = ["function-url", "rest-api"].contains(&front_end.name());
            assert_eq!(stream.has_begun, can_stream, "{front_end:?}");
        }
    }
}
