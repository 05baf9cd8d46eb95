//! Content negotiation (RFC 9110, section 12.5.1).

/// Returns the media type that the client prefers. Of equal preference it is the first that is
/// offered. Without an `Accept` header it is the first.
pub(crate) fn preferred<'a>(accept: Option<&str>, offered: &[&'a str]) -> Option<&'a str> {
    let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else {
        return offered.first().copied();
    };
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

#[cfg(test)]
mod tests {
    use super::preferred;

    #[test]
    fn the_weights_and_the_precision_decide() {
        let offered = ["application/json", "text/csv"];
        for (accept, expected) in [
            (None, Some("application/json")),
            (Some(""), Some("application/json")),
            (Some("*/*"), Some("application/json")),
            (Some("text/csv"), Some("text/csv")),
            (Some("TEXT/*"), Some("text/csv")),
            (Some("text/csv;q=0.5, application/json;q=0.4"), Some("text/csv")),
            (Some("application/*;q=0.1, */*;q=0.5"), Some("text/csv")),
            (Some("application/json;q=0, */*"), Some("text/csv")),
            (Some("image/png"), None),
            (Some("application/json;q=0"), None),
            (Some("nonsense"), None),
            (
                Some("application/json; charset=utf-8; Q=0.3, text/csv;q=.2"),
                Some("application/json"),
            ),
            // An entry that is malformed hides no other.
            (Some("application/json;q=1.5, text/csv;q=0.1"), Some("text/csv")),
            (Some("application/json;q=-1, text/csv;q=0.1"), Some("text/csv")),
            (Some("application/json;q=nan, text/csv;q=0.1"), Some("text/csv")),
            (Some("application/json;q=inf, text/csv;q=0.1"), Some("text/csv")),
            (Some("application/json;q=1e0, text/csv;q=0.1"), Some("text/csv")),
            (Some("application/json;q=high, text/csv;q=0.1"), Some("text/csv")),
            (Some("application/json;q=, text/csv;q=0.1"), Some("text/csv")),
            (Some("application/json;q, text/csv;q=0.1"), Some("text/csv")),
            (Some("application/json;q=1.000, text/csv;q=1.001"), Some("application/json")),
            (Some("*/json, application/, /json, json, ;q=1,, text/csv"), Some("text/csv")),
            (Some("Jörg/json, text/csv"), Some("text/csv")),
            (Some("text/csv;q=2"), None),
        ] {
            assert_eq!(preferred(accept, &offered), expected, "{accept:?}");
        }
    }
}
