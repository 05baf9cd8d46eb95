//! TLS: a server with its own authority is trusted if `AWS_CA_BUNDLE` names it, and not otherwise.

#[path = "../../tests/support/skip.rs"]
mod skip;

use minilambda_local::{Builder, Lambda};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use std::{env, fs, thread};

/// Responds to every POST with `{}`, and writes the port that it came from to a file, and how each
/// connection was made. If there is a file `close`, a connection is for one request; if there is
/// one `surplus`, another response comes with each.
const SERVER: &str = r#"
import http.server, os, socket, ssl, sys
def note(name, what):
    with open(sys.argv[1] + "/" + name, "a") as file:
        print(what, file=file)
# A response of 16 KB, which the client reads at once, and one without a request.
head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n"
length = 16384 - len(head % 16384)
surplus = head % length + b"{}".ljust(length) + head.replace(b"200", b"400") % 2 + b"{}"
class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def setup(self):
        note("made", "resumed" if self.request.session_reused else "new")
        super().setup()
    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        note("ports", self.client_address[1])
        if os.path.exists(sys.argv[1] + "/surplus"):
            # As one piece, although they are two records.
            for corked in 1, 0:
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, corked)
                self.wfile.write(surplus * corked)
            return
        self.send_response(200)
        if os.path.exists(sys.argv[1] + "/close"):
            self.send_header("connection", "close")
        self.send_header("content-length", "2")
        self.end_headers()
        self.wfile.write(b"{}")
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + "/server.pem", sys.argv[1] + "/server.key")
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
"#;

/// An authority, and a certificate of it for 127.0.0.1.
const CERTIFICATES: &str = r#"
set -e
cd "$0"
new="openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
$new -x509 -days 2 -subj /CN=authority -keyout ca.key -out ca.pem
$new -subj /CN=server -keyout server.key -out server.csr
printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\nbasicConstraints=CA:FALSE\n' >extensions
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 \
    -extfile extensions -out server.pem
"#;

fn skip(tool: &str, reason: &str) -> Option<Server> {
    let reason = reason.trim().lines().last().unwrap_or_default();
    skip::skip(&format!("{tool} does not work ({reason}): apt-get install {tool}"));
    None
}

struct Server {
    process: Child,
    port: String,
    folder: PathBuf,
}

impl Server {
    /// `None` if the test is to be skipped.
    fn start(name: &str) -> Option<Self> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let made = Command::new("sh").args(["-c", CERTIFICATES]).arg(&folder).output().unwrap();
        if !made.status.success() {
            return skip("openssl", &String::from_utf8_lossy(&made.stderr));
        }
        let mut process = match Command::new("python3")
            .args(["-c", SERVER])
            .arg(&folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
        {
            Ok(process) => process,
            Err(error) => return skip("python3", &error.to_string()),
        };
        let mut port = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut port).unwrap();
        Some(Self { process, port: port.trim().to_owned(), folder })
    }

    fn lambda(&self, host: &str) -> Builder {
        Lambda::builder(Lambda::path_of_example("aws-functions"))
            .timeout(Duration::from_secs(30))
            .env("AWS_ENDPOINT_URL", format!("https://{host}:{}", self.port))
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
    }

    /// Its authority is trusted.
    fn trusted_lambda(&self, host: &str) -> Lambda {
        let bundle = self.folder.join("ca.pem").display().to_string();
        self.lambda(host).env("AWS_CA_BUNDLE", bundle).build()
    }

    /// The lines that it has written to a file.
    fn noted(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.folder.join(name)).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn an_authority_is_trusted_if_it_is_named() {
    let Some(server) = Server::start("tls") else { return };
    for host in ["127.0.0.1", "localhost"] {
        let lambda = server.trusted_lambda(host);
        for _ in 0..2 {
            let done = lambda.invoke("write", "{}").unwrap();
            assert_eq!(done.text(), "\"done\"", "{host}");
        }
    }
    // The public roots do not know it.
    let told = server.lambda("127.0.0.1").build().invoke("write", "{}").unwrap().text();
    assert!(told.contains("Aws.NotSent") && told.contains("UnknownIssuer"), "{told}");
    // Another name than that of the certificate.
    let lambda = server.trusted_lambda("127.0.0.2");
    let told = lambda.invoke("write", "{}").unwrap().text();
    assert!(!told.contains("done"), "{told}");
    for (path, part) in [("/no/such/file", "No such file"), ("/dev/null", "no certificate")] {
        let lambda = server.lambda("127.0.0.1").env("AWS_CA_BUNDLE", path).build();
        let told = lambda.invoke("write", "{}").unwrap().text();
        assert!(told.contains("cannot read AWS_CA_BUNDLE") && told.contains(part), "{told}");
    }
}

/// The tickets of TLS 1.3 come after the handshake, and are no reason to take another connection.
#[test]
fn a_connection_over_tls_is_kept() {
    let Some(server) = Server::start("tls-kept") else { return };
    let lambda = server.trusted_lambda("localhost");
    for _ in 0..4 {
        assert_eq!(lambda.invoke("write", "{}").unwrap().text(), "\"done\"");
        thread::sleep(Duration::from_millis(100));
    }
    let ports = server.noted("ports");
    assert!(ports.len() == 4 && ports.iter().all(|port| port == &ports[0]), "{ports:?}");
}

#[test]
fn a_connection_that_was_made_at_the_start_serves_the_first_request() {
    let Some(server) = Server::start("tls-early") else { return };
    let lambda = server.trusted_lambda("localhost");
    for _ in 0..2 {
        assert_eq!(lambda.invoke("connect", "{}").unwrap().text(), "\"done\"");
    }
    assert_eq!((server.noted("made"), server.noted("ports").len()), (vec!["new".to_owned()], 2));
    // One that cannot be made fails the request, and not the start.
    let lambda = server.trusted_lambda("127.0.0.2");
    let told = lambda.invoke("connect", "{}").unwrap().text();
    assert!(told.contains("Aws.NotSent"), "{told}");
}

#[test]
fn the_next_connection_resumes_the_session_of_the_last() {
    let Some(server) = Server::start("tls-resumed") else { return };
    fs::write(server.folder.join("close"), "").unwrap();
    let lambda = server.trusted_lambda("localhost");
    for _ in 0..3 {
        assert_eq!(lambda.invoke("write", "{}").unwrap().text(), "\"done\"");
    }
    assert_eq!(server.noted("made"), ["new", "resumed", "resumed"]);
}

/// What is more than a response is decrypted with it, and must not be the response to the next.
#[test]
fn a_response_without_a_request_ends_the_connection() {
    let Some(server) = Server::start("tls-surplus") else { return };
    fs::write(server.folder.join("surplus"), "").unwrap();
    let lambda = server.trusted_lambda("localhost");
    for _ in 0..3 {
        assert_eq!(lambda.invoke("write", "{}").unwrap().text(), "\"done\"");
        thread::sleep(Duration::from_millis(50)); // what comes later is seen then
    }
    let ports = server.noted("ports");
    assert!(ports.len() == 3 && ports[0] != ports[1] && ports[1] != ports[2], "{ports:?}");
}
