//! Blocking HTTP to one peer. This is the only folder that names ureq.

pub(crate) mod client;
pub(crate) mod connector;
pub(crate) mod raw_exchange;
