//! The server's life: starting it, handing out clients and buckets, stopping it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{Credentials, Region};
use chrono::TimeDelta;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use s3s::config::{S3Config, StaticConfigProvider};
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::answer::answer;
use crate::api::Service;
use crate::bucket::TestBucket;
use crate::error::{Error, Result};
use crate::faults::Faults;
use crate::gate::Gate;
use crate::log::Request;
use crate::state::State;
use crate::store::HOME_REGION;
use crate::wire::{Link, Wire};

const ACCESS_KEY_ID: &str = "AKIATESTKIT000000000";
const SECRET_ACCESS_KEY: &str = "testkit/secret/access/key/0000000000000";

/// How long to wait after a connection could not be accepted.
const ACCEPT_AGAIN: Duration = Duration::from_millis(10);

/// An S3 server in this process, reached over HTTP on 127.0.0.1.
///
/// It runs on a thread and a runtime of its own, so tests may be synchronous, asynchronous or in another process. It
/// stops, and frees its port, when it is dropped.
#[derive(Debug)]
pub struct S3Server {
    state: Arc<State>,
    address: SocketAddr,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl S3Server {
    /// Starts an empty server on a free port. It takes requests when this returns.
    ///
    /// # Errors
    /// [`Start`](crate::ErrorKind::Start) if no port can be opened or no thread started.
    pub fn start() -> Result<Self> {
        let state = Arc::new(State::default());
        state.policies.set_secret(ACCESS_KEY_ID, SECRET_ACCESS_KEY);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map_err(Error::start)?;
        listener.set_nonblocking(true).map_err(Error::start)?;
        let address = listener.local_addr().map_err(Error::start)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(Error::start)?;
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&state);
        let thread = thread::Builder::new()
            .name("s3-server".to_owned())
            .spawn(move || run(&runtime, listener, served, stopped))
            .map_err(Error::start)?;
        Ok(Self { state, address, running: Mutex::new(Some(Running { stop, thread })) })
    }

    /// Where the server is, such as `http://127.0.0.1:40123`. Address buckets in the path.
    pub fn endpoint_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The access key id of the credentials that every server starts with.
    pub fn access_key_id(&self) -> &'static str {
        ACCESS_KEY_ID
    }

    /// The secret access key of the credentials that every server starts with.
    pub fn secret_access_key(&self) -> &'static str {
        SECRET_ACCESS_KEY
    }

    /// The region to sign requests for. Every bucket is in it, unless [moved](TestBucket::move_to_region).
    pub fn region(&self) -> &'static str {
        HOME_REGION
    }

    /// The environment variables that lead a process to this server: endpoint, credentials and region.
    pub fn environment(&self) -> [(&'static str, String); 4] {
        [
            ("AWS_ENDPOINT_URL", self.endpoint_url()),
            ("AWS_ACCESS_KEY_ID", self.access_key_id().to_owned()),
            ("AWS_SECRET_ACCESS_KEY", self.secret_access_key().to_owned()),
            ("AWS_REGION", self.region().to_owned()),
        ]
    }

    /// A client of this server. It never retries, so that each call is one request.
    pub fn client(&self) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::from_conf(self.client_config().build())
    }

    /// The configuration of [`client`](Self::client), for a client that differs in something.
    pub fn client_config(&self) -> aws_sdk_s3::config::Builder {
        let credentials =
            Credentials::new(self.access_key_id(), self.secret_access_key(), None, None, "testkit");
        aws_sdk_s3::Config::builder()
            .behavior_version_latest()
            .endpoint_url(self.endpoint_url())
            .force_path_style(true)
            .region(Region::new(self.region()))
            .credentials_provider(credentials)
            .retry_config(RetryConfig::disabled())
    }

    /// The bucket of this name; it is made, empty, if there is none.
    ///
    /// # Panics
    /// If S3 would not accept the name.
    pub fn bucket(&self, name: &str) -> TestBucket {
        TestBucket::open(Arc::clone(&self.state), name.to_owned())
    }

    /// Lets another pair of keys in, or changes the secret of one.
    pub fn add_credentials(&self, access_key_id: &str, secret_access_key: &str) {
        self.state.policies.set_secret(access_key_id, secret_access_key);
    }

    /// Answers 403 `InvalidAccessKeyId` to this access key from now on.
    pub fn revoke_credentials(&self, access_key_id: &str) {
        self.state.policies.revoke(access_key_id);
    }

    /// The faults that requests meet.
    pub fn faults(&self) -> &Faults {
        &self.state.faults
    }

    /// Sets the server's clock this far ahead of the machine's, or behind.
    ///
    /// Beyond 15 minutes every request is answered 403 `RequestTimeTooSkewed`; the `Date` of the answers tells a client
    /// what the server takes for the time.
    pub fn set_clock_offset(&self, ahead: TimeDelta) {
        self.state.clock_offset.store(ahead.num_seconds(), Ordering::Relaxed);
    }

    /// Every request so far, in the order they came.
    pub fn requests(&self) -> Vec<Request> {
        self.state.log.requests()
    }

    /// Every request since the last call of this, forgetting them.
    pub fn take_requests(&self) -> Vec<Request> {
        self.state.log.take()
    }

    /// Stops the server: connections break off and new ones are refused. What is stored can still be looked at.
    pub fn stop(&self) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some(Running { stop, thread }) = running else { return };
        // The receiver at the other end resolves.
        drop(stop);
        if thread.join().is_err() {
            tracing::error!("the thread of the S3 server panicked");
        }
    }
}

impl Drop for S3Server {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Serves until told to stop; every connection ends with the runtime.
fn run(
    runtime: &Runtime,
    listener: TcpListener,
    state: Arc<State>,
    stopped: oneshot::Receiver<()>,
) {
    runtime.block_on(async {
        let listener = match tokio::net::TcpListener::from_std(listener) {
            Ok(listener) => listener,
            Err(error) => {
                tracing::error!(%error, "the S3 server could not start to listen");
                return;
            }
        };
        tokio::select! {
            _ = stopped => {}
            never = accept(listener, state) => never,
        }
    });
}

async fn accept(listener: tokio::net::TcpListener, state: Arc<State>) -> ! {
    let service = protocol(&state);
    loop {
        let Some(stream) = accepted(&listener).await else { continue };
        let link = Arc::new(Link::default());
        let wire = TokioIo::new(Wire::new(stream, Arc::clone(&link)));
        let (state, service) = (Arc::clone(&state), service.clone());
        let answers = service_fn(move |request| {
            answer(Arc::clone(&state), service.clone(), Arc::clone(&link), request)
        });
        tokio::spawn(async move {
            if let Err(error) = http1::Builder::new().serve_connection(wire, answers).await {
                tracing::debug!(%error, "a connection ended early");
            }
        });
    }
}

/// The next connection; none if it was lost, or if the process has too many open files for now.
async fn accepted(listener: &tokio::net::TcpListener) -> Option<TcpStream> {
    let accepted = listener.accept().await.and_then(|(stream, _)| {
        stream.set_nodelay(true)?;
        Ok(stream)
    });
    match accepted {
        Ok(stream) => Some(stream),
        Err(error) => {
            tracing::warn!(%error, "the S3 server could not accept a connection");
            tokio::time::sleep(ACCEPT_AGAIN).await;
            None
        }
    }
}

/// The S3 protocol over our store.
fn protocol(state: &Arc<State>) -> S3Service {
    let operations = Service::new(Arc::clone(&state.store), Arc::clone(&state.policies));
    // The gate checks the clock, against the server's own.
    let mut config = S3Config::default();
    config.presigned_url_max_skew_time_secs = u32::MAX;
    let mut builder = S3ServiceBuilder::new(operations);
    builder.set_config(Arc::new(StaticConfigProvider::new(Arc::new(config))));
    builder.set_auth(Gate(Arc::clone(state)));
    builder.set_access(Gate(Arc::clone(state)));
    builder.build()
}
