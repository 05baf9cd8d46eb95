#![no_main]
//! The small formats of minilambda-local: variables, claims, tokens, policies, patterns. Nothing
//! panics.

use libfuzzer_sys::fuzz_target;
use minilambda_local::fuzzing;

fuzz_target!(|text: &str| fuzzing::read_text(text));
