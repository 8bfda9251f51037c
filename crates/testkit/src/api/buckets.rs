//! Operations on buckets themselves.

use s3s::dto::{
    Bucket as WireBucket, BucketLocationConstraint, BucketVersioningStatus, CreateBucketInput,
    CreateBucketOutput, DeleteBucketInput, DeleteBucketOutput, GetBucketLocationInput,
    GetBucketLocationOutput, GetBucketVersioningInput, GetBucketVersioningOutput, HeadBucketInput,
    HeadBucketOutput, ListBucketsOutput, PutBucketVersioningInput, PutBucketVersioningOutput,
};
use s3s::{S3Response, S3Result, s3_error};

use super::encode;
use super::service::Service;
use crate::store::{Bucket, HOME_REGION, Versioning, now};

impl Service {
    pub(super) fn list_all_buckets(&self) -> S3Response<ListBucketsOutput> {
        let buckets = self.store.buckets();
        let entry = |(name, bucket): (&String, &Bucket)| WireBucket {
            bucket_region: Some(bucket.region.clone()),
            creation_date: Some(encode::timestamp(bucket.created)),
            name: Some(name.clone()),
        };
        S3Response::new(ListBucketsOutput {
            buckets: Some(buckets.iter().map(entry).collect()),
            ..ListBucketsOutput::default()
        })
    }

    pub(super) fn create(
        &self,
        input: CreateBucketInput,
    ) -> S3Result<S3Response<CreateBucketOutput>> {
        let mut buckets = self.store.buckets();
        if buckets.contains_key(&input.bucket) {
            return Err(s3_error!(
                BucketAlreadyOwnedByYou,
                "Your previous request to create the named bucket succeeded and you already own it."
            ));
        }
        let location = Some(format!("/{}", input.bucket));
        let mut bucket = Bucket::new(now());
        let region = input.create_bucket_configuration.and_then(|asked| asked.location_constraint);
        if let Some(region) = region {
            region.as_str().clone_into(&mut bucket.region);
        }
        buckets.insert(input.bucket, bucket);
        Ok(S3Response::new(CreateBucketOutput { location }))
    }

    pub(super) fn remove(
        &self,
        input: &DeleteBucketInput,
    ) -> S3Result<S3Response<DeleteBucketOutput>> {
        self.store.with(&input.bucket, |bucket| {
            if bucket.is_empty() {
                return Ok(());
            }
            Err(s3_error!(BucketNotEmpty, "The bucket you tried to delete is not empty"))
        })?;
        self.store.buckets().remove(&input.bucket);
        Ok(S3Response::new(DeleteBucketOutput::default()))
    }

    pub(super) fn head_one_bucket(
        &self,
        input: &HeadBucketInput,
    ) -> S3Result<S3Response<HeadBucketOutput>> {
        let region = self.store.with(&input.bucket, |bucket| Ok(bucket.region.clone()))?;
        Ok(S3Response::new(HeadBucketOutput {
            bucket_region: Some(region),
            ..HeadBucketOutput::default()
        }))
    }

    pub(super) fn location(
        &self,
        input: &GetBucketLocationInput,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        let region = self.store.with(&input.bucket, |bucket| Ok(bucket.region.clone()))?;
        // The oldest region goes without a name here.
        let named = Some(region).filter(|region| region != HOME_REGION);
        Ok(S3Response::new(GetBucketLocationOutput {
            location_constraint: named.map(BucketLocationConstraint::from),
        }))
    }

    pub(super) fn versioning(
        &self,
        input: &GetBucketVersioningInput,
    ) -> S3Result<S3Response<GetBucketVersioningOutput>> {
        let versioning = self.store.with(&input.bucket, |bucket| Ok(bucket.versioning))?;
        let status = match versioning {
            Versioning::Off => None,
            Versioning::Enabled => Some(BucketVersioningStatus::ENABLED),
            Versioning::Suspended => Some(BucketVersioningStatus::SUSPENDED),
        };
        Ok(S3Response::new(GetBucketVersioningOutput {
            status: status.map(BucketVersioningStatus::from_static),
            ..GetBucketVersioningOutput::default()
        }))
    }

    pub(super) fn set_versioning(
        &self,
        input: &PutBucketVersioningInput,
    ) -> S3Result<S3Response<PutBucketVersioningOutput>> {
        let status = input.versioning_configuration.status.as_ref();
        let versioning = match status.map(BucketVersioningStatus::as_str) {
            Some(BucketVersioningStatus::ENABLED) => Versioning::Enabled,
            Some(BucketVersioningStatus::SUSPENDED) => Versioning::Suspended,
            _ => {
                return Err(s3_error!(MalformedXML, "The versioning status is missing or unknown"));
            }
        };
        self.store.with(&input.bucket, |bucket| {
            bucket.versioning = versioning;
            Ok(())
        })?;
        Ok(S3Response::new(PutBucketVersioningOutput::default()))
    }
}
