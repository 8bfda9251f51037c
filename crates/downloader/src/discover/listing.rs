//! Listing everything below a prefix, side by side where that pays.

use std::collections::BTreeMap;

use futures::future::BoxFuture;
use futures::stream::{self, StreamExt, TryStreamExt};

use crate::error::{Error, Result};
use crate::source::{ListPage, ListRequest, ObjectMeta, ObjectSource};

/// The most folders that are listed one by one: what costs a request more each has to save some waiting.
const MOST_FOLDERS: usize = 64;

/// Lists everything below a prefix, in no order. What fits two pages is listed one after the other: few more requests could only
/// cost more. What does not is listed folder by folder, `concurrency` at a time, where there are a few, and page after page where
/// there are none or very many.
pub(super) fn everything(
    source: &dyn ObjectSource,
    prefix: String,
    concurrency: usize,
) -> BoxFuture<'_, Result<Vec<ObjectMeta>>> {
    Box::pin(async move {
        let mut request = ListRequest::everything(&prefix);
        let mut begun = source.list_page(&request).await?;
        next_page(source, &mut request, &mut begun).await?;
        if begun.continuation.is_none() {
            return Ok(begun.objects);
        }
        let level = source.list_page(&ListRequest::one_level(&prefix)).await?;
        let few = (2..=MOST_FOLDERS).contains(&level.common_prefixes.len());
        if level.continuation.is_some() || !few {
            while begun.continuation.is_some() {
                next_page(source, &mut request, &mut begun).await?;
            }
            return Ok(begun.objects);
        }
        let folders = level.common_prefixes.into_iter();
        // Futures, not a closure that makes them: the compiler can tell that those may move between threads.
        let listing: Vec<_> =
            folders.map(|folder| everything(source, folder, concurrency)).collect();
        let listed = stream::iter(listing).buffer_unordered(concurrency);
        listed
            .try_fold(level.objects, async |mut objects, more| {
                objects.extend(more);
                Ok(objects)
            })
            .await
    })
}

/// Adds the next page to what was listed, if there is one.
async fn next_page(
    source: &dyn ObjectSource,
    request: &mut ListRequest,
    listed: &mut ListPage,
) -> Result<()> {
    if listed.continuation.is_none() {
        return Ok(());
    }
    request.follow(listed.continuation.take(), source.bucket())?;
    let page = source.list_page(request).await?;
    listed.objects.extend(page.objects);
    listed.continuation = page.continuation;
    Ok(())
}

/// Returns the objects by key. What a listing tells twice is taken once.
///
/// # Errors
///
/// [`ErrorKind::Changed`](crate::ErrorKind::Changed) if a listing tells two contents of one key: one of them is no longer there.
pub(super) fn distinct(
    objects: impl Iterator<Item = ObjectMeta>,
) -> Result<BTreeMap<String, ObjectMeta>> {
    let mut distinct: BTreeMap<String, ObjectMeta> = BTreeMap::new();
    for object in objects {
        match distinct.get(&object.key) {
            Some(seen) if seen.identity() == object.identity() => {}
            Some(_) => return Err(Error::listed_twice(&object.key)),
            None => drop(distinct.insert(object.key.clone(), object)),
        }
    }
    Ok(distinct)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::memory::{Fault, InMemory};

    fn bucket(folders: usize, objects: usize) -> InMemory {
        let bucket = InMemory::new("prod");
        for folder in 0..folders {
            for object in 0..objects {
                bucket.put(format!("run/{folder:03}/{object:04}"), "x");
            }
        }
        bucket.put("run/beside", "x");
        bucket.put("other", "x");
        bucket
    }

    async fn listed(bucket: &InMemory) -> (usize, usize) {
        let mut keys: Vec<_> = everything(bucket, "run/".to_owned(), 4)
            .await
            .unwrap()
            .into_iter()
            .map(|object| object.key)
            .collect();
        keys.sort_unstable();
        keys.dedup();
        (keys.len(), bucket.requests())
    }

    #[tokio::test]
    async fn h14_everything_is_listed_however_it_is_spread() {
        // One page; two pages; few folders of two pages each; one folder; more folders than pay.
        for (folders, objects, requests) in
            [(10, 99, 1), (10, 199, 2), (3, 1_500, 3 + 3 * 2), (1, 2_500, 3 + 1), (200, 10, 3 + 1)]
        {
            let bucket = bucket(folders, objects);
            assert_eq!(listed(&bucket).await, (folders * objects + 1, requests), "{folders}");
        }
    }

    #[test]
    fn d15_what_is_listed_twice_is_taken_once_unless_it_differs() {
        let same = || [("a", 1), ("b", 2), ("a", 1)].map(|(key, size)| ObjectMeta::new(key, size));
        assert_eq!(distinct(same().into_iter()).unwrap().len(), 2);
        let other = ObjectMeta::new("b", 3);
        let error = distinct(same().into_iter().chain([other])).unwrap_err();
        assert_eq!((error.kind(), error.key()), (ErrorKind::Changed, Some("b")));
    }

    #[tokio::test]
    async fn d7_one_folder_that_cannot_be_listed_is_an_error() {
        let bucket = bucket(3, 1_500);
        for _ in 0..4 {
            bucket.fail_next(Fault::Pass);
        }
        bucket.fail_next(Fault::Refuse(Error::new(ErrorKind::AccessDenied)));
        let error = everything(&bucket, "run/".to_owned(), 4).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::AccessDenied);
    }
}
