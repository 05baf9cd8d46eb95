//! What happens around the invocations: hooks, workers, deadlines.

pub(crate) mod deadline;
pub(crate) mod hooks;
pub(crate) mod workers;
