//! Blocking HTTP to one peer on the same machine: GET through ureq, POST without it, both on one
//! connection. This is the only folder that names ureq.

pub(crate) mod address;
pub(crate) mod client;
pub(crate) mod connection;
pub(crate) mod exchange;
mod head;
pub(crate) mod transport;
