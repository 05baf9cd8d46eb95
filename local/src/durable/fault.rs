//! Faults of checkpoints, for tests.

/// A fault at one checkpoint of an execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CheckpointFault {
    /// The checkpoint is recorded, and the connection is closed without a response.
    LostResponse,
    /// Nothing is recorded, and the response has the status 500.
    ServerError,
    /// Nothing is recorded, and the response has the status 429.
    Throttled,
    /// Nothing is recorded: the token is refused, as if another invocation had taken over.
    StaleToken,
    /// The checkpoint is recorded, and the response has no token: this invocation can record
    /// nothing more.
    NoToken,
    /// The checkpoint is recorded, and the program is killed before it gets the response. As after
    /// any failed invocation, the next one comes after a pause on the clock of the service.
    Kill,
}

impl CheckpointFault {
    /// All of them, for a test that has each.
    pub const ALL: [Self; 6] = [
        Self::LostResponse,
        Self::ServerError,
        Self::Throttled,
        Self::StaleToken,
        Self::NoToken,
        Self::Kill,
    ];

    /// Whether the updates are recorded.
    pub(crate) fn records(self) -> bool {
        matches!(self, Self::LostResponse | Self::NoToken | Self::Kill)
    }
}
