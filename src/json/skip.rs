//! Skips values of JSON without building them.

use super::scan::{Result, Scanner};
use std::borrow::Cow;

impl<'a> Scanner<'a> {
    /// Skips a value. It needs one byte of memory for each level of nesting.
    pub(super) fn skip_value(&mut self) -> Result<()> {
        let mut closes = Vec::new();
        loop {
            let is_open = match self.next() {
                open @ (b'{' | b'[') => {
                    self.at += 1;
                    let close = open + 2; // in ASCII
                    closes.push(close);
                    let is_empty = self.next() == close;
                    if !is_empty && open == b'{' {
                        self.skip_key()?;
                    }
                    !is_empty
                }
                b'"' => self.skip_string().map(|()| false)?,
                b't' => self.literal("true").map(|()| false)?,
                b'f' => self.literal("false").map(|()| false)?,
                b'n' => self.literal("null").map(|()| false)?,
                _ => self.skip_number().map(|()| false)?,
            };
            if is_open {
                continue;
            }
            loop {
                let Some(close) = closes.last().copied() else { return Ok(()) };
                if self.skip_byte(b',') {
                    if close == b'}' {
                        self.skip_key()?;
                    }
                    break;
                }
                self.expect(close)?;
                closes.pop();
            }
        }
    }

    /// Calls a function for each field of the object that begins here, at the start of its value.
    /// The function returns true if it has read the value.
    pub(super) fn fields(
        &mut self,
        mut field: impl FnMut(&mut Self, Cow<'a, str>) -> Result<bool>,
    ) -> Result<()> {
        self.expect(b'{')?;
        let mut more = self.next() != b'}';
        while more {
            let key = self.key()?;
            if !field(self, key)? {
                self.skip_value()?;
            }
            more = self.skip_byte(b',');
        }
        self.expect(b'}')
    }
}

#[cfg(test)]
mod tests {
    use super::Scanner;

    #[test]
    fn a_value_is_skipped_to_its_end() {
        for value in [
            "{}",
            "[]",
            "[1,-2.5e+3,\"a\\\"b\",{\"c\":[null,true,false]}]",
            "\"\\ud800\"",
            "0",
            "1e999",
        ] {
            let text = format!(" {value} ,x");
            let mut scanner = Scanner::new(&text);
            assert!(scanner.skip_value().is_ok(), "{value}");
            assert_eq!(scanner.at, value.len() + 1, "{value}");
        }
        for value in [
            "",
            "{",
            "[1",
            "[1,]",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "01",
            "-",
            "1.",
            "1e",
            "\"a",
            "\"\\u12g4\"",
            "nul",
            "[}",
        ] {
            assert!(Scanner::new(value).skip_value().is_err(), "{value}");
        }
    }
}
