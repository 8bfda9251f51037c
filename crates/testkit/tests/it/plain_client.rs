//! The faults as a client meets them that is not AWS's: plain HTTP, by addresses that are signed beforehand.

use std::io::Read;
use std::num::NonZeroU64;
use std::time::Duration;

use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use aws_sdk_s3::types::ChecksumMode;
use reenact_testkit::{Fault, Matcher, Operation, S3Server};
use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body, Error};

const BODY: &str = "0123456789";
/// In base64, as S3 tells it: 0xa684c7c6.
const CRC32_OF_BODY: &str = "poTHxg==";
/// How long a client waits for more of a body that stands still.
const PATIENCE: Duration = Duration::from_millis(300);

/// A client that knows HTTP and nothing else. It repeats nothing.
struct Plain {
    server: S3Server,
    agent: Agent,
    /// What reads the object, signed.
    request: PresignedRequest,
}

impl Plain {
    /// A client of a server that plays a fault on the first read of an object.
    async fn meets(fault: Fault) -> Self {
        let server = S3Server::start().unwrap();
        server.bucket("bucket").put("key", BODY);
        server.faults().on(Matcher::operation(Operation::GetObject).first(1), fault);
        let minute = PresigningConfig::expires_in(Duration::from_mins(1)).unwrap();
        let get = server.client().get_object().bucket("bucket").key("key");
        let get = get.checksum_mode(ChecksumMode::Enabled);
        let request = get.presigned(minute).await.unwrap();
        let config = Agent::config_builder().http_status_as_error(false).max_idle_connections(0);
        Self { server, agent: Agent::new_with_config(config.build()), request }
    }

    fn get(&self) -> Result<Response<Body>, Error> {
        self.get_with(&[])
    }

    fn get_with(&self, more: &[(&str, &str)]) -> Result<Response<Body>, Error> {
        let get = self.agent.get(self.request.uri());
        let headers = self.request.headers().chain(more.iter().copied());
        headers.fold(get, |get, (name, value)| get.header(name, value)).call()
    }

    /// Reads the object once more; nothing is wrong with it any more.
    fn assert_well(&self) {
        assert_eq!(self.get().unwrap().body_mut().read_to_string().unwrap(), BODY);
        self.server.faults().assert_all_played();
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[tokio::test]
async fn refusals_have_the_status_the_code_and_the_headers_that_s3_gives() {
    let seven = Some(Duration::from_secs(7));
    for (fault, status, code, named) in [
        (Fault::InternalError, 500, "InternalError", None),
        (Fault::SlowDown { retry_after: None }, 503, "SlowDown", None),
        (Fault::SlowDown { retry_after: seven }, 503, "SlowDown", Some(("retry-after", "7"))),
        (Fault::ExpiredToken, 400, "ExpiredToken", None),
        (Fault::RequestTimeTooSkewed, 403, "RequestTimeTooSkewed", None),
        (Fault::AccessDenied, 403, "AccessDenied", None),
    ] {
        let client = Plain::meets(fault).await;
        let mut answer = client.get().unwrap();
        assert_eq!(answer.status(), status, "{code}");
        let (name, value) = named.unzip();
        assert_eq!(name.and_then(|name| header(answer.headers(), name)), value, "{code}");
        let text = answer.body_mut().read_to_string().unwrap();
        assert!(text.contains(&format!("<Code>{code}</Code>")), "{text}");
        client.assert_well();
    }
}

#[tokio::test]
async fn a_connection_that_is_refused_has_no_answer() {
    let client = Plain::meets(Fault::Refuse).await;
    assert!(matches!(client.get(), Err(Error::Io(_))));
    client.assert_well();
}

#[tokio::test]
async fn bodies_that_are_reset_or_cut_are_no_whole_bodies() {
    for fault in [Fault::Reset { after: 4 }, Fault::Truncate { after: 4 }] {
        let client = Plain::meets(fault.clone()).await;
        let read = client.get().and_then(|mut answer| answer.body_mut().read_to_string());
        assert!(matches!(read, Err(Error::Io(_))), "{fault:?}: {read:?}");
        client.assert_well();
    }
}

#[tokio::test]
async fn a_body_that_stands_still_lasts_longer_than_patience_does() {
    let client = Plain::meets(Fault::Stall { after: 4 }).await;
    let get = client.agent.get(client.request.uri()).config().timeout_recv_body(Some(PATIENCE));
    let get =
        client.request.headers().fold(get.build(), |get, (name, value)| get.header(name, value));
    let read = get.call().and_then(|mut answer| answer.body_mut().read_to_string());
    assert!(matches!(read, Err(Error::Timeout(_))), "{read:?}");
    client.assert_well();
}

#[tokio::test]
async fn a_slow_body_comes_in_pieces() {
    let bytes_per_second = NonZeroU64::new(1);
    let client = Plain::meets(Fault::Slow { delay: Duration::ZERO, bytes_per_second }).await;
    let mut answer = client.get().unwrap();
    let first = answer.body_mut().as_reader().read(&mut [0; BODY.len()]).unwrap();
    assert!((1..BODY.len()).contains(&first), "{first} bytes at once");
}

#[tokio::test]
async fn a_slow_body_comes_whole() {
    let bytes_per_second = NonZeroU64::new(100);
    let client = Plain::meets(Fault::Slow { delay: Duration::ZERO, bytes_per_second }).await;
    client.assert_well();
}

/// What a read tells as its checksum, under this name, and what it holds.
fn told_and_held(client: &Plain, checksum: &str) -> (String, String) {
    let mut answer = client.get().unwrap();
    let told = header(answer.headers(), checksum).unwrap_or_default().to_owned();
    (told, answer.body_mut().read_to_string().unwrap())
}

#[tokio::test]
async fn wrong_bytes_do_not_fit_the_checksum_and_a_wrong_checksum_not_the_bytes() {
    let client = Plain::meets(Fault::Corrupt { at: 5 }).await;
    let [wrong, right] = [(); 2].map(|()| told_and_held(&client, "x-amz-checksum-crc64nvme"));
    assert_eq!((&wrong.0, right.1.as_str()), (&right.0, BODY));
    assert!(!right.0.is_empty() && wrong.1 != BODY && wrong.1.len() == BODY.len(), "{wrong:?}");

    let client = Plain::meets(Fault::WrongChecksum).await;
    let (told, held) = told_and_held(&client, "x-amz-checksum-crc32");
    assert_eq!(held, BODY);
    assert!(!told.is_empty() && told != CRC32_OF_BODY, "{told}");
    client.assert_well();
}

#[tokio::test]
async fn an_object_that_was_replaced_since_it_was_seen_is_another_one() {
    let client = Plain::meets(Fault::Replace { body: "another".into() }).await;
    let seen = format!("\"{}\"", client.server.bucket("bucket").etag("key").unwrap());
    let get = || client.get_with(&[("If-Match", &seen)]).unwrap();
    assert_eq!(get().status(), 412);
    assert_eq!(get().status(), 412, "it stays replaced");
    let mut whole = client.get().unwrap();
    assert_ne!(header(whole.headers(), "etag"), Some(seen.as_str()));
    assert_eq!(whole.body_mut().read_to_string().unwrap(), "another");
}

#[tokio::test]
async fn a_clock_that_is_off_is_seen_in_the_date_of_every_answer() {
    let client = Plain::meets(Fault::RequestTimeTooSkewed).await;
    client.server.set_clock_offset(chrono::TimeDelta::hours(-2));
    let answer = client.get().unwrap();
    assert_eq!(answer.status(), 403);
    let date = header(answer.headers(), "date").unwrap();
    let date = chrono::DateTime::parse_from_rfc2822(date).unwrap().to_utc();
    let behind = chrono::Utc::now() - date;
    assert!(
        (behind - chrono::TimeDelta::hours(2)).abs() < chrono::TimeDelta::minutes(1),
        "{behind}"
    );
}
