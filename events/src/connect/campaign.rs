//! Amazon Connect: custom actions of outbound campaigns.
//!
//! See <https://docs.aws.amazon.com/connect/latest/adminguide/lambda-invoke-functions.html>;
//! examples are in `data/connect-outbound-campaigns.json` and
//! `data/connect-outbound-campaigns-response.json`.

use crate::values::{from_json, omit_absent};
use crate::{Error, Json};
use minilambda::FromJson;
use miniserde::{Deserialize, Serialize};

/// A batch of customer profiles.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    #[serde(rename = "InvocationMetadata")]
    pub invocation_metadata: InvocationMetadata,
    #[serde(rename = "Items")]
    pub items: Items,
}

/// The action that invokes the function.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct InvocationMetadata {
    #[serde(rename = "CampaignContext")]
    pub campaign_context: CampaignContext,
}

/// A campaign.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct CampaignContext {
    #[serde(rename = "CampaignId")]
    pub campaign_id: String,
    #[serde(rename = "RunId")]
    pub run_id: Option<String>,
    #[serde(rename = "ActionId")]
    pub action_id: Option<String>,
    #[serde(rename = "CampaignName")]
    pub campaign_name: Option<String>,
}

/// The profiles of a batch.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Items {
    #[serde(rename = "CustomerProfiles")]
    pub customer_profiles: Vec<CustomerProfile>,
}

/// A customer.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct CustomerProfile {
    #[serde(rename = "ProfileId")]
    pub profile_id: String,
    /// JSON, decoded by [`customer_data`](Self::customer_data).
    #[serde(rename = "CustomerData")]
    pub customer_data_json: Option<String>,
    /// The same if the profile is sent again.
    #[serde(rename = "IdempotencyToken")]
    pub idempotency_token: Option<String>,
}

impl CustomerProfile {
    /// Decodes the profile's data.
    ///
    /// # Errors
    /// If there is none, it is not JSON, or it does not match the type.
    pub fn customer_data<T: FromJson>(&self) -> Result<T, Error> {
        let json = self.customer_data_json.as_deref();
        let json = json.ok_or_else(|| crate::error::invalid("the profile has no data"))?;
        from_json(json, "the profile's data")
    }
}

omit_absent! {
    /// The results.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        #[serde(rename = "Items")]
        pub items: ResponseItems,
    }
}

omit_absent! {
    /// The results of a batch.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct ResponseItems {
        #[serde(rename = "CustomerProfiles")]
        pub customer_profiles: Vec<ProfileResult>,
    }
}

omit_absent! {
    /// The result of one profile.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct ProfileResult {
        /// The `profile_id`.
        #[serde(rename = "Id")]
        pub id: String,
        /// `SUCCESS` or `FAILURE`.
        #[serde(rename = "Result")]
        pub result: Option<String>,
        /// What later actions of the campaign can read.
        #[serde(rename = "ResultData")]
        pub result_data: Option<Json>,
    }
}

impl Event {
    /// Creates a response with a result for each profile.
    pub fn results(&self, mut result: impl FnMut(&CustomerProfile) -> bool) -> Response {
        let results = self.items.customer_profiles.iter().map(|profile| ProfileResult {
            id: profile.profile_id.clone(),
            result: Some(if result(profile) { "SUCCESS" } else { "FAILURE" }.to_owned()),
            result_data: None,
        });
        Response { items: ResponseItems { customer_profiles: results.collect() } }
    }
}
