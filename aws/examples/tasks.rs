//! Five tasks that many functions have. `benches/peers/aws/tasks` does the same with the official
//! SDK; the guide compares the lines.
//!
//! The table `notes` has the key `user` and `id`.

use minilambda::{Context, Handler, handler};
use minilambda_aws::dynamodb::{Table, expression};
use minilambda_aws::s3::Bucket;
use minilambda_aws::sqs::Queue;
use minilambda_aws::{Error, object};
use miniserde::{Deserialize, Serialize};
use std::io::{self, Read};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("tasks", handler!(tasks))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Clone, Deserialize, Serialize)]
struct Note {
    user: String,
    id: String,
    title: String,
    version: u64,
}

// -- a conditional update

/// Sets the title if the note has this version. Returns the next version; `None` if it has another.
fn rename(user: &str, id: &str, title: &str, version: u64) -> Result<Option<u64>, Error> {
    let update = Table::new("notes").update(&object! { "user": user, "id": id });
    let update = update.set("title", title).add("version", 1);
    match update.when(expression("version = :old").value("old", version)).returning_new() {
        Ok(Note { version, .. }) => Ok(Some(version)),
        Err(error) if error.is_condition_failed() => Ok(None),
        Err(error) => Err(error),
    }
}

// -- a page of a query, with its cursor as text

fn page(user: &str, after: Option<&str>) -> Result<(Vec<Note>, Option<String>), Error> {
    let mut query = Table::new("notes").query("user = :user").value("user", user).limit(20);
    if let Some(after) = after {
        query = query.after(after.parse()?);
    }
    let page = query.page()?;
    Ok((page.items, page.next.map(|cursor| cursor.to_string())))
}

// -- a batch of items, with what is left sent again

fn write_all(notes: &[Note]) -> Result<(), Error> {
    Table::new("notes").put_all(notes)
}

// -- an upload of a stream in parts, four at once

fn upload(bucket: &str, key: &str, reader: impl Read) -> Result<(), Error> {
    Bucket::new(bucket).upload(key).reader(reader).map(drop)
}

// -- messages in tens, with what was refused sent again

fn send_all(url: &str, texts: &[String]) -> Result<(), Error> {
    Ok(Queue::new(url).send_all(texts)?)
}

// -- all of them

#[derive(Deserialize)]
struct Places {
    bucket: String,
    queue: String,
}

/// Returns how many notes the second page has.
fn tasks(to: Places, _: &Context) -> Result<usize, minilambda::Error> {
    let note = |number: u32| Note {
        user: "ada".to_owned(),
        id: format!("{number:02}"),
        title: "Cups".to_owned(),
        version: 1,
    };
    let notes: Vec<_> = (0..30).map(note).collect();
    write_all(&notes)?;
    let renamed = (rename("ada", "00", "Pots", 1)?, rename("ada", "00", "Pans", 1)?);
    log::info!("renamed: {renamed:?}");
    let (first, next) = page("ada", None)?;
    let (second, _) = page("ada", next.as_deref())?;
    upload(&to.bucket, "large", io::repeat(7).take(9 * 1024 * 1024))?;
    let titles: Vec<_> = first.into_iter().map(|note| note.title).collect();
    send_all(&to.queue, &titles)?;
    Ok(second.len())
}
