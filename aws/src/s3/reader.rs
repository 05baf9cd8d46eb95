//! An object that is read piece by piece, and from any place.

use super::{Bucket, Head};
use crate::error::Error;
use std::io::{self, BufRead, Read, Seek, SeekFrom};

/// How many bytes a request reads, if it is not set.
const CHUNK_BYTES: u64 = 1024 * 1024;

/// An object that is read by ranges; see [`Bucket::open`].
pub struct Reader<'a> {
    bucket: Bucket<'a>,
    key: String,
    head: Head,
    chunk_bytes: u64,
    /// Where the next byte is.
    at: u64,
    /// Where the bytes in memory begin.
    start: u64,
    bytes: Vec<u8>,
}

/// Without the key, which may come from an event.
impl std::fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        f.debug_struct("Reader").field("bucket", &self.bucket).finish_non_exhaustive()
    }
}

impl<'a> Bucket<'a> {
    /// Opens an object of any size for reading from any place, such as the end of a ZIP archive.
    /// Only what is read is asked for, a mebibyte at a time. If the object is changed meanwhile,
    /// reading fails.
    ///
    /// ```no_run
    /// # use minilambda_aws::s3::Bucket;
    /// use std::io::{Read, Seek, SeekFrom};
    ///
    /// let mut archive = Bucket::new("archives").open("2026.zip")?;
    /// archive.seek(SeekFrom::End(-22))?;
    /// let mut end = [0; 22];
    /// archive.read_exact(&mut end)?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// `NotFound`, or others of the service or of this crate.
    pub fn open(&self, key: &str) -> Result<Reader<'a>, Error> {
        let head = self.head(key)?;
        Ok(Reader {
            bucket: self.clone(),
            key: key.to_owned(),
            head,
            chunk_bytes: CHUNK_BYTES,
            at: 0,
            start: 0,
            bytes: Vec::new(),
        })
    }
}

impl Reader<'_> {
    /// The object's properties.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// Sets how many bytes a request reads at most.
    #[must_use]
    pub fn chunk_bytes(self, bytes: usize) -> Self {
        Self { chunk_bytes: bytes.max(1) as u64, ..self }
    }

    /// The bytes in memory from the place of the next one.
    fn buffered(&self) -> &[u8] {
        let offset = self.at.checked_sub(self.start).and_then(|it| usize::try_from(it).ok());
        offset.and_then(|offset| self.bytes.get(offset..)).unwrap_or_default()
    }
}

impl BufRead for Reader<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.buffered().is_empty() && self.at < self.head.length {
            let end = self.at.saturating_add(self.chunk_bytes).min(self.head.length);
            let etag = Some(&*self.head.etag).filter(|etag| !etag.is_empty());
            let part = self.bucket.range(&self.key, self.at..end, etag);
            self.bytes = part.map_err(io::Error::other)?.body;
            self.start = self.at;
            if self.bytes.is_empty() {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        Ok(self.buffered())
    }

    fn consume(&mut self, count: usize) {
        self.at += count.min(self.buffered().len()) as u64;
    }
}

impl Read for Reader<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(into)?;
        self.consume(count);
        Ok(count)
    }
}

impl Seek for Reader<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(offset) => self.head.length.checked_add_signed(offset),
            SeekFrom::Current(offset) => self.at.checked_add_signed(offset),
        };
        let reason = "the place is before the start of the object";
        self.at = at.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, reason))?;
        Ok(self.at)
    }
}
