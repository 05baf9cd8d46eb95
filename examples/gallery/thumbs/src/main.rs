//! Makes a thumbnail of each picture that is put into a bucket, in another bucket.
//!
//! `THUMBNAILS` is the name of the other bucket.

use image::{ImageFormat, ImageReader, Limits};
use minilambda::{Context, Error, Handler, handler};
use minilambda_aws::s3::Bucket;
use minilambda_events::s3;
use std::env;
use std::io::Cursor;
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("thumbs.make", handler!(make))];

const SIDE: u32 = 128;

/// A picture of a few KB may unpack to more memory than the function has.
const MAX_MEMORY: u64 = 256 * 1024 * 1024;

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

/// If one fails, Lambda sends the event again: a thumbnail that was made is made again.
fn make(event: s3::Event, _: &Context) -> Result<usize, Error> {
    let thumbnails = env::var("THUMBNAILS").map_err(|error| Error::wrap("NoBucket", &error))?;
    for record in &event.records {
        let key = record.s3.object.decoded_key()?;
        let picture = Bucket::new(&record.s3.bucket.name).get(&key)?;
        let small = shrink(&picture.body).map_err(|error| Error::wrap("NotAPicture", &error))?;
        Bucket::new(&thumbnails).upload(&key).content_type("image/jpeg").bytes(&small)?;
        log::info!("{} bytes are {} now", picture.body.len(), small.len());
    }
    Ok(event.records.len())
}

fn shrink(picture: &[u8]) -> Result<Vec<u8>, image::ImageError> {
    let mut reader = ImageReader::new(Cursor::new(picture)).with_guessed_format()?;
    let mut limits = Limits::default();
    limits.max_alloc = Some(MAX_MEMORY);
    reader.limits(limits);
    let mut small = Cursor::new(Vec::new());
    let thumbnail = reader.decode()?.thumbnail(SIDE, SIDE).to_rgb8();
    thumbnail.write_to(&mut small, ImageFormat::Jpeg)?;
    Ok(small.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thumbnail_keeps_the_ratio() {
        let mut picture = Cursor::new(Vec::new());
        image::RgbImage::new(640, 320).write_to(&mut picture, ImageFormat::Png).unwrap();
        let small = image::load_from_memory(&shrink(&picture.into_inner()).unwrap()).unwrap();
        assert_eq!((small.width(), small.height()), (128, 64));
    }

    #[test]
    fn what_is_no_picture_is_an_error() {
        assert!(shrink(b"GIF89a").is_err());
    }
}
