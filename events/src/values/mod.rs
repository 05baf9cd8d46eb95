//! The values that events are made of: kept as they were sent, and read on demand.

mod base64;
mod checked;
mod epoch;
mod error;
mod headers;
mod map;
mod number;
mod omit;
mod rfc3339;
mod text;

pub use base64::Base64;
pub(crate) use checked::checked_text;
pub use epoch::{EpochMillis, EpochSeconds};
pub use error::Error;
pub use headers::{Headers, MultiHeaders};
pub use map::Map;
pub use number::NumberOrText;
pub(crate) use omit::{json_name, members, omit_absent};
pub use rfc3339::Rfc3339;
