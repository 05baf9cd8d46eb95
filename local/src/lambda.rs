//! The functions of one program, and their configuration.

use crate::client::HttpClient;
use crate::durable::service::Service;
use crate::durable::time::DurableTime;
use crate::durable::update::MAX_SECONDS;
use crate::error::Error;
use crate::fault::Fault;
use crate::functions_file;
use crate::invocation::{Invocation, Request};
use crate::listener::Listening;
use crate::moto::Moto;
use crate::pool::Pool;
use crate::queue::Queue;
use crate::settings::Settings;
use crate::variables;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The functions of one program, as Lambda would run them. Each handler of the program's table is a
/// function.
///
/// A program is started with the first event for it and kept for the next ones. It ends with this
/// value, even if a test panics.
pub struct Lambda {
    pool: Arc<Pool>,
    queue: Arc<Queue>,
    durable: Arc<Service>,
    /// The server that durable functions reach, if the functions are not served otherwise.
    own_server: Mutex<Option<Listening>>,
}

/// The configuration of a [`Lambda`].
#[derive(Debug)]
#[must_use]
pub struct Builder {
    settings: Settings,
    faults: Vec<(usize, Fault)>,
    time: DurableTime,
    execution_timeout: u64,
    /// Whether the functions are served for each other, because the stand-in for AWS runs none.
    serves_itself: bool,
}

impl Lambda {
    /// Prepares a program, with a timeout of 3 s and 128 MB of memory, as Lambda does. For a binary
    /// of the crate that is tested: `Lambda::new(env!("CARGO_BIN_EXE_shop"))`.
    #[must_use]
    pub fn new(program: impl AsRef<Path>) -> Self {
        Self::builder(program).build()
    }

    /// Prepares an example of the crate that is tested. `cargo test` builds examples before it runs
    /// tests; `cargo test --test NAME` does not.
    #[must_use]
    pub fn example(name: &str) -> Self {
        Self::new(Self::path_of_example(name))
    }

    /// Returns the path of an example of the crate that is tested, for [`builder`](Self::builder).
    #[must_use]
    pub fn path_of_example(name: &str) -> PathBuf {
        let test = std::env::current_exe().unwrap_or_default();
        // target/debug/deps/TEST, and target/debug/examples/NAME
        let folder = test.parent().and_then(Path::parent).unwrap_or(Path::new(""));
        folder.join("examples").join(name)
    }

    /// Prepares a program with another configuration.
    pub fn builder(program: impl AsRef<Path>) -> Builder {
        Builder {
            settings: Settings::new(program.as_ref().to_owned()),
            faults: Vec::new(),
            time: DurableTime::Real,
            execution_timeout: MAX_SECONDS,
            serves_itself: false,
        }
    }

    /// Invokes a handler, and waits for its response. A function that fails is no error:
    /// see [`Invocation::failure`].
    ///
    /// # Errors
    /// If the program cannot be started or has no such handler, if the event is not JSON or has
    /// more than 6 MB, or if too many events are processed at once.
    pub fn invoke(&self, handler: &str, event: impl AsRef<[u8]>) -> Result<Invocation, Error> {
        self.pool.run(Request::new(handler, event.as_ref()), &mut |_| {})
    }

    /// Like [`invoke`](Self::invoke), in a program that is started for it: a cold start.
    ///
    /// # Errors
    /// Those of [`invoke`](Self::invoke).
    pub fn invoke_cold(&self, handler: &str, event: impl AsRef<[u8]>) -> Result<Invocation, Error> {
        let request = Request { is_cold: true, ..Request::new(handler, event.as_ref()) };
        self.pool.run(request, &mut |_| {})
    }

    /// Like [`invoke`](Self::invoke), with a fault of the Runtime API at this event.
    ///
    /// # Errors
    /// Those of [`invoke`](Self::invoke).
    pub fn invoke_with(
        &self,
        handler: &str,
        event: impl AsRef<[u8]>,
        fault: Fault,
    ) -> Result<Invocation, Error> {
        let request = Request { fault: Some(fault), ..Request::new(handler, event.as_ref()) };
        self.pool.run(request, &mut |_| {})
    }

    /// Returns a client of an HTTP function: it sends requests through a front end such as a
    /// function URL.
    pub fn http(&self, handler: &str) -> HttpClient<'_> {
        HttpClient::new(&self.pool, handler)
    }

    /// Returns the names of the program's table. It is empty for a program without a table, such as
    /// one with another runtime, which takes any name.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub fn handlers(&self) -> Result<Vec<String>, Error> {
        self.pool.handlers()
    }

    /// Ends the programs. The next events start new ones.
    pub fn stop(&self) {
        self.pool.stop_all();
    }

    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    pub(crate) fn queue(&self) -> &Arc<Queue> {
        &self.queue
    }

    pub(crate) fn durable(&self) -> &Arc<Service> {
        &self.durable
    }

    pub(crate) fn own_server(&self) -> &Mutex<Option<Listening>> {
        &self.own_server
    }
}

impl fmt::Debug for Lambda {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        formatter.debug_tuple("Lambda").field(&self.pool).finish()
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        self.queue.close();
        self.durable.close();
        self.stop();
    }
}

impl Builder {
    /// Sets the function's timeout.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.limits.timeout = Some(timeout);
        self
    }

    /// Sets the function's memory. A program that uses more is killed, as on Lambda (Linux only).
    pub fn memory_mb(mut self, memory_mb: u32) -> Self {
        self.settings.limits.memory_mb = Some(memory_mb);
        self
    }

    /// Sets a variable of the function's environment. The environment of this process is not
    /// inherited.
    ///
    /// With a variable that [Lambda
    /// reserves](https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime),
    /// such as `_HANDLER`, or a name that it does not accept, each invocation is an error of the
    /// kind [`InvalidSettings`](crate::ErrorKind::InvalidSettings). Credentials and the region,
    /// which a role and the service give on Lambda, can be set.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.set_variable((name.into(), value.into()));
        self
    }

    /// Sets the variables of a file, `NAME=value` in each line, as the tool's `--env-file` does. In
    /// a test, the path is relative to the package. If the file cannot be read, each invocation is
    /// an error, as with a wrong variable.
    pub fn env_file(mut self, path: impl AsRef<Path>) -> Self {
        match variables::read(path.as_ref()) {
            Ok(variables) => self.settings.set_variables(variables),
            Err(error) => self.settings.wrong = self.settings.wrong.or(Some(error)),
        }
        self
    }

    /// Gives the functions the names, timeouts and memory of a `functions.conf`, with which a
    /// project is deployed, as the tool's `--functions` does. The others have the name of their
    /// handler, with `-` for each dot. [`timeout`](Self::timeout) and
    /// [`memory_mb`](Self::memory_mb) are for all functions, whatever the file says. If the file
    /// cannot be read, each invocation is an error, as with a wrong variable.
    pub fn functions(mut self, path: impl AsRef<Path>) -> Self {
        match functions_file::read(path.as_ref()) {
            Ok(functions) => functions.apply(&mut self.settings),
            Err(error) => self.settings.wrong = self.settings.wrong.or(Some(error)),
        }
        self
    }

    /// Starts an extension with each program, as Lambda starts those in `/opt/extensions`. It
    /// registers under the name of its file, has the Extensions API and the Telemetry API, and ends
    /// with the program.
    pub fn extension(mut self, program: impl Into<PathBuf>) -> Self {
        self.settings.extensions.push(program.into());
        self
    }

    /// Lets the functions call a stand-in for AWS: sets its URL, and keys that it does not check.
    /// The stand-in runs no functions, so those that invoke others get a server of this program.
    pub fn aws(mut self, aws: &Moto) -> Self {
        self.serves_itself = true;
        let keyed = self.env("AWS_ACCESS_KEY_ID", "none").env("AWS_SECRET_ACCESS_KEY", "none");
        keyed.env("AWS_ENDPOINT_URL", aws.url())
    }

    /// Sets the region; the default is `eu-central-1`. If the text is not a region, each invocation
    /// is an error, as with a wrong variable.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.settings.set_variable(("AWS_REGION".to_owned(), region.into()));
        self
    }

    /// Sets whether programs are stopped (SIGSTOP) between events, as on Lambda. The default is
    /// true.
    pub fn freeze(mut self, freeze: bool) -> Self {
        self.settings.freeze = freeze;
        self
    }

    /// Gives each program this many events at once, as [managed
    /// instances](https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html) do
    /// (`AWS_LAMBDA_MAX_CONCURRENCY`). The default is one, without this variable.
    pub fn events_per_program(mut self, count: usize) -> Self {
        self.settings.workers = Some(count.max(1));
        self
    }

    /// Sets how many programs run at once; the default is 100. Further events are throttled, as by
    /// the concurrency limit of an account.
    pub fn max_programs(mut self, count: usize) -> Self {
        self.settings.max_programs = count;
        self
    }

    /// Sets how long Lambda waits before each retry of an asynchronous invocation that has failed.
    /// The default is one minute, then two.
    pub fn retry_delays(mut self, delays: impl IntoIterator<Item = Duration>) -> Self {
        self.settings.retry_delays = delays.into_iter().collect();
        self
    }

    /// Makes a fault happen at one event of each handler; `event` is its number, from 1.
    pub fn fault(mut self, event: usize, fault: Fault) -> Self {
        self.faults.push((event, fault));
        self
    }

    /// Sets how time passes for durable executions. The default is real time.
    pub fn durable_time(mut self, time: DurableTime) -> Self {
        self.time = time;
        self
    }

    /// Sets the timeout of durable executions, in whole seconds: what `ExecutionTimeout` of the
    /// `DurableConfig` is on Lambda. The default is the longest, 366 days.
    pub fn execution_timeout(mut self, timeout: Duration) -> Self {
        self.execution_timeout = timeout.as_secs().clamp(1, MAX_SECONDS);
        self
    }

    /// Names a durable handler of a program without a table, such as one with another runtime. The
    /// table of a program with minilambda's runtime says which handlers are durable.
    pub fn durable(mut self, handler: impl Into<String>) -> Self {
        self.settings.named_durable.push(handler.into());
        self
    }

    /// Prepares the program. It is started with its first event.
    #[must_use]
    pub fn build(self) -> Lambda {
        let pool = Pool::new(self.settings, self.faults);
        let durable = Service::new(&pool, self.time, self.execution_timeout);
        let executor = Arc::clone(&durable);
        pool.set_executor(move |request| executor.run(request));
        let lambda = Lambda { pool, queue: Arc::default(), durable, own_server: Mutex::default() };
        if self.serves_itself {
            if let Err(error) = lambda.serve_itself() {
                lambda.pool.configure(|settings| settings.wrong = Some(error.clone()));
            }
        }
        lambda
    }
}
