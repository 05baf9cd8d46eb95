//! The request of a client, in one form for all front ends.

use crate::headers::Headers;
use crate::path::Path;
use http::Method;
use minilambda_events::Json;

/// The front end that a request came through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrontEnd {
    /// A Lambda function URL.
    FunctionUrl,
    /// An HTTP API of API Gateway with payload format 2.0.
    HttpApi,
    /// An HTTP API of API Gateway with payload format 1.0.
    HttpApiV1,
    /// A REST API of API Gateway.
    RestApi,
    /// An Application Load Balancer.
    LoadBalancer,
    /// An Application Load Balancer with `lambda.multi_value_headers.enabled`.
    LoadBalancerMultiValue,
    /// VPC Lattice, event structure version 1.
    LatticeV1,
    /// VPC Lattice, event structure version 2.
    LatticeV2,
}

impl FrontEnd {
    /// For tests that try each of them.
    #[cfg(test)]
    pub(crate) const ALL: [Self; 8] = [
        Self::FunctionUrl,
        Self::HttpApi,
        Self::HttpApiV1,
        Self::RestApi,
        Self::LoadBalancer,
        Self::LoadBalancerMultiValue,
        Self::LatticeV1,
        Self::LatticeV2,
    ];

    /// Whether AWS decodes the path. Captures of real events show it; AWS does not document it.
    pub(crate) fn decodes_path(self) -> bool {
        matches!(self, Self::HttpApi | Self::HttpApiV1)
    }

    pub(crate) fn is_load_balancer(self) -> bool {
        matches!(self, Self::LoadBalancer | Self::LoadBalancerMultiValue)
    }

    pub(crate) fn is_lattice(self) -> bool {
        matches!(self, Self::LatticeV1 | Self::LatticeV2)
    }
}

/// The parts of a request. Those that are invalid are missing.
pub(crate) struct Received {
    pub front_end: FrontEnd,
    pub method: Method,
    pub path: Path,
    pub query: Vec<(String, String)>,
    pub headers: Headers,
    pub body: Vec<u8>,
    pub authorizer: Json,
    pub client_ip: Option<String>,
    /// The host, if there is no header for it.
    pub domain_name: Option<String>,
    /// Why the client gets status 400: the first part that is invalid.
    pub refusal: Option<&'static str>,
}

impl Received {
    /// Whether the front end may pass on a response while it is written. The event does not say
    /// whether it is configured to. `localhost` is an emulator, such as cargo-lambda's.
    pub fn can_stream(&self) -> bool {
        matches!(self.front_end, FrontEnd::FunctionUrl | FrontEnd::RestApi)
            || self.domain_name.as_deref() == Some("localhost")
    }

    /// Checks the parts that can be invalid; the others are empty. The body is `None` if it is not
    /// base64 although the event says so.
    pub fn new(
        front_end: FrontEnd,
        method: &str,
        path: Option<Path>,
        headers: Vec<(String, String)>,
        body: Option<Vec<u8>>,
    ) -> Self {
        let method: Result<Method, _> = method.parse();
        let (headers, header_refusal) = Headers::new(headers);
        let refusals = [
            method.is_err().then_some("the method is invalid"),
            path.is_none().then_some("the path is not UTF-8"),
            header_refusal,
            body.is_none().then_some("the body is not base64"),
        ];
        Self {
            front_end,
            method: method.or_else(|_| "INVALID".parse()).unwrap_or_default(),
            path: path.unwrap_or_default(),
            query: Vec::new(),
            headers,
            body: body.unwrap_or_default(),
            authorizer: Json::NULL,
            client_ip: None,
            domain_name: None,
            refusal: refusals.into_iter().flatten().next(),
        }
    }
}
