//! A service that follows scripts, and what it was asked.
#![allow(dead_code, reason = "each test uses a part")]

use minilambda_local::script::{Server, Step};
use minilambda_local::{Builder, Lambda};
use std::net::SocketAddr;
use std::time::Duration;

pub use minilambda_local::script::respond;

/// A server whose requests are responded to by scripts, in their order; the last one again and
/// again.
pub struct Service {
    server: Server,
    pub address: SocketAddr,
}

impl Service {
    pub fn start(scripts: Vec<Vec<Step>>) -> Self {
        let server = Server::start(scripts).unwrap();
        let address = server.address();
        Self { server, address }
    }

    /// Each request as a text: its line, its headers, and its body.
    pub fn requests(&self) -> Vec<String> {
        let requests = self.server.requests().into_iter().map(|request| {
            let headers = request.headers.iter();
            let headers: String =
                headers.flat_map(|(name, value)| [name, ": ", value, "\n"]).collect();
            format!("{}\n{headers}\n{}", request.line, String::from_utf8_lossy(&request.body))
        });
        requests.collect()
    }

    pub fn connections(&self) -> usize {
        self.server.connections()
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
        (done.json::<String>().unwrap(), self.server.requests().len())
    }

    /// Returns a handler's response and the number of requests.
    pub fn run(&self, handler: &str) -> (String, usize) {
        let done = self.lambda().build().invoke(handler, "{}").unwrap();
        assert_eq!(done.failure, None, "{:#?}", done.log);
        assert!(!done.has_logged("a-secret"), "{:#?}", done.log);
        (done.json::<String>().unwrap(), self.server.requests().len())
    }
}

pub fn fine() -> Vec<Step> {
    respond("200 OK", &[], "{}")
}

pub fn error(status: &str, code: &str) -> Vec<Step> {
    respond(status, &[], format!("{{\"__type\":\"a#{code}\",\"message\":\"the reason\"}}"))
}
