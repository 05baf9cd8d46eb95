//! Amazon Redshift: functions that SQL calls as Lambda UDFs.
//!
//! See <https://docs.aws.amazon.com/redshift/latest/dg/udf-creating-a-lambda-sql-udf.html>;
//! examples are in `data/redshift.json` and `data/redshift-response.json`.

use crate::values::omit_absent;
use crate::{Error, Json};
use miniserde::{Deserialize, Serialize};

/// A batch of calls.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[non_exhaustive]
pub struct Event {
    #[serde(rename = "request_id")]
    pub request_id: Option<String>,
    /// The ARN of the cluster.
    pub cluster: Option<String>,
    pub user: Option<String>,
    pub database: Option<String>,
    /// The schema and the name of the function in SQL.
    #[serde(rename = "external_function")]
    pub external_function: String,
    #[serde(rename = "query_id")]
    pub query_id: Option<i64>,
    /// The number of calls.
    #[serde(rename = "num_records")]
    pub num_records: Option<u64>,
    /// The arguments of each call. The arguments of a call may be absent.
    pub arguments: Vec<Option<Vec<Json>>>,
}

omit_absent! {
    /// The results of a batch of calls.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct Response {
        pub success: bool,
        /// The reason of a failure, which the SQL client gets.
        #[serde(rename = "error_msg")]
        pub error_msg: Option<String>,
        /// The number of results.
        #[serde(rename = "num_records")]
        pub num_records: Option<u64>,
        /// The result of each call, in their order.
        pub results: Option<Vec<Json>>,
    }
}

impl Event {
    /// Returns the response with the function's result for the arguments of each call. They are
    /// empty if they are absent. The first error is the response's.
    pub fn each<R: Into<Json>>(
        &self,
        mut function: impl FnMut(&[Json]) -> Result<R, Error>,
    ) -> Response {
        let mut calls = self.arguments.iter().map(|arguments| arguments.as_deref());
        let results: Result<Vec<Json>, Error> =
            calls.try_fold(Vec::new(), |mut results, arguments| {
                results.push(function(arguments.unwrap_or_default())?.into());
                Ok(results)
            });
        match results {
            Ok(results) => Response {
                success: true,
                num_records: Some(results.len() as u64),
                results: Some(results),
                error_msg: None,
            },
            Err(error) => {
                Response { error_msg: Some(error.message().to_owned()), ..Default::default() }
            }
        }
    }
}
