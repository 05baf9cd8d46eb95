use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use lambda_runtime::{Diagnostic, Error, LambdaEvent};

struct OutOfStock;

impl From<OutOfStock> for Diagnostic {
    fn from(_: OutOfStock) -> Self {
        Diagnostic { error_type: "OutOfStock".into(), error_message: "no cups are left".into() }
    }
}

async fn order(event: LambdaEvent<u32>) -> Result<u32, OutOfStock> {
    if event.payload > 7 { Err(OutOfStock) } else { Ok(event.payload) }
}

fn is_missing(error: &impl ProvideErrorMetadata) -> bool {
    error.code() == Some("ResourceNotFoundException")
}

async fn number(event: LambdaEvent<String>) -> Result<u32, Error> {
    Ok(event.payload.parse()?)
}
