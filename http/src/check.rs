//! Checks of a table of routes as a whole when it is compiled: no two routes serve the same
//! requests, and no route has a parameter twice. A `const fn` can use neither iterators nor
//! `format!`.

#![allow(clippy::indexing_slicing, reason = "in a `const fn` there is no other way")]

use crate::pattern::Shape;
use crate::route::{Route, Target};
use crate::syntax::{is_text, share_parameter};

/// A route, or a nested table, with the tables around it.
#[derive(Clone, Copy)]
struct Place<'a> {
    route: &'a Route,
    around: Option<&'a Place<'a>>,
    /// The shape of the whole pattern.
    shape: Shape,
    /// The number of the route in the order of the tables.
    number: usize,
}

impl<'a> Place<'a> {
    const fn new(route: &'a Route, around: Option<&'a Self>, number: usize) -> Self {
        let shape = match around {
            Some(around) => around.shape.then(route.shape),
            None => route.shape,
        };
        Self { route, around, shape, number }
    }
}

/// Two routes that serve the same requests are a compile error, which names them.
pub(crate) const fn check_conflicts(routes: &[Route]) {
    check_all(routes, routes, None, 0, &mut [false; SLOTS]);
}

/// Only routes whose slot is taken are compared with others: a comparison of all takes the compiler
/// too long.
const SLOTS: usize = 1 << SLOT_BITS;
const SLOT_BITS: u32 = 13;

const fn slot(place: &Place) -> usize {
    let method = Shape::of_pattern(place.route.method).hash;
    ((method ^ place.shape.hash) >> (u64::BITS - SLOT_BITS)) as usize
}

/// Compares each of these routes with those before it in the whole table. Returns the number of the
/// next route.
const fn check_all(
    all: &[Route],
    routes: &[Route],
    around: Option<&Place>,
    mut number: usize,
    taken: &mut [bool; SLOTS],
) -> usize {
    let mut index = 0;
    while index < routes.len() {
        let place = Place::new(&routes[index], around, number);
        number = if let Target::Nested(routes) = place.route.target {
            check_all(all, routes, Some(&place), number, taken)
        } else {
            check_parameters(&place);
            let slot = slot(&place);
            if taken[slot] {
                compare(all, None, 0, &place);
            }
            taken[slot] = true;
            number + 1
        };
        index += 1;
    }
    number
}

/// Compares these routes with a later one. Returns the number of the next route.
const fn compare(
    routes: &[Route],
    around: Option<&Place>,
    mut number: usize,
    later: &Place,
) -> usize {
    let mut index = 0;
    while index < routes.len() && number < later.number {
        let place = Place::new(&routes[index], around, number);
        number = if let Target::Nested(routes) = place.route.target {
            compare(routes, Some(&place), number, later)
        } else {
            if place.shape.hash == later.shape.hash
                && is_text(place.route.method, later.route.method.as_bytes())
            {
                report(&place, later);
            }
            number + 1
        };
        index += 1;
    }
    number
}

/// The tables around a route have no parameter of its path, nor of another table's.
const fn check_parameters(place: &Place) {
    let mut inner = place;
    while let Some(table) = inner.around {
        let mut outer = inner.around;
        while let Some(around) = outer {
            if share_parameter(around.route.path, inner.route.path) {
                fail(Message::new("a parameter is twice in ").add_path(place));
            }
            outer = around.around;
        }
        inner = table;
    }
}

const fn report(first: &Place, second: &Place) {
    let message = Message::new("two routes serve the same requests: ").add(first.route.method);
    fail(message.add(" ").add_path(first).add(" and ").add_path(second));
}

const fn fail(message: Message) {
    let (message, _) = message.bytes.split_at(message.length);
    match std::str::from_utf8(message) {
        Ok(message) => panic!("{}", message),
        Err(_) => panic!("two routes are in conflict"), // the message is cut within a character
    }
}

struct Message {
    bytes: [u8; 400],
    length: usize,
}

impl Message {
    const fn new(text: &str) -> Self {
        Self { bytes: [0; 400], length: 0 }.add(text)
    }

    const fn add(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        let mut index = 0;
        while index < text.len() && self.length < self.bytes.len() {
            self.bytes[self.length] = text[index];
            self.length += 1;
            index += 1;
        }
        self
    }

    const fn add_path(self, place: &Place) -> Self {
        let message = match place.around {
            Some(around) => self.add_path(around),
            None => self,
        };
        message.add(place.route.path)
    }
}
