//! The same flags, variables and profiles lead every command that asks production to it.

use crate::production::{SAME, Setting};

/// Every command that asks production, and what it ends with.
const COMMANDS: &[(&[&str], i32)] = &[
    (&["discover"], 0),
    (&["fetch", "extract", "--dry-run"], 0),
    (&["run", "total"], 0),
    (&["compare", "latest", "latest~1", "--step", "total"], 1),
    (&["test-real-data"], 0),
    (&["scenario", "init", "--into", "drafted.toml"], 0),
    (&["doctor"], 0),
];

/// Nobody answers here.
const NOWHERE: &str = "http://127.0.0.1:9";

/// Runs every command with some words more, in an environment that `reach` makes, and with nothing else that leads anywhere.
fn all_reach(setting: &Setting, words: &[&str], reach: &dyn Fn(&mut assert_cmd::Command)) {
    let scenario = format!(
        "[steps.total]\ncommand = [\"sh\", \"-c\", '{SAME}', \"sh\", \"{{inputs}}\", \"{{outputs}}\"]\n\
         inputs = {{ rows = \"extract.rows\" }}\n"
    );
    std::fs::write(setting.path("reenact.toml"), scenario).unwrap();
    for (command, exit) in COMMANDS {
        let mut command = setting.reenact(command);
        for (name, _) in setting.server.environment() {
            command.env_remove(name);
        }
        reach(command.args(words));
        command.assert().code(*exit);
    }
    std::fs::remove_file(setting.path("drafted.toml")).unwrap();
}

fn with_keys(setting: &Setting, command: &mut assert_cmd::Command) {
    command.env("AWS_ACCESS_KEY_ID", setting.server.access_key_id());
    command.env("AWS_SECRET_ACCESS_KEY", setting.server.secret_access_key());
}

#[test]
fn an_endpoint_is_taken_from_the_flag_before_the_environment() {
    let setting = Setting::new();
    let url = setting.server.endpoint_url();
    all_reach(&setting, &[], &|command| {
        with_keys(&setting, command);
        command.env("AWS_ENDPOINT_URL_S3", &url).env("AWS_ENDPOINT_URL", NOWHERE);
    });
    all_reach(&setting, &["--endpoint-url", &url], &|command| {
        with_keys(&setting, command);
        command.env("AWS_ENDPOINT_URL_S3", NOWHERE);
    });
}

#[test]
fn a_profile_brings_keys_region_and_endpoint() {
    let setting = Setting::new();
    std::fs::create_dir(setting.path(".aws")).unwrap();
    let config = format!(
        "[profile analytics]\nregion = us-east-1\nendpoint_url = {}\n",
        setting.server.endpoint_url()
    );
    std::fs::write(setting.path(".aws/config"), config).unwrap();
    let keys = format!(
        "[analytics]\naws_access_key_id = {}\naws_secret_access_key = {}\n",
        setting.server.access_key_id(),
        setting.server.secret_access_key()
    );
    std::fs::write(setting.path(".aws/credentials"), keys).unwrap();
    all_reach(&setting, &["--profile", "analytics"], &|_| {});
    all_reach(&setting, &[], &|command| {
        command.env("AWS_PROFILE", "analytics");
    });
    std::fs::write(setting.path("user.toml"), "profile = \"analytics\"\nregion = \"eu-west-1\"\n")
        .unwrap();
    all_reach(&setting, &["--region", "us-east-1"], &|command| {
        command.env("REENACT_CONFIG", setting.path("user.toml"));
    });
    let mut doctor = setting.reenact(&["doctor", "--json", "--profile", "analytics"]);
    for (name, _) in setting.server.environment() {
        doctor.env_remove(name);
    }
    doctor.assert().code(0).stdout(predicates::str::contains("access keys of a profile"));
}

#[test]
fn who_pays_is_said_by_flag_environment_or_file() {
    let setting = Setting::new();
    setting.bucket().let_requester_pay();
    setting.reenact(&["discover"]).assert().code(2).stderr(predicates::str::contains("denied"));
    all_reach(&setting, &["--requester-pays"], &|command| {
        command.envs(setting.server.environment());
    });
    let mut command = setting.reenact(&["discover"]);
    command.env("REENACT_REQUESTER_PAYS", "1").assert().code(0);
    std::fs::write(setting.path("user.toml"), "requester_pays = true\n").unwrap();
    let mut command = setting.reenact(&["discover"]);
    command.env("REENACT_CONFIG", setting.path("user.toml")).assert().code(0);
    command.env("REENACT_REQUESTER_PAYS", "0").assert().code(2);
}

#[test]
fn nobody_is_asked_for_credentials_where_requests_are_not_signed() {
    let setting = Setting::new();
    let mut command = setting.reenact(&["discover", "--no-sign-request"]);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    // The server of the tests lets nobody in without; but it is asked.
    command.assert().code(2).stderr(predicates::str::contains("access denied"));
    assert!(!setting.server.requests().is_empty());
}
