//! AWS Lambda functions without async.
mod api;
mod context;
mod error;
mod explain;
mod handler;
mod invoke;
mod local;
mod logging;
mod runtime;
mod table;
mod transport;

pub use context::{CognitoIdentity, Context};
pub use error::Error;
pub use handler::{Handler, typed};
pub use runtime::run;
