//! The names of functions: that of the handler, and the one that `make deploy` gives to its
//! function.

/// The names that functions were given. The others have that of their handler.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// Handlers and the names of their functions.
    given: Vec<(String, String)>,
}

impl Names {
    /// Gives a name. Returns whether both were free.
    pub fn give(&mut self, handler: &str, name: &str) -> bool {
        let is_free = !self.given.iter().any(|(one, other)| one == handler || other == name);
        if is_free {
            self.given.push((handler.to_owned(), name.to_owned()));
        }
        is_free
    }

    /// Returns the name of a handler's function on Lambda, which takes no dots: `shop-order` for
    /// `shop.order`, unless another one was given.
    pub fn function_of(&self, handler: &str) -> String {
        let given = self.given.iter().find(|(one, _)| one == handler);
        given.map_or_else(|| handler.replace('.', "-"), |(_, name)| name.clone())
    }

    /// Returns the handler of a function, which has a name, or a full or partial ARN, with or
    /// without a qualifier. The name is that of a handler, or that of its function.
    pub fn handler_of<'a>(&'a self, function: &'a str, handlers: &'a [String]) -> &'a str {
        if handlers.iter().any(|handler| handler == function) {
            return function;
        }
        let name = function.rsplit_once("function:").map_or(function, |(_, name)| name);
        let name = name.split(':').next().unwrap_or_default();
        if handlers.iter().any(|handler| handler == name) {
            return name;
        }
        if let Some((handler, _)) = self.given.iter().find(|(_, given)| given == name) {
            return handler;
        }
        let deployed = handlers.iter().find(|handler| self.function_of(handler) == name);
        deployed.map_or(name, String::as_str)
    }
}

/// Whether a function is named with a version, an alias or `$LATEST`. Lambda refuses to invoke a
/// durable function without.
pub(crate) fn is_qualified(function: &str) -> bool {
    let name = function.rsplit_once("function:").map_or(function, |(_, name)| name);
    name.contains(':')
}

/// Lambda's message, and what to do.
pub(crate) const UNQUALIFIED: &str = "You cannot invoke a durable function using an unqualified \
                                      ARN: add a version, an alias or :$LATEST to its name.";

#[cfg(test)]
mod tests {
    use super::{Names, is_qualified};

    #[test]
    fn a_function_is_found_by_its_handler_or_its_name_on_aws() {
        let handlers = ["shop.ship", "shop.pay-ment", "plain"].map(str::to_owned);
        let mut names = Names::default();
        for (function, handler) in [
            ("shop.ship", "shop.ship"),
            ("shop-ship:live", "shop.ship"),
            ("arn:aws:lambda:eu-central-1:123456789012:function:shop-pay-ment:1", "shop.pay-ment"),
            ("123456789012:function:plain", "plain"),
            ("shop-other:live", "shop-other"),
        ] {
            assert_eq!(names.handler_of(function, &handlers), handler);
        }
        for function in ["ship", "function:ship", "arn:aws:lambda:eu-central-1:1:function:ship"] {
            assert!(!is_qualified(function) && is_qualified(&format!("{function}:live")));
        }
        // A name that was given replaces the other one.
        assert!(names.give("shop.ship", "ships") && !names.give("plain", "ships"));
        assert_eq!(names.function_of("shop.ship"), "ships");
        for function in ["ships", "ships:live", "123456789012:function:ships", "shop.ship"] {
            assert_eq!(names.handler_of(function, &handlers), "shop.ship");
            assert_eq!(names.handler_of(function, &[]), "shop.ship");
        }
        assert_eq!(names.handler_of("shop-ship", &handlers), "shop-ship");
        // A name in the table comes first.
        let handlers = ["shop.ship", "shop-ship"].map(str::to_owned);
        assert_eq!(Names::default().handler_of("shop-ship:live", &handlers), "shop-ship");
    }
}
