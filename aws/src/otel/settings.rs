//! The variables of OpenTelemetry, read once.
//!
//! See <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>.

use crate::environment::variable;
use crate::error::Error;
use crate::url::Url;
use percent_encoding::percent_decode_str;
use std::sync::OnceLock;
use std::time::Duration;

/// Where the collector's layer listens.
const ENDPOINT: &str = "http://localhost:4318";

/// The path of traces below an endpoint for all signals.
const PATH: &str = "/v1/traces";

/// The specification's default is 10 s, but an invocation's time is billed.
const TIMEOUT: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Settings {
    /// Whether spans are made at all.
    pub is_on: bool,
    pub sampler: Sampler,
    pub target: Result<Target, Error>,
    pub timeout: Duration,
    /// Attributes of all spans.
    pub resource: Vec<(String, String)>,
}

#[derive(Debug)]
pub(super) struct Target {
    pub url: Url,
    pub headers: Vec<(String, String)>,
}

/// Which new traces are recorded.
///
/// See <https://opentelemetry.io/docs/specs/otel/trace/tracestate-probability-sampling/>.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Sampler {
    /// Whether a trace from elsewhere keeps the decision that was made there.
    follows_parent: bool,
    /// The smallest of the random numbers of traces that are recorded, which have 56 bits.
    threshold: u64,
}

/// The random bits at the end of a trace's id, and its digits that they are.
const RANDOM_BITS: u32 = 56;
const RANDOM_DIGITS: usize = 14;

/// The digits of a threshold that the specification recommends, after those that are `f`.
const PRECISION: u32 = 4;

impl Sampler {
    fn new(name: Option<&str>, argument: Option<&str>) -> Self {
        let ratio = argument.and_then(|text| text.trim().parse().ok());
        let ratio = ratio.filter(|ratio| (0.0..=1.0).contains(ratio)).unwrap_or(1.0);
        let (follows_parent, ratio) = match name.unwrap_or_default() {
            "always_on" => (false, 1.0),
            "always_off" => (false, 0.0),
            "traceidratio" => (false, ratio),
            "parentbased_always_off" => (true, 0.0),
            "parentbased_traceidratio" => (true, ratio),
            _ => (true, 1.0),
        };
        Self { follows_parent, threshold: threshold(ratio) }
    }

    /// Whether a trace is recorded: by its id, so that all services decide the same.
    pub fn samples(self, trace: &str, parent: Option<bool>) -> bool {
        if let (true, Some(is_sampled)) = (self.follows_parent, parent) {
            return is_sampled;
        }
        let digits = trace.get(trace.len().saturating_sub(RANDOM_DIGITS)..).unwrap_or_default();
        u64::from_str_radix(digits, 16).unwrap_or_default() >= self.threshold
    }
}

/// How many of all random numbers are those of traces that are not recorded. It is rounded as the
/// specification recommends it.
fn threshold(ratio: f64) -> u64 {
    const ALL: u64 = 1 << RANDOM_BITS;
    #[allow(clippy::cast_precision_loss, reason = "a power of two")]
    let exact = (1.0 - ratio) * ALL as f64;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to ALL")]
    let exact = exact as u64;
    let leading = (!(exact << (64 - RANDOM_BITS))).leading_zeros() / 4;
    let rest = RANDOM_BITS.saturating_sub(4 * (leading + PRECISION));
    let half = (1_u64 << rest) / 2;
    ((exact + half) >> rest) << rest
}

/// Returns the settings of the process.
pub(super) fn settings() -> &'static Settings {
    static SETTINGS: OnceLock<Settings> = OnceLock::new();
    SETTINGS.get_or_init(|| Settings::new(&variable))
}

impl Settings {
    fn new(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let of = |name: &str| variable(name).filter(|text| !text.trim().is_empty());
        let is =
            |name: &str, value: &str| of(name).is_some_and(|it| it.eq_ignore_ascii_case(value));
        let headers = of("OTEL_EXPORTER_OTLP_TRACES_HEADERS");
        let headers = headers.or_else(|| of("OTEL_EXPORTER_OTLP_HEADERS"));
        let timeout = of("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT");
        let timeout = timeout.or_else(|| of("OTEL_EXPORTER_OTLP_TIMEOUT"));
        let timeout = timeout.and_then(|text| text.trim().parse().ok());
        Self {
            is_on: !is("OTEL_SDK_DISABLED", "true") && !is("OTEL_TRACES_EXPORTER", "none"),
            sampler: Sampler::new(
                of("OTEL_TRACES_SAMPLER").as_deref(),
                of("OTEL_TRACES_SAMPLER_ARG").as_deref(),
            ),
            target: target(&of, headers.as_deref()),
            timeout: timeout.map_or(TIMEOUT, Duration::from_millis),
            resource: resource(&of),
        }
    }
}

fn target(of: &dyn Fn(&str) -> Option<String>, headers: Option<&str>) -> Result<Target, Error> {
    const OF_TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    const OF_ALL: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    let url = if let Some(text) = of(OF_TRACES) {
        Url::base(&text, OF_TRACES)?
    } else {
        let mut url = Url::base(of(OF_ALL).as_deref().unwrap_or(ENDPOINT), OF_ALL)?;
        url.path.push_str(PATH);
        url
    };
    if url.is_tls && cfg!(not(feature = "services")) {
        let reason = "the endpoint of OpenTelemetry is https, which needs the feature `services`";
        return Err(Error::invalid(reason));
    }
    let mut sent = vec![("content-type".to_owned(), "application/json".to_owned())];
    for (name, value) in pairs(headers.unwrap_or_default()) {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        let is_text = |byte: u8| matches!(byte, b' '..=b'~');
        if !name.bytes().all(is_name) || !value.bytes().all(is_text) {
            let reason = "OTEL_EXPORTER_OTLP_HEADERS has a header that HTTP cannot send";
            return Err(Error::invalid(reason));
        }
        sent.push((name.to_ascii_lowercase(), value));
    }
    Ok(Target { url, headers: sent })
}

/// The pairs of `name=value,name=value`, whose values are percent-encoded.
fn pairs(text: &str) -> impl Iterator<Item = (String, String)> {
    let pairs = text.split(',').filter_map(|pair| pair.split_once('='));
    let pairs = pairs.map(|(name, value)| (name.trim(), value.trim()));
    pairs.filter(|(name, _)| !name.is_empty()).map(|(name, value)| {
        (name.to_owned(), percent_decode_str(value).decode_utf8_lossy().into_owned())
    })
}

/// What is known of the function, by the names of the semantic conventions.
fn resource(of: &dyn Fn(&str) -> Option<String>) -> Vec<(String, String)> {
    let mut resource = Vec::new();
    let mut set = |name: &str, value: Option<String>| {
        let Some(value) = value else { return };
        resource.retain(|(known, _)| known != name);
        resource.push((name.to_owned(), value));
    };
    set("service.name", of("AWS_LAMBDA_FUNCTION_NAME").or(Some("unknown_service".to_owned())));
    for (name, value) in [
        ("telemetry.sdk.name", "minilambda-aws"),
        ("telemetry.sdk.language", "rust"),
        ("telemetry.sdk.version", env!("CARGO_PKG_VERSION")),
        ("cloud.provider", "aws"),
        ("cloud.platform", "aws_lambda"),
    ] {
        set(name, Some(value.to_owned()));
    }
    for (name, variable) in [
        ("cloud.region", "AWS_REGION"),
        ("faas.name", "AWS_LAMBDA_FUNCTION_NAME"),
        ("faas.version", "AWS_LAMBDA_FUNCTION_VERSION"),
        ("faas.instance", "AWS_LAMBDA_LOG_STREAM_NAME"),
    ] {
        set(name, of(variable));
    }
    for (name, value) in pairs(&of("OTEL_RESOURCE_ATTRIBUTES").unwrap_or_default()) {
        set(&name, Some(value));
    }
    set("service.name", of("OTEL_SERVICE_NAME"));
    resource
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Settings {
        Settings::new(&|name| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn url(variables: &[(&str, &str)]) -> Result<String, String> {
        let target = with(variables).target;
        target.map(|target| target.url.text()).map_err(|error| error.to_string())
    }

    #[test]
    fn the_endpoint_is_the_layers_or_that_of_the_variables() {
        assert_eq!(url(&[]).unwrap(), "http://localhost:4318/v1/traces");
        let all = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://collector:80/base/");
        assert_eq!(url(&[all]).unwrap(), "http://collector/base/v1/traces");
        let own = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "http://collector:9/x");
        assert_eq!(url(&[all, own]).unwrap(), "http://collector:9/x");
        let secret = ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://ada:secret@collector");
        let error = url(&[secret]).unwrap_err();
        assert!(
            error.contains("OTEL_EXPORTER_OTLP_ENDPOINT") && !error.contains("secret"),
            "{error}"
        );
    }

    #[test]
    fn headers_and_attributes_are_lists_of_pairs() {
        let headers = ("OTEL_EXPORTER_OTLP_HEADERS", "Api-Key=a%20b%3D, x=1,,bad,=c");
        let target = with(&[headers]).target.unwrap();
        let expected = [("content-type", "application/json"), ("api-key", "a b="), ("x", "1")];
        assert_eq!(target.headers, expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        let secret = ("OTEL_EXPORTER_OTLP_HEADERS", "a=secret%0d%0ab: c");
        assert!(!with(&[secret]).target.unwrap_err().to_string().contains("secret"));
        let found = with(&[
            ("AWS_LAMBDA_FUNCTION_NAME", "order"),
            ("OTEL_RESOURCE_ATTRIBUTES", "team=a%2Cb,service.name=x,cloud.region=moon"),
            ("AWS_REGION", "eu-central-1"),
        ]);
        let has = |found: &Settings, name: &str, value: &str| {
            let mut all = found.resource.iter().filter(|(known, _)| known == name);
            all.next().is_some_and(|(_, it)| it == value) && all.next().is_none()
        };
        for (name, value) in [
            ("service.name", "x"),
            ("team", "a,b"),
            ("cloud.region", "moon"),
            ("faas.name", "order"),
        ] {
            assert!(has(&found, name, value), "{name}: {found:?}");
        }
        let named = with(&[("OTEL_SERVICE_NAME", "shop"), ("AWS_LAMBDA_FUNCTION_NAME", "order")]);
        assert!(has(&named, "service.name", "shop") && has(&named, "faas.name", "order"));
    }

    #[test]
    fn samplers_decide_by_the_parent_and_by_the_id() {
        let low = "5f84c7a1012345670000000000000001";
        let high = "5f84c7a101234567ffffffffffffffff";
        for (name, argument, parent, expected) in [
            ("", "", None, [true, true]),
            ("", "", Some(false), [false, false]),
            ("unknown", "", Some(true), [true, true]),
            ("always_on", "", Some(false), [true, true]),
            ("always_off", "", Some(true), [false, false]),
            ("traceidratio", "0.5", Some(true), [false, true]),
            ("traceidratio", "0", Some(true), [false, false]),
            ("traceidratio", "2", None, [true, true]),
            ("parentbased_traceidratio", "0.5", None, [false, true]),
            ("parentbased_traceidratio", "0.5", Some(true), [true, true]),
            ("parentbased_always_off", "", None, [false, false]),
            ("parentbased_always_off", "", Some(true), [true, true]),
        ] {
            let sampler = Sampler::new(Some(name), Some(argument));
            let found = [low, high].map(|trace| sampler.samples(trace, parent));
            assert_eq!(found, expected, "{name} {argument} {parent:?}");
        }
    }

    /// The thresholds of the specification's table, of which trailing zeros are left out.
    #[test]
    fn a_ratio_is_a_threshold_for_the_last_56_bits_of_the_id() {
        for (ratio, expected) in [
            ("1", "0"),
            ("0.5", "8"),
            ("0.3333333333333333", "aaab"),
            ("0.25", "c"),
            ("0.2", "cccd"),
            ("0.125", "e"),
            ("0.1", "e666"),
            ("0.0625", "f"),
            ("0.01", "fd70a"),
            ("0.001", "ffbe77"),
            ("0.0001", "fff9724"),
            ("0.00001", "ffff583a"),
            ("0.000001", "ffffef39"),
        ] {
            let sampler = Sampler::new(Some("traceidratio"), Some(ratio));
            let digits = format!("{:014x}", sampler.threshold);
            let expected = format!("{expected:0<14}");
            assert_eq!(digits, expected, "{ratio}");
            let is_sampled =
                |number: u64| sampler.samples(&format!("{:018x}{number:014x}", 1), None);
            assert!(is_sampled(sampler.threshold) && is_sampled((1 << 56) - 1), "{ratio}");
            assert!(sampler.threshold == 0 || !is_sampled(sampler.threshold - 1), "{ratio}");
        }
        let never = Sampler::new(Some("always_off"), None);
        assert!(!never.samples(&"f".repeat(32), None));
    }

    #[test]
    fn spans_can_be_turned_off() {
        assert!(with(&[]).is_on);
        assert!(!with(&[("OTEL_SDK_DISABLED", "TRUE")]).is_on);
        assert!(!with(&[("OTEL_TRACES_EXPORTER", "none")]).is_on);
        assert_eq!(with(&[("OTEL_EXPORTER_OTLP_TIMEOUT", "250")]).timeout.as_millis(), 250);
        assert_eq!(with(&[("OTEL_EXPORTER_OTLP_TIMEOUT", "soon")]).timeout, TIMEOUT);
    }
}
