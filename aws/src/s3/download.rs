//! Objects that are written elsewhere as they come.

use super::{Bucket, Head, check_object};
use crate::environment::random;
use crate::error::Error;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Counts the bytes, whose number is not in the head of a response in chunks.
struct Counting<'a> {
    writer: &'a mut dyn Write,
    count: u64,
}

impl Write for Counting<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.writer.write(bytes)?;
        self.count += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }
}

impl Bucket<'_> {
    /// Writes an object of any size to a writer as it comes.
    ///
    /// # Errors
    /// Those of [`get`](Self::get). If a part of the object was written, the message says how many
    /// bytes, and the request is not repeated. [`download`](Self::download) leaves no part.
    pub fn get_to(&self, key: &str, writer: &mut dyn Write) -> Result<Head, Error> {
        let mut writer = Counting { writer, count: 0 };
        let response = self.action("GetObject", "GET", key).send(Some(&mut writer))?;
        check_object(&response)?;
        Ok(Head { length: writer.count, ..Head::from_response(&response) })
    }

    /// Writes an object of any size to a file. It is written under another name in the same folder,
    /// which is changed at the end: the file is complete, or as it was before.
    ///
    /// # Errors
    /// Those of [`get`](Self::get), or if the file cannot be written.
    pub fn download(&self, key: &str, path: impl AsRef<Path>) -> Result<Head, Error> {
        let path = path.as_ref();
        let fail = |error: io::Error| {
            let reason = format!("cannot write {}: {error}", path.display());
            Error::invalid(reason).of_request("S3 GetObject")
        };
        path.file_name().ok_or_else(|| fail(io::ErrorKind::InvalidInput.into()))?;
        // A device or a pipe would be replaced by the file.
        if fs::metadata(path).is_ok_and(|it| !it.is_file()) {
            return Err(fail(io::Error::other("it is not a file")));
        }
        let part = path.with_file_name(format!(".{:016x}.part", random()));
        let result = File::create_new(&part).map_err(fail).and_then(|mut file| {
            let head = self.get_to(key, &mut file)?;
            drop(file);
            fs::rename(&part, path).map_err(fail)?;
            Ok(head)
        });
        if result.is_err() {
            // It may not be there.
            let _ = fs::remove_file(&part);
        }
        result
    }
}
