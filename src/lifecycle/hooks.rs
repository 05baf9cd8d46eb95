//! Functions of the program that the runtime calls at start, around a snapshot, after each
//! response, and at shutdown.

use crate::logging::logger::{Logger, Plugin};
use crate::{Context, Error, logging, panics};

/// A function that a [`Hooks`] calls.
pub type Hook = fn() -> Result<(), Error>;

/// The hook after a response, and the function that calls it. A program without such a hook does
/// not contain it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AfterResponse {
    hook: fn(&Context),
    call: fn(fn(&Context), &Context),
}

impl AfterResponse {
    pub(crate) fn call(self, context: &Context) {
        (self.call)(self.hook, context);
    }
}

/// Functions to call at start, around a snapshot, after each response, and at shutdown, for
/// [`run_with`](crate::run_with). Each is one function, which may call others.
///
/// ```no_run
/// use minilambda::{Error, Handler, Hooks};
/// # use std::process::ExitCode;
/// use std::sync::OnceLock;
///
/// static TABLE: OnceLock<String> = OnceLock::new();
///
/// fn configure() -> Result<(), Error> {
///     TABLE.get_or_init(|| std::env::var("TABLE").unwrap_or_default());
///     Ok(())
/// }
/// # static HANDLERS: &[(&str, Handler)] = &[];
/// static HOOKS: Hooks = Hooks::new().init(configure);
///
/// fn main() -> ExitCode {
///     minilambda::run_with(HANDLERS, &HOOKS)
/// }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Hooks {
    pub(crate) init: Option<Hook>,
    pub(crate) after_response: Option<AfterResponse>,
    pub(crate) on_shutdown: Option<Hook>,
    pub(crate) before_snapshot: Option<Hook>,
    pub(crate) after_restore: Option<Hook>,
    pub(crate) without_deadline_warning: bool,
    pub(crate) logger: Option<Plugin>,
}

impl Hooks {
    /// Creates hooks that do nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            init: None,
            after_response: None,
            on_shutdown: None,
            before_snapshot: None,
            after_restore: None,
            without_deadline_warning: false,
            logger: None,
        }
    }

    /// Sets the function that is called before the first event, to create clients and read the
    /// configuration. If it fails or panics, Lambda gets an init error and the process exits.
    ///
    /// Lambda allows 10 seconds for it; with `SnapStart`, provisioned concurrency and on managed
    /// instances the function's timeout, and at least 130 seconds.
    #[must_use]
    pub const fn init(mut self, hook: Hook) -> Self {
        self.init = Some(hook);
        self
    }

    /// Sets the function that is called after each invocation, when its response or error has been
    /// sent and before the next event is asked for: to send metrics and traces, and to tidy up. It
    /// is called for streams too, and if the response did not arrive.
    ///
    /// The caller does not wait for it. Its time is billed, the function's timeout counts it, and
    /// the next event of this worker waits for it. Records and requests in it belong to the
    /// invocation. Its panic is logged, and the next event is served.
    ///
    /// It is not called if the process ends before: by a crash of the handler, by its timeout, or
    /// because the Runtime API says that the environment cannot continue (status 500). On SIGTERM
    /// [`on_shutdown`](Self::on_shutdown) is called beside it, and the process ends without waiting
    /// for it.
    ///
    /// ```
    /// use minilambda::{Context, Hooks};
    ///
    /// static HOOKS: Hooks = Hooks::new().after_response(flush);
    ///
    /// fn flush(context: &Context) {
    ///     log::debug!("{:?} left to send metrics", context.time_left());
    /// }
    /// ```
    #[must_use]
    pub const fn after_response(mut self, hook: fn(&Context)) -> Self {
        self.after_response = Some(AfterResponse { hook, call: call_after_response });
        self
    }

    /// Sets the function that is called on SIGTERM, before the process exits with status 0. It has
    /// some 500 ms.
    ///
    /// Lambda sends SIGTERM only if the function has an extension, so the runtime registers an
    /// internal extension without events.
    ///
    /// See <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html>.
    #[cfg(feature = "shutdown")]
    #[must_use]
    pub const fn on_shutdown(mut self, hook: Hook) -> Self {
        self.on_shutdown = Some(hook);
        self
    }

    /// Sets the function that is called before `SnapStart` takes the snapshot, after
    /// [`init`](Self::init).
    ///
    /// See <https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks.html>.
    #[must_use]
    pub const fn before_snapshot(mut self, hook: Hook) -> Self {
        self.before_snapshot = Some(hook);
        self
    }

    /// Sets the function that is called after `SnapStart` has restored a snapshot. It creates what
    /// must be unique or fresh: random seeds, connections, credentials.
    ///
    /// See <https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks.html>.
    #[must_use]
    pub const fn after_restore(mut self, hook: Hook) -> Self {
        self.after_restore = Some(hook);
        self
    }

    /// Sets what the log has besides: keys of each invocation, debug records of some.
    #[must_use]
    pub const fn logger(mut self, logger: &'static Logger) -> Self {
        self.logger = Some(Plugin::new(logger));
        self
    }

    /// Turns off the record that is logged shortly before a handler times out, those of a handler
    /// that goes on after its deadline, and the thread that writes them.
    #[must_use]
    pub const fn without_deadline_warning(mut self) -> Self {
        self.without_deadline_warning = true;
        self
    }
}

/// Calls a hook, if it is set.
pub(crate) fn call(hook: Option<Hook>) -> Result<(), Error> {
    hook.map_or(Ok(()), panics::catch)
}

/// Calls the hook after a response. What was logged before is written first: the hook may take the
/// rest of the function's time. A panic is logged, by the panic hook or here.
fn call_after_response(hook: fn(&Context), context: &Context) {
    logging::flush();
    if let Err(error) = panics::catch(|| {
        hook(context);
        Ok(())
    }) {
        logging::error(&error);
    }
}
