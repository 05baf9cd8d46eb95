//! Checks of a table of routes as a whole when it is compiled: no two routes serve the same requests, and no
//! route has a parameter twice. A `const fn` can use neither iterators nor `format!`.

use crate::Route;
use crate::route::Target;
use crate::syntax::{is_text, share_parameter};

/// A hash of a path's segments, without the names of parameters. The hash of a nested path is made
/// from those of its parts, so that a table is not walked byte by byte for each pair of routes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    hash: u64,
    /// The factor for the hash of the path before this one.
    factor: u64,
}

/// A polynomial hash modulo a Mersenne prime.
const PRIME: u128 = (1 << 61) - 1;
const BASE: u64 = 0x0100_0000_01b3;

impl Shape {
    const EMPTY: Self = Self { hash: 0, factor: 1 };

    pub(crate) const fn of(path: &str) -> Self {
        let bytes = path.as_bytes();
        let mut shape = Self::EMPTY;
        if bytes.len() == 1 {
            return shape; // A slash alone has no segments.
        }
        let (mut index, mut in_name) = (0, false);
        while index < bytes.len() {
            let byte = bytes[index];
            if byte == b'}' {
                in_name = false;
            }
            if !in_name || byte == b'*' {
                shape = shape.then(Self { hash: byte as u64, factor: BASE });
            }
            if byte == b'{' {
                in_name = true;
            }
            index += 1;
        }
        shape
    }

    const fn then(self, next: Self) -> Self {
        let hash = (multiply(self.hash, next.factor) as u128 + next.hash as u128) % PRIME;
        Self { hash: low(hash), factor: multiply(self.factor, next.factor) }
    }
}

const fn multiply(a: u64, b: u64) -> u64 {
    low(a as u128 * b as u128 % PRIME)
}

#[expect(clippy::cast_possible_truncation, reason = "a remainder of PRIME has 61 bits")]
const fn low(remainder: u128) -> u64 {
    remainder as u64
}

/// The tables around a route, from the inside.
#[derive(Clone, Copy)]
struct Outer<'a> {
    table: &'a Route,
    outer: Option<&'a Outer<'a>>,
}

/// A route with the tables around it.
#[derive(Clone, Copy)]
struct Place<'a> {
    route: &'a Route,
    outer: Option<&'a Outer<'a>>,
    shape: Shape,
    /// The number of the route in the order of the tables.
    number: usize,
}

/// Two routes that serve the same requests are a compile error, which names them.
pub(crate) const fn check_conflicts(routes: &[Route]) {
    check_all(routes, routes, Shape::EMPTY, None, 0, &mut [false; SLOTS]);
}

/// Only routes whose slot is taken are compared with all others, so that the compiler has little to do for
/// hundreds of routes.
const SLOTS: usize = 8192;

#[expect(clippy::cast_possible_truncation, reason = "it is less than SLOTS")]
const fn slot(place: &Place) -> usize {
    let method = Shape::of(place.route.method).hash;
    ((method + place.shape.hash) % SLOTS as u64) as usize
}

/// Compares each route in `routes` with those before it in the whole table `all`. Returns the number of the next
/// route.
const fn check_all(
    all: &[Route],
    routes: &[Route],
    before: Shape,
    outer: Option<&Outer>,
    mut number: usize,
    taken: &mut [bool; SLOTS],
) -> usize {
    let mut index = 0;
    while index < routes.len() {
        let route = &routes[index];
        let shape = before.then(route.shape);
        number = if let Target::Nested(routes) = route.target {
            check_all(all, routes, shape, Some(&Outer { table: route, outer }), number, taken)
        } else {
            let place = Place { route, outer, shape, number };
            check_parameters(&place);
            let slot = slot(&place);
            if taken[slot] {
                compare(all, Shape::EMPTY, None, 0, &place);
            }
            taken[slot] = true;
            number + 1
        };
        index += 1;
    }
    number
}

/// Compares the routes before a place with it. Returns the number of the next route.
const fn compare(
    routes: &[Route],
    before: Shape,
    outer: Option<&Outer>,
    mut number: usize,
    place: &Place,
) -> usize {
    let mut index = 0;
    while index < routes.len() && number < place.number {
        let route = &routes[index];
        let shape = before.then(route.shape);
        number = if let Target::Nested(routes) = route.target {
            compare(routes, shape, Some(&Outer { table: route, outer }), number, place)
        } else {
            if shape.hash == place.shape.hash
                && is_text(route.method, place.route.method.as_bytes())
            {
                report(&Place { route, outer, shape, number }, place);
            }
            number + 1
        };
        index += 1;
    }
    number
}

/// The tables around a route have no parameter of its path, nor of another table's.
const fn check_parameters(place: &Place) {
    let (mut path, mut outer) = (place.route.path, place.outer);
    while let Some(table) = outer {
        let mut other = outer;
        while let Some(around) = other {
            if share_parameter(around.table.path, path) {
                fail(Message::new("a parameter is twice in ").add_path(place));
            }
            other = around.outer;
        }
        (path, outer) = (table.table.path, table.outer);
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
        self.add_outer(place.outer).add(place.route.path)
    }

    const fn add_outer(self, outer: Option<&Outer>) -> Self {
        match outer {
            Some(outer) => self.add_outer(outer.outer).add(outer.table.path),
            None => self,
        }
    }
}
