//! The server's life: starting it, handing out clients and buckets, stopping it.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::{Credentials, Region};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use s3s::service::{S3Service, S3ServiceBuilder};
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use crate::answer::answer;
use crate::api::Service;
use crate::bucket::TestBucket;
use crate::error::{Error, Result};
use crate::faults::Faults;
use crate::gate::Gate;
use crate::log::{Log, Request};
use crate::policy::Policies;
use crate::state::State;
use crate::store::Store;
use crate::wire::{Link, Wire};

const ACCESS_KEY_ID: &str = "AKIATESTKIT000000000";
const SECRET_ACCESS_KEY: &str = "testkit/secret/access/key/0000000000000";
const REGION: &str = "us-east-1";

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
        let state = Arc::new(State {
            store: Arc::new(Store::default()),
            policies: Arc::new(Policies::default()),
            faults: Faults::default(),
            log: Log::default(),
            region: REGION.to_owned(),
        });
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

    /// The region that requests must be signed for, and that every bucket is in.
    pub fn region(&self) -> &'static str {
        REGION
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
        tokio::select! {
            _ = stopped => {}
            result = accept(listener, state) => {
                if let Err(error) = result {
                    tracing::error!(%error, "the S3 server can accept no more connections");
                }
            }
        }
    });
}

async fn accept(listener: TcpListener, state: Arc<State>) -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let service = protocol(&state);
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
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

/// The S3 protocol over our store.
fn protocol(state: &Arc<State>) -> S3Service {
    let operations =
        Service::new(Arc::clone(&state.store), Arc::clone(&state.policies), state.region.clone());
    let mut builder = S3ServiceBuilder::new(operations);
    builder.set_auth(Gate(Arc::clone(state)));
    builder.set_access(Gate(Arc::clone(state)));
    builder.build()
}
