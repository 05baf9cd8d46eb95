//! Access: requests of programs and pages of this machine are served, those of pages of other sites are
//! refused.

use crate::http::HttpRequest;
use std::net::SocketAddr;

/// Checks `Host`, `Origin` and `Sec-Fetch-Site`. Returns the function that the host name stands for, or
/// why the request is refused.
///
/// A page of another site can send requests to 127.0.0.1. Its `Origin` shows it, or, for a GET
/// without one, `Sec-Fetch-Site`. With a name of its own that it points to 127.0.0.1 (DNS rebinding),
/// the `Host` shows it.
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
    let function = name.strip_suffix(".localhost").map(str::to_owned);
    if let Some(origin) = request.value_of("origin") {
        let origin_host =
            origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
        let is_local = origin_host.and_then(local_name).is_some();
        // A function may be called by other pages of this machine, as from a development server.
        let is_own = origin_host == Some(host);
        if !is_own && !(is_local && (is_function || function.is_some())) {
            return Err("a page of another site may not run functions here".to_owned());
        }
    }
    if request.value_of("sec-fetch-site") == Some("cross-site")
        && request.value_of("origin").is_none()
    {
        return Err("a page of another site may not run functions here".to_owned());
    }
    Ok(function)
}

/// The host without its port, if it is this machine.
fn local_name(host: &str) -> Option<&str> {
    if let Some(rest) = host.strip_prefix("[::1]") {
        return is_port(rest).then_some("[::1]");
    }
    let end = host.find(':').unwrap_or(host.len());
    let (name, port) = host.split_at(end);
    let is_local = name == "127.0.0.1" || name == "localhost" || name.ends_with(".localhost");
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
            &[("host", "todo.http.localhost:9000"), ("origin", "http://evil.example")],
            &[("host", "todo.http.localhost:9000"), ("sec-fetch-site", "cross-site")],
        ] {
            assert!(checked(headers).is_err(), "{headers:?}");
        }
    }
}
