//! Finds the host of a service by the variables of the environment and the region.
//!
//! See <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>.

use crate::credentials::{region_of_profile, variable};
use minilambda::Error;

/// The base of a service's URLs.
#[derive(Debug, PartialEq)]
pub(crate) struct Endpoint {
    /// `https` or `http`.
    pub scheme: String,
    /// With the port, if it is not the usual one.
    pub host: String,
    /// The path before that of each request; empty on AWS.
    pub path: String,
    /// Whether it is set in the environment, as for a stand-in of AWS.
    pub is_custom: bool,
}

pub(crate) fn region() -> Result<String, Error> {
    let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
    region.or_else(region_of_profile).ok_or_else(|| {
        Error::new(
            "Aws.NoRegion",
            "set AWS_REGION, which Lambda sets, to a region such as eu-central-1",
        )
    })
}

/// `id` is the service's in `AWS_ENDPOINT_URL_ID`, `prefix` the first part of its host.
pub(crate) fn of_service(id: &str, prefix: &str, region: &str) -> Result<Endpoint, Error> {
    let is_set =
        |name: &str| variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"));
    if !is_set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
        let url =
            variable(&format!("AWS_ENDPOINT_URL_{id}")).or_else(|| variable("AWS_ENDPOINT_URL"));
        if let Some(url) = url {
            return custom(&url);
        }
    }
    Ok(Endpoint {
        scheme: "https".to_owned(),
        host: host(
            prefix,
            region,
            is_set("AWS_USE_FIPS_ENDPOINT"),
            is_set("AWS_USE_DUALSTACK_ENDPOINT"),
        ),
        path: String::new(),
        is_custom: false,
    })
}

fn custom(url: &str) -> Result<Endpoint, Error> {
    let parts = url.split_once("://").filter(|(scheme, _)| matches!(*scheme, "http" | "https"));
    let Some((scheme, rest)) = parts else {
        let message = "AWS_ENDPOINT_URL does not begin with http:// or https://";
        return Err(Error::new("Aws.InvalidRequest", message));
    };
    let rest = rest.trim_end_matches('/');
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    Ok(Endpoint {
        scheme: scheme.to_owned(),
        host: host.to_owned(),
        path: path.to_owned(),
        is_custom: true,
    })
}

/// The host on AWS. See <https://docs.aws.amazon.com/general/latest/gr/rande.html>.
fn host(prefix: &str, region: &str, fips: bool, dual_stack: bool) -> String {
    let (suffix, dual_suffix) = match region {
        _ if region.starts_with("cn-") => ("amazonaws.com.cn", "api.amazonwebservices.com.cn"),
        _ if region.starts_with("eusc-") => ("amazonaws.eu", "api.amazonwebservices.eu"),
        _ if region.starts_with("us-isob-") => ("sc2s.sgov.gov", "sc2s.sgov.gov"),
        _ if region.starts_with("us-iso-") => ("c2s.ic.gov", "c2s.ic.gov"),
        _ => ("amazonaws.com", "api.aws"),
    };
    let fips = if fips { "-fips" } else { "" };
    match (prefix, dual_stack) {
        ("s3", true) => format!("s3{fips}.dualstack.{region}.{suffix}"),
        (_, true) => format!("{prefix}{fips}.{region}.{dual_suffix}"),
        (_, false) => format!("{prefix}{fips}.{region}.{suffix}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_those_that_aws_documents() {
        for (prefix, region, fips, dual, expected) in [
            ("dynamodb", "eu-central-1", false, false, "dynamodb.eu-central-1.amazonaws.com"),
            ("dynamodb", "us-gov-west-1", true, false, "dynamodb-fips.us-gov-west-1.amazonaws.com"),
            ("sqs", "eu-west-1", false, true, "sqs.eu-west-1.api.aws"),
            ("s3", "eu-west-1", false, true, "s3.dualstack.eu-west-1.amazonaws.com"),
            ("s3", "us-east-1", true, true, "s3-fips.dualstack.us-east-1.amazonaws.com"),
            ("sqs", "cn-north-1", false, false, "sqs.cn-north-1.amazonaws.com.cn"),
            ("s3", "cn-north-1", false, true, "s3.dualstack.cn-north-1.amazonaws.com.cn"),
        ] {
            assert_eq!(host(prefix, region, fips, dual), expected);
        }
        let endpoint = custom("http://127.0.0.1:5000/base/").unwrap();
        assert_eq!((&*endpoint.host, &*endpoint.path), ("127.0.0.1:5000", "/base"));
        assert!(custom("127.0.0.1:5000").is_err());
    }
}
