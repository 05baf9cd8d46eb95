//! Which functions `durable!` accepts.

use crate::context::Durable;
use crate::failure::Result;

/// A function that [`durable!`](crate::durable!) accepts.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a durable function",
    label = "not of the form `fn(E, &Durable) -> minilambda_durable::Result<R>`",
    note = "a durable function is a plain function, not an async one; it takes its input by value and then `&minilambda_durable::Durable`",
    note = "it returns `minilambda_durable::Result<R>`; the input `E` is `minilambda::FromJson` and the result `R` is `minilambda::ToJson`: types that derive `miniserde::Deserialize` and `miniserde::Serialize`, or `minilambda::Serde<T>` for a type with serde's derives"
)]
pub trait Function<E, R>: Copy {
    #[doc(hidden)]
    fn invoke(self, input: E, durable: &Durable) -> Result<R>;
}

#[diagnostic::do_not_recommend]
impl<F: Fn(E, &Durable) -> Result<R> + Copy, E, R> Function<E, R> for F {
    fn invoke(self, input: E, durable: &Durable) -> Result<R> {
        self(input, durable)
    }
}
