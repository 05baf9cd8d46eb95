//! The event of each front end for a request, and its response as a client gets it.

use minilambda_local::{HttpRequest, HttpResponse, Invocation};

pub use minilambda_local::FrontEnd;

pub const ALL: [FrontEnd; FrontEnd::ALL.len()] = FrontEnd::ALL;

/// A request as a client writes it.
pub struct Sent {
    pub method: &'static str,
    /// Percent-encoded.
    pub path: &'static str,
    /// Percent-encoded.
    pub query: &'static str,
    pub headers: &'static [(&'static str, &'static str)],
    pub cookies: &'static [&'static str],
    pub body: &'static [u8],
}

pub const SIMPLE: Sent =
    Sent { method: "GET", path: "/echo/a", query: "", headers: &[], cookies: &[], body: b"" };

/// The event of a front end for a request.
pub fn event(front_end: FrontEnd, sent: &Sent) -> Vec<u8> {
    let mut request = HttpRequest::new(sent.method, sent.path).body(sent.body);
    sent.query.clone_into(&mut request.query);
    request = request.header("Host", "pets.example");
    for (name, value) in sent.headers {
        request = request.header(name, value);
    }
    if !sent.cookies.is_empty() {
        request = request.header("Cookie", &sent.cookies.join("; "));
    }
    request.event(front_end)
}

/// A response as a client gets it.
#[derive(Debug, PartialEq)]
pub struct Received {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub cookies: Vec<String>,
    pub body: Vec<u8>,
}

pub fn received(front_end: FrontEnd, response: &[u8]) -> Received {
    let response = HttpResponse::new(front_end, Invocation::of_response(response));
    let cookies = response.cookies().into_iter().map(str::to_owned).collect();
    let mut headers = response.headers;
    headers.retain(|(name, _)| !name.eq_ignore_ascii_case("set-cookie"));
    headers.sort();
    Received { status: response.status, headers, cookies, body: response.body }
}
