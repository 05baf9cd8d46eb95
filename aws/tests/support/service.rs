//! A service that follows scripts, and what it was asked.
#![allow(dead_code, reason = "each test uses a part")]

use minilambda_local::script::{Connection, Host, Step};
use minilambda_local::{Builder, Lambda, wire};
use std::io::BufReader;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A server whose requests are responded to by scripts, in their order; the last one again and
/// again.
pub struct Service {
    pub address: SocketAddr,
    pub requests: Arc<Mutex<Vec<String>>>,
    pub connections: Arc<AtomicUsize>,
}

pub struct NoHost;

impl Host for NoHost {
    fn freeze(&self) {}
    fn thaw(&self) {}
    fn refuse(&self) {}
}

impl Service {
    pub fn start(scripts: Vec<Vec<Step>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let service = Self {
            address: listener.local_addr().unwrap(),
            requests: Arc::default(),
            connections: Arc::default(),
        };
        let (requests, connections) =
            (Arc::clone(&service.requests), Arc::clone(&service.connections));
        // Ends with the test's process.
        thread::spawn(move || {
            let scripts = Arc::new(scripts);
            for stream in listener.incoming() {
                connections.fetch_add(1, Ordering::SeqCst);
                let (scripts, requests) = (Arc::clone(&scripts), Arc::clone(&requests));
                thread::spawn(move || serve(&stream.unwrap(), &scripts, &requests));
            }
        });
        service
    }

    pub fn lambda(&self) -> Builder {
        self.of("aws-functions").env("AWS_SESSION_TOKEN", "")
    }

    /// The same with the function that sends any request.
    pub fn any(&self) -> Builder {
        self.of("aws-requests")
    }

    pub fn of(&self, example: &str) -> Builder {
        Lambda::builder(Lambda::path_of_example(example))
            .timeout(Duration::from_secs(120))
            .env("AWS_ENDPOINT_URL", format!("http://{}", self.address))
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "a-secret-that-nobody-sees")
            .env("AWS_SESSION_TOKEN", "a-token-that-nobody-sees")
    }

    /// Sends what an event says. Returns what came of it, and the number of requests until now.
    pub fn send(&self, handler: &str, event: &str) -> (String, usize) {
        let done = self.any().build().invoke(handler, event).unwrap();
        assert_eq!(done.failure, None, "{:#?}", done.log);
        for secret in ["a-secret", "a-token"] {
            assert!(!done.has_logged(secret) && !done.text().contains(secret), "{:#?}", done.log);
        }
        (done.json::<String>().unwrap(), self.requests.lock().unwrap().len())
    }

    /// Returns a handler's response and the number of requests.
    pub fn run(&self, handler: &str) -> (String, usize) {
        let done = self.lambda().build().invoke(handler, "{}").unwrap();
        assert_eq!(done.failure, None, "{:#?}", done.log);
        assert!(!done.has_logged("a-secret"), "{:#?}", done.log);
        (done.json::<String>().unwrap(), self.requests.lock().unwrap().len())
    }
}

fn serve(stream: &TcpStream, scripts: &[Vec<Step>], requests: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream);
    let (mut line, mut body) = (String::new(), Vec::new());
    loop {
        let mut head = String::new();
        let add = |name: &str, value: &str| head.extend([name, ": ", value, "\n"]);
        let Ok(Some(framing)) = wire::read_head(&mut reader, &mut line, add) else { return };
        wire::read_body(&mut reader, framing, usize::MAX, &mut body).unwrap();
        let number = {
            let mut requests = requests.lock().unwrap();
            requests.push(format!("{line}\n{head}\n{}", String::from_utf8_lossy(&body)));
            requests.len() - 1
        };
        let script = scripts.get(number).or(scripts.last()).unwrap();
        let mut connection = Connection::new(stream.try_clone().unwrap());
        let done = connection.follow(script, &NoHost);
        if done.is_err() || !connection.is_open() {
            // A reset is sent when the last handle is closed.
            return;
        }
    }
}

pub fn respond(status: &str, headers: &[(&str, &str)], body: &str) -> Vec<Step> {
    vec![Step::Send(wire::response(status, headers, body.as_bytes()))]
}

pub fn fine() -> Vec<Step> {
    respond("200 OK", &[], "{}")
}

pub fn error(status: &str, code: &str) -> Vec<Step> {
    respond(status, &[], &format!("{{\"__type\":\"a#{code}\",\"message\":\"the reason\"}}"))
}
