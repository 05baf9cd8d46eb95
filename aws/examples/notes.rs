//! An HTTP API of notes, with pages, and changes that do not overwrite those of others.
//!
//! `TABLE` is the table's name; its key is `user` and `id`. The role needs `dynamodb:PutItem`,
//! `UpdateItem`, `DeleteItem` and `Query`.

use minilambda::{Error, Handler};
use minilambda_aws::dynamodb::{Table, expression};
use minilambda_aws::object;
use minilambda_http::{Api, Failure, Request, Response, delete, get, http, post, put};
use miniserde::{Deserialize, Serialize};
use std::env;
use std::process::ExitCode;

static API: Api = Api::new(&[
    post("/{user}/notes", create),
    get("/{user}/notes", list),
    put("/{user}/notes/{id}", change),
    delete("/{user}/notes/{id}", remove),
]);

static HANDLERS: &[(&str, Handler)] = &[("notes.http", http!(API))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

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

fn create(request: &Request) -> Result<Response, Failure> {
    let (name, draft): (_, Draft) = (table_name()?, request.json()?);
    let Draft { id, title } = draft;
    let note = Note { user: request.param("user")?, id, title, version: 1 };
    match Table::new(&name).put_if("attribute_not_exists(id)", &note) {
        Err(error) if error.is_condition_failed() => {
            Ok(Response::problem(409, "there is a note with this id"))
        }
        result => Ok(result.map(|()| Response::json(201, &note))?),
    }
}

/// `GET /ada/notes?after=…`: `next` of a page is `after` of the next one.
fn list(request: &Request) -> Result<Response, Failure> {
    let (name, user): (_, String) = (table_name()?, request.param("user")?);
    let mut query = Table::new(&name).query("user = :user").value("user", user).limit(20);
    if let Some(after) = request.query::<String>("after")? {
        let cursor = after.parse().map_err(|_| Response::problem(400, "`after` is no cursor"))?;
        query = query.after(cursor);
    }
    let page = query.page()?;
    let next = page.next.map(|cursor| cursor.to_string());
    Ok(Response::json(200, &Page { notes: page.items, next }))
}

fn change(request: &Request) -> Result<Response, Failure> {
    let (name, change): (_, Change) = (table_name()?, request.json()?);
    let (user, id): (String, String) = (request.param("user")?, request.param("id")?);
    let update = Table::new(&name)
        .update(&object! { "user": user, "id": id })
        .set("title", change.title)
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

fn remove(request: &Request) -> Result<Response, Failure> {
    let name = table_name()?;
    let (user, id): (String, String) = (request.param("user")?, request.param("id")?);
    let key = object! { "user": user, "id": id };
    match Table::new(&name).delete_returning::<Note>(&key)? {
        Some(note) => Ok(Response::json(200, &note)),
        None => Ok(Response::problem(404, "there is no such note")),
    }
}
