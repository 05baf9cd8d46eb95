//! Runs the tests that stand in `examples/todo.rs`. With `test = true` for the example,
//! `cargo test` would not build the program itself, which other tests run.

#[path = "../examples/todo.rs"]
#[expect(dead_code, reason = "its main function is for the program")]
mod todo;
