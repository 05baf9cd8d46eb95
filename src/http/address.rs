//! The address of the Runtime API.
//!
//! Replaces the C library's resolver, which linked statically takes 170 KB of the binary and 140 KB
//! of memory, and finds names only if the system's own libraries are installed. Cost: this file.
//! It can go when std resolves names without the C library. On Lambda the address is an IP literal.
//! Emulators use the names of their machine or containers, which are in `/etc/hosts`.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Where the Runtime API listens, resolved once at start.
#[derive(Clone, Debug)]
pub(crate) struct Address(pub Vec<SocketAddr>);

impl Address {
    /// Resolves `host:port`, if the host is an IP literal or in `/etc/hosts`.
    pub(crate) fn resolve(authority: &str) -> Result<Self, String> {
        if let Ok(address) = authority.parse::<SocketAddr>() {
            return Ok(Self(vec![address]));
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => {
                (host, port.parse().map_err(|_| format!("{port} is not a port"))?)
            }
            None => (authority, 80),
        };
        let mut ips = find_host(&fs::read("/etc/hosts").unwrap_or_default(), host);
        if ips.is_empty() && host.eq_ignore_ascii_case("localhost") {
            ips.push(Ipv4Addr::LOCALHOST.into());
        }
        ips.extend(host.parse::<IpAddr>().ok());
        if ips.is_empty() {
            return Err(format!("the host {host} is neither an IP address nor in /etc/hosts"));
        }
        Ok(Self(ips.into_iter().map(|ip| SocketAddr::new(ip, port)).collect()))
    }
}

/// Returns the addresses of a name in a hosts file, whose lines have an address and its names.
/// A byte order mark, and bytes that are not UTF-8, make no other line unreadable.
fn find_host(hosts: &[u8], wanted: &str) -> Vec<IpAddr> {
    let mut found = Vec::new();
    for line in hosts.strip_prefix(b"\xef\xbb\xbf").unwrap_or(hosts).split(|byte| *byte == b'\n') {
        let line = line.split(|byte| *byte == b'#').next().unwrap_or_default();
        let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
        let ip = words.next().and_then(|word| std::str::from_utf8(word).ok()?.parse().ok());
        if words.any(|name| name.eq_ignore_ascii_case(wanted.as_bytes())) {
            found.extend::<Option<IpAddr>>(ip);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Address, find_host};

    #[test]
    fn a_hosts_file_is_parsed_line_by_line() {
        let hosts =
            b"\xef\xbb\xbf127.0.0.1\tlocalhost # here\r\n\n#10.0.0.9 api\n::1 localhost ip6\n\
                      10.0.0.7 caf\xe9\n10.0.0.1 API.internal api\nx y\n10.0.0.2 # M\xfcller's\n";
        let find =
            |name| find_host(hosts, name).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(find("localhost"), ["127.0.0.1", "::1"]);
        assert_eq!(find("Api"), ["10.0.0.1"]);
        assert_eq!(find("api.internal"), ["10.0.0.1"]);
        for name in ["y", "here", "10.0.0.1", ""] {
            assert_eq!(find(name), [""; 0], "{name}");
        }
    }

    #[test]
    fn an_address_has_an_ip_or_a_known_name_and_perhaps_a_port() {
        for (text, expected) in [
            ("127.0.0.1:9001", "127.0.0.1:9001"),
            ("[::1]:9001", "[::1]:9001"),
            ("10.0.0.1", "10.0.0.1:80"),
            ("localhost:1", "127.0.0.1:1"),
        ] {
            let Address(found) = Address::resolve(text).unwrap();
            assert!(
                found.iter().any(|address| address.to_string() == expected),
                "{text} {found:?}"
            );
        }
        for text in ["", ":", "127.0.0.1:x", "127.0.0.1:99999", "no.such.host.invalid:1"] {
            assert!(Address::resolve(text).is_err(), "{text}");
        }
    }
}
