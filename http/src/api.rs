//! An HTTP API: its table of routes and the functions for all of them.

use crate::around::{Around, Before, Layer};
use crate::check::check_conflicts;
use crate::cors::Cors;
use crate::request::Request;
use crate::response::Response;
use crate::route::{Function, Route};
use crate::syntax::check_base_path;

/// An HTTP API: a table of routes, and the functions and rules for all of them.
///
/// ```
/// use minilambda_http::{Api, Cors, Failure, Request, Response, get};
///
/// static API: Api = Api::new(&[get("/health", health)])
///     .cors(&CORS)
///     .before(&[check_key])
///     .after(add_version);
/// static CORS: Cors = Cors::new(&["https://shop.example.com"]);
///
/// fn health(_: &Request) -> Result<Response, Failure> {
///     Ok(Response::text(200, "fine"))
/// }
///
/// fn check_key(request: &Request) -> Option<Response> {
///     let is_known = request.header("x-api-key") == Some("open-sesame");
///     (!is_known).then(|| Response::problem(401, "the x-api-key header is missing or wrong"))
/// }
///
/// fn add_version(_: &Request, response: Response) -> Response {
///     response.with_header("X-Version", "7")
/// }
///
/// assert_eq!(API.call(Request::get("/health")).status(), 401);
/// let response = API.call(Request::get("/health").header("x-api-key", "open-sesame"));
/// assert_eq!((response.body(), response.header("x-version")), (&b"fine"[..], Some("7")));
/// ```
///
/// Of the routes that match the method and the path, the most specific path serves the request,
/// whatever the order: a literal segment comes before `{name}`, and that before `{name*}`. HEAD is
/// served by the route for GET, and the response to OPTIONS lists the path's methods, unless there
/// is a route. A path without a route is status 404, a method without a route 405.
#[derive(Clone, Copy, Debug)]
pub struct Api {
    pub(crate) routes: &'static [Route],
    pub(crate) cors: Option<&'static Cors>,
    pub(crate) base_path: &'static str,
    pub(crate) layer: Layer,
    pub(crate) after: Option<fn(&Request, Response) -> Response>,
    pub(crate) fallback: Option<Function>,
}

impl Api {
    /// Creates an API.
    ///
    /// # Panics
    /// If two routes serve the same requests, or the paths of nested tables have a parameter twice.
    /// In a `static` that is a compile error.
    #[must_use]
    pub const fn new(routes: &'static [Route]) -> Self {
        check_conflicts(routes);
        let layer = Layer::NONE;
        Self { routes, cors: None, base_path: "", layer, after: None, fallback: None }
    }

    /// Allows web pages of other origins to call the API. The API responds to the preflight of a
    /// path that has routes, unless one of them is for OPTIONS.
    #[must_use]
    pub const fn cors(self, cors: &'static Cors) -> Self {
        Self { cors: Some(cors), ..self }
    }

    /// Removes a base path from the paths that begin with it: that of a custom domain's mapping,
    /// such as `/shop`. It is not percent-encoded.
    ///
    /// # Panics
    /// If it does not begin with a slash, ends with one, or has parameters. In a `static` that is a
    /// compile error.
    #[must_use]
    pub const fn base_path(self, base_path: &'static str) -> Self {
        check_base_path(base_path);
        Self { base_path, ..self }
    }

    /// Sets the functions that are called, in their order, before the route's and before the
    /// [`fallback`](Self::fallback). If one returns a response, it is sent, and only
    /// [`after`](Self::after) is still called. [`Request::set`] hands a value to the route, such as
    /// the user that a token names.
    ///
    /// They are not called if the API itself responds: to a preflight of a path that has routes,
    /// because browsers send it without credentials, and to an invalid request with status 400.
    ///
    /// # Panics
    /// If it is called twice: the functions of the first list would be lost. In a `static` that is
    /// a compile error.
    #[must_use]
    pub const fn before(self, functions: &'static [Before]) -> Self {
        Self { layer: self.layer.with_before(functions), ..self }
    }

    /// Puts functions around all that follows [`before`](Self::before): the functions of nested
    /// tables, the route's function, the [`fallback`](Self::fallback), and the responses 404, 405
    /// and to OPTIONS. The first is outermost. Each calls the next by [`Next::run`], or does not.
    ///
    /// ```
    /// use minilambda_http::{Api, Failure, Next, Request, Response, get};
    ///
    /// static API: Api = Api::new(&[get("/", page)]).around(&[maintenance]);
    ///
    /// fn maintenance(request: &Request, next: Next) -> Result<Response, Failure> {
    ///     if std::path::Path::new("/tmp/closed").exists() {
    ///         return Ok(Response::problem(503, "we are back soon"));
    ///     }
    ///     let response = next.run(request)?;
    ///     Ok(response.with_header("X-Served-By", "shop"))
    /// }
    ///
    /// fn page(_: &Request) -> Result<Response, Failure> {
    ///     Ok(Response::text(200, "open"))
    /// }
    ///
    /// assert_eq!(API.call(Request::get("/")).header("x-served-by"), Some("shop"));
    /// ```
    ///
    /// [`Next::run`]: crate::Next::run
    ///
    /// # Panics
    /// If it is called twice: the functions of the first list would be lost. In a `static` that is
    /// a compile error.
    #[must_use]
    pub const fn around(self, functions: &'static [Around]) -> Self {
        Self { layer: self.layer.with_around(functions), ..self }
    }

    /// Sets a function that may change each response, including the one to an invalid request. Such
    /// a request has no route, its invalid parts are missing, and an invalid method is `INVALID`.
    #[must_use]
    pub const fn after(self, function: fn(&Request, Response) -> Response) -> Self {
        Self { after: Some(function), ..self }
    }

    /// Sets the function for paths without a route, which are status 404 otherwise.
    #[must_use]
    pub const fn fallback(self, function: Function) -> Self {
        Self { fallback: Some(function), ..self }
    }
}
