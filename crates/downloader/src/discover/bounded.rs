//! Listings side by side, but only so many: however many executions are looked into, and however many folders each of them has.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use futures::future::BoxFuture;
use tokio::sync::Semaphore;

use crate::bucket::Bucket;
use crate::error::Result;
use crate::source::{
    Circumstances, GetRequest, ListPage, ListRequest, ObjectBody, ObjectMeta, ObjectSource,
};

/// A source that is asked for no more than so many pages at once.
#[derive(Debug)]
pub(super) struct Bounded {
    source: Arc<dyn ObjectSource>,
    slots: Semaphore,
}

impl Bounded {
    pub(super) fn new(source: Arc<dyn ObjectSource>, most: NonZeroUsize) -> Self {
        Self { source, slots: Semaphore::new(most.get()) }
    }
}

impl ObjectSource for Bounded {
    fn bucket(&self) -> &Bucket {
        self.source.bucket()
    }

    fn list_page<'a>(&'a self, request: &'a ListRequest) -> BoxFuture<'a, Result<ListPage>> {
        Box::pin(async move {
            // Fails only if the semaphore is closed, and nobody closes it.
            let _slot = self.slots.acquire().await.ok();
            self.source.list_page(request).await
        })
    }

    fn head<'a>(
        &'a self,
        key: &'a str,
        version_id: Option<&'a str>,
    ) -> BoxFuture<'a, Result<ObjectMeta>> {
        self.source.head(key, version_id)
    }

    fn get_range<'a>(&'a self, request: &'a GetRequest) -> BoxFuture<'a, Result<ObjectBody>> {
        self.source.get_range(request)
    }

    fn part_length<'a>(
        &'a self,
        object: &'a ObjectMeta,
        number: NonZeroU32,
    ) -> BoxFuture<'a, Result<Option<u64>>> {
        self.source.part_length(object, number)
    }

    fn circumstances(&self) -> BoxFuture<'_, Circumstances> {
        self.source.circumstances()
    }
}
