//! Routes, and which one serves a request.

use crate::around::{Around, Before, Layer};
use crate::failure::Failure;
use crate::path::Path;
use crate::pattern::{Matched, Rank, Shape, matched, rank_of};
use crate::request::Request;
use crate::response::Response;
use crate::stream::BodyStream;
use crate::syntax::{check_method, check_path, check_prefix};
use http::Method;

/// A function that serves requests.
pub(crate) type Function = fn(&Request) -> Result<Response, Failure>;
/// A function that writes its response to a stream.
pub(crate) type StreamFunction = fn(&Request, &mut BodyStream) -> Result<(), Failure>;

/// A line of the table of an [`Api`](crate::Api): a method, a path and a function.
///
/// A path has literal segments, `{name}` for one segment, and `{name*}` at its end for one or more:
/// `/files/{owner}/{path*}`. A literal is compared with the decoded segment of a request, so it is
/// not percent-encoded. An invalid path is a compile error.
///
/// A slash at the end of a request's path is ignored, but `{name*}` keeps it: `/files/ada/a/` is
/// `a/`, and `/files/ada/a` is `a`. `{name*}` is never empty and never begins with a slash:
/// `/files/ada/` and `/files/ada//a` are status 404.
///
/// A parameter is decoded. `{name}` can have a slash that was `%2F`, and both can have `..`:
/// [`Request::relative_path`](crate::Request::relative_path) makes a path of it that is safe to
/// join.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) target: Target,
    pub(crate) shape: Shape,
    pub(crate) layer: Layer,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    Function(Function),
    Stream(StreamFunction),
    Nested(&'static [Route]),
}

/// Creates a route for GET, which also serves HEAD.
#[must_use]
pub const fn get(path: &'static str, function: Function) -> Route {
    route("GET", path, function)
}

/// Creates a route for POST.
#[must_use]
pub const fn post(path: &'static str, function: Function) -> Route {
    route("POST", path, function)
}

/// Creates a route for PUT.
#[must_use]
pub const fn put(path: &'static str, function: Function) -> Route {
    route("PUT", path, function)
}

/// Creates a route for PATCH.
#[must_use]
pub const fn patch(path: &'static str, function: Function) -> Route {
    route("PATCH", path, function)
}

/// Creates a route for DELETE.
#[must_use]
pub const fn delete(path: &'static str, function: Function) -> Route {
    route("DELETE", path, function)
}

/// Creates a route for any one method. If it is not in capital letters, that is a compile error.
#[must_use]
pub const fn route(method: &'static str, path: &'static str, function: Function) -> Route {
    check_method(method);
    Route::new(method, path, Target::Function(function))
}

/// Creates a route for GET whose function writes the response to a [`BodyStream`]. It is sent while
/// it is written if the handler is made with [`http_stream!`](crate::http_stream!), otherwise at
/// once.
#[must_use]
pub const fn stream(path: &'static str, function: StreamFunction) -> Route {
    Route::new("GET", path, Target::Stream(function))
}

/// Puts a table of routes under a path.
///
/// ```
/// use minilambda_http::{Api, Failure, Request, Response, Route, get, nest};
///
/// static ADMIN: &[Route] = &[get("/users/{id}", user)];
/// static API: Api = Api::new(&[nest("/admin", ADMIN)]);
///
/// fn user(request: &Request) -> Result<Response, Failure> {
///     Ok(Response::text(200, request.param::<String>("id")?))
/// }
///
/// assert_eq!(API.call(Request::get("/admin/users/7")).body(), b"7");
/// ```
#[must_use]
pub const fn nest(path: &'static str, routes: &'static [Route]) -> Route {
    check_prefix(path);
    Route::new("", path, Target::Nested(routes))
}

impl Route {
    const fn new(method: &'static str, path: &'static str, target: Target) -> Self {
        check_path(path);
        Self { method, path, target, shape: Shape::of_pattern(path), layer: Layer::NONE }
    }

    /// Sets the functions that are called, in their order, before the function of this route, or of
    /// each route of this nested table: after those of the [`Api`](crate::Api) and of the tables
    /// around it. If one returns a response, nothing further inside is called.
    ///
    /// They guard the routes, not the paths: a path below a nested table that has no route is
    /// status 404, or 405, without them.
    ///
    /// ```
    /// use minilambda_http::{Api, Failure, Request, Response, Route, get, nest};
    ///
    /// static ADMIN: &[Route] = &[get("/users", users)];
    /// static API: Api = Api::new(&[nest("/admin", ADMIN).before(&[log_in, admins_only])]);
    ///
    /// struct User {
    ///     name: String,
    ///     is_admin: bool,
    /// }
    ///
    /// fn log_in(request: &Request) -> Option<Response> {
    ///     match request.header("authorization") {
    ///         Some("Bearer t-17") => {
    ///             request.set(User { name: "Ada".to_owned(), is_admin: true });
    ///             None
    ///         }
    ///         _ => Some(Response::problem(401, "who are you?")),
    ///     }
    /// }
    ///
    /// fn admins_only(request: &Request) -> Option<Response> {
    ///     match request.data::<User>() {
    ///         Ok(user) if user.is_admin => None,
    ///         Ok(_) => Some(Response::problem(403, "you are not an administrator")),
    ///         Err(response) => Some(response),
    ///     }
    /// }
    ///
    /// fn users(request: &Request) -> Result<Response, Failure> {
    ///     let user: &User = request.data()?;
    ///     Ok(Response::text(200, format!("for {}", user.name)))
    /// }
    ///
    /// assert_eq!(API.call(Request::get("/admin/users")).status(), 401);
    /// let request = Request::get("/admin/users").header("authorization", "Bearer t-17");
    /// assert_eq!(API.call(request).body(), b"for Ada");
    /// ```
    ///
    /// # Panics
    /// If it is called twice: the functions of the first list would be lost. In a `static` that is
    /// a compile error.
    #[must_use]
    pub const fn before(self, functions: &'static [Before]) -> Self {
        Self { layer: self.layer.with_before(functions), ..self }
    }

    /// Puts functions around the function of this route, or of each route of this nested table,
    /// with what [`before`](Self::before) of the tables inside has. See
    /// [`Api::around`](crate::Api::around).
    ///
    /// # Panics
    /// If it is called twice: the functions of the first list would be lost. In a `static` that is
    /// a compile error.
    #[must_use]
    pub const fn around(self, functions: &'static [Around]) -> Self {
        Self { layer: self.layer.with_around(functions), ..self }
    }

    fn serves(&self, method: &Method) -> bool {
        self.method == method.as_str() || (self.method == "GET" && method == Method::HEAD)
    }
}

/// The result of the search for a route.
#[derive(Debug)]
pub(crate) enum Routed {
    Function(Function),
    Stream(StreamFunction),
    /// The path has other methods, which are listed as in the header `Allow`.
    OtherMethods(String),
    /// There is no such path.
    Nothing,
}

/// The result of the search, the path's parameters, and the functions before and around the route.
pub(crate) type Found = (Routed, Matched, Vec<Layer>);

/// Finds the most specific route that matches the method and the path, or else the methods that the
/// path has.
pub(crate) fn find(routes: &'static [Route], method: &Method, path: &Path) -> Found {
    let path_segments = path.segments();
    let mut search =
        Search { method, path: &path_segments, trail: Vec::new(), best: None, allowed: Vec::new() };
    search.visit(routes, 0, 0);
    let found = match &search.best {
        Some((_, _, trail)) => match trail.last().map(|route| route.target) {
            Some(Target::Function(function)) => Routed::Function(function),
            Some(Target::Stream(function)) => Routed::Stream(function),
            // A table is never the last of a trail.
            Some(Target::Nested(_)) | None => Routed::Nothing,
        },
        None if search.allowed.is_empty() => Routed::Nothing,
        None => Routed::OtherMethods(list(search.allowed)),
    };
    let trail = search.best.map(|(_, _, trail)| trail).unwrap_or_default();
    if trail.is_empty() {
        return (found, Matched::default(), Vec::new());
    }
    let layers = trail.iter().map(|route| route.layer).filter(|layer| !layer.is_none());
    (found, matched(trail.iter().map(|route| route.path), path), layers.collect())
}

/// Lists the methods of a path as in the header `Allow`.
fn list(mut methods: Vec<&'static str>) -> String {
    if methods.contains(&"GET") && !methods.contains(&"HEAD") {
        methods.push("HEAD");
    }
    if !methods.contains(&"OPTIONS") {
        methods.push("OPTIONS");
    }
    methods.join(", ")
}

struct Search<'a> {
    method: &'a Method,
    /// Its segments.
    path: &'a [&'a str],
    trail: Vec<&'static Route>,
    /// The rank, whether the route has the request's method itself (HEAD), the tables and the
    /// route.
    best: Option<(Rank, bool, Vec<&'static Route>)>,
    allowed: Vec<&'static str>,
}

impl Search<'_> {
    fn visit(&mut self, routes: &'static [Route], depth: usize, rank: Rank) {
        for route in routes {
            let is_prefix = matches!(route.target, Target::Nested(_));
            let Some((depth, rank)) = rank_of(route.path, self.path, depth, rank, is_prefix) else {
                continue;
            };
            self.trail.push(route);
            match route.target {
                Target::Nested(routes) => self.visit(routes, depth, rank),
                _ if route.serves(self.method) => self.propose(route, rank),
                _ if self.allowed.contains(&route.method) => {}
                _ => self.allowed.push(route.method),
            }
            self.trail.pop();
        }
    }

    fn propose(&mut self, route: &Route, rank: Rank) {
        let is_own = route.method == self.method.as_str();
        let best = self.best.as_ref().map(|(rank, is_own, _)| (*rank, *is_own));
        if best.is_none_or(|best| best < (rank, is_own)) {
            self.best = Some((rank, is_own, self.trail.clone()));
        }
    }
}
