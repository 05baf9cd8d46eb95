//! Feature flags in a configuration of AppConfig, with the rules of the Powertools.
//!
//! ```no_run
//! use minilambda_aws::{appconfig::Configuration, flags::Flags, object};
//!
//! static FLAGS: Flags = Flags::new(Configuration::new("shop", "production", "flags"));
//!
//! fn has_discount(tier: &str) -> bool {
//!     FLAGS.is_on("ten_percent_off", &object! { "tier": tier }, false)
//! }
//! ```
//!
//! A flag has a default and rules, of which the first that matches decides. A rule matches if all
//! of its conditions are met by the context: a condition names a field of it, an action and a
//! value. See
//! <https://docs.aws.amazon.com/powertools/python/latest/utilities/feature_flags/>. Schedules are
//! in UTC: a document with another `TIMEZONE` is refused. AppConfig's own flags, which are
//! evaluated by its agent, are read by [`Configuration::json`].

mod features;
mod rules;

use crate::appconfig::{Configuration, PAUSE};
use crate::environment::lock;
use crate::error::Error;
use minilambda::__private::is_recent;
use minilambda::FromJson;
use miniserde::Serialize;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

pub use features::Features;

/// The flags of a configuration, which are read again when AppConfig permits it. It belongs in a
/// `static`.
#[derive(Debug)]
pub struct Flags<'a> {
    configuration: Configuration<'a>,
    path: Option<&'a str>,
    known: Mutex<Option<Known>>,
    /// When it was logged last that there are no flags.
    logged: Mutex<Option<SystemTime>>,
}

/// A document that was read, and the flags in use: its own, or those of an earlier one if it is not
/// as documented.
#[derive(Debug)]
struct Known {
    document: Arc<[u8]>,
    features: Result<Arc<Features>, Error>,
}

impl<'a> Flags<'a> {
    /// The flags of a configuration whose document has nothing else.
    #[must_use]
    pub const fn new(configuration: Configuration<'a>) -> Self {
        Self { configuration, path: None, known: Mutex::new(None), logged: Mutex::new(None) }
    }

    /// Says where in the document the flags are, such as `feature_flags` or `shop.flags`.
    #[must_use]
    pub const fn path(mut self, path: &'a str) -> Self {
        self.path = Some(path);
        self
    }

    /// Whether a flag is on in a context, an object whose fields the conditions name. If there is
    /// no such flag, or no flags can be read, it is `default`; the latter is logged, once in 15 s.
    pub fn is_on(&self, name: &str, context: &dyn Serialize, default: bool) -> bool {
        match self.features() {
            Ok(features) => features.is_on(name, context).unwrap_or(default),
            Err(error) => {
                if self.is_to_log() {
                    log::warn!(
                        "the flag {name:?} is {default}, others have their defaults: {error}"
                    );
                }
                default
            }
        }
    }

    /// Whether it was not logged lately that there are no flags. A function may have ten of them.
    fn is_to_log(&self) -> bool {
        let mut logged = lock(&self.logged);
        let is_known = logged.is_some_and(|at| is_recent(at, PAUSE));
        if !is_known {
            *logged = Some(SystemTime::now());
        }
        !is_known
    }

    /// Reads the value of a flag in a context; `None` if there is no such flag.
    ///
    /// # Errors
    /// Those of [`features`](Self::features); `Aws.InvalidResponse` if the value does not match the
    /// type.
    pub fn value<T: FromJson>(
        &self,
        name: &str,
        context: &dyn Serialize,
    ) -> Result<Option<T>, Error> {
        self.features()?.value(name, context)
    }

    /// Returns the flags.
    ///
    /// If a new document is not as documented, the flags stay as they were, and an error is logged.
    ///
    /// # Errors
    /// Those of [`Configuration::bytes`] and [`Features::parse`], if there were never flags.
    pub fn features(&self) -> Result<Arc<Features>, Error> {
        let document = self.configuration.bytes()?;
        let mut known = lock(&self.known);
        if let Some(known) = known.as_ref().filter(|it| Arc::ptr_eq(&it.document, &document)) {
            return known.features.clone();
        }
        let earlier = known.take().and_then(|known| known.features.ok());
        let (features, refused) = match (Features::parse_below(&document, self.path), earlier) {
            (Ok(features), _) => (Ok(Arc::new(features)), None),
            (Err(error), Some(earlier)) => (Ok(earlier), Some(error)),
            (Err(error), None) => (Err(error), None),
        };
        *known = Some(Known { document, features: features.clone() });
        drop(known); // a logger may have flags
        if let Some(error) = refused {
            log::error!("the flags stay as they were: {error}");
        }
        features
    }
}
