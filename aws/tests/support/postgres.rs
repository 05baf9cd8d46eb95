//! Debian's PostgreSQL, started by `tests/tools/postgres`, and the example that calls it.

use super::local_support::{root, tool};
use minilambda_local::wire::Acceptor;
use minilambda_local::{Builder, Lambda};
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

/// A server with a stock of 1,000 bolts. It ends with the test.
pub struct Server {
    script: Child,
    folder: String,
    programs: PathBuf,
    pub port: u16,
    _ldap: Acceptor,
    /// The last that LDAP was asked for.
    password: Arc<Mutex<String>>,
}

impl Server {
    /// `None` if the test is to be skipped.
    pub fn start() -> Option<Self> {
        let programs = tool("postgres")?.parent().unwrap().to_owned();
        let password = Arc::new(Mutex::new(String::new()));
        let kept = password.clone();
        let ldap = Acceptor::start(move |stream| {
            let _ = accept_any_password(stream, &kept);
        });
        let ldap = ldap.unwrap();
        let ldap_port = ldap.address().port();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut script = Command::new(root().join("tests/tools/postgres"))
            .args([port.to_string(), ldap_port.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut folder = String::new();
        BufReader::new(script.stdout.take().unwrap()).read_line(&mut folder).unwrap();
        let folder = folder.trim().to_owned();
        assert!(!folder.is_empty(), "PostgreSQL did not start");
        let server = Self { script, folder, programs, port, _ldap: ldap, password };
        server.sql(
            "set role app;
            create table stock (item text primary key, pieces bigint not null);
            create table taken (item text not null, pieces bigint not null check (pieces < 100));
            insert into stock values ('bolt', 1000)",
        );
        Some(server)
    }

    pub fn lambda(&self) -> Builder {
        self.lambda_of("app").env("DATABASE_PASSWORD", "secret")
    }

    pub fn lambda_with_token(&self) -> Builder {
        self.lambda_of("token")
            .env("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_SESSION_TOKEN", "a/session+token=")
    }

    fn lambda_of(&self, user: &str) -> Builder {
        Lambda::builder(example())
            .timeout(Duration::from_secs(20))
            .env("DATABASE_HOST", "127.0.0.1")
            .env("DATABASE_PORT", self.port.to_string())
            .env("DATABASE_NAME", "shop")
            .env("DATABASE_USER", user)
            .env("DATABASE_CA", format!("{}/ca.pem", self.folder))
    }

    fn psql(&self) -> Command {
        let mut command = Command::new(self.programs.join("psql"));
        command.args(["--host", &self.folder, "--port", &self.port.to_string()]);
        command.args(["--username", "postgres", "--dbname", "shop", "--no-psqlrc"]);
        command.args(["--quiet", "--tuples-only", "--no-align", "--set", "ON_ERROR_STOP=1"]);
        command
    }

    /// Runs statements; returns the rows.
    pub fn sql(&self, statements: &str) -> String {
        let output = self.psql().args(["--command", statements]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub fn wait_for(&self, condition: &str) {
        let begin = Instant::now();
        while self.sql(condition) != "t" {
            assert!(begin.elapsed() < Duration::from_secs(10), "it is never true that {condition}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// How many connections the example has made.
    pub fn connections(&self) -> usize {
        let log = fs::read_to_string(format!("{}/log", self.folder)).unwrap();
        log.lines().filter(|line| line.contains("authorized: user=app ")).count()
    }

    pub fn end_connections(&self) {
        let of_app = "from pg_stat_activity where usename = 'app'";
        self.sql(&format!("select pg_terminate_backend(pid) {of_app}"));
        self.wait_for(&format!("select count(*) = 0 {of_app}"));
    }

    /// Locks the stock until it is dropped.
    pub fn lock(&self) -> impl Drop {
        let mut psql = self.psql();
        let mut child = psql.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        child.stdin.as_mut().unwrap().write_all(b"begin; lock table stock;\n").unwrap();
        self.wait_for("select count(*) = 1 from pg_locks where mode = 'AccessExclusiveLock'");
        KilledOnDrop(child)
    }

    /// The file of a certificate that has not signed the server's.
    pub fn certificate_of_another(&self) -> String {
        let path = std::env::temp_dir().join(format!("other-{}.pem", self.port));
        let path = path.to_str().unwrap().to_owned();
        let request =
            "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=another -keyout /dev/null";
        let output =
            Command::new("openssl").args(request.split(' ')).args(["-out", &path]).output();
        assert!(output.unwrap().status.success());
        path
    }

    pub fn password(&self) -> String {
        self.password.lock().unwrap().clone()
    }

    /// What botocore makes at the time at which `token` was made.
    pub fn token_of_botocore(&self, python: &Path, token: &str) -> String {
        let time = token.split("X-Amz-Date=").nth(1).unwrap().split('&').next().unwrap();
        let script = "import sys, datetime, boto3, botocore.auth
time = datetime.datetime.strptime(sys.argv[1], '%Y%m%dT%H%M%SZ')
botocore.auth.get_current_datetime = lambda *args, **names: time
client = boto3.client('rds', 'eu-central-1', aws_access_key_id='AKIDEXAMPLE',
    aws_secret_access_key='secret', aws_session_token='a/session+token=')
print(client.generate_db_auth_token('127.0.0.1', int(sys.argv[2]), 'token'))";
        let output = Command::new(python.join("bin/python3"))
            .args(["-c", script, time, &self.port.to_string()])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub fn stop(&self) {
        let pid = fs::read_to_string(format!("{}/data/postmaster.pid", self.folder)).unwrap();
        let pid = pid.lines().next().unwrap();
        assert!(Command::new("kill").args(["-INT", pid]).status().unwrap().success());
        let begin = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
            assert!(begin.elapsed() < Duration::from_secs(10), "PostgreSQL does not end");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        let _ = self.script.wait();
    }
}

struct KilledOnDrop(Child);

impl Drop for KilledOnDrop {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The program of the example, which is built once.
fn example() -> PathBuf {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let build = || {
        let folder = root().join("target");
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--locked", "--manifest-path"])
            .arg(root().join("examples/postgres/Cargo.toml"))
            .arg("--target-dir")
            .arg(&folder)
            .status();
        assert!(built.unwrap().success(), "examples/postgres does not compile");
        folder.join("debug/stock")
    };
    PROGRAM.get_or_init(build).clone()
}

/// Responds to the simple bind of LDAP, after which PostgreSQL ends the connection.
fn accept_any_password(mut stream: TcpStream, kept: &Mutex<String>) -> io::Result<()> {
    let outer = read_length(&mut stream)?;
    let mut message = vec![0; outer];
    stream.read_exact(&mut message)?;
    // The number of the message, then the request: version, name, and the password at its end.
    let number = message[2];
    let mut request = &message[3..];
    read_length(&mut request)?;
    for _ in 0..2 {
        let length = read_length(&mut request)?;
        request = &request[length..];
    }
    let length = read_length(&mut request)?;
    *kept.lock().unwrap() = String::from_utf8_lossy(&request[..length]).into_owned();
    stream.write_all(&[0x30, 12, 2, 1, number, 0x61, 7, 10, 1, 0, 4, 0, 4, 0])?;
    io::copy(&mut stream, &mut io::sink()).map(drop)
}

/// Reads a tag, and returns the length after it.
fn read_length(reader: &mut impl Read) -> io::Result<usize> {
    let mut head = [0; 2];
    reader.read_exact(&mut head)?;
    let mut length = usize::from(head[1]);
    if length >= 0x80 {
        let mut bytes = vec![0; length - 0x80];
        reader.read_exact(&mut bytes)?;
        length = bytes.iter().fold(0, |length, byte| length << 8 | usize::from(*byte));
    }
    Ok(length)
}

/// A network between the function and its database.
pub struct Relay {
    pub port: u16,
    /// Connections with a lower number are forgotten.
    first: Arc<AtomicUsize>,
    count: Arc<AtomicUsize>,
    _acceptor: Acceptor,
}

impl Relay {
    pub fn start(to: u16) -> Self {
        let (first, count) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (begin, number) = (first.clone(), count.clone());
        let acceptor = Acceptor::start(move |inner| {
            let outer = Arc::new(TcpStream::connect(("127.0.0.1", to)).unwrap());
            let inner = Arc::new(inner);
            let number = number.fetch_add(1, Ordering::SeqCst);
            for (from, to) in [(inner.clone(), outer.clone()), (outer, inner)] {
                let first = begin.clone();
                thread::spawn(move || pass(&from, &to, || number < first.load(Ordering::SeqCst)));
            }
        });
        let acceptor = acceptor.unwrap();
        Self { port: acceptor.address().port(), first, count, _acceptor: acceptor }
    }

    /// What comes on the connections of now is lost, without a word to either side.
    pub fn forget_connections(&self) {
        self.first.store(self.count.load(Ordering::SeqCst), Ordering::SeqCst);
    }
}

fn pass(mut from: &TcpStream, mut to: &TcpStream, is_forgotten: impl Fn() -> bool) {
    let mut bytes = [0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        if !is_forgotten() && to.write_all(&bytes[..count]).is_err() {
            return;
        }
    }
}
