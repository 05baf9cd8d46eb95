//! Objects that are written in parts: what a reader has, and files that are too large for one
//! request.
//!
//! See <https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html>.

use super::objects::{checksum, escaped, with_checksum};
use super::{Bucket, Head, Upload, upload};
use crate::environment::lock;
use crate::error::{Error, Outcome};
use crate::limits::{Deadline, MAX_THREADS};
use crate::rest::Content;
use crate::sign;
use crate::xml::Xml;
use ring::digest;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, Builder, Scope};

/// The largest object of one request.
const MAX_BYTES: u64 = 5 * 1024 * 1024 * 1024;

/// S3 takes no smaller parts, except the last one.
const MIN_BYTES: usize = 5 * 1024 * 1024;

const MAX_PARTS: u32 = 10_000;

/// The code for an upload that was completed or aborted.
const NO_UPLOAD: &str = "NoSuchUpload";

/// Without a length, this many parts have the same size; the next ones are twice as large.
const PARTS_OF_A_SIZE: u32 = 1_000;

/// Returns how large a part is, by its number from 1, if the first one has `least` bytes.
fn size_without_length(least: usize, number: u32) -> usize {
    least.saturating_mul(1 << ((number - 1) / PARTS_OF_A_SIZE).min(20))
}

impl Upload<'_> {
    /// Sets the size of parts: 8 MiB if it is not set, and at least 5 MiB. They become larger if
    /// 10,000 parts would not do.
    pub fn part_bytes(self, bytes: usize) -> Self {
        Self { part_bytes: bytes.max(MIN_BYTES), ..self }
    }

    /// Sets how many parts are sent at once, each by a thread: 4 if it is not set, and from 1 to
    /// 64. They are in memory, and the next one.
    pub fn parts_at_once(self, count: usize) -> Self {
        Self { parts_at_once: count.clamp(1, MAX_THREADS.into()), ..self }
    }

    /// Writes what a reader has, up to 5 TB, without knowing its length: in parts of 8 MiB, of
    /// which four are sent at once. What fits into one part is one request. After a failure no part
    /// is left at S3, unless the invocation's time is over: a rule of the bucket's lifecycle
    /// removes such parts.
    ///
    /// # Errors
    /// Those of the service or of this crate, or of the reader.
    pub fn reader(self, mut reader: impl Read) -> Result<Head, Error> {
        send_parts(&self, &mut reader, None)
    }

    /// Writes a file. It is read twice: for the checksum, and to send it. One of more than 5 GB is
    /// written in parts, as a [`reader`](Self::reader) is.
    ///
    /// # Errors
    /// Those of the service or of this crate, or if the file cannot be read, or changes meanwhile.
    pub fn file(self, path: impl AsRef<Path>) -> Result<Head, Error> {
        let path = path.as_ref();
        let fail = |error: io::Error| {
            Error::invalid(format!("cannot read {}: {error}", path.display()))
                .of_request("S3 PutObject")
        };
        // Before it is opened: opening a pipe waits for a writer.
        let about = fs::metadata(path).map_err(fail)?;
        if !about.is_file() {
            return Err(fail(io::Error::other("it is not a file")));
        }
        if about.len() > MAX_BYTES {
            let mut file = File::open(path).map_err(fail)?;
            return send_parts(&self, &mut file, Some(about.len()));
        }
        let (hash, length) = hash_file(path).map_err(fail)?;
        let content = Content::File { path, length, hash: sign::hex(hash.as_ref()) };
        upload::send(self.put(), content, hash.as_ref(), length)
    }
}

/// Sends what a reader has, of which the length may be known.
fn send_parts(upload: &Upload, reader: &mut dyn Read, length: Option<u64>) -> Result<Head, Error> {
    // Threads that this one starts belong to no invocation.
    let bucket = Bucket {
        client: upload.bucket.client.clone().until(Deadline::current()),
        ..upload.bucket.clone()
    };
    let upload = &Upload { bucket: &bucket, ..upload.clone() };
    let least = length.map_or(0, |length| length.div_ceil(MAX_PARTS.into()));
    let least = upload.part_bytes.max(usize::try_from(least).unwrap_or(usize::MAX));
    let size = |number: u32| match length {
        Some(_) => least,
        None => size_without_length(least, number),
    };
    let first = read(reader, size(1))?;
    if first.len() < size(1) && length.is_none() {
        return upload.clone().bytes(&first);
    }
    let mut begun = Begun { upload, id: create(upload)?, is_complete: false };
    let parts = Parts::new(upload, &begun.id);
    let total = parts.send_all(reader, first, size)?;
    if length.is_some_and(|length| length != total) {
        return Err(invalid("the file has changed while it was sent"));
    }
    let head = parts.complete(total)?;
    begun.is_complete = true;
    Ok(head)
}

fn invalid(reason: impl Into<String>) -> Error {
    Error::invalid(reason).of_request("S3 UploadPart")
}

fn hash_file(path: &Path) -> io::Result<(digest::Digest, u64)> {
    let mut file = File::open(path)?;
    let mut context = digest::Context::new(&digest::SHA256);
    let mut bytes = vec![0; 64 * 1024];
    let mut length = 0;
    loop {
        let count = file.read(&mut bytes)?;
        if count == 0 {
            break;
        }
        context.update(bytes.get(..count).unwrap_or_default());
        length += count as u64;
        if length > MAX_BYTES {
            return Err(io::Error::other("it has grown to more than 5 GB"));
        }
    }
    Ok((context.finish(), length))
}

/// Reads this many bytes, or to the end.
fn read(reader: &mut dyn Read, count: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    let read = bytes
        .try_reserve_exact(count)
        .map_err(|_| io::Error::from(io::ErrorKind::OutOfMemory))
        .and_then(|()| reader.take(count as u64).read_to_end(&mut bytes));
    match read {
        Ok(_) => Ok(bytes),
        Err(error) => Err(invalid(format!("cannot read what is to be uploaded: {error}"))),
    }
}

/// The condition is one of the request that completes the object.
fn is_condition(header: &str) -> bool {
    header.starts_with("if-")
}

/// Headers of each request of an upload.
fn is_of_access(header: &str) -> bool {
    matches!(header, "x-amz-expected-bucket-owner" | "x-amz-request-payer")
}

/// Headers of each part too: those, and the key of the program that S3 encrypts with.
fn is_of_part(header: &str) -> bool {
    is_of_access(header) || header.starts_with("x-amz-server-side-encryption-customer-")
}

fn create(upload: &Upload) -> Result<String, Error> {
    let mut action = upload.typed("CreateMultipartUpload", "POST", |header| !is_condition(header));
    // An upload of which nothing is known has no parts.
    action.request = action
        .request
        .query("uploads", "")
        .header("x-amz-checksum-algorithm", "SHA256")
        .repeatable();
    let response = action.send(None)?;
    let text = String::from_utf8_lossy(&response.body);
    let id = Xml::parse(&text)
        .ok()
        .filter(|xml| xml.name() == "InitiateMultipartUploadResult")
        .and_then(|xml| Some(xml.child("UploadId")?.to_owned()))
        .filter(|id| !id.is_empty());
    id.ok_or_else(|| {
        let reason = "the response has no id of an upload";
        Error::invalid_response(reason).of_request("S3 CreateMultipartUpload")
    })
}

/// An upload that was begun. Dropped before it is complete, it is aborted: a part has failed, or
/// the reader has panicked.
struct Begun<'a> {
    upload: &'a Upload<'a>,
    id: String,
    is_complete: bool,
}

impl Drop for Begun<'_> {
    fn drop(&mut self) {
        if self.is_complete {
            return;
        }
        let mut action = self.upload.with_headers("AbortMultipartUpload", "DELETE", is_of_access);
        action.request = action.request.query("uploadId", &self.id);
        match action.send(None) {
            Err(error) if error.code() != NO_UPLOAD => {
                log::warn!("parts of an upload are left at S3: {error}");
            }
            _ => {}
        }
    }
}

/// A part with its number.
type Part = (u32, Vec<u8>);

struct Parts<'a> {
    upload: &'a Upload<'a>,
    id: &'a str,
    /// Number, entity tag and checksum.
    sent: Mutex<Vec<(u32, String, String)>>,
    failure: Mutex<Option<Error>>,
}

impl<'a> Parts<'a> {
    fn new(upload: &'a Upload<'a>, id: &'a str) -> Self {
        Self { upload, id, sent: Mutex::default(), failure: Mutex::default() }
    }

    /// Returns how many bytes were sent. Parts are read here and sent by threads, which take them
    /// one by one, so that no more than those are in memory.
    fn send_all(
        &self,
        reader: &mut dyn Read,
        first: Vec<u8>,
        size: impl Fn(u32) -> usize,
    ) -> Result<u64, Error> {
        let mut total = 0;
        let (sender, receiver) = sync_channel(0);
        let receiver = Mutex::new(receiver);
        thread::scope(|scope| {
            // The receiver stays here: without a thread, parts are sent by this one.
            let count = self.start(scope, &receiver);
            let sender = sender; // it ends the threads
            let mut bytes = first;
            let mut number = 1;
            while !bytes.is_empty() && lock(&self.failure).is_none() {
                if number > MAX_PARTS {
                    return Err(invalid("there is more than 10,000 parts can hold"));
                }
                total += bytes.len() as u64;
                self.pass((number, bytes), count, &sender);
                number += 1;
                bytes = read(reader, size(number))?;
            }
            Ok(())
        })?;
        match lock(&self.failure).take() {
            Some(error) => Err(error),
            None => Ok(total),
        }
    }

    fn pass(&self, part: Part, threads: usize, sender: &SyncSender<Part>) {
        let left = if threads == 0 { Some(part) } else { sender.send(part).err().map(|it| it.0) };
        if let Some(part) = left {
            self.send(&part);
        }
    }

    /// Starts the threads. Returns how many there are.
    fn start<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        receiver: &'scope Mutex<Receiver<Part>>,
    ) -> usize {
        let work = move || {
            loop {
                let part = lock(receiver).recv();
                let Ok(part) = part else { return };
                if lock(&self.failure).is_none() {
                    self.send(&part);
                }
            }
        };
        let threads = (0..self.upload.parts_at_once).take_while(|_| {
            let thread = Builder::new().name("upload".to_owned()).spawn_scoped(scope, work);
            thread.is_ok()
        });
        threads.count()
    }

    fn send(&self, (number, bytes): &Part) {
        let hash = digest::digest(&digest::SHA256, bytes);
        let checksum = checksum(hash.as_ref());
        let mut action = self.upload.with_headers("UploadPart", "PUT", is_of_part);
        let content = Content::Hashed(bytes, sign::hex(hash.as_ref()));
        let request = action.request.query("partNumber", &number.to_string());
        let request = request.query("uploadId", self.id).content(content);
        action.request = with_checksum(request, &checksum);
        let etag = action.send(None).and_then(|response| {
            response.header("etag").map(str::to_owned).ok_or_else(|| {
                let reason = "the response has no entity tag";
                Error::invalid_response(reason).of_request("S3 UploadPart")
            })
        });
        match etag {
            Ok(etag) => lock(&self.sent).push((*number, etag, checksum)),
            Err(error) => {
                lock(&self.failure).get_or_insert(error);
            }
        }
    }

    fn complete(&self, length: u64) -> Result<Head, Error> {
        let mut sent = lock(&self.sent).clone();
        sent.sort_unstable();
        let mut body = "<CompleteMultipartUpload>".to_owned();
        for (number, etag, checksum) in sent {
            let etag = escaped(&etag);
            let number = number.to_string();
            body.extend(["<Part><PartNumber>", &number, "</PartNumber><ETag>", &etag]);
            body.extend(["</ETag><ChecksumSHA256>", &checksum, "</ChecksumSHA256></Part>"]);
        }
        body.push_str("</CompleteMultipartUpload>");
        let is_taken = |header: &str| is_condition(header) || is_of_part(header);
        let mut action = self.upload.with_headers("CompleteMultipartUpload", "POST", is_taken);
        action.request = action
            .request
            .query("uploadId", self.id)
            .header("content-type", "application/xml")
            .body(body)
            .repeatable();
        // All parts were there: if the upload is not, an earlier attempt has completed it.
        let response = action.send(None).map_err(|mut error| {
            if error.code() == NO_UPLOAD {
                error.0.outcome = Outcome::Unknown;
            }
            error
        })?;
        let text = String::from_utf8_lossy(&response.body);
        let xml = Xml::parse(&text).unwrap_or_default();
        if xml.name() != "CompleteMultipartUploadResult" {
            let reason = "the response does not say that the object is complete";
            let error = Error::invalid_response(reason);
            return Err(error.of_request("S3 CompleteMultipartUpload"));
        }
        let etag = xml.child("ETag").unwrap_or_default().to_owned();
        Ok(Head { length, etag, ..Head::from_response(&response) })
    }
}

#[cfg(test)]
mod tests {
    use super::{MAX_BYTES, MAX_PARTS, MIN_BYTES, size_without_length};

    /// An object has 5 TB at most, and a part 5 GB.
    #[test]
    fn ten_thousand_parts_of_unknown_length_are_enough() {
        const MAX_OBJECT: u64 = 5_000_000_000_000;
        for least in [MIN_BYTES, 8 * 1024 * 1024, 64 * 1024 * 1024] {
            let mut total = 0;
            for number in 1..=MAX_PARTS {
                let size = size_without_length(least, number) as u64;
                assert!(size <= MAX_BYTES || total >= MAX_OBJECT, "part {number}");
                total += size;
            }
            assert!(total >= MAX_OBJECT, "{least}: {total}");
        }
        // As small as before, up to the length at which they are needed.
        assert_eq!([1, 1000, 1001, 2001].map(|it| size_without_length(8, it)), [8, 8, 16, 32]);
    }
}
