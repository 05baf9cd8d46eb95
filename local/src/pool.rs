//! The programs of all handlers: each invocation gets one that is free, or a new one.

use crate::clock;
use crate::error::{Error, ErrorKind};
use crate::fault::Fault;
use crate::guardian::Guardian;
use crate::ids;
use crate::instance::Instance;
use crate::invocation::{Invocation, Request, TENANT, TRACE};
use crate::json;
use crate::lock::lock;
use crate::runtime_api;
use crate::settings::{ACCOUNT, MAX_EVENT_BYTES, Notice, Settings};
use crate::supervisor::{self, Part};
use crate::table;
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock};

/// The state that a [`Lambda`](crate::Lambda) shares with its servers.
pub(crate) struct Pool {
    settings: Mutex<Arc<Settings>>,
    instances: Mutex<Vec<Arc<Instance>>>,
    /// The number of events that each handler was given.
    counts: Mutex<BTreeMap<String, usize>>,
    faults: Vec<(usize, Fault)>,
    handlers: Mutex<Option<Vec<String>>>,
    guardian: Arc<Guardian>,
    /// What starts the execution of a durable function.
    executor: OnceLock<Box<Executor>>,
}

type Executor = dyn Fn(Request) -> Result<Invocation, Error> + Send + Sync;

impl fmt::Debug for Pool {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        self.settings().fmt(formatter)
    }
}

impl Pool {
    pub fn new(settings: Settings, faults: Vec<(usize, Fault)>) -> Arc<Self> {
        Arc::new(Self {
            settings: Mutex::new(Arc::new(settings)),
            instances: Mutex::default(),
            counts: Mutex::default(),
            faults,
            handlers: Mutex::default(),
            guardian: Arc::new(Guardian::start()),
            executor: OnceLock::new(),
        })
    }

    /// Sets what starts the execution of a durable function, once.
    pub fn set_executor(
        &self,
        executor: impl Fn(Request) -> Result<Invocation, Error> + Send + Sync + 'static,
    ) {
        let _ = self.executor.set(Box::new(executor));
    }

    /// What ends the programs that are started with it when this process ends.
    pub fn guardian(&self) -> &Arc<Guardian> {
        &self.guardian
    }

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
        let settings = self.settings();
        if let Some(wrong) = &settings.wrong {
            return Err(wrong.clone());
        }
        if !settings.by_hand.is_empty() {
            return Ok(settings.by_hand.clone());
        }
        let mut handlers = lock(&self.handlers);
        if let Some(handlers) = &*handlers {
            return Ok(handlers.clone());
        }
        let table = table::read(&settings.program, &self.guardian)?;
        if table.durable != settings.durable {
            let mut settings = lock(&self.settings);
            *settings = Arc::new(Settings { durable: table.durable, ..Settings::clone(&settings) });
        }
        *handlers = Some(table.names.clone());
        drop(handlers);
        for line in settings.names.unknown(&table.names) {
            settings.notice(&Notice::Wrong { line: &line });
        }
        Ok(table.names)
    }

    /// Whether a handler is durable, if the program's table has been read.
    pub fn is_durable(&self, handler: &str) -> bool {
        self.settings().is_durable(handler)
    }

    /// Returns an error if a handler is not durable, or its function cannot reach the service.
    pub fn check_durable(&self, handler: &str) -> Result<(), Error> {
        let has_no_table = !self.settings().by_hand.is_empty() || self.handlers()?.is_empty();
        if has_no_table && !self.is_durable(handler) {
            // A program without a table does not say what is durable.
            self.configure(|settings| settings.named_durable.push(handler.to_owned()));
        }
        let settings = self.settings();
        if !settings.is_durable(handler) {
            let message =
                format!("`{handler}` is not durable: its handler is not made by durable!");
            return Err(Error::new(ErrorKind::Refused, message));
        }
        if settings.lambda_url.is_none() {
            let message = format!(
                "`{handler}` is durable: start it with Lambda::start, or serve the functions with \
                 Lambda::serve first"
            );
            return Err(Error::new(ErrorKind::InvalidSettings, message));
        }
        Ok(())
    }

    /// Kills the program that has an event.
    pub fn kill(&self, id: &str) {
        let instances = lock(&self.instances).clone();
        if let Some(instance) = instances.iter().find(|instance| instance.open(id).is_some()) {
            instance.kill();
        }
    }

    /// Returns the handler of a function, by any name of it.
    pub fn find(&self, function: &str) -> Result<String, Error> {
        let handlers = self.handlers()?;
        let settings = self.settings();
        let handler = settings.names.handler_of(function, &handlers);
        // A program without a table takes any name, which is in its environment and in headers.
        let is_name = !handler.is_empty() && !handler.contains(char::is_control);
        if (handlers.is_empty() && is_name) || handlers.iter().any(|name| name == handler) {
            return Ok(handler.to_owned());
        }
        let region = &settings.region;
        Err(Error::new(
            ErrorKind::NoSuchHandler,
            format!(
                "Function not found: arn:aws:lambda:{region}:{ACCOUNT}:function:{handler}; \
                 the handlers are: {}",
                handlers.join(", ")
            ),
        ))
    }

    /// Returns the handler of a host name, which browsers write in small letters.
    pub fn find_host(&self, name: &str) -> Result<String, Error> {
        self.find(name).or_else(|error| {
            let names = &self.settings().names;
            let is_meant = |handler: &String| {
                let function = names.function_of(handler);
                handler.eq_ignore_ascii_case(name) || function.eq_ignore_ascii_case(name)
            };
            self.handlers()?.into_iter().find(is_meant).ok_or(error)
        })
    }

    /// Returns an error if Lambda would refuse this. The name of a function becomes its handler.
    pub fn check(&self, request: &mut Request) -> Result<(), Error> {
        request.handler = self.find(&request.handler)?;
        check_event(&request.event)
    }

    /// Runs one invocation, and gives the parts of its response as they come.
    pub fn run(
        &self,
        mut request: Request,
        on_part: &mut dyn FnMut(Part),
    ) -> Result<Invocation, Error> {
        self.check(&mut request)?;
        if let Some(executor) = self.executor.get() {
            if !request.is_once && self.is_durable(&request.handler) {
                return executor(request);
            }
        }
        if request.event.is_empty() {
            request.event = b"{}".to_vec();
        }
        if request.header(TRACE).is_none() {
            request.headers.push((TRACE, ids::trace(clock::now().as_secs())));
        }
        let (instance, is_new) = self.reserve(&request)?;
        // One that is throttled is given to no program.
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
        let (handler, event) =
            (request.handler.clone(), Arc::new(std::mem::take(&mut request.event)));
        let invocation = supervisor::run(&instance, is_new, request, Arc::clone(&event), on_part);
        if instance.is_idle() && !is_current(&instance, &self.settings()) {
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
    fn reserve(&self, request: &Request) -> Result<(Arc<Instance>, bool), Error> {
        let (handler, is_cold) = (&*request.handler, request.is_cold);
        let settings = self.settings();
        let tenant = request.header(TENANT);
        if is_cold {
            self.stop_idle_of(Some(handler));
        }
        let mut instances = lock(&self.instances);
        instances.retain(|instance| !instance.has_exited());
        let is_meant = |instance: &&Arc<Instance>| {
            instance.handler == handler
                && is_current(instance, &settings)
                && (instance.tenant.as_deref() == tenant || instance.is_debugged())
        };
        let mut meant = instances.iter().filter(is_meant).peekable();
        let has_debugger = meant.peek().is_some_and(|instance| instance.is_debugged());
        if !is_cold || has_debugger {
            if let Some(instance) = meant.find(|instance| instance.reserve()) {
                return Ok((Arc::clone(instance), false));
            }
        }
        if has_debugger {
            let waits = |one: &Arc<Instance>| one.handler == handler && one.waits_for_program();
            let message = if instances.iter().any(waits) {
                format!(
                    "an event of `{handler}` waits for its program: start it with the variables that \
                     were printed"
                )
            } else {
                format!(
                    "the program of `{handler}` that is debugged has an event: let it go on in the \
                     debugger"
                )
            };
            return Err(Error::new(ErrorKind::Throttled, message));
        }
        let busy = instances.iter().filter(|instance| !instance.is_idle()).count();
        if busy >= settings.max_programs {
            return Err(Error::new(ErrorKind::Throttled, "Rate Exceeded."));
        }
        let tenant = tenant.map(str::to_owned);
        let instance = runtime_api::start_program(handler, &settings, &self.guardian, tenant)?;
        // Programs of other handlers and tenants that process nothing make room.
        let superfluous = (instances.len() + 1).saturating_sub(settings.max_programs);
        let stopped = take_idle(&mut instances, superfluous);
        instances.push(Arc::clone(&instance));
        drop(instances);
        stop(&stopped);
        Ok((instance, true))
    }

    /// Returns the program of a handler. If there is none, one may be started.
    pub fn ready(&self, handler: &str, starts: bool) -> Result<Option<Arc<Instance>>, Error> {
        let settings = self.settings();
        let mut instances = lock(&self.instances);
        instances.retain(|instance| !instance.has_exited());
        let mut found = instances.iter().filter(|instance| instance.handler == handler);
        if let Some(instance) = found.find(|instance| is_current(instance, &settings)) {
            return Ok(Some(Arc::clone(instance)));
        }
        if !starts {
            return Ok(None);
        }
        let instance = runtime_api::start_program(handler, &settings, &self.guardian, None)?;
        instance.release();
        instances.push(Arc::clone(&instance));
        Ok(Some(instance))
    }

    /// Takes the events of a handler to a program that the user starts. Returns the address of its
    /// Runtime API.
    pub fn adopt(&self, handler: &str, port: u16) -> Result<SocketAddr, Error> {
        let (instance, address) = runtime_api::serve_by_hand(handler, &self.settings(), port)?;
        lock(&self.instances).push(instance);
        Ok(address)
    }

    /// Ends the programs that process no event.
    pub fn stop_idle(&self) {
        self.stop_idle_of(None);
    }

    fn stop_idle_of(&self, handler: Option<&str>) {
        let stopped = {
            let mut instances = lock(&self.instances);
            let is_meant = |instance: &Arc<Instance>| {
                !instance.is_by_hand()
                    && instance.is_idle()
                    && handler.is_none_or(|handler| instance.handler == handler)
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

/// Whether a program has these settings, or is one that the user has started.
fn is_current(instance: &Instance, settings: &Arc<Settings>) -> bool {
    instance.is_by_hand() || Arc::ptr_eq(&instance.settings, settings)
}

/// Takes out programs that process no event, those first that have been without one for longest.
fn take_idle(instances: &mut Vec<Arc<Instance>>, count: usize) -> Vec<Arc<Instance>> {
    let mut taken = Vec::new();
    while taken.len() < count {
        let idle = instances.iter().enumerate().filter_map(|(place, instance)| {
            let since = instance.idle_since().filter(|_| !instance.is_debugged())?;
            Some((since, place))
        });
        let Some((_, place)) = idle.min() else { break };
        taken.push(instances.remove(place));
    }
    taken
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
            ErrorKind::EventTooLarge,
            format!(
                "Request must be smaller than {MAX_EVENT_BYTES} bytes for the InvokeFunction operation"
            ),
        ));
    }
    if !event.is_empty() && !json::is_document(event) {
        return Err(Error::new(
            ErrorKind::InvalidEvent,
            "Could not parse request body into json: the event is not JSON in UTF-8",
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;
    use std::time::{Duration, Instant};

    #[test]
    fn a_program_that_ends_before_its_event_is_reserved_once_and_released_once() {
        let settings = Arc::new(Settings::new("/usr/bin/false".into()));
        let guardian = Arc::new(Guardian::start());
        let instance = runtime_api::start_program("a", &settings, &guardian, None).unwrap();
        let limit = Instant::now() + Duration::from_secs(60);
        while !instance.has_exited() && Instant::now() < limit {
            thread::sleep(Duration::from_millis(1));
        }
        assert!(instance.has_exited() && !instance.is_idle());
        let (request, event) = (Request::new("a", b"1"), Arc::new(b"1".to_vec()));
        let invocation = supervisor::run(&instance, true, request, event, &mut |_| ());
        assert_eq!(invocation.error_type(), Some("Runtime.ExitError"));
        assert!(instance.is_idle() && !instance.reserve());
    }
}
