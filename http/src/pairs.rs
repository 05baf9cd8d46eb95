//! An object of names and values, as events have headers and queries.

use miniserde::de::{Map, Seq, Visitor};
use miniserde::{Deserialize, make_place};

/// Names and values, ordered by name. A name that has a list of values is there for each of them. A
/// value that is null is left out. Of a name that comes twice the last one counts.
pub(crate) struct Pairs(pub Vec<(String, String)>);

make_place!(Place);

impl Deserialize for Pairs {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }
}

impl Visitor for Place<Pairs> {
    fn map(&mut self) -> miniserde::Result<Box<dyn Map + '_>> {
        Ok(Box::new(Fields { out: &mut self.out, name: String::new(), turn: 0, all: Vec::new() }))
    }
}

struct Fields<'a> {
    out: &'a mut Option<Pairs>,
    /// The name of the value that comes next, and how many came before it.
    name: String,
    turn: usize,
    all: Vec<Entry>,
}

struct Entry {
    name: String,
    /// `None` for a list: its values follow, if it has any.
    value: Option<String>,
    turn: usize,
}

impl Fields<'_> {
    fn push(&mut self, value: Option<&str>) {
        let value = value.map(str::to_owned);
        self.all.push(Entry { name: self.name.clone(), value, turn: self.turn });
    }
}

impl Map for Fields<'_> {
    fn key(&mut self, name: &str) -> miniserde::Result<&mut dyn Visitor> {
        name.clone_into(&mut self.name);
        self.turn += 1;
        Ok(self)
    }

    fn finish(&mut self) -> miniserde::Result<()> {
        let mut all = std::mem::take(&mut self.all);
        all.sort_by(|a, b| a.name.cmp(&b.name)); // AWS sends most of them in this order
        for same in all.chunk_by_mut(|a, b| a.name == b.name) {
            let last = same.last().map(|entry| entry.turn);
            let replaced = same.iter_mut().filter(|entry| Some(entry.turn) != last);
            replaced.for_each(|entry| entry.value = None);
        }
        let mut pairs = Vec::with_capacity(all.len());
        pairs.extend(all.into_iter().filter_map(|Entry { name, value, .. }| Some((name, value?))));
        *self.out = Some(Pairs(pairs));
        Ok(())
    }
}

/// The value of a name.
impl Visitor for Fields<'_> {
    fn null(&mut self) -> miniserde::Result<()> {
        Ok(())
    }

    fn string(&mut self, value: &str) -> miniserde::Result<()> {
        self.push(Some(value));
        Ok(())
    }

    fn seq(&mut self) -> miniserde::Result<Box<dyn Seq + '_>> {
        self.push(None);
        Ok(Box::new(Values(self)))
    }
}

/// A list of values.
struct Values<'a, 'b>(&'a mut Fields<'b>);

impl Seq for Values<'_, '_> {
    fn element(&mut self) -> miniserde::Result<&mut dyn Visitor> {
        Ok(self)
    }

    fn finish(&mut self) -> miniserde::Result<()> {
        Ok(())
    }
}

impl Visitor for Values<'_, '_> {
    fn string(&mut self, value: &str) -> miniserde::Result<()> {
        self.0.push(Some(value));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Pairs;
    use minilambda_events::{Map, OneOrMany};

    /// The names and values of a text, which are to be those of a map.
    fn read(text: &str) -> Option<Vec<(String, String)>> {
        let pairs = minilambda::decode::<Pairs>(text.as_bytes()).ok().map(|Pairs(pairs)| pairs);
        let map: Option<Map<OneOrMany>> = minilambda::decode(text.as_bytes()).ok();
        let of_map = map.map(|map| {
            let of_name = |(name, values): (&String, &OneOrMany)| {
                values.iter().map(|value| (name.clone(), value.clone())).collect::<Vec<_>>()
            };
            map.iter().flat_map(of_name).collect::<Vec<_>>()
        });
        assert_eq!(pairs, of_map, "{text}");
        pairs
    }

    #[test]
    fn names_and_values_are_those_of_a_map() {
        for text in [
            "{}",
            r#"{"b":"1","a":"2"}"#,
            r#"{"a":["2","1"],"A":"3","":[]}"#,
            r#"{"a":null,"b":"1","b":null}"#,
            r#"{"a":"1","b":"2","a":["3","4"]}"#,
            r#"{"a":["1","2"],"b":"2","a":"\u00e9\n"}"#,
            r#"{"a":["1"],"a":[]}"#,
        ] {
            assert!(read(text).is_some(), "{text}");
        }
        for text in ["null", "[]", r#"{"a":1}"#, r#"{"a":[1]}"#, r#"{"a":[null]}"#, r#"{"a":{}}"#] {
            assert!(read(text).is_none(), "{text}");
        }
    }

    /// All objects of up to three fields: names come again before and after others.
    #[test]
    fn any_order_of_names_and_values_gives_those_of_a_map() {
        let values = ["\"1\"", "null", "[]", "[\"2\"]", "[\"3\",\"4\"]", "[\"5\",null]"];
        let fields: Vec<_> = ["a", "B", "b"]
            .iter()
            .flat_map(|name| values.map(|value| format!("\"{name}\":{value}")))
            .collect();
        let mut texts = vec![String::new()];
        for _ in 0..3 {
            let longer = texts.iter().flat_map(|text| {
                fields.iter().map(move |field| {
                    let comma = if text.is_empty() { "" } else { "," };
                    [text, comma, field].concat()
                })
            });
            texts = longer.collect();
            for text in &texts {
                read(&format!("{{{text}}}"));
            }
        }
    }
}
