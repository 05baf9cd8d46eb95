//! Whatever is offered as an IAM policy: what is taken comes out as it went in, nulls apart.
#![no_main]

use libfuzzer_sys::fuzz_target;
use minilambda_events::iam::Policy;
use miniserde::json;

fuzz_target!(|text: &str| {
    if let Ok(policy) = json::from_str::<Policy>(text) {
        let written = json::to_string(&policy);
        let again: Policy = json::from_str(&written).expect("what was read can be read again");
        assert_eq!(json::to_string(&again), written);
        for statement in policy.statement.iter() {
            let _ = format!("{statement:?}");
        }
    }
});
