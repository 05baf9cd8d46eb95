//! Functions around a handler.

use crate::{Context, Error, panics};
use std::fmt;

/// A function around a handler, for [`Handler::around`](crate::Handler::around).
///
/// It gets the event's bytes and calls [`Next::run`], or does not: then the handler is not called.
/// It returns the bytes of the response. Those of a typed handler are its response as JSON, and
/// those of a raw one what it has returned. A streaming handler has sent its response when `run`
/// returns, which is no bytes then; bytes that the middleware returns are written to the stream
/// after it.
///
/// Validation and authorisation come before `run`, and [`decode`](crate::decode) reads the event
/// for them:
///
/// ```
/// use minilambda::{Context, Error, Handler, Next, decode, handler};
/// use miniserde::Deserialize;
///
/// const AROUND: &[minilambda::Middleware] = &[tenants_only, known_version];
/// static HANDLERS: &[(&str, Handler)] = &[("shop.order", handler!(order).around(AROUND))];
///
/// fn tenants_only(event: Vec<u8>, context: &Context, next: Next) -> Result<Vec<u8>, Error> {
///     if context.tenant_id.is_none() {
///         return Err(Error::new("Forbidden", "the invocation has no tenant"));
///     }
///     next.run(event, context)
/// }
///
/// #[derive(Deserialize)]
/// struct Envelope {
///     version: u32,
/// }
///
/// fn known_version(event: Vec<u8>, context: &Context, next: Next) -> Result<Vec<u8>, Error> {
///     match decode::<Envelope>(&event)?.version {
///         1 => next.run(event, context),
///         version => Err(Error::new("Version", format!("version {version} is not known"))),
///     }
/// }
///
/// #[derive(Deserialize)]
/// struct Order {
///     id: String,
/// }
///
/// fn order(order: Order, _: &Context) -> Result<String, Error> {
///     Ok(order.id)
/// }
///
/// let order = HANDLERS[0].1;
/// let mut context = Context::default();
/// let event = r#"{"version":1,"id":"A-1"}"#;
/// assert_eq!(order.call(event, &context).unwrap_err().kind(), "Forbidden");
/// context.tenant_id = Some("north".to_owned());
/// assert_eq!(order.call(event, &context).unwrap(), br#""A-1""#);
/// assert_eq!(order.call(r#"{"version":2}"#, &context).unwrap_err().kind(), "Version");
/// ```
pub type Middleware = fn(Vec<u8>, &Context, Next) -> Result<Vec<u8>, Error>;

/// The handler itself, whatever its form.
type Innermost<'a> = dyn FnMut(Vec<u8>, &Context) -> Result<Vec<u8>, Error> + 'a;

/// What a [`Middleware`] is around: the middleware after it, and at last the handler.
#[must_use = "the handler is called only by `run`"]
pub struct Next<'a> {
    around: &'static [Middleware],
    handler: &'a mut Innermost<'a>,
}

impl<'a> Next<'a> {
    pub(super) fn new(around: &'static [Middleware], handler: &'a mut Innermost<'a>) -> Self {
        Self { around, handler }
    }

    /// Calls it with an event, which may be another one than that of the invocation, and returns
    /// the response. It can be called once.
    ///
    /// # Errors
    /// What the handler, or a middleware before it, returns. `Function.Panic` if one of them
    /// panics, so a middleware can release what it holds.
    pub fn run(self, event: Vec<u8>, context: &Context) -> Result<Vec<u8>, Error> {
        let Self { around, handler } = self;
        panics::catch(|| match around {
            [first, rest @ ..] => first(event, context, Next { around: rest, handler }),
            [] => handler(event, context),
        })
    }
}

impl fmt::Debug for Next<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Next").field("around", &self.around).finish_non_exhaustive()
    }
}
