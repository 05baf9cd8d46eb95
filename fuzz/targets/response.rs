//! Whatever a peer sends back, for /next or for a posted response, the client finishes without a
//! panic.
//!
//! The first byte says how the peer cuts its reply into pieces; it closes after the last.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minilambda::fuzzing;
use minilambda_local::wire::Acceptor;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::sync::{Mutex, OnceLock};

static REPLY: Mutex<Vec<u8>> = Mutex::new(Vec::new());

fuzz_target!(|bytes: &[u8]| {
    static PEER: OnceLock<Acceptor> = OnceLock::new();
    // The client may go away at any time.
    let peer = PEER.get_or_init(|| Acceptor::start(|stream| drop(reply(stream))).unwrap());
    *REPLY.lock().unwrap() = bytes.to_vec();
    fuzzing::ask_and_respond(&peer.address().to_string());
});

fn reply(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let reply = REPLY.lock().unwrap().clone();
    if let Some((size, rest)) = reply.split_first() {
        let size = if *size == 0 { rest.len() } else { usize::from(*size) };
        for piece in rest.chunks(size.max(1)) {
            stream.write_all(piece)?;
        }
    }
    stream.shutdown(Shutdown::Write)?;
    stream.read_to_end(&mut Vec::new())?;
    Ok(())
}
