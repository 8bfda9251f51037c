//! Credentials as users have them: profiles, programs, roles, tokens, containers and machines. Each is tried in a process of its
//! own, since the environment belongs to a process.

use std::path::PathBuf;
use std::process::Command;

use reenact_downloader::{ConnectOptions, ObjectSource, ObjectSourceExt, S3Source};
use reenact_testkit::S3Server;

use crate::answers::Answers;

const CHILD: &str = "REENACT_TEST_READS_BUCKET";
/// Whether the child asks who it is, too.
const ASKS_WHO: &str = "REENACT_TEST_ASKS_WHO";
const BUCKET: &str = "lake";
const TOKEN: &str = "the-session-token";

/// A server, and the home directory of somebody who may read from it.
struct User {
    server: S3Server,
    home: tempfile::TempDir,
}

impl User {
    fn new() -> Self {
        let server = S3Server::start().unwrap();
        server.bucket(BUCKET).put("x", "content");
        Self { server, home: tempfile::tempdir().unwrap() }
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.home.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The server under the name of this machine, under which no bucket has a name of its own.
    fn named_url(&self) -> String {
        self.server.endpoint_url().replace("127.0.0.1", "localhost")
    }

    /// Reads an object in a process with only these variables and this file of profiles.
    fn reads(&self, configured: &str, variables: &[(&str, String)]) {
        let text = self.try_to_read(configured, variables);
        assert!(text.contains("read: content"), "{text}");
        assert_eq!(self.server.take_requests().len(), 1);
    }

    /// Tries to, and returns what the process says.
    fn try_to_read(&self, configured: &str, variables: &[(&str, String)]) -> String {
        self.write(".aws/config", configured);
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.args(["--exact", "login::reads_as_its_environment_says", "--nocapture"]);
        child.env_clear().env(CHILD, BUCKET).env("HOME", self.home.path());
        child.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        child.env("AWS_EC2_METADATA_DISABLED", "true");
        child.env("AWS_REGION", self.server.region());
        if !configured.contains("endpoint_url") {
            child.env("AWS_ENDPOINT_URL_S3", self.named_url());
        }
        child.envs(variables.iter().map(|(name, value)| (name, value)));
        let output = child.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        text
    }

    /// Credentials of a session in the JSON that most providers give, under other names of fields for some.
    fn session(&self, names: [&str; 4]) -> String {
        let values = [
            self.server.access_key_id(),
            self.server.secret_access_key(),
            TOKEN,
            "2099-01-01T00:00:00Z",
        ];
        let fields =
            names.iter().zip(values).map(|(name, value)| format!("\"{name}\":\"{value}\""));
        fields.collect::<Vec<_>>().join(",")
    }

    /// The answer of STS to an action.
    fn assumed(&self, action: &str) -> String {
        format!(
            "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result><Credentials>\
             <AccessKeyId>{}</AccessKeyId><SecretAccessKey>{}</SecretAccessKey><SessionToken>{TOKEN}</SessionToken>\
             <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>A:s</AssumedRoleId>\
             <Arn>arn:aws:sts::123456789012:assumed-role/reader/s</Arn></AssumedRoleUser></{action}Result></{action}Response>",
            self.server.access_key_id(),
            self.server.secret_access_key(),
        )
    }
}

/// Does nothing, unless it is the process that another test started.
#[tokio::test]
async fn reads_as_its_environment_says() {
    let Ok(bucket) = std::env::var(CHILD) else { return };
    let source = match S3Source::connect(&bucket, &ConnectOptions::default()).await {
        Ok(source) => source,
        Err(error) => return println!("refused: {:?}: {error}", error.kind()),
    };
    let content = source.read("x").await.unwrap();
    println!("read: {}", String::from_utf8_lossy(&content));
    if std::env::var_os(ASKS_WHO).is_some() {
        println!("caller: {:?}", source.circumstances().await.caller);
    }
}

#[test]
fn d17_keys_and_endpoint_of_a_profile_are_used_and_its_server_is_asked_in_path_style() {
    let user = User::new();
    let profile = format!(
        "[profile prod]\nservices = here\naws_access_key_id = {}\naws_secret_access_key = {}\n[services here]\ns3 =\n  \
         endpoint_url = {}\n",
        user.server.access_key_id(),
        user.server.secret_access_key(),
        user.named_url(),
    );
    user.reads(&profile, &[("AWS_PROFILE", "prod".to_owned())]);
}

#[test]
fn d17_keys_of_the_environment_are_used() {
    let user = User::new();
    let [_, id, secret, _] = user.server.environment();
    user.reads("", &[id, secret]);
}

#[test]
fn d17_an_endpoint_of_the_environment_that_is_no_url_is_refused_at_once() {
    let user = User::new();
    let [_, id, secret, _] = user.server.environment();
    let wrong = ("AWS_ENDPOINT_URL_S3", "localhost:9000".to_owned());
    let text = user.try_to_read("", &[wrong.clone(), id, secret]);
    assert!(text.contains("refused: Invalid: ") && text.contains("lake"), "{text}");
    assert!(text.contains("\"localhost:9000\" is no URL") && text.contains(wrong.0), "{text}");
}

#[test]
fn an_access_point_is_asked_at_its_own_host_and_signed_for_its_own_region() {
    let user = User::new();
    let [_, id, secret, _] = user.server.environment();
    // No name server knows an access point of a server of one's own; a proxy is asked for it by its full address.
    let host = "mine-123456789012.s3.example.test";
    let proxy = Answers::start(vec![("/x HTTP/1.1", "content".to_owned())]);
    let arn = "arn:aws:s3:eu-central-1:123456789012:accesspoint/mine";
    let text = user.try_to_read(
        "",
        &[
            (CHILD, arn.to_owned()),
            ("AWS_ENDPOINT_URL_S3", "http://s3.example.test".to_owned()),
            ("HTTP_PROXY", proxy.url()),
            id,
            secret,
        ],
    );
    assert!(text.contains("read: content"), "{text}");
    let asked = &proxy.asked()[0];
    assert!(asked.starts_with(&format!("GET http://{host}/x HTTP/1.1\r\n")), "{asked}");
    assert!(asked.contains(&format!("host: {host}\r\n")), "{asked}");
    assert!(asked.contains("/eu-central-1/s3/aws4_request"), "not in the user's region: {asked}");
}

#[test]
fn d12_sts_tells_who_asks() {
    let user = User::new();
    let arn = "arn:aws:sts::123456789012:assumed-role/reader/me";
    let answer = format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>{arn}</Arn><UserId>A:me</UserId><Account>123456789012</Account></GetCallerIdentityResult>\
         </GetCallerIdentityResponse>"
    );
    let sts = Answers::start(vec![("Action=GetCallerIdentity", answer)]);
    let [_, id, secret, _] = user.server.environment();
    let who = (ASKS_WHO, "yes".to_owned());
    let text = user.try_to_read("", &[id, secret, who, ("AWS_ENDPOINT_URL_STS", sts.url())]);
    assert!(text.contains(&format!("caller: Some({arn:?})")), "{text}");
    assert!(sts.asked()[0].contains("/sts/aws4_request"), "{:?}", sts.asked());
}

#[test]
fn d17_a_program_gives_credentials() {
    let user = User::new();
    let fields = user.session(["AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration"]);
    let answer = user.write("answer.json", &format!("{{\"Version\":1,{fields}}}"));
    user.reads(&format!("[default]\ncredential_process = cat {}\n", answer.display()), &[]);
}

#[test]
fn d17_a_role_is_assumed_from_another_profile() {
    let user = User::new();
    let sts = Answers::start(vec![("Action=AssumeRole&", user.assumed("AssumeRole"))]);
    let profiles = "[default]\nrole_arn = arn:aws:iam::123456789012:role/reader\nsource_profile = base\n[profile base]\n\
                    aws_access_key_id = AKIABASE\naws_secret_access_key = secret\n";
    user.reads(profiles, &[("AWS_ENDPOINT_URL_STS", sts.url())]);
    assert!(sts.asked()[0].contains("Credential=AKIABASE/"), "{:?}", sts.asked());
}

#[test]
fn d17_a_web_identity_assumes_a_role() {
    let user = User::new();
    let action = "AssumeRoleWithWebIdentity";
    let sts = Answers::start(vec![("Action=AssumeRoleWithWebIdentity", user.assumed(action))]);
    let token = user.write("token", "a.web.token");
    user.reads(
        "",
        &[
            ("AWS_ENDPOINT_URL_STS", sts.url()),
            ("AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/reader".to_owned()),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", token.display().to_string()),
        ],
    );
    assert!(sts.asked()[0].contains("a.web.token"), "{:?}", sts.asked());
}

#[test]
fn d17_who_has_logged_in_by_sso_is_known() {
    let user = User::new();
    let names = ["accessKeyId", "secretAccessKey", "sessionToken", "expires"];
    let fields = user
        .session(names)
        .replace("\"expires\":\"2099-01-01T00:00:00Z\"", "\"expiration\":4070908800000");
    let answer = format!("{{\"roleCredentials\":{{{fields}}}}}");
    let sso = Answers::start(vec![("/federation/credentials", answer)]);
    // Logging in leaves the token in a file named after the SHA-1 of the session's name, here `work`.
    let token = r#"{"startUrl":"https://work.awsapps.com/start","region":"us-east-1","accessToken":"the-access-token","expiresAt":"2099-01-01T00:00:00Z"}"#;
    user.write(".aws/sso/cache/e274eeff768c6396088ec6eb091f4bf4d47ab1e0.json", token);
    let profile = "[default]\nsso_session = work\nsso_account_id = 123456789012\nsso_role_name = reader\n[sso-session work]\n\
                   sso_region = us-east-1\nsso_start_url = https://work.awsapps.com/start\n";
    user.reads(profile, &[("AWS_ENDPOINT_URL_SSO", sso.url())]);
    assert!(sso.asked()[0].contains("the-access-token"), "{:?}", sso.asked());
}

#[test]
fn d17_a_container_gives_credentials() {
    let user = User::new();
    let fields = user.session(["AccessKeyId", "SecretAccessKey", "Token", "Expiration"]);
    let agent = Answers::start(vec![("GET /role", format!("{{{fields}}}"))]);
    user.reads("", &[("AWS_CONTAINER_CREDENTIALS_FULL_URI", format!("{}/role", agent.url()))]);
}

#[test]
fn d17_a_machine_gives_credentials() {
    let user = User::new();
    let fields = user.session(["AccessKeyId", "SecretAccessKey", "Token", "Expiration"]);
    let role = "/latest/meta-data/iam/security-credentials/reader";
    let machine = Answers::start(vec![
        ("PUT /latest/api/token", "a-machine-token".to_owned()),
        (role, format!("{{\"Code\":\"Success\",{fields}}}")),
        ("/latest/meta-data/iam/security-credentials", "reader".to_owned()),
    ]);
    user.reads(
        "",
        &[
            ("AWS_EC2_METADATA_DISABLED", "false".to_owned()),
            ("AWS_EC2_METADATA_SERVICE_ENDPOINT", machine.url()),
        ],
    );
}
