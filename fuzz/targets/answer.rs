//! Whatever a peer responses to /next and to a response: the client comes to an end, without a
//! panic.
//!
//! The first byte says how the peer cuts its answer into pieces; it closes after the last.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minilambda::fuzzing;
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Mutex, OnceLock};
use std::thread;

static ANSWER: Mutex<Vec<u8>> = Mutex::new(Vec::new());

fuzz_target!(|bytes: &[u8]| {
    static PEER: OnceLock<SocketAddr> = OnceLock::new();
    let address = PEER.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = answer(stream); // the client may go away at any time
            }
        });
        address
    });
    *ANSWER.lock().unwrap() = bytes.to_vec();
    fuzzing::ask_and_respond(&address.to_string());
});

fn answer(mut stream: TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let answer = ANSWER.lock().unwrap().clone();
    if let Some((size, rest)) = answer.split_first() {
        let size = if *size == 0 { rest.len() } else { usize::from(*size) };
        for piece in rest.chunks(size.max(1)) {
            stream.write_all(piece)?;
        }
    }
    stream.shutdown(Shutdown::Write)?;
    stream.read_to_end(&mut Vec::new())?;
    Ok(())
}
