//! The program as Lambda runs it, with moto in place of S3.

use image::{ImageFormat, RgbImage};
use minilambda_local::{Error, Lambda, Moto};
use std::io::Cursor;
use std::time::Duration;

/// As S3 sends it: the blank of `red flower.png` is a `+`.
const EVENT: &str = include_str!("../event.json");

const REGION: &str = "<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint>\
    </CreateBucketConfiguration>";

#[test]
fn a_picture_gets_a_thumbnail() -> Result<(), Error> {
    let Some(aws) = Moto::start()? else { return Ok(()) };
    for bucket in ["pictures", "thumbnails"] {
        aws.call("s3", &format!("PUT /{bucket}"), &[], REGION)?;
    }
    let lambda = Lambda::builder(env!("CARGO_BIN_EXE_thumbs"))
        .aws(&aws)
        .env("THUMBNAILS", "thumbnails")
        .memory_mb(512)
        .timeout(Duration::from_secs(60))
        .build();
    let done = lambda.invoke("thumbs.make", EVENT)?;
    assert_eq!(done.error_type(), Some("NoSuchKey"), "{:#?}", done.log);
    aws.call("s3", "PUT /pictures/red%20flower.png", &[], "no picture")?;
    let done = lambda.invoke("thumbs.make", EVENT)?;
    assert_eq!(done.error_type(), Some("NotAPicture"), "{:#?}", done.log);

    let mut picture = Cursor::new(Vec::new());
    RgbImage::new(256, 128).write_to(&mut picture, ImageFormat::Png).unwrap();
    aws.call("s3", "PUT /pictures/red%20flower.png", &[], picture.into_inner())?;
    let done = lambda.invoke("thumbs.make", EVENT)?;
    assert_eq!(done.text(), "1", "{:#?}", done.log);
    assert!(aws.call("s3", "GET /thumbnails/red%20flower.png", &[], "")?.contains("JFIF"));
    Ok(())
}
