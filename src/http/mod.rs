//! Blocking HTTP to one peer on the same machine, by one client on one connection. This is the only
//! folder that names ureq.

mod address;
pub(crate) mod client;
mod connection;
pub(crate) mod exchange;
mod head;
mod transport;
