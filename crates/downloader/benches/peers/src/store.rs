//! The `object_store` crate: small objects as one stream each, large ones in ranges of 16 MiB.

use std::fs::File;
use std::io::Write;
use std::os::unix::fs::FileExt;
use std::path::Path;

use futures::{StreamExt, TryStreamExt, stream};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};

use crate::{BUCKET, Result, sync, variable};

const RANGE: u64 = 16 * 1024 * 1024;

fn store() -> Result<AmazonS3> {
    let builder = AmazonS3Builder::from_env()
        .with_bucket_name(BUCKET)
        .with_endpoint(variable("AWS_ENDPOINT_URL")?)
        .with_allow_http(true);
    Ok(builder.build()?)
}

pub(crate) async fn get(concurrency: usize, fsync: bool, directory: &Path) -> Result {
    let store = store()?;
    let objects: Vec<ObjectMeta> = store.list(None).try_collect().await?;
    for object in &objects {
        let path = directory.join(object.location.as_ref());
        std::fs::create_dir_all(path.parent().unwrap_or(&path))?;
    }
    let store = &store;
    let gets = objects.iter().flat_map(|object| {
        let path = directory.join(object.location.as_ref());
        let count = object.size.div_ceil(RANGE).max(1);
        (0..count).map(move |index| (object, path.clone(), index * RANGE, count))
    });
    stream::iter(gets)
        .map(|(object, path, start, count)| async move {
            if count == 1 {
                whole(store, object, fsync, &path).await
            } else {
                range(store, object, &path, start).await
            }
        })
        .buffer_unordered(concurrency)
        .try_collect::<()>()
        .await?;
    for object in objects.iter().filter(|object| fsync && object.size > RANGE) {
        sync(File::open(directory.join(object.location.as_ref()))?).await?;
    }
    Ok(())
}

async fn whole(store: &AmazonS3, object: &ObjectMeta, fsync: bool, path: &Path) -> Result {
    let mut body = store.get(&object.location).await?.into_stream();
    let mut file = File::create(path)?;
    while let Some(bytes) = body.try_next().await? {
        file.write_all(&bytes)?;
    }
    if fsync { sync(file).await } else { Ok(()) }
}

async fn range(store: &AmazonS3, object: &ObjectMeta, path: &Path, start: u64) -> Result {
    let end = object.size.min(start + RANGE);
    let bytes = store.get_range(&object.location, start..end).await?;
    let file = File::options().create(true).write(true).truncate(false).open(path)?;
    file.write_all_at(&bytes, start)?;
    Ok(())
}

pub(crate) async fn list() -> Result<usize> {
    let store = store()?;
    let mut objects = store.list(None);
    let mut count = 0;
    while let Some(object) = objects.next().await {
        count += usize::from(!object?.location.as_ref().is_empty());
    }
    Ok(count)
}
