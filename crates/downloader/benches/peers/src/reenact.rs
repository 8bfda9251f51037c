//! The downloader itself, with all its checks, and with somebody who watches its progress.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};
use reenact_downloader::{
    ConnectOptions, ObjectSourceExt, Plan, PlanOptions, ProgressMeter, S3Source, Transfer, TransferOptions,
};

use crate::{BUCKET, Result};

pub(crate) async fn get(concurrency: usize, sync: bool, directory: &Path) -> Result {
    let source = Arc::new(S3Source::connect(BUCKET, &ConnectOptions::default()).await?);
    let objects: Vec<_> = source.list("run/").try_collect().await?;
    let plan = Plan::new("run/", &objects, &PlanOptions::default())?;
    let options = TransferOptions::default()
        .with_concurrency(NonZeroUsize::new(concurrency).unwrap_or(NonZeroUsize::MIN))
        .with_sync(sync);
    let report = Transfer::new(source, options).run(&plan, directory, &ProgressMeter::new()).await?;
    report.into_result()?;
    Ok(())
}

pub(crate) async fn list() -> Result<usize> {
    let source = S3Source::connect(BUCKET, &ConnectOptions::default()).await?;
    let mut objects = source.list("");
    let mut count = 0;
    while let Some(object) = objects.next().await {
        count += usize::from(!object?.key.is_empty());
    }
    Ok(count)
}
