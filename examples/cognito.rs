//! Two triggers of a Cognito user pool: who may sign up, and what the tokens say.
//!
//! ```text
//! cargo run --example cognito -- cognito.sign-up data/cognito-pre-sign-up.json
//! cargo run --example cognito -- cognito.token data/cognito-pre-token-generation.json
//! ```

use minilambda::{Context, Error, Handler, handler};
use minilambda_events::cognito::Attributes;
use minilambda_events::cognito::sign_up::PreSignUp;
use minilambda_events::cognito::token::{ClaimsOverrideDetails, PreTokenGeneration};
use std::process::ExitCode;

static HANDLERS: &[(&str, Handler)] =
    &[("cognito.sign-up", handler!(sign_up)), ("cognito.token", handler!(token))];

fn main() -> ExitCode {
    minilambda::run(HANDLERS)
}

/// Colleagues are confirmed at once, others need an invitation. The message of an error is what
/// the app is reported.
fn sign_up(mut event: PreSignUp, _: &Context) -> Result<PreSignUp, Error> {
    let email = event.request.attribute("email").unwrap_or_default();
    let is_colleague = email.ends_with("@example.com");
    let validation = event.request.validation_data.as_ref();
    let invitation = validation.and_then(|data| data.get("invitation"));
    if !is_colleague && invitation.is_none() {
        return Err(Error::new("NotInvited", "an invitation is needed"));
    }
    event.response_mut().auto_confirm_user = Some(is_colleague);
    Ok(event)
}

/// The ID token says which tenant the app asked for, and leaves the address out.
fn token(mut event: PreTokenGeneration, _: &Context) -> Result<PreTokenGeneration, Error> {
    let metadata = event.request.client_metadata.as_ref();
    let tenant = metadata.and_then(|data| data.get("tenant")).unwrap_or("none").to_owned();
    event.response_mut().claims_override_details = Some(ClaimsOverrideDetails {
        claims_to_add_or_override: Some(Attributes::from([("tenant", tenant)])),
        claims_to_suppress: Some(vec!["email".to_owned()]),
        ..Default::default()
    });
    Ok(event)
}
