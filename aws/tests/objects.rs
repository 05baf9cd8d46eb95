//! Objects that are large, many, copied, tagged, or written under a condition: at moto and s3s-fs
//! as botocore reads them, and responses to reads that are none.

#[path = "../../local/tests/support/mod.rs"]
mod local_support;
#[path = "support/moto.rs"]
mod moto;
#[path = "support/service.rs"]
mod service;

use minilambda_local::script::Step;
use moto::{StandIn, lambda};
use service::{Service, respond};

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
    let forged = lambda("aws-objects", &s3s_fs.url()).env("AWS_SECRET_ACCESS_KEY", "another");
    let told: String = forged.build().invoke("read", "\"get\"").unwrap().json().unwrap();
    assert!(told.starts_with("SignatureDoesNotMatch: "), "{told}");
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

/// Of S3 it is an error with the status 412. Some services ignore the condition.
#[test]
fn an_object_that_is_changed_while_it_is_read_does_not_go_on_as_another() {
    let head = raw("HTTP/1.1 200 OK\ncontent-length: 2\netag: \"a\"\n\n");
    for (etag, told) in [("\"a\"", "2 ab"), ("", "2 ab"), ("\"b\"", "the object was changed")] {
        let mut headers = vec![("content-range", "bytes 0-1/2"), ("etag", etag)];
        headers.retain(|(_, value)| !value.is_empty());
        let part = respond("206 Partial Content", &headers, "ab");
        let found = read("reader", vec![head.clone(), part]);
        assert!(found.contains(told), "{etag}: {found}");
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
