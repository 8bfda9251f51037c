//! The list of operations that the server answers; everything else is `NotImplemented`.

use std::sync::Arc;

use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, CompleteMultipartUploadInput,
    CompleteMultipartUploadOutput, CopyObjectInput, CopyObjectOutput, CreateBucketInput,
    CreateBucketOutput, CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteBucketInput,
    DeleteBucketOutput, DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput,
    DeleteObjectsOutput, GetBucketLocationInput, GetBucketLocationOutput, GetBucketVersioningInput,
    GetBucketVersioningOutput, GetObjectInput, GetObjectOutput, HeadBucketInput, HeadBucketOutput,
    HeadObjectInput, HeadObjectOutput, ListBucketsInput, ListBucketsOutput,
    ListObjectVersionsInput, ListObjectVersionsOutput, ListObjectsInput, ListObjectsOutput,
    ListObjectsV2Input, ListObjectsV2Output, PutBucketVersioningInput, PutBucketVersioningOutput,
    PutObjectInput, PutObjectOutput, UploadPartInput, UploadPartOutput,
};
use s3s::{S3, S3Request, S3Response, S3Result};

use crate::policy::Policies;
use crate::store::Store;

/// Answers S3 operations from a store.
#[derive(Debug)]
pub(crate) struct Service {
    pub(super) store: Arc<Store>,
    pub(super) policies: Arc<Policies>,
}

impl Service {
    pub(crate) fn new(store: Arc<Store>, policies: Arc<Policies>) -> Self {
        Self { store, policies }
    }
}

/// Forwards each operation to the method that implements it.
macro_rules! operations {
    ($($operation:ident($input:ident) -> $output:ident => |$this:ident, $request:ident| $answer:expr;)+) => {
        #[async_trait::async_trait]
        impl S3 for Service {
            $(
                async fn $operation(&self, $request: S3Request<$input>) -> S3Result<S3Response<$output>> {
                    let $this = self;
                    $answer
                }
            )+
        }
    };
}

operations! {
    list_buckets(ListBucketsInput) -> ListBucketsOutput => |this, _request| Ok(this.list_all_buckets());
    create_bucket(CreateBucketInput) -> CreateBucketOutput => |this, request| this.create(request.input);
    delete_bucket(DeleteBucketInput) -> DeleteBucketOutput => |this, request| this.remove(&request.input);
    head_bucket(HeadBucketInput) -> HeadBucketOutput => |this, request| this.head_one_bucket(&request.input);
    get_bucket_location(GetBucketLocationInput) -> GetBucketLocationOutput => |this, request| this.location(&request.input);
    get_bucket_versioning(GetBucketVersioningInput) -> GetBucketVersioningOutput => |this, request| this.versioning(&request.input);
    put_bucket_versioning(PutBucketVersioningInput) -> PutBucketVersioningOutput => |this, request| this.set_versioning(&request.input);
    list_objects(ListObjectsInput) -> ListObjectsOutput => |this, request| this.list_v1(request.input);
    list_objects_v2(ListObjectsV2Input) -> ListObjectsV2Output => |this, request| this.list_v2(request.input);
    list_object_versions(ListObjectVersionsInput) -> ListObjectVersionsOutput => |this, request| this.list_versions(request.input);
    get_object(GetObjectInput) -> GetObjectOutput => |this, request| this.get(request.input);
    head_object(HeadObjectInput) -> HeadObjectOutput => |this, request| this.head(request.input);
    put_object(PutObjectInput) -> PutObjectOutput => |this, request| this.put(request).await;
    copy_object(CopyObjectInput) -> CopyObjectOutput => |this, request| this.copy(request);
    delete_object(DeleteObjectInput) -> DeleteObjectOutput => |this, request| this.delete(&request.input);
    delete_objects(DeleteObjectsInput) -> DeleteObjectsOutput => |this, request| Ok(this.delete_many(request.input));
    create_multipart_upload(CreateMultipartUploadInput) -> CreateMultipartUploadOutput => |this, request| this.create_upload(request);
    upload_part(UploadPartInput) -> UploadPartOutput => |this, request| this.upload_part(request).await;
    complete_multipart_upload(CompleteMultipartUploadInput) -> CompleteMultipartUploadOutput => |this, request| this.complete_upload(request.input);
    abort_multipart_upload(AbortMultipartUploadInput) -> AbortMultipartUploadOutput => |this, request| this.abort_upload(&request.input);
}
