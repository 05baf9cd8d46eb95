//! AWS IoT: [custom authorizers](authorizer), [buttons](button), events of [clients](lifecycle),
//! [jobs](job) and the [registry], and [hooks before provisioning](provisioning).
//!
//! A rule passes the message of a device, or what its SQL selects, as the event: your own type.

pub mod authorizer;
pub mod button;
pub mod job;
pub mod lifecycle;
pub mod provisioning;
pub mod registry;
