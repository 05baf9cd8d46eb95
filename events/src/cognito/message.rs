//! Amazon Cognito: triggers that change or send messages.
//!
//! See
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-custom-message.html>
//! and
//! <https://docs.aws.amazon.com/cognito/latest/developerguide/user-pool-lambda-custom-sender-triggers.html>;
//! examples are in `data/cognito-custom-message.json`, `data/cognito-custom-email-sender.json` and
//! `data/cognito-custom-sms-sender.json`.

use crate::cognito::{Attributes, EmptyResponse, Event, with_user_attributes};
use crate::values::{checked_text, omit_absent};
use crate::{Base64, Secret};
use miniserde::Deserialize;

/// Changes the text of a message that Cognito sends.
pub type CustomMessage = Event<CustomMessageSource, CustomMessageRequest, CustomMessageResponse>;

/// Sends an email instead of Cognito.
pub type CustomEmailSender = Event<CustomEmailSenderSource, CustomSenderRequest, EmptyResponse>;

/// Sends an SMS instead of Cognito.
pub type CustomSmsSender = Event<CustomSmsSenderSource, CustomSenderRequest, EmptyResponse>;

checked_text! {
    /// `CustomMessage_SignUp`, `CustomMessage_AdminCreateUser`, `CustomMessage_ResendCode`,
    /// `CustomMessage_ForgotPassword`, `CustomMessage_UpdateUserAttribute`,
    /// `CustomMessage_VerifyUserAttribute` or `CustomMessage_Authentication`.
    pub struct CustomMessageSource(|text| text.starts_with("CustomMessage_"), "CustomMessage_SignUp")
}

checked_text! {
    /// `CustomEmailSender_SignUp`, and so on as in [`CustomMessageSource`], and
    /// `CustomEmailSender_AccountTakeOverNotification`.
    pub struct CustomEmailSenderSource(|text| text.starts_with("CustomEmailSender_"), "CustomEmailSender_SignUp")
}

checked_text! {
    /// `CustomSMSSender_SignUp`, and so on as in [`CustomMessageSource`].
    pub struct CustomSmsSenderSource(|text| text.starts_with("CustomSMSSender_"), "CustomSMSSender_SignUp")
}

omit_absent! {
    /// The message.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct CustomMessageRequest {
        /// The user's attributes.
        #[serde(rename = "userAttributes")]
        pub user_attributes: Option<Attributes>,
        /// The placeholder of the code, which the message must contain.
        #[serde(rename = "codeParameter")]
        pub code_parameter: Option<String>,
        /// The placeholder of the link, if a link is sent instead of a code.
        #[serde(rename = "linkParameter")]
        pub link_parameter: Option<String>,
        /// The placeholder of the user's name, which an invitation must contain.
        #[serde(rename = "usernameParameter")]
        pub username_parameter: Option<String>,
        /// The metadata that the app sent for the triggers.
        #[serde(rename = "clientMetadata")]
        pub client_metadata: Option<Attributes>,
    }
}

omit_absent! {
    /// The texts. An absent one is that of the pool's configuration.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct CustomMessageResponse {
        /// The text of an SMS.
        #[serde(rename = "smsMessage")]
        pub sms_message: Option<String>,
        /// The text of an email, which may be HTML.
        #[serde(rename = "emailMessage")]
        pub email_message: Option<String>,
        #[serde(rename = "emailSubject")]
        pub email_subject: Option<String>,
    }
}

omit_absent! {
    /// The message to send.
    #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
    pub struct CustomSenderRequest {
        /// `customEmailSenderRequestV1` or `customSMSSenderRequestV1`.
        #[serde(rename = "type")]
        pub kind: Option<String>,
        /// The code or the temporary password, encrypted by the AWS Encryption SDK with the pool's
        /// key. Absent in a warning.
        pub code: Option<Secret<Base64>>,
        /// The user's attributes. In a warning: those of the sign-in.
        #[serde(rename = "userAttributes")]
        pub user_attributes: Option<Attributes>,
        /// The metadata that the app sent for the triggers.
        #[serde(rename = "clientMetadata")]
        pub client_metadata: Option<Attributes>,
    }
}

with_user_attributes!(CustomMessageRequest, CustomSenderRequest);

#[cfg(test)]
mod tests {
    use super::CustomMessage;
    use miniserde::json;

    #[test]
    fn the_templates_in_aws_documentation_are_taken_too() {
        // The version is a number, the sources are all in one, an attribute is no text.
        let text = r#"{"version":1,"triggerSource":"CustomMessage_SignUp/CustomMessage_ResendCode","userPoolId":"eu-north-1_a1B2c3D4e","request":{"userAttributes":{"email_verified":true}},"response":{}}"#;
        let event: CustomMessage = json::from_str(text).unwrap();
        assert_eq!(json::to_string(&event), text);
        assert_eq!(event.request.attribute("email_verified"), None);
        let other = text.replace("CustomMessage_SignUp", "PreSignUp_SignUp");
        assert!(json::from_str::<CustomMessage>(&other).is_err());
    }
}
