//! The functions before and around routes, and the order in which they are called.

use crate::failure::Failure;
use crate::request::Request;
use crate::response::Response;
use minilambda::__private::catch_panic;
use std::fmt;

/// A function that is called before a route's: see [`Api::before`](crate::Api::before).
pub type Before = fn(&Request) -> Option<Response>;

/// A function around others: see [`Api::around`](crate::Api::around).
pub type Around = fn(&Request, Next) -> Result<Response, Failure>;

/// The functions of an API, of a nested table or of a route.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layer {
    pub before: &'static [Before],
    pub around: &'static [Around],
}

impl Layer {
    pub const NONE: Self = Self { before: &[], around: &[] };

    /// A second list would lose the functions of the first, such as one that authorises.
    pub const fn with_before(self, functions: &'static [Before]) -> Self {
        assert!(self.before.is_empty(), "before was called before: use one list");
        Self { before: functions, ..self }
    }

    /// As for [`with_before`](Self::with_before).
    pub const fn with_around(self, functions: &'static [Around]) -> Self {
        assert!(self.around.is_empty(), "around was called before: use one list");
        Self { around: functions, ..self }
    }

    pub fn is_none(&self) -> bool {
        self.before.is_empty() && self.around.is_empty()
    }

    /// Calls the functions of the API, then those of the tables and of the route, from the outside
    /// to the inside, and at last the function that serves the request.
    pub fn call(
        &self,
        request: &Request,
        inner: &[Layer],
        function: &mut dyn FnMut(&Request) -> Result<Response, Failure>,
    ) -> Result<Response, Failure> {
        if let Some(response) = self.before.iter().find_map(|before| before(request)) {
            return Ok(response);
        }
        Next { around: self.around, inner, function }.call(request)
    }
}

/// What an [`Around`] is around: other functions, and at last that of the route.
#[must_use = "the route's function is called only by `run`"]
pub struct Next<'a> {
    around: &'static [Around],
    inner: &'a [Layer],
    function: &'a mut dyn FnMut(&Request) -> Result<Response, Failure>,
}

impl Next<'_> {
    /// Calls them, and returns the response. It can be called once.
    ///
    /// The response of a [`stream`](crate::stream) route may have been sent by then: the one that
    /// is returned is empty, and changes nothing any more.
    ///
    /// # Errors
    /// The failure of the function. A panic is a [`Failure::Error`].
    pub fn run(self, request: &Request) -> Result<Response, Failure> {
        catch_failure(|| self.call(request))
    }

    fn call(self, request: &Request) -> Result<Response, Failure> {
        let Self { around, inner, function } = self;
        match (around, inner) {
            ([first, around @ ..], _) => first(request, Next { around, inner, function }),
            ([], [layer, inner @ ..]) => layer.call(request, inner, function),
            ([], []) => function(request),
        }
    }
}

impl fmt::Debug for Next<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next").field("around", &self.around).finish_non_exhaustive()
    }
}

/// Calls the user's functions. A panic is an error.
pub(crate) fn catch_failure<T>(
    function: impl FnOnce() -> Result<T, Failure>,
) -> Result<T, Failure> {
    catch_panic(|| Ok(function())).unwrap_or_else(|panic| Err(Failure::Error(panic)))
}
