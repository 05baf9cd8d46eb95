//! The notes of a user, with pages, and changes that do not overwrite those of others.

use crate::User;
use minilambda::Error;
use minilambda_aws::dynamodb::{Table, expression};
use minilambda_aws::{Object, object};
use minilambda_http::{Failure, Request, Response};
use miniserde::{Deserialize, Serialize};
use std::env;

#[derive(Deserialize, Serialize)]
struct Note {
    user: String,
    id: String,
    title: String,
    version: u64,
}

#[derive(Deserialize)]
struct Draft {
    id: String,
    title: String,
}

#[derive(Deserialize)]
struct Change {
    title: String,
    version: u64,
}

#[derive(Serialize)]
struct Page {
    notes: Vec<Note>,
    next: Option<String>,
}

fn table_name() -> Result<String, Error> {
    env::var("TABLE").map_err(|error| Error::wrap("NoTable", &error))
}

/// DynamoDB refuses an empty key, one of more than 1,024 bytes, and an item of more than 400 KB.
fn checked(name: &str, text: String) -> Result<String, Failure> {
    if (1..=1024).contains(&text.len()) {
        return Ok(text);
    }
    Err(Response::problem(400, format!("`{name}` must have 1 to 1,024 bytes")).into())
}

fn user(request: &Request) -> Result<String, Response> {
    Ok(request.data::<User>()?.sub.clone())
}

fn key(request: &Request) -> Result<Object<'static>, Failure> {
    let id = checked("id", request.param("id")?)?;
    Ok(object! { "user": user(request)?, "id": id })
}

pub fn create(request: &Request) -> Result<Response, Failure> {
    let (draft, name): (Draft, _) = (request.json()?, table_name()?);
    let (id, title) = (checked("id", draft.id)?, checked("title", draft.title)?);
    let note = Note { user: user(request)?, id, title, version: 1 };
    match Table::new(&name).put_if("attribute_not_exists(id)", &note) {
        Err(error) if error.is_condition_failed() => {
            Ok(Response::problem(409, "there is a note with this id"))
        }
        result => Ok(result.map(|()| Response::json(201, &note))?),
    }
}

/// `GET /notes?after=…`: `next` of a page is `after` of the next one.
pub fn list(request: &Request) -> Result<Response, Failure> {
    let (name, user) = (table_name()?, user(request)?);
    let after: Option<String> = request.query("after")?;
    match page(&name, &user, after.as_deref()) {
        Err(error) if error.is_invalid_cursor() => {
            Ok(Response::problem(400, "`after` is not the `next` of a page of these notes"))
        }
        page => Ok(Response::json(200, &page?)),
    }
}

fn page(table: &str, user: &str, after: Option<&str>) -> Result<Page, minilambda_aws::Error> {
    let mut query = Table::new(table).query("user = :user").value("user", user).limit(20);
    if let Some(after) = after {
        query = query.after(after.parse()?);
    }
    let page = query.page()?;
    Ok(Page { notes: page.items, next: page.next.map(|cursor| cursor.to_string()) })
}

pub fn change(request: &Request) -> Result<Response, Failure> {
    let (change, name): (Change, _) = (request.json()?, table_name()?);
    let update = Table::new(&name)
        .update(&key(request)?)
        .set("title", checked("title", change.title)?)
        .add("version", 1)
        .when(expression("version = :read").value("read", change.version));
    match update.returning_new::<Note>() {
        Ok(note) => Ok(Response::json(200, &note)),
        Err(error) if error.is_condition_failed() => {
            Ok(Response::problem(409, "the note has changed, or there is none"))
        }
        Err(error) => Err(error.into()),
    }
}

pub fn remove(request: &Request) -> Result<Response, Failure> {
    let name = table_name()?;
    match Table::new(&name).delete_returning::<Note>(&key(request)?)? {
        Some(note) => Ok(Response::json(200, &note)),
        None => Ok(Response::problem(404, "there is no such note")),
    }
}
