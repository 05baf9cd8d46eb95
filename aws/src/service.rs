//! Services of AWS: what never changes of them.

/// A service of AWS: one of the constants of this crate, or one by its names.
///
/// ```no_run
/// # use minilambda_aws::{Error, Service};
/// # use miniserde::json::Value;
/// static TEXTRACT: Service = Service::json("TEXTRACT", "textract", "Textract", "1.1");
/// # fn detect(input: Value) -> Result<Value, Error> {
/// TEXTRACT.client().call("DetectDocumentText", &input)
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Service {
    /// In `AWS_ENDPOINT_URL_ID`.
    pub(crate) id: &'static str,
    /// The first part of the host.
    pub(crate) prefix: &'static str,
    /// The name in signatures.
    pub(crate) signing_name: &'static str,
    pub(crate) protocol: Protocol,
    /// The actions without an effect.
    pub(crate) reads: &'static str,
    /// The actions whose response comes late; for a REST service the ends of paths.
    pub(crate) waits: &'static [(&'static str, Wait)],
    /// What is before the host, for some actions.
    pub(crate) hosts: &'static [(&'static str, &'static str)],
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Protocol {
    /// The prefix of `X-Amz-Target`, and the version of JSON.
    Json {
        target: &'static str,
        version: &'static str,
    },
    /// With the version of the API.
    Query {
        version: &'static str,
    },
    Rest,
}

/// How long is waited for a response that comes late.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Wait {
    Seconds(u64),
    /// The number of seconds in a field of the request, and some more.
    Asked {
        field: &'static str,
        more: u64,
    },
}

impl Service {
    /// A service with JSON: its id in `AWS_ENDPOINT_URL_ID`, the first part of its host, the prefix
    /// of `X-Amz-Target`, and the version of the protocol, `1.0` or `1.1`.
    #[must_use]
    pub const fn json(
        id: &'static str,
        prefix: &'static str,
        target: &'static str,
        version: &'static str,
    ) -> Self {
        Self::new(id, prefix, prefix, Protocol::Json { target, version })
    }

    /// A service with forms and XML: its id, the first part of its host, its name in signatures,
    /// and the version of its API, such as `2010-03-31`.
    #[must_use]
    pub const fn query(
        id: &'static str,
        prefix: &'static str,
        signing_name: &'static str,
        version: &'static str,
    ) -> Self {
        Self::new(id, prefix, signing_name, Protocol::Query { version })
    }

    /// A service with paths: its id, the first part of its host, and its name in signatures.
    #[must_use]
    pub const fn rest(id: &'static str, prefix: &'static str, signing_name: &'static str) -> Self {
        Self::new(id, prefix, signing_name, Protocol::Rest)
    }

    const fn new(
        id: &'static str,
        prefix: &'static str,
        signing_name: &'static str,
        protocol: Protocol,
    ) -> Self {
        Self { id, prefix, signing_name, protocol, reads: "", waits: &[], hosts: &[] }
    }

    /// Names the actions that only read, with blanks between them: they are repeated after a
    /// response that was lost. For your own constants; those of this crate have them.
    #[must_use]
    pub const fn reads(self, actions: &'static str) -> Self {
        Self { reads: actions, ..self }
    }

    pub(crate) const fn waits(self, waits: &'static [(&'static str, Wait)]) -> Self {
        Self { waits, ..self }
    }

    pub(crate) const fn at(self, hosts: &'static [(&'static str, &'static str)]) -> Self {
        Self { hosts, ..self }
    }
}
