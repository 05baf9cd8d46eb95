//! Starting durable executions from a test.

use crate::durable::execution::New;
use crate::durable::handle::{DurableExecution, DurableStart};
use crate::durable::service::Start;
use crate::error::{Error, ErrorKind};
use crate::lambda::Lambda;
use crate::lock::lock;

impl Lambda {
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
        let mut own_server = lock(self.own_server());
        if self.pool().settings().lambda_url.is_none() {
            *own_server = Some(self.serve(0)?.listening);
        }
        Ok(())
    }
}
