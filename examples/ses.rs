//! Filters received mail: drops viruses and spam, and mail that fails the check of its sender's
//! domain if the domain asks for that. The receipt rule must invoke the function with
//! `RequestResponse`.
//!
//! ```text
//! cargo run --example ses -- ses.filter data/ses.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::ses::{Event, Receipt, Response, Verdict};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("ses.filter", handler!(filter))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

fn filter(event: Event, _: &Context) -> Result<Response, Error> {
    for record in &event.records {
        if let Some(reason) = reason_to_drop(&record.ses.receipt) {
            log::info!("dropped {}: {reason}", record.ses.mail.message_id);
            return Ok(Response::stop_rule_set());
        }
    }
    Ok(Response::proceed())
}

fn reason_to_drop(receipt: &Receipt) -> Option<&'static str> {
    let fails = |verdict: &Option<Verdict>| {
        verdict.as_ref().and_then(|verdict| verdict.status.as_deref()) == Some("FAIL")
    };
    if fails(&receipt.virus_verdict) {
        return Some("it has a virus");
    }
    if fails(&receipt.spam_verdict) {
        return Some("it is spam");
    }
    let must_reject = receipt.dmarc_policy.as_deref() == Some("reject");
    (must_reject && fails(&receipt.dmarc_verdict))
        .then_some("its sender is not who it claims to be")
}
