//! The accept loop of stub servers.

use crate::lock::lock;
use std::io;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// Accepts connections on a free port of 127.0.0.1, until it is closed or dropped. Each one has a
/// thread.
#[derive(Debug)]
pub struct Acceptor {
    address: SocketAddr,
    is_closing: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Acceptor {
    /// Starts the loop. `serve` gets each connection; if there is no thread for it, it is closed.
    ///
    /// # Errors
    /// If there is no free port, or no thread.
    pub fn start(serve: impl Fn(TcpStream) + Send + Sync + 'static) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let is_closing = Arc::new(AtomicBool::new(false));
        let (flag, serve) = (Arc::clone(&is_closing), Arc::new(serve));
        let accept = move || {
            loop {
                let accepted = listener.accept();
                if flag.load(Ordering::SeqCst) {
                    return;
                }
                match accepted {
                    Ok((stream, _)) => {
                        let serve = Arc::clone(&serve);
                        let _ = thread::Builder::new().spawn(move || serve(stream));
                    }
                    // Too few descriptors, say: it would come again at once.
                    Err(_) => thread::sleep(Duration::from_millis(10)),
                }
            }
        };
        let thread = Mutex::new(Some(thread::Builder::new().spawn(accept)?));
        Ok(Self { address, is_closing, thread })
    }

    /// Returns the address that clients connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Accepts no more connections; clients are refused. Open connections are served to their end.
    pub fn close(&self) {
        self.is_closing.store(true, Ordering::SeqCst);
        let thread = lock(&self.thread).take();
        if let Some(thread) = thread {
            let _ = TcpStream::connect(self.address); // wakes it up
            let _ = thread.join();
        }
    }
}

impl Drop for Acceptor {
    fn drop(&mut self) {
        self.close();
    }
}
