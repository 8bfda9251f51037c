//! Policy documents that grant what is missing, and no more.

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use crate::bucket::Bucket;

/// An IAM policy document that grants one missing permission on one prefix.
///
/// Displays as JSON that can be pasted where policies are written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PolicyDocument(Value);

impl PolicyDocument {
    /// Returns a policy that grants `permission` for everything below `prefix`, or on the encryption key where that is what is
    /// missing; none for a local directory.
    pub(super) fn granting(
        permission: &str,
        bucket: &Bucket,
        prefix: &str,
        encryption_key: Option<&str>,
    ) -> Option<Self> {
        let statement = statement(permission, bucket, prefix, encryption_key)?;
        Some(Self(json!({ "Version": "2012-10-17", "Statement": [statement] })))
    }

    /// Returns the policy with the least privileges that reading below `prefix` needs; none for a local directory.
    ///
    /// ```
    /// use reenact_downloader::PolicyDocument;
    ///
    /// let policy = PolicyDocument::reading(&"prod".parse()?, "pipelines/flights/").unwrap();
    /// assert_eq!(policy.as_json()["Statement"][1]["Resource"], "arn:aws:s3:::prod/pipelines/flights/*");
    /// assert_eq!(PolicyDocument::reading(&"file:///mnt/prod".parse()?, ""), None);
    /// # Ok::<(), reenact_downloader::Error>(())
    /// ```
    pub fn reading(bucket: &Bucket, prefix: &str) -> Option<Self> {
        let statements = ["s3:ListBucket", "s3:GetObject"]
            .map(|permission| statement(permission, bucket, prefix, None));
        let [list, get] = statements;
        Some(Self(json!({ "Version": "2012-10-17", "Statement": [list?, get?] })))
    }

    /// Returns the document.
    pub fn as_json(&self) -> &Value {
        &self.0
    }
}

/// Returns the statement that grants one permission; none for a local directory.
fn statement(
    permission: &str,
    bucket: &Bucket,
    prefix: &str,
    encryption_key: Option<&str>,
) -> Option<Value> {
    if bucket.directory().is_some() {
        return None;
    }
    // An access point is an ARN already, and its objects are below a path of their own.
    let (arn, objects) = if bucket.as_str().starts_with("arn:") {
        (bucket.as_str().to_owned(), "object/")
    } else {
        (format!("arn:aws:s3:::{bucket}"), "")
    };
    let mut statement = json!({ "Effect": "Allow", "Action": permission });
    match permission {
        "s3:ListBucket" => {
            statement["Resource"] = arn.into();
            statement["Condition"] = json!({ "StringLike": { "s3:prefix": format!("{prefix}*") } });
        }
        "kms:Decrypt" => {
            statement["Resource"] = encryption_key.unwrap_or("*").into();
            statement["Condition"] =
                json!({ "StringLike": { "kms:ViaService": "s3.*.amazonaws.com" } });
        }
        _ => statement["Resource"] = format!("{arn}/{objects}{prefix}*").into(),
    }
    Some(statement)
}

impl fmt::Display for PolicyDocument {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:#}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "arn:aws:kms:eu-west-1:123456789012:key/1a2b";

    fn statement(permission: &str, bucket: &str) -> Value {
        let policy =
            PolicyDocument::granting(permission, &bucket.parse().unwrap(), "run/out/", Some(KEY))
                .unwrap();
        policy.as_json()["Statement"][0].clone()
    }

    #[test]
    fn a_policy_grants_one_permission_on_one_prefix() {
        let list = statement("s3:ListBucket", "prod");
        assert_eq!(list["Resource"], "arn:aws:s3:::prod");
        assert_eq!(list["Condition"]["StringLike"]["s3:prefix"], "run/out/*");
        let get = statement("s3:GetObject", "prod");
        assert_eq!(
            (&get["Action"], &get["Resource"]),
            (&json!("s3:GetObject"), &json!("arn:aws:s3:::prod/run/out/*"))
        );
        assert_eq!(statement("kms:Decrypt", "prod")["Resource"], KEY);
        let access_point = "arn:aws:s3:eu-west-1:123456789012:accesspoint/mine";
        assert_eq!(
            statement("s3:GetObject", access_point)["Resource"],
            format!("{access_point}/object/run/out/*")
        );
    }

    #[test]
    fn a_directory_has_no_policies() {
        assert_eq!(
            PolicyDocument::granting("s3:GetObject", &"file:///mnt".parse().unwrap(), "", None),
            None
        );
    }
}
