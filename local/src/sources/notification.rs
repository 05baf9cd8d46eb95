//! The notification configuration of a bucket: what others have set in it is kept as it is written.
//!
//! See
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketNotificationConfiguration.html>.

use crate::aws::{self, Endpoint};
use std::fmt::Write;

const ROOT: &str = "NotificationConfiguration";

const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// What a bucket sends, to which queue.
#[derive(Clone, Debug, Default, Hash, PartialEq)]
pub(super) struct Notification {
    pub events: Vec<String>,
    pub prefix: Option<String>,
    pub suffix: Option<String>,
}

/// Sets a notification beside what is in a configuration, unless it is there: its id is another one
/// if anything in it is.
pub(super) fn set(
    s3: &Endpoint,
    bucket: &str,
    configuration: &str,
    id: &str,
    queue_arn: &str,
    notification: &Notification,
) -> Result<(), String> {
    let (others, own) = split(configuration, id);
    if own.is_some_and(|own| aws::inside(own, "Queue") == Some(queue_arn)) {
        return Ok(());
    }
    put(s3, bucket, &(others + &notification.xml(id, queue_arn)))
}

/// Removes a notification, if it is there.
pub(super) fn remove(s3: &Endpoint, bucket: &str, id: &str) -> Result<(), String> {
    let set = get(s3, bucket)?;
    match split(&set, id) {
        (others, Some(_)) => put(s3, bucket, &others),
        _ => Ok(()),
    }
}

/// Returns the elements of the configuration of a bucket. An error if there is no such bucket in
/// the region of the functions, or the configuration is not understood.
pub(super) fn find(s3: &Endpoint, bucket: &str) -> Result<String, String> {
    let configuration = get(s3, bucket)?;
    let request = format!("GET /{bucket}?location");
    let location = s3.send("GetBucketLocation", &request, &[], b"")?;
    let region = region(&location);
    if region != s3.region {
        return Err(format!(
            "it is in {region}, and the functions are in {}, which Lambda refuses: set AWS_REGION in \
             the file of variables, or take a bucket there",
            s3.region
        ));
    }
    Ok(configuration)
}

/// The region of a bucket; the oldest one has no name here.
fn region(location: &str) -> &str {
    let inside = location.split_once("</LocationConstraint>").map(|(before, _)| before);
    let name = inside.and_then(|before| before.rsplit('>').next()).map(str::trim);
    name.filter(|name| !name.is_empty()).unwrap_or("us-east-1")
}

/// Returns the elements of the configuration of a bucket.
fn get(s3: &Endpoint, bucket: &str) -> Result<String, String> {
    let request = format!("GET /{bucket}?notification");
    let document = s3.send("GetBucketNotificationConfiguration", &request, &[], b"")?;
    elements(&document).map(str::to_owned).ok_or_else(|| {
        "its notification configuration is not understood, so nothing is changed in it".to_owned()
    })
}

fn put(s3: &Endpoint, bucket: &str, elements: &str) -> Result<(), String> {
    let request = format!("PUT /{bucket}?notification");
    let body = format!("<{ROOT} xmlns=\"{NAMESPACE}\">{elements}</{ROOT}>");
    s3.send("PutBucketNotificationConfiguration", &request, &[], body.as_bytes()).map(drop)
}

/// The inside of the document's root, which may be empty. moto has another name for an empty one.
fn elements(document: &str) -> Option<&str> {
    let root =
        document.split('<').find(|tag| tag.starts_with(|c: char| c.is_ascii_alphabetic()))?;
    let (tag, _) = root.split_once('>')?;
    let name = tag.split(|c: char| c.is_whitespace() || c == '/').next()?;
    if ![ROOT, "GetBucketNotificationResponse"].contains(&name) {
        return None;
    }
    if tag.ends_with('/') {
        return Some("");
    }
    let (_, rest) = document.split_once(&format!("<{tag}>"))?;
    rest.rsplit_once(&format!("</{name}>")).map(|(inside, _)| inside)
}

/// Takes the notification with an id out of the others.
fn split<'a>(elements: &'a str, id: &str) -> (String, Option<&'a str>) {
    const NAME: &str = "QueueConfiguration";
    let (mut others, mut own, mut rest) = (String::new(), None, elements);
    while let Some((before, after)) = rest.split_once(&format!("<{NAME}>")) {
        let Some((inside, after)) = after.split_once(&format!("</{NAME}>")) else { break };
        others.push_str(before);
        if aws::inside(inside, "Id") == Some(id) {
            own = Some(inside);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(others, "<{NAME}>{inside}</{NAME}>");
        }
        rest = after;
    }
    (others + rest, own)
}

impl Notification {
    fn xml(&self, id: &str, queue_arn: &str) -> String {
        let mut rules = String::new();
        for (name, value) in [("prefix", &self.prefix), ("suffix", &self.suffix)] {
            if let Some(value) = value {
                let value = escaped(value);
                let rule = format!("<Name>{name}</Name><Value>{value}</Value>");
                let _ = write!(rules, "<FilterRule>{rule}</FilterRule>");
            }
        }
        if !rules.is_empty() {
            rules = format!("<Filter><S3Key>{rules}</S3Key></Filter>");
        }
        let mut events = String::new();
        for event in &self.events {
            let _ = write!(events, "<Event>s3:{event}</Event>");
        }
        format!(
            "<QueueConfiguration><Id>{id}</Id><Queue>{queue_arn}</Queue>{events}{rules}\
             </QueueConfiguration>"
        )
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "minilambda-local-1";

    #[test]
    fn what_others_have_set_stays_as_it_is_written() {
        let own = Notification {
            events: vec!["ObjectCreated:*".to_owned(), "ObjectRemoved:Delete".to_owned()],
            prefix: Some("a&b/<é>".to_owned()),
            suffix: None,
        };
        let own = own.xml(ID, "arn:q");
        let topic = "\n <TopicConfiguration><Id>t</Id><Topic>a</Topic></TopicConfiguration>\n";
        let queue = "<QueueConfiguration>\n<Id>other</Id><Queue>q</Queue></QueueConfiguration>";
        let bridge = "<EventBridgeConfiguration/>";
        let others = format!("{topic}{queue}{bridge}");
        assert_eq!(split(&others, ID), (others.clone(), None));
        let set = format!("{topic}{own}{queue}{bridge}");
        let (left, found) = split(&set, ID);
        assert_eq!(left, others);
        assert_eq!(aws::inside(found.unwrap(), "Queue"), Some("arn:q"));
        assert!(own.contains("<Value>a&amp;b/&lt;é&gt;</Value>"), "{own}");
        // What is no complete element is left alone.
        let broken = format!("{queue}<QueueConfiguration><Id>{ID}</Id>");
        assert_eq!(split(&broken, ID), (broken.clone(), None));
    }

    #[test]
    fn a_bucket_without_a_location_is_in_the_oldest_region() {
        for (location, expected) in [
            ("<LocationConstraint xmlns=\"a\">eu-central-1</LocationConstraint>", "eu-central-1"),
            ("<?xml?>\n<LocationConstraint xmlns=\"a\"></LocationConstraint>", "us-east-1"),
            ("<LocationConstraint xmlns=\"a\"/>", "us-east-1"),
        ] {
            assert_eq!(region(location), expected, "{location}");
        }
    }

    #[test]
    fn a_configuration_is_that_of_s3_or_not_understood() {
        for (document, expected) in [
            ("<NotificationConfiguration/>", Some("")),
            ("<?xml version=\"1.0\"?>\n<NotificationConfiguration xmlns=\"a\"/>", Some("")),
            ("<NotificationConfiguration xmlns=\"a\"></NotificationConfiguration>", Some("")),
            ("<NotificationConfiguration><A/></NotificationConfiguration>", Some("<A/>")),
            ("<NotificationConfiguration><A/>", None),
            ("<NotificationConfigurations></NotificationConfigurations>", None),
            ("<?xml version=\"1.0\"?>\n<GetBucketNotificationResponse xmlns=\"a\"/>", Some("")),
            ("<html></html>", None),
            ("<Error><Code>NotificationConfiguration</Code></Error>", None),
            ("", None),
        ] {
            assert_eq!(elements(document), expected, "{document}");
        }
    }
}
