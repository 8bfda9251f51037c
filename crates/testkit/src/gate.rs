//! What happens to a request before its operation: credentials, permissions and scripted faults.

use std::sync::{Arc, Mutex, PoisonError};

use http::{HeaderMap, HeaderName, HeaderValue};
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::path::S3Path;
use s3s::{S3Error, S3Result, s3_error};

use crate::faults::Fault;
use crate::log::{Entry, Operation, Subject};
use crate::policy::Action;
use crate::state::State;
use crate::store::now;

/// One request and its answer, shared by the layers that it passes through.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) entry: Arc<Entry>,
    fault: Mutex<Option<Fault>>,
}

impl Exchange {
    pub(crate) fn new(entry: Arc<Entry>) -> Self {
        Self { entry, fault: Mutex::new(None) }
    }

    /// The fault that the answer is to be sent with.
    pub(crate) fn take_fault(&self) -> Option<Fault> {
        self.fault.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn set_fault(&self, fault: Fault) {
        *self.fault.lock().unwrap_or_else(PoisonError::into_inner) = Some(fault);
    }
}

/// Lets requests through to their operation, or refuses them.
#[derive(Debug, Clone)]
pub(crate) struct Gate(pub(crate) Arc<State>);

#[async_trait::async_trait]
impl S3Auth for Gate {
    async fn get_secret_key(&self, access_key: &str) -> S3Result<SecretKey> {
        self.0.policies.secret(access_key).map(SecretKey::from).ok_or_else(|| {
            s3_error!(
                InvalidAccessKeyId,
                "The AWS Access Key Id you provided does not exist in our records."
            )
        })
    }
}

#[async_trait::async_trait]
impl S3Access for Gate {
    async fn check(&self, context: &mut S3AccessContext<'_>) -> S3Result<()> {
        let subject = subject(context);
        let exchange = context.extensions_mut().get::<Arc<Exchange>>().cloned();
        if let Some(exchange) = &exchange {
            exchange.entry.is_about(subject.clone());
        }
        if context.credentials().is_none() {
            return Err(access_denied());
        }
        self.check_region(context.headers())?;
        if let Some(fault) = self.0.faults.next(&subject) {
            self.play(fault, &subject, exchange.as_deref())?;
        }
        self.check_permission(&subject)
    }
}

impl Gate {
    /// Answers, changes the store, or leaves the fault to the layer that sends the answer.
    fn play(&self, fault: Fault, subject: &Subject, exchange: Option<&Exchange>) -> S3Result<()> {
        if let Some(error) = error_of(&fault) {
            return Err(error);
        }
        match (fault, &subject.bucket, &subject.key) {
            (Fault::Replace { body }, Some(bucket), Some(key)) => {
                let object = crate::object::TestObject::new(body).into_stored();
                self.0.store.with(bucket, |bucket| Ok(bucket.put(key, object)))?;
            }
            (Fault::Delete, Some(bucket), Some(key)) => {
                self.0.store.with(bucket, |bucket| bucket.delete(key, None, now()))?;
            }
            (fault, _, _) => {
                if let Some(exchange) = exchange {
                    exchange.set_fault(fault);
                }
            }
        }
        Ok(())
    }

    fn check_permission(&self, subject: &Subject) -> S3Result<()> {
        let (Some(action), Some(bucket)) = (Action::of(subject.operation), &subject.bucket) else {
            return Ok(());
        };
        let name = subject.key.as_deref().or(subject.prefix.as_deref()).unwrap_or_default();
        if self.0.policies.is_denied(action, bucket, name) { Err(access_denied()) } else { Ok(()) }
    }

    /// A signature for another region is refused, with the right region in a header.
    fn check_region(&self, headers: &HeaderMap) -> S3Result<()> {
        let signed = headers.get(http::header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let region = signed
            .and_then(|text| text.split_once("Credential="))
            .and_then(|(_, scope)| scope.split('/').nth(2));
        let Some(region) = region.filter(|region| *region != self.0.region) else { return Ok(()) };
        let expected = &self.0.region;
        let mut error = s3_error!(
            AuthorizationHeaderMalformed,
            "The authorization header is malformed; the region '{region}' is wrong; expecting '{expected}'"
        );
        error.set_headers(region_header(expected));
        Err(error)
    }
}

fn subject(context: &S3AccessContext<'_>) -> Subject {
    let operation = Operation::from_name(context.s3_op().name());
    let (bucket, key) = match context.s3_path() {
        S3Path::Root => (None, None),
        S3Path::Bucket { bucket } => (Some(bucket), None),
        S3Path::Object { bucket, key } => (Some(bucket), Some(key)),
    };
    let is_listing = Action::of(operation) == Some(Action::List);
    Subject {
        operation,
        bucket: bucket.map(ToString::to_string),
        key: key.map(ToString::to_string),
        prefix: is_listing.then(|| prefix(context.uri().query())),
    }
}

/// The prefix of a listing's query; empty if it has none.
fn prefix(query: Option<&str>) -> String {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .find(|(name, _)| name == "prefix")
        .map_or_else(String::new, |(_, value)| value.into_owned())
}

fn access_denied() -> S3Error {
    s3_error!(AccessDenied, "Access Denied")
}

/// The error answer that a fault consists of, if it is one.
fn error_of(fault: &Fault) -> Option<S3Error> {
    let error = match fault {
        Fault::InternalError => {
            s3_error!(InternalError, "We encountered an internal error. Please try again.")
        }
        Fault::SlowDown { retry_after } => {
            let mut error = s3_error!(SlowDown, "Please reduce your request rate.");
            if let Some(wait) = retry_after {
                error.set_headers(header("retry-after", &wait.as_secs().to_string()));
            }
            error
        }
        Fault::AccessDenied => access_denied(),
        Fault::ExpiredToken => s3_error!(ExpiredToken, "The provided token has expired."),
        Fault::RequestTimeTooSkewed => s3_error!(
            RequestTimeTooSkewed,
            "The difference between the request time and the current time is too large."
        ),
        Fault::WrongRegion { region } => {
            let mut error = s3_error!(
                PermanentRedirect,
                "The bucket you are attempting to access must be addressed using the specified endpoint."
            );
            error.set_headers(region_header(region));
            error
        }
        _ => return None,
    };
    Some(error)
}

fn region_header(region: &str) -> HeaderMap {
    header("x-amz-bucket-region", region)
}

fn header(name: &'static str, value: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(HeaderName::from_static(name), value);
    }
    headers
}
