//! Amazon Lex: code hooks of bots, in [version 2](v2) and in [version 1](v1).

pub mod v1;
pub mod v2;
