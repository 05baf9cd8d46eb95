//! Uploads in parts: those that fail, and large ones, to a server that discards and counts.

#[path = "support/discarding.rs"]
mod discarding;
#[path = "../../local/tests/support/mod.rs"]
mod local_support;
#[path = "support/moto.rs"]
mod moto;
#[path = "support/service.rs"]
mod service;

use discarding::Discarding;
use minilambda_local::script::Step;
use moto::lambda;
use service::{Service, error, respond};
use std::time::{Duration, Instant};

const PART: usize = 5 * 1024 * 1024;

fn created() -> Vec<Step> {
    let body = "<InitiateMultipartUploadResult><UploadId>an+id/=</UploadId></InitiateMultipartUploadResult>";
    respond("200 OK", &[], body)
}

fn part() -> Vec<Step> {
    respond("200 OK", &[("etag", "\"e\"")], "")
}

/// The first lines of the requests, and what the function says.
fn sent(scripts: Vec<Vec<Step>>, event: &str) -> (String, Vec<String>) {
    let service = Service::start(scripts);
    let lambda = lambda("aws-objects", &format!("http://{}", service.address)).build();
    let done = lambda.invoke("send", event).unwrap();
    assert_eq!(done.failure, None, "{:#?}", done.log);
    let requests = service.requests();
    let line = |text: &String| text.lines().next().unwrap_or_default().replace(" HTTP/1.1", "");
    (done.json().unwrap(), requests.iter().map(line).collect())
}

#[test]
fn an_upload_that_fails_leaves_no_parts() {
    let create = "POST /photos/a?uploads=";
    let part_1 = "PUT /photos/a?partNumber=1&uploadId=an%2Bid%2F%3D";
    let part_2 = "PUT /photos/a?partNumber=2&uploadId=an%2Bid%2F%3D";
    let complete = "POST /photos/a?uploadId=an%2Bid%2F%3D";
    let abort = "DELETE /photos/a?uploadId=an%2Bid%2F%3D";
    let two = format!(r#"{{"length":{}}}"#, PART + 1);
    let refused = error("403 Forbidden", "AccessDenied");
    let aborted = respond("204 No Content", &[], "");
    // A part.
    let (told, lines) = sent(vec![created(), part(), refused.clone(), aborted.clone()], &two);
    assert!(told.starts_with("AccessDenied Refused: S3 UploadPart: the reason"), "{told}");
    assert_eq!(lines, [create, part_1, part_2, abort]);
    // The completion, with the status of success.
    let late = respond("200 OK", &[], "<Error><Code>InternalError</Code></Error>");
    let scripts = [vec![created(), part(), part()], vec![late; 3], vec![aborted.clone()]].concat();
    let (told, lines) = sent(scripts, &two);
    assert!(told.starts_with("InternalError Unknown: S3 CompleteMultipartUpload"), "{told}");
    assert_eq!(lines, [create, part_1, part_2, complete, complete, complete, abort]);
    // Nothing comes after that status.
    let nothing = respond("200 OK", &[], "\n");
    let scripts =
        [vec![created(), part(), part()], vec![nothing; 3], vec![aborted.clone()]].concat();
    let (told, lines) = sent(scripts, &two);
    assert!(told.starts_with("UnknownError Unknown: S3 CompleteMultipartUpload"), "{told}");
    assert_eq!(lines[3..], [complete, complete, complete, abort]);
    // The completion meets another write, under a condition.
    let conflict = error("409 Conflict", "ConditionalRequestConflict");
    let scripts = vec![created(), part(), part(), conflict, aborted.clone()];
    let (told, lines) = sent(scripts, &two);
    assert!(told.starts_with("ConditionalRequestConflict Refused"), "{told}");
    assert_eq!(lines, [create, part_1, part_2, complete, abort]);
    // The source.
    let event = format!(r#"{{"length":{},"fail_at":{}}}"#, 3 * PART, PART + 1);
    let (told, lines) = sent(vec![created(), part(), aborted.clone()], &event);
    assert!(told.ends_with("cannot read what is to be uploaded: the source is gone"), "{told}");
    assert_eq!((lines[0].as_str(), lines.last().unwrap().as_str()), (create, abort));
    // What is no response.
    let (told, lines) = sent(vec![respond("200 OK", &[], "{}")], &two);
    assert!(told.contains("the response has no id of an upload"), "{told}");
    assert_eq!(lines, [create]);
    let no_etag = respond("200 OK", &[], "");
    let (told, _) = sent(vec![created(), no_etag, aborted], &two);
    assert!(told.contains("the response has no entity tag"), "{told}");
}

#[test]
fn a_part_whose_response_is_lost_is_sent_again() {
    let done =
        "<CompleteMultipartUploadResult><ETag>\"e-2\"</ETag></CompleteMultipartUploadResult>";
    let lost = vec![Step::Close];
    let scripts = vec![created(), lost, part(), part(), respond("200 OK", &[], done)];
    let (told, lines) = sent(scripts, &format!(r#"{{"length":{}}}"#, PART + 1));
    assert_eq!((told, lines.len()), (format!("{} \"e-2\"", PART + 1), 5));
}

/// Uploads this much of a reader whose length is not known, in parts of 5 MiB, to a server that
/// discards and counts. Returns the sizes of the parts.
fn upload(length: u64, most_kib: u64) -> Vec<u64> {
    let server = Discarding::start();
    let lambda = lambda("aws-objects", &format!("http://{}", server.address));
    let lambda = lambda.timeout(Duration::from_secs(1800)).build();
    let start = Instant::now();
    let done = lambda.invoke("large", length.to_string()).unwrap();
    assert_eq!(done.failure, None, "{:#?}", done.log);
    let peak: u64 = done.json().unwrap();
    println!("{length} bytes in {:.1?}, at most {peak} KiB of memory", start.elapsed());
    let (parts, completed) = server.parts();
    let count = u32::try_from(parts.len()).unwrap();
    assert_eq!(
        (parts.keys().copied().collect::<Vec<_>>(), completed),
        ((1..=count).collect(), parts.len())
    );
    assert_eq!(parts.values().sum::<u64>(), length);
    assert!(peak < most_kib, "{peak} KiB");
    parts.into_values().collect::<Vec<_>>()
}

const MIB: u64 = 1024 * 1024;

/// Four parts are sent at once, and one is read: 25 MiB.
#[test]
fn an_upload_of_unknown_length_takes_no_memory_for_what_was_sent() {
    let parts = upload(150 * MIB + 1, 45 * 1024);
    assert_eq!((parts[..30].to_vec(), &parts[30..]), (vec![5 * MIB; 30], &[1][..]));
}

#[test]
fn an_upload_starts_no_more_threads_than_a_function_can_have() {
    // Each with its own process: threads of an earlier upload may be there for a while.
    for (wanted, started) in [(0, 1), (3, 3), (200, 64)] {
        let server = Discarding::start();
        let lambda = lambda("aws-objects", &format!("http://{}", server.address)).build();
        let done = lambda.invoke("threads", wanted.to_string()).unwrap();
        assert_eq!(done.failure, None, "{:#?}", done.log);
        assert_eq!(done.json::<u64>().unwrap(), started, "{wanted}");
    }
}

/// More than 5 GB, the most of one request: `make soak`.
#[test]
#[ignore = "it takes half a minute"]
fn an_upload_of_more_than_5_gb_has_larger_parts_and_little_memory() {
    let parts = upload(6000 * MIB + 1, 70 * 1024);
    assert_eq!(parts[..1000], [5 * MIB; 1000]);
    assert_eq!((parts[1000..1100].to_vec(), &parts[1100..]), (vec![10 * MIB; 100], &[1][..]));
}

#[test]
fn an_upload_whose_last_response_is_lost_is_completed_again() {
    let event = |headers: &str| format!(r#"{{"length":{},"headers":[{headers}]}}"#, PART + 1);
    let done = respond("200 OK", &[], "<CompleteMultipartUploadResult/>");
    let lost = || vec![Step::Close];
    let scripts = vec![lost(), created(), part(), part(), lost(), done];
    let (told, lines) = sent(scripts, &event(""));
    assert_eq!((told, lines.len()), (format!("{} ", PART + 1), 6));
    // The first attempt has completed it, perhaps: it is neither known nor refused.
    let gone = error("404 Not Found", "NoSuchUpload");
    let scripts = vec![created(), part(), part(), lost(), gone.clone(), gone];
    let (told, lines) = sent(scripts, &event(""));
    assert!(told.starts_with("NoSuchUpload Unknown: S3 CompleteMultipartUpload"), "{told}");
    assert_eq!(lines.len(), 6);
    // With a condition a second attempt would be refused, or wrong.
    let aborted = respond("204 No Content", &[], "");
    let scripts = vec![created(), part(), part(), lost(), aborted];
    let (told, lines) = sent(scripts, &event(r#"["if-none-match","*"]"#));
    assert!(told.starts_with("Aws.NoResponse Unknown"), "{told}");
    assert_eq!(lines.len(), 5);
}

#[test]
fn an_upload_whose_source_panics_leaves_no_parts() {
    let aborted = respond("204 No Content", &[], "");
    let service = Service::start(vec![created(), part(), aborted]);
    let lambda = lambda("aws-objects", &format!("http://{}", service.address)).build();
    let event = format!(r#"{{"length":{},"fail_at":{},"panics":true}}"#, 3 * PART, PART + 1);
    let failure = lambda.invoke("send", event).unwrap().failure.unwrap();
    assert_eq!(failure.kind, "Function.Panic");
    let requests = service.requests();
    assert!(requests.last().unwrap().starts_with("DELETE /photos/a?uploadId="), "{requests:#?}");
}

/// A header that each request needs is not only one of objects that fit into one part.
#[test]
fn parts_have_the_headers_that_the_object_has() {
    let done = "<CompleteMultipartUploadResult/>";
    let scripts = vec![created(), part(), part(), respond("200 OK", &[], done)];
    let service = Service::start(scripts);
    let names = ["x-amz-server-side-encryption-customer-key", "X-Amz-Expected-Bucket-Owner"];
    let headers = names.map(|name| format!(r#"["{name}","7"]"#)).join(",");
    let event = format!(r#"{{"length":{},"headers":[{headers},["cache-control","x"]]}}"#, PART + 1);
    let done = service.of("aws-objects").build().invoke("send", event).unwrap();
    assert_eq!(done.failure, None, "{:#?}", done.log);
    let requests = service.requests();
    assert_eq!(requests.len(), 4);
    for (at, request) in requests.iter().enumerate() {
        let (head, _) = request.split_once("\n\n").unwrap();
        for name in names {
            assert!(head.contains(&format!("{}: 7", name.to_lowercase())), "{at}: {head}");
        }
        assert_eq!(head.contains("cache-control"), at == 0, "{head}");
    }
    // A bucket with Object Lock refuses a part without a checksum.
    let checksum = |at: usize| {
        let mut lines = requests[at].lines();
        let found = lines.find_map(|line| line.strip_prefix("x-amz-checksum-sha256: "));
        found.unwrap_or_else(|| panic!("a part without a checksum: {}", requests[at]))
    };
    assert!(requests[0].contains("x-amz-checksum-algorithm: SHA256\n"), "{}", requests[0]);
    for (number, at) in [("1", 1), ("2", 2)] {
        let part = format!("<PartNumber>{number}</PartNumber><ETag>&quot;e&quot;</ETag>");
        let part = format!("{part}<ChecksumSHA256>{}</ChecksumSHA256>", checksum(at));
        assert!(requests[3].contains(&part), "{part}: {}", requests[3]);
    }
}
