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

/// See <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>.
const MAX_LOAD_BALANCER_BYTES: usize = 1024 * 1024;

/// Writes a response as the response of a function, over what is in `memory`.
///
/// # Errors
/// `Function.ResponseSizeTooLarge` if it is larger than a load balancer accepts, which would
/// respond with status 502 and say nothing. What Lambda accepts is checked by the runtime.
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
    let response = Envelope {
        status_code: status.as_u16(),
        status_description: has_description.then(description),
        headers: (front_end != FrontEnd::LoadBalancerMultiValue).then_some(Object(single)),
        multi_value_headers: has_multi.then_some(Object(multi)),
        // Without cookies the list is empty: cargo-lambda's emulator takes no response without it.
        cookies: has_cookies.then_some(cookies),
        body,
        is_base64_encoded,
    }
    .to_json(memory)?;
    if front_end.is_load_balancer() && response.len() > MAX_LOAD_BALANCER_BYTES {
        return Err(Error::new(
            "Function.ResponseSizeTooLarge",
            format!(
                "the response has {} bytes and a load balancer accepts at most {}: return less, or a \
                 redirect to an object of S3",
                response.len(),
                MAX_LOAD_BALANCER_BYTES
            ),
        ));
    }
    Ok(response)
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

#[cfg(test)]
mod tests {
    use super::{FrontEnd, Response, in_spellings, write};
    use http::header::{self, HeaderValue};
    use minilambda::{decode, encode};
    use minilambda_events::{Base64, Headers, MultiHeaders, alb, apigateway, lattice};
    use miniserde::json::{self, Value};

    /// Writes a response by the types of `minilambda-events`.
    fn by_types(front_end: FrontEnd, response: &Response) -> Vec<u8> {
        let status_code = response.status().as_u16();
        let status_description = Some(response.status().to_string());
        let mut single: Vec<(String, String)> = Vec::new();
        let (mut multi, mut cookies) = (MultiHeaders::default(), Vec::new());
        for name in response.headers().keys() {
            let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
            let values: Vec<_> = response.headers().get_all(name).iter().map(text).collect();
            let of_name = |value: String| (name.to_string(), value);
            let is_cookie = name == header::SET_COOKIE;
            match front_end {
                FrontEnd::FunctionUrl | FrontEnd::HttpApi if is_cookie => cookies = values,
                FrontEnd::LoadBalancerMultiValue => multi.extend(values.into_iter().map(of_name)),
                FrontEnd::HttpApiV1 | FrontEnd::RestApi if values.len() > 1 => {
                    multi.extend(values.into_iter().map(of_name));
                }
                FrontEnd::LoadBalancer if is_cookie => {
                    let cookies = in_spellings(values.into_iter().map(Into::into).collect());
                    single.extend(cookies.map(|(name, it)| (name.into_owned(), it.into_owned())));
                }
                _ if is_cookie => single.extend(values.into_iter().next_back().map(of_name)),
                _ => single.push(of_name(values.join(", "))),
            }
        }
        let multi_value_headers = (!multi.is_empty()).then_some(multi);
        let (body, is_base64_encoded) = match std::str::from_utf8(response.body()) {
            Ok(text) => (Some(text.to_owned()), Some(false)),
            Err(_) => (Some(Base64::encode(response.body()).0), Some(true)),
        };
        let headers: Option<Headers> = Some(single.into_iter().collect());
        match front_end {
            FrontEnd::RestApi | FrontEnd::HttpApiV1 => encode(&apigateway::rest::Response {
                status_code,
                headers,
                multi_value_headers,
                body,
                is_base64_encoded,
            }),
            FrontEnd::HttpApi | FrontEnd::FunctionUrl => encode(&apigateway::http::Response {
                status_code,
                headers,
                cookies: Some(cookies.into_iter().map(Into::into).collect()),
                body,
                is_base64_encoded,
            }),
            FrontEnd::LoadBalancer => encode(&alb::Response {
                status_code,
                status_description,
                headers,
                multi_value_headers: None,
                body,
                is_base64_encoded,
            }),
            FrontEnd::LoadBalancerMultiValue => encode(&alb::Response {
                status_code,
                status_description,
                headers: None,
                multi_value_headers: Some(multi_value_headers.unwrap_or_default()),
                body,
                is_base64_encoded,
            }),
            FrontEnd::LatticeV1 | FrontEnd::LatticeV2 => encode(&lattice::Response {
                status_code,
                status_description,
                headers,
                body,
                is_base64_encoded,
            }),
        }
    }

    #[test]
    fn a_response_is_written_as_its_type_is() {
        let names = ["set-cookie", "x-a", "vary", "set-cookie", "x-a", "set-cookie"];
        for (body, status) in [(&b"text \"\n\xc3\xa9"[..], 200), (b"\xff", 404), (b"", 418)] {
            for kept in 0..1_usize << names.len() {
                let mut response = Response::bytes(status, "text/plain", body);
                for (at, name) in names.iter().enumerate().filter(|(at, _)| kept >> at & 1 == 1) {
                    let bytes = [0xc3, 0xa8 + u8::try_from(at).unwrap()];
                    let value = HeaderValue::from_bytes(&bytes).unwrap();
                    response.headers_mut().append(*name, value);
                }
                response.headers_mut().append("x-bad", HeaderValue::from_bytes(b"\xff").unwrap());
                for front_end in FrontEnd::ALL {
                    let written = write(front_end, &response, b"the event".to_vec()).unwrap();
                    let (new, old): (Value, Value) = (
                        decode(&written).unwrap(),
                        decode(&by_types(front_end, &response)).unwrap(),
                    );
                    assert_eq!(json::to_string(&new), json::to_string(&old), "{front_end:?}");
                }
            }
        }
    }
}
