//! Functions of the program that the runtime calls at start, around a snapshot, and at shutdown.

use crate::{Error, panics};

/// A function that a [`Hooks`] calls.
pub type Hook = fn() -> Result<(), Error>;

/// Functions to call at start, around a snapshot, and at shutdown, for
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
    pub(crate) on_shutdown: Option<Hook>,
    pub(crate) before_snapshot: Option<Hook>,
    pub(crate) after_restore: Option<Hook>,
    pub(crate) without_deadline_warning: bool,
}

impl Hooks {
    /// Creates hooks that do nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            init: None,
            on_shutdown: None,
            before_snapshot: None,
            after_restore: None,
            without_deadline_warning: false,
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
