//! How much memory a call may take for data that expands.

use std::env;

const MB: usize = 1 << 20;

/// Without the variable: the memory of the smallest function.
const SMALLEST_MB: usize = 128;

/// Returns a quarter of the function's memory, in bytes. The rest is for the program, the event and the
/// work on the data.
pub(crate) fn quarter_of_memory() -> usize {
    quarter(env::var("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").ok().as_deref())
}

fn quarter(memory_mb: Option<&str>) -> usize {
    let mb = memory_mb.and_then(|text| text.parse().ok()).filter(|mb| *mb > 0);
    mb.unwrap_or(SMALLEST_MB).saturating_mul(MB) / 4
}

#[cfg(test)]
mod tests {
    use super::quarter;

    #[test]
    fn it_is_that_of_the_smallest_function_unless_the_variable_says_more() {
        for (memory_mb, quarter_mb) in
            [(None, 32), (Some("512"), 128), (Some(""), 32), (Some("0"), 32), (Some("-1"), 32)]
        {
            assert_eq!(quarter(memory_mb), quarter_mb << 20, "{memory_mb:?}");
        }
        assert!(quarter(Some("18446744073709551615")) >= usize::MAX / 8);
    }
}
