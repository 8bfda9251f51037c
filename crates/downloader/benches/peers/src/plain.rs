//! The AWS SDK, used as its examples use it: one stream per object, nothing checked beyond what the SDK does by itself.

use std::io::Write;
use std::path::Path;

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{BehaviorVersion, Credentials, Region};
use futures::{StreamExt, TryStreamExt, stream};

use crate::{BUCKET, Result, sync, variable};

fn client() -> Result<Client> {
    let credentials = Credentials::new(
        variable("AWS_ACCESS_KEY_ID")?,
        variable("AWS_SECRET_ACCESS_KEY")?,
        None,
        None,
        "environment",
    );
    let config = aws_sdk_s3::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(variable("AWS_ENDPOINT_URL")?)
        .region(Region::new(variable("AWS_REGION")?))
        .force_path_style(true)
        .credentials_provider(credentials);
    Ok(Client::from_conf(config.build()))
}

pub(crate) async fn get(concurrency: usize, fsync: bool, directory: &Path) -> Result {
    let client = client()?;
    let keys = keys(&client).await?;
    let client = &client;
    stream::iter(keys)
        .map(|key| async move { get_one(client, &key, fsync, &directory.join(&key)).await })
        .buffer_unordered(concurrency)
        .try_collect()
        .await
}

async fn get_one(client: &Client, key: &str, fsync: bool, path: &Path) -> Result {
    let mut body = client.get_object().bucket(BUCKET).key(key).send().await?.body;
    std::fs::create_dir_all(path.parent().unwrap_or(path))?;
    let mut file = std::fs::File::create(path)?;
    while let Some(bytes) = body.try_next().await? {
        file.write_all(&bytes)?;
    }
    if fsync { sync(file).await } else { Ok(()) }
}

async fn keys(client: &Client) -> Result<Vec<String>> {
    let mut keys = Vec::new();
    let mut pages = client.list_objects_v2().bucket(BUCKET).into_paginator().send();
    while let Some(page) = pages.next().await {
        let objects = page?.contents.unwrap_or_default();
        keys.extend(objects.into_iter().filter_map(|object| object.key));
    }
    Ok(keys)
}

pub(crate) async fn list() -> Result<usize> {
    let client = client()?;
    let mut count = 0;
    let mut pages = client.list_objects_v2().bucket(BUCKET).into_paginator().send();
    while let Some(page) = pages.next().await {
        count += page?.contents().len();
    }
    Ok(count)
}
