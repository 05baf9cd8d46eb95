//! Each example, run on its document in `data/`.

mod support;

use support::program::{end, example};

/// An example, its handler, its document, and what it answers in part.
static TABLE: &[(&str, &str, &str, &str)] = &[
    // CloudWatch
    ("logs", "logs.errors", "cloudwatch-logs", "ERROR order A-1007: the warehouse is closed\"]"),
    (
        "schedule",
        "schedule.nightly",
        "eventbridge-scheduled",
        r#"{"before":"2026-02-10T21:14:25Z"}"#,
    ),
    (
        "schedule",
        "schedule.nightly",
        "eventbridge-scheduler",
        r#"{"before":"2026-02-10T21:14:25Z"}"#,
    ),
    // Cognito
    ("cognito", "cognito.sign-up", "cognito-pre-sign-up", r#""autoConfirmUser":true"#),
    (
        "cognito",
        "cognito.token",
        "cognito-pre-token-generation",
        r#""claimsToAddOrOverride":{"tenant":"north"}"#,
    ),
    // Events of one's own
    ("custom-event", "custom.label", "item", "\"1.5 kg of Earl Grey\""),
];

#[test]
fn each_example_answers_its_document() {
    for (name, handler, document, told) in TABLE {
        let file = format!("{}/data/{document}.json", env!("CARGO_MANIFEST_DIR"));
        let ended = end(example(name).args([handler, &*file]), b"");
        assert_eq!(ended.code(), 0, "{name} {handler} {document}: {}", ended.stderr);
        assert!(ended.stdout.contains(told), "{name} {handler} {document}: {}", ended.stdout);
    }
}
