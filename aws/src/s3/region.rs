//! Buckets of other regions: S3 says which, and it is remembered.

use super::Action;
use crate::attempts::MAX_ATTEMPTS;
use crate::client::Place;
use crate::endpoint::check_region;
use crate::environment::lock;
use crate::error::Error;
use crate::response::Response;
use crate::rest::Request;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Mutex;

/// A function works on a few buckets.
const MAX_BUCKETS: usize = 256;

/// The regions of buckets that are not in that of their client.
static KNOWN: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

/// Returns the place of a request, in the region that is known of its bucket.
pub(super) fn place(request: &Request, bucket: &str) -> Result<Place, Error> {
    let known = lock(&KNOWN).get(bucket).cloned();
    request.place_in(known.as_deref())
}

impl Action<'_> {
    /// Sends the request; once more, if S3 says that the bucket is in another region.
    pub fn send(&self, mut into: Option<&mut (dyn Write + '_)>) -> Result<Response, Error> {
        let place = place(&self.request, self.bucket)?;
        let asked = place.region.clone();
        let mut attempts_left = MAX_ATTEMPTS;
        let writer = into.as_mut().map(|writer| &mut **writer as &mut dyn Write);
        let error = match self.request.send_to(place, writer, &mut attempts_left) {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        let Some(region) = other_region(&error, &asked) else { return Err(error) };
        log::debug!("the bucket {} is in {region}", self.bucket);
        let mut known = lock(&KNOWN);
        if known.len() >= MAX_BUCKETS {
            known.clear();
        }
        known.insert(self.bucket.to_owned(), region.clone());
        drop(known);
        if attempts_left == 0 {
            return Err(error);
        }
        let writer = into.as_mut().map(|writer| &mut **writer as &mut dyn Write);
        let place = self.request.place_in(Some(&region))?;
        self.request.send_to(place, writer, &mut attempts_left)
    }
}

/// The region that a refusal names: with the status 301, 307 or 400.
fn other_region(error: &Error, asked: &str) -> Option<String> {
    let region = error.other_region(asked)?;
    let is_about_region = matches!(error.status(), Some(301 | 307 | 400));
    (is_about_region && check_region(region).is_ok()).then(|| region.to_owned())
}
