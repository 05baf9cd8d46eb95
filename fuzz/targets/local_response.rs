#![no_main]
//! The responses that the front ends of minilambda-local make of a function's: no header ends
//! early.

use libfuzzer_sys::fuzz_target;
use minilambda_local::{FrontEnd, HttpRequest, HttpResponse, Invocation};

fuzz_target!(|data: &[u8]| {
    for front_end in FrontEnd::ALL {
        let response = HttpResponse::new(front_end, Invocation::of_response(data));
        assert!((200..=599).contains(&response.status));
        for (name, value) in &response.headers {
            assert!(!name.contains(['\r', '\n']) && !value.contains(['\r', '\n']));
        }
        let text = String::from_utf8_lossy(data);
        let (target, body) = text.split_once('\n').unwrap_or((&text, ""));
        let event =
            HttpRequest::new("POST", target).header("a", target).body(body).event(front_end);
        assert!(event.starts_with(b"{"));
    }
});
