//! Content negotiation (RFC 9110, section 12.5.1).

/// Returns the media type that the client prefers. Of equal preference it is the first that is
/// offered. With an empty `Accept` header it is the first.
pub(crate) fn preferred<'a>(accept: &str, offered: &[&'a str]) -> Option<&'a str> {
    if accept.trim().is_empty() {
        return offered.first().copied();
    }
    let ranges: Vec<_> = accept.split(',').filter_map(Range::parse).collect();
    let weight = |offer: &str| {
        let matching = ranges.iter().filter(|range| range.matches(offer));
        matching.max_by_key(|range| range.precision()).map_or(0.0, |range| range.weight)
    };
    let mut best = (0.0, None);
    for offer in offered {
        let weight = weight(offer);
        if weight > best.0 {
            best = (weight, Some(*offer));
        }
    }
    best.1
}

/// A media range such as `text/*;q=0.5`.
struct Range<'a> {
    kind: &'a str,
    subtype: &'a str,
    weight: f32,
}

impl<'a> Range<'a> {
    /// Parses an entry. A malformed one is ignored.
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(';').map(str::trim);
        let (kind, subtype) = parts.next()?.split_once('/')?;
        let is_range = is_token(kind) && is_token(subtype) && (kind != "*" || subtype == "*");
        let weight = parts.find_map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            name.trim().eq_ignore_ascii_case("q").then(|| weight(value.trim()))
        });
        is_range.then_some(Self { kind, subtype, weight: weight.unwrap_or(Some(1.0))? })
    }

    fn matches(&self, offer: &str) -> bool {
        let offer = offer.split(';').next().unwrap_or_default().trim();
        let Some((kind, subtype)) = offer.split_once('/') else { return false };
        let fits = |range: &str, part: &str| range == "*" || range.eq_ignore_ascii_case(part);
        fits(self.kind, kind) && fits(self.subtype, subtype)
    }

    /// The more precise of two matching ranges decides.
    fn precision(&self) -> u8 {
        u8::from(self.kind != "*") + u8::from(self.subtype != "*")
    }
}

/// Parses a weight from 0 to 1. `nan` and `1e-1` are refused, which Rust parses as floats.
fn weight(text: &str) -> Option<f32> {
    let is_decimal = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let weight = is_decimal.then(|| text.parse().ok())??;
    (0.0..=1.0).contains(&weight).then_some(weight)
}

fn is_token(text: &str) -> bool {
    let is_sign = |byte| b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || is_sign(byte))
}
