//! Durable executions: the service that AWS Lambda has for durable functions.
//!
//! A durable function is invoked as often as it needs. It records each step with a checkpoint, and
//! gets what it has recorded with its next event. Between two invocations it waits: for a time, a
//! callback, or another function. See
//! <https://docs.aws.amazon.com/lambda/latest/dg/durable-functions.html>.

pub(crate) mod chained;
pub(crate) mod checkpoint;
pub(crate) mod execution;
pub(crate) mod fault;
pub(crate) mod handle;
pub(crate) mod history;
pub(crate) mod invocation;
pub(crate) mod operation;
pub(crate) mod order;
pub(crate) mod refusal;
mod registry;
pub(crate) mod requests;
pub(crate) mod service;
pub(crate) mod time;
mod timers;
pub(crate) mod update;
