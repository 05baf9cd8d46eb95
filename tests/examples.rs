//! The examples, each on its document.

mod support;

use support::program::{end, example};

#[test]
fn each_example_does_what_it_is_for() {
    for (name, handler, document, told) in [
        ("alexa", "alexa.order", "alexa-intent", "2 of Earl Grey, at once."),
        ("appsync", "appsync.product", "appsync-cognito", "{\"name\":\"teapot\",\"price\":24.5}"),
        ("appsync", "appsync.stock", "appsync-batch", "[{\"data\":3},{\"data\":0}]"),
    ] {
        let file = format!("{}/data/{document}.json", env!("CARGO_MANIFEST_DIR"));
        let ended = end(example(name).args([handler, &file]), b"");
        assert_eq!(ended.code(), 0, "{name} {handler}: {}", ended.stderr);
        assert!(ended.stdout.contains(told), "{name} {handler}: {}", ended.stdout);
    }
}
