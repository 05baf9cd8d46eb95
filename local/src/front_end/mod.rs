//! The services through which HTTP requests reach a function: the events that they send, and what
//! they make of its responses.

mod body;
mod event;
mod identity;
mod pairs;
mod refusal;
mod response;

pub(crate) use body::is_decoded;
pub(crate) use event::{Made, event};
pub(crate) use identity::{IAM_FIELDS, Identity, Kind as AuthorizerKind, apply};
pub(crate) use refusal::Refusal;
pub(crate) use response::{
    Head, INTEGRATION, MAX_LOAD_BALANCER_BYTES, Prelude, REASON, refusal, response,
};

/// A service that invokes a function for an HTTP request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FrontEnd {
    /// A [function URL](https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html).
    FunctionUrl,
    /// An HTTP API of API Gateway, [payload format
    /// 2.0](https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html).
    HttpApi,
    /// The same with payload format 1.0.
    HttpApiV1,
    /// A REST API of API Gateway, [proxy
    /// integration](https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html).
    RestApi,
    /// An [Application Load
    /// Balancer](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html).
    LoadBalancer,
    /// The same with `lambda.multi_value_headers.enabled`.
    LoadBalancerMultiValue,
    /// [VPC Lattice](https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html),
    /// event structure version 1.
    LatticeV1,
    /// VPC Lattice, event structure version 2.
    LatticeV2,
}

impl FrontEnd {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::FunctionUrl,
        Self::HttpApi,
        Self::HttpApiV1,
        Self::RestApi,
        Self::LoadBalancer,
        Self::LoadBalancerMultiValue,
        Self::LatticeV1,
        Self::LatticeV2,
    ];

    /// The name on the command line and the page.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::FunctionUrl => "function-url",
            Self::HttpApi => "http-api",
            Self::HttpApiV1 => "http-api-1.0",
            Self::RestApi => "rest-api",
            Self::LoadBalancer => "alb",
            Self::LoadBalancerMultiValue => "alb-multi-value",
            Self::LatticeV1 => "lattice-1",
            Self::LatticeV2 => "lattice-2",
        }
    }

    /// The front end of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|front_end| front_end.name() == name)
    }

    /// The stage in ARNs and paths of an API.
    pub(crate) fn stage(self) -> &'static str {
        if self == Self::RestApi { "local" } else { "$default" }
    }

    pub(crate) fn is_load_balancer(self) -> bool {
        matches!(self, Self::LoadBalancer | Self::LoadBalancerMultiValue)
    }

    /// Whether a response can be passed on while it is written.
    pub(crate) fn can_stream(self) -> bool {
        matches!(self, Self::FunctionUrl | Self::RestApi)
    }

    /// Whether headers of the same name are kept apart in a response.
    fn has_multi_value_response(self) -> bool {
        matches!(self, Self::RestApi | Self::HttpApiV1 | Self::LoadBalancerMultiValue)
    }
}
