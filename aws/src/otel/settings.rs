//! The variables of OpenTelemetry, read once.
//!
//! See <https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/>.

use super::sampler::{Sampler, ratio};
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
    /// What is wrong with the variables that are not used as they are.
    warnings: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Target {
    pub url: Url,
    pub headers: Vec<(String, String)>,
}

/// Returns the settings of the process.
pub(super) fn settings() -> &'static Settings {
    static SETTINGS: OnceLock<Settings> = OnceLock::new();
    SETTINGS.get_or_init(|| {
        let settings = Settings::new(&variable);
        settings.warnings.iter().for_each(|warning| log::warn!("{warning}"));
        settings
    })
}

/// The variables that are read, and what is wrong with them: a wrong one is reported, and counts as
/// absent. Their values are not shown.
struct Variables<'a> {
    variable: &'a dyn Fn(&str) -> Option<String>,
    warnings: Vec<String>,
}

impl Variables<'_> {
    /// The first of these that is set, and its name.
    fn get<'n>(&self, names: &[&'n str]) -> Option<(&'n str, String)> {
        names.iter().find_map(|name| {
            let value = (self.variable)(name).filter(|text| !text.trim().is_empty())?;
            Some((*name, value))
        })
    }

    /// The value of the first of these that is set, if `read` takes it.
    fn read<T>(
        &mut self,
        names: &[&str],
        expected: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let (name, text) = self.get(names)?;
        let value = read(text.trim());
        if value.is_none() {
            self.warnings.push(format!("{name} is not used: expected {expected}"));
        }
        value
    }

    /// The pairs of the first of these that is set.
    fn pairs(&mut self, names: &[&str]) -> Vec<(String, String)> {
        let Some((name, text)) = self.get(names) else { return Vec::new() };
        let (pairs, is_whole) = pairs(&text);
        if !is_whole {
            let expected = "name=value,name=value, with percent-encoded values";
            self.warnings.push(format!("a part of {name} is not used: expected {expected}"));
        }
        pairs
    }
}

impl Settings {
    fn new(variable: &dyn Fn(&str) -> Option<String>) -> Self {
        let mut of = Variables { variable, warnings: Vec::new() };
        let is_disabled = of.read(&["OTEL_SDK_DISABLED"], "true or false", |text| {
            text.to_ascii_lowercase().parse::<bool>().ok()
        });
        let is_exported = of.read(&["OTEL_TRACES_EXPORTER"], "otlp or none", |text| {
            let is = |name: &str| text.eq_ignore_ascii_case(name);
            if is("none") { Some(false) } else { is("otlp").then_some(true) }
        });
        let protocols = ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL"];
        // A collector's port for HTTP takes JSON as well as protobuf, that for gRPC neither.
        of.read(&protocols, "http/json, and the collector's port for HTTP, 4318", |text| {
            text.to_ascii_lowercase().starts_with("http/").then_some(())
        });
        let share = of.read(&["OTEL_TRACES_SAMPLER_ARG"], "a number from 0 to 1", ratio);
        let samplers = "always_on, always_off or traceidratio, or one of these after parentbased_";
        let sampler = of.read(&["OTEL_TRACES_SAMPLER"], samplers, |text| {
            Sampler::new(text, share.unwrap_or(1.0))
        });
        let timeouts = ["OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "OTEL_EXPORTER_OTLP_TIMEOUT"];
        let timeout = of.read(&timeouts, "a number of milliseconds", |text| text.parse().ok());
        let headers =
            of.pairs(&["OTEL_EXPORTER_OTLP_TRACES_HEADERS", "OTEL_EXPORTER_OTLP_HEADERS"]);
        Self {
            is_on: is_disabled != Some(true) && is_exported != Some(false),
            sampler: sampler.unwrap_or(Sampler::DEFAULT),
            target: target(&of, headers),
            timeout: timeout.map_or(TIMEOUT, Duration::from_millis),
            resource: resource(&mut of),
            warnings: of.warnings,
        }
    }
}

fn target(of: &Variables, headers: Vec<(String, String)>) -> Result<Target, Error> {
    const OF_TRACES: &str = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT";
    const OF_ALL: &str = "OTEL_EXPORTER_OTLP_ENDPOINT";
    let url = match of.get(&[OF_TRACES, OF_ALL]) {
        Some((OF_TRACES, text)) => Url::base(&text, OF_TRACES)?,
        base => {
            let base = base.map_or_else(|| ENDPOINT.to_owned(), |(_, text)| text);
            let mut url = Url::base(&base, OF_ALL)?;
            url.path.push_str(PATH);
            url
        }
    };
    if url.is_tls && cfg!(not(feature = "services")) {
        let reason = "the endpoint of OpenTelemetry is https, which needs the feature `services`";
        return Err(Error::invalid(reason));
    }
    let mut sent = vec![("content-type".to_owned(), "application/json".to_owned())];
    for (name, value) in headers {
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

/// The pairs of `name=value,name=value`, whose values are percent-encoded, and whether there is
/// nothing else in the text. A comma too many is nothing else.
fn pairs(text: &str) -> (Vec<(String, String)>, bool) {
    let (mut pairs, mut is_whole) = (Vec::new(), true);
    for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
        match part.split_once('=').map(|(name, value)| (name.trim(), value.trim())) {
            Some((name, value)) if !name.is_empty() => {
                let value = percent_decode_str(value).decode_utf8_lossy().into_owned();
                pairs.push((name.to_owned(), value));
            }
            _ => is_whole = false,
        }
    }
    (pairs, is_whole)
}

/// What is known of the function, by the names of the semantic conventions.
fn resource(variables: &mut Variables) -> Vec<(String, String)> {
    let own = variables.pairs(&["OTEL_RESOURCE_ATTRIBUTES"]);
    let of = |name: &str| variables.get(&[name]).map(|(_, text)| text);
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
    for (name, value) in own {
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
    fn the_sampler_is_that_of_the_variables() {
        for (name, share, expected) in [
            ("", "", Sampler::DEFAULT),
            ("unknown", "", Sampler::DEFAULT),
            ("parentbased_traceidratio", "", Sampler::DEFAULT),
            ("parentbased_traceidratio", "2", Sampler::DEFAULT),
            ("traceidratio", "0.5", Sampler::new("traceidratio", 0.5).unwrap()),
        ] {
            let variables = [("OTEL_TRACES_SAMPLER", name), ("OTEL_TRACES_SAMPLER_ARG", share)];
            assert_eq!(with(&variables).sampler, expected, "{variables:?}");
        }
    }

    #[test]
    fn spans_can_be_turned_off() {
        assert!(with(&[]).is_on);
        assert!(!with(&[("OTEL_SDK_DISABLED", "TRUE")]).is_on);
        assert!(!with(&[("OTEL_TRACES_EXPORTER", "none")]).is_on);
        assert_eq!(with(&[("OTEL_EXPORTER_OTLP_TIMEOUT", "250")]).timeout.as_millis(), 250);
        assert_eq!(with(&[("OTEL_EXPORTER_OTLP_TIMEOUT", "soon")]).timeout, TIMEOUT);
    }
    /// As the specification wants it of a value that is not known.
    #[test]
    fn a_variable_that_is_not_used_as_it_is_gets_a_warning_without_its_value() {
        for (name, value, expected) in [
            ("OTEL_SDK_DISABLED", "secret", "true or false"),
            ("OTEL_TRACES_EXPORTER", "secret", "otlp or none"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc", "http/json"),
            ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "grpc", "http/json"),
            ("OTEL_TRACES_SAMPLER", "secret", "parentbased_"),
            ("OTEL_TRACES_SAMPLER_ARG", "2", "from 0 to 1"),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", "1s", "milliseconds"),
            ("OTEL_EXPORTER_OTLP_TRACES_TIMEOUT", "-1", "milliseconds"),
            ("OTEL_EXPORTER_OTLP_HEADERS", "a=b,secret", "name=value"),
            ("OTEL_RESOURCE_ATTRIBUTES", "=secret", "name=value"),
        ] {
            let warnings = with(&[(name, value)]).warnings;
            assert_eq!(warnings.len(), 1, "{name}: {warnings:?}");
            let is_told = warnings[0].contains(name) && warnings[0].contains(expected);
            assert!(is_told && !warnings[0].contains("secret"), "{warnings:?}");
        }
        let fine = with(&[
            ("OTEL_SDK_DISABLED", "False"),
            ("OTEL_TRACES_EXPORTER", "OTLP"),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_TRACES_SAMPLER", " "),
            ("OTEL_EXPORTER_OTLP_TIMEOUT", " 250 "),
            ("OTEL_RESOURCE_ATTRIBUTES", "a=,b=c,"),
        ]);
        assert!(fine.warnings.is_empty() && fine.is_on, "{fine:?}");
    }
}
