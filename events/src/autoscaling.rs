//! Amazon EC2 Auto Scaling: custom termination policies.
//!
//! What happens to instances comes from EventBridge: see
//! [`eventbridge::autoscaling`](crate::eventbridge::autoscaling).
//!
//! See
//! <https://docs.aws.amazon.com/autoscaling/ec2/userguide/lambda-custom-termination-policy.html>;
//! examples are in `data/autoscaling-termination.json` and
//! `data/autoscaling-termination-response.json`.

use crate::values::omit_absent;
use miniserde::{Deserialize, Serialize};

/// The instances that may be terminated.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct TerminationEvent {
    #[serde(rename = "AutoScalingGroupARN")]
    pub auto_scaling_group_arn: Option<String>,
    #[serde(rename = "AutoScalingGroupName")]
    pub auto_scaling_group_name: String,
    #[serde(rename = "CapacityToTerminate")]
    pub capacity_to_terminate: Vec<Capacity>,
    /// Those that Auto Scaling suggests, at most 30,000.
    #[serde(rename = "Instances")]
    pub instances: Vec<Instance>,
    /// `true` if there are more than 30,000.
    #[serde(rename = "HasMoreInstances")]
    pub has_more_instances: Option<bool>,
    /// `SCALE_IN`, `INSTANCE_REFRESH`, `MAX_INSTANCE_LIFETIME` or `REBALANCE`.
    #[serde(rename = "Cause")]
    pub cause: Option<String>,
}

/// The capacity that is to be terminated in a zone.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Capacity {
    #[serde(rename = "AvailabilityZone")]
    pub availability_zone: Option<String>,
    #[serde(rename = "Capacity")]
    pub capacity: Option<u64>,
    /// `on-demand` or `spot`.
    #[serde(rename = "InstanceMarketOption")]
    pub instance_market_option: Option<String>,
}

/// An instance.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Instance {
    #[serde(rename = "AvailabilityZone")]
    pub availability_zone: Option<String>,
    #[serde(rename = "InstanceId")]
    pub instance_id: String,
    #[serde(rename = "InstanceType")]
    pub instance_type: Option<String>,
    #[serde(rename = "InstanceMarketOption")]
    pub instance_market_option: Option<String>,
}

omit_absent! {
    /// The instances that are ready to be terminated. If there is none, the function is invoked
    /// again a little later.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct TerminationResponse {
        #[serde(rename = "InstanceIDs")]
        pub instance_ids: Vec<String>,
    }
}

impl TerminationEvent {
    /// Returns the response with those of the instances that the function accepts.
    pub fn instances_that(
        &self,
        mut accepts: impl FnMut(&Instance) -> bool,
    ) -> TerminationResponse {
        let accepted = self.instances.iter().filter(|instance| accepts(instance));
        let instance_ids = accepted.map(|instance| instance.instance_id.clone()).collect();
        TerminationResponse { instance_ids }
    }
}
