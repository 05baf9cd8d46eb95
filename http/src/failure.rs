//! The failure of a handler.

use crate::response::Response;
use minilambda::Error;

/// The failure of a handler: a response, or an error.
///
/// `?` converts both. A response is sent. An error is logged; the client gets status 500
/// with no details.
///
/// ```
/// use minilambda_http::{Failure, Request, Response};
///
/// fn read(request: &Request) -> Result<Response, Failure> {
///     let name: String = request.param("name")?; // a response
///     let text = std::fs::read_to_string("/no/such/file")?; // an error
///     Ok(Response::text(200, format!("{name}: {text}")))
/// }
/// ```
#[derive(Debug)]
pub enum Failure {
    /// A response, which is sent.
    Response(Response),
    /// An error, which is logged.
    Error(Error),
}

impl From<Response> for Failure {
    fn from(response: Response) -> Self {
        Self::Response(response)
    }
}

impl<E: Into<Error>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}
