//! Values that functions before a route hand to it.

use std::any::Any;
use std::iter;
use std::sync::{Arc, OnceLock};

/// A value of any type.
pub(crate) type Value = Arc<dyn Any + Send + Sync>;

/// A list that grows behind a shared reference, so that a request can be read while a function adds
/// to it. Empty, it allocates nothing.
#[derive(Default)]
pub(crate) struct Data(OnceLock<Box<Node>>);

struct Node {
    value: Value,
    next: Data,
}

impl Data {
    pub fn add(&self, value: Value) {
        let (mut place, mut node) = (self, Box::new(Node { value, next: Self::default() }));
        loop {
            while let Some(other) = place.0.get() {
                place = &other.next;
            }
            match place.0.set(node) {
                Ok(()) => return,
                Err(refused) => node = refused, // another thread has added one
            }
        }
    }

    /// Returns the value of a type that was added last.
    pub fn last<T: Any>(&self) -> Option<&T> {
        let nodes = iter::successors(self.0.get(), |node| node.next.0.get());
        nodes.filter_map(|node| node.value.downcast_ref()).last()
    }
}
