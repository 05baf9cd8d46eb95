//! A proxy on the way, as the variables that all SDKs read name it: `HTTPS_PROXY`, `HTTP_PROXY`,
//! `NO_PROXY`.

use super::socket::Socket;
use crate::environment::variable;
use crate::error::Error;
use crate::url::Url;
use base64::Engine;
use percent_encoding::percent_decode_str;
use std::io::{Read, Write};
use std::net::IpAddr;

/// The most that a proxy says before the connection is open.
const MAX_HEAD_BYTES: usize = 16 * 1024;

pub(super) struct Proxy {
    pub url: Url,
    /// The value of `proxy-authorization`.
    authorization: Option<String>,
}

/// Returns the proxy for a URL, if there is one. Hosts of this machine and of its links have none.
pub(super) fn for_url(url: &Url) -> Result<Option<Proxy>, Error> {
    let either = |upper: &str| variable(upper).or_else(|| variable(&upper.to_lowercase()));
    let name = if url.is_tls { "HTTPS_PROXY" } else { "HTTP_PROXY" };
    let Some(text) = either(name).or_else(|| either("ALL_PROXY")) else { return Ok(None) };
    let (host, _) = url.host_and_port();
    if is_near(host) || is_excepted(host, &either("NO_PROXY").unwrap_or_default()) {
        return Ok(None);
    }
    let (scheme, rest) = text.split_once("://").unwrap_or(("http", &text));
    let (user, rest) =
        rest.rsplit_once('@').map_or((None, rest), |(user, rest)| (Some(user), rest));
    let base = format!("{scheme}://{}", rest.trim_end_matches('/'));
    let mut url = Url::base(&base, name)?;
    if url.is_tls {
        return Err(Error::new(
            "Aws.InvalidRequest",
            format!("{name}: a proxy over TLS is not supported"),
        ));
    }
    url.path.clear();
    let authorization = user.map(|user| {
        let user: Vec<u8> = percent_decode_str(user).collect();
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(user))
    });
    Ok(Some(Proxy { url, authorization }))
}

fn is_near(host: &str) -> bool {
    match host.parse() {
        Ok(IpAddr::V4(ip)) => ip.is_loopback() || ip.is_link_local(),
        // AWS has its endpoints on a link, such as that of credentials, in fd00:ec2::/32.
        Ok(IpAddr::V6(ip)) => {
            let is_aws = ip.segments().starts_with(&[0xfd00, 0x0ec2]);
            ip.is_loopback() || ip.is_unicast_link_local() || is_aws
        }
        Err(_) => host == "localhost",
    }
}

/// Whether a host is in a list of hosts, and of domains with or without a dot before them.
fn is_excepted(host: &str, list: &str) -> bool {
    list.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        let entry = entry.trim_start_matches('*').trim_start_matches('.').to_ascii_lowercase();
        let before = host.strip_suffix(&*entry);
        entry.is_empty() || before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    })
}

impl Proxy {
    /// Asks for a connection to a host.
    pub fn ask(&self, socket: &mut Socket, host: &str, port: u16) -> Result<(), String> {
        let fail = |error: std::io::Error| format!("the proxy {}: {error}", self.url.host);
        let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
        let mut head = format!("CONNECT {host}:{port} HTTP/1.1\r\nhost: {host}:{port}\r\n");
        if let Some(authorization) = &self.authorization {
            head.extend(["proxy-authorization: ", authorization, "\r\n"]);
        }
        head.push_str("\r\n");
        socket.write_all(head.as_bytes()).map_err(fail)?;
        // Byte by byte, so that nothing of what follows is taken.
        let (mut received, mut byte) = (Vec::new(), [0]);
        while !received.ends_with(b"\r\n\r\n") && received.len() < MAX_HEAD_BYTES {
            if socket.read(&mut byte).map_err(fail)? == 0 {
                break;
            }
            received.extend(byte);
        }
        let line = String::from_utf8_lossy(&received);
        let line = line.lines().next().unwrap_or_default();
        let is_open = received.ends_with(b"\r\n\r\n") && line.split(' ').nth(1) == Some("200");
        if is_open { Ok(()) } else { Err(format!("the proxy {} says: {line}", self.url.host)) }
    }
}

#[cfg(test)]
mod tests {
    use super::{is_excepted, is_near};

    #[test]
    fn hosts_of_a_list_and_of_this_machine_have_no_proxy() {
        for list in ["a.b.c", "b.c", ".b.c", "*.b.c", "x, B.C", "*", "c x"] {
            assert!(is_excepted("a.b.c", list), "{list}");
        }
        for list in ["", "a.b", "xb.c", "b", "d.a.b.c"] {
            assert!(!is_excepted("a.b.c", list), "{list}");
        }
        assert!(
            is_near("127.0.0.1")
                && is_near("169.254.170.2")
                && is_near("::1")
                && is_near("fd00:ec2::23")
                && is_near("localhost")
        );
        assert!(!is_near("10.0.0.1") && !is_near("a.b"));
    }
}
