use lambda_http::{Error, IntoResponse, Request, RequestExt, RequestPayloadExt};
use serde::Deserialize;

#[derive(Deserialize)]
struct Order {
    count: u32,
}

async fn put(request: Request) -> Result<impl IntoResponse, Error> {
    let id = request.path_parameters().first("id").unwrap_or_default().to_owned();
    let dry = request.query_string_parameters().first("dry").is_some();
    let order: Option<Order> = request.payload()?;
    let count = order.map_or(0, |order| order.count);
    Ok(serde_json::json!({ "id": id, "count": count, "dry": dry }))
}
