//! Programs to measure the downloader against: a server to read from, and clients that read all of its bucket.
//!
//! `peers serve WORKLOAD DIVISOR` prints its endpoint and serves until its standard input ends; `peers get CLIENT CONCURRENCY
//! DIRECTORY` and `peers list CLIENT` find it in the usual environment variables. `peers checksum BYTES` prints how many seconds
//! hashing as many bytes takes. `run.py` drives them.

mod plain;
mod reenact;
mod server;
mod store;

use std::fs::File;
use std::path::Path;
use std::process::ExitCode;

/// Any error, for programs that only print it.
type Result<T = (), E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

/// The bucket that everything is in.
const BUCKET: &str = "bench";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments[..] {
        ["serve", workload, divisor] => server::serve(workload, divisor.parse().unwrap_or(1)),
        ["get", client, concurrency, directory] => {
            let concurrency = concurrency.parse().unwrap_or(16);
            run(get(client, concurrency, Path::new(directory)))
        }
        ["list", client] => run(list(client)),
        ["checksum", bytes] => {
            println!("{}", server::checksum_seconds(bytes.parse().unwrap_or(0)));
            Ok(())
        }
        _ => Err("usage: peers serve WORKLOAD DIVISOR | get CLIENT CONCURRENCY DIRECTORY | list CLIENT | checksum BYTES".into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:?}");
            ExitCode::FAILURE
        }
    }
}

fn run(work: impl Future<Output = Result>) -> Result {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(work)
}

async fn get(client: &str, concurrency: usize, directory: &Path) -> Result {
    match client {
        "reenact" => reenact::get(concurrency, true, directory).await,
        "reenact-no-sync" => reenact::get(concurrency, false, directory).await,
        "aws-sdk-s3" => plain::get(concurrency, false, directory).await,
        "aws-sdk-s3-fsync" => plain::get(concurrency, true, directory).await,
        "object_store" => store::get(concurrency, false, directory).await,
        "object_store-fsync" => store::get(concurrency, true, directory).await,
        _ => Err(format!("no client {client}").into()),
    }
}

async fn list(client: &str) -> Result {
    let count = match client {
        "reenact" => reenact::list().await?,
        "aws-sdk-s3" => plain::list().await?,
        "object_store" => store::list().await?,
        _ => return Err(format!("no client {client}").into()),
    };
    println!("{count}");
    Ok(())
}

/// Forces a file to the disk.
async fn sync(file: File) -> Result {
    Ok(tokio::task::spawn_blocking(move || file.sync_all()).await??)
}

/// An environment variable that has to be there.
fn variable(name: &str) -> Result<String> {
    std::env::var(name).map_err(|_| format!("{name} is not set").into())
}
