#![no_main]
//! Text from outside that minilambda-local reads: targets and headers of requests, the usage of a
//! program, its log, and the headers of its responses.

use libfuzzer_sys::fuzz_target;
use minilambda_local::fuzzing::{admit, handlers, lines, response};

fn is_of_this_machine(host: &str) -> bool {
    let name = match host.strip_prefix("[::1]") {
        Some(port) => return port.is_empty() || port.starts_with(':'),
        None => host.split(':').next().unwrap_or_default().to_ascii_lowercase(),
    };
    name == "127.0.0.1" || name == "localhost" || name.ends_with(".localhost")
}

fn fields(text: &str) -> Vec<(&str, &str)> {
    text.lines().skip(1).filter_map(|line| line.split_once(':')).collect()
}

fuzz_target!(|data: &[u8]| {
    let text = String::from_utf8_lossy(data);
    let line = text.lines().next().unwrap_or_default();
    let headers = fields(&text).into_iter();
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
    let headers: Vec<_> = headers.collect();
    if let Some((host, path, function)) = admit(line, headers.clone()) {
        assert!(is_of_this_machine(&host), "{host}");
        assert!(path.starts_with('/'), "{path}");
        assert!(function.is_none_or(|function| host.starts_with(&function)));
        // A page of another site reaches a function by a navigation only.
        let of =
            |name: &str| headers.iter().find(|(other, _)| other == name).map(|(_, value)| &**value);
        let is_navigation = of("sec-fetch-mode") == Some("navigate");
        assert!(is_navigation || of("origin") != Some("https://evil.example"));
    }
    for name in handlers(&text) {
        assert!(!name.contains('\n') && text.contains(&name));
    }
    let complete = lines(data, usize::MAX);
    assert_eq!(lines(data, 1), complete);
    assert_eq!(lines(data, 7), complete);
    assert!(complete.iter().all(|line| line.len() < 66_000 && !line.contains('\n')));

    let sent = response("200 OK", &fields(&text), b"body");
    let sent = String::from_utf8(sent).unwrap();
    let (head, body) = sent.split_once("\r\n\r\n").unwrap();
    assert_eq!((body, head.matches("\r\nContent-Length: ").count()), ("body", 1));
});
