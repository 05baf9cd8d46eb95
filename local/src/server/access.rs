//! Access: requests of programs and pages of this machine are served, those of pages of other sites
//! are refused, except navigations to a function.

use crate::http::HttpRequest;
use std::net::SocketAddr;

/// Why a request is refused: one to a function, and one to the tool.
const NO_FUNCTION: &str = "a page of another site may not run functions here, and the Origin or \
    Sec-Fetch-Site of this request is that of one; a page of this machine may, such as one of \
    http://localhost:5173";
const NO_TOOL: &str = "a page of another site may not run functions here";

/// Checks `Host`, `Origin` and `Sec-Fetch-Site`. Returns the function that the host name stands
/// for, or why the request is refused.
///
/// A page of another site can send requests to 127.0.0.1. Its `Origin` shows it, or, for a GET
/// without one, `Sec-Fetch-Site`. With a name of its own that it points to 127.0.0.1 (DNS
/// rebinding), the `Host` shows it.
///
/// A login or a payment leads back to a function from another site, with GET or with a form's POST.
/// The browser's window goes there and the other page sees nothing of the response, so a function
/// gets it, as it would from a function URL. The page and the Invoke API have no such visitors.
pub(super) fn check(
    request: &HttpRequest,
    address: SocketAddr,
    is_function: bool,
) -> Result<Option<String>, String> {
    let host = request.value_of("host").unwrap_or_default();
    let Some(name) = local_name(host) else {
        return Err(format!(
            "the Host of this request is not this machine: use 127.0.0.1:{}, localhost, or HANDLER.localhost",
            address.port()
        ));
    };
    let start = name.len().checked_sub(SUFFIX.len());
    let function = start.and_then(|start| name.split_at_checked(start));
    let function = function.filter(|(_, suffix)| suffix.eq_ignore_ascii_case(SUFFIX));
    let function = function.map(|(function, _)| function.to_owned());
    let (is_permitted, refusal) = if is_function || function.is_some() {
        (is_navigation(request) || function_permits(request, host), NO_FUNCTION)
    } else {
        (tool_permits(request, host), NO_TOOL)
    };
    if is_permitted { Ok(function) } else { Err(refusal.to_owned()) }
}

/// The window of the browser goes to another page. A frame in a page does not count: its user may
/// not see it.
fn is_navigation(request: &HttpRequest) -> bool {
    let has_mode = request.values_of("sec-fetch-mode").next().is_some();
    has_mode
        && request.values_of("sec-fetch-mode").all(|mode| mode == "navigate")
        && request.values_of("sec-fetch-dest").all(|dest| dest == "document")
}

/// A function may be called by other pages of this machine, as from a development server.
fn function_permits(request: &HttpRequest, host: &str) -> bool {
    let mut origins = request.values_of("origin").peekable();
    let has_origin = origins.peek().is_some();
    let is_local = |origin: &str| {
        host_of(origin).is_some_and(|other| other == host || local_name(other).is_some())
    };
    let mut sites = request.values_of("sec-fetch-site");
    let is_of_site = sites.all(|site| matches!(site, "same-origin" | "same-site" | "none"));
    origins.all(is_local) && (has_origin || is_of_site)
}

/// Other pages of this machine, such as those of functions, may not use the tool. A program sends
/// none of these headers. If one is repeated, no value hides another.
fn tool_permits(request: &HttpRequest, host: &str) -> bool {
    request.values_of("origin").all(|origin| host_of(origin) == Some(host))
        && request.values_of("sec-fetch-site").all(|site| matches!(site, "same-origin" | "none"))
}

fn host_of(origin: &str) -> Option<&str> {
    origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"))
}

/// The end of the host names of functions.
const SUFFIX: &str = ".localhost";

/// The host without its port, if it is this machine.
fn local_name(host: &str) -> Option<&str> {
    if let Some(rest) = host.strip_prefix("[::1]") {
        return is_port(rest).then_some("[::1]");
    }
    let end = host.find(':').unwrap_or(host.len());
    let (name, port) = host.split_at(end);
    let lower = name.to_ascii_lowercase();
    let is_local = name == "127.0.0.1" || lower == "localhost" || lower.ends_with(SUFFIX);
    (is_local && is_port(port)).then_some(name)
}

fn is_port(text: &str) -> bool {
    text.is_empty() || text.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(headers: &[(&str, &str)]) -> Result<Option<String>, String> {
        let mut request = HttpRequest::new("POST", "/");
        request.headers = headers.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        check(&request, "127.0.0.1:9000".parse().unwrap(), false)
    }

    #[test]
    fn this_machine_may_ask() {
        for host in ["127.0.0.1:9000", "localhost:9000", "[::1]:9000", "localhost"] {
            assert_eq!(checked(&[("host", host)]), Ok(None));
            let origin = format!("http://{host}");
            assert_eq!(checked(&[("host", host), ("origin", &origin)]), Ok(None));
        }
        let host = ("host", "todo.http.localhost:9000");
        assert_eq!(checked(&[host]), Ok(Some("todo.http".to_owned())));
        let front_end = ("origin", "http://localhost:5173");
        assert_eq!(checked(&[host, front_end]), Ok(Some("todo.http".to_owned())));
    }

    #[test]
    fn other_sites_may_not() {
        let host = ("host", "127.0.0.1:9000");
        for headers in [
            &[] as &[_],
            &[("host", "evil.example")],
            &[("host", "127.0.0.1.evil.example:9000")],
            &[("host", "localhost.evil.example")],
            &[("host", "127.0.0.1:9000@evil.example")],
            &[host, ("origin", "http://evil.example")],
            &[host, ("origin", "null")],
            &[host, ("origin", "http://localhost:5173")],
            &[host, ("origin", "http://127.0.0.1:9000.evil.example")],
            &[host, ("sec-fetch-site", "cross-site")],
            &[host, ("sec-fetch-site", "Same-Origin")],
            &[host, ("sec-fetch-site", "none"), ("sec-fetch-site", "cross-site")],
            &[host, ("origin", "http://127.0.0.1:9000"), ("Origin", "http://evil.example")],
            &[("host", "todo.http.localhost:9000"), ("origin", "http://evil.example")],
            &[("host", "todo.http.localhost:9000"), ("sec-fetch-site", "cross-site")],
            &[("host", "todo.http.localhost:9000"), ("sec-fetch-site", "Cross-Site")],
            &[
                ("host", "todo.http.localhost:9000"),
                ("sec-fetch-site", "cross-site"),
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-mode", "no-cors"),
            ],
        ] {
            assert!(checked(headers).is_err(), "{headers:?}");
        }
        let host = ("host", "todo.http.localhost:9000");
        let refusal = checked(&[host, ("origin", "https://shop.example")]).unwrap_err();
        assert!(refusal.contains("the Origin") && refusal.contains("localhost:5173"), "{refusal}");
    }
}
