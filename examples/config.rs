//! Evaluates a custom rule of AWS Config: a resource must have a tag, which a parameter of the rule
//! names.
//!
//! ```text
//! cargo run --example config -- config.tagged data/config.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::config::{ConfigurationItem, Event};
use minilambda_events::{Json, Rfc3339};
use miniserde::{Deserialize, Serialize};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("config.tagged", handler!(tagged))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Deserialize)]
struct Parameters {
    #[serde(rename = "requiredTag")]
    required_tag: String,
}

/// The input of the API `PutEvaluations`. The call is left to you.
#[derive(Serialize)]
struct Evaluations {
    #[serde(rename = "Evaluations")]
    evaluations: Vec<Evaluation>,
    #[serde(rename = "ResultToken")]
    result_token: String,
}

#[derive(Serialize)]
struct Evaluation {
    #[serde(rename = "ComplianceResourceType")]
    resource_type: String,
    #[serde(rename = "ComplianceResourceId")]
    resource_id: String,
    #[serde(rename = "ComplianceType")]
    compliance: &'static str,
    #[serde(rename = "OrderingTimestamp")]
    timestamp: Option<Rfc3339>,
}

fn tagged(event: Event, _: &Context) -> Result<Evaluations, Error> {
    let parameters: Option<Parameters> = event.rule_parameters()?;
    let required = parameters.ok_or("the rule has no parameter requiredTag")?.required_tag;
    let invoking = event.invoking_event::<Json>()?;
    let item = invoking.configuration_item.ok_or("the rule must be triggered by changes")?;
    let evaluation = Evaluation {
        compliance: compliance(&item, &required, event.event_left_scope),
        resource_type: item.resource_type,
        resource_id: item.resource_id,
        timestamp: item.configuration_item_capture_time,
    };
    Ok(Evaluations {
        evaluations: vec![evaluation],
        result_token: event.result_token.into_exposed(),
    })
}

fn compliance(item: &ConfigurationItem, tag: &str, left_scope: Option<bool>) -> &'static str {
    let is_deleted = item.configuration_item_status.as_deref() == Some("ResourceDeleted");
    if is_deleted || left_scope == Some(true) {
        return "NOT_APPLICABLE";
    }
    let has_tag = item.tags.as_ref().is_some_and(|tags| tags.get(tag).is_some());
    if has_tag { "COMPLIANT" } else { "NON_COMPLIANT" }
}
