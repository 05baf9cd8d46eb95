//! Routes, and which one serves a request.

use crate::check::{Shape, check_path, check_prefix};
use crate::{BodyStream, Failure, Request, Response};
use http::Method;

/// A function that serves requests.
pub(crate) type Function = fn(&Request) -> Result<Response, Failure>;
/// A function that writes its response to a stream.
pub(crate) type StreamFunction = fn(&Request, &mut BodyStream) -> Result<(), Failure>;

/// A line of the table of an [`Api`](crate::Api): a method, a path and a function.
///
/// A path has literal segments, `{name}` for one segment, and `{name*}` at its end for one or more:
/// `/files/{owner}/{path*}`. A slash at the end of a request's path is ignored. An invalid path is a
/// compile error.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) target: Target,
    /// Of the path without the names of parameters: equal for paths that match the same requests.
    pub(crate) shape: Shape,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    Function(Function),
    Stream(StreamFunction),
    Nested(&'static [Route]),
}

/// Creates a route for GET, which also answers HEAD.
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

/// Creates a route for any method, in capital letters.
#[must_use]
pub const fn route(method: &'static str, path: &'static str, function: Function) -> Route {
    Route::new(method, path, Target::Function(function))
}

/// Creates a route for GET whose function writes the response to a [`BodyStream`]. It is sent while it is
/// written if the handler is made with [`http_stream!`](crate::http_stream!), otherwise at once.
#[must_use]
pub const fn stream(path: &'static str, function: StreamFunction) -> Route {
    Route::new("GET", path, Target::Stream(function))
}

/// Puts a table under a path.
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
        Self { method, path, target, shape: Shape::of(path) }
    }

    fn serves(&self, method: &Method) -> bool {
        self.method == method.as_str() || (self.method == "GET" && method == Method::HEAD)
    }
}

/// How well a pattern matches a path: two bits for each segment from the left, so that of two
/// patterns that match the same path, the one with a literal where the other has a parameter is greater.
type Rank = u64;

const LITERAL: u64 = 3;
const ONE: u64 = 2;
const REST: u64 = 1;

/// The route for a request.
pub(crate) struct Found {
    pub target: Target,
    /// The patterns of the tables and of the route.
    pub pattern: String,
    pub params: Vec<(&'static str, String)>,
}

/// Which methods a path has, in the order of the table.
pub(crate) struct Allowed(Vec<&'static str>);

impl Allowed {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the methods as in the header `Allow`.
    pub(crate) fn list(&self) -> String {
        let mut methods = self.0.clone();
        if methods.contains(&"GET") && !methods.contains(&"HEAD") {
            methods.push("HEAD");
        }
        if !methods.contains(&"OPTIONS") {
            methods.push("OPTIONS");
        }
        methods.join(", ")
    }
}

/// Finds the most specific route that matches the method and the path, or else the methods that the
/// path has.
pub(crate) fn find(
    routes: &'static [Route],
    method: &Method,
    segments: &[String],
) -> Result<Found, Allowed> {
    let mut search =
        Search { method, segments, trail: Vec::new(), best: None, allowed: Vec::new() };
    search.visit(routes, 0, 0);
    match search.best {
        Some((_, _, trail)) => Ok(found(&trail, segments)),
        None => Err(Allowed(search.allowed)),
    }
}

struct Search<'a> {
    method: &'a Method,
    segments: &'a [String],
    trail: Vec<&'static Route>,
    /// The rank, whether the route has the request's own method (for HEAD), and the tables and the route.
    best: Option<(Rank, bool, Vec<&'static Route>)>,
    allowed: Vec<&'static str>,
}

impl Search<'_> {
    fn visit(&mut self, routes: &'static [Route], depth: usize, rank: Rank) {
        for route in routes {
            let is_prefix = matches!(route.target, Target::Nested(_));
            let Some((depth, rank)) = rank_of(route.path, self.segments, depth, rank, is_prefix)
            else {
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

/// The segments of a pattern.
fn pattern_segments(path: &'static str) -> impl Iterator<Item = &'static str> {
    path.split('/').skip(1).filter(|segment| !segment.is_empty())
}

/// Returns the name of a parameter, and whether it takes the rest of the path.
fn parameter(segment: &'static str) -> Option<(&'static str, bool)> {
    let name = segment.strip_prefix('{')?.strip_suffix('}')?;
    Some(name.strip_suffix('*').map_or((name, false), |name| (name, true)))
}

/// Matches a pattern with the segments from `depth` on. Returns how deep it goes, and the rank.
fn rank_of(
    pattern: &'static str,
    segments: &[String],
    mut depth: usize,
    mut rank: Rank,
    is_prefix: bool,
) -> Option<(usize, Rank)> {
    for expected in pattern_segments(pattern) {
        let segment = segments.get(depth)?;
        let code = match parameter(expected) {
            None if expected == segment => LITERAL,
            Some((_, true)) => REST,
            Some(_) if !segment.is_empty() => ONE,
            _ => return None,
        };
        // Beyond 32 segments, which only nested tables reach, the first route wins.
        rank |= 62_usize.checked_sub(2 * depth).map_or(0, |shift| code << shift);
        depth = if code == REST { segments.len() } else { depth + 1 };
    }
    (is_prefix || depth == segments.len()).then_some((depth, rank))
}

fn found(trail: &[&'static Route], segments: &[String]) -> Found {
    let (mut pattern, mut params) = (String::new(), Vec::new());
    let mut rest = segments;
    for expected in trail.iter().flat_map(|route| pattern_segments(route.path)) {
        pattern.push('/');
        pattern.push_str(expected);
        let Some((segment, after)) = rest.split_first() else { break };
        match parameter(expected) {
            Some((name, true)) => {
                params.push((name, rest.join("/")));
                rest = &[];
            }
            Some((name, false)) => {
                params.push((name, segment.clone()));
                rest = after;
            }
            None => rest = after,
        }
    }
    if pattern.is_empty() {
        pattern.push('/');
    }
    // The last of the trail is the route; there is always one.
    let target = trail.last().map_or(Target::Nested(&[]), |route| route.target);
    Found { target, pattern, params }
}
