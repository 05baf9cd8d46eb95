//! Buckets and objects: what is refused before anything is sent, and what S3 may say.

#[path = "support/service.rs"]
mod service;

use minilambda_local::script::{Connection, NoHost, Step};
use minilambda_local::wire;
use service::{Service, fine, respond};
use std::{env, fs};

fn event(action: &str, bucket: &str, key: &str) -> String {
    let quoted = miniserde::json::to_string::<str>;
    format!(r#"{{"action":"{action}","bucket":{},"key":{}}}"#, quoted(bucket), quoted(key))
}

const ACTIONS: [&str; 8] = ["get", "get_to", "head", "put", "delete", "presign", "copy", "range"];

#[test]
fn an_empty_key_or_one_that_leads_out_does_not_work_on_the_bucket() {
    let service = Service::start(vec![fine()]);
    let lambda = service.any().build();
    for action in ACTIONS {
        for key in ["", ".", "..", "../other/key", "a/../.."] {
            let told = lambda.invoke("bucket", event(action, "photos", key)).unwrap().text();
            assert!(
                told.contains("Aws.InvalidRequest") && told.contains("[NotSent]"),
                "{action} {key}: {told}"
            );
        }
    }
    assert_eq!(service.requests().len(), 0);
}

#[test]
fn a_name_that_is_none_of_a_bucket_reaches_no_host() {
    let service = Service::start(vec![fine()]);
    let lambda = service.any().env("AWS_ENDPOINT_URL", "").build();
    let evil = format!("{}/", service.address);
    for bucket in [
        "",
        "a",
        "a/b",
        "../b",
        &*evil,
        "Photos",
        "192.168.0.1",
        "a..b",
        "a@b",
        "photos?x",
        "arn:aws:s3:::x",
    ] {
        for action in ["get", "put", "delete", "list", "presign"] {
            let told = lambda.invoke("bucket", event(action, bucket, "a")).unwrap().text();
            assert!(
                told.contains("the bucket's name") && told.contains("[NotSent]"),
                "{bucket}: {told}"
            );
        }
    }
    assert_eq!(service.connections(), 0);
    for (bucket, host) in [
        ("photos", "https://photos.s3.eu-central-1.amazonaws.com/a%20b/c%2B.jpg?"),
        ("my.photos", "https://s3.eu-central-1.amazonaws.com/my.photos/a%20b/c%2B.jpg?"),
    ] {
        let told: String = lambda
            .invoke("bucket", event("presign", bucket, "a b/c+.jpg"))
            .unwrap()
            .json()
            .unwrap();
        assert!(told.starts_with(&format!("done: {host}X-Amz-Algorithm=")), "{told}");
    }
    for (seconds, is_valid) in [(0, false), (1, true), (604_800, true), (604_801, false)] {
        let event =
            event("presign", "photos", "a").replace('{', &format!("{{\"seconds\":{seconds},"));
        let told: String = lambda.invoke("bucket", event).unwrap().json().unwrap();
        assert_eq!(told.starts_with("done"), is_valid, "{told}");
    }
}

#[test]
fn segments_of_a_path_do_not_change_it() {
    let service = Service::start(vec![fine()]);
    let lambda = service.any().build();
    let send = |path: &str, segments: &str| {
        let event = format!(
            r#"{{"service":"lambda","method":"GET","path":"{path}","segments":{segments}}}"#
        );
        lambda.invoke("rest", event).unwrap().text()
    };
    for (path, segments) in [
        ("/2015-03-31/functions", r#"[""]"#),
        ("/2015-03-31/functions", r#"["."]"#),
        ("/2015-03-31/functions", r#"["a","..","b"]"#),
        ("functions", "[]"),
        ("", "[]"),
        ("evil.example/", "[]"),
        ("/functions//x", "[]"),
        ("/functions/../x", "[]"),
    ] {
        let told = send(path, segments);
        assert!(
            told.contains("Aws.InvalidRequest") && told.contains("[NotSent]"),
            "{path} {segments}: {told}"
        );
    }
    assert_eq!(service.requests().len(), 0);
    assert!(send("/functions", r#"["a/../b c"]"#).contains("done"));
    assert!(service.requests()[0].starts_with("GET /functions/a%2F..%2Fb%20c"));
}

#[test]
fn a_request_about_a_bucket_names_no_object() {
    let service = Service::start(vec![fine()]);
    assert_eq!(service.send("bucket", &event("about", "photos", "")).0, "done: 200");
    assert!(
        service.requests()[0].starts_with("GET /photos/?versioning=\n"),
        "{:?}",
        service.requests()
    );
}

#[test]
fn an_empty_range_is_refused_and_a_range_is_one() {
    let part = |range, body| respond("206 Partial Content", &[("Content-Range", range)], body);
    let others = [
        respond("200 OK", &[], "the whole object"),
        part("bytes 3-5/9", "abc"),
        part("bytes 0-3/9", "abcd"),
        respond("206 Partial Content", &[], "abc"),
    ];
    let parts = [part("bytes 0-2/9", "abc"), part("bytes 5-7/*", "abc")];
    let service = Service::start([&parts[..], &others[..]].concat());
    let range = |start: u64, end: u64| {
        let event = event("range", "photos", "a")
            .replace('{', &format!("{{\"start\":{start},\"end\":{end},"));
        service.send("bucket", &event)
    };
    for (start, end) in [(5, 5), (0, 0), (7, 3)] {
        let (told, count) = range(start, end);
        assert!(told.contains("is empty [NotSent]") && count == 0, "{told}");
    }
    assert_eq!(range(0, 3).0, "done: 3 bytes");
    assert_eq!(range(5, u64::MAX).0, "done: 3 bytes");
    let requests = service.requests();
    assert!(
        requests[0].contains("range: bytes=0-2\n") && requests[1].contains("range: bytes=5-\n")
    );
    for _ in others {
        let told = range(0, 3).0;
        assert!(
            told.contains("has not sent the range") && told.ends_with("[CarriedOut]"),
            "{told}"
        );
    }
}

#[test]
fn a_header_that_is_set_twice_is_sent_once_and_others_are_refused() {
    let service = Service::start(vec![fine()]);
    let put = |headers: &str| {
        let event = event("put", "photos", "a").replace('{', &format!("{{\"headers\":{headers},"));
        service.send("bucket", &event).0
    };
    let twice =
        r#"[["metadata","1"],["metadata","2"],["content_type","a/b"],["content_type","c/d"]]"#;
    assert_eq!(put(twice), "done: 5");
    assert_eq!(put("[]"), "done: 5");
    let requests = service.requests();
    for (name, value) in [("x-amz-meta-a", "2"), ("content-type", "c/d")] {
        let lines: Vec<_> = requests[0].lines().filter(|line| line.starts_with(name)).collect();
        assert_eq!(lines, [format!("{name}: {value}")]);
    }
    assert!(requests[1].contains("content-type: application/octet-stream\n"), "{}", requests[1]);
    for headers in [
        r#"[["metadata","a\tb"]]"#,
        r#"[["metadata","a\r\nx-evil: b"]]"#,
        r#"[["metadata","\u00e9"]]"#,
        r#"[["content-length","7"]]"#,
        r#"[["Authorization","x"]]"#,
        r#"[["host","evil.example"]]"#,
        r#"[["x-amz-date","x"]]"#,
        r#"[["transfer-encoding","chunked"]]"#,
        r#"[["a b","c"]]"#,
    ] {
        let told = put(headers);
        assert!(
            told.starts_with("Aws.InvalidRequest") && told.ends_with("[NotSent]"),
            "{headers}: {told}"
        );
    }
    assert_eq!(service.requests().len(), 2);
}

#[test]
fn a_file_that_becomes_shorter_is_an_error_and_not_a_loop() {
    let slow = vec![Step::Read(1000), Step::Wait(std::time::Duration::from_secs(3)), Step::ReadAll];
    // A server that reads nothing for a while: the rest of the file is read from the disk after it
    // was cut.
    let server = wire::Acceptor::start(move |stream| {
        let _ = Connection::new(stream).follow(&slow, &NoHost);
    });
    let server = server.unwrap();
    let address = server.address();
    let service = Service::start(vec![fine()]);
    let path = env::temp_dir().join(format!("minilambda-aws-shrinks-{}", std::process::id()));
    let event = format!(
        r#"{{"action":"shrinking","bucket":"photos","key":"a","path":{path:?},"choices":{{"endpoint":"http://{address}"}}}}"#
    );
    let (told, _) = service.send("bucket", &event);
    fs::remove_file(&path).unwrap();
    assert!(
        told.contains("has become shorter while it was sent") && told.ends_with("[NotSent]"),
        "{told}"
    );
    for path in ["/", "/dev/zero", "/no/such/file"] {
        let event = event.replace("shrinking", "file").replace(path_text(&event), path);
        let (told, _) = service.send("bucket", &event);
        assert!(told.contains("cannot read") && told.ends_with("[NotSent]"), "{told}");
    }
}

fn path_text(event: &str) -> &str {
    event.split("\"path\":\"").nth(1).unwrap().split('"').next().unwrap()
}

#[test]
fn a_file_that_is_downloaded_is_complete_or_as_it_was() {
    let all = wire::response("200 OK", &[], &[7; 1000]);
    let half = vec![Step::Send(all[..all.len() - 400].to_vec()), Step::Close];
    let folder = env::temp_dir().join(format!("minilambda-aws-download-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("photo");
    let event = event("download", "photos", "a").replace('{', &format!("{{\"path\":{path:?},"));
    let service = Service::start(vec![half.clone(), vec![Step::Send(all.clone())], half]);
    let (told, count) = service.send("bucket", &event);
    assert!(
        told.starts_with("Aws.NoResponse") && told.contains("(600 bytes were written)"),
        "{told}"
    );
    assert_eq!((count, fs::read_dir(&folder).unwrap().count()), (1, 0));
    assert_eq!(service.send("bucket", &event).0, "done: 1000 bytes");
    assert!(service.send("bucket", &event).0.starts_with("Aws.NoResponse"));
    assert_eq!(fs::read(&path).unwrap(), [7; 1000], "it is as it was");
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);

    // A name of any length; a pipe is neither replaced nor waited for.
    let object = vec![Step::Send(all)];
    let to = |action: &str, path: &std::path::Path| {
        let event = self::event(action, "photos", "a");
        Service::start(vec![object.clone()])
            .send("bucket", &event.replace('{', &format!("{{\"path\":{path:?},")))
    };
    assert_eq!(to("download", &folder.join("x".repeat(255))).0, "done: 1000 bytes");
    let pipe = folder.join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (action, path) in [("download", &pipe), ("download", &folder), ("file", &pipe)] {
        let (told, count) = to(action, path);
        assert!(told.contains("it is not a file") && told.ends_with("[NotSent]"), "{told}");
        assert_eq!(count, 0);
    }
    fs::remove_dir_all(&folder).unwrap();
}

fn list(inside: &str) -> Vec<Step> {
    respond("200 OK", &[], format!("<ListBucketResult>{inside}</ListBucketResult>"))
}

#[test]
fn a_list_that_is_none_or_leads_to_itself_is_an_error() {
    let listed = |scripts| Service::start(scripts).send("bucket", &event("list", "photos", ""));
    for body in [
        "{}",
        "",
        "<html><body>hello</body></html>",
        "<Error><Code>SlowDown</Code></Error>",
        "<ListBucketResult><Contents><Key>a</Key>",
    ] {
        let (told, _) = listed(vec![respond("200 OK", &[], body)]);
        assert!(told.starts_with("Aws.InvalidResponse: S3 ListObjectsV2"), "{body}: {told}");
    }
    let object = "<Contents><Key>a</Key><Size>1</Size></Contents>";
    let more = format!(
        "<IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>{object}"
    );
    let (told, count) = listed(vec![list(&more)]);
    assert!(told.contains("leads to itself") && count == 2, "{told} {count}");
    let other = more.replace(">t<", ">u<");
    let circle: Vec<_> = (0..20).flat_map(|_| [list(&more), list(&other)]).collect();
    let (told, count) = listed(circle);
    assert!(told.contains("leads to itself") && count < 6, "{told} {count}");
    let last = format!("<IsTruncated>false</IsTruncated>{object}");
    assert_eq!(listed(vec![list(&more), list(&last)]), ("done: 2 objects".to_owned(), 2));
}

#[test]
fn a_token_that_s3_refuses_is_an_invalid_cursor() {
    let reason = "The continuation token provided is incorrect";
    let refused = respond(
        "400 Bad Request",
        &[],
        format!("<Error><Code>InvalidArgument</Code><Message>{reason}</Message></Error>"),
    );
    let listed =
        |scripts, action| Service::start(scripts).send("bucket", &event(action, "photos", "t"));
    let (told, _) = listed(vec![refused.clone()], "list_after");
    let expected = format!("Aws.InvalidCursor: S3 ListObjectsV2: {reason} (status 400) [Refused]");
    assert_eq!(told, expected);
    // A token that S3 has sent itself, or another argument.
    let more = "<IsTruncated>true</IsTruncated><NextContinuationToken>u</NextContinuationToken>";
    let (told, _) = listed(vec![list(more), refused.clone()], "list_after");
    assert!(told.starts_with("InvalidArgument"), "{told}");
    assert!(listed(vec![refused], "list").0.starts_with("InvalidArgument"));
}

#[test]
fn a_bucket_of_another_region_is_found_once_and_remembered() {
    let refused = respond("301 Moved", &[("x-amz-bucket-region", "eu-west-1")], "");
    let malformed = respond(
        "400 Bad Request",
        &[],
        "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>",
    );
    for refused in [refused.clone(), malformed] {
        let service = Service::start(vec![refused, respond("200 OK", &[], "x")]);
        let lambda = service.any().build();
        for _ in 0..2 {
            let done = lambda.invoke("bucket", event("get", "photos", "a")).unwrap();
            assert_eq!(done.text(), "\"done: 1 bytes\"");
        }
        let requests = service.requests();
        let regions: Vec<_> = requests.iter().map(|head| head.contains("/eu-west-1/s3/")).collect();
        assert_eq!(regions, [false, true, true]);
    }
    // At most three requests, even if S3 names the region after two failures. It is remembered.
    let busy = respond("503 Unavailable", &[], "");
    let service =
        Service::start(vec![busy.clone(), busy, refused.clone(), respond("200 OK", &[], "x")]);
    let lambda = service.any().build();
    let get = || lambda.invoke("bucket", event("get", "photos", "a")).unwrap().text();
    assert!(get().starts_with("\"Redirect"));
    assert_eq!(service.requests().len(), 3);
    assert_eq!(get(), "\"done: 1 bytes\"");
    assert!(service.requests()[3].contains("/eu-west-1/s3/"));
    // A service that always says so is not followed forever.
    let (told, count) = Service::start(vec![refused]).send("bucket", &event("get", "photos", "a"));
    assert!(told.starts_with("Redirect") && count == 2, "{told} {count}");
}

#[test]
fn an_error_after_the_status_of_success_is_one() {
    // The last one comes as blanks that keep the connection open, without an end.
    for code in ["InternalError", "ServiceUnavailable", "AnyOther", "UnknownError"] {
        let body = format!("<?xml version=\"1.0\"?>\n<Error><Code>{code}</Code></Error>");
        let body = if code == "UnknownError" { "\n \n".to_owned() } else { body };
        let late = respond("200 OK", &[], body);
        let done = respond("200 OK", &[], "<CopyObjectResult/>");
        let copy = event("copy", "photos", "a");
        let service = Service::start(vec![late.clone(), done]);
        assert_eq!(service.send("bucket", &copy), ("done: 200".to_owned(), 2));
        let (told, count) = Service::start(vec![late]).send("bucket", &copy);
        assert!(told.starts_with(code) && told.ends_with("[Unknown]") && count == 3, "{told}");
    }
}

/// A write under a condition, while another one of the object is in progress.
#[test]
fn a_write_that_meets_another_one_is_sent_again() {
    let put = r#"{"action":"put","bucket":"photos","key":"a","headers":[["if-none-match","*"]]}"#;
    for code in ["ConditionalRequestConflict", "OperationAborted"] {
        let conflict = respond("409 Conflict", &[], format!("<Error><Code>{code}</Code></Error>"));
        let service = Service::start(vec![conflict.clone(), respond("200 OK", &[], "")]);
        assert_eq!(service.send("bucket", put), ("done: 5".to_owned(), 2));
        let (told, count) = Service::start(vec![conflict]).send("bucket", put);
        assert!(told.starts_with(code) && count == 3, "{told} {count}");
    }
    let exists = Service::start(vec![respond("412 Precondition Failed", &[], "")]);
    assert_eq!(exists.send("bucket", put).1, 1);
}

/// The response to HEAD has no document that says why it is refused.
#[test]
fn a_head_is_corrected_as_any_other_request_is() {
    let head = event("head", "photos", "a");
    let found = || respond("200 OK", &[("Content-Length", "0")], "");
    let date = [("Date", "Thu, 01 Jan 2099 00:00:00 GMT")];
    for refusal in [respond("403 Forbidden", &date, ""), respond("400 Bad Request", &[], "")] {
        let service = Service::start(vec![refusal.clone(), found()]);
        assert_eq!(service.send("bucket", &head), ("done: 0".to_owned(), 2));
        let (told, count) = Service::start(vec![refusal]).send("bucket", &head);
        assert!(told.ends_with("[Refused]") && count == 2, "{told} {count}");
    }
    // One that names another region is not sent to the same one again.
    let elsewhere = respond("400 Bad Request", &[("x-amz-bucket-region", "eu-west-1")], "");
    let service = Service::start(vec![elsewhere, found()]);
    assert_eq!(service.send("bucket", &head), ("done: 0".to_owned(), 2));
    assert!(service.requests()[1].contains("/eu-west-1/s3/"), "{}", service.requests()[1]);
    let (told, count) =
        Service::start(vec![respond("403 Forbidden", &[], "")]).send("bucket", &head);
    assert!(told.starts_with("AccessDenied") && count == 1, "{told} {count}");
}
