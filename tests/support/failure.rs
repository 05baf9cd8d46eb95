//! An invocation that fails, and the error that is posted.

use super::fake_api::{FakeApi, Reply, Request};
use super::program::serve;
use miniserde::json::{self, Value};

/// The error that was posted for the only event, and the request that carried it.
pub fn failure(handler: &str, event: impl AsRef<[u8]>) -> (Request, String, String) {
    let api = FakeApi::start([Reply::event("1", event), Reply::event("2", "\"next\"")], []);
    let ended = serve(&api, handler);
    let posts = api.posts();
    assert_eq!(posts.len(), 2, "one response for each event: {}", ended.stderr);
    assert!(posts[0].path.ends_with("/invocation/1/error"), "{}", posts[0].path);
    assert_eq!(api.connections(), 1);
    let (kind, message) = kind_and_message(&posts[0]);
    (posts[0].clone(), kind, message)
}

pub fn kind_and_message(post: &Request) -> (String, String) {
    let Ok(Value::Object(body)) = json::from_str(&post.text()) else {
        panic!("no error document: {}", post.text())
    };
    let text = |name: &str| match body.get(name) {
        Some(Value::String(text)) => text.clone(),
        other => panic!("{name}: {other:?}"),
    };
    assert!(matches!(body.get("stackTrace"), Some(Value::Array(_))), "{}", post.text());
    (text("errorType"), text("errorMessage"))
}

pub fn header_type(post: &Request) -> &str {
    post.header("lambda-runtime-function-error-type").unwrap()
}
