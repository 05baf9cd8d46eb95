use crate::error::{Error, Kind};
use crate::fault::Fault;
use crate::guardian::Guardian;
use crate::http::HttpClient;
use crate::instance::Instance;
use crate::invocation::Invocation;
use crate::json;
use crate::process::lock;
use crate::settings::{ACCOUNT, MAX_EVENT_BYTES, Notice, Settings};
use crate::supervisor::{self, Part};
use crate::table;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The functions of one program, as Lambda would run them. Each handler of the program's table is a
/// function.
///
/// A program is started with the first event for it and kept for the next ones. It ends with this value,
/// also when a test panics.
pub struct Lambda {
    shared: Arc<Shared>,
}

pub(crate) struct Shared {
    settings: Mutex<Arc<Settings>>,
    instances: Mutex<Vec<Arc<Instance>>>,
    /// How many events each handler was given, and the faults for those to come.
    counts: Mutex<BTreeMap<String, usize>>,
    faults: Vec<(usize, Fault)>,
    handlers: Mutex<Option<Vec<String>>>,
    guardian: Arc<Guardian>,
}

/// The configuration of a [`Lambda`].
#[must_use]
pub struct Builder {
    settings: Settings,
    faults: Vec<(usize, Fault)>,
}

/// What an invocation is asked for with.
#[derive(Clone, Default)]
pub(crate) struct Request {
    pub handler: String,
    pub event: Vec<u8>,
    pub id: Option<String>,
    pub headers: Vec<(&'static str, String)>,
    pub fault: Option<Fault>,
    /// Whether a program has to be started for it.
    pub is_cold: bool,
}

impl Lambda {
    /// Prepares a program, with a timeout of 3 s and 128 MB of memory, as Lambda does. For a binary of
    /// the crate that is tested: `Lambda::start(env!("CARGO_BIN_EXE_shop"))`.
    #[must_use]
    pub fn start(program: impl AsRef<Path>) -> Self {
        Self::builder(program).start()
    }

    /// Prepares an example of the crate that is tested. Cargo builds examples before it runs tests.
    #[must_use]
    pub fn example(name: &str) -> Self {
        Self::start(Self::path_of_example(name))
    }

    /// Returns the path of an example of the crate that is tested.
    #[must_use]
    pub fn path_of_example(name: &str) -> PathBuf {
        let test = std::env::current_exe().unwrap_or_default();
        // target/debug/deps/TEST, and target/debug/examples/NAME
        let folder = test.parent().and_then(Path::parent).unwrap_or(Path::new(""));
        folder.join("examples").join(name)
    }

    /// Prepares a program with another configuration.
    pub fn builder(program: impl AsRef<Path>) -> Builder {
        Builder { settings: Settings::new(program.as_ref().to_owned()), faults: Vec::new() }
    }

    /// Invokes a handler, and waits for its response. A function that fails is no error:
    /// see [`Invocation::failure`].
    ///
    /// # Errors
    /// If the program cannot be started or has no such handler, if the event is not JSON or has more than
    /// 6 MB, or if too many events are processed at once.
    pub fn invoke(&self, handler: &str, event: impl AsRef<[u8]>) -> Result<Invocation, Error> {
        self.shared.run(Request::new(handler, event.as_ref()), &mut |_| {})
    }

    /// Like [`invoke`](Self::invoke), in a program that is started for it: a cold start.
    ///
    /// # Errors
    /// Those of [`invoke`](Self::invoke).
    pub fn invoke_cold(&self, handler: &str, event: impl AsRef<[u8]>) -> Result<Invocation, Error> {
        let request = Request { is_cold: true, ..Request::new(handler, event.as_ref()) };
        self.shared.run(request, &mut |_| {})
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
        self.shared.run(request, &mut |_| {})
    }

    /// Returns a client of an HTTP function: it sends requests through a front end such as a function
    /// URL.
    pub fn http(&self, handler: &str) -> HttpClient<'_> {
        HttpClient::new(&self.shared, handler)
    }

    /// Returns the names of the program's table. It is empty for a program without a table, such as one
    /// with another runtime, which takes any name.
    ///
    /// # Errors
    /// If the program cannot be started.
    pub fn handlers(&self) -> Result<Vec<String>, Error> {
        self.shared.handlers()
    }

    /// Ends the programs. The next events start new ones.
    pub fn stop(&self) {
        self.shared.stop_all();
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

impl Drop for Lambda {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Builder {
    /// Sets the function's timeout.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// Sets the function's memory. A program that has more is killed, as Lambda does; on Linux only.
    pub fn memory_mb(mut self, memory_mb: u32) -> Self {
        self.settings.memory_mb = memory_mb;
        self
    }

    /// Sets a variable of the function's environment. Nothing of this process's environment is there.
    pub fn env(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.environment.insert(name.into(), value.into());
        self
    }

    /// Sets the region, `eu-central-1` if it is not set.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.settings.region = region.into();
        self
    }

    /// Sets whether programs are stopped (SIGSTOP) between events, as on Lambda. They are, unless this
    /// is set to false.
    pub fn freeze(mut self, freeze: bool) -> Self {
        self.settings.freeze = freeze;
        self
    }

    /// Gives each program so many events at once, as
    /// [managed instances](https://docs.aws.amazon.com/lambda/latest/dg/lambda-managed-instances.html)
    /// do (`AWS_LAMBDA_MAX_CONCURRENCY`). Lambda gives one if this is not set.
    pub fn workers(mut self, workers: usize) -> Self {
        self.settings.workers = Some(workers.max(1));
        self
    }

    /// Sets how many programs run at once, 100 if it is not set. More events are throttled.
    pub fn max_concurrency(mut self, count: usize) -> Self {
        self.settings.max_concurrency = count;
        self
    }

    /// Sets how long Lambda waits before each repetition of an asynchronous invocation that has failed:
    /// one minute and two, if this is not set.
    pub fn retry_delays(mut self, delays: impl IntoIterator<Item = Duration>) -> Self {
        self.settings.retry_delays = delays.into_iter().collect();
        self
    }

    /// Makes a fault happen at the event of this number, from 1, of each handler.
    pub fn fault(mut self, event: usize, fault: Fault) -> Self {
        self.faults.push((event, fault));
        self
    }

    /// Prepares the program. It is started with its first event.
    #[must_use]
    pub fn start(self) -> Lambda {
        let shared = Shared {
            settings: Mutex::new(Arc::new(self.settings)),
            instances: Mutex::default(),
            counts: Mutex::default(),
            faults: self.faults,
            handlers: Mutex::default(),
            guardian: Arc::new(Guardian::start()),
        };
        Lambda { shared: Arc::new(shared) }
    }
}

impl Request {
    pub fn new(handler: &str, event: &[u8]) -> Self {
        Self { handler: handler.to_owned(), event: event.to_vec(), ..Self::default() }
    }
}

impl Shared {
    pub fn settings(&self) -> Arc<Settings> {
        Arc::clone(&lock(&self.settings))
    }

    /// Changes the configuration, for programs that are started from now on; the others end.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        {
            let mut settings = lock(&self.settings);
            let mut changed = Settings::clone(&settings);
            change(&mut changed);
            *settings = Arc::new(changed);
        }
        *lock(&self.handlers) = None;
        self.stop_idle();
    }

    pub fn handlers(&self) -> Result<Vec<String>, Error> {
        let mut handlers = lock(&self.handlers);
        if let Some(handlers) = &*handlers {
            return Ok(handlers.clone());
        }
        let names = table::read(&self.settings().program)?;
        *handlers = Some(names.clone());
        Ok(names)
    }

    /// Returns whether there is a function of this name.
    pub fn check_handler(&self, handler: &str) -> Result<(), Error> {
        let handlers = self.handlers()?;
        if handlers.is_empty() || handlers.iter().any(|name| name == handler) {
            return Ok(());
        }
        let region = &self.settings().region;
        Err(Error::new(
            Kind::NoSuchHandler,
            format!(
                "Function not found: arn:aws:lambda:{region}:{ACCOUNT}:function:{handler}; \
                 the handlers are: {}",
                handlers.join(", ")
            ),
        ))
    }

    /// Returns whether Lambda would accept this.
    pub fn check(&self, request: &Request) -> Result<(), Error> {
        self.check_handler(&request.handler)?;
        check_event(&request.event)
    }

    /// Runs one invocation, and gives the parts of its response as they come.
    pub fn run(
        &self,
        mut request: Request,
        on_part: &mut dyn FnMut(Part),
    ) -> Result<Invocation, Error> {
        self.check(&request)?;
        if request.event.is_empty() {
            request.event = b"{}".to_vec();
        }
        let number = {
            let mut counts = lock(&self.counts);
            let count = counts.entry(request.handler.clone()).or_default();
            *count += 1;
            *count
        };
        if request.fault.is_none() {
            let fault = self.faults.iter().find(|(event, _)| *event == number);
            request.fault = fault.map(|(_, fault)| fault.clone());
        }
        let (instance, is_new) = self.reserve(&request.handler, request.is_cold)?;
        let (handler, event) =
            (request.handler.clone(), Arc::new(std::mem::take(&mut request.event)));
        let invocation = supervisor::run(&instance, is_new, request, Arc::clone(&event), on_part);
        let is_outdated = instance.is_idle() && !Arc::ptr_eq(&instance.settings, &self.settings());
        if is_outdated {
            instance.stop();
        }
        if instance.has_exited() {
            lock(&self.instances).retain(|other| !Arc::ptr_eq(other, &instance));
        }
        let notice = Notice::Done { handler: &handler, event: &event, invocation: &invocation };
        instance.settings.notice(&notice);
        Ok(invocation)
    }

    /// Returns an instance for one event, and whether it is new.
    fn reserve(&self, handler: &str, is_cold: bool) -> Result<(Arc<Instance>, bool), Error> {
        let settings = self.settings();
        if is_cold {
            self.stop_idle_of(Some(handler));
        }
        let mut instances = lock(&self.instances);
        instances.retain(|instance| !instance.has_exited());
        let is_current = |instance: &&Arc<Instance>| {
            instance.handler == handler && Arc::ptr_eq(&instance.settings, &settings)
        };
        let free = instances.iter().filter(is_current).find(|_| !is_cold);
        let free = free.and_then(|_| {
            instances.iter().filter(is_current).find(|instance| instance.reserve()).cloned()
        });
        if let Some(instance) = free {
            return Ok((instance, false));
        }
        let busy = instances.iter().filter(|instance| !instance.is_idle()).count();
        if busy >= settings.max_concurrency {
            return Err(Error::new(Kind::Throttled, "Rate Exceeded."));
        }
        let instance = Instance::start(handler, &settings, &self.guardian)?;
        let is_reserved = instance.reserve();
        debug_assert!(is_reserved, "nobody else knows it");
        instances.push(Arc::clone(&instance));
        Ok((instance, true))
    }

    /// Ends the programs that process no event.
    pub fn stop_idle(&self) {
        self.stop_idle_of(None);
    }

    fn stop_idle_of(&self, handler: Option<&str>) {
        let stopped = {
            let mut instances = lock(&self.instances);
            let is_meant = |instance: &Arc<Instance>| {
                instance.is_idle() && handler.is_none_or(|handler| instance.handler == handler)
            };
            let stopped: Vec<_> =
                instances.iter().filter(|instance| is_meant(instance)).cloned().collect();
            instances.retain(|instance| !is_meant(instance));
            stopped
        };
        stop(&stopped);
    }

    pub fn stop_all(&self) {
        let instances = std::mem::take(&mut *lock(&self.instances));
        stop(&instances);
    }
}

fn stop(instances: &[Arc<Instance>]) {
    for instance in instances {
        instance.stop();
    }
}

/// Lambda accepts JSON only.
fn check_event(event: &[u8]) -> Result<(), Error> {
    if event.len() > MAX_EVENT_BYTES {
        return Err(Error::new(
            Kind::EventTooLarge,
            format!(
                "Request must be smaller than {MAX_EVENT_BYTES} bytes for the InvokeFunction operation"
            ),
        ));
    }
    if !event.is_empty() && json::parse(event).is_none() {
        return Err(Error::new(
            Kind::InvalidEvent,
            "Could not parse request body into json: the event is not JSON in UTF-8",
        ));
    }
    Ok(())
}
