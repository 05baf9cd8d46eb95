//! A list of to-dos as an HTTP API, for every front end, and a worker that adds to-dos from a
//! queue.
//!
//! ```text
//! cargo run --example todo -- todo.http data/todo-list.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::{batch, sqs};
use minilambda_http::{Api, Cors, Failure, Request, Response, delete, get, http, post, put};
use miniserde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Mutex, MutexGuard, PoisonError};

static HANDLERS: &[(&str, Handler)] =
    &[("todo.http", http!(API)), ("todo.worker", handler!(add_all))];

static API: Api = Api::new(&[
    get("/health", health),
    get("/todos", list),
    post("/todos", create),
    get("/todos/{id}", read),
    put("/todos/{id}", update),
    delete("/todos/{id}", remove),
])
.cors(&CORS);

static CORS: Cors = Cors::new(&["https://todo.example.com"])
    .headers(&["Content-Type", "Authorization"])
    .credentials();

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Todo {
    id: u64,
    title: String,
    done: bool,
}

#[derive(Deserialize)]
struct Draft {
    title: String,
    done: Option<bool>,
}

impl Draft {
    fn check(self, id: u64) -> Result<Todo, &'static str> {
        let title = self.title.trim();
        if title.is_empty() || title.chars().count() > 100 {
            return Err("the title must have 1 to 100 characters");
        }
        Ok(Todo { id, title: title.to_owned(), done: self.done.unwrap_or(false) })
    }
}

/// The to-dos by user and id. A real function has a database: this is lost with the process.
type Store = BTreeMap<(String, u64), Todo>;

fn store() -> MutexGuard<'static, Store> {
    static STORE: Mutex<Store> = Mutex::new(BTreeMap::new());
    STORE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn next_id(store: &Store) -> u64 {
    store.keys().map(|(_, id)| *id).max().unwrap_or(0) + 1
}

fn user(request: &Request) -> String {
    request.authorizer("sub").unwrap_or("anybody").to_owned()
}

fn key(request: &Request) -> Result<(String, u64), Response> {
    Ok((user(request), request.param("id")?))
}

fn missing() -> Response {
    Response::problem(404, "there is no such to-do")
}

fn invalid(detail: &str) -> Response {
    Response::problem(422, detail)
}

fn health(_: &Request) -> Result<Response, Failure> {
    Ok(Response::text(200, "fine"))
}

#[derive(Serialize)]
struct Page {
    items: Vec<Todo>,
    next: Option<u64>,
}

fn list(request: &Request) -> Result<Response, Failure> {
    let limit: usize = request.query("limit")?.unwrap_or(20);
    let after: u64 = request.query("after")?.unwrap_or(0);
    let (store, user) = (store(), user(request));
    let mut rest = store.range((user.clone(), after + 1)..=(user, u64::MAX)).map(|(_, todo)| todo);
    let items: Vec<Todo> = rest.by_ref().take(limit.clamp(1, 100)).cloned().collect();
    let next = rest.next().and(items.last().map(|todo| todo.id));
    if request.accepts(&["application/json", "text/csv"])? == "text/csv" {
        let lines = items.iter().map(|todo| format!("{},{}\n", todo.id, todo.done));
        return Ok(Response::bytes(200, "text/csv", lines.collect::<String>()));
    }
    Ok(Response::json(200, &Page { items, next }))
}

fn read(request: &Request) -> Result<Response, Failure> {
    Ok(Response::json(200, store().get(&key(request)?).ok_or_else(missing)?))
}

fn create(request: &Request) -> Result<Response, Failure> {
    let mut store = store();
    let todo = request.json::<Draft>()?.check(next_id(&store)).map_err(invalid)?;
    let response =
        Response::json(201, &todo).with_header("Location", format!("/todos/{}", todo.id));
    store.insert((user(request), todo.id), todo);
    Ok(response)
}

fn update(request: &Request) -> Result<Response, Failure> {
    let mut store = store();
    let todo = store.get_mut(&key(request)?).ok_or_else(missing)?;
    *todo = request.json::<Draft>()?.check(todo.id).map_err(invalid)?;
    Ok(Response::json(200, todo))
}

fn remove(request: &Request) -> Result<Response, Failure> {
    store().remove(&key(request)?).ok_or_else(missing)?;
    Ok(Response::empty(204))
}

fn add_all(event: sqs::Event, _: &Context) -> Result<batch::Response, Error> {
    Ok(event.each(add))
}

fn add(message: &sqs::Message) -> Result<(), Error> {
    let mut store = store();
    let draft: Draft = message.body_json()?;
    let invalid = |detail| Error::new("InvalidTodo", detail);
    let todo = draft.check(next_id(&store)).map_err(invalid)?;
    store.insert(("anybody".to_owned(), todo.id), todo);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{API, Draft, add_all};
    use minilambda::Context;
    use minilambda_events::sqs;
    use minilambda_http::Request;
    use miniserde::Serialize;

    #[derive(Serialize)]
    struct New<'a> {
        title: &'a str,
    }

    #[test]
    fn a_to_do_is_created_read_changed_and_removed() {
        let of = |request: minilambda_http::RequestBuilder| request.authorizer("sub", "ada");
        let created = API.call(of(Request::post("/todos").json(&New { title: " tea " })));
        assert_eq!(created.status(), 201);
        let path = created.header("location").unwrap();
        let read = API.call(of(Request::get(path)));
        assert_eq!(read.body(), created.body());
        assert!(String::from_utf8_lossy(read.body()).contains(r#""title":"tea","done":false"#));
        let changed = API.call(of(Request::put(path).json(&New { title: "cups" })));
        assert!(String::from_utf8_lossy(changed.body()).contains(r#""title":"cups""#));
        assert_eq!(API.call(of(Request::get("/todos?limit=1"))).status(), 200);
        assert_eq!(API.call(Request::get(path)).status(), 404, "of another user");
        assert_eq!(API.call(of(Request::delete(path))).status(), 204);
        assert_eq!(API.call(of(Request::get(path))).status(), 404);
    }

    #[test]
    fn what_is_wrong_gets_its_status() {
        for (request, status) in [
            (Request::post("/todos").json(&New { title: "" }), 422),
            (Request::post("/todos").json("tea"), 400),
            (Request::post("/todos").body("text/plain", "tea"), 415),
            (Request::get("/todos/tea"), 404),
            (Request::get("/todos?limit=many"), 400),
            (Request::get("/todos").header("accept", "image/png"), 406),
            (Request::get("/todos").header("accept", "text/csv"), 200),
            (Request::with_method("PATCH", "/todos"), 405),
            (Request::get("/"), 404),
        ] {
            assert_eq!(API.call(request.clone()).status(), status, "{request:?}");
        }
    }

    #[test]
    fn the_worker_reports_what_it_cannot_add() {
        let messages = [
            sqs::Message::new("1", r#"{"title":"from the queue"}"#),
            sqs::Message::new("2", r#"{"title":""}"#),
        ];
        let response = add_all(messages.into_iter().collect(), &Context::default()).unwrap();
        assert_eq!(response.batch_item_failures[0].item_identifier, "2");
        assert!(Draft { title: "x".repeat(101), done: None }.check(1).is_err());
    }
}
