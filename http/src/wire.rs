//! Writes responses in the form that each front end expects.

use crate::received::FrontEnd;
use crate::response::Response;
use http::header::{self, HeaderName, HeaderValue};
use minilambda::encode;
use minilambda_events::{Base64, Headers, MultiHeaders};
use minilambda_events::{alb, apigateway, lattice};

/// Writes a response as the response of a function.
pub(crate) fn write(front_end: FrontEnd, mut response: Response) -> Vec<u8> {
    let status = response.status();
    let (single, multi, cookies) = headers(&response, front_end);
    let description = || {
        let reason = status.canonical_reason();
        Some(reason.map_or(status.as_u16().to_string(), |it| format!("{} {it}", status.as_u16())))
    };
    let (body, is_base64_encoded) = match String::from_utf8(response.take_body()) {
        Ok(text) => (text, false),
        Err(error) => (Base64::encode(error.into_bytes()).0, true),
    };
    let (status_code, body) = (status.as_u16(), Some(body));
    let is_base64_encoded = Some(is_base64_encoded);
    match front_end {
        FrontEnd::RestApi | FrontEnd::HttpApiV1 => encode(&apigateway::rest::Response {
            status_code,
            headers: Some(single),
            multi_value_headers: multi,
            body,
            is_base64_encoded,
        }),
        FrontEnd::HttpApi | FrontEnd::FunctionUrl => encode(&apigateway::http::Response {
            status_code,
            headers: Some(single),
            cookies: cookies.map(|it| it.into_iter().map(Into::into).collect()),
            body,
            is_base64_encoded,
        }),
        FrontEnd::LoadBalancer | FrontEnd::LoadBalancerMultiValue => encode(&alb::Response {
            status_code,
            status_description: description(),
            headers: (front_end == FrontEnd::LoadBalancer).then_some(single),
            multi_value_headers: multi,
            body,
            is_base64_encoded,
        }),
        FrontEnd::LatticeV1 | FrontEnd::LatticeV2 => encode(&lattice::Response {
            status_code,
            status_description: description(),
            headers: Some(single),
            body,
            is_base64_encoded,
        }),
    }
}

/// Distributes the headers over the fields that the front end reads: single values, several values,
/// and cookies.
fn headers(
    response: &Response,
    front_end: FrontEnd,
) -> (Headers, Option<MultiHeaders>, Option<Vec<String>>) {
    let mut single: Vec<(String, String)> = Vec::new();
    let (mut multi, mut cookies) = (MultiHeaders::default(), Vec::new());
    let headers = response.headers();
    for name in headers.keys() {
        let text = |value: &HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let mut values: Vec<_> = headers.get_all(name).iter().map(text).collect();
        let is_cookie = name == header::SET_COOKIE;
        match front_end {
            FrontEnd::HttpApi | FrontEnd::FunctionUrl if is_cookie => cookies = values,
            FrontEnd::LoadBalancerMultiValue => multi.extend(pairs(name, values)),
            FrontEnd::RestApi | FrontEnd::HttpApiV1 if values.len() > 1 => {
                multi.extend(pairs(name, values));
            }
            FrontEnd::LoadBalancer if is_cookie => single.extend(in_spellings(values)),
            _ if is_cookie => {
                if values.len() > 1 {
                    let count = values.len();
                    log::error!("only the last of {count} cookies is sent: VPC Lattice sends one");
                }
                single.extend(values.pop().map(|value| (name.to_string(), value)));
            }
            _ => single.push((name.to_string(), values.join(", "))),
        }
    }
    let has_multi = !multi.is_empty() || front_end == FrontEnd::LoadBalancerMultiValue;
    // Without cookies the list is empty: cargo-lambda's emulator takes no response without it.
    (single.into_iter().collect(), has_multi.then_some(multi), Some(cookies))
}

/// The letters of `set-cookie` in small or capital letters.
const SPELLINGS: usize = 1 << 9;

/// Gives each cookie another spelling of the name. An object has a name once, but a load balancer
/// passes on names that differ in case. The spellings are in the order of bytes, as the map writes
/// them; the last is in small letters.
fn in_spellings(mut cookies: Vec<String>) -> impl Iterator<Item = (String, String)> {
    if let Some(surplus) = cookies.len().checked_sub(SPELLINGS).filter(|surplus| *surplus > 0) {
        log::error!(
            "{surplus} of {} cookies are left out: a load balancer takes {SPELLINGS} without \
             lambda.multi_value_headers.enabled",
            cookies.len()
        );
        cookies.drain(..surplus);
    }
    let first = SPELLINGS - cookies.len();
    cookies.into_iter().enumerate().map(move |(index, cookie)| (spelling(first + index), cookie))
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

fn pairs(name: &HeaderName, values: Vec<String>) -> impl Iterator<Item = (&str, String)> {
    values.into_iter().map(|value| (name.as_str(), value))
}
