//! A web page behind an Application Load Balancer, and the response to its health checks.
//!
//! ```text
//! cargo run --example alb -- page data/alb.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::alb::{Request, Response};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] = &[("page", handler!(page))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

fn page(request: Request, _: &Context) -> Result<Response, Error> {
    let response = match (&*request.http_method, &*request.path) {
        (_, "/health") => Response::text(200, "fine"),
        ("GET", "/") => Response::redirect(302, "/pets"),
        ("GET", "/pets") => {
            let limit = request.query("limit").and_then(|limit| limit.parse().ok()).unwrap_or(100);
            let names: Vec<_> = ["Rex", "Tom", "Polly"].into_iter().take(limit).collect();
            Response::html(200, format!("<ul><li>{}</li></ul>", names.join("</li><li>")))
        }
        _ => Response::html(404, "<h1>There is no such page</h1>"),
    };
    // The target group says whether headers have one value or several, and means both ways.
    let several = request.multi_value_headers.is_some();
    Ok(if several { response.multi_value() } else { response })
}
