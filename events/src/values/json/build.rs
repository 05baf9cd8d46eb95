//! Builds a tree while JSON is read. All levels write into the same memory.

use super::Json;
use super::tree::Tree;
use miniserde::de::{Map, Seq, Visitor};
use miniserde::json::Number;
use miniserde::{Deserialize, Result, make_place};

make_place!(Place);

impl Deserialize for Json {
    fn begin(out: &mut Option<Self>) -> &mut dyn Visitor {
        Place::new(out)
    }
}

impl Visitor for Place<Json> {
    fn null(&mut self) -> Result<()> {
        self.out = Some(Json::NULL);
        Ok(())
    }
    fn boolean(&mut self, value: bool) -> Result<()> {
        self.out = Some(value.into());
        Ok(())
    }
    fn string(&mut self, value: &str) -> Result<()> {
        self.out = Some(value.into());
        Ok(())
    }
    fn negative(&mut self, value: i64) -> Result<()> {
        self.out = Some(value.into());
        Ok(())
    }
    fn nonnegative(&mut self, value: u64) -> Result<()> {
        self.out = Some(value.into());
        Ok(())
    }
    fn float(&mut self, value: f64) -> Result<()> {
        self.out = Some(value.into());
        Ok(())
    }
    fn seq(&mut self) -> Result<Box<dyn Seq + '_>> {
        Ok(Box::new(Root::new(&mut self.out, b'a')))
    }
    fn map(&mut self) -> Result<Box<dyn Map + '_>> {
        Ok(Box::new(Root::new(&mut self.out, b'o')))
    }
}

/// A list or an object that is the whole value.
struct Root<'a> {
    out: &'a mut Option<Json>,
    tree: Tree,
    start: usize,
}

impl<'a> Root<'a> {
    fn new(out: &'a mut Option<Json>, tag: u8) -> Self {
        let mut tree = Tree::default();
        let start = tree.open(tag);
        Self { out, tree, start }
    }

    fn finish(&mut self) -> Result<()> {
        *self.out = Some(std::mem::take(&mut self.tree).into());
        Ok(())
    }
}

impl Seq for Root<'_> {
    fn element(&mut self) -> Result<&mut dyn Visitor> {
        Ok(&mut self.tree)
    }
    fn finish(&mut self) -> Result<()> {
        self.tree.close(self.start);
        self.finish()
    }
}

impl Map for Root<'_> {
    fn key(&mut self, key: &str) -> Result<&mut dyn Visitor> {
        self.tree.key(key);
        Ok(&mut self.tree)
    }
    fn finish(&mut self) -> Result<()> {
        self.tree.finish_object(self.start);
        self.finish()
    }
}

/// A list or an object in another one.
struct Nested<'a> {
    tree: &'a mut Tree,
    start: usize,
}

impl<'a> Nested<'a> {
    fn new(tree: &'a mut Tree, tag: u8) -> Self {
        let start = tree.open(tag);
        Self { tree, start }
    }
}

impl Seq for Nested<'_> {
    fn element(&mut self) -> Result<&mut dyn Visitor> {
        Ok(self.tree)
    }
    fn finish(&mut self) -> Result<()> {
        self.tree.close(self.start);
        Ok(())
    }
}

impl Map for Nested<'_> {
    fn key(&mut self, key: &str) -> Result<&mut dyn Visitor> {
        self.tree.key(key);
        Ok(self.tree)
    }
    fn finish(&mut self) -> Result<()> {
        self.tree.finish_object(self.start);
        Ok(())
    }
}

/// An element or a field's value is written behind what is there.
impl Visitor for Tree {
    fn null(&mut self) -> Result<()> {
        self.literal(b'n');
        Ok(())
    }
    fn boolean(&mut self, value: bool) -> Result<()> {
        self.literal(if value { b't' } else { b'f' });
        Ok(())
    }
    fn string(&mut self, value: &str) -> Result<()> {
        self.text(value);
        Ok(())
    }
    fn negative(&mut self, value: i64) -> Result<()> {
        self.number(&Number::I64(value));
        Ok(())
    }
    fn nonnegative(&mut self, value: u64) -> Result<()> {
        self.number(&Number::U64(value));
        Ok(())
    }
    fn float(&mut self, value: f64) -> Result<()> {
        self.number(&Number::F64(value));
        Ok(())
    }
    fn seq(&mut self) -> Result<Box<dyn Seq + '_>> {
        Ok(Box::new(Nested::new(self, b'a')))
    }
    fn map(&mut self) -> Result<Box<dyn Map + '_>> {
        Ok(Box::new(Nested::new(self, b'o')))
    }
}
