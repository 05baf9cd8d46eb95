//! What happens around the invocations: hooks, workers, deadlines, shutdown.

pub(crate) mod deadline;
pub(crate) mod hooks;
#[cfg(feature = "shutdown")]
pub(crate) mod shutdown;
pub(crate) mod workers;
