//! What happens to a request before its operation: credentials, permissions and scripted faults.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{NaiveDateTime, TimeDelta};
use http::HeaderMap;
use s3s::S3Result;
use s3s::access::{S3Access, S3AccessContext};
use s3s::auth::{S3Auth, SecretKey};
use s3s::path::S3Path;

use crate::faults::Fault;
use crate::log::{Entry, Operation, Subject};
use crate::object::TestObject;
use crate::policy::Action;
use crate::refusal;
use crate::state::State;
use crate::store::{HOME_REGION, now};

/// How far a client's clock may be off.
const TOLERATED_SKEW: TimeDelta = TimeDelta::minutes(15);

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
        let secret = self.0.policies.secret(access_key).ok_or_else(refusal::unknown_access_key)?;
        Ok(SecretKey::from(secret))
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
            return Err(refusal::access_denied());
        }
        self.check_clock(context.headers())?;
        if let Some(bucket) = &subject.bucket {
            self.check_bucket(bucket, context.headers())?;
        }
        if let Some(fault) = self.0.faults.next(&subject) {
            self.play(fault, &subject, exchange.as_deref())?;
        }
        self.check_permission(&subject)
    }
}

impl Gate {
    /// Answers, changes the store, or leaves the fault to the layer that sends the answer.
    fn play(&self, fault: Fault, subject: &Subject, exchange: Option<&Exchange>) -> S3Result<()> {
        if let Some(error) = refusal::of_fault(&fault) {
            return Err(error);
        }
        match (fault, &subject.bucket, &subject.key) {
            (Fault::Replace { body }, Some(bucket), Some(key)) => {
                let object = TestObject::new(body).into_stored();
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
        if self.0.policies.is_denied(action, bucket, name) {
            return Err(refusal::access_denied());
        }
        Ok(())
    }

    /// The server's clock may be told to be wrong; S3 tolerates a quarter of an hour.
    fn check_clock(&self, headers: &HeaderMap) -> S3Result<()> {
        let date = headers.get("x-amz-date").and_then(|value| value.to_str().ok());
        let date = date.and_then(|date| NaiveDateTime::parse_from_str(date, "%Y%m%dT%H%M%SZ").ok());
        match date {
            Some(date) if (self.0.clock() - date.and_utc()).abs() > TOLERATED_SKEW => {
                Err(refusal::time_too_skewed())
            }
            _ => Ok(()),
        }
    }

    /// The bucket must be in the region that the request was signed for, and someone must pay.
    fn check_bucket(&self, name: &str, headers: &HeaderMap) -> S3Result<()> {
        let buckets = self.0.store.buckets();
        let Some(bucket) = buckets.get(name) else { return Ok(()) };
        match signed_region(headers) {
            Some(signed) if signed == bucket.region => {}
            Some(HOME_REGION) => return Err(refusal::moved_to(&bucket.region)),
            Some(signed) => {
                return Err(refusal::signed_for_another_region(signed, &bucket.region));
            }
            None => {}
        }
        if bucket.is_requester_pays && !headers.contains_key("x-amz-request-payer") {
            return Err(refusal::access_denied());
        }
        Ok(())
    }
}

/// The region in the scope of a request's signature.
fn signed_region(headers: &HeaderMap) -> Option<&str> {
    let authorization = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
    let (_, scope) = authorization.split_once("Credential=")?;
    scope.split('/').nth(2)
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
