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
    let (host, port) = url.host_and_port();
    if is_near(host) || is_excepted(host, port, &either("NO_PROXY").unwrap_or_default()) {
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

/// Whether a host is in a list of hosts, of domains with or without a dot before them, each perhaps
/// with a port, and of networks such as `10.0.0.0/8`.
fn is_excepted(host: &str, port: u16, list: &str) -> bool {
    list.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        let (entry, of_port) = match entry.rsplit_once(':') {
            // The colons of an address of IPv6 are none before a port, unless it is in brackets.
            Some((before, after)) if !before.contains(':') || before.ends_with(']') => {
                (before, after.parse::<u16>().ok())
            }
            _ => (entry, None),
        };
        let entry = entry.trim_start_matches('*').trim_start_matches('.').to_ascii_lowercase();
        let entry = entry.trim_start_matches('[').trim_end_matches(']');
        let before = host.strip_suffix(entry);
        let is_host = entry.is_empty()
            || before.is_some_and(|before| before.is_empty() || before.ends_with('.'));
        of_port.is_none_or(|it| it == port) && (is_host || is_in_network(host, entry))
    })
}

/// Whether a host is an address in a network.
fn is_in_network(host: &str, network: &str) -> bool {
    let Some((network, bits)) = network.split_once('/') else { return false };
    let wide = |text: &str| match text.parse().ok()? {
        IpAddr::V4(ip) => Some((32, u128::from(u32::from(ip)))),
        IpAddr::V6(ip) => Some((128, u128::from(ip))),
    };
    let (Some((of, host)), Some((width, network))) = (wide(host), wide(network)) else {
        return false;
    };
    let rest = bits.parse().ok().and_then(|bits| u32::checked_sub(width, bits));
    let is_same = |rest: u32| (host ^ network).checked_shr(rest).unwrap_or(0) == 0;
    of == width && rest.is_some_and(is_same)
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
        for list in
            ["a.b.c", "b.c", ".b.c", "*.b.c", "x, B.C", "*", "c x", "b.c:443", "*:443", "a.b.c:"]
        {
            assert!(is_excepted("a.b.c", 443, list), "{list}");
        }
        for list in ["", "a.b", "xb.c", "b", "d.a.b.c", "b.c:80", "*:80", "0.0.0.0/0"] {
            assert!(!is_excepted("a.b.c", 443, list), "{list}");
        }
        for (host, list) in [
            ("10.1.2.3", "x,10.0.0.0/8"),
            ("10.1.2.3", "10.1.2.3/32"),
            ("10.1.2.3", "0.0.0.0/0"),
            ("fd64:ed99::1", "fd64::/16"),
            ("fd64:ed99::1", "::/0"),
            ("fd64:ed99::1", "fd64:ed99::1"),
            ("fd64:ed99::1", "[fd64:ed99::1]:443"),
        ] {
            assert!(is_excepted(host, 443, list), "{list}");
        }
        for list in ["11.0.0.0/8", "10.0.0.0/16", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-8", "::/0"]
        {
            assert!(!is_excepted("10.1.2.3", 443, list), "{list}");
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
