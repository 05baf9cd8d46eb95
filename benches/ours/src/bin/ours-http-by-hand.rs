//! The to-do application of `examples/todo.rs` without `minilambda-http`: only GET and POST of a
//! to-do.

use minilambda::{Context, Error, Handler, decode, handler};
use minilambda_events::apigateway::http::{Request, Response};
use miniserde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

static HANDLERS: &[(&str, Handler)] = &[("todo.http", handler!(serve))];

const ORIGIN: &str = "https://todo.example.com";

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

#[derive(Serialize)]
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

static STORE: Mutex<BTreeMap<(String, u64), Todo>> = Mutex::new(BTreeMap::new());

fn serve(request: Request, _: &Context) -> Result<Response, Error> {
    let method = request.request_context.http.method.as_str();
    let segments: Vec<_> = request.raw_path.split('/').skip(1).collect();
    let mut store = STORE.lock().unwrap_or_else(PoisonError::into_inner);
    let user = "anybody".to_owned();
    let response = match (method, &*segments) {
        ("GET", ["todos", id]) => match id.parse().ok().and_then(|id| store.get(&(user, id))) {
            Some(todo) => Response::json(200, todo),
            None => Response::text(404, "there is no such to-do"),
        },
        ("POST", ["todos"]) => {
            let draft: Draft = decode(request.body.as_deref().unwrap_or_default().as_bytes())?;
            let id = store.len() as u64 + 1;
            let todo = Todo { id, title: draft.title, done: draft.done.unwrap_or(false) };
            let response = Response::json(201, &todo);
            store.insert((user, id), todo);
            response
        }
        _ => Response::text(404, "there is no such path"),
    };
    log::info!("{method} {} {}", request.raw_path, response.status_code);
    let response = response.with_header("vary", "Origin");
    if request.header("origin") != Some(ORIGIN) {
        return Ok(response);
    }
    let response = response.with_header("access-control-allow-origin", ORIGIN);
    Ok(response.with_header("access-control-allow-credentials", "true"))
}
