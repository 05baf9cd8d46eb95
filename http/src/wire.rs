//! Writes responses in the form that each front end expects.

use crate::received::FrontEnd;
use crate::response::Response;
use http::header;
use minilambda::{Error, ToJson};
use minilambda_events::Base64;
use miniserde::Serialize;
use miniserde::ser::{Fragment, Map};
use std::borrow::Cow;
use std::{array, slice, str};

/// Writes a response as the response of a function, over what is in `memory`.
///
/// # Errors
/// None: text can always be written.
pub(crate) fn write(
    front_end: FrontEnd,
    response: &Response,
    memory: Vec<u8>,
) -> Result<Vec<u8>, Error> {
    let status = response.status();
    let Headers { single, multi, cookies } = headers(response, front_end);
    let description = || {
        let reason = status.canonical_reason();
        reason.map_or(status.as_u16().to_string(), |it| format!("{} {it}", status.as_u16()))
    };
    let (body, is_base64_encoded) = match str::from_utf8(response.body()) {
        Ok(text) => (Cow::Borrowed(text), false),
        Err(_) => (Cow::Owned(Base64::encode(response.body()).0), true),
    };
    let has_description = front_end.is_load_balancer() || front_end.is_lattice();
    let has_multi = !multi.is_empty() || front_end == FrontEnd::LoadBalancerMultiValue;
    let has_cookies = matches!(front_end, FrontEnd::HttpApi | FrontEnd::FunctionUrl);
    Envelope {
        status_code: status.as_u16(),
        status_description: has_description.then(description),
        headers: (front_end != FrontEnd::LoadBalancerMultiValue).then_some(Object(single)),
        multi_value_headers: has_multi.then_some(Object(multi)),
        // Without cookies the list is empty: cargo-lambda's emulator takes no response without it.
        cookies: has_cookies.then_some(cookies),
        body,
        is_base64_encoded,
    }
    .to_json(memory)
}

/// The response of a function for any front end. Its types in `minilambda-events` own what they
/// have; this one borrows it. What is `None` is not written.
struct Envelope<'a> {
    status_code: u16,
    status_description: Option<String>,
    headers: Option<Object<'a, Cow<'a, str>>>,
    multi_value_headers: Option<Object<'a, Vec<Cow<'a, str>>>>,
    cookies: Option<Vec<Cow<'a, str>>>,
    body: Cow<'a, str>,
    is_base64_encoded: bool,
}

impl Serialize for Envelope<'_> {
    fn begin(&self) -> Fragment<'_> {
        fn optional<T: Serialize>(field: Option<&T>) -> Option<&dyn Serialize> {
            field.map(|field| field as &dyn Serialize)
        }
        let fields = [
            ("statusCode", Some(&self.status_code as &dyn Serialize)),
            ("statusDescription", optional(self.status_description.as_ref())),
            ("headers", optional(self.headers.as_ref())),
            ("multiValueHeaders", optional(self.multi_value_headers.as_ref())),
            ("cookies", optional(self.cookies.as_ref())),
            ("body", Some(&self.body)),
            ("isBase64Encoded", Some(&self.is_base64_encoded)),
        ];
        Fragment::Map(Box::new(Fields(fields.into_iter())))
    }
}

struct Fields<'a>(array::IntoIter<(&'static str, Option<&'a dyn Serialize>), 7>);

impl Map for Fields<'_> {
    fn next(&mut self) -> Option<(Cow<'_, str>, &dyn Serialize)> {
        self.0.find_map(|(name, value)| Some((Cow::Borrowed(name), value?)))
    }
}

/// An object of names and values, each name once.
struct Object<'a, V>(Vec<(Cow<'a, str>, V)>);

impl<V: Serialize> Serialize for Object<'_, V> {
    fn begin(&self) -> Fragment<'_> {
        Fragment::Map(Box::new(Members(self.0.iter())))
    }
}

struct Members<'a, V>(slice::Iter<'a, (Cow<'a, str>, V)>);

impl<V: Serialize> Map for Members<'_, V> {
    fn next(&mut self) -> Option<(Cow<'_, str>, &dyn Serialize)> {
        self.0.next().map(|(name, value)| (Cow::Borrowed(&**name), value as &dyn Serialize))
    }
}

/// The headers by the fields that a front end reads: single values, several values, and cookies.
#[derive(Default)]
struct Headers<'a> {
    single: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    multi: Vec<(Cow<'a, str>, Vec<Cow<'a, str>>)>,
    cookies: Vec<Cow<'a, str>>,
}

fn headers(response: &Response, front_end: FrontEnd) -> Headers<'_> {
    let pairs = response.headers().iter().map(|(name, value)| {
        let bytes = value.as_bytes();
        // Checking for UTF-8 first is faster than the lossy conversion alone.
        let text = str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::from);
        (name, text)
    });
    let pairs: Vec<_> = pairs.collect();
    let mut headers = Headers { single: Vec::with_capacity(pairs.len()), ..Headers::default() };
    // A map yields the values of a name one after the other.
    for same in pairs.chunk_by(|(a, _), (b, _)| a == b) {
        let Some((name, last)) = same.last() else { continue };
        let values = || same.iter().map(|(_, value)| value.clone());
        let is_cookie = *name == header::SET_COOKIE;
        match front_end {
            FrontEnd::HttpApi | FrontEnd::FunctionUrl if is_cookie => {
                headers.cookies = values().collect();
            }
            FrontEnd::LoadBalancerMultiValue => {
                headers.multi.push((name.as_str().into(), values().collect()));
            }
            FrontEnd::RestApi | FrontEnd::HttpApiV1 if same.len() > 1 => {
                headers.multi.push((name.as_str().into(), values().collect()));
            }
            FrontEnd::LoadBalancer if is_cookie => {
                headers.single.extend(in_spellings(values().collect()));
            }
            _ if is_cookie => {
                if same.len() > 1 {
                    let count = same.len();
                    log::error!("only the last of {count} cookies is sent: VPC Lattice sends one");
                }
                headers.single.push((name.as_str().into(), last.clone()));
            }
            _ if same.len() == 1 => headers.single.push((name.as_str().into(), last.clone())),
            _ => {
                let joined = values().collect::<Vec<_>>().join(", ");
                headers.single.push((name.as_str().into(), joined.into()));
            }
        }
    }
    headers
}

/// The letters of `set-cookie` in small or capital letters.
const SPELLINGS: usize = 1 << 9;

/// Gives each cookie another spelling of the name. An object has a name once, but a load balancer
/// passes on names that differ in case. The spellings are in the order of bytes; the last is in
/// small letters.
fn in_spellings(
    mut cookies: Vec<Cow<'_, str>>,
) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    if let Some(surplus) = cookies.len().checked_sub(SPELLINGS).filter(|surplus| *surplus > 0) {
        log::error!(
            "{surplus} of {} cookies are left out: a load balancer takes {SPELLINGS} without \
             lambda.multi_value_headers.enabled",
            cookies.len()
        );
        cookies.drain(..surplus);
    }
    let first = SPELLINGS - cookies.len();
    let named = move |(index, cookie)| (spelling(first + index).into(), cookie);
    cookies.into_iter().enumerate().map(named)
}

/// Returns `set-cookie` with a letter for each bit of a number, from the left: 0 is a capital
/// letter.
fn spelling(number: usize) -> String {
    let mut bit = SPELLINGS;
    let letter = |letter: char| {
        if letter.is_ascii_alphabetic() {
            bit >>= 1;
        }
        if number & bit == 0 { letter.to_ascii_uppercase() } else { letter }
    };
    header::SET_COOKIE.as_str().chars().map(letter).collect()
}
