//! moto's server, which stands in for AWS's services in tests.

use crate::error::Error;
use crate::guardian::{Group, Guardian};
use crate::stand_in;
use crate::terminal;
use std::io::{self, BufRead, BufReader, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};
use std::{env, fmt, thread};

/// The longest time until it listens: it is a program in Python.
const PATIENCE: Duration = Duration::from_secs(60);

/// A server of [moto](https://docs.getmoto.org), with the services of AWS in memory, on a free port
/// of 127.0.0.1. It ends with this value, and with this process.
///
/// ```no_run
/// use minilambda_local::{Lambda, Moto};
///
/// # fn test() -> Result<(), minilambda_local::Error> {
/// let Some(aws) = Moto::start()? else { return Ok(()) };
/// aws.call("sns", "POST /?Action=CreateTopic&Name=sold", &[], "")?;
/// let lambda = Lambda::builder("target/debug/shop").aws(&aws).build();
/// # Ok(()) }
/// ```
pub struct Moto {
    address: SocketAddr,
    _server: Group,
}

impl Moto {
    /// Starts the `moto_server` of the folder `.venv` of the crate that is tested, or else that in
    /// `PATH`. If there is neither, stderr gets a line with `SKIPPED`, and this returns `None`: the
    /// test returns.
    ///
    /// # Errors
    /// If there is neither and the variable `CI` is set, and those of
    /// [`start_program`](Self::start_program).
    pub fn start() -> Result<Option<Self>, Error> {
        let name = "moto_server";
        let folder = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
        let own = folder.join(".venv/bin").join(name);
        let path = env::var_os("PATH").unwrap_or_default();
        let installed = env::split_paths(&path).map(|folder| folder.join(name));
        if let Some(program) = [own].into_iter().chain(installed).find(|file| file.is_file()) {
            return Self::start_program(program).map(Some);
        }
        let advice = advice(&folder);
        if env::var_os("CI").is_some() {
            return Err(Error::start(&format!("cannot start {name}"), advice));
        }
        let test = thread::current();
        terminal::say(format_args!(
            "\nSKIPPED {}: {name}: {advice}",
            test.name().unwrap_or_default()
        ));
        Ok(None)
    }

    /// Starts this program, a `moto_server`.
    ///
    /// # Errors
    /// If it cannot be started, or does not listen after 60 s.
    pub fn start_program(program: impl AsRef<Path>) -> Result<Self, Error> {
        let name = format!("cannot start `{}`", program.as_ref().display());
        let fail = |error: io::Error| Error::start(&name, error);
        // It takes the port that was free a moment ago.
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let address = free.and_then(|free| free.local_addr()).map_err(fail)?;
        let mut command = Command::new(program.as_ref());
        command.args(["-H", "127.0.0.1", "-p", &address.port().to_string()]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut server = Arc::new(Guardian::start()).spawn(&mut command).map_err(fail)?;
        let (sender, last_line) = mpsc::channel();
        let stderr = server.child.stderr.take();
        thread::spawn(move || sender.send(stderr.map(last_line_of).unwrap_or_default()));
        let start = Instant::now();
        while TcpStream::connect(address).is_err() {
            if let Some(status) = server.child.try_wait().map_err(fail)? {
                let line = last_line.recv_timeout(Duration::from_secs(1)).unwrap_or_default();
                return Err(Error::start(&name, format!("it has ended: {status}: {line}")));
            }
            if start.elapsed() > PATIENCE {
                let message = format!("it does not listen after {} s", PATIENCE.as_secs());
                return Err(Error::start(&name, message));
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(Self { address, _server: server })
    }

    /// Returns the URL, for `AWS_ENDPOINT_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sends a request to a service, as its API reference has it, and returns the body of the
    /// response; bytes that are not UTF-8 are replaced. moto knows the service by its name in the
    /// signature, which it does not check. `headers` are whole lines.
    ///
    /// ```no_run
    /// # fn test(aws: &minilambda_local::Moto) -> Result<(), minilambda_local::Error> {
    /// aws.call("dynamodb", "POST /", &["X-Amz-Target: DynamoDB_20120810.ListTables"], "{}")?;
    /// let region = "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint>\
    ///     </CreateBucketConfiguration>";
    /// aws.call("s3", "PUT /photos", &[], region)?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If moto does not respond, or with a status other than 200 to 299.
    pub fn call(
        &self,
        service: &str,
        request: &str,
        headers: &[&str],
        body: impl AsRef<[u8]>,
    ) -> Result<String, Error> {
        let body = body.as_ref();
        let what = format!("moto: {service} {request}");
        let (address, of) = (self.address.to_string(), (service, "eu-central-1"));
        match stand_in::send(&address, of, request, headers, body) {
            Ok((200..300, body)) => Ok(body),
            Ok((status, body)) => Err(Error::start(&what, format!("status {status}: {body}"))),
            Err(error) => Err(Error::start(&what, error)),
        }
    }
}

impl fmt::Debug for Moto {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(formatter, "Moto({})", self.address)
    }
}

/// Reads all that a program says, and returns its last line: that of an error in Python.
fn last_line_of(stderr: impl Read) -> String {
    let lines = BufReader::new(stderr).split(b'\n').map_while(Result::ok);
    let line = lines.filter(|line| !line.trim_ascii().is_empty()).last().unwrap_or_default();
    String::from_utf8_lossy(&line).into_owned()
}

/// How a crate in this folder gets moto: the projects that `make new` starts have an installer.
fn advice(folder: &Path) -> &'static str {
    if folder.join("tests/moto/install").is_file() {
        "it is not installed; tests/moto/install brings it"
    } else {
        "it is not installed; `pip install moto[server]` brings it, or tests/moto/install in a \
         project of the template `fullstack`"
    }
}

#[cfg(test)]
mod tests {
    use super::{Moto, Path, advice};

    #[test]
    fn a_server_that_ends_says_why() {
        let python = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/support/no_server");
        let error = Moto::start_program(python).unwrap_err().to_string();
        assert!(error.ends_with("exit status: 1: ModuleNotFoundError: no moto"), "{error}");
    }

    #[test]
    fn a_project_with_an_installer_is_told_of_it() {
        let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let template = advice(&crates.join("examples/template-fullstack"));
        assert!(template.ends_with("installed; tests/moto/install brings it"), "{template}");
        assert!(advice(crates).contains("pip install"), "{}", advice(crates));
    }
}
