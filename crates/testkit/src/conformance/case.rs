//! What a case is, and how it is tried.

use std::fmt::Debug;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use futures::future::BoxFuture;

use super::{access, listing, multipart, reading, writing};

/// One thing that S3 is documented to answer.
#[derive(Clone, Copy)]
pub struct Case {
    pub(super) name: &'static str,
    /// The page of the API reference.
    pub(super) page: &'static str,
    pub(super) says: &'static str,
    pub(super) check: fn(Trial) -> BoxFuture<'static, Outcome>,
}

/// Whether a server answered so; else what it answered instead.
pub(super) type Outcome = Result<(), String>;

/// All cases, topic by topic.
///
/// ```
/// use reenact_testkit::S3Server;
/// use reenact_testkit::conformance::{Trial, cases};
///
/// # tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
/// let server = S3Server::start()?;
/// server.bucket("trial");
/// let case = cases().find(|case| case.name() == "get of a key that is not there").unwrap();
/// case.run(Trial::new(server.client(), "trial", "some/prefix/")).await?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn cases() -> impl Iterator<Item = Case> {
    [reading::CASES, listing::CASES, writing::CASES, multipart::CASES, access::CASES]
        .into_iter()
        .flatten()
        .copied()
}

impl Case {
    /// What is asked.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What S3 answers, as AWS documents it.
    pub fn says(&self) -> &'static str {
        self.says
    }

    /// The page of AWS's API reference that says so.
    pub fn documented_at(&self) -> String {
        format!("https://docs.aws.amazon.com/AmazonS3/latest/API/{}.html", self.page)
    }

    /// Asks a server.
    ///
    /// # Errors
    /// What it answered instead, in words.
    pub async fn run(&self, trial: Trial) -> Result<(), String> {
        (self.check)(trial).await
    }
}

impl Debug for Case {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Case").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Where a case is tried: a bucket that is there, below a prefix below which nothing is.
#[derive(Debug, Clone)]
pub struct Trial {
    pub(super) client: Client,
    pub(super) bucket: String,
    pub(super) prefix: String,
}

impl Trial {
    /// A trial with a client that does not retry, in a bucket whose versions are not kept. The prefix ends with `/`.
    pub fn new(client: Client, bucket: impl Into<String>, prefix: impl Into<String>) -> Self {
        Self { client, bucket: bucket.into(), prefix: prefix.into() }
    }

    pub(super) fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Puts an object, and returns its ETag.
    pub(super) async fn put(&self, name: &str, body: &'static [u8]) -> Result<String, String> {
        let put = self.client.put_object().bucket(&self.bucket).key(self.key(name));
        let answer = put.body(ByteStream::from_static(body)).send().await;
        let answer = answer.map_err(|error| format!("put of {name}: {error:?}"))?;
        Ok(answer.e_tag().unwrap_or_default().to_owned())
    }

    pub(super) async fn put_all(&self, names: &[&str]) -> Outcome {
        for name in names {
            self.put(name, b"0123456789").await?;
        }
        Ok(())
    }
}

/// Compares what was found with what is documented.
#[expect(clippy::needless_pass_by_value, reason = "callers give what they have just made")]
pub(super) fn expect<T: PartialEq<U> + Debug, U: Debug>(
    what: &str,
    found: T,
    wanted: U,
) -> Outcome {
    if found == wanted { Ok(()) } else { Err(format!("{what} is {found:?} instead of {wanted:?}")) }
}

/// An answer that has to be a good one.
pub(super) fn good<T, E: Debug>(answer: Result<T, SdkError<E, HttpResponse>>) -> Result<T, String> {
    answer.map_err(|error| format!("it is refused: {error:?}"))
}

/// A refusal that has to have this status and, unless the answer can have no body, this code.
pub(super) fn refused<T: Debug, E: ProvideErrorMetadata + Debug>(
    answer: Result<T, SdkError<E, HttpResponse>>,
    status: u16,
    code: &str,
) -> Outcome {
    let error = match answer {
        Ok(answer) => return Err(format!("it is not refused: {answer:?}")),
        Err(error) => error,
    };
    let found = error.raw_response().map(|response| response.status().as_u16());
    expect("the status", found, Some(status))?;
    if code.is_empty() { Ok(()) } else { expect("the code", error.code(), Some(code)) }
}
