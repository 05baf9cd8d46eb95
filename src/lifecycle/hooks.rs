//! What a function may want of the runtime beside having its events served.

use crate::Error;
use crate::handler::panics;

/// What is called at the turns of the process's life: plain functions, all optional.
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
/// fn main() -> ExitCode {
///     minilambda::run_with(HANDLERS, &Hooks { init: Some(configure), ..Hooks::default() })
/// }
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct Hooks {
    /// Work before the first event: clients, configuration. Its error or panic is reported to
    /// Lambda as the function's failure to start. Lambda gives it 10 seconds.
    pub init: Option<Hook>,
    /// Called on SIGTERM, before the process ends with status 0. There are some 500 ms for it.
    ///
    /// Lambda sends that signal only to functions with an extension, so that with this hook the
    /// runtime registers one of its own, without events.
    #[cfg(feature = "shutdown")]
    pub on_shutdown: Option<Hook>,
    /// `SnapStart`: called before the snapshot is taken, the last one first.
    pub before_snapshot: &'static [Hook],
    /// `SnapStart`: called after a snapshot was restored, the first one first. What must be unique
    /// or fresh is made here: random seeds, connections, credentials.
    pub after_restore: &'static [Hook],
    /// Turns off the record that is logged shortly before a handler runs out of time, and the
    /// thread that writes it.
    pub no_deadline_warning: bool,
}

impl Hooks {
    /// Whether somebody must listen while events are served.
    #[cfg(feature = "shutdown")]
    pub(crate) fn need_a_second_thread(&self) -> bool {
        self.on_shutdown.is_some()
    }

    #[cfg(not(feature = "shutdown"))]
    #[allow(clippy::unused_self, reason = "it has its say with the feature `shutdown`")]
    pub(crate) fn need_a_second_thread(&self) -> bool {
        false
    }
}

/// A function that may fail.
pub type Hook = fn() -> Result<(), Error>;

/// Calls the hooks in their order up to the first that fails.
pub(crate) fn call<'a>(hooks: impl IntoIterator<Item = &'a Hook>) -> Result<(), Error> {
    hooks.into_iter().try_for_each(panics::catch)
}
