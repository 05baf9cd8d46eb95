//! A response that is sent while it is made: a page for a function URL, and lines without a head.

use minilambda::{Context, Error, Handler, ResponseStream};
use std::io::Write;
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] =
    &[("stream.page", Handler::streaming(page)), ("stream.lines", Handler::streaming(lines))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

fn page(_event: Vec<u8>, _: &Context, out: &mut ResponseStream) -> Result<(), Error> {
    out.http(200, &[("Content-Type", "text/html")], &[])?;
    writeln!(out, "<h1>Soon …</h1>")?;
    out.flush()?; // the reader sees it now
    writeln!(out, "<p>Here it is.")?;
    Ok(())
}

fn lines(_event: Vec<u8>, _: &Context, out: &mut ResponseStream) -> Result<(), Error> {
    for number in 1..=1000 {
        writeln!(out, "line {number}")?;
    }
    Ok(())
}
