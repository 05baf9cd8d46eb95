//! The HTTP API of the carrier.

use crate::{Order, Parcel, setting};
use minilambda::{Error, decode};
use minilambda_aws::parameters;
use miniserde::{Deserialize, json};
use std::sync::OnceLock;
use std::time::Duration;
use ureq::Agent;

struct Carrier {
    agent: Agent,
    url: String,
    authorization: String,
}

static CARRIER: OnceLock<Carrier> = OnceLock::new();

#[derive(Deserialize)]
struct Secret {
    token: String,
}

/// Called before the first event, while the function has a whole CPU.
pub fn connect() -> Result<(), Error> {
    let secret: Secret = parameters::secret_json(&setting("SECRET")?)?;
    let config = Agent::config_builder()
        .timeout_connect(Some(Duration::from_secs(3)))
        .timeout_global(Some(Duration::from_secs(10))) // of a request, with its response
        .max_idle_age(Duration::from_secs(5)) // servers close what is idle
        .build();
    let (url, authorization) = (setting("CARRIER")?, format!("Bearer {}", secret.token));
    CARRIER.get_or_init(|| Carrier { agent: config.into(), url, authorization });
    Ok(())
}

/// An error of the network, and a status of 400 or more, is an error of the kind `Carrier`.
pub fn book(order: &Order) -> Result<Parcel, Error> {
    let carrier = CARRIER.get().ok_or("the carrier is not connected")?;
    let request = carrier
        .agent
        .post(&carrier.url)
        .header("Authorization", &carrier.authorization)
        .header("Idempotency-Key", &order.id)
        .content_type("application/json");
    let response = request.send(json::to_string(order));
    let body = response.and_then(|response| response.into_body().read_to_vec());
    decode(&body.map_err(|error| Error::wrap("Carrier", &error))?)
}
