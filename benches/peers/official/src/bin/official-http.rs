//! The to-do application of `examples/todo.rs` with `lambda_http` and axum.

use axum::extract::{Path, Query};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use lambda_http::{Error, run, tracing};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tower_http::cors::CorsLayer;

#[derive(Clone, Serialize)]
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

#[derive(Serialize)]
struct Page {
    items: Vec<Todo>,
    next: Option<u64>,
}

#[derive(Deserialize)]
struct Range {
    limit: Option<usize>,
    after: Option<u64>,
}

#[derive(Serialize)]
struct Problem {
    status: u16,
    detail: &'static str,
}

fn problem(status: StatusCode, detail: &'static str) -> Response {
    (status, Json(Problem { status: status.as_u16(), detail })).into_response()
}

fn missing() -> Response {
    problem(StatusCode::NOT_FOUND, "there is no such to-do")
}

fn store() -> MutexGuard<'static, BTreeMap<u64, Todo>> {
    static STORE: Mutex<BTreeMap<u64, Todo>> = Mutex::new(BTreeMap::new());
    STORE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn check(draft: &Draft, id: u64) -> Option<Todo> {
    let title = draft.title.trim();
    let is_valid = !title.is_empty() && title.chars().count() <= 100;
    is_valid.then(|| Todo { id, title: title.to_owned(), done: draft.done.unwrap_or(false) })
}

fn invalid() -> Response {
    problem(StatusCode::UNPROCESSABLE_ENTITY, "the title must have 1 to 100 characters")
}

async fn list(Query(range): Query<Range>) -> Json<Page> {
    let store = store();
    let mut rest = store.range(range.after.unwrap_or(0) + 1..).map(|(_, todo)| todo.clone());
    let limit = range.limit.unwrap_or(20).clamp(1, 100);
    let items: Vec<_> = rest.by_ref().take(limit).collect();
    let next = rest.next().and(items.last().map(|todo| todo.id));
    Json(Page { items, next })
}

async fn read(Path(id): Path<u64>) -> Result<Json<Todo>, Response> {
    store().get(&id).cloned().map(Json).ok_or_else(missing)
}

async fn create(Json(draft): Json<Draft>) -> Result<Response, Response> {
    let mut store = store();
    let id = store.keys().max().unwrap_or(&0) + 1;
    let todo = check(&draft, id).ok_or_else(invalid)?;
    store.insert(id, todo.clone());
    let location = [(header::LOCATION, format!("/todos/{id}"))];
    Ok((StatusCode::CREATED, location, Json(todo)).into_response())
}

async fn update(Path(id): Path<u64>, Json(draft): Json<Draft>) -> Result<Json<Todo>, Response> {
    let mut store = store();
    let todo = store.get_mut(&id).ok_or_else(missing)?;
    *todo = check(&draft, id).ok_or_else(invalid)?;
    Ok(Json(todo.clone()))
}

async fn remove(Path(id): Path<u64>) -> Result<StatusCode, Response> {
    store().remove(&id).map(|_| StatusCode::NO_CONTENT).ok_or_else(missing)
}

/// One line for each request, as `minilambda-http` writes.
async fn log_access(
    request: axum::extract::Request,
    next: axum::middleware::Next,
) -> impl IntoResponse {
    let start = Instant::now();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = next.run(request).await;
    tracing::info!("{method} {path} {} in {:?}", response.status(), start.elapsed());
    response
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    tracing::init_default_subscriber();
    let cors = CorsLayer::new()
        .allow_origin(HeaderValue::from_static("https://todo.example.com"))
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([header::CONTENT_TYPE, HeaderName::from_static("authorization")])
        .allow_credentials(true);
    let app = Router::new()
        .route("/health", get(async || "fine"))
        .route("/todos", get(list).post(create))
        .route("/todos/{id}", get(read).put(update).delete(remove))
        .layer(cors)
        .layer(axum::middleware::from_fn(log_access));
    run(app).await
}
