//! The server on a port of 127.0.0.1: the Invoke API, HTTP, and the page.

mod access;
mod documents;
mod http;
mod invoke_api;
mod page;

use crate::error::{Error, Kind};
use crate::front_end::FrontEnd;
use crate::gateway::{Caller, Gateway};
use crate::http::HttpRequest;
use crate::journal::Journal;
use crate::lambda::Lambda;
use crate::pool::Shared;
use crate::process::lock;
use crate::project::Project;
use crate::settings::MAX_EVENT_BYTES;
use crate::wire;
use std::io::{self, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// A server for the functions of a [`Lambda`]. It ends with this value.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    is_closing: Arc<AtomicBool>,
}

/// The state that the connections share.
pub(crate) struct Site {
    pub lambda: Arc<Shared>,
    /// What HTTP requests come through.
    pub gateway: Mutex<Arc<Gateway>>,
    pub journal: Arc<Journal>,
    /// The project that is built, if there is one.
    pub project: Option<Arc<Project>>,
    /// The folder with events of the user.
    pub events: Option<PathBuf>,
    /// The title of the page.
    pub title: String,
}

/// A request with its body.
pub(crate) struct Incoming {
    pub request: HttpRequest,
    /// The function that the host name or the port stands for.
    pub function: Option<String>,
}

impl Lambda {
    /// Serves the functions on a port of 127.0.0.1; with port 0, on a free one.
    ///
    /// - `http://127.0.0.1:PORT` is the endpoint of the Invoke API for the AWS CLI and SDKs.
    /// - `http://HANDLER.localhost:PORT` sends HTTP requests to a handler.
    /// - `http://127.0.0.1:PORT/` is a page.
    ///
    /// # Errors
    /// If the port is in use.
    pub fn serve(&self, port: u16) -> Result<Server, Error> {
        let journal = Arc::new(Journal::default());
        let keeper = Arc::clone(&journal);
        self.shared().configure(|settings| {
            settings.observer = Some(Arc::new(move |notice| keeper.note(notice)));
        });
        let gateway = Gateway::new(FrontEnd::FunctionUrl, Caller::Unknown, Vec::new());
        Server::start(
            port,
            None,
            &Arc::new(Site {
                lambda: Arc::clone(self.shared()),
                gateway: Mutex::new(Arc::new(gateway)),
                journal,
                project: None,
                events: None,
                title: "minilambda".to_owned(),
            }),
        )
    }
}

impl Server {
    /// With a function, all requests are HTTP requests to it.
    pub(crate) fn start(
        port: u16,
        function: Option<&str>,
        site: &Arc<Site>,
    ) -> Result<Self, Error> {
        let fail = |error: io::Error| {
            let advice = match error.kind() {
                io::ErrorKind::AddrInUse => " (choose another one; the tool's option is --port)",
                _ => "",
            };
            Error::start(&format!("cannot listen on 127.0.0.1:{port}"), format!("{error}{advice}"))
        };
        let listener = TcpListener::bind(("127.0.0.1", port)).map_err(fail)?;
        let address = listener.local_addr().map_err(fail)?;
        let is_closing = Arc::new(AtomicBool::new(false));
        let (site, flag) = (Arc::clone(site), Arc::clone(&is_closing));
        let function = function.map(str::to_owned);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if flag.load(Ordering::SeqCst) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let (site, function) = (Arc::clone(&site), function.clone());
                // A connection that fails is the client's to notice.
                thread::spawn(move || serve(&stream, &site, function.as_deref(), address));
            }
        });
        Ok(Self { address, is_closing })
    }

    /// Returns the address that it listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the URL of the page, which is the endpoint of the Invoke API.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.is_closing.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address); // wakes it up
    }
}

fn serve(
    stream: &TcpStream,
    site: &Arc<Site>,
    function: Option<&str>,
    address: SocketAddr,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::with_capacity(64 * 1024, stream);
    let mut line = String::new();
    loop {
        let mut headers: Vec<(String, String)> = Vec::new();
        let add = |name: &str, value: &str| headers.push((name.to_owned(), value.to_owned()));
        let framing = match wire::read_head(&mut reader, &mut line, add) {
            Ok(Some(framing)) => framing,
            Ok(None) => return Ok(()),
            Err(error) => return refuse(stream, "400 Bad Request", &error.to_string()),
        };
        let (method, target) = line.split_once(' ').unwrap_or_default();
        let mut request = HttpRequest::new(method, target);
        request.headers = headers;
        let host = match access::check(&request, address, function.is_some()) {
            Ok(host) => host,
            Err(reason) => return refuse(stream, "403 Forbidden", &reason),
        };
        if framing.expects_continue {
            (&mut &*stream).write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let body = &mut request.body;
        match wire::read_body(&mut reader, framing, MAX_EVENT_BYTES, body, |_| {}, |_, _| {}) {
            Ok(()) => {}
            Err(error) if wire::is_too_large(&error) => {
                return too_large(stream, &mut reader, &request.path);
            }
            Err(error) => return refuse(stream, "400 Bad Request", &error.to_string()),
        }
        let function = function.map(str::to_owned).or(host);
        let incoming = Incoming { request, function };
        let mut out = Output { stream, is_head: incoming.request.method == "HEAD" };
        if incoming.function.is_some() {
            http::serve(&mut out, site, &incoming)?;
        } else if incoming.request.path.starts_with("/2") {
            invoke_api::serve(&mut out, site, &incoming.request)?;
        } else {
            page::serve(&mut out, site, &incoming.request, address)?;
        }
        if framing.closes {
            return Ok(());
        }
    }
}

/// The client's connection.
pub(crate) struct Output<'a> {
    stream: &'a TcpStream,
    /// The response to HEAD has no body.
    is_head: bool,
}

impl Output<'_> {
    pub fn send(&mut self, status: &str, headers: &[(&str, &str)], body: &[u8]) -> io::Result<()> {
        let mut response = wire::response(status, headers, body);
        if self.is_head {
            response.truncate(response.len() - body.len());
        }
        (&mut &*self.stream).write_all(&response)
    }

    pub fn begin(&mut self, status: &str, headers: &[(&str, &str)]) -> io::Result<()> {
        (&mut &*self.stream).write_all(&wire::chunked_head(status, headers))
    }

    pub fn chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        if bytes.is_empty() || self.is_head {
            return Ok(());
        }
        wire::write_chunk(&mut &*self.stream, bytes)
    }

    pub fn end(&mut self) -> io::Result<()> {
        if self.is_head { Ok(()) } else { wire::write_chunk(&mut &*self.stream, b"") }
    }
}

/// Responds, and ends the connection: the rest of it is not read.
fn refuse(mut stream: &TcpStream, status: &str, reason: &str) -> io::Result<()> {
    let headers = [("Content-Type", "text/plain; charset=utf-8"), ("Connection", "close")];
    stream.write_all(&wire::response(status, &headers, format!("{reason}\n").as_bytes()))
}

/// The client sees the response only after it has sent its body.
fn too_large(
    mut stream: &TcpStream,
    reader: &mut BufReader<&TcpStream>,
    path: &str,
) -> io::Result<()> {
    let message = format!("Request must be smaller than {MAX_EVENT_BYTES} bytes");
    let error = Error::new(Kind::EventTooLarge, message);
    let response = if path.starts_with("/2") {
        invoke_api::error_response(&error)
    } else {
        wire::response("413 Content Too Large", &[], error.to_string().as_bytes())
    };
    stream.write_all(&response)?;
    stream.shutdown(std::net::Shutdown::Write)?;
    let most = 64 * 1024 * 1024;
    io::copy(&mut io::Read::take(reader, most), &mut io::sink()).map(drop)
}

impl Site {
    /// Waits for a build. Returns what is wrong with it.
    pub fn wait_for_program(&self) -> Result<(), String> {
        self.project.as_ref().map_or(Ok(()), |project| project.wait())
    }

    pub fn gateway(&self) -> Arc<Gateway> {
        Arc::clone(&lock(&self.gateway))
    }
}
