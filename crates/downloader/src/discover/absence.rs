//! What there is, told where something that was asked for is not.

use std::num::NonZeroUsize;

use reenact_registry::PipelineName;

use crate::discover::discovery::Discovery;
use crate::error::{Error, ErrorKind, Result};
use crate::source::{ListRequest, ObjectSource};

impl Discovery {
    pub(super) async fn require_pipeline(&self, pipeline: &PipelineName) -> Result<()> {
        let pipelines = self.pipelines().await?.pipelines;
        if !self.tells_pipeline() || pipelines.contains(pipeline) {
            return Ok(());
        }
        let known: Vec<_> = pipelines.iter().map(ToString::to_string).collect();
        let is_none = known.is_empty();
        let error = Error::unknown(ErrorKind::UnknownPipeline, pipeline.as_str(), known)
            .with_bucket(self.source.bucket().as_str());
        // Who may not list the top of a bucket is told that much.
        let place = if is_none { self.what_is_there().await.ok() } else { None };
        Err(place.into_iter().fold(error, Error::with_place))
    }

    /// Says what a bucket holds of which no key fits the layout.
    async fn what_is_there(&self) -> Result<String> {
        const SHOWN: NonZeroUsize = NonZeroUsize::MIN.saturating_add(11);
        let level = self.source.list_page(&ListRequest::one_level("").with_limit(SHOWN)).await?;
        let keys = level.objects.into_iter().map(|object| object.key);
        let mut names: Vec<_> = level.common_prefixes.into_iter().chain(keys).collect();
        names.sort_unstable();
        let template = self.layout.template();
        Ok(if names.is_empty() {
            "an empty bucket".to_owned()
        } else {
            format!("a bucket without a key that fits {template}; it holds {}", names.join(", "))
        })
    }

    pub(super) fn unknown_execution(
        &self,
        pipeline: &PipelineName,
        name: &str,
        known: Vec<String>,
    ) -> Error {
        let place = if known.is_empty() {
            format!("{pipeline}, which has none")
        } else {
            pipeline.to_string()
        };
        Error::unknown(ErrorKind::UnknownExecution, name, known)
            .with_bucket(self.source.bucket().as_str())
            .with_place(place)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use reenact_registry::Layout;

    use super::*;
    use crate::discover::options::DiscoverOptions;
    use crate::memory::{Fault, InMemory};

    fn flights() -> PipelineName {
        PipelineName::parse("flights").unwrap()
    }

    fn discovery(bucket: &InMemory) -> Discovery {
        Discovery::new(Arc::new(bucket.clone()), Layout::seed())
    }

    #[tokio::test]
    async fn d10_what_is_not_there_is_an_error_with_what_is() {
        let bucket = InMemory::new("prod");
        bucket.put("pipelines/flights/2013-01/s/output/o/x", "x");
        let discovery = discovery(&bucket);
        let misspelt = PipelineName::parse("fligths").unwrap();
        let error = discovery.executions(&misspelt, &DiscoverOptions::default()).await.unwrap_err();
        assert_eq!((error.kind(), error.nearest()), (ErrorKind::UnknownPipeline, Some("flights")));
        let error = discovery.select(&misspelt, &"2013-01".parse().unwrap()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownPipeline);
        for selector in ["2013-02", "latest~1"] {
            let error = discovery.select(&flights(), &selector.parse().unwrap()).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::UnknownExecution, "{selector}");
            assert_eq!(error.known(), ["2013-01"]);
        }
    }

    #[tokio::test]
    async fn d10_an_empty_pipeline_or_bucket_answers_with_what_is_there() {
        let bucket = InMemory::new("prod");
        let discovery = discovery(&bucket);
        let latest = "latest".parse().unwrap();
        let error = discovery.select(&flights(), &latest).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownPipeline);
        assert!(error.to_string().contains("an empty bucket"), "{error}");
        bucket.put("exports/flights/x", "x");
        bucket.put("README.md", "x");
        let error = discovery.select(&flights(), &latest).await.unwrap_err();
        assert!(error.to_string().contains("it holds README.md, exports/"), "{error}");
        for fault in [Fault::Pass, Fault::Pass, Fault::Refuse(Error::new(ErrorKind::AccessDenied))]
        {
            bucket.fail_next(fault);
        }
        let error = discovery.select(&flights(), &latest).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownPipeline, "the top need not be listed");
        bucket.put("pipelines/flights/", "");
        let error = discovery.select(&flights(), &latest).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownExecution);
        assert!(error.to_string().contains("flights, which has none"), "{error}");
    }
}
