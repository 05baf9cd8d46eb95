//! Listening on a port of 127.0.0.1, and who has it if somebody else listens there.

use crate::error::Error;
use std::fs;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};

/// Listens on a port of 127.0.0.1; with port 0, on a free one.
pub(crate) fn listen(port: u16) -> Result<(TcpListener, SocketAddr), Error> {
    let listen = || {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        let address = listener.local_addr()?;
        Ok((listener, address))
    };
    listen().map_err(|error: std::io::Error| {
        let reason = match error.kind() {
            ErrorKind::AddrInUse => match owner(port) {
                Some(owner) => format!("{owner}, or {CHOOSE}"),
                None => format!("another program has this port; {CHOOSE}"),
            },
            _ => error.to_string(),
        };
        Error::start(&format!("cannot listen on 127.0.0.1:{port}"), reason)
    })
}

const CHOOSE: &str = "choose another one (the tool's options are --port and --http; \
                      in a project it is `make local PORT=9001`)";

/// Says which process listens on a port, and how it is ended. Only Linux says it, and only of
/// processes of the same user.
fn owner(port: u16) -> Option<String> {
    let tables = ["/proc/net/tcp", "/proc/net/tcp6"].map(fs::read_to_string);
    let lines = tables.iter().flatten().flat_map(|table| table.lines());
    let sockets = lines.filter_map(|line| Some(format!("socket:[{}]", inode(line, port)?)));
    let sockets: Vec<_> = sockets.collect();
    let processes = fs::read_dir("/proc").ok()?.flatten();
    let mut ids = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let pid = ids.find(|pid| {
        let files = fs::read_dir(format!("/proc/{pid}/fd")).into_iter().flatten().flatten();
        let mut opened = files.filter_map(|file| fs::read_link(file.path()).ok());
        opened.any(|link| sockets.iter().any(|socket| link.as_os_str() == &**socket))
    })?;
    if pid == std::process::id() {
        return Some("this process has this port itself: end its other server".to_owned());
    }
    let program = fs::read_link(format!("/proc/{pid}/exe")).ok()?;
    let name = program.file_name()?.to_string_lossy();
    // Linux says so of a program that was built again since it was started.
    let name = name.trim_end_matches(" (deleted)");
    let folder = fs::read_link(format!("/proc/{pid}/cwd")).ok()?;
    let folder = folder.display();
    Some(format!("{name} has this port, process {pid} in {folder}: end it with `kill {pid}`"))
}

/// The inode of a line of `/proc/net/tcp`, if it is a socket that listens on the port. See
/// <https://docs.kernel.org/networking/proc_net_tcp.html>.
fn inode(line: &str, port: u16) -> Option<&str> {
    const LISTENING: &str = "0A";
    let fields: Vec<_> = line.split_whitespace().collect();
    let (_, local) = fields.get(1)?.rsplit_once(':')?;
    let is_meant = u16::from_str_radix(local, 16) == Ok(port) && *fields.get(3)? == LISTENING;
    fields.get(9).filter(|_| is_meant).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_that_is_taken_is_an_error_with_its_process() {
        let (_taken, address) = listen(0).unwrap();
        let error = listen(address.port()).unwrap_err().to_string();
        assert!(error.contains(&format!("127.0.0.1:{}", address.port())), "{error}");
        assert!(error.contains("--port"), "{error}");
        if cfg!(target_os = "linux") {
            // The message does not say to end this process.
            assert!(error.contains("this process has this port itself"), "{error}");
        }
    }

    #[test]
    fn only_a_socket_that_listens_on_the_port_is_meant() {
        let line = "   1: 0100007F:2328 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1";
        assert_eq!(inode(line, 9000), Some("4711"));
        assert_eq!(inode(line, 9001), None);
        assert_eq!(inode(&line.replace(" 0A ", " 01 "), 9000), None);
        assert_eq!(inode("  sl  local_address rem_address   st", 9000), None);
        assert_eq!(inode("", 9000), None);
    }
}
