//! Objects that are large, many, copied, tagged, or written under a condition: moto's S3 as
//! botocore reads it, and uploads in parts that fail.

#[path = "../../local/tests/support/mod.rs"]
mod local_support;
#[path = "support/moto.rs"]
mod moto;
#[path = "support/service.rs"]
mod service;

use moto::{StandIn, lambda};
use service::{Service, error, respond};

fn run(handler: &str, moto: &StandIn) -> String {
    moto.python(
        "client('s3').create_bucket(Bucket='photos',
            CreateBucketConfiguration={'LocationConstraint': 'eu-central-1'})",
    );
    let done = lambda("aws-objects", &moto.url()).build().invoke(handler, r#""photos""#).unwrap();
    assert_eq!(done.failure, None, "{:#?}", done.log);
    done.text()
}

#[test]
fn what_a_reader_has_is_written_in_parts_and_read_from_any_place() {
    let Some(moto) = StandIn::moto() else { return };
    run("parts", &moto);
    let got = moto.python(
        "s3 = client('s3')
assert 'Uploads' not in s3.list_multipart_uploads(Bucket='photos')
print(s3.get_object_attributes(Bucket='photos', Key='15728640 bytes', ObjectAttributes=['ObjectSize'])['ObjectSize'])",
    );
    assert_eq!(got, "15728640");
}

#[test]
fn lists_have_folders_and_pages_and_objects_are_deleted_together() {
    let Some(moto) = StandIn::moto() else { return };
    run("many", &moto);
}

#[test]
fn conditions_versions_copies_and_tags_are_as_botocore_sees_them() {
    let Some(moto) = StandIn::moto() else { return };
    moto.python(
        "s3 = client('s3')
s3.create_bucket(Bucket='versions', CreateBucketConfiguration={'LocationConstraint': 'eu-central-1'})
s3.put_bucket_versioning(Bucket='versions', VersioningConfiguration={'Status': 'Enabled'})",
    );
    let lambda = lambda("aws-objects", &moto.url()).build();
    let done = lambda.invoke("details", r#""versions""#).unwrap();
    assert_eq!(done.failure, None, "{:#?}", done.log);
    let got = moto.python(&format!(
        "import urllib.request
url = json.loads({:?})
urllib.request.urlopen(urllib.request.Request(url, b'outside', method='PUT',
    headers={{'content-type': 'text/x-own', 'x-amz-meta-a': 'b'}}))
s3 = client('s3')
found = s3.get_object(Bucket='versions', Key='from outside')
assert found['ContentType'] == 'text/x-own' and found['Metadata'] == {{'a': 'b'}}, found
assert 'content-type%3Bhost%3Bx-amz-meta-a' in url, url
tags = s3.get_object_tagging(Bucket='versions', Key='a b+c/é.txt')['TagSet']
print(json.dumps(tags))",
        done.text()
    ));
    assert_eq!(got, r#"[{"Key": "a:b", "Value": "c = d@e/f"}, {"Key": "e", "Value": ""}]"#);
}

const PART: usize = 5 * 1024 * 1024;

fn created() -> Vec<minilambda_local::script::Step> {
    let body = "<InitiateMultipartUploadResult><UploadId>an+id/=</UploadId></InitiateMultipartUploadResult>";
    respond("200 OK", &[], body)
}

fn part() -> Vec<minilambda_local::script::Step> {
    respond("200 OK", &[("etag", "\"e\"")], "")
}

/// The first lines of the requests, and what the function says.
fn sent(scripts: Vec<Vec<minilambda_local::script::Step>>, event: &str) -> (String, Vec<String>) {
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
    assert!(told.starts_with("AccessDenied: S3 UploadPart: the reason"), "{told}");
    assert_eq!(lines, [create, part_1, part_2, abort]);
    // The completion, with the status of success.
    let late = respond("200 OK", &[], "<Error><Code>InternalError</Code></Error>");
    let (told, lines) = sent(vec![created(), part(), part(), late, aborted.clone()], &two);
    assert!(told.starts_with("InternalError: S3 CompleteMultipartUpload"), "{told}");
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
    let lost = vec![minilambda_local::script::Step::Close];
    let scripts = vec![created(), lost, part(), part(), respond("200 OK", &[], done)];
    let (told, lines) = sent(scripts, &format!(r#"{{"length":{}}}"#, PART + 1));
    assert_eq!((told, lines.len()), (format!("{} \"e-2\"", PART + 1), 5));
}
