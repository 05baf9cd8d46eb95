//! Faults of the Runtime API, for tests.

use crate::script::Step;
use crate::wire;
use std::time::Duration;

/// A fault of the Runtime API at one event.
///
/// ```
/// use minilambda_local::Fault;
/// use std::time::Duration;
///
/// let slow = Fault::at_event().delay(Duration::from_millis(300));
/// let lost = Fault::at_response().reset();
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Fault {
    is_at_response: bool,
    count: usize,
    kind: Kind,
}

#[derive(Clone, Debug)]
enum Kind {
    Delay(Duration),
    Status(u16),
    Truncate,
    Close,
    Reset,
    Script(Vec<Step>),
}

/// The place where a [`Fault`] happens.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct FaultPoint {
    is_at_response: bool,
}

impl Fault {
    /// At the request for the event, `GET /runtime/invocation/next`.
    pub fn at_event() -> FaultPoint {
        FaultPoint { is_at_response: false }
    }

    /// At the request with its response or error.
    pub fn at_response() -> FaultPoint {
        FaultPoint { is_at_response: true }
    }

    /// Sets how many times it happens if the program retries. The default is once.
    pub fn times(mut self, count: usize) -> Self {
        self.count = count;
        self
    }

    pub(crate) fn count(&self) -> usize {
        self.count
    }

    pub(crate) fn is_at_response(&self) -> bool {
        self.is_at_response
    }

    /// Whether the program still gets the event, or Lambda the response.
    pub(crate) fn passes(&self) -> bool {
        match &self.kind {
            Kind::Delay(_) => true,
            Kind::Truncate => !self.is_at_response,
            Kind::Close | Kind::Reset | Kind::Status(_) => false,
            Kind::Script(steps) => steps.iter().any(|step| match step {
                Step::Send(bytes) | Step::SendSlowly(bytes) => bytes.starts_with(b"HTTP/1.1 2"),
                _ => false,
            }),
        }
    }

    /// The script instead of a response. The request was read.
    pub(crate) fn script(&self, response: &[u8]) -> Vec<Step> {
        match &self.kind {
            Kind::Delay(time) => vec![Step::Wait(*time), Step::Send(response.to_vec())],
            Kind::Status(status) => {
                let body = br#"{"errorMessage":"a fault on demand","errorType":"Fault"}"#;
                vec![Step::Send(wire::response(&format!("{status} Fault"), &[], body))]
            }
            Kind::Truncate => {
                let head =
                    response.windows(4).position(|end| end == b"\r\n\r\n").map_or(0, |at| at + 4);
                let length = head + (response.len() - head) / 2;
                let part = response.get(..length).unwrap_or(response).to_vec();
                vec![Step::Send(part), Step::Close]
            }
            Kind::Close => vec![Step::Close],
            Kind::Reset => vec![Step::Reset],
            Kind::Script(steps) => steps.clone(),
        }
    }
}

impl FaultPoint {
    fn fault(self, kind: Kind) -> Fault {
        Fault { is_at_response: self.is_at_response, count: 1, kind }
    }

    /// Lambda responds late. The function's timeout has already begun.
    pub fn delay(self, time: Duration) -> Fault {
        self.fault(Kind::Delay(time))
    }

    /// Lambda responds with this status, such as 500.
    pub fn status(self, status: u16) -> Fault {
        self.fault(Kind::Status(status))
    }

    /// Lambda closes the connection in the middle of its response.
    pub fn truncate(self) -> Fault {
        self.fault(Kind::Truncate)
    }

    /// Lambda closes the connection without a response.
    pub fn close(self) -> Fault {
        self.fault(Kind::Close)
    }

    /// Lambda resets the connection.
    pub fn reset(self) -> Fault {
        self.fault(Kind::Reset)
    }

    /// Lambda reads the request and then follows a script. The event, or the response, counts as
    /// arrived if the script sends a response with a status of 200 to 299.
    pub fn script(self, steps: Vec<Step>) -> Fault {
        self.fault(Kind::Script(steps))
    }
}
