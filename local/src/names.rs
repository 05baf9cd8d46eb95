//! The names of functions: that of the handler, and the one that `make deploy` gives to its
//! function.

/// Returns the name of a handler's function on Lambda, which takes no dots: `shop-order` for
/// `shop.order`.
pub(crate) fn function_of(handler: &str) -> String {
    handler.replace('.', "-")
}

/// Returns the handler of a function, which has a name, or a full or partial ARN, with or without a
/// qualifier. The name is that of a handler, or that of its function.
pub(crate) fn handler_of<'a>(function: &'a str, handlers: &'a [String]) -> &'a str {
    if handlers.iter().any(|handler| handler == function) {
        return function;
    }
    let name = function.rsplit_once("function:").map_or(function, |(_, name)| name);
    let name = name.split(':').next().unwrap_or_default();
    if handlers.iter().any(|handler| handler == name) {
        return name;
    }
    let deployed = handlers.iter().find(|handler| function_of(handler) == name);
    deployed.map_or(name, String::as_str)
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
    use super::{handler_of, is_qualified};

    #[test]
    fn a_function_is_found_by_its_handler_or_its_name_on_aws() {
        let handlers = ["shop.ship", "shop.pay-ment", "plain"].map(str::to_owned);
        for (function, handler) in [
            ("shop.ship", "shop.ship"),
            ("shop-ship:live", "shop.ship"),
            ("arn:aws:lambda:eu-central-1:123456789012:function:shop-pay-ment:1", "shop.pay-ment"),
            ("123456789012:function:plain", "plain"),
            ("shop-other:live", "shop-other"),
        ] {
            assert_eq!(handler_of(function, &handlers), handler);
        }
        for function in ["ship", "function:ship", "arn:aws:lambda:eu-central-1:1:function:ship"] {
            assert!(!is_qualified(function) && is_qualified(&format!("{function}:live")));
        }
        // A name in the table comes first.
        let handlers = ["shop.ship", "shop-ship"].map(str::to_owned);
        assert_eq!(handler_of("shop-ship:live", &handlers), "shop-ship");
    }
}
