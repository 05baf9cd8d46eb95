//! The tool `minilambda-local`.

use std::process::ExitCode;

fn main() -> ExitCode {
    minilambda_local::tool::main()
}
