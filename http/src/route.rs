//! Routes, and which one serves a request.

use crate::check::Shape;
use crate::path::Path;
use crate::syntax::{check_method, check_path, check_prefix};
use crate::{BodyStream, Failure, Request, Response};
use http::Method;

/// A function that serves requests.
pub(crate) type Function = fn(&Request) -> Result<Response, Failure>;
/// A function that writes its response to a stream.
pub(crate) type StreamFunction = fn(&Request, &mut BodyStream) -> Result<(), Failure>;

/// A line of the table of an [`Api`](crate::Api): a method, a path and a function.
///
/// A path has literal segments, `{name}` for one segment, and `{name*}` at its end for one or more:
/// `/files/{owner}/{path*}`. A literal is compared with the decoded segment of a request, so it is not
/// percent-encoded. An invalid path is a compile error.
///
/// A slash at the end of a request's path is ignored, but `{name*}` keeps it: `/files/ada/a/` is `a/`, and
/// `/files/ada/a` is `a`. `{name*}` is never empty and never begins with a slash: `/files/ada/` and
/// `/files/ada//a` are status 404.
///
/// A parameter is decoded. `{name}` can have a slash that was `%2F`, and both can have `..`:
/// [`Request::relative_path`](crate::Request::relative_path) makes a path of it that is safe to join.
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

/// Creates a route for any one method, in capital letters. Another form is a compile error.
#[must_use]
pub const fn route(method: &'static str, path: &'static str, function: Function) -> Route {
    check_method(method);
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

/// What serves a request.
#[derive(Debug)]
pub(crate) enum Routed {
    Function(Function),
    Stream(StreamFunction),
    /// The path has other methods, which are listed as in the header `Allow`.
    OtherMethods(String),
    /// There is no such path.
    Nothing,
    /// The request is invalid, for this reason.
    Invalid(&'static str),
}

/// The route of a request. Without one, both are empty.
#[derive(Debug, Default)]
pub(crate) struct Matched {
    /// The patterns of the tables and of the route.
    pub pattern: String,
    pub params: Vec<(&'static str, String)>,
}

/// Finds the most specific route that matches the method and the path, or else the methods that the
/// path has.
pub(crate) fn find(routes: &'static [Route], method: &Method, path: &Path) -> (Routed, Matched) {
    let mut search = Search { method, path, trail: Vec::new(), best: None, allowed: Vec::new() };
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
    let matched = search.best.map(|(_, _, trail)| matched(&trail, path));
    (found, matched.unwrap_or_default())
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
    path: &'a Path,
    trail: Vec<&'static Route>,
    /// The rank, whether the route has the request's own method (for HEAD), and the tables and the route.
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
    path: &Path,
    mut depth: usize,
    mut rank: Rank,
    is_prefix: bool,
) -> Option<(usize, Rank)> {
    let segments = path.segments();
    for expected in pattern_segments(pattern) {
        let segment = segments.get(depth)?;
        let code = match parameter(expected) {
            None if expected == segment => LITERAL,
            Some((_, true)) if path.has_rest(depth) => REST,
            Some((_, false)) if !segment.is_empty() => ONE,
            _ => return None,
        };
        // Beyond 32 segments, which only nested tables reach, the first route wins.
        rank |= 62_usize.checked_sub(2 * depth).map_or(0, |shift| code << shift);
        depth = if code == REST { segments.len() } else { depth + 1 };
    }
    (is_prefix || depth == segments.len()).then_some((depth, rank))
}

fn matched(trail: &[&'static Route], path: &Path) -> Matched {
    let mut matched = Matched::default();
    let patterns = trail.iter().flat_map(|route| pattern_segments(route.path));
    for (depth, expected) in patterns.enumerate() {
        matched.pattern.push('/');
        matched.pattern.push_str(expected);
        let Some((name, is_rest)) = parameter(expected) else { continue };
        let value = if is_rest { path.rest(depth) } else { path.segments().get(depth).cloned() };
        matched.params.extend(value.map(|value| (name, value)));
    }
    if matched.pattern.is_empty() {
        matched.pattern.push('/');
    }
    matched
}
