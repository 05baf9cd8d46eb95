//! Patterns with `*` and `?`, as ARNs of policies and media types have them.

/// Whether a text matches a pattern: `*` is any text, even an empty one, and `?` is one character.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut place) = (0, 0);
    // The last star, and where the text that it stands for ends so far.
    let mut star: Option<(usize, usize)> = None;
    while let Some(c) = text.get(place) {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, place));
                at += 1;
            }
            Some(wanted) if wanted == c || *wanted == '?' => {
                at += 1;
                place += 1;
            }
            _ => {
                let Some((star_at, end)) = star else { return false };
                star = Some((star_at, end + 1));
                (at, place) = (star_at + 1, end + 1);
            }
        }
    }
    pattern.iter().skip(at).all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn stars_and_question_marks_stand_for_text() {
        for (pattern, text, expected) in [
            ("*/*", "image/png", true),
            ("image/*", "image/png", true),
            ("image/*", "image", false),
            ("image/png", "image/pngx", false),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("a?c", "abc", true),
            ("a?c", "ac", false),
            ("*", "", true),
            ("", "", true),
            ("", "a", false),
            ("*GET/*/admin", "arn/GET/a/b/admin", true),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
        // It takes no exponential time.
        assert!(!matches(&"a*".repeat(30), &"a".repeat(20)));
        assert!(!matches(&format!("{}b", "*a".repeat(1000)), &"a".repeat(3000)));
    }
}
