//! Putting, copying and deleting objects.

use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;
use s3s::dto::{
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopySource, DeleteObjectInput,
    DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, Error,
    PutObjectInput, PutObjectOutput, StorageClass, StreamingBlob,
};
use s3s::{S3Request, S3Response, S3Result, s3_error};

use super::service::Service;
use super::{condition, encode};
use crate::store::{Checksum, ChecksumAlgorithm, Md5Sum, StoredObject, now};

impl Service {
    pub(super) async fn put(
        &self,
        mut request: S3Request<PutObjectInput>,
    ) -> S3Result<S3Response<PutObjectOutput>> {
        let body = collect(request.input.body.take()).await?;
        let trailers = request.trailing_headers.take().and_then(|trailers| trailers.take());
        let input = request.input;
        let md5 = Md5Sum::of(&body);
        md5.check(input.content_md5.as_deref())?;
        let checksum = Checksum::checked(&body, &request.headers, trailers.as_ref())?
            .unwrap_or_else(|| Checksum::of(ChecksumAlgorithm::Crc64Nvme, &body));
        let headers = checksum.headers();
        let object = StoredObject {
            body,
            etag: md5.etag(),
            checksum: Some(checksum),
            parts: Vec::new(),
            headers: StoredObject::kept_headers(&request.headers),
            storage_class: storage_class(input.storage_class.as_ref()),
            last_modified: now(),
        };
        let found = self.store.with(&input.bucket, |bucket| {
            let current = bucket.newest(&input.key).map(AsRef::as_ref);
            condition::check_write(input.if_match.as_ref(), input.if_none_match.as_ref(), current)?;
            Ok(bucket.put(&input.key, object))
        })?;
        let output = PutObjectOutput {
            e_tag: Some(encode::etag(&found.object)),
            version_id: found.version_id,
            ..PutObjectOutput::default()
        };
        Ok(S3Response::with_headers(output, headers))
    }

    pub(super) fn copy(
        &self,
        request: S3Request<CopyObjectInput>,
    ) -> S3Result<S3Response<CopyObjectOutput>> {
        let input = request.input;
        let CopySource::Bucket { bucket, key, version_id } = input.copy_source else {
            return Err(s3_error!(NotImplemented, "copying from an access point"));
        };
        let source = self.store.with(&bucket, |bucket| bucket.find(&key, version_id.as_deref()))?;
        let mut object = StoredObject::clone(&source.object);
        object.last_modified = now();
        object.storage_class = storage_class(input.storage_class.as_ref());
        // A copy is put in one piece, whatever its source was.
        object.etag = Md5Sum::of(&object.body).etag();
        object.parts = Vec::new();
        let algorithm = object.checksum.as_ref().map(|checksum| checksum.algorithm);
        object.checksum = algorithm.map(|algorithm| Checksum::of(algorithm, &object.body));
        if input.metadata_directive.is_some_and(|directive| directive.as_str() == "REPLACE") {
            object.headers = StoredObject::kept_headers(&request.headers);
        }
        let found = self.store.with(&input.bucket, |bucket| Ok(bucket.put(&input.key, object)))?;
        Ok(S3Response::new(CopyObjectOutput {
            copy_object_result: Some(CopyObjectResult {
                e_tag: Some(encode::etag(&found.object)),
                last_modified: Some(encode::timestamp(found.object.last_modified)),
                ..CopyObjectResult::default()
            }),
            copy_source_version_id: source.version_id,
            version_id: found.version_id,
            ..CopyObjectOutput::default()
        }))
    }

    pub(super) fn delete(
        &self,
        input: &DeleteObjectInput,
    ) -> S3Result<S3Response<DeleteObjectOutput>> {
        let version = input.version_id.as_deref();
        let removed =
            self.store.with(&input.bucket, |bucket| bucket.delete(&input.key, version, now()))?;
        Ok(S3Response::new(DeleteObjectOutput {
            delete_marker: removed.is_marker.then_some(true),
            version_id: removed.version_id,
            ..DeleteObjectOutput::default()
        }))
    }

    pub(super) fn delete_many(&self, input: DeleteObjectsInput) -> S3Response<DeleteObjectsOutput> {
        let is_quiet = input.delete.quiet.unwrap_or_default();
        let mut deleted = Vec::new();
        let mut errors = Vec::new();
        for object in input.delete.objects {
            let version = object.version_id.as_deref();
            let removed =
                self.store.with(&input.bucket, |bucket| bucket.delete(&object.key, version, now()));
            match removed {
                Ok(removed) => deleted.push(DeletedObject {
                    delete_marker: removed.is_marker.then_some(true),
                    delete_marker_version_id: removed.version_id.filter(|_| removed.is_marker),
                    key: Some(object.key),
                    version_id: object.version_id,
                }),
                Err(error) => errors.push(Error {
                    code: Some(error.code().as_str().to_owned()),
                    key: Some(object.key),
                    message: error.message().map(str::to_owned),
                    version_id: object.version_id,
                }),
            }
        }
        S3Response::new(DeleteObjectsOutput {
            deleted: (!is_quiet).then_some(deleted),
            errors: Some(errors),
            ..DeleteObjectsOutput::default()
        })
    }
}

/// The whole of a request's body; without copying if it came in one piece.
pub(super) async fn collect(body: Option<StreamingBlob>) -> S3Result<Bytes> {
    let Some(mut body) = body else { return Ok(Bytes::new()) };
    let broken = |source| s3s::S3Error::with_source(s3s::S3ErrorCode::IncompleteBody, source);
    let Some(first) = body.try_next().await.map_err(broken)? else { return Ok(Bytes::new()) };
    let Some(second) = body.try_next().await.map_err(broken)? else { return Ok(first) };
    let mut whole = BytesMut::from(first);
    whole.extend_from_slice(&second);
    while let Some(chunk) = body.try_next().await.map_err(broken)? {
        whole.extend_from_slice(&chunk);
    }
    Ok(whole.freeze())
}

/// The storage class to keep with an object: none for the standard one.
pub(super) fn storage_class(class: Option<&StorageClass>) -> Option<String> {
    class
        .map(StorageClass::as_str)
        .filter(|class| *class != StorageClass::STANDARD)
        .map(str::to_owned)
}
