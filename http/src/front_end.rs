//! The front ends that call a function for an HTTP request.

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
