//! `make local`: minilambda-local's tool, built with the crates that the tests are built with.

fn main() -> std::process::ExitCode {
    minilambda_local::tool::main()
}
