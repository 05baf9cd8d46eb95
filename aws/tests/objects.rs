//! Objects that are large, many, copied, tagged, or written under a condition: at moto and s3s-fs
//! as botocore reads them, and uploads in parts that fail.

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
use moto::{StandIn, lambda};
use service::{Service, error, respond};
use std::time::{Duration, Instant};

/// Calls a handler of the function at a bucket; returns its response.
fn run(handler: &str, stand_in: &StandIn, bucket: &str) -> String {
    let event = format!(r#"{{"bucket":"{bucket}","has_tags":{}}}"#, stand_in.is_of_today);
    let done = lambda("aws-objects", &stand_in.url()).build().invoke(handler, event).unwrap();
    assert_eq!(done.failure, None, "{handler}: {:#?}", done.log);
    done.text()
}

fn create(stand_in: &StandIn, bucket: &str) {
    stand_in.python(&format!(
        "client('s3').create_bucket(Bucket='{bucket}',
            CreateBucketConfiguration={{'LocationConstraint': 'eu-central-1'}})"
    ));
}

/// What a reader has is written in parts, and read from any place.
fn parts(stand_in: &StandIn) {
    create(stand_in, "parts");
    run("parts", stand_in, "parts");
    let length = stand_in.python(
        "print(client('s3').head_object(Bucket='parts', Key='15728640 bytes')['ContentLength'])",
    );
    assert_eq!(length, "15728640");
}

/// Lists have folders and pages, and objects are deleted together.
fn many(stand_in: &StandIn) {
    create(stand_in, "many");
    run("many", stand_in, "many");
}

/// Conditions, copies, ranges, and an object from outside, as botocore sees them.
fn conditions(stand_in: &StandIn) {
    create(stand_in, "conditions");
    let url = run("conditions", stand_in, "conditions");
    stand_in.python(&format!(
        "import urllib.request
url = json.loads({url:?})
urllib.request.urlopen(urllib.request.Request(url, b'outside', method='PUT',
    headers={{'content-type': 'text/x-own', 'x-amz-meta-a': 'b'}}))
found = client('s3').get_object(Bucket='conditions', Key='from outside')
assert found['ContentType'] == 'text/x-own' and found['Metadata'] == {{'a': 'b'}}, found
assert 'content-type%3Bhost%3Bx-amz-meta-a' in url, url"
    ));
}

#[test]
fn objects_are_written_in_parts_listed_and_copied_under_conditions_at_moto() {
    let Some(moto) = StandIn::moto() else { return };
    parts(&moto);
    let uploads =
        moto.python("print(client('s3').list_multipart_uploads(Bucket='parts').get('Uploads'))");
    assert_eq!(uploads, "None");
    many(&moto);
    conditions(&moto);
}

/// It checks each signature and checksum: `make soak`.
#[test]
#[ignore = "it builds s3s-fs, for minutes"]
fn objects_are_written_in_parts_listed_and_copied_under_conditions_at_s3s_fs() {
    let Some(s3s_fs) = StandIn::s3s_fs() else { return };
    parts(&s3s_fs);
    many(&s3s_fs);
    conditions(&s3s_fs);
}

#[test]
fn versions_and_tags_are_as_botocore_sees_them() {
    let Some(moto) = StandIn::moto() else { return };
    create(&moto, "versions");
    moto.python(
        "client('s3').put_bucket_versioning(Bucket='versions', VersioningConfiguration={'Status': 'Enabled'})",
    );
    run("versions", &moto, "versions");
    let got = moto.python(
        "tags = client('s3').get_object_tagging(Bucket='versions', Key='a b+c/é.txt')['TagSet']
print(json.dumps(tags))",
    );
    assert_eq!(got, r#"[{"Key": "a:b", "Value": "c = d@e/f"}, {"Key": "e", "Value": ""}]"#);
}

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
}

/// What `way` says of a response.
fn read(way: &str, scripts: Vec<Vec<Step>>) -> String {
    let service = Service::start(scripts);
    service.of("aws-objects").build().invoke("read", format!("{way:?}")).unwrap().json().unwrap()
}

fn raw(response: &str) -> Vec<Step> {
    vec![Step::Send(response.replace('\n', "\r\n").into()), Step::Close]
}

#[test]
fn a_range_is_all_that_was_asked_for_or_an_error() {
    let part = |range: &str, body: &str| {
        vec![respond("206 Partial Content", &[("content-range", range)], body)]
    };
    for (way, range, body) in [
        ("range", "bytes 2-5/10", "cdef"),
        ("range", "bytes 2-5/*", "cdef"),
        // The object ends there.
        ("range", "bytes 2-3/4", "cd"),
        ("to the end", "bytes 2-3/4", "cd"),
        ("to the end", "bytes 2-3/*", "cd"),
    ] {
        assert_eq!(read(way, part(range, body)), format!("{} {body}", body.len()), "{range}");
    }
    for (way, range, body) in [
        ("range", "bytes 2-3/10", "cd"),
        ("range", "bytes 2-3/*", "cd"),
        ("range", "bytes 2-5/10", "cd"),
        ("range", "bytes 2-5/10", "cdefg"),
        ("range", "bytes 2-6/10", "cdefg"),
        ("range", "bytes 1-4/10", "bcde"),
        ("range", "bytes 5-2/10", "cdef"),
        ("range", "bytes 2-18446744073709551615/10", "cdef"),
        ("range", "2-5/10", "cdef"),
        ("range", "bytes */10", "cdef"),
        ("range", "", "cdef"),
        ("to the end", "bytes 2-3/10", "cd"),
        ("to the end", "bytes 2-3/*", "c"),
    ] {
        let told = read(way, part(range, body));
        assert!(told.starts_with("Aws.InvalidResponse: "), "{range} {body}: {told}");
    }
}

#[test]
fn an_object_without_a_length_is_neither_an_empty_nor_a_complete_one() {
    let ok = "HTTP/1.1 200 OK\n";
    for way in ["head", "reader"] {
        for head in ["", "content-length: many\n"] {
            let told = read(way, vec![raw(&format!("{ok}{head}\n"))]);
            assert!(told.contains("the length of an object"), "{way}: {told}");
        }
        let told = read(way, vec![raw("HTTP/1.1 204 No Content\ncontent-length: 0\n\n")]);
        assert!(told.contains("(status 204)"), "{way}: {told}");
    }
    for way in ["get", "writer"] {
        let told = read(way, vec![raw(&format!("{ok}\nabc"))]);
        assert!(told.contains("it may be cut off"), "{way}: {told}");
        let chunks = "transfer-encoding: chunked\n\n2\nab\n1\nc\n0\n\n";
        assert_eq!(read(way, vec![raw(&format!("{ok}{chunks}"))]), "3 abc");
        assert_eq!(read(way, vec![raw(&format!("{ok}content-length: 3\n\nabc"))]), "3 abc");
    }
}

#[test]
fn only_what_s3_has_deleted_is_deleted() {
    let error = |key: &str, code: &str| {
        format!("<Error><Key>{key}</Key><Code>{code}</Code><Message>no</Message></Error>")
    };
    let result =
        |inside: &str| respond("200 OK", &[], format!("<DeleteResult>{inside}</DeleteResult>"));
    let delete = |scripts: Vec<Vec<Step>>, keys: &[&str]| {
        let service = Service::start(scripts);
        let keys = miniserde::json::to_string(
            &keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>(),
        );
        let done = service.of("aws-objects").build().invoke("delete", keys).unwrap();
        (done.json::<Vec<String>>().unwrap(), service.requests())
    };
    let denied = error("b", "AccessDenied");
    let (told, requests) = delete(vec![result(&denied)], &["a", "b", "a&<"]);
    assert_eq!(told, ["1 AccessDenied Refused"]);
    let object = "<Object><Key>a&amp;&lt;</Key><VersionId>v1</VersionId></Object>";
    assert!(requests[0].contains(object), "{}", requests[0]);
    // One that cannot be sent does not hold up the others.
    let (told, requests) = delete(vec![result("")], &["a", "", "../b", "c"]);
    assert_eq!(told, ["1 Aws.InvalidRequest NotSent", "2 Aws.InvalidRequest NotSent"]);
    assert_eq!((requests.len(), requests[0].matches("<Object>").count()), (1, 2));
    // Once more, only what S3 could not do.
    let (told, requests) =
        delete(vec![result(&error("b", "InternalError")), result("")], &["a", "b"]);
    assert_eq!((told.len(), requests.len()), (0, 2));
    assert!(!requests[1].contains("<Key>a</Key>"), "{}", requests[1]);
    // XML has no form for some characters of keys: they are deleted one by one.
    let gone = respond("204 No Content", &[], "");
    let refused = service::error("403 Forbidden", "AccessDenied");
    let keys = ["a", "b\u{1}", "c\t\u{7f}", "d\u{ffff}"];
    let (told, requests) = delete(vec![result(""), gone, refused], &keys);
    assert_eq!(told, ["3 AccessDenied Refused"]);
    assert!(requests[0].contains("<Key>c&#x9;&#x7F;</Key>"), "{}", requests[0]);
    let lines: Vec<_> = requests.iter().filter_map(|request| request.lines().next()).collect();
    let alone = ["DELETE /photos/b%01?versionId=v1", "DELETE /photos/d%EF%BF%BF?versionId=v1"];
    assert_eq!(lines, ["POST /photos/?delete=", alone[0], alone[1]]);
    // An error that belongs to none of the keys may be that of any.
    for stray in [error("x", "AccessDenied"), "<Error><Code>AccessDenied</Code></Error>".to_owned()]
    {
        let (told, _) = delete(vec![result(&(denied.clone() + &stray))], &["a", "b"]);
        assert_eq!(told, ["0 Aws.InvalidResponse Unknown", "1 AccessDenied Refused"]);
    }
}
