//! The function of the tests of objects: large ones, many, copies, tags, versions, conditions.

use minilambda::{Context, Error, Handler, handler};
use minilambda_aws::s3::Bucket;
use miniserde::Deserialize;
use std::io::{self, Read, Seek, SeekFrom};
use std::process::ExitCode;
use std::time::Duration;

static HANDLERS: &[(&str, Handler)] = &[
    ("parts", handler!(parts)),
    ("many", handler!(many)),
    ("conditions", handler!(conditions)),
    ("versions", handler!(versions)),
    ("send", handler!(send)),
    ("large", handler!(large)),
    ("threads", handler!(threads)),
    ("read", handler!(read)),
    ("delete", handler!(delete)),
];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

fn check(holds: bool, what: &str) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(Error::new("Wrong", what.to_owned())) }
}

/// Bytes that differ from place to place, in pieces as a network has them.
struct Stream {
    at: usize,
    length: usize,
}

fn byte(at: usize) -> u8 {
    let at = u32::try_from(at).unwrap_or_default();
    (at.wrapping_mul(2_654_435_761) >> 24).to_le_bytes()[0]
}

impl Read for Stream {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = into.len().min(self.length - self.at).min(100_000);
        for (place, at) in into.iter_mut().zip(self.at..self.at + count) {
            *place = byte(at);
        }
        self.at += count;
        Ok(count)
    }
}

#[derive(Deserialize)]
struct Place {
    bucket: String,
    /// Whether the service knows tags.
    has_tags: bool,
}

fn parts(Place { bucket, has_tags }: Place, context: &Context) -> Result<(), Error> {
    const PART: usize = 5 * 1024 * 1024;
    let bucket = Bucket::new(&bucket).within(context);
    // Ten parts and a byte, three parts to the byte, and some that are one request.
    for (length, parts) in [(10 * PART + 1, 11), (3 * PART, 3), (PART - 1, 0), (7, 0), (0, 0)] {
        let key = format!("{length} bytes");
        let upload = bucket.upload(&key).content_type("application/x-own").tag("of", "a+b = c");
        let upload = upload.metadata("shop", "berlin").part_bytes(1).parts_at_once(3);
        let head = upload.reader(Stream { at: 0, length })?;
        check(head.length == length as u64, "the length")?;
        let is_in_parts = head.etag.trim_matches('"').ends_with(&format!("-{parts}"));
        check(is_in_parts == (parts > 0), &format!("{key}: {}", head.etag))?;
        let found = bucket.get(&key)?;
        let is_same = found.body.iter().enumerate().all(|(at, found)| *found == byte(at));
        check(is_same && found.body.len() == length, "the bytes")?;
        check(found.head.content_type == "application/x-own", "the content type")?;
        check(found.head.metadata == [("shop".to_owned(), "berlin".to_owned())], "the metadata")?;
        if has_tags {
            let tags = bucket.tags(&key)?;
            check(tags == [("of".to_owned(), "a+b = c".to_owned())], &format!("{tags:?}"))?;
        }
    }
    // From any place.
    let mut reader = bucket.open(&format!("{} bytes", 3 * PART))?.chunk_bytes(1000);
    let mut some = [0; 2500];
    for start in [0, PART - 7, 3 * PART - 2500, 10] {
        let at = reader.seek(SeekFrom::Start(start as u64))?;
        reader.read_exact(&mut some)?;
        let is_same = some.iter().enumerate().all(|(offset, found)| *found == byte(start + offset));
        check(is_same && at == start as u64, &format!("the bytes from {start}"))?;
    }
    check(reader.seek(SeekFrom::Current(-2510))? == 0, "back to the start")?;
    check(reader.seek(SeekFrom::End(-1))? == 3 * PART as u64 - 1, "the end")?;
    let mut rest = Vec::new();
    reader.read_to_end(&mut rest)?;
    check(rest == [byte(3 * PART - 1)], "the last byte")?;
    check(reader.seek(SeekFrom::End(1)).is_ok() && reader.read(&mut some)? == 0, "beyond the end")?;
    check(reader.seek(SeekFrom::Current(i64::MIN)).is_err(), "before the start")?;
    // Another object under the key is no continuation.
    let mut reader = bucket.open("7 bytes")?.chunk_bytes(3);
    reader.read_exact(&mut [0; 3])?;
    bucket.put("7 bytes", "another")?;
    let error = reader.read(&mut some).err().map(|error| error.to_string()).unwrap_or_default();
    check(error.contains("412") || error.contains("was changed while it was read"), &error)?;
    let mut empty = bucket.open("0 bytes")?;
    check(empty.read(&mut some)? == 0 && empty.head().length == 0, "an empty object")
}

fn many(Place { bucket, .. }: Place, _: &Context) -> Result<(), Error> {
    let bucket = Bucket::new(&bucket);
    let keys = ["a.txt", "b c/1", "b c/2", "b c/3/4", "d&<e>\"'/1", "é/1"];
    for key in keys {
        bucket.put(key, key)?;
    }
    let page = bucket.objects().delimiter("/").page()?;
    let objects: Vec<_> = page.objects.iter().map(|object| &*object.key).collect();
    check(objects == ["a.txt"] && page.next.is_none(), &format!("{objects:?}"))?;
    check(page.prefixes == ["b c/", "d&<e>\"'/", "é/"], &format!("{:?}", page.prefixes))?;
    let page = bucket.objects().prefix("b c/").delimiter("/").page()?;
    check(page.objects.len() == 2 && page.prefixes == ["b c/3/"], "a folder")?;
    let after = bucket.objects().start_after("b c/2").all()?;
    let after: Vec<_> = after.iter().map(|object| &*object.key).collect();
    check(after == ["b c/3/4", "d&<e>\"'/1", "é/1"], &format!("{after:?}"))?;
    // Pages, and one from where another has ended.
    let pages: Vec<_> = bucket.objects().limit(4).pages().collect::<Result<_, _>>()?;
    let sizes: Vec<_> = pages.iter().map(|page| page.objects.len()).collect();
    check(sizes == [4, 2], &format!("{sizes:?}"))?;
    let token = pages[0].next.clone().unwrap_or_default();
    check(bucket.objects().after(&token).page()? == pages[1], "the second page")?;
    // Deleted together, with some that are not there.
    bucket.put("b\u{10}/\u{1f}", "x")?;
    let keys = [&keys[..], &["b\u{10}/\u{1f}"]].concat();
    let more = (0..1500).map(|number| format!("missing/{number}"));
    bucket.delete_all(keys.iter().map(|key| (*key).to_owned()).chain(more))?;
    check(bucket.list("")?.is_empty(), "the bucket is empty")?;
    bucket.delete_all(Vec::<String>::new())?;
    let refused = bucket.delete_all(["a", ""]).err().map(|unsent| unsent.entries().len());
    check(refused == Some(1), "an empty key")
}

/// Returns a URL for an object from outside.
fn conditions(Place { bucket, .. }: Place, _: &Context) -> Result<String, Error> {
    let bucket = Bucket::new(&bucket);
    let key = "a b+c/é.txt";
    let first = bucket.upload(key).content_type("text/x-own").if_absent().bytes("first")?;
    let error = bucket.upload(key).if_absent().bytes(b"again").err();
    check(error.is_some_and(|error| error.is_condition_failed()), "it is there")?;
    let error = bucket.upload(key).if_match("\"0\"").bytes(b"again").err();
    check(error.is_some_and(|error| error.is_condition_failed()), "it is another")?;
    // A copy has the content type.
    bucket.copy(key, &bucket, "copy?/é.txt")?;
    let copy = bucket.get("copy?/é.txt")?;
    check(copy.body == b"first" && copy.head.content_type == "text/x-own", "the copy")?;
    bucket.upload(key).if_match(&first.etag).bytes(b"second")?;
    check(bucket.get(key)?.body == b"second", "another object")?;
    let error = bucket.copy("missing", &bucket, "x").err();
    check(error.is_some_and(|error| error.code() == "NoSuchKey"), "a copy of nothing")?;
    let error = bucket.get("missing").err();
    check(error.is_some_and(|error| error.is_not_found()), "no object")?;
    check(bucket.get_range(key, 1..4)?.body == b"eco", "a range")?;
    let upload = bucket.upload("from outside").content_type("text/x-own").metadata("a", "b");
    Ok(upload.presigned(Duration::from_secs(60))?)
}

/// The bucket has versions.
fn versions(Place { bucket, .. }: Place, _: &Context) -> Result<(), Error> {
    let bucket = Bucket::new(&bucket);
    let key = "a b+c/é.txt";
    let first = bucket.upload(key).content_type("text/x-own").bytes(b"first")?;
    bucket.put(key, "second")?;
    let version = first.version.unwrap_or_default();
    let old = bucket.clone().version(&version);
    check(old.get(key)?.body == b"first" && bucket.get(key)?.body == b"second", "versions")?;
    old.copy(key, &bucket, "copy?/é.txt")?;
    let copy = bucket.get("copy?/é.txt")?;
    check(copy.body == b"first" && copy.head.content_type == "text/x-own", "the copy")?;
    bucket.set_tags(key, &[("a:b", "c = d@e/f"), ("e", "")])?;
    let tags = bucket.tags(key)?;
    let expected = [("a:b", "c = d@e/f"), ("e", "")].map(|(a, b)| (a.to_owned(), b.to_owned()));
    check(tags == expected, &format!("{tags:?}"))?;
    old.delete(key)?;
    check(old.get(key).is_err() && bucket.get(key).is_ok(), "one version is deleted")
}

#[derive(Deserialize)]
struct Sending {
    length: usize,
    file: Option<String>,
    fail_at: Option<usize>,
    panics: Option<bool>,
    headers: Option<Vec<[String; 2]>>,
}

/// Sends parts one after the other, and says what came of it.
fn send(event: Sending, _: &Context) -> Result<String, Error> {
    struct Failing(Stream, usize, bool);
    impl Read for Failing {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            if self.0.at < self.1 {
                return self.0.read(into);
            }
            assert!(!self.2, "the source has panicked");
            Err(io::Error::other("the source is gone"))
        }
    }
    let bucket = Bucket::new("photos");
    let mut upload = bucket.upload("a").part_bytes(1).parts_at_once(1);
    for [name, value] in event.headers.iter().flatten() {
        upload = upload.header(name, value);
    }
    let stream = Stream { at: 0, length: event.length };
    let fail_at = event.fail_at.unwrap_or(usize::MAX);
    let result = match event.file {
        Some(path) => upload.parts_at_once(2).file(path),
        None => upload.reader(Failing(stream, fail_at, event.panics == Some(true))),
    };
    Ok(match result {
        Ok(head) => format!("{} {}", head.length, head.etag),
        Err(error) => format!("{} {:?}: {error}", error.code(), error.outcome()),
    })
}

/// Uploads this many bytes of a reader, and returns the peak of this process's memory in KiB.
fn large(length: u64, context: &Context) -> Result<u64, Error> {
    let bucket = Bucket::new("photos").within(context);
    let head = bucket.upload("large").part_bytes(1).reader(io::repeat(7).take(length))?;
    check(head.length == length, "the length")?;
    let status = std::fs::read_to_string("/proc/self/status")?;
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let peak = peak.and_then(|text| text.trim().strip_suffix(" kB")?.parse().ok());
    peak.ok_or_else(|| Error::new("Wrong", "there is no VmHWM"))
}

/// Uploads two parts with this many threads, and returns how many there were.
fn threads(count: usize, context: &Context) -> Result<u64, Error> {
    struct Counting(io::Take<io::Repeat>, u64);
    impl Read for &mut Counting {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.1 = self.1.max(count_threads());
            self.0.read(into)
        }
    }
    fn count_threads() -> u64 {
        std::fs::read_dir("/proc/self/task").map_or(0, |threads| threads.count() as u64)
    }
    let before = count_threads();
    let mut reader = Counting(io::repeat(7).take(6 * 1024 * 1024), 0);
    let bucket = Bucket::new("photos").within(context);
    bucket.upload("a").part_bytes(1).parts_at_once(count).reader(&mut reader)?;
    Ok(reader.1 - before)
}

/// Reads an object in one of the ways, and returns its length and its bytes.
fn read(way: String, _: &Context) -> Result<String, Error> {
    let bucket = Bucket::new("photos");
    let read = || -> Result<(u64, Vec<u8>), Error> {
        let (head, body) = match &*way {
            "range" => bucket.get_range("a", 2..6).map(|it| (it.head, it.body))?,
            "to the end" => bucket.get_range("a", 2..u64::MAX).map(|it| (it.head, it.body))?,
            "writer" => {
                let mut body = Vec::new();
                (bucket.get_to("a", &mut body)?, body)
            }
            "reader" => {
                let mut reader = bucket.open("a")?;
                let mut body = Vec::new();
                reader.read_to_end(&mut body)?;
                (reader.head().clone(), body)
            }
            "head" => (bucket.head("a")?, Vec::new()),
            _ => bucket.get("a").map(|it| (it.head, it.body))?,
        };
        Ok((head.length, body))
    };
    Ok(match read() {
        Ok((length, body)) => format!("{length} {}", String::from_utf8_lossy(&body)),
        Err(error) => format!("{}: {}", error.kind(), error.message()),
    })
}

/// Deletes objects, and says which were not deleted.
fn delete(keys: Vec<String>, _: &Context) -> Result<Vec<String>, Error> {
    let Err(unsent) = Bucket::new("photos").version("v1").delete_all(keys) else {
        return Ok(Vec::new());
    };
    let told = unsent
        .entries()
        .iter()
        .map(|entry| format!("{} {} {:?}", entry.index, entry.error.code(), entry.error.outcome()));
    Ok(told.collect())
}
