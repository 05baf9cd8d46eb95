//! The names of functions: that of the handler, and the one that `make deploy` gives to its
//! function.

/// The names that functions were given. The others have that of their handler.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    /// Handlers and the names of their functions.
    given: Vec<(String, String)>,
    /// The handlers of the file that gives the names, each after its place there.
    in_file: Vec<(String, String)>,
}

impl Names {
    /// Names of a file that has these handlers, each after its place there.
    pub fn of_file(handlers: impl Iterator<Item = (String, String)>) -> Self {
        Self { given: Vec::new(), in_file: handlers.collect() }
    }

    /// Says which handlers of the file a program does not have. Deploying refuses it. A program
    /// without a table has any.
    pub fn unknown(&self, handlers: &[String]) -> Vec<String> {
        let is_unknown = |name| !handlers.is_empty() && !handlers.contains(name);
        let unknown = self.in_file.iter().filter(|(_, name)| is_unknown(name));
        let has = handlers.join(", ");
        let say = |(place, name): &(String, String)| {
            format!("{place}: the program has no handler {name}; it has: {has}")
        };
        unknown.map(say).collect()
    }

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
        let name = without_arn(function);
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

/// Whether a text is a name: from 1 to `most` letters and digits of ASCII, and `others`.
pub(crate) fn is_name(text: &str, most: usize, others: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || others.contains(c);
    (1..=most).contains(&text.len()) && text.chars().all(is_plain)
}

/// Returns the name of a function that may be an ARN, with its qualifier if it has one.
fn without_arn(function: &str) -> &str {
    function.rsplit_once("function:").map_or(function, |(_, name)| name)
}

/// Whether a function is named with a version, an alias or `$LATEST`. Lambda refuses to invoke a
/// durable function without.
pub(crate) fn is_qualified(function: &str) -> bool {
    let name = without_arn(function);
    name.contains(':')
}

/// Returns an error if the version or alias of a function's name, or the one that is given beside
/// it, is none for Lambda, or if these are two.
pub(crate) fn check_qualifiers(function: &str, beside: Option<&str>) -> Result<(), &'static str> {
    let name = without_arn(function);
    let named = name.split_once(':').map(|(_, qualifier)| qualifier);
    if !named.into_iter().chain(beside).all(|text| is_name(text, 128, "$-_")) {
        return Err("a version or an alias is of 1 to 128 letters, digits, $, - and _");
    }
    match (named, beside) {
        (Some(named), Some(beside)) if named != beside => Err(
            "The derived qualifier from the function name does not match the specified qualifier.",
        ),
        _ => Ok(()),
    }
}

/// Lambda's message, and what to do.
pub(crate) const UNQUALIFIED: &str = "You cannot invoke a durable function using an unqualified \
                                      ARN: add a version, an alias or :$LATEST to its name.";

#[cfg(test)]
mod tests {
    use super::{Names, check_qualifiers, is_qualified};

    #[test]
    fn a_qualifier_is_one_for_lambda() {
        for (function, beside, is_right) in [
            ("ship", None, true),
            ("ship:live", None, true),
            ("ship:$LATEST", Some("$LATEST"), true),
            ("arn:aws:lambda:eu-central-1:1:function:ship", Some("7"), true),
            ("arn:aws:lambda:eu-central-1:1:function:ship:live", Some("live"), true),
            ("ship:live", Some("test"), false),
            ("ship:", None, false),
            ("ship:a:b", None, false),
            ("ship:a b", None, false),
            ("ship", Some(""), false),
            ("ship", Some("ä"), false),
            ("function:ship:a.b", None, false),
        ] {
            let checked = check_qualifiers(function, beside);
            assert_eq!(checked.is_ok(), is_right, "{function} {beside:?}: {checked:?}");
        }
    }

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
