//! The configuration of the functions, for tests.

use crate::durable::service::Service;
use crate::durable::time::DurableTime;
use crate::durable::update::MAX_SECONDS;
use crate::fault::Fault;
use crate::functions_file;
use crate::lambda::Lambda;
use crate::moto::Moto;
use crate::pool::Pool;
use crate::settings::Settings;
use crate::variables;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

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
        let lambda = Lambda::of_parts(pool, durable);
        if self.serves_itself {
            if let Err(error) = lambda.serve_itself() {
                lambda.pool().configure(|settings| settings.wrong = Some(error.clone()));
            }
        }
        lambda
    }
}
