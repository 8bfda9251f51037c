//! `doctor` names what stands in the way of a run: each fault is played by the server, over HTTP.

use chrono::TimeDelta;
use predicates::prelude::PredicateBooleanExt;
use predicates::str::contains;
use reenact_testkit::{Fault, Matcher, Operation};
use serde_json::Value;

use crate::needs::checkout;
use crate::production::{Setting, json};

/// What `doctor` says, and how each thing that it checked stands.
struct Told(Value);

impl Told {
    fn by(setting: &Setting, exit: i32) -> Self {
        Self(json(&mut setting.reenact(&["--json", "doctor"]), exit))
    }

    fn check(&self, name: &str) -> &Value {
        let checks = self.0["checks"].as_array().unwrap();
        checks.iter().find(|check| check["check"] == name).expect("it is checked")
    }

    fn state(&self, name: &str) -> &str {
        self.check(name)["state"].as_str().unwrap()
    }

    fn text(&self, name: &str) -> &str {
        self.check(name)["text"].as_str().unwrap()
    }
}

#[test]
fn where_nothing_is_wrong_everything_is_told() {
    let setting = Setting::new();
    let told = Told::by(&setting, 0);
    assert_eq!(told.0["healthy"], true);
    for check in ["credentials", "identity", "endpoint", "bucket", "region", "clock"] {
        assert_eq!(told.state(check), "good", "{}", told.0);
    }
    for check in ["s3:ListBucket", "s3:GetObject", "cache", "workspace"] {
        assert_eq!(told.state(check), "good", "{}", told.0);
    }
    assert_eq!(told.text("credentials"), "environment variables");
    assert!(told.text("identity").contains(setting.server.access_key_id()));
    assert!(told.text("endpoint").starts_with(&setting.server.endpoint_url()));
    assert!(told.text("s3:GetObject").contains("pipelines/sales/"));
    let policy = &told.0["policy"]["Statement"];
    assert_eq!(policy[0]["Action"], "s3:ListBucket");
    assert_eq!(policy[0]["Condition"]["StringLike"]["s3:prefix"], "pipelines/sales/*");
    assert_eq!(policy[1]["Action"], "s3:GetObject");
    assert_eq!(policy[1]["Resource"], "arn:aws:s3:::acme/pipelines/sales/*");
    let text = contains("s3:GetObject").and(contains("\"Statement\"")).and(contains("BAD").not());
    setting.reenact(&["doctor"]).assert().code(0).stdout(text);
}

#[test]
fn each_missing_permission_is_named_with_the_policy_that_grants_it() {
    for (operation, permission, other) in [
        (Operation::ListObjectsV2, "s3:ListBucket", "s3:GetObject"),
        (Operation::GetObject, "s3:GetObject", "s3:ListBucket"),
    ] {
        let setting = Setting::new();
        setting.server.faults().on(Matcher::operation(operation), Fault::AccessDenied);
        let told = Told::by(&setting, 2);
        assert_eq!(told.state(permission), "bad");
        assert_ne!(told.state(other), "bad");
        assert_eq!(told.state("credentials"), "good");
        assert_eq!(told.check(permission)["policy"]["Statement"][0]["Action"], permission);
    }
    let setting = Setting::new();
    let on_get = Matcher::operation(Operation::GetObject);
    setting.server.faults().on(on_get, Fault::DecryptDenied);
    assert_eq!(Told::by(&setting, 2).state("kms:Decrypt"), "bad");
}

#[test]
fn expired_and_wrong_credentials_are_no_missing_permission() {
    let setting = Setting::new();
    setting.server.faults().on(Matcher::any(), Fault::ExpiredToken);
    let told = Told::by(&setting, 2);
    assert_eq!(told.state("credentials"), "bad");
    assert!(told.text("credentials").contains("session token has expired"));
    assert_eq!((told.state("s3:ListBucket"), told.state("s3:GetObject")), ("untried", "untried"));

    let setting = Setting::new();
    setting.server.revoke_credentials(setting.server.access_key_id());
    assert!(Told::by(&setting, 2).text("credentials").contains("refused"));
}

#[test]
fn a_profile_that_is_not_there_is_a_matter_of_credentials() {
    let setting = Setting::new();
    let mut command = setting.reenact(&["--json", "doctor", "--profile", "nobody"]);
    let told = Told(json(&mut command, 2));
    assert_eq!(told.state("credentials"), "bad");
    assert!(told.text("credentials").contains("no AWS profile \"nobody\""), "{}", told.0);
}

#[test]
fn without_credentials_the_rest_is_still_checked() {
    let setting = Setting::new();
    let mut command = setting.reenact(&["--json", "doctor"]);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    let told = Told(json(&mut command, 2));
    assert_eq!((told.state("credentials"), told.state("identity")), ("bad", "untried"));
    assert_eq!((told.state("endpoint"), told.state("cache")), ("untried", "good"));
    assert_eq!(told.0["policy"]["Statement"].as_array().unwrap().len(), 2);
}

#[test]
fn a_clock_that_is_off_is_told_with_how_much_and_in_which_direction() {
    let setting = Setting::new();
    setting.server.set_clock_offset(TimeDelta::hours(2));
    let told = Told::by(&setting, 0);
    assert_eq!(told.state("clock"), "notice");
    assert!(told.text("clock").contains("behind the server's"), "{}", told.0);

    let setting = Setting::new();
    setting.server.faults().on(Matcher::any(), Fault::RequestTimeTooSkewed);
    assert_eq!(Told::by(&setting, 2).state("clock"), "bad");
}

#[test]
fn another_region_is_followed_and_told() {
    let setting = Setting::new();
    setting.bucket().move_to_region("eu-north-1");
    let told = Told::by(&setting, 0);
    assert_eq!(told.state("region"), "notice");
    assert!(told.text("region").contains("--region eu-north-1"), "{}", told.0);
    let mut command = setting.reenact(&["--json", "doctor", "--region", "eu-north-1"]);
    assert_eq!(Told(json(&mut command, 0)).state("region"), "good");

    let setting = Setting::new();
    let lost = Fault::WrongRegion { region: "eu-west-7".to_owned() };
    setting.server.faults().on(Matcher::any(), lost);
    let told = Told::by(&setting, 2);
    assert_eq!(told.state("region"), "bad");
    assert!(told.text("region").starts_with("bucket is in another region"), "{}", told.0);
}

#[test]
fn a_bucket_or_a_server_that_is_not_there_is_told_as_such() {
    let setting = Setting::new();
    let mut command = setting.reenact(&["--json", "doctor", "--bucket", "acme-typo"]);
    let told = Told(json(&mut command, 2));
    assert_eq!((told.state("bucket"), told.state("credentials")), ("bad", "good"));
    setting.server.stop();
    assert_eq!(Told::by(&setting, 2).state("endpoint"), "bad");
    let mut command = setting.reenact(&["--json", "doctor"]);
    let told = Told(json(command.env_remove("REENACT_BUCKET"), 2));
    assert!(told.text("bucket").contains("--bucket NAME"));
}

#[test]
fn a_workspace_that_cannot_be_written_is_told() {
    let setting = Setting::new();
    std::fs::write(setting.path("file"), "").unwrap();
    let mut command = setting.reenact(&["--json", "doctor", "--cache-dir", "file/cache"]);
    assert_eq!(Told(json(&mut command, 2)).state("cache"), "bad");
}

#[test]
fn programs_that_only_some_steps_need_are_noted_and_never_wrong() {
    let setting = Setting::new();
    let mut command = setting.reenact(&["--json", "doctor"]);
    let told = Told(json(command.env("PATH", setting.home.path()), 0));
    for program in ["python3", "bwrap", "browser"] {
        assert_eq!(told.state(program), "notice");
    }
    let python = setting.path("python3");
    std::fs::write(&python, "#!/bin/sh\necho Python 3.99\n").unwrap();
    let executable = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&python, executable).unwrap();
    let mut command = setting.reenact(&["--json", "doctor"]);
    let told = Told(json(command.env("PATH", setting.home.path()), 0));
    assert_eq!((told.state("python3"), told.text("python3")), ("good", "Python 3.99"));
}

#[test]
fn a_directory_needs_no_server() {
    let setting = Setting::new();
    std::fs::create_dir_all(setting.path("mirror/pipelines/sales")).unwrap();
    let bucket = format!("file://{}", setting.path("mirror").display());
    setting.server.stop();
    let mut command = setting.reenact(&["--json", "doctor", "--bucket", &bucket]);
    let told = Told(json(&mut command, 0));
    assert_eq!((told.state("bucket"), told.state("s3:GetObject")), ("good", "untried"));
    assert_eq!(told.0["policy"], Value::Null);
}

#[test]
fn the_policy_of_the_guide_is_the_one_that_is_printed() {
    let Some(checkout) = checkout() else { return };
    let guide = std::fs::read_to_string(checkout.join("docs/s3.md")).unwrap();
    let (_, rest) = guide.split_once("```json\n").unwrap();
    let (policy, _) = rest.split_once("```").unwrap();
    let setting = Setting::new();
    let mut command = setting.reenact(&["--json", "doctor", "--bucket", "acme-production"]);
    let told = json(command.args(["--pipeline", "flights"]), 2);
    assert_eq!(told["policy"], serde_json::from_str::<Value>(policy).unwrap());
}
