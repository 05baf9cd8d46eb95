//! The values in events. They are kept as they were sent, and decoded on demand.

mod absent;
mod base64;
mod checked;
mod embedded;
mod epoch;
pub(crate) mod gzip;
mod headers;
pub(crate) mod http;
mod json;
mod map;
mod number;
mod omit;
mod one_or_many;
mod rfc3339;
mod secret;
mod text;
mod url;

pub(crate) use absent::Absent;
pub use base64::Base64;
pub(crate) use checked::checked_text;
pub(crate) use embedded::{from_json, from_members};
pub use epoch::{EpochMillis, EpochSeconds};
pub use headers::{Headers, MultiHeaders};
pub use http::cookie;
pub use json::{Json, JsonFields, JsonItems, JsonRef, Sorted};
pub use map::Map;
pub(crate) use map::Members;
pub use number::NumberOrText;
pub(crate) use omit::{json_name, members, omit_absent};
pub use one_or_many::OneOrMany;
pub use rfc3339::Rfc3339;
pub use secret::Secret;
pub(crate) use secret::header_to_print;
pub use url::{decode_form, decode_segment, parse_query, split_query};
pub(crate) use url::{from_url, split_target};
