//! Finds the region, and the host of a service by the variables of the environment and the region.
//!
//! See <https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html>.

use crate::environment::variable;
use crate::error::Error;
use crate::profile;
use crate::url::{Url, is_host_name};

/// The longest name of a region has some 16 letters.
const MAX_REGION_BYTES: usize = 32;

/// Returns the region of the environment.
pub(crate) fn region() -> Result<String, Error> {
    let set = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION"));
    let region = match set {
        Some(region) => Some(region),
        None => profile::region()?,
    };
    let region = region.ok_or_else(|| {
        Error::new(
            "Aws.NoRegion",
            "set AWS_REGION, which Lambda sets, to a region such as eu-central-1",
        )
    })?;
    check_region(&region)?;
    Ok(region)
}

/// The region becomes a part of the host that gets the session's token.
pub(crate) fn check_region(region: &str) -> Result<(), Error> {
    let is_allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let is_name = (1..=MAX_REGION_BYTES).contains(&region.len())
        && region.bytes().all(is_allowed)
        && region.starts_with(|c: char| c.is_ascii_lowercase());
    if is_name {
        return Ok(());
    }
    Err(Error::new(
        "Aws.NoRegion",
        format!("{region:?} is no name of a region such as eu-central-1"),
    ))
}

/// Returns the endpoint that the environment or its profile sets for a service, if any. `id` is the
/// service's in `AWS_ENDPOINT_URL_ID`.
pub(crate) fn from_environment(id: &str) -> Result<Option<Url>, Error> {
    if is_set("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") {
        return Ok(None);
    }
    let names = [format!("AWS_ENDPOINT_URL_{id}"), "AWS_ENDPOINT_URL".to_owned()];
    let found = names.into_iter().find_map(|name| Some((variable(&name)?, name)));
    let found = match found {
        Some(found) => Some(found),
        None => profile::endpoint(id)?,
    };
    found.map(|(text, name)| Url::base(&text, &name)).transpose()
}

/// Returns the endpoint of a service on AWS. `prefix` is the first part of its host.
pub(crate) fn on_aws(prefix: &str, region: &str) -> Url {
    let fips = is_set("AWS_USE_FIPS_ENDPOINT");
    let host = host(prefix, region, fips, is_set("AWS_USE_DUALSTACK_ENDPOINT"));
    Url { is_tls: true, host, path: String::new(), query: Vec::new() }
}

fn is_set(name: &str) -> bool {
    variable(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// The beginning of the regions of each partition, the end of their hosts, and that of hosts with
/// addresses of IPv4 and IPv6. Botocore has the same in `partitions.json`.
const PARTITIONS: [(&str, &str, &str); 8] = [
    ("cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
    ("eusc-", "amazonaws.eu", "api.amazonwebservices.eu"),
    ("us-iso-", "c2s.ic.gov", "api.aws.ic.gov"),
    ("us-isob-", "sc2s.sgov.gov", "api.aws.scloud"),
    ("us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    ("eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
    ("us-gov-", "amazonaws.com", "api.aws"),
    ("", "amazonaws.com", "api.aws"),
];

/// The services of which the usual hosts in `GovCloud` are those with validated cryptography.
const VALIDATED: [&str; 9] =
    ["appconfigdata", "dynamodb", "kinesis", "logs", "portal.sso", "sns", "sqs", "ssm", "sts"];

/// The host on AWS. See <https://docs.aws.amazon.com/general/latest/gr/rande.html>. What does not
/// follow the rule is as botocore has it: a host by the rule alone would not be found.
pub(crate) fn host(prefix: &str, region: &str, fips: bool, dual_stack: bool) -> String {
    let partition = PARTITIONS.iter().find(|(start, ..)| region.starts_with(start));
    let (start, suffix, dual_suffix) = partition.unwrap_or(&("", "amazonaws.com", "api.aws"));
    let is_gov = *start == "us-gov-";
    let is_validated = match prefix {
        "events" => is_gov,
        "states" => region == "us-gov-west-1" && !dual_stack,
        _ => is_gov && !dual_stack && VALIDATED.contains(&prefix),
    };
    let is_fips = (fips && !is_validated) || (prefix == "states" && is_gov && dual_stack);
    let fips = if is_fips { "-fips" } else { "" };
    let is_old = matches!(*start, "" | "us-gov-" | "cn-");
    // The usual hosts of some have both kinds of addresses.
    let has_both = match prefix {
        "secretsmanager" => is_old && !(is_fips && *start == "cn-"),
        "cognito-idp" => start.is_empty() && (!is_fips || region.starts_with("us-")),
        _ => false,
    };
    match (prefix, dual_stack) {
        ("s3", true) => format!("s3{fips}.dualstack.{region}.{suffix}"),
        ("es", true) if is_old && !is_fips => format!("aos.{region}.{dual_suffix}"),
        (_, true) if !has_both => format!("{prefix}{fips}.{region}.{dual_suffix}"),
        _ => format!("{prefix}{fips}.{region}.{suffix}"),
    }
}

/// Whether a domain is one of AWS with a label before it, such as
/// `abc.execute-api.eu-central-1.amazonaws.com`.
pub(crate) fn is_below(domain: &str, prefix: &str) -> bool {
    let (_, rest) = domain.split_once('.').unwrap_or_default();
    let region = rest.split('.').nth(1).unwrap_or_default();
    let is_it = |dual_stack| host(prefix, region, false, dual_stack) == rest;
    is_host_name(domain) && check_region(region).is_ok() && [false, true].into_iter().any(is_it)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_those_that_aws_documents() {
        for (prefix, region, fips, dual, expected) in [
            ("dynamodb", "eu-central-1", false, false, "dynamodb.eu-central-1.amazonaws.com"),
            ("dynamodb", "us-gov-west-1", true, false, "dynamodb.us-gov-west-1.amazonaws.com"),
            ("dynamodb", "us-east-1", true, false, "dynamodb-fips.us-east-1.amazonaws.com"),
            ("sqs", "eu-west-1", false, true, "sqs.eu-west-1.api.aws"),
            ("s3", "eu-west-1", false, true, "s3.dualstack.eu-west-1.amazonaws.com"),
            ("s3", "us-east-1", true, true, "s3-fips.dualstack.us-east-1.amazonaws.com"),
            ("sqs", "cn-north-1", false, false, "sqs.cn-north-1.amazonaws.com.cn"),
            ("s3", "cn-north-1", false, true, "s3.dualstack.cn-north-1.amazonaws.com.cn"),
            ("sqs", "us-iso-east-1", false, false, "sqs.us-iso-east-1.c2s.ic.gov"),
            ("sqs", "us-isob-east-1", false, false, "sqs.us-isob-east-1.sc2s.sgov.gov"),
            ("sqs", "eu-isoe-west-1", false, false, "sqs.eu-isoe-west-1.cloud.adc-e.uk"),
            ("sqs", "us-isof-south-1", false, false, "sqs.us-isof-south-1.csp.hci.ic.gov"),
            ("sqs", "eusc-de-east-1", false, false, "sqs.eusc-de-east-1.amazonaws.eu"),
        ] {
            assert_eq!(host(prefix, region, fips, dual), expected);
        }
    }

    #[test]
    fn a_region_cannot_change_the_host() {
        for region in
            ["", "eu west", "x/../..", "a.b", "evil.com/", "EU-WEST-1", "1a", "-", "a@b", "a:1"]
        {
            assert!(check_region(region).is_err(), "{region}");
        }
        assert!(check_region("ap-southeast-7").is_ok());
    }
}
