//! Expressions: conditions, filters and lists of attributes, with the names and values in them.
//!
//! In a request each attribute's name is replaced by a placeholder, so that a name may be one of
//! the 573 [reserved
//! words](https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ReservedWords.html):
//! `status = :new AND size(tags) > :count` becomes `#status = :new AND size(#tags) > :count`.

use crate::dynamodb::item::{Item, to_item, to_value};
use crate::error::Error;
use minilambda::ToJson;
use minilambda_events::Map;
use minilambda_events::dynamodb::AttributeValue;
use std::collections::BTreeSet;

/// Words of expressions in upper or lower case. An attribute of this name needs a placeholder.
const KEYWORDS: [&str; 5] = ["AND", "OR", "NOT", "BETWEEN", "IN"];

/// A condition, such as `version = :old`, with the values of its placeholders. A text without
/// placeholders is one too.
///
/// ```
/// use minilambda_aws::dynamodb::expression;
///
/// let condition = expression("attribute_not_exists(id) OR expires < :now").value("now", 1_795_966_200);
/// # let _ = condition;
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct Expression {
    pub(crate) text: String,
    substitutes: Substitutes,
    returns_item: bool,
}

/// Creates an expression of a text.
pub fn expression(text: impl Into<String>) -> Expression {
    Expression { text: text.into(), substitutes: Substitutes::default(), returns_item: false }
}

impl Expression {
    /// Sets the value of a placeholder, such as `:old`; the colon may be left out.
    pub fn value(mut self, placeholder: &str, value: impl ToJson) -> Self {
        self.substitutes.value(placeholder, &value);
        self
    }

    /// Sets the values of all placeholders: those of a struct's fields, or of an [`Item`].
    pub fn values(mut self, values: &(impl ToJson + ?Sized)) -> Self {
        self.substitutes.values(values);
        self
    }

    /// Sets the name of an attribute that the text calls `#placeholder`. It is needed for names
    /// with other signs than letters, digits and underscores, and for `and`, `or`, `not`, `between`
    /// and `in`.
    pub fn name(mut self, placeholder: &str, name: &str) -> Self {
        self.substitutes.name(placeholder, name);
        self
    }

    /// Asks for the item if the condition does not hold: [`Error::item`] has it then, and in a
    /// transaction [`Error::cancellation_reasons`].
    pub fn with_item(self) -> Self {
        Self { returns_item: true, ..self }
    }
}

impl From<&str> for Expression {
    fn from(text: &str) -> Self {
        expression(text)
    }
}

impl From<String> for Expression {
    fn from(text: String) -> Self {
        expression(text)
    }
}

/// The names and values of all expressions of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Substitutes {
    names: Map,
    values: Item,
    /// The placeholders in the texts.
    used: BTreeSet<String>,
    /// The first mistake, which is reported when the request is sent.
    problem: Option<Error>,
    pub returns_item: bool,
}

impl Substitutes {
    pub fn refuse(&mut self, error: Error) {
        self.problem.get_or_insert(error);
    }

    pub fn value(&mut self, placeholder: &str, value: &(impl ToJson + ?Sized)) {
        self.converted(placeholder, to_value(value));
    }

    fn converted(&mut self, placeholder: &str, value: Result<AttributeValue, Error>) {
        match value {
            Ok(value) => self.add_value(placeholder, value),
            Err(error) => self.refuse(error),
        }
    }

    pub fn values(&mut self, values: &(impl ToJson + ?Sized)) {
        match to_item(values) {
            Ok(values) => {
                values.into_iter().for_each(|(name, value)| self.add_value(&name, value));
            }
            Err(error) => self.refuse(error),
        }
    }

    fn add_value(&mut self, placeholder: &str, value: AttributeValue) {
        let placeholder = format!(":{}", placeholder.trim_start_matches(':'));
        if self.values.get(&placeholder).is_some_and(|other| *other != value) {
            self.refuse(Error::invalid(format!("{placeholder} has two values")));
        }
        self.values.insert(placeholder, value);
    }

    pub fn name(&mut self, placeholder: &str, name: &str) {
        let placeholder = format!("#{}", placeholder.trim_start_matches('#'));
        if self.names.get(&placeholder).is_some_and(|other| other != name) {
            self.refuse(Error::invalid(format!(
                "{placeholder} has two names: take another placeholder"
            )));
        }
        self.names.insert(placeholder, name.to_owned());
    }

    /// Adds a value of a request's own, and returns its placeholder.
    pub fn own_value(&mut self, value: Result<AttributeValue, Error>) -> String {
        let placeholder = format!(":_{}", self.values.len());
        self.converted(&placeholder, value);
        self.used.insert(placeholder.clone());
        placeholder
    }

    /// Takes over the names and values of an expression, and returns its text.
    pub fn merge(&mut self, expression: Expression) -> String {
        let Substitutes { names, values, problem, .. } = expression.substitutes;
        names.iter().for_each(|(placeholder, name)| self.name(placeholder, name));
        values.into_iter().for_each(|(name, value)| self.add_value(&name, value));
        self.problem = self.problem.take().or(problem);
        self.returns_item |= expression.returns_item;
        self.text(&expression.text)
    }

    /// Returns paths of attributes, such as `id, address.city`, in which each name is a
    /// placeholder.
    pub fn paths(&mut self, text: &str) -> String {
        let paths: Vec<_> = text.split(',').map(|path| self.path(path.trim())).collect();
        paths.join(", ")
    }

    /// Returns the path of one attribute, such as `lines[0].item`. A path may be made of a name
    /// from outside, and must not be a list of several, or more of the expression.
    pub fn path(&mut self, text: &str) -> String {
        if !is_path(text) {
            self.refuse(Error::invalid(
                "the path of an attribute is no path such as `address.city` or `lines[0]`: for a \
                 name with other signs than letters, digits and underscores, or with a digit as \
                 its first, write a placeholder such as `#other`, and set it with `name`",
            ));
        }
        self.replaced(text, &[])
    }

    /// Returns an expression in which each name of an attribute is a placeholder.
    pub fn text(&mut self, text: &str) -> String {
        self.replaced(text, &KEYWORDS)
    }

    fn replaced(&mut self, text: &str, keywords: &[&str]) -> String {
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut written = String::with_capacity(text.len() + 8);
        let mut rest = text;
        while let Some(first) = rest.chars().next() {
            let is_placeholder = matches!(first, ':' | '#');
            let start = usize::from(is_placeholder);
            let after = rest.get(start..).unwrap_or_default();
            let length = start + after.find(|c| !is_word(c)).unwrap_or(after.len());
            let (word, after) = rest.split_at(length.max(first.len_utf8()));
            let is_name = first.is_ascii_alphabetic() || first == '_';
            let is_function = after.trim_start().starts_with('(');
            let is_keyword = !written.ends_with('.')
                && keywords.iter().any(|keyword| word.eq_ignore_ascii_case(keyword));
            if is_placeholder {
                self.used.insert(word.to_owned());
            } else if is_name && !is_function && !is_keyword {
                written.push('#');
                self.name(word, word);
                self.used.insert(format!("#{word}"));
            }
            written.push_str(word);
            rest = after;
        }
        written
    }

    /// Returns the names and the values, if there are any, as DynamoDB expects them: each is used.
    pub fn finish(&self, what: &str) -> Result<(Option<&Map>, Option<&Item>), Error> {
        if let Some(problem) = self.problem() {
            return Err(problem.of_request(what));
        }
        let names = Some(&self.names).filter(|names| !names.is_empty());
        Ok((names, Some(&self.values).filter(|values| !values.is_empty())))
    }

    fn problem(&self) -> Option<Error> {
        if let Some(problem) = &self.problem {
            return Some(problem.clone());
        }
        let known = |it: &String| self.names.contains_key(it) || self.values.contains_key(it);
        if let Some(missing) = self.used.iter().find(|it| !known(it)) {
            let method = if missing.starts_with('#') { "name" } else { "value" };
            let reason = format!("{missing} is in an expression: set it with `{method}`");
            return Some(Error::invalid(reason));
        }
        let mut all = self.names.keys().chain(self.values.keys());
        let unused = all.find(|it| !self.used.contains(*it));
        unused.map(|unused| Error::invalid(format!("{unused} is in no expression")))
    }
}

/// Whether a text is names with dots between them, each with indexes after it if it is a list.
fn is_path(text: &str) -> bool {
    let is_word = |word: &str| {
        !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let is_index = |index: &str| index.parse::<u32>().is_ok() && is_word(index);
    text.split('.').all(|part| {
        let (name, indexes) = part.split_once('[').map_or((part, None), |(a, b)| (a, Some(b)));
        let is_name = match name.strip_prefix('#') {
            Some(word) => is_word(word),
            None => is_word(name) && !name.starts_with(|c: char| c.is_ascii_digit()),
        };
        let are_indexes =
            |text: &str| text.strip_suffix(']').is_some_and(|it| it.split("][").all(is_index));
        is_name && indexes.is_none_or(are_indexes)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use miniserde::json;

    fn rewritten(text: &str) -> (String, String) {
        let mut substitutes = Substitutes::default();
        let text = substitutes.text(text);
        (text, json::to_string(&substitutes.names))
    }

    #[test]
    fn names_become_placeholders_and_nothing_else_does() {
        for (text, expected, names) in [
            ("status = :new", "#status = :new", r##"{"#status":"status"}"##),
            ("size(tags)>:n", "size(#tags)>:n", r##"{"#tags":"tags"}"##),
            (
                "attribute_not_exists (id) or not a between :a And :b",
                "attribute_not_exists (#id) or not #a between :a And :b",
                r##"{"#a":"a","#id":"id"}"##,
            ),
            (
                "a.b[10].c1 IN (:x,:y)",
                "#a.#b[10].#c1 IN (:x,:y)",
                r##"{"#a":"a","#b":"b","#c1":"c1"}"##,
            ),
            ("#x = :x", "#x = :x", "{}"),
            ("_a<>_a", "#_a<>#_a", r##"{"#_a":"_a"}"##),
            (
                "id, user,name",
                "#id, #user,#name",
                r##"{"#id":"id","#name":"name","#user":"user"}"##,
            ),
            ("a.in = :and", "#a.#in = :and", r##"{"#a":"a","#in":"in"}"##),
            ("é = :", "é = :", "{}"),
            ("", "", "{}"),
        ] {
            assert_eq!(rewritten(text), (expected.to_owned(), names.to_owned()), "{text}");
        }
    }

    #[test]
    fn a_path_is_one_attribute_whatever_its_name_says() {
        let result = |text: &str, is_list: bool| {
            let mut all = Substitutes::default();
            let path = if is_list { all.paths(text) } else { all.path(text) };
            // The values and names of the rest of the request.
            all.own_value(to_value(&1));
            all.problem().map_or(Ok(path), Err).map_err(|error| error.to_string())
        };
        for (text, expected) in [
            ("a", "#a"),
            ("a.b_1.in", "#a.#b_1.#in"),
            ("a[0]", "#a[0]"),
            ("a[10][2].b[3]", "#a[10][2].#b[3]"),
        ] {
            assert_eq!(result(text, false).as_deref(), Ok(expected), "{text}");
        }
        assert_eq!(result("id, a.b", true).as_deref(), Ok("#id, #a.#b"));
        for text in [
            "",
            " ",
            "a ",
            "a, b",
            "a = :_0, b",
            "a b",
            "a-b",
            "a.",
            ".a",
            "a..b",
            "a.1b",
            "1",
            "a[",
            "a]",
            "a[]",
            "a[b]",
            "a[-1]",
            "a[+1]",
            "a[0]b",
            "[0]",
            "size(a)",
            "a\n",
            "\u{e9}",
            "#",
            ":a",
            "a[99999999999]",
        ] {
            let refused = result(text, false).unwrap_err();
            assert!(refused.contains("no path such as"), "{text}: {refused}");
            assert!(!refused.contains("99"), "{refused}");
        }
        assert!(result("id, a b", true).is_err() && result("id,", true).is_err());
    }

    #[test]
    fn a_mistake_is_reported_before_the_request_is_sent() {
        let message = |expression: Expression| {
            let mut all = Substitutes::default();
            all.merge(expression);
            all.finish("DYNAMODB PutItem").map(|_| ()).map_err(|error| error.to_string())
        };
        let refused = |expression, reason: &str| {
            let error = message(expression).unwrap_err();
            assert_eq!(error, format!("DYNAMODB PutItem: {reason}"));
        };
        assert_eq!(message(expression("a = :a").value(":a", 1)), Ok(()));
        assert_eq!(message(expression("a = :a").value("a", 1).value("a", 1)), Ok(()));
        refused(expression("a = :a"), ":a is in an expression: set it with `value`");
        refused(expression("#a = a").name("a", "b"), "#a has two names: take another placeholder");
        refused(expression("#b = a"), "#b is in an expression: set it with `name`");
        refused(expression("a = :a").value("a", 1).value("b", 1), ":b is in no expression");
        refused(expression("a = :a").value("a", 1).value("a", 2), ":a has two values");
        refused(
            expression("a = :a").value("a", f64::NAN),
            "DynamoDB has no number that is not finite",
        );
        refused(expression("a = :a").values(&1), "an item is a struct or a map");
    }
}
