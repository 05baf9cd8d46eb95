//! The functions of one program: they are invoked, and served.

use crate::caller::Caller;
use crate::client::HttpClient;
use crate::durable::execution::New;
use crate::durable::handle::{DurableExecution, DurableStart};
use crate::durable::service::{Service, Start};
use crate::error::{Error, ErrorKind};
use crate::fault::Fault;
use crate::front_end::FrontEnd;
use crate::gateway::Gateway;
use crate::invocation::{Invocation, Request};
use crate::journal::Journal;
use crate::listener::Listening;
use crate::lock::lock;
use crate::pool::Pool;
use crate::queue::Queue;
use crate::server::{Server, Site};
use std::fmt;
use std::sync::{Arc, Mutex};

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

impl Lambda {
    pub(crate) fn of_parts(pool: Arc<Pool>, durable: Arc<Service>) -> Self {
        Self { pool, queue: Arc::default(), durable, own_server: Mutex::default() }
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

    /// Serves the functions on a port of 127.0.0.1; with port 0, on a free one.
    ///
    /// - `http://127.0.0.1:PORT` is the endpoint of the Invoke API for the AWS CLI and SDKs.
    /// - `http://HANDLER.localhost:PORT` sends HTTP requests to a handler.
    /// - `http://127.0.0.1:PORT/` is a page.
    ///
    /// # Errors
    /// If the port is in use.
    pub fn serve(&self, port: u16) -> Result<Server, Error> {
        let journal = Arc::new(Journal::beside(&self.pool().settings().logs));
        let keeper = Arc::clone(&journal);
        self.pool().configure(|settings| {
            settings.observer = Some(Arc::new(move |notice| keeper.note(notice)));
        });
        let observer = Arc::clone(&journal);
        self.durable().set_observer(move || observer.note_executions());
        let gateway = Gateway::new(FrontEnd::FunctionUrl, Caller::Unknown, Vec::new());
        Server::start(
            port,
            None,
            &Arc::new(Site {
                lambda: Arc::clone(self.pool()),
                queue: Arc::clone(self.queue()),
                durable: Arc::clone(self.durable()),
                gateway: Mutex::new(Arc::new(gateway)),
                journal,
                project: None,
                events: None,
                env_file: None,
                functions: None,
                title: "minilambda".to_owned(),
            }),
        )
    }

    /// Starts an execution of a durable handler, and returns at once.
    ///
    /// If the functions are not served with [`serve`](Self::serve), they get a server on a free port
    /// of 127.0.0.1, where they find the service.
    ///
    /// ```no_run
    /// use minilambda_local::{DurableTime, Lambda};
    /// use std::time::Duration;
    ///
    /// let lambda = Lambda::builder("target/debug/shop").durable_time(DurableTime::Manual).build();
    /// let execution = lambda.start("shop.order", r#"{"id":"A-1"}"#)?;
    /// execution.until_suspended()?;
    /// execution.advance(Duration::from_secs(3600))?;
    /// let approval = execution.callbacks().remove(0);
    /// execution.succeed(&approval.id, r#"{"by":"Ada"}"#)?;
    /// assert_eq!(execution.result()?.result.as_deref(), Some(r#"{"order":"A-1"}"#));
    /// # Ok::<_, minilambda_local::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the program cannot be started, or has no such handler, or the handler is not durable; or
    /// if the input is not JSON or has more than 6 MB.
    pub fn start(
        &self,
        handler: &str,
        input: impl AsRef<[u8]>,
    ) -> Result<DurableExecution<'_>, Error> {
        self.start_with(handler, input, DurableStart::new())
    }

    /// Like [`start`](Self::start), with a name or with faults.
    ///
    /// # Errors
    /// Those of [`start`](Self::start); if the name is not one, or an execution of this name has
    /// another input.
    pub fn start_with(
        &self,
        handler: &str,
        input: impl AsRef<[u8]>,
        start: DurableStart,
    ) -> Result<DurableExecution<'_>, Error> {
        self.serve_itself()?;
        let input = std::str::from_utf8(input.as_ref())
            .map_err(|_| Error::new(ErrorKind::InvalidEvent, "the input is not JSON in UTF-8"))?;
        let (handler, input) = (handler.to_owned(), input.into());
        let new = New { handler, input, faults: start.faults, ..New::default() };
        let number = self.durable().start(Start { name: start.name, is_sync: true, new })?;
        Ok(DurableExecution::new(self.durable(), number))
    }

    /// Serves the functions for each other, if they are not served.
    pub(crate) fn serve_itself(&self) -> Result<(), Error> {
        let mut own_server = lock(&self.own_server);
        if self.pool().settings().lambda_url.is_none() {
            *own_server = Some(self.serve(0)?.listening);
        }
        Ok(())
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
